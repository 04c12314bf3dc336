"""A controller's state and what it sees, in turnout's own plain form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from turnout.controller import SetStatus
from turnout.controller.serialise import state_to_dict
from turnout.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Mapping

    from turnout.controller import Condition, State

__all__ = ["plainly"]


def plainly(state: State, statuses: Mapping[str, SetStatus], time: int) -> dict[str, Any]:
    kept = state_to_dict(state)
    return {
        "name": state.name,
        "rollout": attrs.asdict(state.rollout),
        "generation": state.generation,
        "observed_generation": state.observed_generation,
        "counts": attrs.asdict(state.counts),
        "available": condition(state.available),
        "progressing": condition(state.progressing),
        "stable": state.stable,
        "memory": kept["memory"],
        "routing": kept["routing"],
        "time_seconds": time / SECOND,
        "replica_sets": [
            {
                "name": each.name,
                "revision": each.number,
                "wanted": each.wanted,
                "desired_replicas": each.desired_replicas,
                "max_replicas": each.max_replicas,
                "min_ready_seconds": each.min_ready_seconds,
                "created_seconds": each.created / SECOND,
                **attrs.asdict(statuses.get(each.name, SetStatus())),
            }
            for each in state.sets
        ],
    }


def condition(each: Condition | None) -> dict[str, Any] | None:
    if each is None:
        return None
    return {"status": each.status, "reason": each.reason, "updated_seconds": each.updated / SECOND}

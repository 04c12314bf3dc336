"""A step as JSON has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from turnout.arguments import check_instance
from turnout.controller import SetStatus
from turnout.observed.step import Step
from turnout.parameters import to_spec
from turnout.units import SECOND

if TYPE_CHECKING:
    from turnout.controller import Condition, State

__all__ = ["step_document"]


def step_document(step: Step) -> dict[str, Any]:
    """Return a step as JSON has it.

    Raises:
        InputError: If it is none.
    """
    check_instance(step, Step, "step", "it takes what next_step gives")
    observed = step.observed
    before, after = observed.state, step.state
    rollout = before.rollout
    again = None if step.again_at is None else (step.again_at - observed.time) / SECOND
    return {
        "name": before.name,
        "strategy": to_spec(step.strategy),
        "time_seconds": observed.time / SECOND,
        "rollout": attrs.asdict(rollout),
        "changes": step.changes,
        "reasons": [attrs.asdict(each) for each in step.reasons],
        "replica_sets": _sets(step),
        "before": _written(before),
        "after": _written(after),
        "again_in_seconds": again,
        "notes": list(observed.notes),
    }


def _sets(step: Step) -> list[dict[str, Any]]:
    """Each replica set, the oldest first; one to be created has no size before, one to be deleted none after."""
    observed = step.observed
    before = {each.name: each for each in observed.state.sets}
    after = {each.name: each for each in step.state.sets}
    found = []
    for name in (*before, *(name for name in after if name not in before)):
        each, status = after.get(name) or before[name], observed.statuses.get(name, SetStatus())
        found.append(
            {
                "name": name,
                "object": observed.objects.get(name),
                "revision": each.number,
                "wanted": before[name].wanted if name in before else None,
                "next_wanted": after[name].wanted if name in after else None,
                "replicas": status.replicas,
                "ready": status.ready,
                "available": status.available,
                "terminating": status.terminating,
            }
        )
    return found


def _written(state: State) -> dict[str, Any]:
    return {
        "target": state.rollout.target,
        "paused": state.rollout.paused,
        "revision": state.revision,
        "observed_generation": state.observed_generation,
        "counts": attrs.asdict(state.counts),
        "progressing": _condition(state.progressing),
        "available": _condition(state.available),
    }


def _condition(condition: Condition | None) -> dict[str, Any] | None:
    if condition is None:
        return None
    return {
        "status": condition.status,
        "reason": condition.reason,
        "updated_seconds": condition.updated / SECOND,
    }

"""What has been observed of one rollout, whoever says it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from turnout.controller import SetStatus, State
    from turnout.workload import Workload

__all__ = ["Observed"]

_NOTHING: Mapping[str, str] = MappingProxyType({})


@attrs.frozen(kw_only=True)
class Observed:
    """One rollout at one moment, as a controller sees it.

    Attributes:
        workload: What is wished.
        asked: By which strategy, if the observation says so, as its spec; None for what the workload asks for.
        state: What the controller has written down.
        statuses: What there is of each revision, by name.
        time: When it was observed, in microseconds since 1970, or since whenever the observer counts from.
        objects: What a cluster calls the replica set of each revision, by name.
        failures: Why replicas of a revision cannot be created or deleted, by name.
        deleted: Whether the Deployment is being deleted.
        rollback_to: The revision that the annotation ``deprecated.deployment.rollback.to`` asks for, 0 for the one
            before; None without it.
        notes: What to know about the observation, a sentence each.
    """

    workload: Workload
    asked: str | None = None
    state: State
    statuses: Mapping[str, SetStatus]
    time: int
    objects: Mapping[str, str] = _NOTHING
    failures: Mapping[str, str] = _NOTHING
    deleted: bool = False
    rollback_to: int | None = None
    notes: tuple[str, ...] = ()

"""The words of a rollout as frozen data: what is, what is wished, what a strategy sees and answers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

import attrs

from turnout.arguments import check_fields

if TYPE_CHECKING:
    from turnout.routing import Routing
    from turnout.units import Duration

__all__ = ["MOST_REPLICAS", "Bounds", "Memory", "Observation", "Plan", "ReplicaSet", "Revision", "Rollout"]

MOST_REPLICAS = 10_000
"""As many replicas as may be wished for: more are simulated in minutes for each rollout, and say nothing new."""

Memory: TypeAlias = Mapping[str, "str | int | float | bool | None"]
"""What a strategy keeps between decisions: flat JSON, handed in and out, so that a restart loses nothing."""

_NOTHING: Mapping[str, str | int | float | bool | None] = MappingProxyType({})


@attrs.frozen
class Revision:
    """One version of the application.

    Attributes:
        number: Its place in the history, 1, 2, 3…, as Kubernetes numbers them. Going back to a revision gives it
            a new number.
        name: What names it for good: the image tag. Plans and routings speak of revisions by name.
    """

    number: int
    name: str


@attrs.frozen(kw_only=True)
class ReplicaSet:
    """All replicas of one revision, as a strategy sees them.

    Attributes:
        revision: The version that these replicas run.
        wanted: How many replicas there should be.
        replicas: How many there are; a terminating replica is not counted, as in Kubernetes.
        ready: How many of them take requests.
        available: How many have been ready for `Rollout.min_ready_seconds`.
        terminating: How many more are on their way out.
        endpoints: How many of them are in the list of endpoints, which lags behind readiness; None where a fleet cannot
            tell.
        created: When the replica set was created, in microseconds.
        live_sessions: Sessions that are pinned to this revision and not over; None where the routing pins nothing.
        error_share: The share of this revision's requests that fail by its own fault, between 0 and 1.
    """

    revision: Revision
    wanted: int = 0
    replicas: int = 0
    ready: int = 0
    available: int = 0
    terminating: int = 0
    endpoints: int | None = None
    created: int = 0
    live_sessions: int | None = None
    error_share: float = 0.0

    @property
    def name(self) -> str:
        """The name of the revision."""
        return self.revision.name

    @property
    def in_service(self) -> int:
        """How many replicas are available and get requests."""
        return self.available if self.endpoints is None else min(self.available, self.endpoints)

    @property
    def unavailable(self) -> int:
        """How many wanted replicas are not available."""
        return max(0, self.wanted - self.available)


@attrs.frozen(kw_only=True)
class Rollout:
    """The wish.

    Attributes:
        replicas: How many replicas should serve.
        target: The name of the revision that should serve.
        bridge: The name of a revision to pass through on the way, for strategies that do: one whose pages use the
            old assets and whose assets serve the old and the new pages.
        paused: Whether the rollout is to stand still.
        promoted: Whether an operator has promoted this target; strategies that preview wait for it.
        min_ready_seconds: How long a replica must be ready to count as available, in seconds.
        progress_deadline_seconds: How long a rollout may make no progress before it is reported; None for never.
        revision_history_limit: How many old replica sets of size zero are kept.
    """

    replicas: int = 1
    target: str
    bridge: str | None = None
    paused: bool = False
    promoted: bool = False
    min_ready_seconds: int = 0
    progress_deadline_seconds: int | None = 600
    revision_history_limit: int = 10

    def __attrs_pre_init__(self, **given: object) -> None:
        check_fields(type(self), given)


@attrs.frozen
class Bounds:
    """Between how many replicas a strategy works: a promise that the invariants check.

    Attributes:
        floor: It never takes away an available replica if fewer than this many would be left.
        ceiling: It never wants more replicas than this, over all revisions.
    """

    floor: int
    ceiling: int


@attrs.frozen(kw_only=True)
class Observation:
    """What a strategy sees.

    Attributes:
        rollout: The wish.
        replica_sets: Every replica set, the oldest first.
        routing: The routing in force; None before the first plan.
        stable: The name of the revision that was last fully rolled out; None before the first.
        time: Microseconds since the controller's epoch.
        memory: What the strategy answered as its memory the last time; empty at first.
    """

    rollout: Rollout
    replica_sets: tuple[ReplicaSet, ...] = ()
    routing: Routing | None = None
    stable: str | None = None
    time: int = 0
    memory: Memory = _NOTHING

    @property
    def target(self) -> ReplicaSet:
        """The target's replica set; an empty one, numbered 0, if it does not exist yet."""
        return self.of(self.rollout.target)

    @cached_property
    def others(self) -> tuple[ReplicaSet, ...]:
        """Every replica set but the target's, the oldest first."""
        return tuple(each for each in self.replica_sets if each.name != self.rollout.target)

    @property
    def wanted(self) -> dict[str, int]:
        """How many replicas of each revision are wanted now: where a plan starts from."""
        return {each.name: each.wanted for each in self.replica_sets}

    def of(self, name: str) -> ReplicaSet:
        """Return the replica set of the revision of that name, or an empty one, numbered 0."""
        for each in self.replica_sets:
            if each.name == name:
                return each
        return ReplicaSet(revision=Revision(0, name), created=self.time)


@attrs.frozen(kw_only=True)
class Plan:
    """What a strategy answers.

    Attributes:
        wanted: How many replicas of each revision should be there next, by name. A revision that is left out keeps
            what it has; one that has no replica set gets one, if it is the target or the bridge.
        routing: Where requests should go from now on.
        memory: What to hand back at the next decision.
        ask_again: Ask again after this time even if nothing changes; None for only when something does.
        pause: A reason to pause the rollout until an operator resumes it; None to go on.
        hold: A reason for waiting until an operator promotes the target; None to go on.
        because: Why this is the plan, in words: which rule, which numbers.
    """

    wanted: Mapping[str, int]
    routing: Routing
    memory: Memory = _NOTHING
    ask_again: Duration | None = None
    pause: str | None = None
    hold: str | None = None
    because: str = ""

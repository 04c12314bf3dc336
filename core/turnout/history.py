"""What happened in one rollout: moments of the control plane, life of the replicas, the data plane over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from turnout.model import Bounds, Rollout
    from turnout.routing.algebra import Routing
    from turnout.routing.timeline import Timeline
    from turnout.runbook import Entry

__all__ = ["Deed", "Happening", "History", "Moment", "Numbers"]


@attrs.frozen
class Numbers:
    """How many replicas of one revision there were."""

    wanted: int
    replicas: int
    ready: int
    available: int
    terminating: int


@attrs.frozen(kw_only=True)
class Moment:
    """The control plane after one change had settled.

    Attributes:
        time: Microseconds from the rollout's start.
        rollout: The wish.
        numbers: By name of the revision, the oldest first.
        routing: The routing in force.
        hold: Why the strategy waits for an operator; None if it does not.
        progressing: Kubernetes' ``Progressing`` condition as ``"Status/Reason"``; empty without one.
        because: Which rules led here, with their numbers, a line each.
    """

    time: int
    rollout: Rollout
    numbers: dict[str, Numbers]
    routing: Routing
    hold: str | None = None
    progressing: str = ""
    because: tuple[str, ...] = ()

    @property
    def available(self) -> int:
        """Available replicas of all revisions."""
        return sum(each.available for each in self.numbers.values())

    @property
    def wanted(self) -> int:
        """Wanted replicas of all revisions."""
        return sum(each.wanted for each in self.numbers.values())

    @property
    def running(self) -> int:
        """Replicas that exist, terminating ones included."""
        return sum(each.replicas + each.terminating for each in self.numbers.values())


@attrs.frozen(kw_only=True)
class Deed:
    """Something an operator did, and what was answered.

    Attributes:
        time: Microseconds from the rollout's start.
        verb: What was done, such as ``"resume"``.
        answer: The answer, in kubectl's words.
        refused: Whether it was refused.
    """

    time: int
    verb: str
    answer: str
    refused: bool = False


@attrs.frozen
class Happening:
    """What happened to a replica, for a person to read: when (microseconds), what, to which."""

    time: int
    what: str
    revision: str
    replica: int


@attrs.frozen(kw_only=True)
class History:
    """One rollout from its start until nothing moved any more.

    Attributes:
        strategy: The strategy, as its spec.
        target: The name of the revision that was to be rolled out.
        bounds: What the strategy promises about numbers of replicas.
        moments: In the order of time; the first is the state before the rollout.
        happenings: What happened to replicas, in the order of time.
        deeds: What operators did.
        not_done: Entries of the runbook whose moment did not come.
        timeline: Who took requests when, and the routings.
        completed: When the wish was fully carried out for good, microseconds from the start; None if it never was.
        end: When nothing moved any more, or the rollout was given up.
        seed: Replays this history.
    """

    strategy: str
    target: str
    bounds: Bounds
    moments: tuple[Moment, ...]
    happenings: tuple[Happening, ...]
    deeds: tuple[Deed, ...]
    not_done: tuple[Entry, ...] = ()
    timeline: Timeline
    completed: int | None
    end: int
    seed: int

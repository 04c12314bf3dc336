"""A small world for exhaustion: replicas as counts by phase, nothing random, and what makes two worlds the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

import attrs

from turnout.controller import SetStatus, State
from turnout.routing.algebra import Sticky
from turnout.units import seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from turnout.model import Rollout
    from turnout.routing.algebra import Routing

__all__ = [
    "BEGIN",
    "LONG",
    "Alike",
    "Counts",
    "Situation",
    "SmallFleet",
    "by_rank",
    "is_instant",
    "lasting",
    "pins_sessions",
]

BEGIN = 10**15
"""When a small world begins, microseconds."""

_DAYS = 100 * 86_400 * 1_000_000
"""A whole number in a memory is an instant if it is not further than that from the beginning."""

LONG = seconds(60)
"""A minute: so long ago may be what matters to a strategy without a parameter that says so."""


@attrs.frozen(order=True)
class Counts:
    """The replicas of one revision: starting, ready but not yet listed, listed, and leaving but still listed."""

    starting: int = 0
    ready: int = 0
    listed: int = 0
    leaving: int = 0

    @property
    def takes_requests(self) -> bool:
        """Whether a request can reach one."""
        return self.listed + self.leaving > 0


def pins_sessions(routing: Routing | None) -> bool:
    """Whether a routing pins whole sessions, so that a fleet can count the live ones."""
    return isinstance(routing, Sticky) and routing.unit == "session"


def lasting(routing: Routing | None) -> int:
    """A second more than a pin of a routing lasts without a request, microseconds; 0 if it has no end, or no pins."""
    idle_timeout = routing.idle_timeout if isinstance(routing, Sticky) else None
    return 0 if idle_timeout is None else idle_timeout + seconds(1)


@attrs.frozen(kw_only=True)
class Alike:
    """In what situations may differ, and still be one to a strategy.

    Attributes:
        long: What is longer ago than this is just long ago, microseconds.
        by_age: Whether the age of a replica set counts; else only which of them are older.
        by_clock: Whether the time itself counts.
    """

    long: int
    by_age: bool = False
    by_clock: bool = False


@attrs.frozen(kw_only=True)
class Situation:
    """Everything but the sessions that the future of a small world depends on.

    Attributes:
        state: The controller's.
        now: The time, microseconds.
        fleet: Replicas by name of the revision, the oldest first.
        faults: How many may still happen.
        verbs: How many the operator may still say.
        delays: How often time may still pass that nobody waits for.
        void: Promises that need not be kept any more, since a proviso was not met.
        back: Whether the rollout has been sent back.
        failed: Whether a replica has failed.
        hurt: Revisions that have lost a replica to a fault and have not recovered.
        struck: Revisions whose last replica that took requests was lost to a fault.
        used: Revisions that new requests have been sent to.
        wishes: Every wish so far, but for being paused or promoted.
    """

    state: State
    now: int = BEGIN
    fleet: tuple[tuple[str, Counts], ...] = ()
    faults: int = 0
    verbs: int = 0
    delays: int = 0
    void: frozenset[str] = frozenset()
    back: bool = False
    failed: bool = False
    hurt: frozenset[str] = frozenset()
    struck: frozenset[str] = frozenset()
    used: frozenset[str] = frozenset()
    wishes: tuple[Rollout, ...] = ()

    def key(self, alike: Alike) -> tuple[Any, ...]:
        """What makes two of them the same: instants count by how long ago they are."""
        state, now = self.state, self.now
        births = sorted({each.created for each in state.sets})
        sets = tuple(
            (
                each.name,
                each.number,
                each.wanted,
                each.desired_replicas,
                each.max_replicas,
                each.bridge,
                min(alike.long, now - each.created) if alike.by_age else births.index(each.created),
            )
            for each in state.sets
        )
        memory = tuple(sorted((key, _ago(value, now, alike.long)) for key, value in state.memory.items()))
        return (
            (state.rollout, sets, state.routing, memory, state.hold, state.stable, state.counts),
            None if state.ask_at is None else state.ask_at - now,
            (state.pause_reason, state.observed_generation < state.generation),
            (self.fleet, self.faults, self.verbs, self.delays, self.void),
            (self.back, self.failed, self.hurt, self.struck, self.used, self.wishes),
            now if alike.by_clock else None,
        )

    @property
    def seen(self) -> tuple[Any, ...]:
        """What the controller and the strategy act on, the sessions aside; every instant as it is."""
        state = self.state
        memory = tuple(sorted((key, type(value).__name__, value) for key, value in state.memory.items()))
        return (
            (state.rollout, state.sets, state.routing, memory, state.hold, state.stable, state.counts),
            (state.ask_at, state.pause_reason, state.observed_generation, state.generation, state.revision),
            (self.now, self.fleet),
        )

    @property
    def shown(self) -> tuple[Any, ...]:
        """What a step that leads to it or from it is judged by."""
        state = self.state
        return (
            (state.rollout, tuple(state.wanted.items()), state.routing, state.counts, self.fleet),
            (self.back, self.failed, self.struck, self.used, self.wishes, self.void),
        )

    @property
    def taking(self) -> tuple[tuple[str, bool], ...]:
        """Each revision, the oldest first, and whether a request can reach a replica of it."""
        return tuple((name, counts.takes_requests) for name, counts in self.fleet)

    @property
    def view(self) -> tuple[Any, ...]:
        """What a request and those who judge its answer can see of it."""
        flags = (self.back, self.failed, self.struck, self.used, self.wishes)
        return (self.state.rollout, self.state.routing, self.taking, flags)


def by_rank(state: State, now: int) -> State:
    """Return a state whose replica sets were created in the same order, but only just: the plainest of those alike.

    None is then as old as one that is created next, not even where no time passes until then.

    Args:
        state: The controller's.
        now: The time, microseconds.
    """
    births = sorted({each.created for each in state.sets})
    ages = {created: len(births) - rank for rank, created in enumerate(births)}
    sets = tuple(attrs.evolve(each, created=now - ages[each.created]) for each in state.sets)
    return attrs.evolve(state, sets=sets)


def is_instant(value: object) -> TypeGuard[int]:
    """Whether a value of a memory is an instant of a small world, and not just any number."""
    return isinstance(value, int) and abs(value - BEGIN) <= _DAYS


def _ago(value: object, now: int, long: int) -> tuple[str, object]:
    """A value of a memory, with its type; an instant as how long ago it is, or how long until then."""
    if is_instant(value):
        return "instant", min(long, now - value)
    return type(value).__name__, value


@attrs.define
class SmallFleet:
    """Carries plans out at once, as far as that goes; what takes time is an event of its own.

    Attributes:
        fleet: Replicas by name of the revision.
        live: How many sessions are pinned to each revision.
        pinned: Whether sessions are pinned.
        taken: How many available replicas of each revision were told to stop.
    """

    fleet: dict[str, Counts]
    live: Mapping[str, int]
    pinned: bool
    taken: dict[str, int] = attrs.field(factory=dict)

    def statuses(self, now: int) -> Mapping[str, SetStatus]:
        """Report the replicas of each revision."""
        del now
        return {name: self._status(name, counts) for name, counts in self.fleet.items()}

    def _status(self, name: str, counts: Counts) -> SetStatus:
        ready = counts.ready + counts.listed
        return SetStatus(
            replicas=counts.starting + ready,
            ready=ready,
            available=ready,
            terminating=counts.leaving,
            endpoints=counts.listed,
            live_sessions=self.live.get(name, 0) if self.pinned else None,
        )

    def apply(self, wanted: Mapping[str, int], routing: Routing | None, now: int) -> None:
        """Start what is missing; stop first what is not ready, then what is not listed yet."""
        del now
        self.pinned = pins_sessions(routing)
        for name in (*wanted, *(name for name in self.fleet if name not in wanted)):
            counts = self.fleet.get(name, Counts())
            surplus = counts.starting + counts.ready + counts.listed - wanted.get(name, 0)
            if surplus < 0:
                counts = attrs.evolve(counts, starting=counts.starting - surplus)
            elif surplus:
                starting = min(surplus, counts.starting)
                ready = min(surplus - starting, counts.ready)
                listed = surplus - starting - ready
                self.taken[name] = self.taken.get(name, 0) + ready + listed
                counts = Counts(
                    counts.starting - starting,
                    counts.ready - ready,
                    counts.listed - listed,
                    counts.leaving + listed,
                )
            self.fleet[name] = counts

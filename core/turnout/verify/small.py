"""A small world for exhaustion: replicas as counts by phase, sessions as what they have seen, nothing random."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from turnout.controller import SetStatus, State
from turnout.routing.algebra import Split, Sticky

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from turnout.routing.algebra import Routing

__all__ = ["LAST", "Counts", "SmallFleet", "SmallWorld", "Visitor"]

LAST = 3
"""After that many requests a visitor is gone: a document, an asset of it, another document."""


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


@attrs.frozen(order=True)
class Visitor:
    """One session: how many requests it has made, since when, what holds it, and what it has seen."""

    done: int = 0
    begun: int = 0
    pin: str = ""
    page: str = ""
    last: str = ""
    newest: str = ""
    shaky: bool = False
    """Whether a replica of what holds it has gone, which may have been the one that it is pinned to."""


def _in_order(given: Iterable[Visitor]) -> tuple[Visitor, ...]:
    return tuple(sorted(given))


@attrs.frozen(kw_only=True)
class SmallWorld:
    """Everything that the future depends on.

    Attributes:
        state: The controller's.
        now: The time, microseconds: it passes only where somebody waits for it.
        fleet: Replicas by name of the revision, the oldest first.
        visitors: In no order: those that have seen the same are the same.
        faults: How many may still happen.
        verbs: How many the operator may still say.
        void: Promises that need not be kept any more, since a proviso was not met.
        back: Whether the rollout has been sent back.
        struck: Revisions whose last replica that took requests was lost to a fault.
    """

    state: State
    now: int = 0
    fleet: tuple[tuple[str, Counts], ...] = ()
    visitors: tuple[Visitor, ...] = attrs.field(default=(), converter=_in_order)
    faults: int = 0
    verbs: int = 0
    void: frozenset[str] = frozenset()
    back: bool = False
    struck: frozenset[str] = frozenset()

    @property
    def key(self) -> tuple[Any, ...]:
        """What makes two of them the same."""
        state = self.state
        sets = tuple(
            (each.name, each.number, each.wanted, each.desired_replicas, each.created) for each in state.sets
        )
        memory = tuple(sorted(state.memory.items()))
        return (
            (
                state.rollout,
                sets,
                state.routing,
                memory,
                state.ask_at,
                state.hold,
                state.stable,
                state.counts,
            ),
            (state.pause_reason, state.observed_generation < state.generation),
            (self.now if memory or state.ask_at else 0, self.fleet, self.visitors),
            (self.faults, self.verbs, self.void, self.back, self.struck),
        )

    def destinations(self, visitor: Visitor) -> Iterator[str]:
        """Where the next request of a visitor may go, by revision; empty for nowhere."""
        routing, fleet = self.state.routing, dict(self.fleet)
        document = visitor.done != 1
        if isinstance(routing, Sticky):
            held = visitor.pin if routing.unit == "session" or not document else ""
            released = document and held in routing.released
            if held and not released and fleet[held].takes_requests:
                yield held
                if not (visitor.shaky and routing.to == "replica"):
                    return
        yield from _chosen(routing, fleet)


def _chosen(routing: Routing | None, fleet: Mapping[str, Counts]) -> Iterator[str]:
    choice = routing.new if isinstance(routing, Sticky) else routing
    serving = [name for name, counts in fleet.items() if counts.takes_requests]
    if isinstance(choice, Split):
        yield from dict.fromkeys(name if name in serving else "" for name in choice.shares)
    else:
        yield from serving or [""]


@attrs.define
class SmallFleet:
    """Carries plans out at once, as far as that goes; what takes time is an event of its own.

    Attributes:
        fleet: Replicas by name of the revision.
        visitors: Who is there.
        taken: How many available replicas of each revision were told to stop.
    """

    fleet: dict[str, Counts]
    visitors: tuple[Visitor, ...]
    pinned: bool
    taken: dict[str, int] = attrs.field(factory=dict)

    def statuses(self, now: int) -> dict[str, SetStatus]:
        """Report the replicas of each revision."""
        del now
        return {name: self._status(name, counts) for name, counts in self.fleet.items()}

    def _status(self, name: str, counts: Counts) -> SetStatus:
        ready = counts.ready + counts.listed
        live = sum(visitor.pin == name and 0 < visitor.done < LAST for visitor in self.visitors)
        return SetStatus(
            replicas=counts.starting + ready,
            ready=ready,
            available=ready,
            terminating=counts.leaving,
            endpoints=counts.listed + counts.leaving,
            live_sessions=live if self.pinned else None,
        )

    def apply(self, wanted: Mapping[str, int], routing: Routing | None, now: int) -> None:
        """Start what is missing; stop first what is not ready, then what is not listed yet."""
        del now
        self.pinned = isinstance(routing, Sticky) and routing.unit == "session"
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

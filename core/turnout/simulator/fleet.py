"""The simulated fleet: replicas that start, become ready, get requests, crash and end, in virtual time."""

from __future__ import annotations

import heapq
from collections import Counter
from enum import IntEnum
from typing import TYPE_CHECKING

import attrs

from turnout.controller import SetStatus
from turnout.history import Happening
from turnout.routing.draws import uniform
from turnout.routing.timeline import FOREVER, Slot, Timeline
from turnout.simulator.replica import (
    Replica,
    deletion_order,
    exponential,
    ready_after,
    serves_after_deletion,
    start_up,
)
from turnout.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Mapping

    from turnout.environment import Environment, Weather
    from turnout.routing.algebra import Routing
    from turnout.workload import Lifecycle

__all__ = ["SimulatedFleet"]

_LONG_AGO = -86_400 * SECOND


class _Kind(IntEnum):
    READY = 0
    AVAILABLE = 1
    LISTED = 2
    UNLISTED = 3
    FLAP = 4
    CRASH = 5
    GONE = 6


@attrs.define(kw_only=True, eq=False)
class _Group:
    """The replicas of one revision, with their counts kept up to date."""

    name: str
    wanted: int = 0
    active: list[Replica] = attrs.field(factory=list)
    ready: int = 0
    available: int = 0
    terminating: int = 0
    ordinal: int = 0


class SimulatedFleet:
    """Carries plans out on replicas that exist in virtual time only; the same seed gives the same run.

    Drive it with `next_event` and `advance`, and with the controller through `statuses` and `apply`.

    Args:
        lifecycle: How replicas start and end, by their manifest.
        environment: The same, where the manifest does not say.
        weather: Faults; those of the target fall on `target`.
        target: The name of the revision that is being rolled out.
        min_ready_seconds: How long a replica must be ready to be available.
        seed: Seeds start-up times and faults. The n-th replica of a revision draws the same whatever the strategy.
    """

    def __init__(
        self,
        *,
        lifecycle: Lifecycle,
        environment: Environment,
        weather: Weather,
        target: str,
        min_ready_seconds: int,
        seed: int,
    ) -> None:
        self._lifecycle = lifecycle
        self._environment = environment
        self._weather = weather
        self._target = target
        self._clear_at = FOREVER if weather.clears_after is None else weather.clears_after
        self._min_ready = min_ready_seconds * SECOND
        self._seed = seed
        self._serves_on = serves_after_deletion(lifecycle, environment)
        self._groups: dict[str, _Group] = {}
        self._queue: list[tuple[int, int, _Kind, Replica, int]] = []
        self._scheduled = 0
        self._replicas = 0
        self._slots: list[Slot] = []
        self._open: dict[int, Replica] = {}
        self.listed: Counter[int] = Counter()
        self.routings: list[tuple[int, Routing]] = []
        self.happenings: list[Happening] = []
        self.live_sessions: dict[int, int] | None = None

    # What the controller uses.

    def statuses(self, now: int) -> dict[str, SetStatus]:
        """Report the replicas of each revision."""
        del now
        live = self.live_sessions
        return {
            name: SetStatus(
                replicas=len(group.active),
                ready=group.ready,
                available=group.available,
                terminating=group.terminating,
                endpoints=self.listed[rank],
                live_sessions=None if live is None else live.get(rank, 0),
                error_share=self._error_share(name),
            )
            for rank, (name, group) in enumerate(self._groups.items())
        }

    def apply(self, wanted: Mapping[str, int], routing: Routing | None, now: int) -> None:
        """Create and delete replicas until each revision has as many as wanted, and route as asked."""
        for name, number in wanted.items():
            self._group(name).wanted = number
            self._maintain(self._groups[name], now)
        if routing is not None and (not self.routings or self.routings[-1][1] != routing):
            if self.routings and self.routings[-1][0] == now:
                self.routings.pop()
            self.routings.append((now, routing))

    # Virtual time.

    @property
    def next_event(self) -> int:
        """When something happens next, in microseconds; `FOREVER` if nothing will."""
        return self._queue[0][0] if self._queue else FOREVER

    def advance(self, now: int) -> None:
        """Let everything happen that happens up to `now`."""
        while self._queue and self._queue[0][0] <= now:
            time, _, kind, replica, turns = heapq.heappop(self._queue)
            if turns in (-1, replica.turns):
                _HANDLERS[kind](self, replica, time)

    def start_ready(self, name: str, number: int) -> None:
        """Begin with that many replicas of a revision, ready and listed for long."""
        group = self._group(name)
        group.wanted = number
        for _ in range(number):
            replica = self._create(group, _LONG_AGO)
            replica.turns += 1
            replica.ready, replica.ready_since, replica.available = True, _LONG_AGO, True
            group.ready += 1
            group.available += 1
            self._note(_LONG_AGO, "available", replica)
            self._list(replica, -FOREVER)
            self._expect_faults(replica, 0)

    @property
    def idle(self) -> bool:
        """Whether no replica is starting, ending, or about to enter or leave the list of endpoints."""
        return not any(kind not in (_Kind.CRASH, _Kind.FLAP) for _, _, kind, _, _ in self._queue)

    @property
    def revisions(self) -> tuple[str, ...]:
        """The names of all revisions, in the order in which they were first seen."""
        return tuple(self._groups)

    def timeline(self, end: int) -> Timeline:
        """Return the data plane as it was up to now."""
        still_open = [self._slot(replica, FOREVER) for replica in self._open.values()]
        first = self.routings[0][1]
        return Timeline(
            revisions=self.revisions,
            slots=(*self._slots, *still_open),
            routings=((-FOREVER, first), *((since, each) for since, each in self.routings[1:])),
            error_share=tuple(self._error_share(name) for name in self._groups),
            end=end,
        )

    # Replicas.

    def _group(self, name: str) -> _Group:
        if name not in self._groups:
            self._groups[name] = _Group(name=name)
        return self._groups[name]

    def _error_share(self, name: str) -> float:
        return self._weather.error_share if name == self._target else 0.0

    def _maintain(self, group: _Group, now: int) -> None:
        """Create or delete replicas, as the ReplicaSet controller does."""
        surplus = len(group.active) - group.wanted
        if surplus > 0:
            doomed = sorted(group.active, key=lambda replica: deletion_order(replica, now))[:surplus]
            for replica in doomed:
                self._delete(group, replica, now)
        for _ in range(-surplus):
            replica = self._create(group, now)
            lasting = self._weather.never_ready and group.name == self._target
            if lasting and self._clear_at == FOREVER:
                continue
            draw = uniform(self._seed, 1, replica.revision, group.ordinal)
            slowness = self._weather.slow_start if group.name == self._target else 1.0
            answers = start_up(self._environment, slowness, draw)
            begin = max(now, self._clear_at) if lasting else now
            self._schedule(begin + ready_after(self._lifecycle, answers), _Kind.READY, replica)

    def _create(self, group: _Group, now: int) -> Replica:
        self._replicas += 1
        group.ordinal += 1
        rank = list(self._groups).index(group.name)
        replica = Replica(
            number=self._replicas,
            revision=rank,
            created=now,
            uid=uniform(self._seed, 2, rank, group.ordinal),
        )
        group.active.append(replica)
        self._note(now, "created", replica)
        return replica

    def _delete(self, group: _Group, replica: Replica, now: int) -> None:
        self._leave(group, replica)
        replica.terminating = True
        group.terminating += 1
        replica.dead = now + self._serves_on
        self._note(now, "terminating", replica)
        self._schedule(replica.dead, _Kind.GONE, replica)
        if replica.listed is not None:
            self._schedule(now + self._environment.removal_delay, _Kind.UNLISTED, replica)

    def _leave(self, group: _Group, replica: Replica) -> None:
        """Take a replica out of its group's counts; what was scheduled for it is void."""
        group.active.remove(replica)
        group.ready -= replica.ready
        group.available -= replica.available
        replica.turns += 1

    def _schedule(self, time: int, kind: _Kind, replica: Replica) -> None:
        self._scheduled += 1
        turns = -1 if kind in (_Kind.GONE, _Kind.CRASH) else replica.turns
        heapq.heappush(self._queue, (time, self._scheduled, kind, replica, turns))

    def _expect_faults(self, replica: Replica, now: int) -> None:
        """Draw when a replica that has just become ready will flap, and crash if it has not been drawn yet."""
        if self._weather.flap_every is not None:
            draw = uniform(self._seed, 3, replica.revision, replica.number, replica.turns)
            self._strike(now + exponential(self._weather.flap_every, draw), _Kind.FLAP, replica)
        if self._weather.crash_every is not None and replica.turns == 1:
            draw = uniform(self._seed, 4, replica.revision, replica.number)
            self._strike(now + exponential(self._weather.crash_every, draw), _Kind.CRASH, replica)

    def _strike(self, time: int, kind: _Kind, replica: Replica) -> None:
        """Schedule a fault, unless the weather has cleared by then."""
        if time < self._clear_at:
            self._schedule(time, kind, replica)

    # Events.

    def _on_ready(self, replica: Replica, now: int) -> None:
        replica.turns += 1
        replica.ready, replica.ready_since = True, now
        self._group_of(replica).ready += 1
        self._note(now, "ready", replica)
        self._expect_faults(replica, now)
        if self._min_ready:
            self._schedule(now + self._min_ready, _Kind.AVAILABLE, replica)
        else:
            self._on_available(replica, now)
        if replica.listed is None:
            self._schedule(now + self._environment.endpoint_delay, _Kind.LISTED, replica)

    def _on_available(self, replica: Replica, now: int) -> None:
        replica.available = True
        self._group_of(replica).available += 1
        self._note(now, "available", replica)

    def _on_listed(self, replica: Replica, now: int) -> None:
        self._list(replica, now)
        self._note(now, "listed", replica)

    def _on_unlisted(self, replica: Replica, now: int) -> None:
        self._slots.append(self._slot(replica, now))
        del self._open[replica.number]
        replica.listed = None
        self.listed[replica.revision] -= 1
        self._note(now, "unlisted", replica)

    def _on_flap(self, replica: Replica, now: int) -> None:
        group = self._group_of(replica)
        replica.turns += 1
        group.ready -= 1
        group.available -= replica.available
        replica.ready = replica.available = False
        self._note(now, "not ready", replica)
        self._schedule(now + self._weather.flap_for, _Kind.READY, replica)
        if replica.listed is not None:
            self._schedule(now + self._environment.removal_delay, _Kind.UNLISTED, replica)

    def _on_crash(self, replica: Replica, now: int) -> None:
        if replica.terminating:
            return
        group = self._group_of(replica)
        self._leave(group, replica)
        replica.terminating = True
        replica.dead = now
        self._note(now, "crashed", replica)
        if replica.listed is not None:
            self._schedule(now + self._environment.removal_delay, _Kind.UNLISTED, replica)
        self._maintain(group, now)

    def _on_gone(self, replica: Replica, now: int) -> None:
        self._group_of(replica).terminating -= 1
        self._note(now, "gone", replica)

    def _group_of(self, replica: Replica) -> _Group:
        return list(self._groups.values())[replica.revision]

    def _list(self, replica: Replica, now: int) -> None:
        replica.listed = now
        self._open[replica.number] = replica
        self.listed[replica.revision] += 1

    def _slot(self, replica: Replica, unlisted: int) -> Slot:
        assert replica.listed is not None
        serves_on = replica.terminating and replica.ready and replica.dead > unlisted
        return Slot(
            replica=replica.number,
            revision=replica.revision,
            listed=replica.listed,
            unlisted=unlisted,
            fallback=replica.dead if serves_on else -FOREVER,
            dead=replica.dead,
        )

    def _note(self, now: int, what: str, replica: Replica) -> None:
        self.happenings.append(Happening(now, what, list(self._groups)[replica.revision], replica.number))


_HANDLERS = {
    _Kind.READY: SimulatedFleet._on_ready,
    _Kind.AVAILABLE: SimulatedFleet._on_available,
    _Kind.LISTED: SimulatedFleet._on_listed,
    _Kind.UNLISTED: SimulatedFleet._on_unlisted,
    _Kind.FLAP: SimulatedFleet._on_flap,
    _Kind.CRASH: SimulatedFleet._on_crash,
    _Kind.GONE: SimulatedFleet._on_gone,
}

"""The simulated fleet: replicas that start, become ready, get requests, crash and end, in virtual time."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, ClassVar

from turnout.errors import InputError
from turnout.history import Happening
from turnout.model import MOST_REPLICAS
from turnout.routing.draws import uniform
from turnout.routing.timeline import FOREVER
from turnout.simulator.endpoints import Endpoints
from turnout.simulator.events import Kind as _Kind
from turnout.simulator.group import Group
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
    from collections import Counter
    from collections.abc import Callable, Mapping

    from turnout.controller import SetStatus
    from turnout.environment import Environment, Weather
    from turnout.routing.algebra import Routing
    from turnout.routing.timeline import Timeline
    from turnout.workload import Lifecycle

__all__ = ["SimulatedFleet"]

_LONG_AGO = -86_400 * SECOND
_MOST_AT_ONCE = 4 * MOST_REPLICAS  # of all revisions: surges, second fleets and bridges


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
        self._groups: dict[str, Group] = {}
        self._ranked: list[Group] = []
        self._queue: list[tuple[int, int, _Kind, Replica, int]] = []
        self._scheduled = 0
        self._replicas = 0
        self._endpoints = Endpoints()
        self.happenings: list[Happening] = []
        self.live_sessions: dict[int, int] | None = None

    # What the controller uses.

    def statuses(self, now: int) -> dict[str, SetStatus]:
        """Report the replicas of each revision."""
        faulty = now < self._clear_at
        return {
            name: group.status(self.listed, self.live_sessions, self._error_share(name) if faulty else 0.0)
            for name, group in self._groups.items()
        }

    def apply(self, wanted: Mapping[str, int], routing: Routing | None, now: int) -> None:
        """Create and delete replicas until each revision has as many as wanted, and route as asked.

        Raises:
            InputError: If more are wanted at once than can be simulated.
        """
        total = sum(wanted.values())
        if total > _MOST_AT_ONCE:
            raise InputError(
                f"{total:,} replicas are wanted at once", hint=f"up to {_MOST_AT_ONCE:,} are simulated"
            )
        for name in (*wanted, *(name for name in self._groups if name not in wanted)):
            group = self._group(name)
            group.wanted = wanted.get(name, 0)
            self._maintain(group, now)
        if routing is not None:
            self._endpoints.route(routing, now)

    # Virtual time.

    @property
    def next_event(self) -> int:
        """When something happens next, in microseconds; `FOREVER` if nothing will."""
        while self._queue and self._is_void(*self._queue[0][2:]):
            heapq.heappop(self._queue)
        return self._queue[0][0] if self._queue else FOREVER

    def advance(self, now: int) -> None:
        """Let everything happen that happens up to `now`."""
        while self._queue and self._queue[0][0] <= now:
            time, _, kind, replica, turns = heapq.heappop(self._queue)
            if not self._is_void(kind, replica, turns):
                self._HANDLERS[kind](self, replica, time)

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
            self._endpoints.add(replica, -FOREVER)
            self._expect_faults(replica, 0)

    @property
    def idle(self) -> bool:
        """Whether no replica is starting, ending, or about to enter or leave the list of endpoints."""
        return all(
            kind in (_Kind.CRASH, _Kind.FLAP) or self._is_void(kind, replica, turns)
            for _, _, kind, replica, turns in self._queue
        )

    @property
    def routing(self) -> Routing:
        """The routing in force."""
        return self._endpoints.routing

    @property
    def listed(self) -> Counter[int]:
        """How many replicas of each revision, by rank, are in the list of endpoints."""
        return self._endpoints.counts

    @property
    def revisions(self) -> tuple[str, ...]:
        """The names of all revisions, in the order in which they were first seen."""
        return tuple(self._groups)

    def timeline(self, end: int) -> Timeline:
        """Return the data plane as it was up to now."""
        shares = tuple(self._error_share(name) for name in self._groups)
        return self._endpoints.timeline(self.revisions, shares, self._clear_at, end)

    # Replicas.

    def _group(self, name: str) -> Group:
        if name not in self._groups:
            self._groups[name] = Group(name=name, rank=len(self._groups))
            self._ranked.append(self._groups[name])
        return self._groups[name]

    def _error_share(self, name: str) -> float:
        return self._weather.error_share if name == self._target else 0.0

    def _maintain(self, group: Group, now: int) -> None:
        """Create or delete replicas, as the ReplicaSet controller does."""
        surplus = len(group.active) - group.wanted
        if surplus > 0:
            doomed = sorted(group.active, key=lambda replica: deletion_order(replica, now))[:surplus]
            for replica in doomed:
                self._delete(group, replica, now)
        for _ in range(-surplus):
            self._start(group, self._create(group, now), now)

    def _start(self, group: Group, replica: Replica, now: int) -> None:
        """Draw when a new replica will be ready, if ever."""
        begin, slowness = now, 1.0
        if group.name == self._target and now < self._clear_at:
            slowness = self._weather.slow_start
            if self._weather.never_ready:
                begin = self._clear_at
        if begin < FOREVER:
            answers = start_up(self._environment, slowness, self._draw(1, replica))
            self._schedule(begin + ready_after(self._lifecycle, answers), _Kind.READY, replica)

    def _draw(self, about: int, replica: Replica, time: int = 0) -> float:
        """Draw what depends on a replica's place among those of its revision, and on nothing else."""
        return uniform(self._seed, about, self._group_of(replica).key, replica.ordinal, time)

    def _create(self, group: Group, now: int) -> Replica:
        self._replicas += 1
        group.ordinal += 1
        replica = Replica(number=self._replicas, ordinal=group.ordinal, revision=group.rank, created=now)
        replica.uid = self._draw(2, replica)
        group.active.append(replica)
        self._note(now, "created", replica)
        return replica

    def _delete(self, group: Group, replica: Replica, now: int) -> None:
        group.leave(replica)
        replica.terminating = True
        group.terminating += 1
        replica.dead = now + self._serves_on
        self._note(now, "terminating", replica)
        self._schedule(replica.dead, _Kind.GONE, replica)
        self._unlist(replica, now)

    def _unlist(self, replica: Replica, now: int) -> None:
        """Have a replica leave the list of endpoints, unless it is about to anyway."""
        if self._endpoints.hold(replica):
            replica.leaves = min(replica.leaves, now + self._environment.removal_delay)
            self._schedule(replica.leaves, _Kind.UNLISTED, replica)

    def _schedule(self, time: int, kind: _Kind, replica: Replica) -> None:
        self._scheduled += 1
        heapq.heappush(self._queue, (time, self._scheduled, kind, replica, replica.turns))

    @staticmethod
    def _is_void(kind: _Kind, replica: Replica, turns: int) -> bool:
        """Whether an event has been overtaken by others."""
        if kind is _Kind.CRASH:
            return replica.terminating
        return turns != replica.turns

    def _expect_faults(self, replica: Replica, now: int) -> None:
        """Draw when a replica that has just become ready will flap, and crash if it has not been drawn yet."""
        if self._weather.flap_every is not None:
            draw = self._draw(3, replica, replica.turns)
            self._strike(now + exponential(self._weather.flap_every, draw), _Kind.FLAP, replica)
        if self._weather.crash_every is not None and replica.turns == 1:
            draw = self._draw(4, replica)
            self._strike(now + exponential(self._weather.crash_every, draw), _Kind.CRASH, replica)

    def _strike(self, time: int, kind: _Kind, replica: Replica) -> None:
        """Schedule a fault, unless the weather has cleared by then."""
        if time < self._clear_at:
            self._schedule(time, kind, replica)

    # Events.

    def _on_ready(self, replica: Replica, now: int) -> None:
        replica.turns += 1
        replica.ready, replica.ready_since, replica.leaves = True, now, FOREVER
        self._group_of(replica).ready += 1
        self._note(now, "ready", replica)
        self._expect_faults(replica, now)
        self._expect_available(replica, now)
        if not self._endpoints.hold(replica):
            self._schedule(now + self._environment.endpoint_delay, _Kind.LISTED, replica)

    def _expect_available(self, replica: Replica, now: int) -> None:
        """Have a replica that is ready be available when it has been so for long enough."""
        due = replica.ready_since + self._min_ready
        if now < due:
            self._schedule(due, _Kind.AVAILABLE, replica)
        else:
            self._on_available(replica, now)

    def _on_available(self, replica: Replica, now: int) -> None:
        if replica.available or now < replica.ready_since + self._min_ready:
            return  # what has to be waited for has changed meanwhile
        replica.available = True
        self._group_of(replica).available += 1
        self._note(now, "available", replica)

    def _on_listed(self, replica: Replica, now: int) -> None:
        self._endpoints.add(replica, now)
        self._note(now, "listed", replica)

    def _on_unlisted(self, replica: Replica, now: int) -> None:
        self._endpoints.remove(replica, now)
        self._note(now, "unlisted", replica)

    def _on_flap(self, replica: Replica, now: int) -> None:
        group = self._group_of(replica)
        replica.turns += 1
        group.ready -= 1
        group.available -= replica.available
        replica.ready = replica.available = False
        self._note(now, "not ready", replica)
        self._schedule(now + self._weather.flap_for, _Kind.READY, replica)
        self._unlist(replica, now)

    def _on_crash(self, replica: Replica, now: int) -> None:
        group = self._group_of(replica)
        group.leave(replica)
        replica.terminating = True
        replica.dead = now
        self._note(now, "crashed", replica)
        self._unlist(replica, now)
        self._maintain(group, now)

    def _on_gone(self, replica: Replica, now: int) -> None:
        self._group_of(replica).terminating -= 1
        self._note(now, "gone", replica)

    def _group_of(self, replica: Replica) -> Group:
        return self._ranked[replica.revision]

    def _note(self, now: int, what: str, replica: Replica) -> None:
        self.happenings.append(Happening(now, what, self._group_of(replica).name, replica.number))

    _HANDLERS: ClassVar[dict[_Kind, Callable[[SimulatedFleet, Replica, int], None]]] = {
        _Kind.READY: _on_ready,
        _Kind.AVAILABLE: _on_available,
        _Kind.LISTED: _on_listed,
        _Kind.UNLISTED: _on_unlisted,
        _Kind.FLAP: _on_flap,
        _Kind.CRASH: _on_crash,
        _Kind.GONE: _on_gone,
    }

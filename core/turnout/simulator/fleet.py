"""The simulated fleet: replicas that start, become ready, get requests, crash and end, in virtual time."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from turnout.history import Happening
from turnout.routing.timeline import FOREVER
from turnout.simulator.agenda import Agenda, Kind
from turnout.simulator.chance import Chance
from turnout.simulator.endpoints import Endpoints
from turnout.simulator.group import Group
from turnout.simulator.probes import given_up_after, noticed_at, ready_after, ready_again, restart_delay
from turnout.simulator.replica import LONG_AGO, Replica, check_number, deletion_order, serves_after_deletion
from turnout.units import SECOND

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator, Mapping

    from turnout.controller import SetStatus
    from turnout.environment import Environment, Weather
    from turnout.routing.algebra import Routing
    from turnout.routing.timeline import Timeline
    from turnout.simulator.stretch import Stretch
    from turnout.workload import Lifecycle

__all__ = ["SimulatedFleet"]


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
        self._chance = Chance(environment=environment, weather=weather, target=target, seed=seed)
        self._min_ready = min_ready_seconds
        self._serves_on = serves_after_deletion(lifecycle, environment)
        self._groups: dict[str, Group] = {}
        self._ranked: list[Group] = []
        self._agenda = Agenda()
        self._replicas = 0
        self._endpoints = Endpoints(environment.routing_delay)
        self._report: dict[str, SetStatus] | None = None
        self._reported: tuple[bool, Mapping[int, int] | None] = False, None
        self.happenings: list[Happening] = []
        self.live_sessions: dict[int, int] | None = None

    def statuses(self, now: int) -> Mapping[str, SetStatus]:
        """Report the replicas of each revision: the same report as long as nothing has happened."""
        faulty, live = now < self._chance.clear_at, self.live_sessions
        if self._report is None or self._reported != (faulty, live):
            self._reported = faulty, live
            self._report = {
                name: group.status(self.listed, live, self._chance.error_share(name) if faulty else 0.0)
                for name, group in self._groups.items()
            }
        return self._report

    def apply(self, wanted: Mapping[str, int], routing: Routing | None, now: int) -> None:
        """Create and delete replicas until each revision has as many as wanted, and route as asked.

        Raises:
            InputError: If more are wanted at once than can be simulated.
        """
        check_number(sum(wanted.values()))
        self._report = None
        for name in (*wanted, *(name for name in self._groups if name not in wanted)):
            group = self._group(name)
            group.wanted = wanted.get(name, 0)
            self._maintain(group, now)
        if routing is not None:
            self._endpoints.route(routing, now)

    @property
    def next_event(self) -> int:
        """When something happens next, in microseconds; `FOREVER` if nothing will."""
        return min(self._agenda.next, self._endpoints.next_routing)

    def advance(self, now: int) -> None:
        """Let everything happen that happens up to `now`."""
        self._report = None
        for time, kind, replica in self._agenda.due(now):
            self._HANDLERS[kind](self, replica, time)
        self._endpoints.advance(now)

    def start_ready(self, name: str, number: int) -> None:
        """Begin with that many replicas of a revision, ready and listed for long."""
        self._report = None
        group = self._group(name)
        group.wanted = number
        for _ in range(number):
            replica = self._create(group, LONG_AGO)
            group.mark_ready(replica, LONG_AGO)
            group.mark_available(replica)
            self._note(LONG_AGO, "available", replica)
            self._endpoints.add(replica, -FOREVER)
            self._expect_faults(replica, 0)

    @property
    def told(self) -> Iterator[object]:
        """What has been noted down and never changes, so that two may have it."""
        yield from (self._chance, *self.happenings, *self._endpoints.told)

    @property
    def idle(self) -> bool:
        """Whether no replica is starting, ending, or about to be listed or unlisted, and the routing is in force."""
        return self._endpoints.next_routing == FOREVER and self._agenda.only_faults

    @property
    def routing(self) -> Routing:
        """The routing that was asked for last; requests follow it after the routing delay."""
        return self._endpoints.asked

    @property
    def listed(self) -> Counter[int]:
        """How many replicas of each revision, by rank, are in the list of endpoints, but for those that stop."""
        return self._endpoints.counts

    @property
    def revisions(self) -> tuple[str, ...]:
        """The names of all revisions, in the order in which they were first seen."""
        return tuple(self._groups)

    def stretch(self, since: int) -> Stretch:
        """What requests meet from `since` on, until something changes."""
        return self._endpoints.stretch(since, self.revisions)

    def timeline(self, end: int) -> Timeline:
        """Return the data plane as it was up to now."""
        shares = tuple(self._chance.error_share(name) for name in self._groups)
        return self._endpoints.timeline(self.revisions, shares, self._chance.clear_at, end)

    def _group(self, name: str) -> Group:
        if name not in self._groups:
            self._groups[name] = Group(name=name, rank=len(self._groups))
            self._ranked.append(self._groups[name])
        return self._groups[name]

    def _maintain(self, group: Group, now: int) -> None:
        """Create or delete replicas, as the ReplicaSet controller does."""
        surplus = len(group.active) - group.wanted
        if surplus > 0:
            for replica in sorted(group.active, key=lambda each: deletion_order(each, now))[:surplus]:
                self._delete(group, replica, now)
        for _ in range(-surplus):
            replica = self._create(group, now)
            self._start(replica, now)

    def _start(self, replica: Replica, now: int) -> None:
        """Start a replica's container: it will be ready, or given up and started again, or neither ever."""
        begin = self._chance.container_start(self._group_of(replica), replica, now)
        if begin == FOREVER:
            return
        answers = self._chance.answers_after(self._group_of(replica), replica, begin)
        given_up = given_up_after(self._lifecycle, answers)
        if given_up is None:
            replica.answers = begin + answers
            ready = begin + ready_after(self._lifecycle, answers)
            self._schedule(ready, Kind.READY, replica)
            if ready < replica.answers:
                self._schedule(replica.answers, Kind.ANSWERS, replica)
        else:
            ran = given_up + self._serves_on
            self._schedule(begin + ran + restart_delay(replica.restarts, ran), Kind.RESTART, replica)

    def _create(self, group: Group, now: int) -> Replica:
        self._replicas += 1
        group.ordinal += 1
        replica = Replica(number=self._replicas, ordinal=group.ordinal, revision=group.rank, created=now)
        replica.uid = self._chance.uid(group, replica)
        group.active.append(replica)
        self._note(now, "created", replica)
        self._schedule(self._chance.node_lost(group, replica, max(now, 0)), Kind.CRASH, replica)
        return replica

    def _delete(self, group: Group, replica: Replica, now: int, what: str = "terminating") -> None:
        group.leave(replica)
        group.terminating += 1
        replica.dead = now + self._serves_on
        self._note(now, what, replica)
        self._endpoints.stop(replica)
        self._schedule(replica.dead, Kind.GONE, replica)
        self._unlist(replica, now)

    def _unlist(self, replica: Replica, now: int) -> None:
        """Have a replica leave the list of endpoints, unless it is about to anyway."""
        if self._endpoints.hold(replica):
            replica.leaves = min(replica.leaves, now + self._environment.removal_delay)
            self._schedule(replica.leaves, Kind.UNLISTED, replica)

    def _schedule(self, time: int | None, kind: Kind, replica: Replica) -> None:
        if time is not None:
            self._agenda.add(time, kind, replica)

    def _expect_faults(self, replica: Replica, now: int) -> None:
        """Draw when a replica that has just become ready will flap, and crash if it has not been drawn yet."""
        self._expect_flap(replica, now)
        if replica.turns == 1:
            self._schedule(self._chance.crashes(self._group_of(replica), replica, now), Kind.CRASH, replica)
            self._schedule(self._chance.killed(self._group_of(replica), replica, now), Kind.KILL, replica)

    def _expect_flap(self, replica: Replica, since: int) -> None:
        if self._lifecycle.readiness is not None:  # or else nobody asks
            self._schedule(self._chance.flaps(self._group_of(replica), replica, since), Kind.FLAP, replica)

    def _on_ready(self, replica: Replica, now: int) -> None:
        self._group_of(replica).mark_ready(replica, now)
        self._note(now, "ready", replica)
        self._expect_faults(replica, now)
        self._expect_available(replica, now)
        if not self._endpoints.hold(replica):
            self._schedule(now + self._environment.endpoint_delay, Kind.LISTED, replica)

    def _expect_available(self, replica: Replica, now: int) -> None:
        """Have a replica that is ready be available when it has been so for long enough."""
        if replica.is_available(self._min_ready, now):
            self._on_available(replica, now)
        else:
            self._schedule(replica.ready_since + self._min_ready * SECOND, Kind.AVAILABLE, replica)

    def _on_available(self, replica: Replica, now: int) -> None:
        if replica.available or not replica.is_available(self._min_ready, now):
            return  # what has to be waited for has changed meanwhile
        self._group_of(replica).mark_available(replica)
        self._note(now, "available", replica)

    def _on_listed(self, replica: Replica, now: int) -> None:
        self._endpoints.add(replica, now)
        self._note(now, "listed", replica)

    def _on_unlisted(self, replica: Replica, now: int) -> None:
        self._endpoints.remove(replica, now)
        self._note(now, "unlisted", replica)

    def _on_flap(self, replica: Replica, now: int) -> None:
        """Its application fails its readiness probe for a while: long enough to be noticed, or not."""
        replica.flaps += 1
        recovers = self._chance.recovers(now)
        noticed = noticed_at(self._lifecycle, replica.ready_since, now, recovers)
        if noticed is None:
            self._expect_flap(replica, recovers)
        else:
            replica.recovers = recovers
            self._schedule(noticed, Kind.NOT_READY, replica)

    def _on_not_ready(self, replica: Replica, now: int) -> None:
        self._group_of(replica).mark_not_ready(replica)
        self._note(now, "not ready", replica)
        self._schedule(ready_again(self._lifecycle, now, replica.recovers), Kind.READY, replica)
        self._unlist(replica, now)

    def _on_crash(self, replica: Replica, now: int) -> None:
        group = self._group_of(replica)
        group.leave(replica)
        replica.dead = now
        self._note(now, "crashed", replica)
        self._endpoints.stop(replica)
        self._unlist(replica, now)
        self._maintain(group, now)

    def _on_kill(self, replica: Replica, now: int) -> None:
        group = self._group_of(replica)
        self._delete(group, replica, now, "killed")
        self._maintain(group, now)

    def _on_restart(self, replica: Replica, now: int) -> None:
        replica.restarts += 1
        self._note(now, "restarted", replica)
        self._start(replica, now)

    def _on_answers(self, replica: Replica, now: int) -> None:
        """It is ready, since nobody has asked, and only now answers: until then requests to it have failed."""
        self._note(now, "answers", replica)

    def _on_gone(self, replica: Replica, now: int) -> None:
        self._group_of(replica).terminating -= 1
        self._note(now, "gone", replica)

    def _group_of(self, replica: Replica) -> Group:
        return self._ranked[replica.revision]

    def _note(self, now: int, what: str, replica: Replica) -> None:
        self.happenings.append(Happening(now, what, self._group_of(replica).name, replica.number))

    _HANDLERS: ClassVar[dict[Kind, Callable[[SimulatedFleet, Replica, int], None]]] = {
        Kind.READY: _on_ready,
        Kind.AVAILABLE: _on_available,
        Kind.LISTED: _on_listed,
        Kind.UNLISTED: _on_unlisted,
        Kind.FLAP: _on_flap,
        Kind.NOT_READY: _on_not_ready,
        Kind.CRASH: _on_crash,
        Kind.KILL: _on_kill,
        Kind.RESTART: _on_restart,
        Kind.GONE: _on_gone,
        Kind.ANSWERS: _on_answers,
    }

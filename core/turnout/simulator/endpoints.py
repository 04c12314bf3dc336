"""The simulated list of endpoints over time: which replica was in it when, and how requests were routed."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from operator import itemgetter
from typing import TYPE_CHECKING

from turnout.routing.timeline import FOREVER, Slot, Timeline
from turnout.simulator.stretch import Stretch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from turnout.routing.algebra import Routing
    from turnout.simulator.replica import Replica

__all__ = ["Endpoints"]


class Endpoints:
    """Keeps the data plane of one rollout while it goes on. All times in microseconds of virtual time.

    Args:
        routing_delay: How long after it is asked for a routing is in force.
    """

    def __init__(self, routing_delay: int) -> None:
        self._delay = routing_delay
        self._advanced = -FOREVER
        self._left: list[Slot] = []
        self._listed: dict[int, tuple[Replica, int]] = {}
        # Of each listed replica, in the order of a timeline's slots: revision, since, number, number of its stay.
        self._order: list[tuple[int, int, int, int]] = []
        self._last_resort: list[tuple[tuple[int, int, int, int], int]] = []  # the same, until when
        self._stays = 0
        self._routings: list[tuple[int, Routing]] = []
        self.counts: Counter[int] = Counter()
        """How many replicas of each revision, by rank, are in the list, but for those that are told to stop."""
        self._stopping: set[int] = set()
        self._stretch: Stretch | None = None

    @property
    def asked(self) -> Routing:
        """The routing that was asked for last."""
        return self._routings[-1][1]

    @property
    def told(self) -> Iterator[object]:
        """What has been noted down and never changes, so that two may have it."""
        yield from (self._stretch, *self._left, *self._routings)

    @property
    def next_routing(self) -> int:
        """When another routing comes into force that has been asked for; `FOREVER` if none has."""
        following = bisect_right(self._routings, self._advanced, key=itemgetter(0))
        return self._routings[following][0] if following < len(self._routings) else FOREVER

    def advance(self, now: int) -> None:
        """Let time go on."""
        self._advanced = now

    def hold(self, replica: Replica) -> bool:
        """Whether a replica is in the list."""
        return replica.number in self._listed

    def add(self, replica: Replica, now: int) -> None:
        """Put a replica into the list."""
        self._listed[replica.number] = replica, now
        insort(self._order, (replica.revision, now, replica.number, self._stays))
        self._stays += 1
        self.counts[replica.revision] += 1

    def stop(self, replica: Replica) -> None:
        """Count a replica no more that is told to stop, though it may be in the list for a while yet."""
        if self.hold(replica):
            self._stopping.add(replica.number)
            self.counts[replica.revision] -= 1

    def remove(self, replica: Replica, now: int) -> None:
        """Take a replica out of the list."""
        _, since = self._listed.pop(replica.number)
        slot = _slot(replica, since, now)
        self._left.append(slot)
        stay = self._order.pop(bisect_left(self._order, (replica.revision, since, replica.number, 0)))
        if slot.fallback > now:
            insort(self._last_resort, (stay, slot.fallback))
        if replica.number in self._stopping:
            self._stopping.remove(replica.number)
        else:
            self.counts[replica.revision] -= 1

    def route(self, routing: Routing, now: int) -> None:
        """Ask for a routing."""
        if self._routings and self._routings[-1][1] == routing:
            return
        since = (
            now + self._delay if self._routings else -FOREVER
        )  # before the first one there is nobody to ask
        if self._routings and self._routings[-1][0] == since:
            self._routings.pop()
        self._routings.append((since, routing))

    def stretch(self, since: int, revisions: tuple[str, ...]) -> Stretch:
        """Return what requests meet from `since` on, until something changes; the same object as long as nothing has.

        Args:
            since: Not before the last change.
            revisions: Names of the revisions, by rank.
        """
        self._last_resort = [each for each in self._last_resort if each[1] > since]
        in_force = bisect_right(self._routings, since, key=itemgetter(0)) - 1
        stretch = Stretch(
            routing=self._routings[in_force][1],
            revisions=revisions,
            listed=[(rank, stay) for rank, _, _, stay in self._order],
            last_resort=[(rank, stay) for (rank, _, _, stay), _ in self._last_resort],
        )
        if self._stretch is None or not self._stretch.same(stretch):
            self._stretch = stretch
        return self._stretch

    def timeline(
        self, revisions: tuple[str, ...], error_share: tuple[float, ...], faulty_until: int, end: int
    ) -> Timeline:
        """Return what requests have met up to now."""
        still_listed = [_slot(replica, since, FOREVER) for replica, since in self._listed.values()]
        return Timeline(
            revisions=revisions,
            slots=(*self._left, *still_listed),
            routings=tuple(self._routings),
            error_share=error_share,
            faulty_until=faulty_until,
            end=end,
        )


def _slot(replica: Replica, listed: int, unlisted: int) -> Slot:
    serves_on = replica.terminating and replica.ready and replica.dead > unlisted
    return Slot(
        replica=replica.number,
        revision=replica.revision,
        listed=listed,
        unlisted=unlisted,
        fallback=replica.dead if serves_on else -FOREVER,
        answers=replica.answers,
        dead=replica.dead,
    )

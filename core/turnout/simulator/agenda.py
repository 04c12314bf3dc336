"""What is still to happen to the simulated replicas: a queue of events, in the order of their times."""

from __future__ import annotations

import heapq
from enum import IntEnum
from typing import TYPE_CHECKING

from turnout.routing.timeline import FOREVER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from turnout.simulator.replica import Replica

__all__ = ["Agenda", "Kind"]


class Kind(IntEnum):
    """What happens to a replica."""

    READY = 0
    AVAILABLE = 1
    LISTED = 2
    UNLISTED = 3
    FLAP = 4
    NOT_READY = 5
    CRASH = 6
    RESTART = 7
    GONE = 8
    KILL = 9
    ANSWERS = 10


_FAULTS = (Kind.FLAP, Kind.NOT_READY, Kind.CRASH, Kind.KILL)


class Agenda:
    """Keeps events until their time has come. An event that a later change has overtaken is void."""

    def __init__(self) -> None:
        self._queue: list[tuple[int, int, Kind, Replica, int]] = []
        self._scheduled = 0

    def add(self, time: int, kind: Kind, replica: Replica) -> None:
        """Schedule an event; of two at the same time, the one that was scheduled first comes first."""
        self._scheduled += 1
        heapq.heappush(self._queue, (time, self._scheduled, kind, replica, replica.turns))

    @property
    def next(self) -> int:
        """When something happens next, in microseconds; `FOREVER` if nothing will."""
        while self._queue and _is_void(*self._queue[0][2:]):
            heapq.heappop(self._queue)
        return self._queue[0][0] if self._queue else FOREVER

    def due(self, now: int) -> Iterator[tuple[int, Kind, Replica]]:
        """Hand out everything that happens up to `now`, in order; what is added meanwhile, too."""
        while self.next <= now:
            time, _, kind, replica, _ = heapq.heappop(self._queue)
            yield time, kind, replica

    @property
    def only_faults(self) -> bool:
        """Whether nothing will happen but faults."""
        return all(
            kind in _FAULTS or _is_void(kind, replica, turns) for _, _, kind, replica, turns in self._queue
        )


def _is_void(kind: Kind, replica: Replica, turns: int) -> bool:
    """Whether an event has been overtaken by others."""
    if kind in (Kind.CRASH, Kind.KILL, Kind.ANSWERS):
        return replica.terminating
    return turns != replica.turns

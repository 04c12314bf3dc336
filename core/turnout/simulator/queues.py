"""How long requests wait at replicas that serve one at a time, first come first served, and which wait too long."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.routing.timeline import FOREVER
from turnout.simulator.block import beginnings, sizes
from turnout.simulator.late import Late
from turnout.units import SECOND

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Queues"]

KEPT = 1 << 18
"""How many requests are gathered before those that no other can precede any more are served."""

ROOM = 1 << 61
"""What sums over requests that are served together stay below, so that they fit into 64 bits."""

_HUGE = 1 << 61
"""Stands for any greater number of what is compared with such sums."""


@attrs.define(eq=False)
class Queues:
    """Serves requests in a queue for each replica: one at a time, in the order of their times.

    A request that comes at A and takes S is done at F = max(F of the one before, A) + S, which is Lindley's recursion:
    D. V. Lindley, The theory of queues with a single server, 1952. Solved for the i-th one, i from 0, it is a running
    maximum, F = max over j <= i of (A of the j-th - j S) + (i + 1) S. All of it is counted in microseconds times the
    capacity, in which S is a million: exact, in whole numbers.

    Blocks come in the order in which their sessions begin, so that what comes before a block's beginning can be served
    once it is there. Only what comes later waits for its turn, and of each replica only its backlog is known.

    Who waits too long is told when the same blocks come once more, each as soon as all of it has been served.

    Attributes:
        capacity: The requests that a replica serves in a second.
        timeout: How long a request waits at most before its turn, microseconds; it fails after more, and its work is
            done all the same.
        columns: How many replicas there are.
        longest: The longest wait of a request that was served and did not fail, microseconds times the capacity; known
            after `finish`.
        served: All requests before this time have been served.
        late: Those that waited too long, as far as they have not been asked for.
    """

    capacity: int
    timeout: int
    columns: int
    longest: int = attrs.field(default=0, init=False)
    served: int = attrs.field(default=-FOREVER, init=False)
    late: Late = attrs.field(init=False)
    _met: int = attrs.field(default=0, init=False)
    _since: int = attrs.field(default=0, init=False)
    _backlog: NDArray[np.int64] = attrs.field(init=False)  # at `_since`, shape (columns,)
    _ahead: list[NDArray[np.int64]] = attrs.field(factory=list, init=False)  # time, column, order and failed
    _count: int = attrs.field(default=0, init=False)
    _enough: int = attrs.field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self.late = Late(self.columns)
        self._backlog = np.zeros(self.columns, np.int64)
        self._enough = KEPT

    def add(
        self, cell: NDArray[np.int64], time: NDArray[np.int64], failed: NDArray[np.bool_], settled: int
    ) -> None:
        """Let requests come.

        Args:
            cell: Shape (K,): the second and the replica of each, see `turnout.simulator.loads.Loads`.
            time: Shape (K,): when they come, from 0; those of one moment come in the order given.
            failed: Shape (K,): whether they fail however long they wait.
            settled: No request of this or a later call comes before.
        """
        order = np.arange(self._met, self._met + len(time))
        self.late.expect(self._met)
        self._met += len(time)
        self._ahead.append(np.stack([time, cell % self.columns, 2 * order + failed]))
        self._count += len(time)
        if self._count >= self._enough:
            self._settle(settled)
            self._enough = max(KEPT, 2 * self._count)  # each one waits for few turns, however many wait

    def finish(self) -> None:
        """Serve all that are left."""
        self._settle(FOREVER)

    def _settle(self, until: int) -> None:
        """Serve what comes before a time."""
        ahead, self._ahead = self._ahead[::-1], []
        due = [np.zeros((3, 0), np.int64)]
        while ahead:  # one by one, so that nothing is held twice
            requests = ahead.pop()
            early, later = _parted(requests, until)
            due.append(early)
            if later.shape[1]:
                self._ahead.append(later)
        self._count = sum(each.shape[1] for each in self._ahead)
        served = np.hstack(due)
        del due
        self._serve(served)
        self.served = until

    def _serve(self, requests: NDArray[np.int64]) -> None:
        """Serve requests, shape (3, K); in parts where they or the numbers would become too great."""
        time, count = requests[0], requests.shape[1]
        if not count:
            return
        begin, end = int(time.min()), int(time.max())
        span = end - begin + 1
        ranges = self.columns * (span * self.capacity + count * SECOND)
        if span > 1 and (count > 2 * KEPT or max(ranges, 4 * self.columns * span * count) >= ROOM):
            for part in _parted(requests, begin + span // 2):
                self._serve(part)
            return
        self._backlog -= min((begin - self._since) * self.capacity, _HUGE)
        np.maximum(self._backlog, 0, out=self._backlog)
        self._since = begin
        index, at, column = _in_turn(requests, begin, span)
        first = beginnings(column)
        wait = self._waits(at, column, first)
        late = wait > min(self.timeout * self.capacity, _HUGE)
        well = ~late
        well &= requests[2][index] & 1 == 0
        self.longest = max(self.longest, int(wait.max(initial=0, where=well)))
        if late.any():
            self.late.add(_runs(late, first, requests, index))

    def _waits(
        self, at: NDArray[np.int64], column: NDArray[np.int64], first: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Say how long requests wait that are in order, replica by replica, and see what is left to do after them.

        Args:
            at: Shape (K,): when they come, microseconds since `_since`; used up.
            column: Shape (K,): at which replica.
            first: Shape (C,): the first request of each replica.

        Returns:
            Shape (K,), microseconds times the capacity.
        """
        many = sizes(first, len(column))
        own = column[first]
        at *= min(self.capacity, _HUGE)
        work = np.arange(len(at))
        work -= np.repeat(first, many)
        work *= SECOND
        begins = at - work
        begins[first] = np.maximum(begins[first], self._backlog[own])
        # One running maximum serves for all replicas, if each one's numbers lie above those of the one before.
        height = np.maximum(int(at.max()), self._backlog[own]) + len(at) * SECOND
        above = np.cumsum(height) - height
        begins += np.repeat(above, many)
        np.maximum.accumulate(begins, out=begins)
        self._backlog[own] = begins[first + many - 1] - above + many * SECOND
        work -= np.repeat(above, many)
        begins += work
        begins -= at
        return begins


def _parted(requests: NDArray[np.int64], at: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Part requests, shape (3, K), into those before a time and all others, each in the order given."""
    early = requests[0] < at
    return requests.take(early.nonzero()[0], axis=1), requests.take((~early).nonzero()[0], axis=1)


def _in_turn(
    requests: NDArray[np.int64], begin: int, span: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Sort requests by replica, then time, then the order given.

    Sorting numbers is several times as fast as sorting indices by numbers, so the index is part of the number.

    Returns:
        Their indices, their times since `begin`, and their replicas' columns: each of shape (K,).
    """
    time, column, _ = requests
    low, high = (time.shape[0] - 1).bit_length(), (span - 1).bit_length()
    key = column << high
    key += time
    key -= begin
    key <<= low
    key |= np.arange(len(key))
    key.sort()
    index = key & (1 << low) - 1
    key >>= low
    return index, key & (1 << high) - 1, key >> high


def _runs(
    late: NDArray[np.bool_],
    first: NDArray[np.int64],
    requests: NDArray[np.int64],
    index: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Find the runs of late requests.

    Args:
        late: Shape (K,): which ones are, replica by replica.
        first: Shape (C,): the first one of each replica.
        requests: Shape (3, K), see `Queues`, in any order.
        index: Shape (K,): where among them each one is.

    Returns:
        Shape (4, L): column, the first one's time and order, the last one's time.
    """
    goes_on = np.zeros(len(late) + 1, np.bool_)
    goes_on[1:-1] = late[1:] & late[:-1]
    goes_on[first] = False
    time, column, order = requests[:, index[late & ~goes_on[:-1]]]
    return np.stack([column, time, order >> 1, requests[0, index[late & ~goes_on[1:]]]])

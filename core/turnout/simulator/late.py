"""Which requests waited too long: kept as runs, until the block that they are in comes once more."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import attrs
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Late"]


@attrs.define(eq=False)
class Late:
    """Tells, when blocks come once more, which of their requests wait too long.

    They are known as runs of requests that follow one another at a replica. Of those of one moment each waits longer
    than the one before; so a run takes in all of its last moment, and of its first one what is not before its first.

    A run is kept until all that comes once more comes after it. For each block that has not come once more, the number
    of its first request is kept.

    Attributes:
        columns: How many replicas there are.
        any: Whether anybody has waited too long at all.
    """

    columns: int
    any: bool = attrs.field(default=False, init=False)
    _first: deque[int] = attrs.field(factory=deque, init=False)
    _runs: NDArray[np.int64] = attrs.field(init=False)  # (4, L): see `add`; by column and then time
    _moments: NDArray[np.int64] = attrs.field(init=False)  # at which runs begin, or have begun, ascending
    _key: NDArray[np.int64] = attrs.field(init=False)  # (L,), ascending

    def __attrs_post_init__(self) -> None:
        self._runs, self._moments = np.zeros((4, 0), np.int64), np.zeros(0, np.int64)
        self._key = self._moments

    def expect(self, first: int) -> None:
        """Note the number of the first request of a block, which will come once more."""
        self._first.append(first)

    def __len__(self) -> int:
        """How many runs are kept."""
        return len(self._key)

    @property
    def expected(self) -> bool:
        """Whether a block that has come is to come once more."""
        return bool(self._first)

    def add(self, runs: NDArray[np.int64]) -> None:
        """Keep runs.

        Args:
            runs: Shape (4, L): column, the first request's time and number, the last one's time.
        """
        self.any = True
        runs = np.hstack([self._runs, runs])
        self._runs = column, begin, _, _ = runs[:, np.lexsort((runs[1], runs[0]))]
        self._moments = np.unique(begin)
        self._key = self._keys(column, begin)

    def _keys(self, column: NDArray[np.int64], time: NDArray[np.int64]) -> NDArray[np.int64]:
        """Number pairs of a column and a time, as far as runs tell them apart, by column and then time."""
        return column * (len(self._moments) + 1) + np.searchsorted(self._moments, time, side="right")

    def within(self, begin: int, end: int) -> bool:
        """Whether the next block may have late requests: it comes once more, from one time to another."""
        _, since, _, until = self._runs
        return bool(((since <= end) & (until >= begin)).any())

    def overloaded(self, cell: NDArray[np.int64], time: NDArray[np.int64]) -> NDArray[np.int64]:
        """Find the requests of the next block that wait too long.

        Args:
            cell: Shape (K,): the second and the replica of each request, as for `turnout.simulator.queues.Queues.add`.
            time: Shape (K,): when they come.

        Returns:
            Their indices.
        """
        if not len(self):
            return np.zeros(0, np.int64)
        order = np.arange(self._first[0], self._first[0] + len(time))
        column = cell % self.columns
        run = np.searchsorted(self._key, self._keys(column, time), side="right") - 1
        own, begin, first, end = self._runs[:, run]
        inside = (run >= 0) & (own == column) & (time <= end)
        inside &= (time > begin) | (order >= first)
        late: NDArray[np.int64] = inside.nonzero()[0]
        return late

    def pass_by(self, begin: int) -> None:
        """Go on to the block after the next one, and forget what is over before a time.

        Args:
            begin: No block from now on has a request before.
        """
        self._first.popleft()
        kept = self._runs[3] >= begin
        if not kept.all():
            self._runs, self._key = self._runs[:, kept], self._key[kept]

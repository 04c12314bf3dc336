"""How many requests each replica got in each second, counted block by block, and which were more than it serves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Crowd", "Loads"]

CELLS = 1 << 20
"""How many pairs of a second and a replica are counted at once, by all that count; requests further ahead wait."""

LEAST_CELLS = 1 << 16
"""How many each counts at once at least, so that no request waits for many turns."""

KEPT = 1 << 18
"""How many requests of crowded cells are gathered at least before those that need not be known are left out."""


@attrs.define(eq=False)
class Loads:
    """Counts the requests of cells: pairs of a second and a replica, numbered second by second.

    Blocks come in the order in which their sessions begin, so that a cell is settled once a block begins after it.

    Attributes:
        capacity: The requests that one replica serves in a second; None if that is not known.
        cells: How many cells there are in all.
        among: How many count at once, and share the memory for it.
        peak: The most requests of a settled cell.
    """

    capacity: int | None
    cells: int
    among: int = 1
    peak: int = attrs.field(default=0, init=False)
    _begin: int = attrs.field(default=0, init=False)
    _counts: NDArray[np.int32] = attrs.field(init=False)
    _ahead: list[NDArray[np.int64]] = attrs.field(factory=list, init=False)
    _crowded: list[NDArray[np.int64]] = attrs.field(factory=list, init=False)

    def __attrs_post_init__(self) -> None:
        share = CELLS if self.among == 1 else max(LEAST_CELLS, CELLS // self.among)
        self._counts = np.zeros(min(self.cells, share), np.int32)

    def add(self, cell: NDArray[np.int64], settled: int) -> None:
        """Count requests.

        Args:
            cell: Shape (K,): the cell of each, none before an earlier call's `settled`.
            settled: No request of this or a later call comes before this cell.
        """
        self.window(settled)
        self._count(cell)

    def window(self, settled: int) -> tuple[NDArray[np.int32], int]:
        """Settle cells, and return the counts of those that are counted now, to be added to, and the first of them.

        Args:
            settled: See `add`.
        """
        half = max(1, len(self._counts) // 2)
        while settled - self._begin >= half and self._begin + len(self._counts) < self.cells:
            # What waits ahead may have to be counted on the way.
            self._settle(min(settled, self._begin + len(self._counts)) if self._ahead else settled)
        return self._counts, self._begin

    def wait(self, cell: NDArray[np.int64]) -> None:
        """Have requests wait for their turn.

        Args:
            cell: Shape (K,): the cell of each, none among those that are counted now.
        """
        if len(cell):
            self._ahead.append(cell)

    def finish(self) -> NDArray[np.int64]:
        """Settle all cells, and return those that got more than a replica serves: shape (C,), ascending."""
        while self._ahead:
            self._settle(self._begin + len(self._counts))
        self._settle(self._begin + len(self._counts))
        return np.concatenate([np.zeros(0, np.int64), *self._crowded])

    def _count(self, cell: NDArray[np.int64]) -> None:
        place = cell - self._begin
        if len(place) and place.max() >= len(self._counts):
            ahead = place >= len(self._counts)
            self.wait(cell[ahead])
            place = place[~ahead]
        np.add.at(self._counts, place, np.int32(1))  # a number of another kind takes ten times as long

    def _settle(self, until: int) -> None:
        """Settle the cells before one, and go on from there."""
        over = min(until - self._begin, len(self._counts))
        counts = self._counts[:over]
        self.peak = max(self.peak, int(counts.max(initial=0)))
        if self.capacity is not None and self.peak > self.capacity:
            self._crowded.append(np.flatnonzero(counts > self.capacity) + self._begin)
        self._counts[: len(self._counts) - over] = self._counts[over:]
        self._counts[len(self._counts) - over :] = 0
        self._begin, ahead, self._ahead = until, self._ahead, []
        for cell in ahead:
            self._count(cell)


@attrs.define(eq=False)
class Crowd:
    """Finds, in crowded cells, the requests that come after as many as a replica serves: in a second pass.

    Attributes:
        cells: Shape (C,), ascending: the crowded cells.
        most: How many requests of each are served.
    """

    cells: NDArray[np.int64]
    most: int
    _last: NDArray[np.int64] = attrs.field(init=False)  # time and order of the last one that is served
    _kept: NDArray[np.int64] = attrs.field(
        factory=lambda: np.zeros((3, 0), np.int64), init=False
    )  # index of cell, time, order
    _met: int = attrs.field(default=0, init=False)
    _enough: int = attrs.field(factory=lambda: KEPT, init=False)

    def __attrs_post_init__(self) -> None:
        self._last = np.full((2, len(self.cells)), np.iinfo(np.int64).min)

    def within(self, cell: NDArray[np.int64]) -> NDArray[np.int64]:
        """Find the requests in crowded cells.

        Args:
            cell: Shape (K,): the cell of each request.
        """
        if not len(cell) or cell.max() < self.cells[0] or cell.min() > self.cells[-1]:
            return np.zeros(0, np.int64)
        place = np.searchsorted(self.cells, cell)
        return np.flatnonzero(self.cells.take(place, mode="clip") == cell)

    def meet(self, cell: NDArray[np.int64], time: NDArray[np.int64], settled: int) -> None:
        """Let requests come, block by block.

        Args:
            cell: Shape (K,): the cell of each.
            time: Shape (K,): when they are made; those of one moment come in the order given.
            settled: No request of this or a later call comes before this cell.
        """
        inside = self.within(cell)
        met = np.stack([np.searchsorted(self.cells, cell[inside]), time[inside], self._met + inside])
        self._met += len(cell)
        self._kept = np.hstack([self._kept, met])
        if self._kept.shape[1] > self._enough:
            self._leave_out(settled)
            self._enough = max(KEPT, 2 * self._kept.shape[1])

    def _leave_out(self, settled: int) -> None:
        """Keep the first ones of each cell; of a cell that is settled, nothing but the last of these counts."""
        index, time, order = self._kept
        kept = self._kept[:, np.lexsort((order, time, index))]
        begins = np.flatnonzero(np.diff(kept[0], prepend=-1))
        place = np.arange(kept.shape[1]) - np.repeat(begins, np.diff(begins, append=kept.shape[1]))
        kept = kept[:, place < self.most]
        over = self.cells[kept[0]] < settled
        index, time, order = kept[:, over]
        self._last[:, index] = time, order  # of each cell, the last one counts
        self._kept = kept[:, ~over]

    def again(self) -> None:
        """Begin the third pass, in which `overloaded` tells."""
        self._leave_out(int(self.cells[-1]) + 1)
        self._met = 0

    def overloaded(self, cell: NDArray[np.int64], time: NDArray[np.int64]) -> NDArray[np.int64]:
        """Find the requests that come too late: the same blocks as for `meet`, in the same order.

        Args:
            cell: Shape (K,): the cell of each request.
            time: Shape (K,): when they are made.

        Returns:
            Their indices.
        """
        inside = self.within(cell)
        index = np.searchsorted(self.cells, cell[inside])
        order = self._met + inside
        self._met += len(cell)
        last, after = self._last[0, index], self._last[1, index]
        late: NDArray[np.int64] = inside[(time[inside] > last) | ((time[inside] == last) & (order > after))]
        return late

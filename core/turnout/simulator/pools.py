"""Who takes requests in each segment, in lists in which a draw is a place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from turnout.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from turnout.simulator.stays import Stays

__all__ = ["NOWHERE", "Pools", "Window"]

NOWHERE = -1
"""In place of a slot: no slot takes the request."""

CELLS = 1 << 20
"""How many cells of the lists are held at once, about: more if a single segment has more."""

MOST_CELLS = 1 << 32
"""How many cells there may be in all: their numbers take half of a machine word, see `turnout.simulator.choices`."""

_HELD, _AT_ONCE = 3, 256  # a block of short sessions meets two stripes, and the next one the same


@attrs.frozen(eq=False)
class Window:
    """The cells of a stretch of segments side by side.

    Attributes:
        cells: Shape (K,), int32: slots.
        first: The number of its first cell.
        begin, end: The first segment, and the one after the last.
    """

    cells: NDArray[np.int32]
    first: int
    begin: int
    end: int


@attrs.frozen(kw_only=True, eq=False)
class Pools:
    """One list of cells for G segments of V revisions, segment by segment.

    Of a segment: the listed slots, the oldest revision's first; then those that serve as a last resort, of revisions
    that have no listed one. So both who takes a revision's requests and who takes any request lie side by side.
    Cell 0 stands for nobody: where a pool is empty, every draw leads there.

    The cells of large timelines are made in stripes, when they are asked for: never all segments times all slots.

    Attributes:
        any_first, any_count: Shape (G,), uint64: the first cell and the number of those that take any request.
        own_first, own_count: Shape (G, V + 1), uint64: the same for each revision's requests. The last column is that
            of no revision: rank -1.
    """

    any_first: NDArray[np.uint64]
    any_count: NDArray[np.uint64]
    own_first: NDArray[np.uint64]
    own_count: NDArray[np.uint64]
    _revision: NDArray[np.int64]
    _listed: tuple[NDArray[np.int64], NDArray[np.int64]]
    _last_resort: tuple[NDArray[np.int64], NDArray[np.int64]]
    _own_listed: NDArray[np.bool_]
    _stripes: NDArray[np.int64]  # the first segment of each stripe, and G
    _begins: NDArray[np.int64]  # the first cell of each stripe, and the number of all cells
    _made: dict[int, NDArray[Any]] = attrs.field(factory=dict, init=False)
    _window: dict[int, Window] = attrs.field(factory=dict, init=False)

    @classmethod
    def of(
        cls,
        slots: Stays,
        listed: tuple[NDArray[np.int64], NDArray[np.int64]],
        last_resort: tuple[NDArray[np.int64], NDArray[np.int64]],
        counts: tuple[NDArray[np.int64], NDArray[np.int64]],
    ) -> Pools:
        """Lay the lists out.

        Args:
            slots: The slots.
            listed: In which segments each slot is listed, see `Stays.spans`.
            last_resort: In which segments it serves as a last resort.
            counts: Shape (G, V) each: how many there are of both kinds.

        Raises:
            InputError: If there are more cells than half a machine word can number.
        """
        own_listed = counts[0] > 0
        row = np.hstack([counts[0], np.where(own_listed, 0, counts[1])])
        revisions = own_listed.shape[1]
        first = (np.cumsum(row).reshape(row.shape) - row) + 1
        own_count = row[:, :revisions] + row[:, revisions:]
        own_first = np.where(own_listed, first[:, :revisions], first[:, revisions:]) * (own_count > 0)
        all_listed = own_listed.any(axis=1)
        any_count = np.where(all_listed, row[:, :revisions].sum(axis=1), row[:, revisions:].sum(axis=1))
        begins = np.append(first[:, :1].ravel(), 1 + int(row.sum()))
        any_first = begins[:-1] * (any_count > 0)
        if begins[-1] > MOST_CELLS:
            raise InputError(
                f"a rollout in which {len(row):,} times another of {len(slots.revision):,} replicas comes or goes "
                "cannot be routed",
                hint=f"{begins[-1]:,} places where a request may go are more than {MOST_CELLS:,}: try fewer replicas",
            )
        stripe = np.flatnonzero(np.diff((begins[:-1] - 1) // CELLS, prepend=-1))
        stripes = np.append(stripe, len(row))
        nobody = np.zeros((len(row), 1), np.int64)
        return cls(
            any_first=any_first.astype(np.uint64),
            any_count=any_count.astype(np.uint64),
            own_first=np.hstack([own_first, nobody]).astype(np.uint64),
            own_count=np.hstack([own_count, nobody]).astype(np.uint64),
            revision=slots.revision,
            listed=listed,
            last_resort=last_resort,
            own_listed=own_listed,
            stripes=stripes,
            begins=begins[stripes],
        )

    @property
    def _single(self) -> bool:
        """Whether all cells lie in one stripe."""
        return len(self._begins) - 1 == 1

    def slots(self, cell: NDArray[np.int64]) -> NDArray[np.int64]:
        """Look up which slots lie in some cells: shape (K,), -1 for nobody."""
        if self._single:
            slots: NDArray[np.int64] = self._stripe(0).take(cell)
            return slots
        slot = np.full(len(cell), NOWHERE, np.int64)
        if not len(cell):
            return slot
        first = np.searchsorted(self._begins, max(1, int(cell.min())), side="right") - 1
        last = np.searchsorted(self._begins, max(1, int(cell.max())), side="right") - 1
        for stripe in range(int(first), int(last) + 1):
            inside = np.flatnonzero((self._begins[stripe] <= cell) & (cell < self._begins[stripe + 1]))
            if len(inside):
                slot[inside] = self._stripe(stripe).take(cell[inside] - self._begins[stripe] + 1)
        return slot

    def window(self, segment: int) -> Window:
        """The cells of a segment and of as many after it as are held at once.

        Args:
            segment: Any; not much before that of the last call, or stripes are made once more.
        """
        stripe = int(np.searchsorted(self._stripes, segment, side="right")) - 1
        if stripe not in self._window:
            stripes = range(stripe, min(stripe + _HELD, len(self._begins) - 1))
            begins = self._begins[stripe : stripes.stop + 1] - self._begins[stripe] + 1
            cells = np.full(int(begins[-1]), NOWHERE, np.int32)
            for number, each in enumerate(stripes):
                # They are kept side by side from now on, and not once more for themselves.
                part = cells[begins[number] - 1 : begins[number + 1]]
                part[1:] = self._stripe(each)[1:]
                self._made[each] = self._made[each] if self._single else part
            self._window.clear()
            self._window[stripe] = Window(
                cells,
                int(self._begins[stripe]) - 1,
                int(self._stripes[stripe]),
                int(self._stripes[stripes.stop]),
            )
        return self._window[stripe]

    def _stripe(self, stripe: int) -> NDArray[Any]:
        """The slots in the cells of a stripe, after nobody."""
        if stripe not in self._made:
            while len(self._made) >= _HELD:
                del self._made[next(iter(self._made))]
            self._made[stripe] = self._cells(int(self._stripes[stripe]), int(self._stripes[stripe + 1]))
        return self._made[stripe]

    def _cells(self, begin: int, end: int) -> NDArray[Any]:
        """The slots in the cells of some segments, after nobody: the true places of a table of segments and slots.

        The table is made for a few segments at once, and only of the slots that are there in any of these.
        """
        cells = [np.full(1, NOWHERE, np.int32)]
        for low in range(begin, end, _AT_ONCE):
            segment = np.arange(low, min(low + _AT_ONCE, end))[:, None]
            there, slots = [], []
            for (first, after), wanted in ((self._listed, True), (self._last_resort, False)):
                slot = np.flatnonzero((first <= segment[-1]) & (after > low))
                own_listed = self._own_listed[segment, self._revision[slot]] if not wanted else True
                there.append((first[slot] <= segment) & (segment < after[slot]) & (own_listed == wanted))
                slots.append(slot)
            table = np.hstack(there)
            cells.append(np.broadcast_to(np.concatenate(slots).astype(np.int32), table.shape)[table])
        whole = np.concatenate(cells)
        return whole.astype(np.int64) if self._single else whole  # what is small is laid out for its users

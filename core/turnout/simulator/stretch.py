"""A stretch of time in which nothing changes: the routing in force, and who takes requests meanwhile."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.routing.algebra import Split, Sticky
from turnout.routing.draws import pick, slot_draw, thresholds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from turnout.routing.algebra import Routing

__all__ = ["Stretch"]

NOBODY = -1


@attrs.frozen(kw_only=True, eq=False, slots=False)
class Stretch:
    """What requests meet for a while. It means what `turnout.routing.plain` means.

    A pin holds on to a key: a revision's rank or, with ``to="replica"``, the number of a replica's stay in the list.

    Attributes:
        routing: The routing in force.
        revisions: Names of the revisions, by rank; V of them.
        listed: Rank and number of each listed replica's stay, in the order of a timeline's slots.
        last_resort: The same for those that are terminating and still serve: they take what nobody else does.
    """

    routing: Routing
    revisions: tuple[str, ...]
    listed: Sequence[tuple[int, int]]
    last_resort: Sequence[tuple[int, int]]

    @property
    def pins(self) -> Sticky | None:
        """The routing, if it pins sessions."""
        routing = self.routing
        return routing if isinstance(routing, Sticky) and routing.unit == "session" else None

    def same(self, other: Stretch) -> bool:
        """Whether requests meet the same in another stretch."""
        if self is other:
            return True
        same = self.routing == other.routing and self.revisions == other.revisions
        return same and self.listed == other.listed and self.last_resort == other.last_resort

    @property
    def kind(self) -> tuple[str, str] | None:
        """What pins are like; they do not outlive a change of it."""
        return (self.routing.to, self.routing.unit) if isinstance(self.routing, Sticky) else None

    @cached_property
    def ranks(self) -> dict[int, int]:
        """The rank of each stay."""
        return {stay: rank for rank, stay in (*self.listed, *self.last_resort)}

    @cached_property
    def _all(self) -> NDArray[np.int64]:
        """Shape (K, 2): rank and stay of whoever takes requests if any revision will do."""
        return np.array(self.listed or self.last_resort, np.int64).reshape(-1, 2)

    @cached_property
    def _own(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Who takes a revision's requests: first and count by rank, shape (V,), and rank and stay, shape (K, 2)."""
        served = {rank for rank, _ in self.listed}
        both = [*self.listed, *(each for each in self.last_resort if each[0] not in served)]
        members = np.array(both, np.int64).reshape(-1, 2)
        members = members[np.argsort(members[:, 0], kind="stable")]
        count = np.bincount(members[:, 0], minlength=len(self.revisions))
        return np.cumsum(count) - count, count, members

    @cached_property
    def _released(self) -> NDArray[np.bool_]:
        """Shape (V,): which revisions documents are asked to leave."""
        names = () if self.pins is None else self.pins.released
        return np.array([name in names for name in self.revisions], np.bool_)

    @cached_property
    def _shares(self) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        """Of a split, the ranks of its revisions, -1 for one that nobody knows, and up to which draw each is chosen."""
        if self.pins is None or not isinstance(self.pins.new, Split):
            raise TypeError("nothing is split")
        names, ends = zip(*thresholds(self.pins.new), strict=True)
        known = {name: rank for rank, name in enumerate(self.revisions)}
        return np.array([known.get(name, NOBODY) for name in names], np.int64), np.array(ends, np.uint64)

    def holding(self, keys: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether what pins hold on to takes requests: shape (K,), keys from 0."""
        if self.pins is None or self.pins.to == "revision":
            _, count, _ = self._own
            return count[keys] > 0
        members = self._own[2] if isinstance(self.pins.new, Split) else self._all
        return np.isin(keys, members[:, 1])

    def released(self, keys: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether documents are asked to leave what pins hold on to; only for keys that take requests."""
        if self.pins is None or not self.pins.released:
            return np.zeros(len(keys), np.bool_)
        return self._released[self.revision_of(keys)]

    def revision_of(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """The ranks of the revisions of keys that take requests."""
        if self.pins is None or self.pins.to == "revision":
            return keys
        return np.array([self.ranks[stay] for stay in keys.tolist()], np.int64)

    def chosen(self, draw: NDArray[np.uint64]) -> NDArray[np.int64]:
        """What sessions hold on to that hold no pin and choose by these draws: shape (K,), -1 for nobody."""
        if self.pins is None:
            raise TypeError("nobody is pinned")
        column = 0 if self.pins.to == "revision" else 1
        if not isinstance(self.pins.new, Split):
            if not len(self._all):
                return np.full(len(draw), NOBODY, np.int64)
            key: NDArray[np.int64] = self._all[_pick(draw, len(self._all)), column]
            return key
        ranks, ends = self._shares
        rank = ranks[np.searchsorted(ends, draw, side="right")]
        first, count, members = self._own
        found = (rank >= 0) & (count[rank] > 0)
        key = np.full(len(draw), NOBODY, np.int64)
        at = _pick(np.asarray(slot_draw(draw[found])), count[rank[found]])  # type: ignore[arg-type]
        key[found] = members[first[rank[found]] + at, column]
        return key


def _pick(draw: NDArray[np.uint64], count: NDArray[np.int64] | int) -> NDArray[np.int64]:
    """`pick` of arrays."""
    return np.asarray(pick(draw, np.asarray(count, np.uint64))).astype(np.int64)  # type: ignore[arg-type]

"""The slots of a timeline as arrays, and who of them takes requests, looked up in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from turnout.routing.timeline import Slot

__all__ = ["Stays"]

CELLS = 1 << 20
"""How many pairs of a slot and a segment are looked at at once."""


@attrs.frozen(kw_only=True, eq=False)
class Stays:
    """S slots, those of one revision side by side. Each array has the shape (S,) and the type int64.

    Attributes:
        revision: The rank of each slot's revision, ascending.
        listed, unlisted, fallback: Between which times it takes requests, and until when as a last resort.
        answers, dead: Between which times its process answers.
    """

    revision: NDArray[np.int64]
    listed: NDArray[np.int64]
    unlisted: NDArray[np.int64]
    fallback: NDArray[np.int64]
    answers: NDArray[np.int64]
    dead: NDArray[np.int64]

    @classmethod
    def of(cls, slots: Sequence[Slot]) -> Stays:
        """Lay slots out as arrays."""
        return cls(
            **{
                each.name: np.array([getattr(slot, each.name) for slot in slots], np.int64)
                for each in attrs.fields(cls)
            }
        )

    def counts(
        self, since: NDArray[np.int64], begin: NDArray[np.int64], end: NDArray[np.int64], revisions: int
    ) -> NDArray[np.int64]:
        """Count the slots of each revision between whose two times each segment lies.

        Args:
            since: Shape (G,): where segments begin; all times before all others and after them among them.
            begin: Shape (S,).
            end: Shape (S,); exclusive.
            revisions: How many revisions there are.

        Returns:
            Shape (G, V), int64.
        """
        first = np.searchsorted(since, begin)
        last = np.maximum(first, np.searchsorted(since, end))
        steps = np.zeros((len(since) + 1, revisions), np.int64)
        np.add.at(steps, (first, self.revision), 1)
        np.add.at(steps, (last, self.revision), -1)
        counts: NDArray[np.int64] = np.cumsum(steps, axis=0)[:-1]
        return counts

    def taking(
        self,
        since: NDArray[np.int64],
        segment: NDArray[np.int64],
        revision: NDArray[np.int64],
        listed: NDArray[np.bool_],
        place: NDArray[np.int64],
    ) -> NDArray[np.int64]:
        """Find the slots at some places among those of a revision that take requests in a segment.

        Args:
            since: Shape (G,): where segments begin.
            segment: Shape (K,).
            revision: Shape (K,): ranks.
            listed: Shape (K,): whether to look among the listed ones, or those that serve as a last resort.
            place: Shape (K,): from 0, and below the number of those that there are.

        Returns:
            Shape (K,), indices of slots.
        """
        if not len(place):
            return np.zeros(0, np.int64)
        revisions = int(self.revision[-1]) + 1
        row = (listed * revisions + revision) * len(since) + segment
        asked = np.zeros(2 * revisions * len(since), np.bool_)
        asked[row] = True
        rows = np.nonzero(asked)[0]
        index = np.cumsum(asked) - 1
        slot = np.empty(len(row), np.int64)
        parts = list(self._parts(rows // len(since), revisions))
        order = np.argsort(index[row]) if len(parts) > 1 else np.arange(len(row))
        ends = (
            np.searchsorted(index[row[order]], [part.stop for part in parts])
            if len(parts) > 1
            else [len(row)]
        )
        begin = 0
        for part, end in zip(parts, ends, strict=True):
            first, members = self._members(rows[part], since, revisions)
            some = order[begin:end]
            slot[some] = members[first[index[row[some]] - part.start] + place[some]]
            begin = end
        return slot

    def _parts(self, group: NDArray[np.int64], revisions: int) -> Iterator[slice]:
        """Cut rows into parts that are looked at at once."""
        sizes = np.bincount(self.revision, minlength=revisions)[group % revisions]
        part = np.cumsum(sizes) // CELLS
        begins = np.nonzero(np.diff(part, prepend=-1))[0]
        for begin, end in zip(begins, [*begins[1:], len(group)], strict=True):
            yield slice(int(begin), int(end))

    def _members(
        self, rows: NDArray[np.int64], since: NDArray[np.int64], revisions: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """List who takes requests in each row: the first place of each row's, and all of them, row by row."""
        counts, members = [], []
        groups, begins = np.unique(rows // len(since), return_index=True)
        for group, own in zip(groups.tolist(), np.split(rows, begins[1:]), strict=True):
            low, high = np.searchsorted(self.revision, [group % revisions, group % revisions + 1])
            begin, end = (
                (self.listed, self.unlisted) if group >= revisions else (self.unlisted, self.fallback)
            )
            time = since[own % len(since)][:, None]
            there = (begin[low:high] <= time) & (time < end[low:high])
            counts.append(there.sum(axis=1))
            members.append(np.nonzero(there)[1] + low)
        count = np.concatenate(counts)
        return np.cumsum(count) - count, np.concatenate(members)

"""The slots of a timeline as arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from turnout.routing.timeline import Slot

__all__ = ["Stays"]


@attrs.frozen(kw_only=True, eq=False)
class Stays:
    """S slots, those of one revision side by side. Each array has the shape (S,) and the type int64.

    Attributes:
        replica: The number of each slot's replica.
        revision: The rank of each slot's revision, ascending.
        listed, unlisted, fallback: Between which times it takes requests, and until when as a last resort.
        answers, dead: Between which times its process answers.
    """

    replica: NDArray[np.int64]
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

    def spans(
        self, since: NDArray[np.int64], begin: NDArray[np.int64], end: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Find the segments between two times of each slot: the first one, and the one after the last.

        Args:
            since: Shape (G,): where segments begin; all times before all others and after them among them.
            begin: Shape (S,).
            end: Shape (S,); exclusive.
        """
        first = np.searchsorted(since, begin)
        return first, np.maximum(first, np.searchsorted(since, end))

    def anywhere(
        self, since: NDArray[np.int64], begin: NDArray[np.int64], end: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Say which segments any slot's stretch of time reaches into.

        Args:
            since: Shape (G,): where segments begin; the first is before all times.
            begin: Shape (S,): where each slot's stretch begins, anywhere in a segment.
            end: Shape (S,): where it ends, exclusive; not after `begin` for none.

        Returns:
            Shape (G,).
        """
        some = begin < end
        steps = np.zeros(len(since) + 1, np.int64)
        np.add.at(steps, np.maximum(np.searchsorted(since, begin[some], side="right") - 1, 0), 1)
        np.add.at(steps, np.searchsorted(since, end[some]), -1)
        return np.cumsum(steps)[:-1] > 0

    def counts(
        self, segments: int, spans: tuple[NDArray[np.int64], NDArray[np.int64]], revisions: int
    ) -> NDArray[np.int64]:
        """Count the slots of each revision that are there in each segment.

        Args:
            segments: G, how many segments there are.
            spans: In which segments each slot is there, see `spans`.
            revisions: V, how many revisions there are.

        Returns:
            Shape (G, V), int64.
        """
        steps = np.zeros((segments + 1, revisions), np.int64)
        np.add.at(steps, (spans[0], self.revision), 1)
        np.add.at(steps, (spans[1], self.revision), -1)
        counts: NDArray[np.int64] = np.cumsum(steps, axis=0)[:-1]
        return counts

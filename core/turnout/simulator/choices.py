"""Choices in arrays: where requests go that follow no pin, and where within a revision."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from turnout.routing.draws import pick, slot_draw

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from turnout.simulator.segments import Segments

    Draws: TypeAlias = NDArray[np.uint32] | NDArray[np.uint64]

__all__ = ["choose", "within"]


def choose(segments: Segments, segment: NDArray[np.int64], draw: Draws) -> NDArray[np.int64]:
    """Send unpinned requests where the choice in force says: shape (K,), -1 for nowhere."""
    by_split = segments.by_split[segment]
    if by_split.all():
        return _split(segments, segment, draw)
    slot = _spread(segments, segment, draw)
    split = np.flatnonzero(by_split)
    slot[split] = _split(segments, segment[split], draw[split])
    return slot


def _spread(segments: Segments, segment: NDArray[np.int64], draw: Draws) -> NDArray[np.int64]:
    pools = segments.pools
    return _at(segments, pools.any_first.take(segment), _pick(draw, pools.any_count.take(segment)))


def _split(segments: Segments, segment: NDArray[np.int64], draw: Draws) -> NDArray[np.int64]:
    row = segments.routing.take(segment)
    ends, ranks = segments.split.ends, segments.split.ranks
    stretch = np.zeros(len(segment), np.int64)
    for column in range(ends.shape[1] - 1):
        stretch += draw >= ends[:, column].take(row)
    return within(segments, segment, ranks.take(row * ranks.shape[1] + stretch), draw)


def within(
    segments: Segments, segment: NDArray[np.int64], revision: NDArray[np.int64], draw: Draws
) -> NDArray[np.int64]:
    """Send each request evenly to one of a revision's slots: shape (K,), -1 for nowhere.

    Args:
        segments: The segments.
        segment: Shape (K,).
        revision: Shape (K,): rank of each request's revision; -1 for none.
        draw: Shape (K,).
    """
    pools = segments.pools
    # Rank -1 leads into the row before, to its last column, where nobody is either.
    pool = segment * pools.own_count.shape[1] + revision
    drawn = slot_draw(draw)  # type: ignore[arg-type]  # works on arrays alike
    return _at(segments, pools.own_first.take(pool), _pick(drawn, pools.own_count.take(pool)))  # type: ignore[arg-type]


def _pick(draw: Draws, count: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return pick(draw, count)  # type: ignore[arg-type, return-value]  # works on arrays alike


def _at(segments: Segments, first: NDArray[np.uint64], place: NDArray[np.uint64]) -> NDArray[np.int64]:
    place += first
    return segments.pools.slots(place.view(np.int64))

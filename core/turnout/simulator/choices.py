"""Choices in arrays: where requests go that follow no pin, and where within a revision.

All of them take runs of requests: K requests, of which the first ``size[0]`` share ``segment[0]``, and so on. Without a
size, each request has a segment of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from turnout.routing.draws import pick, slot_draw

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from turnout.simulator.segments import Segments

    Draws: TypeAlias = NDArray[np.uint32] | NDArray[np.uint64]
    Sizes: TypeAlias = NDArray[np.int64] | None

__all__ = ["choose", "each", "within"]

_HALF, _LOW = np.uint64(32), np.uint64(0xFFFF_FFFF)


def each(values: NDArray[Any], size: Sizes) -> NDArray[Any]:
    """Give each request what its run has."""
    return values if size is None else np.repeat(values, size)


def choose(
    segments: Segments, segment: NDArray[np.int64], draw: Draws, size: Sizes = None
) -> NDArray[np.int64]:
    """Send unpinned requests where the choice in force says.

    Args:
        segments: The segments.
        segment: Shape (N,): the segment of each run.
        draw: Shape (K,): the draw of each request.
        size: Shape (N,): the size of each run.

    Returns:
        Shape (K,): slots; -1 for nowhere.
    """
    by_split = segments.by_split.take(segment)
    if by_split.all():
        return _split(segments, segment, draw, size)
    pools = segments.pools
    slot = _at(segments, pools.any_first.take(segment), pools.any_count.take(segment), draw, size)
    if by_split.any():
        split = np.flatnonzero(each(by_split, size))
        slot[split] = _split(segments, each(segment, size)[split], draw[split], None)
    return slot


def _split(segments: Segments, segment: NDArray[np.int64], draw: Draws, size: Sizes) -> NDArray[np.int64]:
    row = segments.routing.take(segment)
    ends, ranks = segments.split.ends, segments.split.ranks
    if ranks.shape[1] == 1:
        return within(segments, segment, ranks[:, 0].take(row), draw, size)
    stretch = np.zeros(len(draw), np.int64)
    for column in range(ends.shape[1] - 1):
        stretch += draw >= each(ends[:, column].take(row), size)
    stretch += each(row * ranks.shape[1], size)
    return within(segments, each(segment, size), ranks.take(stretch), draw)


def within(
    segments: Segments,
    segment: NDArray[np.int64],
    revision: NDArray[np.int64],
    draw: Draws,
    size: Sizes = None,
) -> NDArray[np.int64]:
    """Send requests evenly to one of a revision's slots.

    Args:
        segments: The segments.
        segment: Shape (N,): the segment of each run.
        revision: Shape (N,): the rank of each run's revision; -1 for none.
        draw: Shape (K,): the draw of each request.
        size: Shape (N,): the size of each run.

    Returns:
        Shape (K,): slots; -1 for nowhere.
    """
    pools = segments.pools
    # Rank -1 leads into the row before, to its last column, where nobody is either.
    pool = segment * pools.own_count.shape[1] + revision
    derived = slot_draw(draw)  # type: ignore[arg-type]  # works on arrays alike
    return _at(segments, pools.own_first.take(pool), pools.own_count.take(pool), derived, size)  # type: ignore[arg-type]


def _at(
    segments: Segments, first: NDArray[np.uint64], count: NDArray[np.uint64], draw: Draws, size: Sizes
) -> NDArray[np.int64]:
    """The slots that draws pick among so many cells from the first one on."""
    both = each(first << _HALF | count, size)  # to lay out one array for each request, and not two
    cell: NDArray[np.uint64] = pick(draw, both & _LOW)  # type: ignore[arg-type, assignment]  # arrays alike
    both >>= _HALF
    cell += both
    return segments.pools.slots(cell.view(np.int64))

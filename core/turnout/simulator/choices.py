"""Choices in arrays: where requests go that follow no pin, and where within a revision."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from turnout.routing.draws import pick, slot_draw

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from turnout.simulator.segments import Segments

__all__ = ["DROPPED", "NOWHERE", "choose", "within"]

NOWHERE = -1
"""In place of a slot: no slot takes the request."""

DROPPED = -2
"""In place of a slot: the request is not sent, since its session was told to start again."""


def slot_draws(draw: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """`slot_draw` of an array."""
    return slot_draw(draw)  # type: ignore[arg-type, return-value]  # works on arrays alike


def picks(draw: NDArray[np.uint64], count: NDArray[np.int64]) -> NDArray[np.int64]:
    """`pick` of arrays."""
    return pick(draw, count.astype(np.uint64)).astype(np.int64)  # type: ignore[arg-type, attr-defined, no-any-return]


def choose(segments: Segments, segment: NDArray[np.int64], draw: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Send unpinned requests where the choice in force says: shape (K,), -1 for nowhere."""
    by_split = segments.by_split[segment]
    if not by_split.any():
        return _spread(segments, segment, draw)
    slot = np.full(len(segment), NOWHERE, np.int64)
    spread = ~by_split
    slot[spread] = _spread(segments, segment[spread], draw[spread])
    slot[by_split] = _split(segments, segment[by_split], draw[by_split])
    return slot


def _spread(segments: Segments, segment: NDArray[np.int64], draw: NDArray[np.uint64]) -> NDArray[np.int64]:
    ends = np.cumsum(segments.all_of, axis=1)
    slot = np.full(len(segment), NOWHERE, np.int64)
    if not ends.shape[1]:
        return slot
    count = ends[segment, -1]
    found = np.nonzero(count > 0)[0]
    where = segment[found]
    place = picks(draw[found], count[found])
    revision = np.zeros(len(found), np.int64)
    for rank in range(ends.shape[1] - 1):
        revision += place >= ends[where, rank]
    place -= ends[where, revision] - segments.all_of[where, revision]
    listed = segments.all_listed[where]
    slot[found] = segments.slots.taking(segments.since, where, revision, listed, place)
    return slot


def _split(segments: Segments, segment: NDArray[np.int64], draw: NDArray[np.uint64]) -> NDArray[np.int64]:
    row = segments.routing[segment]
    stretch = np.zeros(len(segment), np.int64)
    for column in range(segments.split.ends.shape[1] - 1):
        stretch += draw >= segments.split.ends[row, column]
    revision = segments.split.ranks[row, stretch]
    return within(segments, segment, revision, draw)


def within(
    segments: Segments, segment: NDArray[np.int64], revision: NDArray[np.int64], draw: NDArray[np.uint64]
) -> NDArray[np.int64]:
    """Send each request evenly to one of a revision's slots: shape (K,), -1 for nowhere.

    Args:
        segments: The segments.
        segment: Shape (K,).
        revision: Shape (K,): rank of each request's revision; below 0 for none.
        draw: Shape (K,).
    """
    slot = np.full(len(segment), NOWHERE, np.int64)
    count = np.where(revision >= 0, segments.own_count[segment, revision], 0)
    found = np.nonzero(count > 0)[0]
    where, own = segment[found], revision[found]
    place = picks(slot_draws(draw[found]), count[found])
    listed = segments.own_listed[where, own]
    slot[found] = segments.slots.taking(segments.since, where, own, listed, place)
    return slot

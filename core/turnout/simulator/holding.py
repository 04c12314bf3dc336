"""What pins hold on to, and until when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from turnout.routing.draws import pin_draw
from turnout.routing.timeline import FOREVER
from turnout.simulator.choices import each, within
from turnout.simulator.pools import NOWHERE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from turnout.simulator.choices import Draws, Sizes
    from turnout.simulator.segments import Segments

__all__ = ["DROPPED", "ends", "follow", "hold", "pin_draws"]

DROPPED = -2
"""In place of a slot: the request is not sent, since its session was told to start again."""


def hold(segments: Segments, segment: NDArray[np.int64], slot: NDArray[np.int64]) -> NDArray[np.int64]:
    """What being sent to these slots pins to: the slot or its revision; -1 where there was no slot."""
    if not len(segments.slots.revision):
        return slot
    return np.where(slot < 0, -1, np.where(segments.by_replica[segment], slot, segments.slots.revision[slot]))


def ends(
    segments: Segments, segment: NDArray[np.int64], held: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """When pins made in these segments end, for any request and for documents; before all requests for no pin."""
    dies, leaves = np.full(len(held), -FOREVER), np.full(len(held), -FOREVER)
    by_replica = segments.by_replica[segment]
    applies = by_replica & (held >= 0)
    dies[applies], leaves[applies] = segments.slot_ends(segment[applies], held[applies])
    applies = ~by_replica & (held >= 0)
    dies[applies] = segments.revision_dies[segment[applies], held[applies]]
    leaves[applies] = segments.revision_leaves[segment[applies], held[applies]]
    return dies, leaves


def follow(
    segments: Segments,
    segment: NDArray[np.int64],
    held: NDArray[np.int64],
    draw: Draws,
    size: Sizes = None,
) -> NDArray[np.int64]:
    """Send pinned requests to the slot they hold on to, or to one of the revision they hold on to.

    Args:
        segments: The segments.
        segment: Shape (N,): the segment of each run, see `turnout.simulator.choices`.
        held: Shape (N,): what the requests of each run hold on to.
        draw: Shape (K,): the draw of each request.
        size: Shape (N,): the size of each run.

    Returns:
        Shape (K,): slots.
    """
    by_replica = segments.by_replica.take(segment)
    if by_replica.all():
        return each(held, size)
    if not by_replica.any():
        return within(segments, segment, held, draw, size)
    slot = within(segments, segment, np.where(by_replica, NOWHERE, held), draw, size)
    return np.where(each(by_replica, size), each(held, size), slot)


def pin_draws(draw: NDArray[np.uint64], attempt: NDArray[np.uint64] | np.uint64) -> NDArray[np.uint64]:
    """`pin_draw` of arrays."""
    return pin_draw(draw, attempt)  # type: ignore[arg-type, return-value]  # works on arrays alike

"""The vectorised traffic kernel: routes a block of sessions through a timeline, in arrays.

It means exactly what `turnout.routing.plain` means, request for request; the tests hold it to that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.routing.draws import DRAWS, error_draw
from turnout.routing.plain import Cause, route_plainly
from turnout.simulator import pins
from turnout.simulator.choices import DROPPED, NOWHERE, choose
from turnout.simulator.segments import CHOOSE, PIN_PAGE, PIN_SESSION, Segments

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from turnout.routing.timeline import Timeline
    from turnout.simulator.block import Block

__all__ = ["Routed", "route", "route_block_plainly"]


@attrs.frozen(kw_only=True, eq=False)
class Routed:
    """Where the requests of a block went. S sessions, R requests.

    Attributes:
        slot: Shape (R,), int64: index into `Timeline.slots`; -1 where no slot was reached.
        cause: Shape (R,), int64: a `turnout.routing.plain.Cause`.
        life: Shape (R,), int64: which of its session's lives a request belongs to.
        orphaned: Shape (S,), bool: whether a session's pin was ever gone when the session needed it.
    """

    slot: NDArray[np.int64]
    cause: NDArray[np.int64]
    life: NDArray[np.int64]
    orphaned: NDArray[np.bool_]


def route(segments: Segments, timeline: Timeline, block: Block) -> Routed:
    """Route every request of a block.

    Args:
        segments: The timeline's segments.
        timeline: The timeline.
        block: The sessions.
    """
    segment = np.searchsorted(segments.since, block.time, side="right") - 1
    mode = segments.mode[segment]
    slot = np.full(len(block.time), NOWHERE, np.int64)
    life = np.zeros(len(block.time), np.int64)
    orphaned = np.zeros(len(block.session_draw), np.bool_)
    if not mode.any():
        slot = choose(segments, segment, block.draw)
    else:
        fresh = mode == CHOOSE
        slot[fresh] = choose(segments, segment[fresh], block.draw[fresh])
        if (mode == PIN_PAGE).any():
            pins.by_page(segments, segment, block, slot, orphaned)
        if (mode == PIN_SESSION).any():
            pins.by_session(segments, segment, block, slot, life, orphaned)
    cause = np.full(len(slot), Cause.SERVED, np.int64)
    cause[slot == NOWHERE] = Cause.NO_ENDPOINT
    cause[slot == DROPPED] = Cause.RESTARTED
    slot[slot < 0] = -1
    sent = np.nonzero(slot >= 0)[0]
    reached = slot[sent]
    if any(timeline.error_share):
        share = np.array([round(each * DRAWS) for each in timeline.error_share], np.uint64)
        failed = error_draws(block.draw[sent]) < share[segments.slots.revision[reached]]
        cause[sent[failed & (block.time[sent] < timeline.faulty_until)]] = Cause.BAD_REVISION
    cause[sent[block.time[sent] < segments.slots.answers[reached]]] = Cause.NOT_STARTED
    cause[sent[block.time[sent] >= segments.slots.dead[reached]]] = Cause.TERMINATED
    return Routed(slot=slot, cause=cause, life=life, orphaned=orphaned)


def error_draws(draw: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """`error_draw` of an array."""
    return error_draw(draw)  # type: ignore[arg-type, return-value]  # works on arrays alike


def route_block_plainly(timeline: Timeline, block: Block) -> Routed:
    """Route a block by the plain reference, request for request: the oracle of `route`."""
    slot = np.full(len(block.time), -1, np.int64)
    cause = np.zeros(len(block.time), np.int64)
    life = np.zeros(len(block.time), np.int64)
    orphaned = np.zeros(len(block.session_draw), np.bool_)
    first = 0
    for index, (draw, requests) in enumerate(block.plain()):
        served, orphaned[index] = route_plainly(timeline, draw, requests)
        for position, each in enumerate(served, first):
            slot[position] = -1 if each.slot is None else each.slot
            cause[position] = each.cause
            life[position] = each.life
        first += len(requests)
    return Routed(slot=slot, cause=cause, life=life, orphaned=orphaned)

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
from turnout.simulator.choices import choose
from turnout.simulator.holding import DROPPED
from turnout.simulator.pools import NOWHERE
from turnout.simulator.runs import Runs
from turnout.simulator.segments import CHOOSE, PIN_PAGE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from turnout.routing.timeline import Timeline
    from turnout.simulator.block import Block
    from turnout.simulator.segments import Segments

__all__ = ["Routed", "route", "route_block_plainly"]


@attrs.frozen(kw_only=True, eq=False)
class Routed:
    """Where the requests of a block went. S sessions, R requests.

    Attributes:
        slot: Shape (R,), int64: index into `Timeline.slots`; -1 where no slot was reached.
        cause: Shape (R,), uint8: a `turnout.routing.plain.Cause`.
        life: Shape (R,), int64: which of its session's lives a request belongs to; None if each session has only one.
        orphaned: Shape (S,), bool: whether a session's pin was ever gone when the session needed it.
    """

    slot: NDArray[np.int64]
    cause: NDArray[np.uint8]
    life: NDArray[np.int64] | None
    orphaned: NDArray[np.bool_]


def route(segments: Segments, timeline: Timeline, block: Block) -> Routed:
    """Route every request of a block.

    Args:
        segments: The timeline's segments.
        timeline: The timeline.
        block: The sessions.
    """
    runs = Runs.of(segments.clock, block)
    orphaned, life = np.zeros(len(block.session_draw), np.bool_), None
    mode = segments.mode.take(runs.segment)
    ways = np.unique(mode)
    slot = np.full(len(block.time) if len(ways) > 1 else 0, NOWHERE, np.int64)
    for way in ways.tolist():
        if way == CHOOSE:
            found = choose(segments, runs.segment, block.draw, runs.size)
        elif way == PIN_PAGE:
            found = pins.by_page(segments, runs, block, orphaned)
        else:
            found, life = pins.by_session(segments, runs, block, orphaned)
        if len(ways) > 1:
            requests = runs.requests(mode == way)
            slot[requests] = found[requests]
        else:
            slot = found
    cause = _causes(segments, timeline, runs, block, slot)
    return Routed(slot=slot, cause=cause, life=life, orphaned=orphaned)


def _causes(
    segments: Segments, timeline: Timeline, runs: Runs, block: Block, slot: NDArray[np.int64]
) -> NDArray[np.uint8]:
    """Say what becomes of requests that reach these slots; from now on, all that reach none are alike."""
    cause = np.full(len(slot), Cause.SERVED, np.uint8)
    slots = segments.slots
    if any(timeline.error_share):
        share = np.array([round(each * DRAWS) for each in timeline.error_share], np.uint64)
        drawn = error_draw(block.draw)  # type: ignore[arg-type]  # works on arrays alike
        failed = drawn < share.take(_of_slot(slots.revision, slot))
        cause[failed & (block.time < timeline.faulty_until)] = Cause.BAD_REVISION
    if (starting := segments.starting.take(runs.segment)).any():
        requests = runs.requests(starting)
        early = block.time[requests] < _of_slot(slots.answers, slot[requests])
        cause[requests[early]] = Cause.NOT_STARTED
    if (stopped := segments.stopped.take(runs.segment)).any():
        requests = runs.requests(stopped)
        late = block.time[requests] >= _of_slot(slots.dead, slot[requests])
        cause[requests[late]] = Cause.TERMINATED
    if len(slot) and slot.min() < 0:
        cause[slot == NOWHERE] = Cause.NO_ENDPOINT
        cause[slot == DROPPED] = Cause.RESTARTED
        np.maximum(slot, NOWHERE, out=slot)
    return cause


def _of_slot(table: NDArray[np.int64], slot: NDArray[np.int64]) -> NDArray[np.int64]:
    """Look slots up, those below 0 too, whatever there is for them."""
    return table.take(slot, mode="clip") if len(table) else np.zeros(len(slot), np.int64)


def route_block_plainly(timeline: Timeline, block: Block) -> Routed:
    """Route a block by the plain reference, request for request: the oracle of `route`."""
    slot = np.full(len(block.time), -1, np.int64)
    cause = np.zeros(len(block.time), np.uint8)
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

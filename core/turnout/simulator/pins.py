"""Pins in arrays: pages that follow their document, and sessions that stay where they were first sent.

Most pins hold from the first request to the last: these are drawn for all pages or sessions at once. Only the others
are looked at request by request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from turnout.simulator.block import beginnings
from turnout.simulator.choices import choose
from turnout.simulator.holding import ends, follow, hold, pin_draws
from turnout.simulator.pools import NOWHERE
from turnout.simulator.rounds import page_by_page, session_by_session
from turnout.simulator.segments import PIN_PAGE, PIN_SESSION

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from turnout.simulator.block import Block
    from turnout.simulator.runs import Runs
    from turnout.simulator.segments import Segments

__all__ = ["by_page", "by_session"]


def by_page(segments: Segments, runs: Runs, block: Block, orphaned: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Route requests whose document decides for its page.

    Args:
        segments: The segments.
        runs: The runs of the block.
        block: The sessions.
        orphaned: Shape (S,), set where a page's pin was gone.

    Returns:
        Shape (R,): slots; any for the requests of other segments.
    """
    first, begins = block.request_offset[:-1], beginnings(runs.page)
    where = runs.segment[begins]
    sent = choose(segments, where, block.draw[first])
    held = hold(segments, where, sent)
    dies, _ = ends(segments, where, held)
    last = runs.segment[np.append(begins[1:], len(runs.page)) - 1]
    kept = (segments.mode[where] == PIN_PAGE) & block.page_has_document & (held >= 0)
    kept &= (block.page_end < dies) & (segments.era[last] == segments.era[where])
    held[~kept] = NOWHERE
    slot = follow(segments, runs.segment, held[runs.page], block.draw, runs.size)
    slot[first] = sent
    if not kept.all():
        requests, rest = block.of_pages(np.flatnonzero(~kept))
        slot[requests] = page_by_page(segments, segments.clock.segments(rest.time), rest, orphaned)
    return slot


def by_session(
    segments: Segments, runs: Runs, block: Block, orphaned: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]:
    """Route requests whose session stays where it was first sent.

    Args:
        segments: The segments.
        runs: The runs of the block.
        block: The sessions.
        orphaned: Shape (S,), set where a session's pin was gone.

    Returns:
        Shape (R,): slots, any for the requests of other segments; and which of its session's lives each request belongs
        to, None if there is one only.
    """
    session = block.page_session[block.first_page]
    begin = block.page_begin[block.first_page]
    end = np.maximum.reduceat(block.page_end, block.first_page)
    where, over = segments.clock.segments(begin), segments.clock.segments(end)
    first_visit = pin_draws(block.session_draw[session].astype(np.uint64), np.uint64(1))
    held = hold(segments, where, choose(segments, where, pin_draws(first_visit, np.uint64(0))))
    _, leaves = ends(segments, where, held)
    kept = (segments.mode[where] == PIN_SESSION) & (held >= 0) & (end < leaves)
    kept &= (segments.era[over] == segments.era[where]) & (end - begin <= segments.idle.min())
    held[~kept] = NOWHERE
    slot = follow(segments, runs.segment, np.repeat(held, block.pages_of)[runs.page], block.draw, runs.size)
    if kept.all():
        return slot, None
    requests, rest = block.of_pages(np.flatnonzero(np.repeat(~kept, block.pages_of)))
    slot[requests], lives = session_by_session(segments, segments.clock.segments(rest.time), rest, orphaned)
    if lives is None:
        return slot, None
    life = np.zeros(len(slot), np.int64)
    life[requests] = lives
    return slot, life

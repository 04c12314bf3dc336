"""Pins request by request, for the pages and sessions whose first pin does not hold to their last request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.routing.timeline import FOREVER
from turnout.simulator.block import ranges
from turnout.simulator.choices import choose
from turnout.simulator.holding import DROPPED, ends, follow, hold, pin_draws
from turnout.simulator.pools import NOWHERE
from turnout.simulator.segments import PIN_PAGE, PIN_SESSION

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from turnout.simulator.block import Block
    from turnout.simulator.segments import Segments

__all__ = ["page_by_page", "session_by_session"]


def page_by_page(
    segments: Segments,
    segment: NDArray[np.int64],
    block: Block,
    orphaned: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Route the requests whose document decides for its page, request by request.

    Args:
        segments: The segments.
        segment: Shape (R,): each request's segment.
        block: The sessions.
        orphaned: Shape (S,), set where a page's pin was gone.

    Returns:
        Shape (R,): slots.
    """
    slot = np.full(len(segment), NOWHERE)
    pages = len(block.page_session)
    held, dies, era = np.full(pages, -1), np.full(pages, -FOREVER), np.full(pages, -1)
    applies = segments.mode[segment] == PIN_PAGE

    asked = np.nonzero(applies & block.is_document)[0]
    where, page = segment[asked], block.page[asked]
    slot[asked] = choose(segments, where, block.draw[asked])
    held[page] = hold(segments, where, slot[asked])
    dies[page] = ends(segments, where, held[page])[0]
    era[page] = segments.era[where]

    asked = np.nonzero(applies & ~block.is_document)[0]
    where, page = segment[asked], block.page[asked]
    pinned = (held[page] >= 0) & (era[page] == segments.era[where])
    alive = pinned & (block.time[asked] < dies[page])
    lost = pinned & ~alive
    orphaned[block.page_session[page[lost]]] = True
    dropped = lost & segments.restart[where]
    slot[asked[dropped]] = DROPPED
    slot[asked[alive]] = follow(segments, where[alive], held[page[alive]], block.draw[asked[alive]])
    free = ~(alive | dropped)
    slot[asked[free]] = choose(segments, where[free], block.draw[asked[free]])
    return slot


@attrs.frozen(eq=False)
class _Visits:
    """The requests under session pins, in time order, cut into visits: stretches that no pin outlives.

    K requests, N visits. A visit begins with a session's first such request, in a new era, and after a pin's idle
    timeout.
    """

    index: NDArray[np.int64]  # (K,) of the request in the block
    time: NDArray[np.int64]  # (K,)
    segment: NDArray[np.int64]  # (K,)
    page: NDArray[np.int64]  # (K,)
    document: NDArray[np.bool_]  # (K,)
    visit: NDArray[np.int64]  # (K,)
    first: NDArray[np.int64]  # (N + 1,) position of each visit's first request
    draw: NDArray[np.uint64]  # (N,) each visit's draw

    @classmethod
    def of(cls, segments: Segments, segment: NDArray[np.int64], block: Block) -> _Visits:
        order = block.in_time
        session, time = block.session[order], block.time[order]
        gap = np.diff(time, prepend=time[:1])
        follows = np.diff(session, prepend=-1) == 0
        applies = segments.mode[segment[order]] == PIN_SESSION
        expired = (follows & (gap > segments.idle[segment[order]]))[applies]
        index = order[applies]
        session, era = session[applies], segments.era[segment[index]]
        begins_session = np.diff(session, prepend=-1) != 0
        begins = begins_session | (np.diff(era, prepend=-1) != 0) | expired
        visit = np.cumsum(begins) - 1
        first = np.nonzero(begins)[0]
        # Number the visits of each session 1, 2, 3…, as the plain reference does.
        begins_own = begins_session[first]
        number = (
            np.arange(len(first)) - np.maximum.accumulate(np.where(begins_own, np.arange(len(first)), 0)) + 1
        )
        return cls(
            index=index,
            time=block.time[index],
            segment=segment[index],
            page=block.page[index],
            document=block.is_document[index],
            visit=visit,
            first=np.append(first, len(index)),
            draw=pin_draws(block.session_draw[session[first]].astype(np.uint64), number.astype(np.uint64)),
        )


def session_by_session(
    segments: Segments,
    segment: NDArray[np.int64],
    block: Block,
    orphaned: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]:
    """Route the requests whose session stays where it was first sent, request by request.

    A visit's first pin is drawn for all its requests; whose pin is lost draws again in the next round.

    Args:
        segments: The segments.
        segment: Shape (R,): each request's segment.
        block: The sessions.
        orphaned: Shape (S,), set where a session's pin was gone.

    Returns:
        The slots; and, shape (R,), which of its session's lives each request belongs to: None if each has one only.
    """
    runs = _Visits.of(segments, segment, block)
    held = np.full(len(runs.index), NOWHERE)
    reborn: list[NDArray[np.int64]] = []
    page_held, page_dies = np.full(len(block.page_session), -1), np.full(len(block.page_session), -FOREVER)
    page_visit = np.full(len(block.page_session), -1)
    session = block.session[runs.index]

    visits, begin, attempt = np.arange(len(runs.first) - 1), runs.first[:-1], 0
    while len(visits):
        drawn = pin_draws(runs.draw[visits], np.uint64(attempt))
        pin = hold(segments, runs.segment[begin], choose(segments, runs.segment[begin], drawn))
        dies, leaves = ends(segments, runs.segment[begin], pin)

        # All that may follow this round's pin; what turns out to come after its loss is done again in the next round.
        count = runs.first[visits + 1] - begin
        rest, owner = ranges(begin, count), np.repeat(np.arange(len(visits)), count)
        time, page, document = runs.time[rest], runs.page[rest], runs.document[rest]
        of_document = page[document]
        page_held[of_document] = pin[owner[document]]
        page_dies[of_document] = dies[owner[document]]
        page_visit[of_document] = np.where(pin[owner[document]] >= 0, runs.visit[rest[document]], -1)

        paged = ~document & (page_visit[page] == runs.visit[rest])
        follows_page = paged & (time < page_dies[page])
        dropped = paged & ~follows_page & segments.restart[runs.segment[rest]]
        free = ~(follows_page | dropped)
        lost = free & ((time >= dies[owner]) | (document & (time >= leaves[owner]))) & (rest != begin[owner])

        losses = np.nonzero(lost)[0]
        again = losses[np.diff(owner[losses], prepend=-1) != 0]  # the first of each visit
        held[rest] = np.where(follows_page, page_held[page], np.where(dropped, DROPPED, pin[owner]))
        orphaned[session[rest[dropped]]] = True

        was_pinned = again[pin[owner[again]] >= 0]
        orphaned[session[rest[was_pinned]]] = True
        restarts = segments.restart[runs.segment[rest[was_pinned]]]
        reborn.append(runs.index[rest[was_pinned[restarts]]])
        visits, begin, attempt = visits[owner[again]], rest[again], attempt + 1

    slot = np.full(len(segment), NOWHERE)
    slot[runs.index] = held
    kept = held >= 0
    slot[runs.index[kept]] = follow(segments, runs.segment[kept], held[kept], block.draw[runs.index[kept]])
    begun = np.concatenate(reborn) if reborn else np.zeros(0, np.int64)
    return slot, _lives(block, begun) if len(begun) else None


def _lives(block: Block, reborn: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number each request's life, given the requests that begin another one; assets belong to their page's life."""
    begins, life = np.zeros((2, len(block.time)), np.int64)
    begins[reborn] = 1
    order = block.in_time
    lives = np.cumsum(begins[order])
    first = block.first_request
    life[order] = lives - np.repeat(lives[first[:-1]], np.diff(first))
    with_document = block.page_has_document[block.page]
    life[with_document] = life[block.request_offset[:-1]][block.page[with_document]]
    return life

"""Pins in arrays: pages that follow their document, and sessions that stay where they were first sent.

A session's pins are runs. The first one is drawn for all sessions at once, and most hold until the session is over;
only the requests of the others are looked at one by one, in rounds: whose pin is lost draws again in the next round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.routing.draws import pin_draw
from turnout.routing.timeline import FOREVER
from turnout.simulator.block import ranges
from turnout.simulator.choices import choose, within
from turnout.simulator.pools import NOWHERE
from turnout.simulator.segments import PIN_PAGE, PIN_SESSION

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from turnout.simulator.block import Block
    from turnout.simulator.choices import Draws
    from turnout.simulator.segments import Segments

__all__ = ["DROPPED", "by_page", "by_session"]

DROPPED = -2
"""In place of a slot: the request is not sent, since its session was told to start again."""


def by_page(
    segments: Segments,
    segment: NDArray[np.int64],
    block: Block,
    slot: NDArray[np.int64],
    orphaned: NDArray[np.bool_],
) -> None:
    """Route the requests whose document decides for its page.

    Args:
        segments: The segments.
        segment: Shape (R,): each request's segment.
        block: The sessions.
        slot: Shape (R,), filled in where it applies.
        orphaned: Shape (S,), set where a page's pin was gone.
    """
    first = block.request_offset[:-1]
    where = segment[first]
    held, dies, sent = _pinned(segments, where, block.draw[first])
    kept = (segments.mode[where] == PIN_PAGE) & block.page_has_document & (held >= 0)
    kept &= (block.page_end < dies) & (
        segments.era[segment[block.request_offset[1:] - 1]] == segments.era[where]
    )
    if kept.all():
        slot[:] = _follow(segments, segment, np.repeat(held, block.page_size), block.draw)
        slot[first] = sent
        return
    calm = np.flatnonzero(np.repeat(kept, block.page_size))
    slot[calm] = _follow(
        segments, segment[calm], np.repeat(held[kept], block.page_size[kept]), block.draw[calm]
    )
    slot[first[kept]] = sent[kept]
    requests, rest = block.of_pages(np.flatnonzero(~kept))
    slot[requests] = _by_page(segments, segment[requests], rest, slot[requests], orphaned)


def _pinned(
    segments: Segments, segment: NDArray[np.int64], draw: Draws
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Let each choose once: what the choice holds on to, -1 for nothing, until when, and the slot chosen."""
    sent = choose(segments, segment, draw)
    held = _hold(segments, segment, sent)
    return held, _ends(segments, segment, held)[0], sent


def _by_page(
    segments: Segments,
    segment: NDArray[np.int64],
    block: Block,
    slot: NDArray[np.int64],
    orphaned: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Do what `by_page` does, request by request."""
    pages = len(block.page_session)
    held, dies, era = np.full(pages, -1), np.full(pages, -FOREVER), np.full(pages, -1)
    applies = segments.mode[segment] == PIN_PAGE

    asked = np.nonzero(applies & block.is_document)[0]
    where, page = segment[asked], block.page[asked]
    slot[asked] = choose(segments, where, block.draw[asked])
    held[page] = _hold(segments, where, slot[asked])
    dies[page] = _ends(segments, where, held[page])[0]
    era[page] = segments.era[where]

    asked = np.nonzero(applies & ~block.is_document)[0]
    where, page = segment[asked], block.page[asked]
    pinned = (held[page] >= 0) & (era[page] == segments.era[where])
    alive = pinned & (block.time[asked] < dies[page])
    lost = pinned & ~alive
    orphaned[block.page_session[page[lost]]] = True
    dropped = lost & segments.restart[where]
    slot[asked[dropped]] = DROPPED
    slot[asked[alive]] = _follow(segments, where[alive], held[page[alive]], block.draw[asked[alive]])
    free = ~(alive | dropped)
    slot[asked[free]] = choose(segments, where[free], block.draw[asked[free]])
    return slot


def _hold(segments: Segments, segment: NDArray[np.int64], slot: NDArray[np.int64]) -> NDArray[np.int64]:
    """What being sent to these slots pins to: the slot or its revision; -1 where there was no slot."""
    if not len(segments.slots.revision):
        return slot
    return np.where(slot < 0, -1, np.where(segments.by_replica[segment], slot, segments.slots.revision[slot]))


def _ends(
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


def _follow(
    segments: Segments, segment: NDArray[np.int64], held: NDArray[np.int64], draw: Draws
) -> NDArray[np.int64]:
    """Send pinned requests to the slot they hold on to, or to one of the revision they hold on to."""
    by_replica = segments.by_replica.take(segment)
    if by_replica.all():
        return held
    if not by_replica.any():
        return within(segments, segment, held, draw)
    revision = np.where(by_replica, NOWHERE, held)
    return np.where(by_replica, held, within(segments, segment, revision, draw))


@attrs.frozen(eq=False)
class _Runs:
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
    def of(cls, segments: Segments, segment: NDArray[np.int64], block: Block) -> _Runs:
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
            draw=_pin_draws(block.session_draw[session[first]].astype(np.uint64), number.astype(np.uint64)),
        )


def _pin_draws(draw: NDArray[np.uint64], attempt: NDArray[np.uint64] | np.uint64) -> NDArray[np.uint64]:
    return pin_draw(draw, attempt)  # type: ignore[arg-type, return-value]  # works on arrays alike


def by_session(
    segments: Segments,
    segment: NDArray[np.int64],
    block: Block,
    slot: NDArray[np.int64],
    orphaned: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Route the requests whose session stays where it was first sent.

    Args:
        segments: The segments.
        segment: Shape (R,): each request's segment.
        block: The sessions.
        slot: Shape (R,), filled in where it applies.
        orphaned: Shape (S,), set where a session's pin was gone.

    Returns:
        Shape (R,): which of its session's lives each request belongs to.
    """
    life = np.broadcast_to(np.int64(0), len(slot))
    first, size = block.first_request[:-1], np.diff(block.first_request)
    where, session = segment[first], block.page_session[block.first_page]
    begin, end = block.page_begin[block.first_page], np.maximum.reduceat(block.page_end, block.first_page)
    drawn = _pin_draws(_pin_draws(block.session_draw[session].astype(np.uint64), np.uint64(1)), np.uint64(0))
    held = _hold(segments, where, choose(segments, where, drawn))
    _, leaves = _ends(segments, where, held)
    over = segments.clock.segments(end)
    kept = (segments.mode[where] == PIN_SESSION) & (held >= 0) & (end < leaves)
    kept &= (segments.era[over] == segments.era[where]) & (end - begin <= segments.idle.min())
    if kept.all():
        slot[:] = _follow(segments, segment, np.repeat(held, size), block.draw)
        return life
    calm = np.flatnonzero(np.repeat(kept, size))
    slot[calm] = _follow(segments, segment[calm], np.repeat(held[kept], size[kept]), block.draw[calm])
    pages = np.diff(block.first_page, append=len(block.page_session))
    requests, rest = block.of_pages(np.flatnonzero(~np.repeat(kept, pages)))
    slot[requests], lives = _by_session(segments, segment[requests], rest, slot[requests], orphaned)
    if lives is not None:
        life = np.zeros(len(slot), np.int64)
        life[requests] = lives
    return life


def _by_session(
    segments: Segments,
    segment: NDArray[np.int64],
    block: Block,
    slot: NDArray[np.int64],
    orphaned: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]:
    """Do what `by_session` does, request by request; the lives only if any session begins another one."""
    runs = _Runs.of(segments, segment, block)
    held = np.full(len(runs.index), NOWHERE)
    reborn: list[NDArray[np.int64]] = []
    page_held, page_dies = np.full(len(block.page_session), -1), np.full(len(block.page_session), -FOREVER)
    page_visit = np.full(len(block.page_session), -1)
    session = block.session[runs.index]

    visits, begin, attempt = np.arange(len(runs.first) - 1), runs.first[:-1], 0
    while len(visits):
        drawn = _pin_draws(runs.draw[visits], np.uint64(attempt))
        pin = _hold(segments, runs.segment[begin], choose(segments, runs.segment[begin], drawn))
        dies, leaves = _ends(segments, runs.segment[begin], pin)

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

    slot[runs.index] = held
    kept = held >= 0
    slot[runs.index[kept]] = _follow(segments, runs.segment[kept], held[kept], block.draw[runs.index[kept]])
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

"""One pass over the requests of a block, as a loop that a compiler can have: what `turnout[fast]` compiles.

It means what `turnout.routing.plain` means, session by session, and counts what `turnout.simulator.measure` counts. No
array is made. Compiled, its arguments are pointers, so it uses whole numbers, indices, branches and loops, and nothing
else. The order of the tables' columns is that of `turnout.simulator.tables`.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from turnout.routing.draws import error_draw, mix32, pick, pin_draw, slot_draw
from turnout.routing.timeline import FOREVER
from turnout.units import SECOND

__all__ = ["HELPERS", "walk"]

Table: TypeAlias = "np.ndarray[tuple[int, ...], np.dtype[np.int64]]"

RULE, OWN, SLOT = 13, 7, 6
"""How many columns the tables of segments, of segments and revisions, and of slots have."""

_FIXED, _POOL, _ROW, _SPLIT, _NONE = 0, 1, 2, 3, 4
_CHOOSE, _PIN_PAGE = 0, 1
_NO_ENDPOINT, _NOT_STARTED, _TERMINATED, _BAD_REVISION, _RESTARTED = 1, 2, 3, 4, 5


def several(revisions: int) -> bool:
    """Whether a set, a bit for each member, has more than one."""
    return revisions & (revisions - 1) != 0


def segment_of(numbers: Table, rules: Table, first: Table, parted: Table, time: int) -> int:
    """Find the segment in force, as `turnout.simulator.clock` does."""
    bucket = (time - numbers[4]) >> numbers[5]
    bucket = min(max(bucket, 0), numbers[6] - 1)
    segment = first[bucket]
    if parted[bucket]:
        while rules[segment * RULE + 1] <= time:
            segment += 1
    return segment


def revision_of(numbers: Table, ends: Table, ranks: Table, row: int, draw: int) -> int:
    """The revision whose stretch of a split the draw falls into; -1 for one that never had a replica."""
    width = numbers[3]
    place = row * width
    for column in range(width - 1):
        place += draw >= ends[row * width + column]
    return ranks[place]


def within(numbers: Table, owns: Table, cells: Table, segment: int, revision: int, draw: int) -> int:
    """One of a revision's slots; -1 for none."""
    if revision < 0:
        return -1
    own = (segment * numbers[2] + revision) * OWN
    count = owns[own + 1]
    if count == 0:
        return -1
    return np.int64(cells[owns[own] + pick(slot_draw(draw), count) - numbers[12]])


def chosen(
    numbers: Table,
    rules: Table,
    owns: Table,
    cells: Table,
    ends: Table,
    ranks: Table,
    segment: int,
    draw: int,
) -> int:
    """The slot that an unpinned request is sent to; -1 for none."""
    rule = segment * RULE
    if rules[rule + 4]:
        revision = revision_of(numbers, ends, ranks, rules[rule + 8], draw)
        return within(numbers, owns, cells, segment, revision, draw)
    count = rules[rule + 10]
    if count == 0:
        return -1
    return np.int64(cells[rules[rule + 9] + pick(draw, count) - numbers[12]])


def dies(numbers: Table, rules: Table, owns: Table, slots: Table, segment: int, held: int) -> int:
    """When a pin made in a segment ends for any request."""
    if not rules[segment * RULE + 3]:
        return owns[(segment * numbers[2] + held) * OWN + 2]
    slot = held * SLOT
    unlisted = slots[slot + 1]
    listed = rules[segment * RULE] < unlisted
    among = slots[slot + 3] if listed else segment
    last = min(slots[slot + 2], owns[(among * numbers[2] + slots[slot]) * OWN + 4])
    return unlisted if listed and (unlisted >= FOREVER or last < unlisted) else last


def leaves(numbers: Table, rules: Table, owns: Table, slots: Table, segment: int, held: int, end: int) -> int:
    """When a pin made in a segment ends for documents; `end`: when it ends for any request."""
    if not rules[segment * RULE + 3]:
        return owns[(segment * numbers[2] + held) * OWN + 3]
    return min(end, owns[(segment * numbers[2] + slots[held * SLOT]) * OWN + 5])


def walk(
    session_draw: Table,
    page_session: Table,
    page_has_document: Table,
    request_offset: Table,
    times: Table,
    draws: Table,
    numbers: Table,
    rules: Table,
    owns: Table,
    slots: Table,
    hot: Table,
    cells: Table,
    ends: Table,
    ranks: Table,
    first: Table,
    parted: Table,
    misfits: Table,
    counts: Table,
    ahead: Table,
    left: Table,
    found: Table,
) -> None:
    """Route and measure the sessions of a block.

    Args:
        session_draw, page_session, page_has_document, request_offset, times, draws: The block.
        numbers, rules, owns, slots, hot, cells, ends, ranks, first, parted, misfits: The tables.
        counts: The counts of requests by second and replica, added to.
        ahead: Shape (R,): is given the cells of requests that come after those of `counts`.
        left: Shape (P,): is set for the page views of sessions that are left to others.
        found: Shape (16,): is added to; the effects' counts.
    """
    pages, revisions = numbers[0], numbers[2]
    end, faulty_until, columns, begin, places = numbers[7], numbers[8], numbers[9], numbers[10], numbers[11]
    low, high, faults = numbers[13], numbers[14], numbers[15]
    waiting = 0
    mixed_sessions, backward_sessions, orphaned_sessions = 0, 0, 0
    views, mixed_views, broken_views, requests = 0, 0, 0, 0
    segment, rule, since, until = 0, 0, 1, 0
    page = 0
    while page < pages:
        session = page_session[page]
        after, over, fits = page, low, True
        while after < pages and page_session[after] == session:
            fits = fits and times[request_offset[after]] >= over
            over = times[request_offset[after + 1] - 1]
            after += 1
        if not fits or over >= high:
            while page < after:
                left[page] = 1
                page += 1
            continue
        drawn = np.int64(session_draw[session])
        visits, attempts, life, group, era, pin, pin_dies, pin_leaves = 0, 0, 0, 0, -1, -1, 0, 0
        last, orphaned, mixed, back, seen = -2 * FOREVER, False, False, False, 0
        newest, newest_before, served_at = -1, -1, -2 * FOREVER
        while page < after:
            here, stop = request_offset[page], request_offset[page + 1]
            opening, page_begin, page_end = here, times[here], times[stop - 1]
            has_document = page_has_document[page] != 0
            page_key, page_dies, page_era, page_life, page_seen, document_rank = -1, 0, -1, 0, 0, revisions
            while here < stop:
                # A run: the requests of the page view in one segment, in which no pin ends but by idling.
                now = np.int64(times[here])
                if now >= until or now < since:
                    segment = segment_of(numbers, rules, first, parted, now)
                    rule = segment * RULE
                    since, until = rules[rule], rules[rule + 1]
                if page_end < until:
                    there = stop
                else:
                    there = here + 1
                    while times[there] < until and there < stop:
                        there += 1
                mode, by_replica = rules[rule + 2], rules[rule + 3] != 0
                document = has_document and here == opening
                draw = np.int64(draws[here])
                key, dropped, choosing = -1, False, mode == _CHOOSE
                if mode == _PIN_PAGE:
                    now_era = rules[rule + 7]
                    if document:
                        slot = chosen(numbers, rules, owns, cells, ends, ranks, segment, draw)
                        page_key, page_era = -1, now_era
                        if slot >= 0:
                            page_key = slot if by_replica else slots[slot * SLOT]
                            page_dies = dies(numbers, rules, owns, slots, segment, page_key)
                        choosing, there = True, here + 1
                    elif page_key < 0 or page_era != now_era:
                        choosing = True
                    elif now < page_dies:
                        key = page_key
                    else:
                        orphaned = True
                        dropped = rules[rule + 5] != 0
                        choosing = not dropped
                elif mode != _CHOOSE:
                    now_era, idle = rules[rule + 7], rules[rule + 6]
                    if page_end - page_begin > idle:
                        there = here + 1
                    if era != now_era or now - last > idle:
                        era, pin, visits, attempts, page_key = now_era, -1, visits + 1, 0, -1
                    if not document and page_key >= 0 and now < page_dies:
                        key = page_key
                    elif not document and page_key >= 0 and rules[rule + 5]:
                        orphaned, dropped = True, True
                    else:
                        if pin >= 0 and (now >= pin_dies or (document and now >= pin_leaves)):
                            orphaned, pin = True, -1
                            life += rules[rule + 5]
                        if pin < 0:
                            again = pin_draw(pin_draw(drawn, visits), attempts)
                            slot = chosen(numbers, rules, owns, cells, ends, ranks, segment, again)
                            attempts += 1
                            if slot >= 0:
                                pin = slot if by_replica else slots[slot * SLOT]
                                pin_dies = dies(numbers, rules, owns, slots, segment, pin)
                                pin_leaves = leaves(numbers, rules, owns, slots, segment, pin, pin_dies)
                            else:
                                there = here + 1
                        key = pin
                        if document and pin >= 0:
                            page_key, page_dies = pin, pin_dies
                last = np.int64(times[there - 1])
                if document:
                    page_life = life
                own_life = page_life if has_document else life
                if own_life != group:
                    mixed = mixed or several(seen)
                    group, seen, newest, newest_before, served_at = own_life, 0, -1, -1, -2 * FOREVER

                kind, fixed, cell, count, row, revision = _NONE, -1, 0, 0, -1, -1
                if choosing:
                    if not rules[rule + 4]:
                        kind, cell, count, row = _POOL, rules[rule + 9], rules[rule + 10], rules[rule + 12]
                    elif ends[rules[rule + 8] * numbers[3]] >> 32:
                        revision = ranks[rules[rule + 8] * numbers[3]]
                    else:
                        kind = _SPLIT
                elif key >= 0 and by_replica:
                    kind, fixed = _FIXED, key
                elif key >= 0:
                    revision = key
                if revision >= 0:
                    kind = _POOL
                    own = (segment * revisions + revision) * OWN
                    cell, count, row = owns[own], owns[own + 1], owns[own + 6]
                if kind == _POOL and count == 0:
                    kind = _NONE
                elif kind == _POOL and row >= 0:
                    kind = _ROW
                derived = revision >= 0
                cell -= numbers[12]
                plain = not rules[rule + 11] and not faults and now >= 0 and last < end
                plain = plain and (last // SECOND + 1) * columns - begin <= places and kind != _NONE
                for index in range(here, there):
                    now, draw = np.int64(times[index]), np.int64(draws[index])
                    slot = fixed
                    if kind == _ROW:
                        slot = row + pick(slot_draw(draw) if derived else draw, count)
                    elif kind == _POOL:
                        slot = np.int64(cells[cell + pick(slot_draw(draw) if derived else draw, count)])
                    elif kind == _SPLIT:
                        revision = revision_of(numbers, ends, ranks, rules[rule + 8], draw)
                        slot = within(numbers, owns, cells, segment, revision, draw)
                    during = 0 <= now < end
                    requests += during
                    if plain and slot >= 0:
                        both = hot[slot]
                        counts[now // SECOND * columns + (both >> 8) - begin] += 1
                    else:
                        cause = 0
                        if slot < 0:
                            cause = _RESTARTED if dropped else _NO_ENDPOINT
                        elif now >= slots[slot * SLOT + 5]:
                            cause = _TERMINATED
                        elif now < slots[slot * SLOT + 4]:
                            cause = _NOT_STARTED
                        elif (
                            faults
                            and now < faulty_until
                            and error_draw(draw) < misfits[revisions + 1 + (hot[slot] & 255)]
                        ):
                            cause = _BAD_REVISION
                        if during and (cause == 0 or cause == _BAD_REVISION):
                            place = now // SECOND * columns + (hot[slot] >> 8)
                            if place - begin < places:
                                counts[place - begin] += 1
                            else:
                                ahead[waiting] = place
                                waiting += 1
                        if cause:
                            found[cause] += during
                            continue
                        both = hot[slot]
                    rank = both & 255
                    page_seen |= 1 << rank
                    if index == opening:
                        document_rank = rank
                    if now > served_at:
                        newest_before, served_at = newest, now
                    newest = max(newest, rank)
                    seen |= 1 << rank
                    back = back or rank < newest_before
                here = there
            if has_document and page_begin < end and page_end >= 0:
                views += 1
                mixed_views += several(page_seen)
                broken_views += page_seen & misfits[document_rank] != 0
            page += 1
        mixed_sessions += mixed or several(seen)
        backward_sessions += back
        orphaned_sessions += orphaned
    found[6] += requests
    found[7] += mixed_sessions
    found[8] += backward_sessions
    found[9] += orphaned_sessions
    found[10] += views
    found[11] += mixed_views
    found[12] += broken_views
    found[0] = waiting


HELPERS = (
    several,
    segment_of,
    revision_of,
    within,
    chosen,
    dies,
    leaves,
    error_draw,
    mix32,
    pick,
    pin_draw,
    slot_draw,
)
"""What `walk` calls."""

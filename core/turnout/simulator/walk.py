"""One pass over the requests of a block, as a loop that a compiler can have: what `turnout[fast]` compiles.

It means what `turnout.routing.plain` means, session by session, and counts what `turnout.simulator.measure` counts,
with no array made on the way. Compiled, its arguments are pointers, so it uses whole numbers, indices, branches and
loops, and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnout.routing.draws import error_draw, pick, pin_draw, slot_draw
from turnout.routing.timeline import FOREVER
from turnout.simulator.lookups import (
    OWN,
    RULE,
    SLOT,
    chosen,
    dies,
    leaves,
    revision_of,
    segment_of,
    several,
    signed,
    within,
)
from turnout.units import SECOND

if TYPE_CHECKING:
    from turnout.simulator.lookups import Table

__all__ = ["walk"]

_FIXED, _POOL, _ROW, _SPLIT, _NONE = 0, 1, 2, 3, 4
"""Where a run's requests go: to one slot, to one of a list, to one of a row, each its own way, or nowhere."""

_CHOOSE, _PIN_PAGE = 0, 1
_NO_ENDPOINT, _NOT_STARTED, _TERMINATED, _BAD_REVISION, _RESTARTED = 1, 2, 3, 4, 5


def walk(  # noqa: C901, D417, PLR0912, PLR0913, PLR0915, PLR0917  (one loop, whose arguments are pointers)
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
        found: Shape (13,): is added to; how much of `ahead` is given, and the effects' counts.
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
        drawn = signed(session_draw[session])
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
                now = signed(times[here])
                if now >= until or now < since:
                    segment = segment_of(numbers, rules, first, parted, now)
                    rule = segment * RULE
                    since, until = rules[rule], rules[rule + 1]
                there = stop  # or where the segment ends, if that is earlier
                mode, by_replica = rules[rule + 2], rules[rule + 3] != 0
                document = has_document and here == opening
                draw = signed(draws[here])
                key, head, dropped, choosing = -1, -1, False, mode == _CHOOSE
                if mode == _PIN_PAGE:
                    now_era = rules[rule + 7]
                    if document:
                        head = chosen(numbers, rules, owns, cells, ends, ranks, segment, draw)
                        page_key, page_era = -1, now_era
                        if head >= 0:
                            key = page_key = head if by_replica else hot[head] & 255
                            page_dies = dies(numbers, rules, owns, slots, segment, page_key)
                        else:
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
                                pin = slot if by_replica else hot[slot] & 255
                                pin_dies = dies(numbers, rules, owns, slots, segment, pin)
                                pin_leaves = leaves(numbers, rules, owns, slots, segment, pin, pin_dies)
                            else:
                                there = here + 1
                        key = pin
                        if document and pin >= 0:
                            page_key, page_dies = pin, pin_dies
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
                latest = min(page_end, until - 1)  # no request of the run comes later
                plain = not rules[rule + 11] and not faults and now >= 0 and latest < end
                plain = plain and (latest // SECOND + 1) * columns - begin <= places and kind != _NONE
                following = here
                if plain and (derived or kind == _FIXED):
                    # Most runs: one revision answers, nothing is amiss, and only the replicas differ.
                    rank = revision if derived else hot[fixed] & 255
                    bit = 1 << rank
                    if head >= 0:
                        counts[now // SECOND * columns + (hot[head] >> 8) - begin] += 1
                        following += 1
                    while following < there and times[following] < until:
                        now, slot = signed(times[following]), fixed
                        if kind == _ROW:
                            slot = row + pick(slot_draw(signed(draws[following])), count)
                        elif kind == _POOL:
                            slot = signed(cells[cell + pick(slot_draw(signed(draws[following])), count)])
                        counts[now // SECOND * columns + (hot[slot] >> 8) - begin] += 1
                        following += 1
                    requests += following - here
                    page_seen |= bit
                    seen |= bit
                    if here == opening:
                        document_rank = rank
                    # The first and the last of them say as much as all: whether somebody newer served before.
                    for moment in (signed(times[here]), now):
                        if moment > served_at:
                            newest_before, served_at = newest, moment
                        newest = max(newest, rank)
                        back = back or rank < newest_before
                while following < there and times[following] < until:
                    index = following
                    following += 1
                    now, draw = signed(times[index]), signed(draws[index])
                    slot = fixed
                    if kind == _ROW:
                        slot = row + pick(slot_draw(draw) if derived else draw, count)
                    elif kind == _POOL:
                        slot = signed(cells[cell + pick(slot_draw(draw) if derived else draw, count)])
                    elif kind == _SPLIT:
                        revision = revision_of(numbers, ends, ranks, rules[rule + 8], draw)
                        slot = within(numbers, owns, cells, segment, revision, draw)
                    if index == here and head >= 0:
                        slot = head
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
                        if during and (cause in (0, _BAD_REVISION)):
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
                here = following
                last = now
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

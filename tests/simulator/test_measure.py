"""Measuring in arrays says what counting request by request says."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from math import nan
from typing import TYPE_CHECKING
from unittest.mock import patch

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulator.worlds import END, REVISIONS, blocks, in_parts, timelines
from turnout.routing import Spread
from turnout.routing.plain import Cause
from turnout.routing.timeline import FOREVER, Slot, Timeline
from turnout.simulator.block import Block
from turnout.simulator.effects import Effects
from turnout.simulator.kernel import Routed, route_block_plainly
from turnout.simulator.loads import KEPT
from turnout.simulator.measure import compatibility
from turnout.simulator.meter import Exposure, Meter
from turnout.simulator.passes import pass_through
from turnout.units import SECOND

if TYPE_CHECKING:
    from numpy.typing import NDArray

PAIRS = st.frozensets(st.tuples(st.sampled_from(REVISIONS), st.sampled_from(REVISIONS)), max_size=5)
SERVED = int(Cause.SERVED)
SILENT = (int(Cause.NOT_STARTED), int(Cause.TERMINATED))


@attrs.define
class Plain:
    """One request, and what became of it."""

    session: int
    page: int
    document: bool
    time: int
    life: int
    slot: int
    replica: int
    revision: int
    cause: int
    overloaded: bool = False

    @property
    def seen(self) -> int | None:
        return self.revision if self.cause == SERVED and not self.overloaded else None


def listed(block: Block, routed: Routed, timeline: Timeline) -> list[Plain]:
    found = []
    for index in range(len(block.time)):
        slot = int(routed.slot[index])
        found.append(
            Plain(
                session=int(block.session[index]),
                page=int(block.page[index]),
                document=bool(block.is_document[index]),
                time=int(block.time[index]),
                life=0 if routed.life is None else int(routed.life[index]),
                slot=slot,
                replica=timeline.slots[slot].replica if slot >= 0 else -1,
                revision=timeline.slots[slot].revision if slot >= 0 else -1,
                cause=int(routed.cause[index]),
            )
        )
    return found


def overload(
    during: list[Plain], capacity: int | None, queue_timeout: int | None = None
) -> tuple[int, float]:
    """Mark what a replica does not serve; return the most that one got in a second, and the longest wait in seconds."""
    load: Counter[tuple[int, int]] = Counter()
    free: dict[int, Fraction] = {}
    longest = Fraction(0)
    for each in sorted(during, key=lambda one: one.time):
        if each.slot < 0 or each.cause in SILENT:
            continue
        second = each.time // SECOND, each.replica
        load[second] += 1
        if capacity is None:
            continue
        if queue_timeout is None:
            each.overloaded = load[second] > capacity
            continue
        turn = max(free.get(each.replica, Fraction(0)), Fraction(each.time, SECOND))
        free[each.replica] = turn + Fraction(1, capacity)
        wait = turn - Fraction(each.time, SECOND)
        each.overloaded = wait > Fraction(queue_timeout, SECOND)
        if each.seen is not None:
            longest = max(longest, wait)
    queued = capacity is not None and queue_timeout is not None
    return max(load.values(), default=0), float(longest) if queued else nan


def steps_back(before: Plain, after: Plain) -> bool:
    """Whether a request goes back behind another: later in time, of the same or a later page, an older revision."""
    if before.seen is None or after.seen is None:
        return False
    return before.time < after.time and before.page <= after.page and after.seen < before.seen


def measured_plainly(
    block: Block,
    routed: Routed,
    timeline: Timeline,
    works: frozenset[tuple[str, str]],
    capacity: int | None = None,
    exposed_to: int | None = None,
    queue_timeout: int | None = None,
) -> tuple[Effects, int, int, str]:
    requests = listed(block, routed, timeline)
    during = [each for each in requests if 0 <= each.time < timeline.end]
    peak, longest = overload(during, capacity, queue_timeout)
    names = timeline.revisions

    mixed, backward = set(), set()
    for session in range(len(block.session_draw)):
        for life in range(10):
            own = [each for each in requests if each.session == session and each.life == life]
            seen = [each.seen for each in own if each.seen is not None]
            if len(set(seen)) > 1:
                mixed.add(session)
            if any(steps_back(before, after) for before in own for after in own):
                backward.add(session)

    pages = mixed_pages = broken_pages = 0
    for page in range(len(block.page_session)):
        own = [each for each in requests if each.page == page]
        if not own[0].document or own[0].time >= timeline.end or own[-1].time < 0:
            continue
        pages += 1
        mixed_pages += len({each.seen for each in own if each.seen is not None}) > 1
        document = own[0].seen
        broken_pages += document is not None and any(
            each.seen not in (None, document) and (names[document], names[each.seen]) not in works
            for each in own
            if each.seen is not None
        )

    exposed = len(
        {
            each.session
            for each in during
            if each.slot >= 0 and each.cause not in SILENT and each.revision == exposed_to
        }
    )
    causes = Counter(Cause(each.cause) for each in during if not each.overloaded)
    effects = Effects(
        sessions=len(block.session_draw),
        mixed_sessions=len(mixed),
        backward_sessions=len(backward),
        orphaned_sessions=sum(map(bool, routed.orphaned)),
        page_views=pages,
        mixed_page_views=mixed_pages,
        broken_page_views=broken_pages,
        requests=len(during),
        no_endpoint=causes[Cause.NO_ENDPOINT],
        not_started=causes[Cause.NOT_STARTED],
        terminated=causes[Cause.TERMINATED],
        overloaded=sum(each.overloaded for each in during),
        bad_revision=causes[Cause.BAD_REVISION],
        restarted_requests=causes[Cause.RESTARTED],
    )
    return effects, peak, exposed, str(longest)


@st.composite
def answers(draw: st.DrawFn, timeline: Timeline, block: Block) -> Routed:
    """Anything that may become of a block's requests, whether or not a router would do it."""
    count = len(block.time)
    reached = st.sampled_from([-1, *5 * list(range(len(timeline.slots)))])
    slot = draw(st.lists(reached, min_size=count, max_size=count))
    nowhere = st.sampled_from((Cause.NO_ENDPOINT, Cause.RESTARTED))
    somewhere = st.sampled_from((*[Cause.SERVED] * 5, *SILENT, Cause.BAD_REVISION))
    life, lives = 0, []
    for page, requests in enumerate(np.diff(block.request_offset)):
        new_session = page == 0 or block.page_session[page] != block.page_session[page - 1]
        life = 0 if new_session else life + draw(st.booleans())
        lives += [life] * int(requests)
    sessions = len(block.session_draw)
    return Routed(
        slot=np.array(slot, np.int64),
        cause=np.array([draw(nowhere if each < 0 else somewhere) for each in slot], np.uint8),
        life=np.array(lives, np.int64),
        orphaned=np.array(draw(st.lists(st.booleans(), min_size=sessions, max_size=sessions)), np.bool_),
    )


def parts_in_time(block: Block, most: int) -> list[Block]:
    """Parts of a block, if they come in the order in which they begin, as measuring relies on; else the whole."""
    parts = in_parts(block, most)
    begins = [part.extent[0] for part in parts]
    return parts if begins == sorted(begins) else [block]


def measured(
    parts: list[Block],
    routed: Routed,
    timeline: Timeline,
    works: NDArray[np.bool_],
    capacity: int | None = None,
    exposed_to: int | None = None,
    queue_timeout: int | None = None,
) -> tuple[Effects, int, int, str]:
    """Measure these parts of a block in one pass; what becomes of their requests is known already."""
    answered, sessions, requests = {}, 0, 0
    for block in parts:
        own = slice(requests, requests + len(block.time))
        answered[id(block)] = Routed(
            slot=routed.slot[own],
            cause=routed.cause[own],
            life=None if routed.life is None else routed.life[own],
            orphaned=routed.orphaned[sessions : sessions + len(block.session_draw)],
        )
        sessions, requests = sessions + len(block.session_draw), own.stop
    with patch("turnout.simulator.meter.route", lambda _, __, block: answered[id(block)]):
        meter = Meter(timeline, works, capacity=capacity, queue_timeout=queue_timeout)
        rank = -2 if exposed_to is None else exposed_to
        exposure = Exposure(meter.segments, timeline, rank, timeline.end)
        pass_through(parts, [meter], [exposure])
    return meter.effects, meter.peak_load, exposure.sessions, str(meter.longest_wait)


@settings(max_examples=3 * settings().max_examples)
@given(
    st.data(),
    timelines(),
    blocks(),
    PAIRS,
    st.sampled_from((1, 2, 3, None)),
    st.none() | st.integers(0, 2),
)
def test_measuring_in_arrays_equals_counting(  # hypothesis hands them in by position
    data: st.DataObject,
    timeline: Timeline,
    block: Block,
    works: frozenset[tuple[str, str]],
    capacity: int | None,
    exposed_to: int | None,
) -> None:
    tick = data.draw(st.sampled_from((1, SECOND // 4)))
    block = attrs.evolve(block, time=block.time * tick)
    timeline = attrs.evolve(timeline, end=data.draw(st.sampled_from((END, END, 3))) * tick)
    routed = data.draw(answers(timeline, block))
    table = compatibility(timeline.revisions, works)
    parts = parts_in_time(block, data.draw(st.integers(1, 3)))
    cells, kept = data.draw(st.sampled_from((2, 3, 64))), data.draw(st.sampled_from((0, 2, KEPT)))
    with patch("turnout.simulator.loads.CELLS", cells), patch("turnout.simulator.loads.KEPT", kept):
        found = measured(parts, routed, timeline, table, capacity, exposed_to)
    assert found == measured_plainly(block, routed, timeline, works, capacity, exposed_to)
    effects, *_ = found
    failed = effects.no_endpoint + effects.terminated + effects.overloaded + effects.bad_revision
    assert failed + effects.restarted_requests <= effects.requests


@given(st.data(), st.integers(1, 70))
def test_any_number_of_revisions_can_be_told_apart(data: st.DataObject, revisions: int) -> None:
    """The sets of revisions fit into machine words only up to some number of revisions."""
    block = data.draw(blocks())
    names = tuple(f"v{rank}" for rank in range(revisions))
    timeline = Timeline(
        revisions=names,
        slots=[Slot(replica=rank, revision=rank, listed=-FOREVER) for rank in range(revisions)],
        routings=((-FOREVER, Spread()),),
        error_share=(0.0,) * revisions,
        end=END,
    )
    routed = route_block_plainly(timeline, block)
    pair = st.tuples(st.sampled_from(names), st.sampled_from(names))
    works = frozenset(data.draw(st.lists(pair, max_size=3)))
    found = measured(parts_in_time(block, 3), routed, timeline, compatibility(names, works))
    assert found == measured_plainly(block, routed, timeline, works)


def one_session(*pages: list[tuple[int, int]]) -> tuple[Block, Routed, Timeline]:
    """One session of these pages, each request with its time and the rank of the revision that served it."""
    requests = [request for page in pages for request in page]
    block = Block(
        session_draw=np.zeros(1, np.uint32),
        page_session=np.zeros(len(pages), np.int64),
        page_has_document=np.ones(len(pages), np.bool_),
        request_offset=np.cumsum([0, *map(len, pages)]),
        time=np.array([time for time, _ in requests], np.int64),
        draw=np.zeros(len(requests), np.uint32),
    )
    slots = [Slot(replica=rank, revision=rank, listed=-FOREVER) for rank in range(len(REVISIONS))]
    routed = Routed(
        slot=np.array([rank for _, rank in requests], np.int64),
        cause=np.full(len(requests), SERVED, np.uint8),
        life=np.zeros(len(requests), np.int64),
        orphaned=np.zeros(1, np.bool_),
    )
    timeline = Timeline(
        revisions=REVISIONS,
        slots=slots,
        routings=((-FOREVER, Spread()),),
        error_share=(0.0,) * len(REVISIONS),
        end=100,
    )
    return block, routed, timeline


@pytest.mark.parametrize(
    ("pages", "backward"),
    [
        # A slow asset of the page before is no step back, though it comes after the next document.
        (([(0, 0), (10, 0)], [(5, 1), (6, 1)]), 0),
        # Nor is it one for the next page that its earlier asset is newer, if the page is asked for first.
        (([(0, 0), (10, 1)], [(5, 0)]), 0),
        (([(0, 0), (10, 1)], [(11, 0)]), 1),
        (([(0, 1), (1, 0)],), 1),
        (([(0, 0), (10, 0)], [(5, 1), (11, 0)]), 1),
        # At one and the same time there is no later request.
        (([(0, 1), (0, 0)],), 0),
        # Among three revisions, every pair counts.
        (([(0, 0), (20, 2)], [(5, 1), (21, 1)]), 1),
        (([(0, 0), (20, 2)], [(5, 1), (19, 1)]), 0),
    ],
)
def test_a_step_back_is_later_in_time_and_no_earlier_page(
    pages: tuple[list[tuple[int, int]], ...], backward: int
) -> None:
    block, routed, timeline = one_session(*pages)
    effects, *_ = measured(in_parts(block, 1), routed, timeline, compatibility(REVISIONS, ()))
    assert effects.backward_sessions == backward


@given(PAIRS)
def test_which_revisions_work_together(works: frozenset[tuple[str, str]]) -> None:
    table = compatibility(REVISIONS, works)
    for row, document in enumerate(REVISIONS):
        for column, asset in enumerate(REVISIONS):
            assert table[row, column] == (document == asset or (document, asset) in works)


@pytest.mark.parametrize("capacity", [None, 2])
def test_nobody_has_no_effects(capacity: int | None) -> None:
    nothing = np.zeros(0, np.int64)
    block = Block(
        session_draw=nothing.astype(np.uint32),
        page_session=nothing,
        page_has_document=nothing.astype(np.bool_),
        request_offset=np.zeros(1, np.int64),
        time=nothing,
        draw=nothing.astype(np.uint32),
    )
    timeline = Timeline(
        revisions=("v1",),
        slots=[Slot(replica=1, revision=0, listed=-FOREVER)],
        routings=((-FOREVER, Spread()),),
        error_share=(0.0,),
        end=1,
    )
    for empty in ([], [block]):
        meter = Meter(timeline, compatibility(("v1",), ()), capacity=capacity)
        pass_through(empty, [meter])
        assert meter.effects == Effects()
        assert meter.peak_load == 0

"""The vectorised kernel says exactly what the plain reference says, request for request."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulator.worlds import REVISIONS, blocks, in_parts, timelines
from turnout.errors import InputError
from turnout.routing import Split, Spread, Sticky
from turnout.routing.draws import draws
from turnout.routing.timeline import FOREVER, Slot, Timeline
from turnout.simulator.block import Block
from turnout.simulator.clock import Clock
from turnout.simulator.kernel import route, route_block_plainly
from turnout.simulator.segments import Segments

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from turnout.simulator.kernel import Routed


FIELDS = ("slot", "cause", "life", "orphaned")


def told(routed: Routed, field: str) -> NDArray[Any]:
    """A field of what became of requests; all are of a session's only life where none is said to have another one."""
    value = getattr(routed, field)
    return np.zeros(len(routed.slot), np.int64) if value is None else np.asarray(value)


def routed_twice(timeline: Timeline, block: Block) -> Routed:
    fast = route(Segments.of(timeline), timeline, block)
    plain = route_block_plainly(timeline, block)
    for field in FIELDS:
        assert np.array_equal(told(fast, field), told(plain, field)), field
    return plain


@settings(max_examples=4 * settings().max_examples)  # all else rests on it
@given(timelines(), blocks())
def test_kernel_equals_plain(timeline: Timeline, block: Block) -> None:
    routed_twice(timeline, block)


@given(timelines(), blocks(), st.integers(1, 12), st.integers(1, 5), st.integers(1, 3))
def test_it_does_so_in_parts_of_any_size(
    timeline: Timeline, block: Block, cells: int, at_once: int, sessions: int
) -> None:
    """Tables that are made in stripes, and blocks of a few sessions."""
    whole = routed_twice(timeline, block)
    cells_of, rows_of = (f"turnout.simulator.pools.{name}" for name in ("CELLS", "_AT_ONCE"))
    with patch(cells_of, cells), patch(rows_of, at_once):
        segments = Segments.of(timeline)
        parts = [route(segments, timeline, part) for part in in_parts(block, sessions)]
    for field in FIELDS:
        found = np.concatenate([told(part, field) for part in parts])
        assert np.array_equal(found, told(whole, field)), field


@given(timelines(), st.lists(st.integers(-5, 40)), st.integers(1, 64), st.integers(0, 3))
def test_a_clock_finds_the_segments(timeline: Timeline, time: list[int], buckets: int, wide: int) -> None:
    with patch("turnout.simulator.clock._BUCKETS", buckets):
        since = Segments.of(timeline).since << wide
        found = Clock.of(since).segments(np.array(time, np.int64))
    assert found.tolist() == [sum(begin <= each for begin in since.tolist()) - 1 for each in time]


def test_memory_does_not_grow_with_replicas_times_changes() -> None:
    """Two thousand replicas that replace two thousand others: a table of all against all takes gigabytes."""
    number = 2000
    slots = [
        Slot(replica=index, revision=0, listed=-FOREVER, unlisted=index * 10 + 5, fallback=index * 10 + 9)
        for index in range(number)
    ] + [Slot(replica=number + index, revision=1, listed=index * 10) for index in range(number)]
    count = 20_000
    block = Block(
        session_draw=draws(1, 0, count),
        page_session=np.arange(count),
        page_has_document=np.ones(count, np.bool_),
        request_offset=np.arange(count + 1),
        time=np.arange(count) % (10 * number - 1),  # at the last moment, no old one is left
        draw=draws(2, 0, count),
    )
    for routing in (Spread(), Split({"v1": 1, "v2": 1}), Sticky(to="replica"), Sticky(unit="page")):
        timeline = Timeline(
            revisions=REVISIONS,
            slots=slots,
            routings=((-FOREVER, routing),),
            error_share=(0.0, 0.0, 0.0),
            end=10 * number,
        )
        tracemalloc.start()
        routed = route(Segments.of(timeline), timeline, block)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert (routed.slot >= 0).all()
        assert peak < 60_000_000


def test_a_late_asset_that_follows_its_page_draws_no_pin_for_its_session() -> None:
    """A document is pinned to v1, the next one moved to v2, which goes; then comes a late asset of the first page.

    It finds v1 alive, and the session's next pin is drawn only when its next document asks for it.
    """
    timeline = Timeline(
        revisions=REVISIONS,
        slots=[
            Slot(replica=0, revision=0, listed=-FOREVER),
            Slot(replica=1, revision=1, listed=-FOREVER, unlisted=10),
            Slot(replica=2, revision=2, listed=-FOREVER),
        ],
        routings=(
            (-FOREVER, Sticky(new=Split({"v1": 1}))),
            (5, Sticky(new=Split({"v2": 1}), released=("v1",))),
            (12, Sticky(new=Split({"v1": 1, "v3": 1}))),
        ),
        error_share=(0.0, 0.0, 0.0),
        end=20,
    )
    sessions = 32
    block = Block(
        session_draw=draws(1, 0, sessions),
        page_session=np.repeat(np.arange(sessions), 3),
        page_has_document=np.ones(3 * sessions, np.bool_),
        request_offset=np.append(0, np.cumsum(np.tile([2, 1, 1], sessions))),
        time=np.tile([4, 11, 6, 14], sessions),
        draw=draws(2, 0, 4 * sessions),
    )
    slot = routed_twice(timeline, block).slot.reshape(sessions, 4)
    assert set(map(tuple, slot[:, :3].tolist())) == {(0, 0, 1)}
    assert set(slot[:, 3].tolist()) == {0, 2}


@given(timelines())
def test_more_places_than_can_be_numbered_are_refused(timeline: Timeline) -> None:
    cells = Segments.of(timeline).pools._begins[-1]
    with patch("turnout.simulator.pools.MOST_CELLS", cells):
        Segments.of(timeline)
    with (
        patch("turnout.simulator.pools.MOST_CELLS", cells - 1),
        pytest.raises(InputError, match=r"cannot be routed; .* places where a request may go are more than"),
    ):
        Segments.of(timeline)


@pytest.mark.parametrize("since", [(), (5, 5), (9, 5), (0, 3, 3)])
def test_routings_that_do_not_follow_one_another_are_refused(since: tuple[int, ...]) -> None:
    routings = tuple((each, Spread()) for each in since)
    with pytest.raises(InputError, match=r"Timeline\.routings: they begin at "):
        Timeline(revisions=("v1",), slots=(), routings=routings, error_share=(0.0,), end=1)

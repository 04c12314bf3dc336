"""Queues in arrays say what serving one request after the other says."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from fractions import Fraction
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import attrs
import numpy as np
import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulator.test_measure import (
    PAIRS,
    answers,
    measured,
    measured_plainly,
    one_session,
    parts_in_time,
)
from tests.simulator.worlds import END, blocks, timelines
from turnout.simulator.kernel import route_block_plainly
from turnout.simulator.measure import compatibility
from turnout.simulator.meter import Meter
from turnout.simulator.passes import pass_through
from turnout.simulator.queues import KEPT, ROOM, Queues
from turnout.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from turnout.routing.timeline import Timeline
    from turnout.simulator.block import Block

TICKS = st.sampled_from((1, SECOND // 1000, SECOND // 4, 3 * SECOND))
CAPACITIES = st.sampled_from((1, 2, 3, 7, 1000, SECOND, 10**30))
TIMEOUTS = st.sampled_from((0, 1, 3 * SECOND // 7, SECOND // 3, SECOND, 3 * SECOND, 10**30)) | st.integers(
    0, 5 * SECOND
)


@contextmanager
def bounds(data: st.DataObject) -> Iterator[None]:
    """Serve few at a time, and in parts, as it is with many requests and long times."""
    kept = data.draw(st.sampled_from((0, 1, 3, KEPT)))
    room = data.draw(st.sampled_from((1, 10**7, 10**9, ROOM)))
    with ExitStack() as stack:
        stack.enter_context(patch("turnout.simulator.queues.KEPT", kept))
        stack.enter_context(patch("turnout.simulator.queues.ROOM", room))
        yield


@settings(max_examples=3 * settings().max_examples)
@given(st.data(), timelines(), blocks(), PAIRS, CAPACITIES, TIMEOUTS, TICKS)
def test_waiting_in_arrays_equals_waiting_one_by_one(  # hypothesis hands them in by position
    data: st.DataObject,
    timeline: Timeline,
    block: Block,
    works: frozenset[tuple[str, str]],
    capacity: int,
    timeout: int,
    tick: int,
) -> None:
    """Whatever becomes of the requests otherwise."""
    block = attrs.evolve(block, time=block.time * tick)
    timeline = attrs.evolve(timeline, end=data.draw(st.sampled_from((END, END, 3))) * tick)
    routed = data.draw(answers(timeline, block))
    table = compatibility(timeline.revisions, works)
    parts = parts_in_time(block, data.draw(st.integers(1, 3)))
    with bounds(data):
        found = measured(parts, routed, timeline, table, capacity, queue_timeout=timeout)
    assert found == measured_plainly(block, routed, timeline, works, capacity, queue_timeout=timeout)


def not_asked(*_: Any) -> Any:
    """The compiled walk, which knows of no queues."""
    raise AssertionError


@given(st.data(), timelines(), blocks(sessions=8), CAPACITIES, TIMEOUTS)
def test_queues_behind_every_routing_equal_the_plain_ones(
    data: st.DataObject, timeline: Timeline, block: Block, capacity: int, timeout: int
) -> None:
    meter = Meter(timeline, compatibility(timeline.revisions, ()), capacity=capacity, queue_timeout=timeout)
    with bounds(data):
        parts = parts_in_time(block, data.draw(st.integers(1, 8)))
        with patch("turnout.simulator.passes.FAST_FROM", 0):
            pass_through(parts, [meter], accelerator=lambda: not_asked)
    routed = route_block_plainly(timeline, block)
    plainly = measured_plainly(block, routed, timeline, frozenset(), capacity, queue_timeout=timeout)
    assert (meter.effects, meter.peak_load, str(meter.longest_wait)) == (plainly[0], plainly[1], plainly[3])


def served(
    times: Sequence[int], capacity: int, timeout: int, size: int | None = None
) -> tuple[list[int], Fraction | int]:
    """Let requests come to one replica, in blocks of a size: which are late, and the longest wait, in seconds."""
    queues = Queues(capacity, timeout, 1)
    size = size or max(1, len(times))
    parts = [np.array(times[first : first + size], np.int64) for first in range(0, len(times), size)]
    for part in parts:
        queues.add(np.zeros(len(part), np.int64), part, np.zeros(len(part), np.bool_), int(part.min()))
    queues.finish()
    found, first = [], 0
    for part in parts:
        found += (first + queues.late.overloaded(np.zeros(len(part), np.int64), part)).tolist()
        queues.late.pass_by(int(part.min()))
        first += len(part)
    return found, Fraction(queues.longest, capacity * SECOND)


def test_nobody_comes_and_nobody_waits() -> None:
    assert served([], 1, 0) == ([], 0)


@pytest.mark.parametrize("capacity", [1, 2, 8, 1000])
@pytest.mark.parametrize("size", [1, 7, 100])
def test_who_comes_when_the_one_before_is_done_does_not_wait(capacity: int, size: int) -> None:
    """A queue D/D/1 at full utilisation, where one service takes whole microseconds."""
    service = SECOND // capacity
    assert served([number * service for number in range(100)], capacity, 0, size) == ([], 0)


@pytest.mark.parametrize("size", [1, 7, 100])
def test_a_little_too_often_makes_a_queue_that_only_grows(size: int) -> None:
    """D/D/1 above full utilisation: the n-th waits n times what is missing."""
    found, longest = served([number * 90_000 for number in range(100)], 10, 500_000, size)
    assert longest == Fraction(50 * 10_000, SECOND)
    assert found == list(range(51, 100)), "whoever is late leaves work behind all the same"


def test_a_service_that_is_no_whole_number_of_microseconds_loses_nothing() -> None:
    """Three a second for hours: the second and the third of each come a fraction of a microsecond too early."""
    times = [number * SECOND // 3 for number in range(30_000)]
    assert served(times, 3, 0) == ([number for number in range(30_000) if number % 3], 0)
    assert served(times, 3, 1) == ([], Fraction(2, 3 * SECOND))


@given(st.integers(1, 40), st.integers(1, 10**6), st.integers(0, 60), st.integers(1, 40))
def test_a_burst_is_served_one_after_the_other(many: int, capacity: int, patience: int, size: int) -> None:
    """Of n at once the i-th waits i services; late are those beyond the timeout."""
    timeout = patience * SECOND // capacity
    found, longest = served([5] * many, capacity, timeout, size)
    waits = [Fraction(number, capacity) for number in range(many)]
    assert found == [number for number, wait in enumerate(waits) if wait * SECOND > timeout]
    assert longest == max(wait for wait in waits if wait * SECOND <= timeout)


def simulated(times: Sequence[int], capacity: int, timeout: int) -> tuple[list[int], Fraction | int]:
    """What SimPy says, whose clock counts microseconds times the capacity."""
    world = simpy.Environment()
    server = simpy.Resource(world, capacity=1)
    late, longest = [], 0

    def visit(number: int, time: int) -> Generator[simpy.Event, Any, None]:
        nonlocal longest
        yield world.timeout(time * capacity)
        with server.request() as turn:
            yield turn
            wait = int(world.now) - time * capacity
            if wait > timeout * capacity:
                late.append(number)
            else:
                longest = max(longest, wait)
            yield world.timeout(SECOND)

    for number, time in enumerate(times):
        world.process(visit(number, time))
    world.run()
    return sorted(late), Fraction(longest, capacity * SECOND)


@given(
    st.lists(st.integers(0, 30) | st.integers(0, 30 * SECOND), max_size=30).map(sorted),
    st.sampled_from((1, 2, 3, 7, 1000)),
    TIMEOUTS,
    st.integers(1, 30),
)
def test_simpy_says_the_same(times: list[int], capacity: int, timeout: int, size: int) -> None:
    assert served(times, capacity, timeout, size) == simulated(times, capacity, timeout)


def test_a_queue_is_still_there_in_the_next_second() -> None:
    """Without a queue each second would serve two."""
    assert served([0, 0, 0, 0, SECOND, 2 * SECOND], 2, SECOND) == ([3], 1)


def test_times_and_capacities_without_measure_fit_into_whole_numbers() -> None:
    century = 100 * 365 * 86_400 * SECOND
    assert served([0, 0, century, century], 10**9, 0) == ([1, 3], 0)
    assert served([0, century - 1, century, century], 1, century) == ([], Fraction(2 * SECOND - 1, SECOND))


class Passes(list["Block"]):
    """Blocks that count how often they are gone through."""

    passes = 0

    def __iter__(self) -> Iterator[Block]:
        self.passes += 1
        return super().__iter__()


@pytest.mark.parametrize(("timeout", "late"), [(0, 1), (SECOND, 0)])
def test_queues_take_one_pass_more_and_only_where_somebody_is_late(timeout: int, late: int) -> None:
    block, _, timeline = one_session([(0, 0), (0, 0)], [(2 * SECOND, 0)])
    everybody = attrs.evolve(timeline, slots=timeline.slots[:1], end=3 * SECOND)
    blocks = Passes([block])
    meter = Meter(everybody, compatibility(everybody.revisions, ()), capacity=1, queue_timeout=timeout)
    pass_through(blocks, [meter])
    assert (blocks.passes, meter.effects.overloaded) == (1 + late, late)
    assert meter.longest_wait == 1 - late


class Minutes:
    """An hour of blocks of a minute: three requests at once in each second. Notes who is kept for being late."""

    def __init__(self) -> None:
        self.queues: list[Queues] = []
        self.kept: list[int] = []

    def made(self, capacity: int, timeout: int, columns: int) -> Queues:
        self.queues.append(Queues(capacity, timeout, columns))
        return self.queues[-1]

    def __iter__(self) -> Iterator[Block]:
        block, _, _ = one_session([(0, 0), (0, 0), (0, 0)])
        for minute in range(60):
            self.kept += [len(each.late) for each in self.queues]
            yield attrs.evolve(
                block,
                session_draw=np.zeros(60, np.uint32),
                page_session=np.arange(60),
                page_has_document=np.ones(60, np.bool_),
                request_offset=np.arange(0, 181, 3),
                time=(np.repeat(np.arange(60), 3) + minute * 60) * SECOND,
                draw=np.zeros(180, np.uint32),
            )


def test_who_is_late_is_forgotten_once_that_has_been_counted() -> None:
    """One of three in each second, a run for itself; a minute is settled when the next one has come."""
    _, _, timeline = one_session([(0, 0)])
    alone = attrs.evolve(timeline, slots=timeline.slots[:1], end=3600 * SECOND)
    blocks = Minutes()
    with patch("turnout.simulator.meter.Queues", blocks.made), patch("turnout.simulator.queues.KEPT", 0):
        meter = Meter(alone, compatibility(alone.revisions, ()), capacity=3, queue_timeout=SECOND // 2)
        pass_through(blocks, [meter])
    assert meter.effects.overloaded == 3600
    assert 60 <= max(blocks.kept) <= 180

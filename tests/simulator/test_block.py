"""Cutting a rollout's sessions out of the traffic: whole, each lap anew, with draws that depend on nothing else."""

from __future__ import annotations

from unittest.mock import patch

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulator.worlds import blocks, cut, together, traffics
from turnout.simulator import cutting
from turnout.simulator.block import Block, ranges
from turnout.simulator.cutting import Cut, SessionIndex
from turnout.traffic.traffic import Traffic

SEEDS = st.integers(0, 2**64 - 1)


@attrs.frozen
class Met:
    """One session as a rollout meets it: which one, on which lap, and its page views as (document?, times)."""

    session: int
    lap: int
    pages: list[tuple[bool, list[int]]]

    @property
    def times(self) -> list[int]:
        return [time for _, times in self.pages for time in times]


def met(traffic: Traffic, begin: int, until: int) -> list[Met]:
    """Every session of every lap, one by one; those that have begun before the end and are not over at the start."""
    found = []
    for lap in range(64):
        shift = lap * (traffic.end - traffic.start) - begin
        for session in range(traffic.sessions):
            pages = []
            for page in range(int(traffic.page_offset[session]), int(traffic.page_offset[session + 1])):
                first, after = traffic.request_offset[page : page + 2]
                times = [int(time) + shift for time in traffic.request_time[first:after]]
                pages.append((bool(traffic.has_document[page]), times))
            one = Met(session, lap, pages)
            if one.times[0] < until - begin and max(one.times) >= 0:
                found.append(one)
    return found


def pages_of(block: Block) -> list[list[tuple[bool, list[int]]]]:
    sessions: list[list[tuple[bool, list[int]]]] = [[] for _ in block.session_draw]
    for page, session in enumerate(block.page_session.tolist()):
        first, after = block.request_offset[page : page + 2]
        sessions[session].append((bool(block.page_has_document[page]), block.time[first:after].tolist()))
    return sessions


@given(traffics(), st.data())
def test_a_block_holds_the_sessions_that_a_rollout_meets(traffic: Traffic, data: st.DataObject) -> None:
    begin = data.draw(st.integers(traffic.start, traffic.end - 1))
    until = begin + data.draw(st.integers(1, 60))
    block = cut(SessionIndex.of(traffic), begin, until, seed=0)
    assert pages_of(block) == [each.pages for each in met(traffic, begin, until)]


@given(traffics(), SEEDS, st.integers(1, 3), st.integers(1, 6), st.integers(1, 3), st.data())
def test_blocks_of_any_size_hold_the_same(
    traffic: Traffic, seed: int, sessions: int, requests: int, chunk: int, data: st.DataObject
) -> None:
    begin = data.draw(st.integers(traffic.start, traffic.end - 1))
    until = begin + data.draw(st.integers(1, 60))
    whole = cut(SessionIndex.of(traffic), begin, until, seed).plain()
    with patch.multiple(cutting, MOST_SESSIONS=sessions, MOST_REQUESTS=requests, _CHUNK=chunk):
        index = SessionIndex.of(traffic)
        parts = list(Cut(sessions=index, begin=begin, until=until, seed=seed))
        assert together(parts).plain() == whole
        for part in parts:
            count = len(part.session_draw)
            assert 0 < count <= sessions
            assert count == 1 or len(part.time) <= requests
        turn = data.draw(st.integers(begin, until))
        early = list(Cut(sessions=index, begin=begin, until=turn, seed=seed))
        late = list(Cut(sessions=index, begin=begin, until=until, since=turn, seed=seed))
        assert together([*early, *late]).plain() == whole


@given(traffics(), st.integers(0, 5000), st.integers(-10, 200))
def test_only_laps_with_somebody_in_them_are_looked_at(traffic: Traffic, late: int, long: int) -> None:
    """A rollout that goes on for long after its traffic does not begin with the first lap each time."""
    begin = traffic.start + late
    until = begin + long
    sessions = SessionIndex.of(traffic)
    laps = sessions.laps(begin, until)
    around = range(late // sessions.span + long // sessions.span + 5)
    somebody = [
        lap
        for lap in around
        if (traffic.session_end + lap * sessions.span >= begin).any()
        and traffic.start + lap * sessions.span < until
    ]
    assert list(laps) == somebody


@given(traffics(), SEEDS, st.data())
def test_draws_do_not_depend_on_the_block(traffic: Traffic, seed: int, data: st.DataObject) -> None:
    sessions = SessionIndex.of(traffic)
    drawn: dict[tuple[int, int], tuple[int, tuple[int, ...]]] = {}
    for _ in range(2):
        begin = data.draw(st.integers(traffic.start, traffic.end - 1))
        until = begin + data.draw(st.integers(1, 60))
        block = cut(sessions, begin, until, seed)
        requests = block.draw.tolist()
        for one, draw in zip(met(traffic, begin, until), block.session_draw.tolist(), strict=True):
            own = tuple(requests[: len(one.times)])
            del requests[: len(one.times)]
            assert drawn.setdefault((one.session, one.lap), (draw, own)) == (draw, own)
        assert not requests
    every = [draw for draw, own in drawn.values()] + [each for _, own in drawn.values() for each in own]
    assert len(set(every)) == len(every), "every session and every request draws for itself, on every lap"
    other = cut(sessions, begin, until, seed ^ 1)
    assert not len(block.draw) or (other.session_draw != block.session_draw).all()


@pytest.mark.parametrize("span", [4093, 4093_000_000, 1, 86_400_000_000])
def test_a_session_that_is_met_again_draws_anew(span: int) -> None:
    traffic = attrs.evolve(_one_session(), end=span)
    block = cut(SessionIndex.of(traffic), 0, 50 * span, seed=3)
    assert len(block.session_draw) == 50
    assert len({*block.session_draw.tolist()}) == 50
    assert len({*block.draw.tolist()}) == 50


def _one_session() -> Traffic:
    return Traffic(
        page_offset=np.array([0, 1]),
        request_offset=np.array([0, 1]),
        has_document=np.array([True]),
        request_time=np.array([0]),
        start=0,
        end=1,
        label="one request",
    )


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(0, 5)), max_size=8))
def test_ranges(pairs: list[tuple[int, int]]) -> None:
    first, count = (np.array([pair[place] for pair in pairs], np.int64) for place in (0, 1))
    expected = [number for begin, length in pairs for number in range(begin, begin + length)]
    assert ranges(first, count).tolist() == expected


@given(blocks())
def test_a_blocks_own_tables(block: Block) -> None:
    position = 0
    for session, (draw, requests) in enumerate(block.plain()):
        assert draw == block.session_draw[session]
        assert [block.session[position + place] for place in range(len(requests))] == [session] * len(
            requests
        )
        for each in requests:
            assert block.page[position] == each.page
            assert block.time[position] == each.time
            assert block.draw[position] == each.draw
            first = position == 0 or block.page[position - 1] != each.page
            assert (
                block.is_document[position] == each.document == (first and block.page_has_document[each.page])
            )
            position += 1
    assert position == len(block.time)
    order = block.in_time.tolist()
    key = [(int(block.session[index]), int(block.time[index]), index) for index in range(position)]
    assert order == sorted(range(position), key=key.__getitem__)

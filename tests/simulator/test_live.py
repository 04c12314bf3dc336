"""The live sessions that a strategy is told about, against a count session by session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from hypothesis import given
from hypothesis import strategies as st

from tests.simulator.worlds import REVISIONS, choices, stickies, traffics
from turnout.routing import Spread, Sticky
from turnout.routing.draws import mix32, pick, pin_draw, thresholds
from turnout.routing.plain import route_plainly
from turnout.routing.timeline import FOREVER, Slot, Timeline
from turnout.simulator.block import SessionIndex, cut
from turnout.simulator.live import LiveSessions
from turnout.units import SECOND, Duration

if TYPE_CHECKING:
    from turnout.routing import Choice, Routing
    from turnout.traffic.traffic import Traffic

TICK = 30 * SECOND  # sessions are counted ten minutes ahead: the traffic should not be much shorter
RANKS = {name: rank for rank, name in enumerate(REVISIONS)}
LISTED = st.fixed_dictionaries({rank: st.integers(0, 3) for rank in RANKS.values()})


def slowed(traffic: Traffic) -> Traffic:
    return attrs.evolve(
        traffic, request_time=traffic.request_time * TICK, start=traffic.start * TICK, end=traffic.end * TICK
    )


TRAFFICS = traffics().map(slowed)
TICKS = st.integers(0, 12).map(lambda ticks: ticks * TICK) | st.integers(0, 12 * TICK)
IDLE = (
    st.none() | st.integers(0, 30).map(lambda ticks: Duration(ticks * TICK)) | st.just(Duration(100 * TICK))
)
STICKIES = st.builds(
    lambda sticky, idle: attrs.evolve(sticky, idle_timeout=idle), stickies("revision", "session"), IDLE
)


@st.composite
def beginnings(draw: st.DrawFn, traffic: Traffic) -> int:
    return draw(st.integers(traffic.start // TICK, traffic.end // TICK - 1)) * TICK


@attrs.define
class Session:
    """A session as the count sees it: from its first request to its last, and the rank of its revision."""

    start: int
    end: int
    draw: int
    rank: int = -1


def sent(choice: Choice, draw: int, listed: dict[int, int]) -> int:
    """The rank of the revision that a draw is sent to; -1 for none."""
    if isinstance(choice, Spread):
        pool = [rank for rank, number in sorted(listed.items()) for _ in range(number)]
        return pool[pick(draw, len(pool))] if pool else -1
    return next(RANKS.get(name, -1) for name, end in thresholds(choice) if draw < end)


class CountedPlainly:
    """Counts the same, with one object for each session."""

    def __init__(self, traffic: Traffic, begin: int, seed: int) -> None:
        block = cut(SessionIndex.of(traffic), begin, begin + 200 * TICK, seed)
        self.sessions = [
            Session(requests[0].time, max(each.time for each in requests), pin_draw(draw, 1))
            for draw, requests in block.plain()
        ]
        self.moves = 0

    def count(self, now: int, routing: Routing, listed: dict[int, int]) -> dict[int, int] | None:
        if not isinstance(routing, Sticky) or routing.unit != "session":
            for each in self.sessions:
                each.rank = -1
            return None
        live = [each for each in self.sessions if each.start < now <= each.end + (routing.idle_timeout or 0)]
        homeless = [each for each in live if not listed.get(each.rank, 0)]
        self.moves += any(each.rank >= 0 for each in homeless)
        for each in homeless:
            draw = pin_draw(each.draw, 0)
            each.rank = sent(routing.new, mix32(draw ^ self.moves) if each.rank >= 0 else draw, listed)
        return {rank: sum(each.rank == rank for each in live) for rank in RANKS.values()}


@given(TRAFFICS, st.integers(0, 2**64 - 1), st.data())
def test_live_sessions_are_counted_one_by_one(traffic: Traffic, seed: int, data: st.DataObject) -> None:
    begin = data.draw(beginnings(traffic))
    fast = LiveSessions(SessionIndex.of(traffic), begin, seed)
    plain = CountedPlainly(traffic, begin, seed)
    routings = STICKIES | STICKIES | STICKIES | STICKIES | st.just(Spread()) | stickies("revision", "page")
    now = 0
    for _ in range(data.draw(st.integers(1, 10))):
        now += data.draw(TICKS)
        routing, listed = data.draw(routings), data.draw(LISTED)
        assert fast.count(now, routing, listed, RANKS) == plain.count(now, routing, listed)


@given(TRAFFICS, st.integers(0, 2**64 - 1), choices(), LISTED, st.data())
def test_sessions_are_counted_where_the_plain_reference_sends_them(
    traffic: Traffic, seed: int, new: Choice, listed: dict[int, int], data: st.DataObject
) -> None:
    """While nothing changes, a session is on the revision of its requests, if they reach any."""
    begin = data.draw(beginnings(traffic))
    now = data.draw(TICKS)
    routing = Sticky(
        new=new, idle_timeout=data.draw(st.none() | st.integers(20 * TICK, 30 * TICK).map(Duration))
    )
    timeline = Timeline(
        revisions=REVISIONS,
        slots=[
            Slot(replica=rank * 10 + number, revision=rank, listed=-FOREVER)
            for rank, count in listed.items()
            for number in range(count)
        ],
        routings=((-FOREVER, routing),),
        error_share=(0.0,) * len(REVISIONS),
        end=100 * TICK,
    )
    sessions = SessionIndex.of(traffic)
    counts = LiveSessions(sessions, begin, seed).count(now, routing, listed, RANKS)
    expected = dict.fromkeys(RANKS.values(), 0)
    for draw, requests in cut(sessions, begin, begin + 200 * TICK, seed).plain():
        served, _ = route_plainly(timeline, draw, requests)
        last = max(each.time for each in requests)
        if served[0].slot is not None and requests[0].time < now <= last + (routing.idle_timeout or 0):
            expected[timeline.slots[served[0].slot].revision] += 1
    # A revision that nobody serves has none of the plain reference's sessions, but may be where they would go.
    assert counts is not None
    assert {rank: counts[rank] for rank in expected if listed[rank]} == {
        rank: number for rank, number in expected.items() if listed[rank]
    }


@given(TRAFFICS, st.integers(0, 2**64 - 1), st.lists(choices(), min_size=1, max_size=5))
def test_no_choice_moves_a_session_whose_revision_is_there(
    traffic: Traffic, seed: int, turns: list[Choice]
) -> None:
    live = LiveSessions(SessionIndex.of(traffic), traffic.start, seed)
    everywhere = dict.fromkeys(RANKS.values(), 1)
    never = Sticky(idle_timeout=Duration(10_000 * TICK))  # no session ends
    before = live.count(5 * TICK, never, everywhere, RANKS)
    assert before is not None
    born = sum(before.values())
    for number, new in enumerate(turns, 6):
        after = live.count(number * 13 * TICK, attrs.evolve(never, new=new), everywhere, RANKS)
        assert after is not None
        assert all(after[rank] >= before[rank] for rank in RANKS.values())
        before = after
    assert sum(before.values()) >= born

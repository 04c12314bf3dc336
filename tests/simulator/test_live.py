"""The live sessions that a strategy is told about, against a proxy that walks from request to request."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import attrs
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulator.test_fleet import SETTINGS, STEPS, Run, Setting, Step
from tests.simulator.test_simulate import scenario_of
from tests.simulator.worlds import choices, cut, timelines, traffics
from turnout import Synthetic
from turnout.routing import Split, Spread, Sticky
from turnout.routing.plain import held_plainly
from turnout.routing.timeline import FOREVER, Slot, Timeline
from turnout.simulator.cutting import SessionIndex
from turnout.simulator.live import LiveSessions
from turnout.simulator.simulate import Simulation
from turnout.simulator.stretch import Stretch
from turnout.testing.generators import worlds
from turnout.traffic.traffic import Traffic
from turnout.units import Duration, seconds
from turnout_strategies.blue_green import BlueGreen
from turnout_strategies.rolling import Rolling
from turnout_strategies.session_affinity import SessionAffinity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from turnout import Strategy
    from turnout.routing import Choice, Routing
    from turnout.verify import World


MINUTE = seconds(60)


def slowed(traffic: Traffic, tick: int) -> Traffic:
    return attrs.evolve(
        traffic, request_time=traffic.request_time * tick, start=traffic.start * tick, end=traffic.end * tick
    )


def slowed_timeline(timeline: Timeline, tick: int) -> Timeline:
    """The same, in which everything takes longer."""

    def late(time: int) -> int:
        return time if abs(time) == FOREVER else time * tick

    names = ("listed", "unlisted", "fallback", "dead")
    slots = [
        attrs.evolve(slot, **{name: late(getattr(slot, name)) for name in names}) for slot in timeline.slots
    ]
    routings = tuple((late(since), patient(routing, tick)) for since, routing in timeline.routings)
    return attrs.evolve(timeline, slots=slots, routings=routings)


def patient(routing: Routing, tick: int) -> Routing:
    if not isinstance(routing, Sticky) or routing.idle_timeout is None:
        return routing
    return attrs.evolve(routing, idle_timeout=Duration(routing.idle_timeout * tick))


def stretch_at(timeline: Timeline, time: int) -> Stretch:
    """Who takes requests at that time, and how."""
    slots = list(enumerate(timeline.slots))
    return Stretch(
        routing=[routing for since, routing in timeline.routings if since <= time][-1],
        revisions=timeline.revisions,
        listed=[(each.revision, stay) for stay, each in slots if each.listed <= time < each.unlisted],
        last_resort=[(each.revision, stay) for stay, each in slots if each.unlisted <= time < each.fallback],
    )


def changes(timeline: Timeline) -> list[int]:
    """Every time at which a timeline changes."""
    times = {since for since, _ in timeline.routings}
    for slot in timeline.slots:
        times |= {slot.listed, slot.unlisted, slot.fallback}
    return sorted(time for time in times if abs(time) < FOREVER)


def followed(
    live: LiveSessions, timeline: Timeline, moments: Iterable[int]
) -> dict[int, dict[int, int] | None]:
    """What is told at each of these moments; in between, whenever something changes."""
    told = {}
    for now in sorted({*moments, *changes(timeline)}):
        told[now] = live.count(now, stretch_at(timeline, live.now))
    return told


def counted(timeline: Timeline, traffic: Traffic, begin: int, seed: int, now: int) -> dict[int, int] | None:
    """Count the same with a plain walk over the requests so far."""
    routing = [routing for since, routing in timeline.routings if since < now][-1]
    if not isinstance(routing, Sticky) or routing.unit != "session":
        return None
    until = max(1, begin + now)
    sessions = cut(SessionIndex.of(traffic), begin, max(begin + 1, until), seed).plain()
    held = Counter(held_plainly(timeline, draw, requests, now) for draw, requests in sessions)
    return {rank: held[rank] for rank in range(len(timeline.revisions))}


TICKS = st.sampled_from((MINUTE // 2, MINUTE, 4 * MINUTE))  # sessions are met ten minutes ahead


@settings(max_examples=2 * settings().max_examples)
@given(timelines(), traffics(), TICKS, st.integers(0, 2**64 - 1), st.data())
def test_live_sessions_are_those_of_a_plain_walk(
    timeline: Timeline, traffic: Traffic, tick: int, seed: int, data: st.DataObject
) -> None:
    timeline, traffic = slowed_timeline(timeline, tick), slowed(traffic, tick)
    begin = data.draw(st.integers(traffic.start, traffic.end - 1))
    moments = data.draw(st.lists(st.integers(0, 20 * tick), min_size=1, max_size=5))
    live = LiveSessions(SessionIndex.of(traffic), begin, seed)
    told = followed(live, timeline, [0, *moments])
    for now, counts in told.items():
        assert counts == counted(timeline, traffic, begin, seed, now)


def steady(routing: Sticky) -> Timeline:
    """Two revisions of one replica each, that take requests for ever."""
    return Timeline(
        revisions=("v1", "v2"),
        slots=[Slot(replica=rank, revision=rank, listed=-FOREVER) for rank in range(2)],
        routings=((-FOREVER, routing),),
        error_share=(0.0, 0.0),
        end=1,
    )


def test_a_session_that_pauses_for_long_is_gone_meanwhile_and_comes_back_as_a_new_one() -> None:
    """Of two requests an hour apart, a proxy that forgets after ten minutes knows nothing in between."""
    traffic = Traffic(
        page_offset=np.array([0, 2]),
        request_offset=np.array([0, 1, 2]),
        has_document=np.array([True, True]),
        request_time=np.array([0, 60]) * MINUTE,
        start=0,
        end=24 * 60 * MINUTE,
        label="one session",
    )
    first = Sticky(new=Split({"v1": 1}), idle_timeout=Duration(10 * MINUTE))
    second = attrs.evolve(first, new=Split({"v2": 1}))
    timeline = attrs.evolve(steady(first), routings=((-FOREVER, first), (5 * MINUTE, second)))
    minutes = (1, 10, 11, 30, 60, 61, 70, 71)
    live = LiveSessions(SessionIndex.of(traffic), 0, seed=1)
    told = followed(live, timeline, [each * MINUTE for each in minutes])
    nobody = {0: 0, 1: 0}
    assert [told[each * MINUTE] for each in minutes] == [
        {0: 1, 1: 0},
        {0: 1, 1: 0},
        nobody,
        nobody,
        nobody,
        {0: 0, 1: 1},
        {0: 0, 1: 1},
        nobody,
    ]


@given(traffics(), st.integers(0, 2**64 - 1), st.lists(choices(), min_size=1, max_size=5))
def test_no_choice_moves_a_session_whose_revision_is_there(
    traffic: Traffic, seed: int, turns: list[Choice]
) -> None:
    traffic = slowed(traffic, MINUTE)
    live = LiveSessions(SessionIndex.of(traffic), traffic.start, seed)
    before = {0: 0, 1: 0, 2: 0}
    for number, new in enumerate(turns):
        stretch = Stretch(
            routing=Sticky(new=new),
            revisions=("v1", "v2", "v3"),
            listed=[(rank, rank) for rank in range(3)],
            last_resort=[],
        )
        after = live.count(number * 3 * MINUTE, stretch)
        assert after is not None
        assert all(after[rank] >= before[rank] for rank in before)
        before = after


@given(SETTINGS, STEPS)
def test_a_fleets_stretches_are_those_of_its_timeline(setting: Setting, steps: list[Step]) -> None:
    run, told = Run(setting.fleet()), []
    for step in [*steps, Step({"old": 1}, Spread(), 1)]:
        run.fleet.apply(step.wanted, step.routing, run.now)
        told.append((run.now, run.fleet.stretch(run.now)))
        end = run.now + step.wait
        while (due := run.fleet.next_event) <= end:
            run.now = due
            run.fleet.advance(due)
            told.append((run.now, run.fleet.stretch(run.now)))
        run.now = end
        run.fleet.advance(end)
    timeline = run.fleet.timeline(1)
    for time, stretch in {time: (time, stretch) for time, stretch in told}.values():
        expected = stretch_at(timeline, time)
        assert stretch.routing == expected.routing
        assert [rank for rank, _ in stretch.listed] == [rank for rank, _ in expected.listed]
        assert [rank for rank, _ in stretch.last_resort] == [rank for rank, _ in expected.last_resort]


class Noted(LiveSessions):
    """Keeps what it has told."""

    def __init__(self, sessions: SessionIndex, begin: int, seed: int) -> None:
        super().__init__(sessions, begin, seed)
        self.told: dict[int, dict[int, int] | None] = {}

    def count(self, now: int, stretch: Stretch) -> dict[int, int] | None:
        self.told[now] = super().count(now, stretch)
        return self.told[now]


@given(
    worlds(),
    st.sampled_from([SessionAffinity(), SessionAffinity(to="replica"), BlueGreen(switch="drain"), Rolling()]),
)
def test_what_a_strategy_is_told_is_what_becomes_of_the_sessions(world: World, strategy: Strategy) -> None:
    """At every control step, by the data plane that turned out in the end."""
    scenario = attrs.evolve(world.scenario, horizon=seconds(7200))
    live = Noted(SessionIndex.of(world.traffic), world.begin, world.seed)
    timeline = Simulation(scenario, strategy, live, world.seed, scenario.runbook).run().timeline
    assert live.told
    for now, counts in live.told.items():
        expected = counted(timeline, world.traffic, world.begin, world.seed, now)
        assert (counts is None) == (expected is None)
        assert +Counter(counts) == +Counter(expected)


def test_sessions_that_are_over_are_forgotten() -> None:
    """Of all that a rollout has met, it keeps those that may still matter: memory does not grow with the requests."""
    hours = seconds(6 * 3600)
    traffic = Synthetic(sessions_per_minute=30, duration=hours).load(3)
    scenario = attrs.evolve(scenario_of("pause when 1 available", "resume at 5h"), horizon=hours)
    live = Noted(SessionIndex.of(traffic), traffic.start, 3)
    history = Simulation(scenario, SessionAffinity(), live, 3, scenario.runbook).run()
    assert history.end > seconds(5 * 3600)
    most = max(sum(counts.values()) for counts in live.told.values() if counts)
    ahead = 30 * 30  # half an hour of sessions that have not begun
    assert most < len(live._met.pin) < 1.5 * (most + ahead) < traffic.sessions / 3

"""A trace puts the requests beside the history, and answers questions about both."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from turnout import Bounds, Rollout, Sticky, Trace, seconds
from turnout.environment import Weather
from turnout.history import Happening, History, Moment, Numbers
from turnout.routing.plain import Cause
from turnout.routing.timeline import FOREVER, Slot, Timeline
from turnout.simulator.cutting import Cut, SessionIndex
from turnout.simulator.measure import compatibility
from turnout.simulator.meter import Meter
from turnout.simulator.passes import pass_through
from turnout.testing.generators import worlds
from turnout_strategies.blue_green import BlueGreen
from turnout_strategies.recreate import Recreate
from turnout_strategies.rolling import Rolling
from turnout_strategies.session_affinity import SessionAffinity

if TYPE_CHECKING:
    from turnout import Strategy
    from turnout.verify import World

STRATEGIES = st.sampled_from([Rolling(), SessionAffinity(to="replica"), BlueGreen(switch="page"), Recreate()])
FEW = settings(max_examples=max(1, settings().max_examples // 2))


@FEW
@given(worlds(), STRATEGIES)
def test_what_invariants_see_is_what_is_measured(world: World, strategy: Strategy) -> None:
    trace = world.run(strategy)
    timeline = trace.history.timeline
    index, until = SessionIndex.of(world.traffic), world.begin + timeline.end
    blocks = list(Cut(sessions=index, begin=world.begin, until=until, seed=world.seed))
    meter = Meter(timeline, compatibility(timeline.revisions, world.scenario.works))
    pass_through(blocks, [meter])
    effects = meter.effects
    assert len(trace.answers) == sum(len(block.time) for block in blocks)
    mixed = {
        session
        for (session, _), answers in trace.by_session.items()
        if len({each.revision for each in answers if each.served}) > 1
    }
    assert len(mixed) == effects.mixed_sessions
    during = [each for each in trace.answers if 0 <= each.time < timeline.end]
    causes = Counter(each.cause for each in during)
    assert (causes[Cause.NO_ENDPOINT], causes[Cause.TERMINATED]) == (effects.no_endpoint, effects.terminated)


@FEW
@given(worlds(), STRATEGIES)
def test_answers_are_sorted_by_session_life_and_page(world: World, strategy: Strategy) -> None:
    trace = world.run(strategy)
    assert sum(map(len, trace.by_session.values())) == len(trace.answers)
    for (session, life), answers in trace.by_session.items():
        assert {(each.session, each.life) for each in answers} == {(session, life)}
    for key, answers in trace.by_page.items():
        assert [each.document for each in answers] == [True] + [False] * (len(answers) - 1)
        assert {(each.session, each.page) for each in answers} == {key}
    for answer in trace.answers:
        assert (answer.revision is None) == (answer.rank < 0)
        if answer.revision is not None:
            assert trace.history.timeline.revisions[answer.rank] == answer.revision


@given(worlds(), STRATEGIES)
def test_what_was_taken_away_was_available(world: World, strategy: Strategy) -> None:
    trace = world.run(strategy)
    last: dict[int, str] = {}
    taken = Counter[int]()
    for each in trace.history.happenings:
        taken[each.time] += each.what == "terminating" and last.get(each.replica) == "available"
        if each.what in ("available", "not ready", "crashed", "killed"):
            last[each.replica] = each.what
    assert {time: sum(of.values()) for time, of in trace.taken_away.items()} == +taken
    for before, after in trace.steps:
        if world.scenario.weather.clear:
            became = sum(
                each.what == "available" and each.time == after.time for each in trace.history.happenings
            )
            assert after.available == before.available + became - taken[after.time]


@given(worlds(), STRATEGIES, st.data())
def test_what_was_lost_was_listed_before_and_is_not_after(
    world: World, strategy: Strategy, data: st.DataObject
) -> None:
    trace = world.run(strategy)
    timeline = trace.history.timeline
    moments = ("listed", "answers", "unlisted", "dead", "fallback")
    changes = {getattr(slot, moment) for slot in timeline.slots for moment in moments}
    times = [-1, *sorted(time for time in changes if 0 <= time < FOREVER)]
    for name in timeline.revisions:
        there = [bool(trace.listed(time, name)) for time in times]
        lost = [times[place + 1] for place, (was, now) in enumerate(pairwise(there)) if was and not now]
        assert [time for time in trace.losses(name) if time < FOREVER] == lost
        serves = [_serves(timeline, name, time) or listed for time, listed in zip(times, there, strict=True)]
        ended = [times[place + 1] for place, (was, now) in enumerate(pairwise(serves)) if was and not now]
        since, until = (data.draw(st.sampled_from(times)) for _ in range(2))
        faults = [
            each.time
            for each in trace.history.happenings
            if each.revision == name and each.what in ("crashed", "killed", "not ready")
        ]
        possible = [
            time
            for time in sorted({*lost, *ended})
            if since < time <= until
            and trace.at(time).numbers[name].wanted
            and min(faults, default=FOREVER) <= time
        ]
        by_weather = trace.taken_by_weather(name, since, until)
        assert by_weather <= bool(possible)
        # With one replica there is nothing that a step could have taken away besides.
        if world.scenario.workload.rollout.replicas == 1 and not world.scenario.runbook.entries:
            for time in possible:
                last = [
                    each for each in trace.history.happenings if each.revision == name and each.time <= time
                ]
                alive = [each for each in last if each.what != "gone"]
                if alive[-1].what in ("crashed", "not ready"):
                    assert by_weather


def _serves(timeline: Timeline, name: str, time: int) -> bool:
    """Whether something of a revision serves as a last resort."""
    return any(
        timeline.revisions[slot.revision] == name and slot.unlisted <= time < slot.fallback
        for slot in timeline.slots
    )


def test_whoever_is_served_by_the_last_of_a_revision_loses_it_when_that_ends() -> None:
    """A fault takes what is listed; a replica that terminates serves on for a while, and new sessions come to it."""
    weather = Weather(crash_every=seconds(2), clears_after=seconds(60))
    slots = (
        Slot(replica=1, revision=0, listed=-FOREVER, unlisted=10, fallback=20, dead=20),
        Slot(replica=2, revision=0, listed=30),
    )
    timeline = Timeline(
        revisions=("old",), slots=slots, routings=((-FOREVER, Sticky()),), error_share=(0.0,), end=40
    )
    rollout = Rollout(replicas=1, target="new")
    moment = Moment(time=0, rollout=rollout, numbers={"old": Numbers(1, 1, 1, 1, 0)}, routing=Sticky())
    history = History(
        strategy="any",
        target="new",
        bounds=Bounds(floor=0, ceiling=2),
        moments=(moment,),
        happenings=(Happening(10, "killed", "old", 1), Happening(30, "listed", "old", 2)),
        deeds=(),
        timeline=timeline,
        completed=None,
        end=40,
        seed=0,
    )
    trace = Trace(history=history, strategy=Rolling(), weather=weather)
    assert trace.losses("old") == [10, FOREVER]
    assert trace.taken_by_weather("old", 9, 10)
    assert not trace.taken_by_weather("old", 10, 19)
    assert trace.taken_by_weather("old", 15, 30)
    assert not trace.taken_by_weather("old", 20, 40)


@FEW
@given(worlds(), STRATEGIES)
def test_the_moment_at_a_time_is_the_last_one(world: World, strategy: Strategy) -> None:
    trace = world.run(strategy)
    for before, after in trace.steps:
        assert trace.at(after.time) is after
        assert trace.at(after.time - 1) is before
    assert trace.at(FOREVER) is trace.history.moments[-1]
    back = [deed.time for deed in trace.history.deeds if deed.verb in ("abort", "undo") and not deed.refused]
    again = any(deed.verb == "set-target" for deed in trace.history.deeds)
    assert again or trace.went_back() == (back[0] if back else None)

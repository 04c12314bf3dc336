"""A trace puts the requests beside the history, and answers questions about both."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies.worlds import World, worlds
from turnout.routing.plain import Cause
from turnout.routing.timeline import FOREVER
from turnout.simulator.block import SessionIndex, cut
from turnout.simulator.kernel import route
from turnout.simulator.measure import compatibility, measure
from turnout.simulator.segments import Segments
from turnout_strategies.blue_green import BlueGreen
from turnout_strategies.recreate import Recreate
from turnout_strategies.rolling import Rolling
from turnout_strategies.session_affinity import SessionAffinity

if TYPE_CHECKING:
    from turnout import Strategy

STRATEGIES = st.sampled_from([Rolling(), SessionAffinity(to="replica"), BlueGreen(switch="page"), Recreate()])
FEW = settings(max_examples=max(1, settings().max_examples // 2))


@FEW
@given(worlds(), STRATEGIES)
def test_what_invariants_see_is_what_is_measured(world: World, strategy: Strategy) -> None:
    trace = world.run(strategy)
    timeline = trace.history.timeline
    block = cut(SessionIndex.of(world.traffic), world.begin, world.begin + timeline.end, world.seed)
    works = compatibility(timeline.revisions, world.scenario.works)
    effects = measure(block, route(Segments.of(timeline), timeline, block), timeline, works)
    assert len(trace.answers) == len(block.time)
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
    for page, answers in trace.by_page.items():
        assert [each.document for each in answers] == [True] + [False] * (len(answers) - 1)
        assert {each.page for each in answers} == {page}
    for answer in trace.answers:
        assert (answer.revision is None) == (answer.rank < 0)
        if answer.revision is not None:
            assert trace.history.timeline.revisions[answer.rank] == answer.revision


@FEW
@given(worlds(), STRATEGIES)
def test_what_was_taken_away_and_what_was_lost(world: World, strategy: Strategy) -> None:
    trace = world.run(strategy)
    history = trace.history
    deleted = [each for each in history.happenings if each.what == "terminating"]
    assert sum(trace.taken_away.values()) <= len(deleted)
    assert set(trace.taken_away) <= {each.time for each in deleted}
    for before, after in trace.steps:
        # Without faults, whatever is available less was taken away, and whatever is more has become so.
        if world.scenario.weather.clear:
            became = sum(each.what == "available" and each.time == after.time for each in history.happenings)
            assert after.available == before.available + became - trace.taken_away.get(after.time, 0)
    assert list(trace.steps) == list(pairwise(history.moments))
    for name in history.timeline.revisions:
        times = [
            -1,
            *sorted(
                {time for slot in history.timeline.slots for time in (slot.listed, slot.unlisted, slot.dead)}
            ),
        ]
        listed = [(time, bool(trace.listed(time, name))) for time in times if 0 <= time < FOREVER]
        lost = [
            time
            for (_, before), (time, now) in pairwise([(-1, bool(trace.listed(-1, name))), *listed])
            if before and not now
        ]
        assert [time for time in trace.losses(name) if time < FOREVER] == lost


@FEW
@given(worlds(), STRATEGIES)
def test_the_moment_at_a_time_is_the_last_one(world: World, strategy: Strategy) -> None:
    trace = world.run(strategy)
    for before, after in trace.steps:
        assert trace.at(after.time) is after
        assert trace.at(after.time - 1) is before
    assert trace.at(FOREVER) is trace.history.moments[-1]
    back = [deed for deed in trace.history.deeds if deed.verb in ("abort", "undo") and not deed.refused]
    assert trace.went_back() == (back[0] if back else None)

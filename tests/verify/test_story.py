"""A story is data: it is shrunk, saved, read back, and breaks the same invariant again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bad_strategies import OffByOneFloor
from tests.ill_behaved import ForgetsToReturn
from turnout import (
    Environment,
    Host,
    InputError,
    Promise,
    Rollout,
    Scenario,
    Strategy,
    Workload,
    parse_duration,
    seconds,
)
from turnout.invariant import Violation
from turnout.invariants import INVARIANTS
from turnout.routing.plain import Cause
from turnout.testing import generators
from turnout.verify import (
    WEATHERS,
    Search,
    Story,
    World,
    judge,
    read_story,
    story_from_dict,
    story_to_dict,
    tell,
    telling,
    verify,
    write_story,
)
from turnout_strategies.recreate import Recreate
from turnout_strategies.rolling import Rolling

if TYPE_CHECKING:
    from pathlib import Path

HOST = Host()


@settings(max_examples=100)
@given(st.data(), st.sampled_from(WEATHERS), st.sampled_from(sorted(HOST.strategies)))
def test_a_story_reads_back_as_it_was(data: st.DataObject, kind: str, name: str) -> None:
    world = data.draw(generators.worlds(kind))
    strategy = data.draw(generators.strategies(HOST.strategies[name]))
    story = Story(
        strategy=strategy, world=world, invariant="converges", violation=Violation(time=1, text="so")
    )
    written = json.loads(json.dumps(story_to_dict(story), allow_nan=False))
    assert story_from_dict(written, HOST.strategies, where="here") == story


def smallest(cls: type[Strategy], invariant: str, **given: object) -> Story:
    search = Search(only={invariant}, first=True, weathers=("clear",))
    (verdict,) = verify(cls, INVARIANTS.values(), search, fixed=given).verdicts
    assert verdict.story is not None
    return verdict.story


def test_the_plain_rolling_update_needs_one_session_and_two_requests() -> None:
    story = smallest(Rolling, "one-version-per-session")
    assert story.world.scenario.workload.rollout.replicas <= 2
    assert [len(page) for session in story.world.sessions for page in session] in ([1, 1], [2])
    assert story.world.scenario.weather.clear
    assert story.spec == "rolling"


def test_a_story_is_told_in_the_order_of_time() -> None:
    story = smallest(OffByOneFloor, "capacity-floor")
    judged = judge(story.world, story.strategy, [INVARIANTS["capacity-floor"]])
    lines = tell(story.world, story.strategy, judged, "capacity-floor", judged.broken["capacity-floor"])
    assert lines[0].startswith("off-by-one-floor: 1 replica from old to new")
    assert "it is shown old 1 of 1 available" in lines[1]
    assert lines[-1].endswith("capacity-floor is broken: " + story.violation.text)
    assert len(lines) <= 8
    assert story.world.sessions == ()


def test_causes_are_told_before_their_effects() -> None:
    at_once = Environment(
        container_start=seconds(0), startup=seconds(0), startup_spread=0, endpoint_delay=seconds(0)
    )
    workload = Workload(name="web", rollout=Rollout(replicas=1, target="new"))
    scenario = Scenario(workload=workload, previous="old", environment=at_once)
    world = World(scenario=scenario, sessions=[[[0, 0]]])
    judged = judge(world, Recreate(), INVARIANTS.values())
    told = [line.split("  ")[-1] for line in tell(world, Recreate(), judged, "converges", None)]
    assert told[1:6] == [
        "it is shown old 1 of 1 available, to new; it answers: old 0",
        "replica 1 of old is told to stop",
        "it is shown no replicas, to new; it answers: new 1",
        "replica 2 of new is available",
        "replica 2 of new takes requests",
    ]
    assert sum("session 0 asks" in each for each in told[6:8]) == 2


@given(st.data(), st.sampled_from(WEATHERS), st.sampled_from(sorted(HOST.strategies)))
def test_every_run_can_be_told_in_the_order_of_its_times(data: st.DataObject, kind: str, name: str) -> None:
    world = data.draw(generators.worlds(kind))
    strategy = data.draw(generators.strategies(HOST.strategies[name]))
    lines = tell(world, strategy, judge(world, strategy, []), "converges", None)
    clocks = [line.split()[0] for line in lines[1:-1] if "…" not in line]
    times = [parse_duration(each.removeprefix("-")) * (-1 if each[0] == "-" else 1) for each in clocks]
    assert times == sorted(times)


def test_each_cause_has_words() -> None:
    assert set(telling._CAUSES) == set(Cause)


def test_what_it_was_shown_when_it_misbehaved_is_told() -> None:
    story = smallest(ForgetsToReturn, "well-behaved")
    judged = judge(story.world, story.strategy, [])
    lines = tell(story.world, story.strategy, judged, "well-behaved", story.violation)
    assert "it is shown old 1 of 1 available, to old; it gives no answer" in lines[-2]


def test_a_saved_story_breaks_again(tmp_path: Path) -> None:
    story = smallest(Rolling, "one-version-per-session")
    path = write_story(story, tmp_path / "new")
    again = read_story(path, HOST.strategies)
    assert again == story
    judged = judge(again.world, again.strategy, INVARIANTS.values())
    assert judged.broken[story.invariant] == story.violation


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it is not JSON"),
        ("[]", "it is no story"),
        ('{"story": 1}', "there is no strategy None"),
        ('{"story": 1, "strategy": "rolling"}', "it has no parameters"),
        ('{"story": 1, "strategy": "rolling", "parameters": {"x": 1}}', "there is no parameter 'x'"),
        ('{"story": 1, "strategy": "rolling", "parameters": {}}', "story.json"),
        ('{"story": 1, "strategy": "rolling", "parameters": {}, "world": {"a": 1}, "invariant": "x"}', "a"),
    ],
)
def test_what_is_no_story_is_refused_in_a_line(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "story.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=problem):
        read_story(path, HOST.strategies)


def test_the_same_seed_finds_the_same() -> None:
    search = Search(examples=5, weathers=("clear", "storm"))
    one, other = (verify(Rolling, INVARIANTS.values(), search) for _ in range(2))
    assert one == other


def test_a_promise_of_an_unknown_invariant_is_refused() -> None:
    class Vain(OffByOneFloor):
        promises = (Promise("never-late"),)

    with pytest.raises(InputError, match="promises 'never-late', which is no invariant"):
        verify(Vain, INVARIANTS.values())


@given(generators.worlds("restart"), st.data(), st.sampled_from(sorted(HOST.strategies)))
@settings(max_examples=30)
def test_a_restart_changes_nothing(world: World, data: st.DataObject, name: str) -> None:
    strategy = data.draw(generators.strategies(HOST.strategies[name]))
    calm = attrs.evolve(world.scenario.weather, restarts=False)
    without = attrs.evolve(world, scenario=attrs.evolve(world.scenario, weather=calm))
    assert world.run(strategy).history == without.run(strategy).history

"""What counts as tried is only what was put to the test, and every kind of weather puts promises to the test."""

from __future__ import annotations

from collections import Counter
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from turnout import Host, Rollout, Scenario, Workload
from turnout.invariants import INVARIANTS
from turnout.testing import generators
from turnout.verify import WEATHERS, Search, World, judge, verify
from turnout_strategies.rolling import Rolling

STRATEGIES = Host().strategies
FAULTS = ("crashed", "killed", "not ready")


@settings(max_examples=150, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.data(), st.sampled_from(WEATHERS), st.sampled_from(sorted(STRATEGIES)))
def test_whatever_is_broken_was_put_to_the_test(data: st.DataObject, kind: str, name: str) -> None:
    world = data.draw(generators.worlds(kind))
    strategy = data.draw(generators.strategies(STRATEGIES[name]))
    trace = world.run(strategy)
    for each in INVARIANTS.values():
        if each.check(trace) is not None:
            assert each.exercised(trace), each.name


def test_a_rollout_without_users_and_operator_says_little() -> None:
    workload = Workload(name="web", rollout=Rollout(replicas=1, target="new"))
    judged = judge(
        World(scenario=Scenario(workload=workload, previous="old")), Rolling(), INVARIANTS.values()
    )
    assert judged.exercised == {"surge-ceiling", "capacity-floor", "one-active-revision", "converges"}


def test_what_nothing_exercises_is_untried() -> None:
    search = Search(examples=5, weathers=("clear",), only={"undo-restores"})
    report = verify(Rolling, INVARIANTS.values(), search)
    (verdict,) = report.verdicts
    assert (verdict.status, verdict.examples, verdict.weathers) == ("untried", 0, ())
    assert not report.kept


def exercised(kind: str, examples: int = 50) -> Counter[str]:
    """In how many of the rollouts that `turnout verify` tries by default what happened."""
    counts = Counter[str]()

    @seed(0)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(world=generators.worlds(kind))
    def every(world: Any) -> None:
        judged = judge(world, Rolling(), INVARIANTS.values())
        counts.update(judged.exercised)
        assert judged.trace is not None
        struck = {each.what for each in judged.trace.history.happenings if each.what in FAULTS}
        counts["struck"] += bool(struck)
        counts["struck and operated"] += bool(struck and judged.deeds)

    every()
    return counts


@pytest.mark.parametrize("kind", [each for each in WEATHERS if each != "clear"])
def test_operators_are_at_work_in_all_weather(kind: str) -> None:
    counts = exercised(kind)
    assert counts["undo-restores"] >= 1
    assert counts["paused-means-still"] >= 1
    if kind == "storm":
        assert counts["struck"] >= 40
        assert counts["struck and operated"] >= 10
    if kind in ("crash", "killed", "node-loss", "flapping"):
        assert counts["struck"] >= 15
        assert counts["struck and operated"] >= 1


@given(generators.worlds("clear"))
def test_clear_weather_has_neither_faults_nor_operators(world: World) -> None:
    assert world.scenario.weather.clear
    assert not world.scenario.runbook.entries


@given(generators.weathers("storm"))
def test_a_storm_has_two_faults_at_least(weather: Any) -> None:
    plain = type(weather)()
    differing = {
        each.name
        for each in attrs.fields(type(weather))
        if getattr(weather, each.name) != getattr(plain, each.name)
    }
    assert len(differing - {"clears_after", "flap_for"}) >= 2
    assert differing & {"crash_every", "kill_every", "node_loss_every", "flap_every"}

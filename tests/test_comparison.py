"""A comparison is fair: the same numbers whatever else is compared, honest ranges, and no answer to nonsense."""

from __future__ import annotations

from fractions import Fraction
from math import inf, isinf, isnan, nan
from typing import TYPE_CHECKING, Any, ClassVar

import attrs
import numpy as np
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from tests.report.samples import NUMBERS, SPECS, host, strategy, traffic, workload
from turnout import (
    Environment,
    Host,
    InputError,
    Requirement,
    Runbook,
    Scenario,
    Strategy,
    TurnoutError,
    Weather,
    compare,
    seconds,
)
from turnout.metrics import METRICS
from turnout.report import comparison_document
from turnout.results import ENOUGH, Range
from turnout.testing.generators import worlds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from turnout import Comparison, Observation, Plan
    from turnout.verify import World


TOTALS = ("sessions", "page_views", "requests")
OF_THE_WINDOW = (*TOTALS, "peak_utilisation")


def every_number(comparison: Comparison) -> dict[str, str]:
    """Every metric of every rollout, by spec; as text, in which nan is nan."""
    return {each.spec: repr(dict(each.rollouts)) for each in comparison.strategies}


def own_numbers(comparison: Comparison, rollouts: int) -> dict[str, str]:
    """The same of the first few rollouts, but for what depends on how long the others take."""
    return {
        each.spec: repr(
            {name: found[:rollouts] for name, found in each.rollouts.items() if name not in OF_THE_WINDOW}
        )
        for each in comparison.strategies
    }


def test_the_same_seed_gives_the_same_result() -> None:
    once, again, other = (
        compare(workload(), traffic(), SPECS, host=host(), rollouts=2, seed=seed) for seed in (3, 3, 4)
    )
    assert every_number(once) == every_number(again)
    assert comparison_document(once) == comparison_document(again)
    assert every_number(once).keys() == every_number(other).keys()
    assert all(every_number(once)[spec] != found for spec, found in every_number(other).items())


@settings(
    max_examples=10, phases=(Phase.explicit, Phase.reuse, Phase.generate)
)  # shrinking would take minutes
@given(st.permutations(SPECS), st.integers(1, len(SPECS)), st.integers(0, 1), st.integers(0, 2))
def test_a_strategy_s_numbers_depend_on_no_other_and_more_rollouts_only_add(
    order: list[str], many: int, seed: int, more: int
) -> None:
    strategies = [strategy(spec) for spec in order[:many]]
    some = compare(workload(), traffic(), strategies, rollouts=2 + more, seed=seed)
    assert [each.parameters for each in some.strategies] == [
        compare(workload(), traffic(), [each], rollouts=1).strategies[0].parameters for each in strategies
    ]
    for spec, numbers in own_numbers(some, 2).items():
        assert numbers == _all_specs(seed)[spec]
    for name in TOTALS:
        assert len({each.rollouts[name] for each in some.strategies}) == 1, "they share one window"


def _all_specs(seed: int, cache: dict[int, dict[str, str]] = {}) -> Mapping[str, str]:  # noqa: B006  (a cache)
    if seed not in cache:
        found = compare(workload(), traffic(), SPECS, host=host(), rollouts=2, seed=seed)
        cache[seed] = own_numbers(found, 2)
    return cache[seed]


def test_every_strategy_meets_the_same_rollouts() -> None:
    """What no strategy has a hand in, such as who is there at the start, is the same for all."""
    rollouts = 12
    rolling, recreate, strange = (
        np.array(
            compare(workload(), traffic(), [spec], host=host(), rollouts=rollouts, seed=seed)
            .strategies[0]
            .rollouts["sessions"]
        )
        for spec, seed in (("rolling", 0), ("recreate", 0), ("rolling", 1))
    )
    assert np.std(rolling - recreate) < np.std(rolling - strange) / 2


def test_the_window_is_the_longest_rollout_of_each_start() -> None:
    specs = ["rolling", "blue-green:switch=drain,drain_timeout=5m", "recreate"]
    together = compare(workload(), traffic(), specs, host=host(), rollouts=4)
    alone = [compare(workload(), traffic(), [spec], host=host(), rollouts=4).strategies[0] for spec in specs]
    for name in TOTALS:
        longest = tuple(max(each) for each in zip(*(each.rollouts[name] for each in alone), strict=True))
        assert all(each.rollouts[name] == longest for each in together.strategies)
    for each, own in zip(together.strategies, alone, strict=True):
        assert own.own_page_views == own.outcome["page_views"] == each.own_page_views


def restated(numbers: Sequence[float], percent: int) -> float | None:
    """The number at that part of the way through all that occurred; between two, the outer one."""
    known = sorted(number for number in numbers if not isnan(number))
    if not known:
        return None
    way = (len(known) - 1) * percent
    found = known[way // 100 if percent < 50 else -(-way // 100)]
    return None if isinf(found) else found


@given(st.lists(NUMBERS, max_size=300))
@example([nan, nan])
@example([inf])
@example([0.0, 1.0])
@example([1.0, inf, nan])
@example([*range(20), inf])
def test_a_range_is_of_numbers_that_occurred(numbers: list[float]) -> None:
    found = Range.of(numbers)
    for number, percent in ((found.low, 5), (found.median, 50), (found.high, 95)):
        expected = restated(numbers, percent)
        assert number == (None if expected is None else pytest.approx(expected, abs=1e-6))
    assert found.count == sum(not isnan(number) for number in numbers)
    if None not in (found.low, found.high):
        assert found.low <= found.median <= found.high  # type: ignore[operator]  # none of them is None


def test_the_percentiles_of_any_count_are_exact() -> None:
    """Where a percentile falls on a number, it is that number, whatever floating point makes of 0.95."""
    for count in range(1, 1002):
        found = Range.of([float(number) for number in range(count)])
        low, median, high = (Fraction(percent, 100) * (count - 1) for percent in (5, 50, 95))
        assert (found.low, found.median, found.high) == (low // 1, -(-median // 1), -(-high // 1))


@settings(max_examples=40)
@given(worlds(), st.sampled_from(SPECS))
def test_the_parts_are_never_more_than_the_whole(world: World, spec: str) -> None:
    found = compare(world.scenario, world.traffic, [strategy(spec)], rollouts=2, seed=world.seed)
    replicas = world.scenario.workload.rollout.replicas
    for index in range(2):
        number = {name: numbers[index] for name, numbers in found.strategies[0].rollouts.items()}
        assert all(value >= 0 or isnan(value) for value in number.values())
        for name, metric in METRICS.items():
            assert metric.share_of is None or number[name] <= number[metric.share_of]
        assert number["backward_sessions"] <= number["mixed_sessions"]
        assert number["broken_page_views"] <= number["mixed_page_views"]
        causes = ("no_endpoint", "terminated", "overloaded", "bad_revision")
        assert number["failed_requests"] == sum(number[f"failed_{cause}"] for cause in causes)
        assert number["failed_overloaded"] == number["failed_bad_revision"] == 0
        assert number["min_available"] <= number["peak_replicas"]
        assert number["mixed_seconds"] <= world.scenario.horizon / 1e6
        if "scale" not in str(world.scenario.runbook):
            assert number["peak_replicas"] >= replicas
            assert (number["extra_replica_seconds"] > 0) <= (number["peak_replicas"] > replicas)


@given(st.data())
@settings(max_examples=6)
def test_meeting_a_limit_is_keeping_it_nearly_always(data: st.DataObject) -> None:
    rollouts = 8
    metrics = st.sampled_from(["mixed_sessions", "mixed_page_views", "failed_requests", "min_available"])
    operators = st.sampled_from(["<=", ">=", "<", ">", "=="])
    asked: list[Requirement] = []
    for _ in range(data.draw(st.integers(1, 3))):
        metric, operator = data.draw(metrics), data.draw(operators)
        percent = METRICS[metric].share_of is not None and data.draw(st.booleans())
        value = data.draw(st.integers(1, 60))
        asked.append(Requirement.parse(f"{metric}{operator}{value}{'%' if percent else ''}"))
    if len({each.metric for each in asked}) < len(asked):
        asked = asked[:1]  # two of one metric may contradict each other
    specs = ["rolling", "recreate", "blue-green"]
    found = compare(workload(), traffic(), specs, host=host(), rollouts=rollouts, require=asked)
    met = []
    for each in found.strategies:
        for requirement in asked:
            kept = sum(_keeps(requirement, each.rollouts, index) for index in range(rollouts))
            assert each.meets[str(requirement)] == pytest.approx(kept / rollouts)
        if all(each.meets[str(requirement)] >= ENOUGH for requirement in asked):
            met.append(each.name)
    assert [each.name for each in found.met] == met
    said = {line.split()[0] for line in found.verdict if " meets " in line and "; it costs " in line}
    assert said == set(met)


def test_19_of_20_rollouts_are_enough_and_18_are_not() -> None:
    slow = Environment(startup=seconds(1000), startup_spread=1)  # so that no two start-ups take as long
    scenario = attrs.evolve(Scenario.of(workload(1)), environment=slow)
    found = compare(scenario, traffic(), [strategy("recreate")], rollouts=20)
    durations = sorted(found.strategies[0].rollouts["duration_seconds"])
    for limit, met in ((durations[18], True), (durations[17], False)):
        text = f"duration_seconds<={limit:f}"
        again = compare(scenario, traffic(), [strategy("recreate")], rollouts=20, require=[text])
        assert [bool(again.met), *again.strategies[0].meets.values()] == [met, 0.95 if met else 0.9]


def _keeps(requirement: Requirement, rollouts: Mapping[str, tuple[float, ...]], index: int) -> bool:
    number = Fraction(rollouts[requirement.metric][index])
    limit = Fraction(requirement.value)
    if requirement.percent:
        limit *= Fraction(rollouts[str(METRICS[requirement.metric].share_of)][index]) / 100
    return {
        "<=": number <= limit,
        ">=": number >= limit,
        "<": number < limit,
        ">": number > limit,
        "==": number == limit,
    }[requirement.operator]


@pytest.mark.parametrize(("rollouts", "alternatives"), [(1, 0), (3, 0), (20, 4), (21, 4)])
def test_progress_counts_every_rollout(rollouts: int, alternatives: int) -> None:
    said: list[tuple[int, int]] = []
    compare(
        workload(1),
        traffic(),
        ["rolling", "recreate"],
        host=host(),
        rollouts=rollouts,
        progress=lambda done, total: said.append((done, total)),
    )
    total = 2 * (rollouts + alternatives * min(20, rollouts))
    assert said == [(done, total) for done in range(2, total + 1, 2)]


def test_without_a_limit_two_are_taken_and_named() -> None:
    found = compare(workload(), traffic(), ["rolling"], host=host(), rollouts=1)
    assert [str(each) for each in found.requirements] == ["broken_page_views<=0", "failed_requests<=0"]
    assert found.verdict[0].startswith(
        "No limit was given; taken: broken_page_views<=0 and failed_requests<=0."
    )


@pytest.mark.parametrize(
    "given",
    [
        {"weather": Weather(never_ready=True)},
        {"runbook": Runbook.parse(["pause at 1s"])},
        {"environment": Environment(startup=seconds(5 * 3600))},
        {"horizon": seconds(1)},
    ],
)
def test_a_rollout_that_never_ends_keeps_no_limit(given: dict[str, Any]) -> None:
    """However well it serves meanwhile: doing nothing is not what was asked for."""
    scenario = attrs.evolve(Scenario.of(workload()), **given)
    found = compare(
        scenario, traffic(), ["rolling"], host=host(), rollouts=3, require=["mixed_sessions<=100%"]
    )
    (rolling,) = found.strategies
    assert (rolling.endless, dict(rolling.meets), found.met) == (3, {"mixed_sessions<=100%": 0.0}, ())
    assert any(line.endswith(": 3 of its 3 rollouts never end.") for line in found.verdict)
    assert "No strategy meets the limits." in found.verdict
    assert not any("meets" in line and "it costs" in line for line in found.verdict)


def test_a_log_that_is_shorter_than_a_rollout_is_said_to_repeat() -> None:
    slow = attrs.evolve(Scenario.of(workload()), environment=Environment(startup=seconds(3600)))
    found = compare(slow, traffic(), ["rolling", "recreate"], host=host(), rollouts=3)
    span = (traffic().end - traffic().start) / 1e6
    times = max(each.own_seconds.high or 0 for each in found.strategies) / span
    (line,) = (line for line in found.verdict if line.startswith("The traffic covers "))
    assert f"met it up to {times:.3g} times over" in line
    assert not any(
        line.startswith("The traffic covers ")
        for line in compare(workload(), traffic(), ["rolling"], host=host(), rollouts=3).verdict
    )


def test_what_the_runbook_could_not_do_is_reported() -> None:
    """Three replicas never have a fourth of the new revision."""
    scenario = attrs.evolve(
        Scenario.of(workload()), runbook=Runbook.parse(["pause when 4 available", "scale 3 1s later"])
    )
    found = compare(scenario, traffic(), ["rolling", "recreate"], host=host(), rollouts=2)
    entries = {"pause when 4 available": 2, "scale 3 1s later": 2}
    assert [dict(each.not_done) for each in found.strategies] == [entries, entries]
    said = [line for line in found.assumptions if line.startswith("The moment for ")]
    assert len(said) == 2
    assert all("rolling (2 of 2), recreate (2 of 2)" in line for line in said)
    document = comparison_document(found)
    assert document["strategies"][0]["not_done"] == [
        {"entry": entry, "rollouts": count} for entry, count in entries.items()
    ]


def test_without_strategies_all_of_the_host_are_compared() -> None:
    found = compare(workload(), traffic(), rollouts=1, host=Host(disabled={"two-step"}))
    assert [each.name for each in found.strategies] == sorted(set(host().strategies) - {"two-step"})
    everything = compare(workload(), rollouts=1)
    assert [each.name for each in everything.strategies] == sorted(host().strategies)
    assert everything.traffic.label == "synthetic"


def test_two_of_one_name_are_told_apart() -> None:
    found = compare(workload(), traffic(), ["blue-green", "rolling", "blue-green:switch=page"], rollouts=1)
    assert [each.label for each in found.strategies] == ["blue-green", "rolling", "blue-green:switch=page"]
    assert [each.name for each in found.strategies] == ["blue-green", "rolling", "blue-green"]


def test_strategies_and_texts_may_be_mixed() -> None:
    found = compare(workload(), traffic(), [strategy("recreate"), "rolling:max_surge=2"], rollouts=1)
    assert [each.spec for each in found.strategies] == ["recreate", "rolling:max_surge=2"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"strategies": ["roling"]}, "there is no strategy 'roling'; did you mean 'rolling'?"),
        ({"strategies": ["rolling:surge=1"]}, "there is no parameter 'surge'; did you mean 'max_surge'?"),
        ({"strategies": ["rolling", "rolling:max_surge=25%"]}, "strategy 'rolling' is given twice"),
        ({"strategies": ["rolling", strategy("rolling")]}, "strategy 'rolling' is given twice"),
        ({"strategies": [strategy("rolling")] * 2}, "strategy 'rolling' is given twice"),
        ({"rollouts": 0}, "rollouts: it cannot be 0; it takes a whole number from 1"),
        ({"rollouts": -3}, "rollouts: it cannot be -3"),
        ({"require": ["failed_requests<=0", "failed_requests>0"]}, "contradict each other"),
        ({"require": ["failed_requests<0"]}, "nothing can keep failed_requests<0"),
        ({"require": ["failures<=0"]}, "'failures' is no metric"),
        ({"host": Host(disabled=set(Host().strategies))}, "there is no strategy to compare"),
        ({"strategies": []}, "there is no strategy to compare"),
    ],
)
def test_nonsense_is_refused(given: dict[str, object], words: str) -> None:
    said: list[int] = []
    given = {"rollouts": 1, "progress": lambda done, _: said.append(done), **given}
    with pytest.raises(InputError) as refusal:
        compare(workload(), traffic(), **given)  # type: ignore[arg-type]  # nonsense, on purpose
    assert words in str(refusal.value)
    assert said == []


def test_traffic_without_a_session_is_refused() -> None:
    none = attrs.evolve(
        traffic(),
        page_offset=np.zeros(1, np.int64),
        request_offset=np.zeros(1, np.int64),
        has_document=np.zeros(0, np.bool_),
        request_time=np.zeros(0, np.int64),
        label="empty.log",
    )
    with pytest.raises(InputError, match=r"empty\.log: the traffic has no session"):
        compare(workload(), none, [strategy("rolling")], rollouts=1)


@attrs.frozen(kw_only=True)
class Sick(Strategy):
    """Fail."""

    name: ClassVar[str] = "sick"

    def decide(self, seen: Observation) -> Plan:
        raise ZeroDivisionError(seen.rollout.target)


def test_a_strategy_that_fails_is_blamed() -> None:
    with pytest.raises(TurnoutError, match=r"sick.*ZeroDivisionError"):
        compare(workload(), traffic(), [Sick()], rollouts=1)


def test_a_workload_stands_for_its_default_scenario() -> None:
    one = compare(workload(), traffic(), ["rolling"], rollouts=1)
    two = compare(Scenario.of(workload()), traffic(), ["rolling"], rollouts=1)
    assert comparison_document(one) == comparison_document(two)


def test_nothing_is_changed_by_looking(capsys: pytest.CaptureFixture[str]) -> None:
    before = [array.copy() for array in (traffic().request_time, traffic().page_offset)]
    strategies: tuple[Strategy, ...] = tuple(strategy(spec) for spec in SPECS)
    compare(workload(), traffic(), strategies, rollouts=1)
    after = [traffic().request_time, traffic().page_offset]
    assert all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))
    assert capsys.readouterr() == ("", "")

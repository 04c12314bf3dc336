"""The answer names an assumption exactly when turning it changes which strategies meet the limits."""

from __future__ import annotations

import shlex

import attrs
import pytest
from click import Context
from hypothesis import given

from tests.report.samples import KIADA, strategy, traffic, workload
from turnout import Environment, Scenario, compare, seconds
from turnout.cli.compare import compare as command
from turnout.cli.root import root
from turnout.cli.scenario import read_scenario
from turnout.sensitivity import Alternative, alternatives, changes_in_words
from turnout.testing.generators import scenarios

_SAID = "This would change the answer: "


@given(scenarios())
def test_an_alternative_differs_in_what_it_says(scenario: Scenario) -> None:
    for each in alternatives(scenario):
        assert each.scenario != scenario
        assert each.scenario.workload == scenario.workload
        changed = attrs.asdict(each.scenario.environment).items() - attrs.asdict(scenario.environment).items()
        assert len(changed) + (each.scenario.serves != scenario.serves) == 1
    words = [each.words for each in alternatives(scenario)]
    assert len(set(words)) == len(words) == 4


def _read(*options: str) -> Scenario:
    parent = Context(root, **root.context_settings)
    with command.make_context("compare", [str(KIADA), *options], parent=parent) as context:
        return read_scenario(context.params)


@pytest.mark.parametrize(
    "options", [[], ["--startup", "0s"], ["--removal-delay", "1m", "--shutdown", "1.5s"]]
)
def test_its_option_asks_for_it_on_the_command_line(options: list[str]) -> None:
    for each in alternatives(_read(*options)):
        assert _read(*options, *shlex.split(each.option)) == each.scenario


def test_what_is_assumed_already_is_no_alternative() -> None:
    both = Scenario(workload=workload(), serves=[("previous", "v2"), ("v2", "previous")])
    assert not any(each.option.startswith("--serves") for each in alternatives(both))
    one = Scenario(workload=workload(), serves=[("previous", "v2")])
    assert alternatives(one)[0].scenario == both


def _met(scenario: Scenario, specs: list[str], require: list[str]) -> tuple[set[str], list[str]]:
    found = compare(scenario, traffic(), [strategy(spec) for spec in specs], rollouts=20, require=require)
    return {each.label for each in found.met}, [line for line in found.verdict if line.startswith(_SAID)]


@pytest.mark.parametrize(
    ("specs", "require", "environment", "changing"),
    [
        # Mixed pages are what breaks rolling: if they worked, it would do; a late endpoint would spoil everything.
        (
            ["rolling", "recreate"],
            ["broken_page_views<=0", "failed_requests<=0"],
            Environment(),
            {"--serves"},
        ),
        (["rolling"], ["failed_requests<=0"], Environment(), {"--removal-delay"}),
        (["rolling", "recreate"], ["duration_seconds<=30"], Environment(), {"--startup"}),
        (["rolling"], ["failed_requests<=0"], Environment(removal_delay=seconds(8)), {"--shutdown"}),
        (["recreate"], ["failed_requests<=0"], Environment(), set()),
    ],
)
def test_a_sentence_stands_for_a_change(
    specs: list[str],
    require: list[str],
    environment: Environment,
    changing: set[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scenario = attrs.evolve(Scenario.of(workload()), environment=environment)
    before, lines = _met(scenario, specs, require)
    monkeypatch.setattr(
        "turnout.comparison.alternatives", lambda _: ()
    )  # those of the alternatives take their time
    found = set()
    for each in alternatives(scenario):
        after, _ = _met(each.scenario, specs, require)
        said = [line for line in lines if f"if {each.words}, " in line]
        assert len(said) == (before != after)
        for line in said:
            assert f"({each.option}, tried in 20 rollouts each)" in line
            for label in specs:
                gains = "would meet the limits, too" in line and label in after - before
                loses = "would not meet them any more" in line and label in before - after
                assert (f" {label} " in line) == (gains or loses)
            found.add(each.option.split()[0])
    assert len(lines) == len(found)
    assert found >= changing
    assert found or not changing


def test_a_change_contradicts_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    """What meets a limit in the first 20 rollouts, but not in all, is not said to meet it, too, under a condition."""
    slow = Environment(startup=seconds(1000), startup_spread=1)
    bare = attrs.evolve(Scenario.of(workload(1)), environment=slow)

    def lasted(seed: int) -> list[float]:
        found = compare(bare, traffic(), [strategy("recreate")], rollouts=40, seed=seed)
        return list(found.strategies[0].rollouts["duration_seconds"])

    with monkeypatch.context() as patch:
        patch.setattr("turnout.comparison.alternatives", lambda _: ())  # those take their time
        found = ((seed, lasted(seed)) for seed in range(100))
        lucky = ((seed, max(all_[:20])) for seed, all_ in found if sum(x > max(all_[:20]) for x in all_) > 2)
        seed, limit = next(lucky)
    require = [f"duration_seconds<={limit:f}"]
    found_out = compare(bare, traffic(), [strategy("recreate")], rollouts=40, seed=seed, require=require)
    assert found_out.met == ()
    assert not any("would meet the limits, too" in line for line in found_out.verdict)


def test_too_few_rollouts_say_nothing_about_assumptions() -> None:
    found = compare(
        workload(), traffic(), [strategy("rolling")], rollouts=19, require=["broken_page_views<=0"]
    )
    assert not any(line.startswith(_SAID) for line in found.verdict)


def test_gains_and_losses_in_words() -> None:
    one = Alternative("pigs flew", "--pigs fly", Scenario.of(workload()))
    assert changes_in_words(one, frozenset(), frozenset(), 20) is None
    assert changes_in_words(one, frozenset({"b", "a"}), frozenset({"c"}), 20) == (
        "This would change the answer: if pigs flew, a and b would meet the limits, too; "
        "c would not meet them any more (--pigs fly, tried in 20 rollouts each)."
    )

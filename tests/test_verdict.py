"""The verdict in words says what the numbers say, and the assumptions name options that there are."""

from __future__ import annotations

import re
from math import inf, nan
from typing import TYPE_CHECKING

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.report.samples import outcomes, traffic, workload
from turnout import Environment, Lifecycle, Requirement, Runbook, Scenario, Weather, seconds
from turnout.cli.compare import compare as command
from turnout.metrics import METRICS
from turnout.results import ENOUGH, Range, StrategyOutcome
from turnout.testing.generators import scenarios
from turnout.verdict import assumptions, verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LIMITS = (Requirement.parse("failed_requests<=0"), Requirement.parse("mixed_sessions<=1%"))


def outcome(
    label: str,
    meets: Mapping[Requirement, float],
    rollouts: int = 200,
    own_page_views: Sequence[float] = (100.0,),
    **given: Sequence[float],
) -> StrategyOutcome:
    """An outcome whose numbers are 100, but for those given."""
    numbers = {name: tuple(given.get(name, (100.0,))) for name in METRICS}
    numbers = {name: found * (rollouts // len(found)) for name, found in numbers.items()}
    return StrategyOutcome(
        name=label,
        label=label,
        spec=label,
        parameters={},
        outcome={name: Range.of(found) for name, found in numbers.items()},
        promises=(),
        meets={str(requirement): share for requirement, share in meets.items()},
        own_page_views=Range.of(own_page_views),
        rollouts=numbers,
    )


def say(*found: StrategyOutcome, limits: tuple[Requirement, ...] = LIMITS[:1]) -> tuple[str, ...]:
    return verdict(found, limits, taken=False, enough=ENOUGH)[1:]


@given(st.lists(outcomes("some", LIMITS), min_size=1, max_size=5), st.booleans())
def test_every_strategy_is_judged_once_whatever_its_numbers(
    found: list[StrategyOutcome],
    taken: bool,  # noqa: FBT001  (Hypothesis fills it in)
) -> None:
    named = [attrs.evolve(each, label=f"s{index}") for index, each in enumerate(found)]
    lines = verdict(named, LIMITS, taken=taken, enough=ENOUGH)
    assert lines[0].startswith("No limit was given; taken: " if taken else "Limits: ")
    for each in named:
        meets = all(share >= ENOUGH for share in each.meets.values())
        (line,) = (line for line in lines if line.startswith(f"{each.label} "))
        assert ("meets all; it costs " in line) == meets
        assert (" keeps " in line) == (not meets)
    assert not any(re.search(r"\b(inf|nan|None)\b", line) for line in lines)
    assert ("No strategy meets the limits." in lines) == (
        not any(all(share >= ENOUGH for share in each.meets.values()) for each in named)
    )


def test_the_cheapest_comes_first() -> None:
    free, dear = (
        outcome(name, {LIMITS[0]: 1.0}, extra_replica_seconds=[extra])
        for name, extra in (("free", 0.0), ("dear", 9.0))
    )
    endless = outcome("endless", {LIMITS[0]: 1.0}, duration_seconds=[inf], rollback_seconds=[inf])
    lines = say(endless, dear, free)
    assert lines == (
        (
            "free meets it; it costs 0 extra replica seconds, takes 1m40s, runs up to 100 replicas, "
            "and going back takes 1m40s."
        ),
        (
            "dear meets it; it costs 9 extra replica seconds, takes 1m40s, runs up to 100 replicas, "
            "and going back takes 1m40s."
        ),
        (
            "endless meets it; it costs 100 extra replica seconds, never ends, runs up to 100 replicas, "
            "and going back never ends."
        ),
        "Of those that meet the limits, free costs the fewest extra replica seconds.",
    )


def test_a_way_back_that_was_never_gone_is_not_mentioned() -> None:
    (line,) = say(outcome("some", {LIMITS[0]: 1.0}, rollback_seconds=[nan]))
    assert line.endswith("runs up to 100 replicas.")


@pytest.mark.parametrize(
    ("limit", "share", "words"),
    [
        # 189 of 200 is 94.5 %, and not the 95 % that it rounds to; 1 of 200 is not 0 %.
        ("requests<=0", 0.945, "only in 189 of its 200 rollouts: median 5, 95th percentile 9."),
        ("requests<=0", 0.005, "only in 1 of its 200 rollouts: median 5, 95th percentile 9."),
        ("requests<=0", 0.0, "in none of its 200 rollouts: median 5, 95th percentile 9."),
        # What breaks a least is the low end.
        ("requests>=6", 0.5, "only in 100 of its 200 rollouts: median 5, 5th percentile 1."),
        (
            "requests==5",
            0.5,
            "only in 100 of its 200 rollouts: median 5, 5th percentile 1, 95th percentile 9.",
        ),
        (
            "failed_requests<1%",
            0.5,
            "only in 100 of its 200 rollouts: median 5, 95th percentile 9, of 5 requests.",
        ),
        (
            "duration_seconds<5",
            0.5,
            "only in 100 of its 200 rollouts: median 5, 95th percentile without end.",
        ),
    ],
)
def test_a_failure_is_counted_and_shows_the_numbers_that_break_the_limit(
    limit: str, share: float, words: str
) -> None:
    requirement = Requirement.parse(limit)
    some = [1.0, 5.0, 5.0, 9.0]
    found = outcome(
        "some", {requirement: share}, requests=some, failed_requests=some, duration_seconds=[1, 5, 5, inf]
    )
    assert say(found, limits=(requirement,))[:2] == (
        f"some keeps {requirement} {words}",
        "No strategy meets the limits.",
    )


def test_of_several_limits_the_worst_is_named() -> None:
    found = outcome("some", {LIMITS[0]: 0.9, LIMITS[1]: 0.2})
    assert say(found, limits=LIMITS)[0].startswith("some keeps mixed_sessions<=1% only in 40 of its 200 ")


@pytest.mark.parametrize(
    ("views", "scale", "advice"),
    [
        (0, 1, "--scale-traffic 100 repeats"),
        (5, 1, "--scale-traffic 20 repeats"),
        (19, 1, "--scale-traffic 5 repeats"),
        (20, 1, None),
        # What has been scaled already is scaled by that much more: the option takes the product.
        (5, 3, "--scale-traffic 60, 20 times what it is now, repeats"),
        (19, 2.5, "--scale-traffic 12.5, 5 times what it is now, repeats"),
        (19, 0.1, "--scale-traffic 0.5, 5 times what it is now, repeats"),
        (20, 3, None),
    ],
)
def test_thin_traffic_is_pointed_out(views: int, scale: float, advice: str | None) -> None:
    """However long the window is: what counts is what falls into a strategy's own rollout."""
    some = outcome("some", {LIMITS[0]: 1.0}, page_views=[1000.0], own_page_views=[float(views)])
    found = verdict([some], LIMITS[:1], taken=False, enough=ENOUGH, scale=scale)
    warning = [line for line in found if line.startswith("The traffic is thin: ")]
    assert len(warning) == (advice is not None)
    assert not advice or advice in warning[0]


def test_a_number_that_not_every_rollout_has_says_so() -> None:
    limit = Requirement.parse("rollback_seconds<=5")
    some = outcome("some", {limit: 0.5}, rollback_seconds=[nan, 9.0, 9.0, 9.0])
    assert say(some, limits=(limit,))[0] == (
        "some keeps rollback_seconds<=5 only in 100 of its 200 rollouts: median 9, 95th percentile 9, "
        "where there is one, in 150 of them."
    )


def options() -> set[str]:
    return {name for parameter in command.params for name in parameter.opts}


@given(scenarios())
def test_assumptions_name_options_that_there_are(scenario: Scenario) -> None:
    lines = assumptions(scenario, traffic(), 7, bridged=True)
    named = {name for line in lines for name in re.findall(r"(?<!\w)--[a-z-]+", line)}
    assert named <= options()
    assert all(
        line.endswith(".") and not re.search(r"\b(inf|nan|None|True|[A-Z]\w+\()", line) for line in lines
    )
    assert set(traffic().notes) <= set(lines)
    assert (scenario.runbook.entries == ()) == ("--do" not in named)


def test_what_is_not_at_its_default_is_said() -> None:
    scenario = attrs.evolve(
        Scenario.of(attrs.evolve(workload(), lifecycle=Lifecycle(pre_stop_seconds=None))),
        environment=Environment(
            capacity=2.5, pre_stop=seconds(7), startup=seconds(90), shutdown=seconds(1.5)
        ),
        weather=Weather(crash_every=seconds(60), never_ready=True, error_share=0.25),
        runbook=Runbook.parse(["pause when 1 available", "resume 10m later"]),
        serves=[("v2", "previous")],
        patience=seconds(5),
        detect=seconds(6),
    )
    lines = assumptions(scenario, traffic(), 7, bridged=True)
    for words in (
        "Pages and assets of different revisions do not work together, except assets of v2 with pages of previous",
        "A replica answers 1m30s (median)",
        "a replica serves on for 1.5s",
        "The preStop hook takes 7s (--pre-stop).",
        "A replica serves 2.5 requests a second; what comes beyond that fails (--capacity).",
        "An operator acts: pause when 1 available; resume 10m later (--do).",
        "Faults: --crash-every 1m, --never-ready, --error-share 0.25.",
        "after 5s (--patience)",
        "6s after requests can first reach it (--detect)",
        "7 rollouts at times drawn evenly from the traffic",
    ):
        assert sum(words in line for line in lines) == 1
    assert not any("no capacity limit" in line for line in lines)


def test_clear_skies_are_not_mentioned() -> None:
    calm = attrs.evolve(
        Scenario.of(workload()), weather=Weather(flap_for=seconds(1), clears_after=seconds(9))
    )
    assert not any("Faults" in line for line in assumptions(calm, traffic(), 7, bridged=False))


def test_a_bridge_is_mentioned_only_where_one_is_passed() -> None:
    scenario = Scenario.of(workload())
    for bridged in (False, True):
        lines = assumptions(scenario, traffic(), 7, bridged=bridged)
        assert any("The bridge ('bridge')" in line for line in lines) == bridged

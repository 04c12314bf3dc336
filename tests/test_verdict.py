"""The verdict in words says what the numbers say, and the assumptions name options that there are."""

from __future__ import annotations

import re
from math import inf, nan
from types import MappingProxyType
from typing import TYPE_CHECKING

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.report.samples import outcomes, traffic, workload
from turnout import (
    Environment,
    Lifecycle,
    Requirement,
    Runbook,
    Scenario,
    Traffic,
    Weather,
    scale_traffic,
    seconds,
)
from turnout.cli.compare import compare as command
from turnout.metrics import METRICS
from turnout.results import ENOUGH, Range, StrategyOutcome
from turnout.testing.generators import scenarios
from turnout.verdict import assumptions, cautions, not_done, verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HORIZON = seconds(6 * 3600)
LIMITS = (Requirement.parse("failed_requests<=0"), Requirement.parse("mixed_sessions<=1%"))


def outcome(
    label: str,
    meets: Mapping[Requirement, float],
    rollouts: int = 200,
    own_page_views: Sequence[float] = (100.0,),
    own_seconds: Sequence[float] = (50.0,),
    not_done: Mapping[str, int] = MappingProxyType({}),
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
        own_seconds=Range.of(own_seconds),
        not_done=not_done,
        rollouts=numbers,
    )


def say(*found: StrategyOutcome, limits: tuple[Requirement, ...] = LIMITS[:1]) -> tuple[str, ...]:
    return verdict(found, limits, taken=False, enough=ENOUGH, horizon=HORIZON)[1:]


@given(st.lists(outcomes("some", LIMITS), min_size=1, max_size=5), st.booleans())
def test_every_strategy_is_judged_once_whatever_its_numbers(
    found: list[StrategyOutcome],
    taken: bool,  # noqa: FBT001  (Hypothesis fills it in)
) -> None:
    named = [attrs.evolve(each, label=f"s{index}") for index, each in enumerate(found)]
    lines = verdict(named, LIMITS, taken=taken, enough=ENOUGH, horizon=HORIZON)
    assert any("(--horizon) keeps no limit" in line for line in lines) == any(each.endless for each in named)
    assert lines[0].startswith("No limit was given; taken: " if taken else "Limits: ")
    for each in named:
        meets = all(share >= ENOUGH for share in each.meets.values())
        (line,) = (line for line in lines if line.startswith(f"{each.label} "))
        assert bool(re.search(r" meets all( \(but .*\))?; it costs ", line)) == meets
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
    late = outcome("late", {LIMITS[0]: 1.0}, rollback_seconds=[inf])
    lines = say(late, dear, free)
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
            "late meets it; it costs 100 extra replica seconds, takes 1m40s, runs up to 100 replicas, "
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
            0.0,
            "in none of its 200 rollouts: 50 of its 200 rollouts never end.",
        ),
    ],
)
def test_a_failure_is_counted_and_shows_the_numbers_that_break_the_limit(
    limit: str, share: float, words: str
) -> None:
    requirement = Requirement.parse(limit)
    some = [1.0, 5.0, 5.0, 9.0]
    took = [1, 5, 5, inf] if requirement.metric == "duration_seconds" else [5.0]
    found = outcome("some", {requirement: share}, requests=some, failed_requests=some, duration_seconds=took)
    assert [line for line in say(found, limits=(requirement,)) if "(--horizon)" not in line] == [
        f"some keeps {requirement} {words}",
        "No strategy meets the limits.",
    ]


def test_a_rollout_that_never_ends_is_named_whatever_the_limit() -> None:
    never, once, rarely = (
        outcome(
            name, {LIMITS[0]: 1 - endless / 200}, duration_seconds=[5.0] * (200 - endless) + [inf] * endless
        )
        for name, endless in (("never", 200), ("once", 1), ("rarely", 11))
    )
    assert say(never, once, rarely) == (
        "A rollout that has not ended after 6h (--horizon) keeps no limit.",
        (
            "once meets it in 199 of its 200 rollouts; it costs 100 extra replica seconds, takes 5s, runs up to 100 "
            "replicas, and going back takes 1m40s."
        ),
        "never keeps failed_requests<=0 in none of its 200 rollouts: 200 of its 200 rollouts never end.",
        "rarely keeps failed_requests<=0 only in 189 of its 200 rollouts: 11 of its 200 rollouts never end.",
    )


def test_the_rollouts_that_break_a_limit_that_is_met_are_counted() -> None:
    """The table's 95th percentile may be one of them."""
    found = outcome("some", {LIMITS[0]: 0.95}, rollouts=20, failed_requests=[0.0] * 19 + [1.0])
    assert found.outcome["failed_requests"].high == 1
    assert say(found)[0].startswith("some meets it in 19 of its 20 rollouts; it costs ")
    both = outcome("some", {LIMITS[0]: 0.95, LIMITS[1]: 1.0}, rollouts=20)
    assert say(both, limits=LIMITS)[0].startswith(
        "some meets all (but failed_requests<=0 in 19 of its 20 rollouts); it costs "
    )
    clean = outcome("some", {LIMITS[0]: 1.0, LIMITS[1]: 1.0}, rollouts=20)
    assert say(clean, limits=LIMITS)[0].startswith("some meets all; it costs ")


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
    found = cautions([some], attrs.evolve(traffic(), scale=scale), longest=50)
    assert len(found) == (advice is not None)
    assert not advice or advice in found[0]
    assert (
        not advice
        or "in their own 50s, half of the rollouts of some meet fewer than 20 page views" in found[0]
    )


def test_thin_traffic_is_that_of_the_strategies_own_rollouts() -> None:
    """The table counts page views over a longer window."""
    found = [
        outcome(name, {LIMITS[0]: 1.0}, page_views=[649.0], own_page_views=[views], own_seconds=[length])
        for name, views, length in (("one", 3.0, 8.0), ("two", 19.0, 56.4), ("three", 649.0, 3600.0))
    ]
    (line,) = cautions(found, traffic(), longest=3600)
    assert "in their own 8s–56s, half of the rollouts of one, two meet fewer" in line


def test_what_is_repeated_adds_nothing() -> None:
    """A log of a second, met again and again, is one page view."""
    some = outcome("some", {LIMITS[0]: 1.0}, own_page_views=[3092.0])
    short = Traffic(
        page_offset=np.array([0, 1]),
        request_offset=np.array([0, 1]),
        has_document=np.ones(1, np.bool_),
        request_time=np.zeros(1, np.int64),
        start=0,
        end=seconds(1),
        label="one.log",
        epoch=0,
    )
    assert cautions([some], short, longest=3092) == (
        "The log covers 1s; rollouts met it up to 3,092 times over, which shows nothing new.",
        (
            "The traffic is thin: without its repetitions it is 1 page view, so that meeting a limit says little; take "
            "more of it."
        ),
    )
    assert len(cautions([some], scale_traffic(short, 500, 0), longest=1)) == 1, (
        "nor does repeating it otherwise"
    )
    hour = (traffic().end - traffic().start) / 1e6
    assert cautions([some], traffic(), longest=hour) == ()
    (line,) = cautions([some], traffic(), longest=1.5 * hour)
    assert re.fullmatch(r"The traffic covers 1h.*; rollouts met it up to 1\.5 times over, .*", line)


def test_what_the_runbook_could_not_do_is_said() -> None:
    one, two = (
        outcome(name, {LIMITS[0]: 1.0}, not_done=entries)
        for name, entries in (
            ("one", {"pause when 7 available": 3}),
            ("two", {"pause when 7 available": 2, "undo 1s later": 2}),
        )
    )
    assert not_done([one, two], 3) == (
        (
            "The moment for 'pause when 7 available' did not come, so that it was not done, in rollouts of one "
            "(3 of 3), two (2 of 3)."
        ),
        "The moment for 'undo 1s later' did not come, so that it was not done, in rollouts of two (2 of 3).",
    )
    assert not_done([outcome("some", {LIMITS[0]: 1.0})], 3) == ()


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
        environment=Environment(capacity=2, pre_stop=seconds(7), startup=seconds(90), shutdown=seconds(1.5)),
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
        "A replica serves 2 requests a second; what comes beyond that fails (--capacity).",
        "An operator acts: pause when 1 available; resume 10m later (--do).",
        "Faults: --crash-every 1m, --never-ready, --error-share 0.25.",
        "after 5s (--patience)",
        "6s after requests can first reach it (--detect)",
        "7 rollouts at times drawn evenly from the traffic",
    ):
        assert sum(words in line for line in lines) == 1
    assert not any("no capacity limit" in line for line in lines)


def test_a_queue_is_said_to_be_one() -> None:
    environment = Environment(capacity=2, queue_timeout=seconds(0.5))
    lines = assumptions(
        attrs.evolve(Scenario.of(workload()), environment=environment), traffic(), 7, bridged=False
    )
    words = (
        "A replica serves 2 requests a second, one after the other (--capacity); a request that would wait for more "
        "than 0.5s fails (--queue-timeout)."
    )
    assert words in lines
    assert sum("--capacity" in line for line in lines) == 1


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

"""What comparisons are made of in tests: a small workload, a little traffic, and generated results."""

from __future__ import annotations

from functools import cache
from math import inf, nan
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from turnout import (
    Comparison,
    Host,
    Lifecycle,
    Probe,
    Requirement,
    Rollout,
    Scenario,
    Synthetic,
    Traffic,
    Workload,
    seconds,
)
from turnout.metrics import METRICS
from turnout.model import MOST_REPLICAS
from turnout.results import Range, StrategyOutcome

if TYPE_CHECKING:
    from turnout import Strategy

KIADA = Path(__file__).parents[2] / "docs" / "examples" / "kiada" / "deployment.yaml"
DATA = Path(__file__).parents[3] / "shared" / "data"


@cache
def host() -> Host:
    return Host()


def strategy(spec: str) -> Strategy:
    return host().strategy(spec)


def workload(replicas: int = 3) -> Workload:
    """A small fleet that starts and ends in seconds, and whose endpoints follow in time."""
    return Workload(
        name="web",
        rollout=Rollout(replicas=replicas, target="v2"),
        lifecycle=Lifecycle(readiness=Probe(period_seconds=1), pre_stop_seconds=5.0),
        source="web.yaml:1",
    )


@cache
def traffic() -> Traffic:
    """An hour of busy synthetic traffic."""
    return Synthetic(duration=seconds(3600), sessions_per_minute=20, assets_per_page=4).load(7)


SPECS = (
    "rolling",
    "rolling:max_surge=1,max_unavailable=0",
    "session-affinity",
    "session-affinity:to=replica",
    "blue-green",
    "blue-green:switch=page",
    "blue-green:switch=drain,drain_timeout=5m",
    "two-step",
    "two-step:inner=blue-green",
    "recreate",
)

NUMBERS = st.one_of(
    st.integers(0, 10**6).map(float), st.floats(0, 1e18), st.sampled_from((0.0, 1.0, inf, nan, 1e-9, 0.0095))
)
NAMES = st.text(st.characters(categories=("L", "N", "P", "S"), codec="utf-8"), min_size=1, max_size=150)


@st.composite
def outcomes(draw: st.DrawFn, label: str, requirements: tuple[Requirement, ...]) -> StrategyOutcome:
    count = draw(st.integers(1, 4))
    pool = draw(st.lists(NUMBERS, min_size=4, max_size=7))
    rollouts = {
        name: tuple(pool[(place + each) % len(pool)] for each in range(count))
        for place, name in enumerate(METRICS)
    }
    kept = st.sampled_from([number / count for number in range(count + 1)])
    return StrategyOutcome(
        name=label.partition(":")[0] or "some",
        label=label,
        spec=label,
        parameters={},
        outcome={name: Range.of(numbers) for name, numbers in rollouts.items()},
        promises=(),
        meets={str(each): draw(kept) for each in requirements},
        own_page_views=Range.of(draw(st.lists(NUMBERS, min_size=1, max_size=4))),
        own_seconds=Range.of(draw(st.lists(NUMBERS, min_size=1, max_size=4))),
        not_done=draw(st.dictionaries(NAMES, st.integers(1, count), max_size=2)),
        rollouts=rollouts,
    )


@st.composite
def comparisons(draw: st.DrawFn) -> Comparison:
    """Any result: any specs, any numbers, any sentences."""
    requirements = (Requirement.parse("failed_requests<=0"), Requirement.parse("mixed_sessions<1%"))
    labels = draw(st.lists(NAMES, min_size=1, max_size=11, unique=True))
    sentences = st.lists(
        st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1), max_size=3
    )
    return Comparison(
        scenario=Scenario.of(workload(draw(st.integers(0, MOST_REPLICAS)))),
        traffic=traffic(),
        count=draw(st.integers(1, 10**9)),
        seed=draw(st.integers()),
        requirements=requirements,
        strategies=tuple(draw(outcomes(label, requirements)) for label in labels),
        verdict=tuple(draw(sentences)),
        assumptions=tuple(draw(sentences)),
    )

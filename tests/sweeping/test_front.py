"""The Pareto front, held against its definition."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnout import InputError
from turnout.results import Range, StrategyOutcome
from turnout.sweeping.front import DEFAULT_METRICS, as_metrics, pareto_front

METRICS = ("mixed_sessions", "min_available", "rollback_seconds")
VALUES = st.sampled_from((0.0, 1.0, 2.0, 3.0, None))


def point(numbers: tuple[float | None, ...], counts: tuple[int, ...]) -> StrategyOutcome:
    return StrategyOutcome(
        name="some",
        label="some",
        spec="some",
        parameters={},
        outcome={
            metric: Range(number if count else None, None, None, count)
            for metric, number, count in zip(METRICS, numbers, counts, strict=True)
        },
        promises=(),
        meets={},
        own_page_views=Range.of([1]),
        own_seconds=Range.of([1]),
        not_done={},
        rollouts={},
    )


def good(each: StrategyOutcome, metric: str) -> float:
    """How good, by other words than the code's: never ending is worst, and nothing to measure is nothing bad."""
    found = each.outcome[metric]
    if found.count == 0:
        return 1e9
    if found.median is None:
        return -1e9
    return found.median if metric == "min_available" else -found.median


@given(
    st.lists(
        st.tuples(
            st.tuples(VALUES, VALUES.filter(lambda each: each is not None), VALUES),
            st.tuples(st.just(1), st.just(1), st.sampled_from((0, 1, 1))),
        ),
        max_size=12,
    ),
    st.sets(st.sampled_from(METRICS), min_size=1).map(sorted),
)
def test_the_front_is_what_nothing_beats(
    numbers: list[tuple[tuple[float | None, ...], tuple[int, ...]]], metrics: list[str]
) -> None:
    points = [point(each, counts) for each, counts in numbers]
    front = pareto_front(points, metrics)
    for index, own in enumerate(points):
        beaten = any(
            all(good(other, m) >= good(own, m) for m in metrics)
            and any(good(other, m) > good(own, m) for m in metrics)
            for other in points
        )
        assert (index in front) is not beaten
    assert bool(front) == bool(points)


def test_which_metrics_count() -> None:
    assert as_metrics(()) == DEFAULT_METRICS
    assert as_metrics("min_available") == ("min_available",)
    assert as_metrics(["min_available", "mixed_sessions", "min_available"]) == (
        "min_available",
        "mixed_sessions",
    )


@pytest.mark.parametrize(
    ("metrics", "says"),
    [
        ("mixed_session", "did you mean 'mixed_sessions'?"),
        ("sessions", "neither less nor more sessions is better"),
        ([3], "it cannot be 3"),
        (3, "it cannot be 3"),
    ],
)
def test_what_does_not_count(metrics: object, says: str) -> None:
    with pytest.raises(InputError) as caught:
        as_metrics(metrics)  # type: ignore[arg-type]  # what a program hands in
    assert says in str(caught.value)

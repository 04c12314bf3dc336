"""The table of metrics fits together."""

from __future__ import annotations

import pytest

from turnout.metrics import METRICS, Metric

NOTHING_TO_WISH_FOR = {"sessions", "page_views", "requests"}


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS.keys())
def test_a_metric_says_what_it_is(metric: Metric) -> None:
    assert METRICS[metric.name] is metric
    assert metric.name.replace("_", "").isalpha()
    assert metric.name.islower()
    assert metric.about
    assert not metric.about.endswith(".")
    assert metric.unit
    assert (metric.better is None) == (metric.name in NOTHING_TO_WISH_FOR)


@pytest.mark.parametrize(
    "metric", [each for each in METRICS.values() if each.share_of], ids=lambda each: each.name
)
def test_a_share_is_of_a_total_in_the_same_unit(metric: Metric) -> None:
    assert metric.share_of is not None
    whole = METRICS[metric.share_of]
    assert whole.share_of is None
    assert whole.unit == metric.unit
    assert whole.name in NOTHING_TO_WISH_FOR


def test_failed_requests_are_split_by_cause() -> None:
    causes = [name for name in METRICS if name.startswith("failed_") and name != "failed_requests"]
    each = ("no_endpoint", "not_started", "terminated", "overloaded", "bad_revision")
    assert causes == [f"failed_{cause}" for cause in each]
    assert {METRICS[name].share_of for name in causes} == {"requests"}

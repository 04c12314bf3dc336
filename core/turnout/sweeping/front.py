"""The Pareto front: the points that no other point beats in every metric that counts."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from turnout.arguments import check_instance, listed
from turnout.errors import InputError, nearest
from turnout.metrics import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from turnout.results import StrategyOutcome

__all__ = ["DEFAULT_METRICS", "as_metrics", "badness", "pareto_front"]

DEFAULT_METRICS = ("mixed_sessions", "extra_replica_seconds")
"""What users notice, and what it costs."""


def as_metrics(given: Iterable[str] | str) -> tuple[str, ...]:
    """Read which metrics count; the default ones if there are none.

    Raises:
        InputError: If one is no metric, or is one of which neither less nor more is better.
    """
    right = "it takes names of metrics, such as 'mixed_sessions'"
    names = listed(given, "metrics", right)
    for name in names:
        check_instance(name, str, "metrics", right)
        if name not in METRICS:
            raise InputError(f"{name!r} is no metric", where="metrics", hint=nearest(name, METRICS))
        if METRICS[name].better is None:
            directed = (each.name for each in METRICS.values() if each.better)
            what = f"neither less nor more {name} is better"
            raise InputError(what, where="metrics", hint=nearest(name, directed))
    return tuple(dict.fromkeys(names)) or DEFAULT_METRICS


def badness(outcome: StrategyOutcome, metric: str) -> float:
    """How bad a strategy's median of a metric is: less is better whatever the metric.

    Never ending is the worst; where there was nothing to measure, there was nothing bad.
    """
    found = outcome.outcome[metric]
    if not found.count:
        return -inf
    number = inf if found.median is None else found.median
    return -number if METRICS[metric].better == "more" else number


def pareto_front(points: Sequence[StrategyOutcome], metrics: Sequence[str]) -> tuple[int, ...]:
    """Find the points to which no other is at least as good in every metric, and better in one.

    Args:
        points: What each point did.
        metrics: What counts.

    Returns:
        Their indices, in the order of the points. Of points that are equal in every metric, all or none.
    """
    numbers = [tuple(badness(each, metric) for metric in metrics) for each in points]
    return tuple(
        index
        for index, own in enumerate(numbers)
        if not any(
            other != own and all(a <= b for a, b in zip(other, own, strict=True)) for other in set(numbers)
        )
    )

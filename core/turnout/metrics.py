"""The metrics of a comparison: their names, what they count, and what they are a share of."""

from __future__ import annotations

from typing import Literal

import attrs

__all__ = ["METRICS", "Metric"]


@attrs.frozen
class Metric:
    """One number that a comparison reports for a strategy.

    Attributes:
        name: Its name, in tables, JSON and requirements.
        about: What it is.
        unit: What it is counted in.
        better: Which way is better; None where neither is.
        share_of: The metric that it is a part of, for shares such as ``mixed_sessions<=1%``; None for none.
    """

    name: str
    about: str
    unit: str
    better: Literal["less", "more"] | None = "less"
    share_of: str | None = None


_ALL = (
    Metric(
        "sessions",
        "sessions that fall into the window: it begins with the rollout, and is over when the last of the compared "
        "strategies has ended its own",
        "sessions",
        None,
    ),
    Metric("mixed_sessions", "sessions served by more than one revision", "sessions", "less", "sessions"),
    Metric(
        "backward_sessions",
        "sessions that returned to an older revision: with a later request, of the same page or a later one",
        "sessions",
        "less",
        "sessions",
    ),
    Metric(
        "orphaned_sessions",
        "sessions whose pinned replica or revision was gone",
        "sessions",
        "less",
        "sessions",
    ),
    Metric("page_views", "page views, document and assets, that fall into the window", "page views", None),
    Metric(
        "mixed_page_views", "page views served by more than one revision", "page views", "less", "page_views"
    ),
    Metric(
        "broken_page_views",
        "page views whose document and some asset are from revisions that do not work together",
        "page views",
        "less",
        "page_views",
    ),
    Metric("requests", "requests made in the window", "requests", None),
    Metric("failed_requests", "requests that failed, by whatever cause", "requests", "less", "requests"),
    Metric("failed_no_endpoint", "… because nothing took requests", "requests", "less", "requests"),
    Metric(
        "failed_not_started", "… because their replica did not answer yet", "requests", "less", "requests"
    ),
    Metric(
        "failed_terminated", "… because their replica had ended or crashed", "requests", "less", "requests"
    ),
    Metric(
        "failed_overloaded", "… because their replica was at its capacity", "requests", "less", "requests"
    ),
    Metric(
        "failed_bad_revision", "… by the fault of the revision that answered", "requests", "less", "requests"
    ),
    Metric(
        "restarted_requests",
        "requests not sent, since their session had been told to start again",
        "requests",
        "less",
        "requests",
    ),
    Metric(
        "longest_wait_seconds",
        "if requests queue: the longest wait of one that did not fail",
        "seconds",
    ),
    Metric("min_available", "the fewest available replicas at any moment", "replicas", "more"),
    Metric("peak_replicas", "the most replicas that existed, terminating ones included", "replicas"),
    Metric(
        "extra_replica_seconds",
        "replicas beyond the wanted number, times how long they ran",
        "replica seconds",
    ),
    Metric(
        "duration_seconds",
        "from the start until what is wished in the end is fully rolled out: the new revision, or what the runbook "
        "asks for instead",
        "seconds",
    ),
    Metric("mixed_seconds", "how long requests could meet more than one revision", "seconds"),
    Metric(
        "rollback_seconds",
        "if the new revision is bad: from the decision to go back until no request can meet it; not measured if none "
        "ever could",
        "seconds",
    ),
    Metric(
        "exposed_sessions",
        "if the new revision is bad: sessions that met it before it was gone, or before the end",
        "sessions",
    ),
    Metric(
        "peak_utilisation",
        "the most that one replica got in a second of the window, over its capacity or, if none is given, over the "
        "even share of the traffic's busiest second",
        "ratio",
    ),
)

METRICS: dict[str, Metric] = {metric.name: metric for metric in _ALL}
"""Every metric by its name, in the order of reports."""

"""What one simulated rollout did to users, capacity and time: one number for every metric."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.runbook import Entry, Runbook, When
from turnout.simulator.block import cut
from turnout.simulator.kernel import route
from turnout.simulator.measure import Effects, compatibility, measure
from turnout.simulator.reach import last_reached, mixed_seconds, reachable
from turnout.simulator.segments import Segments
from turnout.simulator.simulate import simulate
from turnout.units import SECOND

if TYPE_CHECKING:
    from turnout.history import History
    from turnout.scenario import Scenario
    from turnout.simulator.block import SessionIndex
    from turnout.strategy import Strategy

__all__ = ["GONE_BAD", "busiest_second", "outcome"]

GONE_BAD = ("rollback_seconds", "exposed_sessions")
"""The metrics of a rollout whose new revision is found to be bad."""


def busiest_second(sessions: SessionIndex) -> int:
    """Return the number of requests in the traffic's busiest second."""
    traffic = sessions.traffic
    if not traffic.requests:
        return 0
    _, requests = np.unique((traffic.request_time - traffic.start) // SECOND, return_counts=True)
    return int(requests.max())


def outcome(
    scenario: Scenario,
    strategy: Strategy,
    sessions: SessionIndex,
    *,
    begin: int,
    seed: int,
    full_load: float,
    gone_bad: bool = True,
) -> dict[str, float]:
    """Simulate one rollout twice, once with a good new revision and once with one that is found to be bad.

    Args:
        scenario: What is rolled out.
        strategy: How.
        sessions: The traffic.
        begin: When, on the traffic's clock in microseconds.
        seed: Seeds everything random; the same for all strategies of a comparison.
        full_load: Requests a second that count as a utilisation of one.
        gone_bad: Whether to simulate the second one; without it, the metrics in `GONE_BAD` are missing.

    Returns:
        A number for each metric; not a number (``nan``) where there is none, infinity where something never ended.
    """
    good = simulate(scenario, strategy, traffic=sessions, begin=begin, seed=seed)
    timeline = good.timeline
    segments = Segments.of(timeline)
    block = cut(sessions, begin, begin + timeline.end, seed)
    effects = measure(
        block,
        route(segments, timeline, block),
        timeline,
        compatibility(timeline.revisions, scenario.works),
        capacity=scenario.environment.capacity,
    )
    return {
        **_of_traffic(effects, full_load),
        **_of_fleet(good),
        "mixed_seconds": mixed_seconds(segments, reachable(segments), timeline),
        **(_gone_bad(scenario, strategy, sessions, begin, seed) if gone_bad else {}),
    }


def _of_traffic(effects: Effects, full_load: float) -> dict[str, float]:
    failed = {
        "failed_no_endpoint": effects.no_endpoint,
        "failed_terminated": effects.terminated,
        "failed_overloaded": effects.overloaded,
        "failed_bad_revision": effects.bad_revision,
    }
    return {
        "sessions": effects.sessions,
        "mixed_sessions": effects.mixed_sessions,
        "backward_sessions": effects.backward_sessions,
        "orphaned_sessions": effects.orphaned_sessions,
        "page_views": effects.page_views,
        "mixed_page_views": effects.mixed_page_views,
        "broken_page_views": effects.broken_page_views,
        "requests": effects.requests,
        "failed_requests": sum(failed.values()),
        **failed,
        "peak_utilisation": effects.peak_load / full_load if full_load else float("nan"),
    }


def _of_fleet(history: History) -> dict[str, float]:
    """What the rollout cost in replicas and time, from its moments."""
    moments = [moment for moment in history.moments if moment.time >= 0]
    extra = 0
    for moment, following in zip(moments, [*(each.time for each in moments[1:]), history.end], strict=True):
        extra += max(0, moment.running - moment.rollout.replicas) * (following - moment.time)
    return {
        "min_available": min(moment.available for moment in moments),
        "peak_replicas": max(moment.running for moment in moments),
        "extra_replica_seconds": extra / SECOND,
        "duration_seconds": float("inf") if history.completed is None else history.completed / SECOND,
    }


def _gone_bad(
    scenario: Scenario, strategy: Strategy, sessions: SessionIndex, begin: int, seed: int
) -> dict[str, float]:
    """Roll out again, and go back once the new revision has been found to be bad."""
    entry = Entry(verb="rollback", when=When(happening="serving", delay=scenario.detect))
    history = simulate(scenario, strategy, traffic=sessions, begin=begin, seed=seed, runbook=Runbook([entry]))
    timeline = history.timeline
    decided = next(
        (deed.time for deed in history.deeds if deed.verb in ("abort", "undo") and not deed.refused), None
    )
    if decided is None or scenario.target not in timeline.revisions:
        return {"rollback_seconds": float("nan"), "exposed_sessions": 0}
    rank = timeline.revisions.index(scenario.target)
    segments = Segments.of(timeline)
    gone = last_reached(segments, reachable(segments), timeline, rank)
    block = cut(sessions, begin, begin + max(gone, 1), seed)
    routed = route(segments, timeline, block)
    works = compatibility(timeline.revisions, scenario.works)
    effects = measure(block, routed, attrs.evolve(timeline, end=max(gone, 1)), works, exposed_to=rank)
    unfinished = history.completed is None and gone >= timeline.end
    return {
        "rollback_seconds": float("inf") if unfinished else max(0, gone - decided) / SECOND,
        "exposed_sessions": effects.exposed_sessions,
    }

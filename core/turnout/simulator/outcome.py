"""What one simulated rollout did to users, capacity and time: one number for every metric."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from turnout.routing.timeline import FOREVER
from turnout.simulator.block import cut
from turnout.simulator.kernel import route
from turnout.simulator.live import LiveSessions
from turnout.simulator.measure import Effects, compatibility, measure, page_views
from turnout.simulator.operator import Detection
from turnout.simulator.reach import last_reached, mixed_seconds, reachable
from turnout.simulator.segments import Segments
from turnout.simulator.simulate import Simulation
from turnout.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from turnout.history import History
    from turnout.scenario import Scenario
    from turnout.simulator.block import SessionIndex
    from turnout.strategy import Strategy

__all__ = ["GONE_BAD", "Outcome", "busiest_second", "outcome", "outcomes"]

GONE_BAD = ("rollback_seconds", "exposed_sessions")
"""The metrics of a rollout whose new revision is found to be bad."""


def busiest_second(sessions: SessionIndex) -> int:
    """Return the number of requests in the traffic's busiest second."""
    return sessions.traffic.busiest_second


@attrs.frozen(kw_only=True)
class Outcome:
    """What one rollout with one strategy did.

    Attributes:
        numbers: A number for each metric; not a number (``nan``) where there is none, infinity where something never
            ended.
        own_page_views: How many page views fall into the strategy's own rollout: what its numbers rest on, however
            long the window is.
        own_end: When the strategy's own rollout ended, or was given up; microseconds from its start.
        not_done: What the runbook asked for, and whose moment did not come.
    """

    numbers: Mapping[str, float]
    own_page_views: int
    own_end: int
    not_done: tuple[str, ...]


def outcome(
    scenario: Scenario, strategy: Strategy, sessions: SessionIndex, *, begin: int, seed: int, full_load: float
) -> dict[str, float]:
    """Simulate one strategy's rollout as `outcomes` does; the window is its own rollout.

    Returns:
        A number for each metric.
    """
    [found] = outcomes(scenario, [strategy], sessions, begin=begin, seed=seed, full_load=full_load)
    return dict(found.numbers)


def outcomes(
    scenario: Scenario,
    strategies: Iterable[Strategy],
    sessions: SessionIndex,
    *,
    begin: int,
    seed: int,
    full_load: float,
    gone_bad: bool = True,
) -> Iterator[Outcome]:
    """Simulate a rollout with each strategy twice, once with a good new revision and once with a bad one.

    Sessions, page views and requests are those of one window, the same for every strategy: from the rollout's start
    until the last strategy has ended its own, at the latest until the horizon. So shares of them can be compared.

    Args:
        scenario: What is rolled out.
        strategies: How.
        sessions: The traffic.
        begin: When, on the traffic's clock in microseconds.
        seed: Seeds everything random; the same for all strategies.
        full_load: Requests a second that count as a utilisation of one.
        gone_bad: Whether to simulate the second one; without it, the metrics in `GONE_BAD` are missing.

    Yields:
        What each strategy did, in their order.

    Raises:
        PlanError: If a strategy fails, answers nonsense, or never comes to rest.
    """
    runs = []
    for strategy in strategies:
        simulation = Simulation(
            scenario, strategy, LiveSessions(sessions, begin, seed), seed, scenario.runbook
        )
        runs.append((strategy, simulation, simulation.run()))
    window = max((history.timeline.end for _, _, history in runs), default=1)
    block = cut(sessions, begin, begin + window, seed)
    for strategy, simulation, history in runs:
        timeline = simulation.lived_on(window)
        segments = Segments.of(timeline)
        effects = measure(
            block,
            route(segments, timeline, block),
            timeline,
            compatibility(timeline.revisions, scenario.works),
            capacity=scenario.environment.capacity,
        )
        numbers = {
            **_of_traffic(effects, full_load),
            **_of_fleet(history),
            "mixed_seconds": mixed_seconds(segments, reachable(segments), history.timeline),
            **(_gone_bad(scenario, strategy, sessions, begin, seed) if gone_bad else {}),
        }
        yield Outcome(
            numbers=numbers,
            own_page_views=page_views(block, history.timeline.end),
            own_end=history.timeline.end,
            not_done=tuple(str(entry) for entry in history.not_done),
        )


def _of_traffic(effects: Effects, full_load: float) -> dict[str, float]:
    failed = {
        "failed_no_endpoint": effects.no_endpoint,
        "failed_not_started": effects.not_started,
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
        "restarted_requests": effects.restarted_requests,
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
    """Roll out again, and go back once the new revision has been found to be bad.

    There is nothing to go back from where no request could ever reach it. Where it can still be reached in the end,
    for whatever reason, going back never ends.
    """
    bad = scenario.target
    live = LiveSessions(sessions, begin, seed)
    detection = Detection(bad, scenario.detect)
    history = Simulation(scenario, strategy, live, seed, scenario.runbook, detection).run()
    timeline = history.timeline
    segments = Segments.of(timeline)
    rank = timeline.revisions.index(bad) if bad in timeline.revisions else None
    gone = 0 if rank is None else last_reached(segments, reachable(segments), rank)
    if gone == 0:
        return {"rollback_seconds": float("nan"), "exposed_sessions": 0}
    end = min(gone, timeline.end)
    block = cut(sessions, begin, begin + end, seed)
    routed = route(segments, timeline, block)
    works = compatibility(timeline.revisions, scenario.works)
    effects = measure(block, routed, attrs.evolve(timeline, end=end), works, exposed_to=rank)
    decided = _decided(history, bad)
    endless = decided is None or gone == FOREVER
    return {
        "rollback_seconds": float("inf") if endless else max(0, gone - (decided or 0)) / SECOND,
        "exposed_sessions": effects.exposed_sessions,
    }


def _decided(history: History, bad: str) -> int | None:
    """When the wish left a revision for good; None if it has not."""
    if history.moments[-1].rollout.target == bad:
        return None
    wished = [moment.rollout.target == bad for moment in history.moments]
    return history.moments[len(wished) - wished[::-1].index(True)].time if any(wished) else None

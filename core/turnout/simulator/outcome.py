"""What one simulated rollout did to users, capacity and time: one number for every metric."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import attrs

from turnout.controller import PlanError
from turnout.parameters import to_spec
from turnout.routing.timeline import FOREVER
from turnout.simulator.cutting import Cut
from turnout.simulator.live import LiveSessions
from turnout.simulator.measure import compatibility
from turnout.simulator.meter import Exposure, Meter
from turnout.simulator.operator import Detection
from turnout.simulator.passes import pass_through
from turnout.simulator.reach import last_reached, mixed_seconds, reachable
from turnout.simulator.segments import Segments
from turnout.simulator.simulate import Simulation
from turnout.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from turnout.history import History
    from turnout.scenario import Scenario
    from turnout.simulator.cutting import SessionIndex
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
) -> tuple[Outcome, ...]:
    """Simulate a rollout with each strategy twice, once with a good new revision and once with a bad one.

    Sessions, page views and requests are those of one window, the same for every strategy: from the rollout's start
    until the last strategy has ended its own, at the latest until the horizon. So shares of them can be compared. All
    rollouts meet them in one pass over the traffic.

    Args:
        scenario: What is rolled out.
        strategies: How.
        sessions: The traffic.
        begin: When, on the traffic's clock in microseconds.
        seed: Seeds everything random; the same for all strategies.
        full_load: Requests a second that count as a utilisation of one.
        gone_bad: Whether to simulate the second one; without it, the metrics in `GONE_BAD` are missing.

    Returns:
        What each strategy did, in their order.

    Raises:
        PlanError: If a strategy fails, answers nonsense, or never comes to rest.
    """
    rollouts = [
        _Rollout.of(scenario, strategy, sessions, begin, seed, gone_bad=gone_bad) for strategy in strategies
    ]
    histories, gone = [each.history for each in rollouts], [each.gone for each in rollouts]
    window = max((history.timeline.end for history in histories), default=1)
    meters = [each.meter(scenario, window, among=len(rollouts)) for each in rollouts]
    del rollouts  # each has followed sessions of its own, which nobody will ask about any more
    exposures = [each.exposure for each in gone if each is not None and each.exposure is not None]
    within = Cut(sessions=sessions, begin=begin, until=begin + window, seed=seed)
    pass_through(within, meters, exposures)
    longest = max((each.end for each in exposures), default=0)
    if longest > window:
        pass_through(attrs.evolve(within, since=begin + window, until=begin + longest), [], exposures)
    return tuple(
        Outcome(
            numbers={
                **_of_traffic(meter, full_load),
                **_of_fleet(history),
                "mixed_seconds": mixed_seconds(meter.segments, reachable(meter.segments), history.timeline),
                **({} if back is None else back.numbers),
            },
            own_page_views=meter.own_page_views,
            own_end=history.timeline.end,
            not_done=tuple(str(entry) for entry in history.not_done),
        )
        for history, meter, back in zip(histories, meters, gone, strict=True)
    )


@contextmanager
def _telling_which(strategy: Strategy) -> Iterator[None]:
    """Say of which strategy a plan is that cannot be carried out: of several with one name only the parameters tell."""
    try:
        yield
    except PlanError as error:
        raise PlanError(to_spec(strategy), error.fault) from error


@attrs.frozen
class _Rollout:
    """One strategy's rollout with a good new revision, and what became of it with a bad one."""

    strategy: Strategy
    simulation: Simulation
    history: History
    gone: _GoneBad | None

    @classmethod
    def of(
        cls,
        scenario: Scenario,
        strategy: Strategy,
        sessions: SessionIndex,
        begin: int,
        seed: int,
        *,
        gone_bad: bool,
    ) -> _Rollout:
        """Simulate it."""
        with _telling_which(strategy):
            good, bad = _simulations(scenario, strategy, sessions, begin, seed, gone_bad=gone_bad)
            history = good.run()
            gone = None if bad is None else _gone_bad(bad.run(), scenario.target)
            return cls(strategy, good, history, gone)

    def meter(self, scenario: Scenario, window: int, among: int) -> Meter:
        """What adds up what it does to sessions in a window, which it may have to live on for."""
        with _telling_which(self.strategy):
            timeline = self.simulation.lived_on(window)
        return Meter(
            timeline,
            compatibility(timeline.revisions, scenario.works),
            capacity=scenario.environment.capacity,
            queue_timeout=scenario.environment.queue_timeout,
            own_end=self.history.timeline.end,
            among=among,
        )


def _of_traffic(meter: Meter, full_load: float) -> dict[str, float]:
    effects = meter.effects
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
        "longest_wait_seconds": meter.longest_wait,
        "peak_utilisation": meter.peak_load / full_load if full_load else float("nan"),
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


@attrs.frozen
class _GoneBad:
    """A rollout whose new revision was found to be bad: how long it took to go back, and whom it was exposed to."""

    rollback_seconds: float
    exposure: Exposure | None

    @property
    def numbers(self) -> dict[str, float]:
        exposed = 0 if self.exposure is None else self.exposure.sessions
        return {"rollback_seconds": self.rollback_seconds, "exposed_sessions": exposed}


def _simulations(
    scenario: Scenario, strategy: Strategy, sessions: SessionIndex, begin: int, seed: int, *, gone_bad: bool
) -> tuple[Simulation, Simulation | None]:
    """Return the rollout with a good new revision, and with a bad one; what they have in common is simulated once."""

    def fresh(detection: Detection | None) -> Simulation:
        live = LiveSessions(sessions, begin, seed)
        return Simulation(scenario, strategy, live, seed, scenario.runbook, detection)

    if not gone_bad:
        return fresh(None), None
    bad = fresh(Detection(scenario.target, scenario.detect))
    return bad.parted() or fresh(None), bad


def _gone_bad(history: History, bad: str) -> _GoneBad:
    """Say what became of a rollout that goes back once the new revision has been found to be bad.

    There is nothing to go back from where no request could ever reach it. Where it can still be reached in the end,
    for whatever reason, going back never ends.
    """
    timeline = history.timeline
    segments = Segments.of(timeline)
    rank = timeline.revisions.index(bad) if bad in timeline.revisions else None
    gone = 0 if rank is None else last_reached(segments, reachable(segments), rank)
    if rank is None or gone == 0:
        return _GoneBad(float("nan"), None)
    decided = _decided(history, bad)
    endless = decided is None or gone == FOREVER
    return _GoneBad(
        rollback_seconds=float("inf") if endless else max(0, gone - (decided or 0)) / SECOND,
        exposure=Exposure(segments, timeline, rank, min(gone, timeline.end)),
    )


def _decided(history: History, bad: str) -> int | None:
    """When the wish left a revision for good; None if it has not."""
    if history.moments[-1].rollout.target == bad:
        return None
    wished = [moment.rollout.target == bad for moment in history.moments]
    return history.moments[len(wished) - wished[::-1].index(True)].time if any(wished) else None

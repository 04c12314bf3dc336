"""Rollouts as a sample: where and how each one begins, the same for every strategy, and what it did with each."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import attrs

from turnout.arguments import check_instance
from turnout.errors import InputError
from turnout.metrics import METRICS
from turnout.parameters import to_dict, to_spec
from turnout.results import Range, StrategyOutcome
from turnout.routing.draws import uniform
from turnout.simulator.cutting import SessionIndex
from turnout.simulator.outcome import busiest_second, outcomes
from turnout.traffic import Traffic
from turnout.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from turnout.requirements import Requirement
    from turnout.scenario import Scenario
    from turnout.simulator.outcome import Outcome
    from turnout.strategy import Strategy

__all__ = ["MOST_ROLLOUTS", "Found", "Sample", "check_measured", "check_traffic", "share_kept", "summary"]

MOST_ROLLOUTS = 10**9


def check_traffic(traffic: Traffic) -> None:
    """Refuse what is no traffic, traffic without a session, and traffic whose arrays are not in order.

    Raises:
        InputError: If it is so.
    """
    check_instance(traffic, Traffic, "traffic", "it takes Traffic, as in load_traffic(path).traffic")
    _ = traffic.known
    if not traffic.sessions:
        raise InputError(
            "the traffic has no session", where=traffic.label, hint="give a log with page views in it"
        )


def check_measured(scenario: Scenario, names: Iterable[str], where: str) -> None:
    """Refuse metrics that a scenario does not measure: a limit on one would be kept by whatever happens.

    Raises:
        InputError: If one of them is how long requests wait, and nothing queues.
    """
    if scenario.environment.queue_timeout is None and "longest_wait_seconds" in names:
        raise InputError(
            "longest_wait_seconds is measured only where requests queue",
            where=where,
            hint="give capacity and queue_timeout, or --capacity and --queue-timeout",
        )


@attrs.frozen(eq=False)
class Sample:
    """The rollouts of one traffic and one seed, numbered from 0: common random numbers for all strategies.

    Attributes:
        sessions: The traffic.
        seed: Seeds everything random.
        full_load: Requests a second that count as a utilisation of one.
    """

    sessions: SessionIndex
    seed: int
    full_load: float

    @classmethod
    def of(cls, scenario: Scenario, traffic: Traffic, seed: int) -> Sample:
        """Index the traffic that rollouts of a scenario meet."""
        sessions = SessionIndex.of(traffic)
        replicas = max(1, scenario.workload.rollout.replicas)
        return cls(sessions, seed, scenario.environment.capacity or busiest_second(sessions) / replicas)

    def begins(self, rollout: int) -> tuple[int, int]:
        """When a rollout starts on the traffic's clock, and its own seed."""
        traffic = self.sessions.traffic
        begin = traffic.start + int(uniform(self.seed, 11, rollout) * (traffic.end - traffic.start))
        return begin, int(uniform(self.seed, 12, rollout) * (1 << 53))

    def outcomes(
        self, scenario: Scenario, strategies: Sequence[Strategy], rollout: int, *, gone_bad: bool = True
    ) -> list[Outcome]:
        """Simulate one of the rollouts with each strategy.

        Args:
            scenario: What is rolled out.
            strategies: How; counted over one window for all of them.
            rollout: Which rollout.
            gone_bad: Whether to simulate it with a bad revision, too.

        Raises:
            PlanError: If a strategy fails, answers nonsense, or never comes to rest.
        """
        begin, seed = self.begins(rollout)
        found = list(
            outcomes(
                scenario,
                strategies,
                self.sessions,
                begin=begin,
                seed=seed,
                full_load=self.full_load,
                gone_bad=gone_bad,
            )
        )
        self.sessions.traffic.release()  # the next one begins elsewhere
        return found


@attrs.frozen
class Found:
    """What the rollouts with one strategy did: each metric of each, what fell into its own, what was not done."""

    numbers: dict[str, list[float]] = attrs.field(factory=lambda: {name: [] for name in METRICS})
    own_page_views: list[float] = attrs.field(factory=list)
    own_seconds: list[float] = attrs.field(factory=list)
    not_done: Counter[str] = attrs.field(factory=Counter)

    def add(self, outcome: Outcome) -> None:
        """Add one rollout, with the metrics that were measured."""
        for name, number in outcome.numbers.items():
            self.numbers[name].append(number)
        self.own_page_views.append(outcome.own_page_views)
        self.own_seconds.append(outcome.own_end / SECOND)
        self.not_done.update(list(dict.fromkeys(outcome.not_done)))

    def first(self, few: int) -> dict[str, list[float]]:
        """Each metric of the first few rollouts only."""
        return {name: each[:few] for name, each in self.numbers.items()}


def share_kept(
    numbers: Mapping[str, Sequence[float]], requirements: Sequence[Requirement]
) -> dict[str, float]:
    """The share of rollouts that keep each requirement."""
    kept = {}
    for requirement in requirements:
        own, share_of = numbers[requirement.metric], METRICS[requirement.metric].share_of
        totals = numbers[share_of] if share_of else own
        kept[str(requirement)] = requirement.met_by(own, totals, numbers["duration_seconds"])
    return kept


def summary(
    strategy: Strategy, found: Found, requirements: Sequence[Requirement], *, label: str
) -> StrategyOutcome:
    """Sum up what the rollouts with one strategy did, metric by metric as far as they were measured."""
    numbers = {name: values for name, values in found.numbers.items() if values}
    return StrategyOutcome(
        name=strategy.name,
        label=label,
        spec=to_spec(strategy),
        parameters=to_dict(strategy),
        outcome={name: Range.of(values) for name, values in numbers.items()},
        promises=tuple(
            (each.invariant, each.condition) for each in strategy.promises if each.applies(strategy)
        ),
        meets=share_kept(numbers, requirements),
        own_page_views=Range.of(found.own_page_views),
        own_seconds=Range.of(found.own_seconds),
        not_done=dict(found.not_done),
        rollouts={name: tuple(values) for name, values in numbers.items()},
    )

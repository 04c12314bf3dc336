"""One rollout with several strategies as a piece of work: the same numbers wherever it is done."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import attrs

from turnout.metrics import METRICS
from turnout.sampling import Sample
from turnout.simulator.outcome import GONE_BAD

if TYPE_CHECKING:
    from turnout.scenario import Scenario
    from turnout.simulator.outcome import Outcome
    from turnout.strategy import Strategy
    from turnout.traffic import Traffic

__all__ = ["Job", "Row"]


@attrs.frozen
class Row:
    """What one rollout did with every strategy.

    Attributes:
        rollout: Its number.
        outcomes: One for each strategy, with the metrics in `Job.metrics`.
    """

    rollout: int
    outcomes: tuple[Outcome, ...]


@attrs.frozen(kw_only=True, slots=False)
class Job:
    """All that the numbers of rollouts depend on.

    Attributes:
        scenario: What is rolled out.
        traffic: The traffic.
        strategies: How; counted over one window for all of them.
        seed: Seeds everything random.
        gone_bad: Whether every rollout is simulated with a bad revision, too.
    """

    scenario: Scenario
    traffic: Traffic
    strategies: tuple[Strategy, ...]
    seed: int
    gone_bad: bool

    @property
    def metrics(self) -> tuple[str, ...]:
        """Which metrics are measured."""
        return tuple(name for name in METRICS if self.gone_bad or name not in GONE_BAD)

    @cached_property
    def _sample(self) -> Sample:
        return Sample.of(self.scenario, self.traffic, self.seed)

    def run(self, rollout: int) -> Row:
        """Simulate one rollout with every strategy.

        Raises:
            PlanError: If a strategy fails, answers nonsense, or never comes to rest.
        """
        found = self._sample.outcomes(self.scenario, self.strategies, rollout, gone_bad=self.gone_bad)
        return Row(
            rollout,
            tuple(
                attrs.evolve(each, numbers={name: each.numbers[name] for name in self.metrics})
                for each in found
            ),
        )

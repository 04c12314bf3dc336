"""One rollout with several strategies as a piece of work: the same numbers wherever it is done."""

from __future__ import annotations

from functools import cached_property
from math import isnan, nan
from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.metrics import METRICS
from turnout.sampling import Sample
from turnout.simulator.outcome import GONE_BAD, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from turnout.scenario import Scenario
    from turnout.strategy import Strategy
    from turnout.traffic import Traffic

__all__ = ["Job", "Row"]


@attrs.frozen(eq=False)
class Row:
    """What one rollout did with every strategy. There may be very many rows, so that its numbers are in an array.

    Attributes:
        rollout: Its number.
        table: Shape (S, M + 2), a row for each strategy: the metrics in `Job.metrics`, and of its own rollout how many
            page views fell into it and when it ended.
        not_done: For each strategy, what the runbook asked for and was not done.
    """

    rollout: int
    table: NDArray[np.float64]
    not_done: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, rollout: int, outcomes: Iterable[Outcome], metrics: Sequence[str]) -> Row:
        """Keep these metrics of what each strategy did."""
        kept = tuple(outcomes)
        numbers = [
            [*(each.numbers[name] for name in metrics), each.own_page_views, each.own_end] for each in kept
        ]
        table = np.array(numbers, np.float64).reshape(len(kept), len(metrics) + 2)
        return cls(rollout, table, tuple(each.not_done for each in kept))

    def outcome(self, strategy: int, metrics: Sequence[str]) -> Outcome:
        """What one of the strategies did, by its place; the metrics are those that were kept."""
        *numbers, own_page_views, own_end = self.table[strategy].tolist()
        return Outcome(
            # All that are none are the same object, so that equal results compare equal.
            numbers={name: nan if isnan(each) else each for name, each in zip(metrics, numbers, strict=True)},
            own_page_views=int(own_page_views),
            own_end=int(own_end),
            not_done=self.not_done[strategy],
        )

    def outcomes(self, metrics: Sequence[str]) -> Iterator[Outcome]:
        """What each of the strategies did."""
        return (self.outcome(each, metrics) for each in range(len(self.table)))


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
        return Row.of(rollout, found, self.metrics)

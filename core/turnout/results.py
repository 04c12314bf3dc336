"""What a comparison found: the range of every metric for every strategy, the verdict, and what it rests on."""

from __future__ import annotations

from math import isinf, isnan
from typing import TYPE_CHECKING

import attrs
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from turnout.requirements import Requirement
    from turnout.scenario import Scenario
    from turnout.traffic import Traffic

__all__ = ["ENOUGH", "Comparison", "Range", "StrategyOutcome"]

ENOUGH = 0.95
"""The share of rollouts that must keep a requirement for the strategy to meet it."""


@attrs.frozen
class Range:
    """Where a metric lay over all rollouts.

    Attributes:
        median: Its median.
        low: Its 5th percentile.
        high: Its 95th percentile.
        count: In how many rollouts there was anything to measure: those that the others are about.

    Each percentile is a number that occurred: where it falls between two, the outer one, and for the median the higher
    one. None where there was nothing to measure in any rollout (`count` is 0), or where it never ended.
    """

    median: float | None
    low: float | None
    high: float | None
    count: int

    @classmethod
    def of(cls, numbers: Sequence[float]) -> Range:
        """Take the percentiles of one number a rollout."""
        known = np.array([number for number in numbers if not isnan(number)])
        if not len(known):
            return cls(None, None, None, 0)
        low = np.percentile(known, 5, method="lower")
        median, high = np.percentile(known, [50, 95], method="higher")
        median, low, high = (
            None if np.isinf(each) else round(float(each), 6) for each in (median, low, high)
        )
        return cls(median, low, high, len(known))


@attrs.frozen(kw_only=True)
class StrategyOutcome:
    """What one strategy did.

    Attributes:
        name: The strategy's name.
        label: What tables and sentences call it: its name or, where two have the same, its spec.
        spec: Its name and its parameters that differ from the defaults, as the command line takes them.
        parameters: All its parameters.
        outcome: The range of each metric.
        promises: The invariants that it promises with these parameters, each with its condition.
        meets: The share of rollouts that ended and kept each requirement.
        own_page_views: How many page views fall into the strategy's own rollouts, however long the window of the
            comparison is: what its numbers rest on.
        own_seconds: How long its own rollouts were watched: until nothing moved any more, or the horizon.
        not_done: Entries of the runbook whose moment did not come, each with in how many rollouts.
        rollouts: Every metric of every rollout, in the order of rollouts; the same rollouts for every strategy.
    """

    name: str
    label: str
    spec: str
    parameters: Mapping[str, object]
    outcome: Mapping[str, Range]
    promises: tuple[tuple[str, str], ...]
    meets: Mapping[str, float]
    own_page_views: Range
    own_seconds: Range
    not_done: Mapping[str, int]
    rollouts: Mapping[str, tuple[float, ...]]

    @property
    def endless(self) -> int:
        """How many of its rollouts never end: those keep no limit."""
        return sum(isinf(each) for each in self.rollouts["duration_seconds"])


@attrs.frozen(kw_only=True)
class Comparison:
    """What `compare` found.

    Attributes:
        scenario: What was rolled out.
        traffic: What the traffic is, in a few words.
        count: How many rollouts were simulated for each strategy.
        seed: Replays the comparison.
        requirements: The limits that were asked for, or that were taken for want of any.
        strategies: One for each strategy, in the order given.
        verdict: The result in words, a sentence each.
        assumptions: What it rests on, a sentence each.
    """

    scenario: Scenario
    traffic: Traffic
    count: int
    seed: int
    requirements: tuple[Requirement, ...]
    strategies: tuple[StrategyOutcome, ...]
    verdict: tuple[str, ...]
    assumptions: tuple[str, ...]

    @property
    def met(self) -> tuple[StrategyOutcome, ...]:
        """The strategies that keep every requirement in at least 95 % of the rollouts."""
        return tuple(
            each for each in self.strategies if all(share >= ENOUGH for share in each.meets.values())
        )

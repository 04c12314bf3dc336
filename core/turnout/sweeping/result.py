"""What a sweep found: every point of its grid, which of them are best, and the result in words."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import attrs

from turnout.metrics import METRICS
from turnout.results import ENOUGH
from turnout.sweeping.front import badness, pareto_front
from turnout.units import format_duration

if TYPE_CHECKING:
    from turnout.requirements import Requirement
    from turnout.results import StrategyOutcome
    from turnout.scenario import Scenario
    from turnout.traffic import Traffic

__all__ = ["Sweep", "SweepInterrupted"]


@attrs.frozen(kw_only=True, slots=False)
class Sweep:
    """What `sweep` found.

    Attributes:
        scenario: What was rolled out.
        traffic: The traffic.
        grid: The texts that the points come from.
        count: How many rollouts were simulated for each point: fewer than were asked for if it was interrupted.
        asked: How many were asked for.
        seed: Replays the sweep.
        metrics: Which metrics count for the front.
        requirements: The limits that were asked for.
        points: What each point did, in the order of the grid; the numbers are those of a comparison of all points.
        left_out: Combinations that their strategy refuses: each as text, and why.
        cautions: Where the traffic is too little for the numbers to say much, a sentence each.
        assumptions: What it rests on, a sentence each.
    """

    scenario: Scenario
    traffic: Traffic
    grid: tuple[str, ...]
    count: int
    asked: int
    seed: int
    metrics: tuple[str, ...]
    requirements: tuple[Requirement, ...]
    points: tuple[StrategyOutcome, ...]
    left_out: tuple[tuple[str, str], ...]
    cautions: tuple[str, ...]
    assumptions: tuple[str, ...]

    @property
    def met(self) -> tuple[StrategyOutcome, ...]:
        """The points that keep every requirement in at least 95 % of the rollouts; all if there are none."""
        return tuple(each for each in self.points if all(share >= ENOUGH for share in each.meets.values()))

    @cached_property
    def front(self) -> tuple[StrategyOutcome, ...]:
        """The Pareto front of those that meet the requirements, by their medians; the best by the first metric first.

        To a point on it, no other is at least as good in every metric and better in one.
        """
        met = self.met
        best = [met[index] for index in pareto_front(met, self.metrics)]
        return tuple(sorted(best, key=lambda each: [badness(each, metric) for metric in self.metrics]))

    @property
    def verdict(self) -> tuple[str, ...]:
        """The result in words, a sentence each."""
        lines = []
        if self.requirements:
            limits = " and ".join(map(str, self.requirements))
            met = f"{len(self.met)} of {len(self.points)} points meet" if self.met else "No point meets"
            lines.append(f"Limits: {limits}. {met} them, in at least {ENOUGH:.0%} of the rollouts.")
            if any(each.endless for each in self.points):
                given_up = format_duration(self.scenario.horizon)
                lines.append(f"A rollout that has not ended after {given_up} (--horizon) keeps no limit.")
        if self.front:
            metrics = " and ".join(self.metrics)
            found = f"{len(self.front)} of {len(self.points)} points are on the Pareto front of {metrics}"
            lines.append(f"{found}, by their medians: no other point is as good in all and better in one.")
            lines.extend(self._best(metric) for metric in self.metrics)
        lines.extend(f"Left out: {spec} ({why})." for spec, why in self.left_out)
        return (*lines, *self.cautions)

    def _best(self, metric: str) -> str:
        """Name the point of the front that is best in one metric; where several are, the best of them in the others."""
        best = min(self.front, key=lambda each: [badness(each, name) for name in (metric, *self.metrics)])
        better = METRICS[metric].better
        return f"No point on it has {better} {metric} than {best.label}."


class SweepInterrupted(KeyboardInterrupt):
    """A sweep was interrupted.

    Attributes:
        sweep: What it had found so far; None if no rollout was done.
    """

    def __init__(self, sweep: Sweep | None) -> None:
        self.sweep = sweep
        super().__init__(sweep)

"""Compare strategies on the same workload, the same traffic and the same random numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from turnout.arguments import check_seed, check_whole
from turnout.errors import InputError, shown
from turnout.parameters import to_spec
from turnout.requirements import Requirement, as_requirements
from turnout.results import ENOUGH, Comparison
from turnout.sampling import MOST_ROLLOUTS, Found, Sample, check_traffic, share_kept, summary
from turnout.scenario import as_scenario
from turnout.selection import as_strategies
from turnout.sensitivity import alternatives, changes_in_words
from turnout.simulator.outcome import GONE_BAD
from turnout.traffic import Synthetic
from turnout.verdict import assumptions, cautions, not_done, verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from turnout.host import Host
    from turnout.scenario import Scenario
    from turnout.sensitivity import Alternative
    from turnout.strategy import Strategy
    from turnout.traffic import Traffic
    from turnout.workload import Workload

__all__ = ["compare"]


_FEW = 20
"""In how many rollouts it is tried whether another assumption would change the answer."""

_TAKEN = tuple(Requirement.parse(text) for text in ("broken_page_views<=0", "failed_requests<=0"))


def compare(
    scenario: Scenario | Workload,
    traffic: Traffic | None = None,
    strategies: Iterable[Strategy | str] | Strategy | str | None = None,
    *,
    host: Host | None = None,
    rollouts: int = 200,
    seed: int = 0,
    require: Iterable[Requirement | str] | Requirement | str = (),
    progress: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Roll out many times with each strategy, at the same times drawn from the traffic, and report what users saw.

    Every strategy meets the same traffic, the same start-up times and the same draws, so that differences between them
    are not noise. Sessions, page views and requests are counted over one window for all: from a rollout's start until
    the last of the strategies has ended its own, at the latest until the horizon.

    Args:
        scenario: What is rolled out; a workload stands for its default scenario.
        traffic: Recorded or generated traffic; synthetic traffic if left out.
        strategies: What to compare, as strategies or as texts such as ``"rolling:max_surge=1"``, for which the
            manifest's parameters are the defaults; or only one; every strategy of the host if left out. A list with
            nothing in it is refused.
        host: Where strategies come from that are given as texts; a new one if left out.
        rollouts: How many rollouts to simulate for each strategy.
        seed: Seeds everything random.
        require: Limits, such as ``"broken_page_views<=0"``; or only one.
        progress: Called with the rollouts done and all rollouts, after each.

    Raises:
        InputError: If a strategy is unknown, or there is none, no session, or less than one rollout, or if limits
            contradict each other, or an argument is not what it should be.
        PlanError: If a strategy fails or answers nonsense.
    """
    scenario = as_scenario(scenario)
    check_seed(seed)
    check_whole(rollouts, "rollouts", least=1, most=MOST_ROLLOUTS)
    if progress is not None and not callable(progress):
        raise InputError(
            f"it cannot be {shown(progress)}", where="progress", hint="it takes a function of two numbers"
        )
    chosen = as_strategies(host, scenario.workload, strategies)
    traffic = Synthetic().load(seed) if traffic is None else traffic
    asked = as_requirements(require)
    check_traffic(traffic)
    requirements = asked or _TAKEN
    few, needs_bad = min(rollouts, _FEW), any(each.metric in GONE_BAD for each in requirements)
    others = alternatives(scenario) if rollouts >= _FEW else ()
    steps = _Steps(len(chosen) * (rollouts + few * len(others)), progress)
    sample = Sample.of(scenario, traffic, seed)
    found = _simulate(scenario, chosen, sample, rollouts, steps)
    names = [strategy.name for strategy in chosen]
    summaries = tuple(
        summary(
            strategy,
            each,
            requirements,
            label=strategy.name if names.count(strategy.name) == 1 else to_spec(strategy),
        )
        for strategy, each in zip(chosen, found, strict=True)
    )
    tried = [
        (other, _simulate(other.scenario, chosen, sample, few, steps, gone_bad=needs_bad)) for other in others
    ]
    return Comparison(
        scenario=scenario,
        traffic=traffic,
        count=rollouts,
        seed=seed,
        requirements=requirements,
        strategies=summaries,
        verdict=(
            *verdict(summaries, requirements, taken=not asked, enough=ENOUGH, horizon=scenario.horizon),
            *cautions(summaries, traffic, longest=max(max(each.own_seconds) for each in found)),
            *_changes([each.label for each in summaries], found, tried, requirements, few),
        ),
        assumptions=(
            *assumptions(scenario, traffic, rollouts, bridged=any(strategy.bridges for strategy in chosen)),
            *not_done(summaries, rollouts),
        ),
    )


@attrs.define
class _Steps:
    """How many rollouts have been simulated, of how many."""

    total: int
    report: Callable[[int, int], None] | None
    done: int = 0

    def one_more(self) -> None:
        self.done += 1
        if self.report is not None:
            self.report(self.done, self.total)


def _simulate(
    scenario: Scenario,
    strategies: tuple[Strategy, ...],
    sample: Sample,
    rollouts: int,
    steps: _Steps,
    *,
    gone_bad: bool = True,
) -> list[Found]:
    """Simulate all rollouts with each strategy."""
    found = [Found() for _ in strategies]
    for rollout in range(rollouts):
        results = sample.outcomes(scenario, strategies, rollout, gone_bad=gone_bad)
        for each, result in zip(found, results, strict=True):
            each.add(result)
            steps.one_more()
    return found


def _meeting(
    labels: Sequence[str],
    found: Iterable[Mapping[str, Sequence[float]]],
    requirements: tuple[Requirement, ...],
) -> frozenset[str]:
    """The labels of the strategies that keep every requirement often enough."""
    return frozenset(
        label
        for label, numbers in zip(labels, found, strict=True)
        if all(share >= ENOUGH for share in share_kept(numbers, requirements).values())
    )


def _changes(
    labels: Sequence[str],
    found: list[Found],
    tried: Sequence[tuple[Alternative, list[Found]]],
    requirements: tuple[Requirement, ...],
    few: int,
) -> tuple[str, ...]:
    """Say which assumptions, turned the other way in a few rollouts, change who meets the limits."""
    met = _meeting(labels, [each.numbers for each in found], requirements)
    before = _meeting(labels, [each.first(few) for each in found], requirements)
    lines = []
    for other, its_own in tried:
        after = _meeting(labels, [each.numbers for each in its_own], requirements)
        # A change in the few rollouts counts only for strategies of which they say what all of them say.
        lines.append(changes_in_words(other, after - before - met, (before & met) - after, few))
    return tuple(line for line in lines if line is not None)

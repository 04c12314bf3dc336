"""Compare strategies on the same workload, the same traffic and the same random numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from turnout.arguments import check_seed, check_whole
from turnout.errors import InputError, shown
from turnout.jobs.job import Job, Row
from turnout.jobs.processes import check_workers, run_on_this_machine
from turnout.parameters import to_spec
from turnout.requirements import Requirement, as_requirements
from turnout.results import ENOUGH, Comparison
from turnout.sampling import MOST_ROLLOUTS, Found, check_measured, check_traffic, share_kept, summary
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


def compare(  # noqa: PLR0913  (what is compared, how it is judged, and where the work is done)
    scenario: Scenario | Workload,
    traffic: Traffic | None = None,
    strategies: Iterable[Strategy | str] | Strategy | str | None = None,
    *,
    host: Host | None = None,
    rollouts: int = 200,
    seed: int = 0,
    require: Iterable[Requirement | str] | Requirement | str = (),
    workers: int | None = 1,
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
        workers: How many processes to work with; 1 for this one alone; None for as many as pay for themselves. The
            numbers are the same.
        progress: Called with the simulations done and all there are, one for each rollout of each strategy.

    Raises:
        InputError: If a strategy is unknown, or there is none, no session, or less than one rollout, or if limits
            contradict each other or are on what is not measured, or an argument is not what it should be.
        PlanError: If a strategy fails or answers nonsense.
        TurnoutError: If a worker is killed.
    """
    scenario = as_scenario(scenario)
    check_seed(seed)
    check_workers(workers)
    check_whole(rollouts, "rollouts", least=1, most=MOST_ROLLOUTS)
    if progress is not None and not callable(progress):
        raise InputError(
            f"it cannot be {shown(progress)}", where="progress", hint="it takes a function of two numbers"
        )
    chosen = as_strategies(host, scenario.workload, strategies)
    traffic = Synthetic().load(seed) if traffic is None else traffic
    asked = as_requirements(require)
    check_measured(scenario, (each.metric for each in asked), "requirements")
    check_traffic(traffic)
    requirements = asked or _TAKEN
    few, needs_bad = min(rollouts, _FEW), any(each.metric in GONE_BAD for each in requirements)
    others = alternatives(scenario) if rollouts >= _FEW else ()
    base = Job(scenario=scenario, traffic=traffic, strategies=chosen, seed=seed, gone_bad=True)
    work = _Work(
        base,
        rollouts,
        tuple(attrs.evolve(base, scenario=other.scenario, gone_bad=needs_bad) for other in others),
        few,
    )
    found, *of_others = _simulate(work, workers, progress)
    tried = tuple(zip(others, of_others, strict=True))
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


@attrs.frozen
class _Work:
    """All rollouts of a comparison: those of the scenario as it is, then a few of each alternative's."""

    base: Job
    rollouts: int
    others: tuple[Job, ...]
    few: int

    @property
    def count(self) -> int:
        """How many there are."""
        return self.rollouts + self.few * len(self.others)

    def metrics(self, which: int) -> tuple[str, ...]:
        """What is measured of the scenario as it is, which is number 0, or of an alternative."""
        return (self.base, *self.others)[which].metrics

    def run(self, number: int, /) -> tuple[int, int, Row]:
        """Simulate one with every strategy: its number, which scenario's it is, and what it did."""
        if number < self.rollouts:
            return number, 0, self.base.run(number)
        which, rollout = divmod(number - self.rollouts, self.few)
        return number, 1 + which, self.others[which].run(rollout)


def _simulate(
    work: _Work, workers: int | None, progress: Callable[[int, int], None] | None
) -> list[list[Found]]:
    """Simulate all rollouts: what each strategy did, for each scenario."""
    many = len(work.base.strategies)
    found = [[Found() for _ in range(many)] for _ in range(1 + len(work.others))]
    early: dict[int, tuple[int, Row]] = {}
    done = taken = 0

    def take(result: tuple[int, int, Row]) -> None:
        """Add rollouts up in their order, whichever is done first."""
        nonlocal done, taken
        number, which, row = result
        early[number] = which, row
        while taken in early:
            which, row = early.pop(taken)
            for each, outcome in zip(found[which], row.outcomes(work.metrics(which)), strict=True):
                each.add(outcome)
            taken += 1
        done += many
        if progress is not None:
            progress(done, work.count * many)

    run_on_this_machine(work, range(work.count), take, workers=workers, simulations=work.count * many)
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

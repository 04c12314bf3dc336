"""Sweep a grid of strategies and parameters: every point on the same rollouts, and the best of them."""

from __future__ import annotations

from contextlib import contextmanager
from os import PathLike
from typing import TYPE_CHECKING

import attrs

from turnout.arguments import check_instance, check_seed, check_whole
from turnout.controller import PlanError
from turnout.errors import InputError, TurnoutError, shown
from turnout.jobs.job import Job
from turnout.jobs.processes import check_workers, run_on_this_machine
from turnout.requirements import as_requirements
from turnout.sampling import MOST_ROLLOUTS, Found, check_measured, check_traffic, summary
from turnout.scenario import as_scenario
from turnout.simulator.outcome import GONE_BAD
from turnout.sweeping.front import as_metrics
from turnout.sweeping.grid import as_grid
from turnout.sweeping.result import Sweep, SweepInterrupted
from turnout.sweeping.results_file import opened
from turnout.traffic import Synthetic
from turnout.units import SECOND
from turnout.verdict import assumptions, cautions, not_done

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from turnout.host import Host
    from turnout.jobs.job import Row
    from turnout.requirements import Requirement
    from turnout.scenario import Scenario
    from turnout.strategy import Strategy
    from turnout.sweeping.grid import Grid
    from turnout.traffic import Traffic
    from turnout.workload import Workload

__all__ = ["sweep"]


def sweep(  # noqa: PLR0913  (what to try, how to judge it, and where to do the work)
    scenario: Scenario | Workload,
    traffic: Traffic | None = None,
    grid: Iterable[Strategy | str] | Strategy | str = (),
    *,
    host: Host | None = None,
    rollouts: int = 200,
    seed: int = 0,
    metrics: Iterable[str] | str = (),
    require: Iterable[Requirement | str] | Requirement | str = (),
    results: str | Path | None = None,
    workers: int | None = 1,
    scheduler: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Sweep:
    """Roll out many times with every point of a grid, and find the points that no other beats.

    The numbers are those of `compare` for the same strategies: the same rollouts, the same draws and one window for
    all. They are the same wherever the work is done, by however many workers, at once or in several goes.

    Args:
        scenario: What is rolled out; a workload stands for its default scenario.
        traffic: Recorded or generated traffic; synthetic traffic if left out.
        grid: Texts such as ``"rolling:max_surge=1|25%|50%"``, in which ``|`` lists values and ``5m..2h`` or
            ``5m..2h/9`` is a range, of five points or so many; of several parameters, all combinations. Or strategies.
            The manifest's parameters are the defaults.
        host: Where strategies come from that are given as texts; a new one if left out.
        rollouts: How many rollouts to simulate for each point.
        seed: Seeds everything random.
        metrics: By which metrics points are judged; ``mixed_sessions`` and ``extra_replica_seconds`` if left out. The
            metrics of a bad revision are measured only if they are among these, or in a limit.
        require: Limits, such as ``"failed_requests<=0"``; only points that meet them can be on the front.
        results: A file to keep finished rollouts in. The same sweep goes on from there, also for more rollouts.
        workers: How many processes to work with; 1 for this one alone; None for as many as pay for themselves.
        scheduler: The address of a Dask scheduler, whose workers do it instead; they need the same turnout.
        progress: Called with the rollouts done and all rollouts, at the beginning and after each.

    Raises:
        InputError: If an argument cannot be used.
        PlanError: If a strategy fails or answers nonsense.
        TurnoutError: If a worker is killed, or the scheduler is lost.
        SweepInterrupted: A `KeyboardInterrupt`, with what was found so far.
    """
    scenario = as_scenario(scenario)
    check_seed(seed)
    check_whole(rollouts, "rollouts", least=1, most=MOST_ROLLOUTS)
    check_workers(workers)
    check_instance(
        scheduler, (str, type(None)), "scheduler", "it takes an address such as 'tcp://127.0.0.1:8786'"
    )
    if scheduler is not None and workers != 1:
        what, right = "it goes without workers of one's own", "leave one of them out"
        raise InputError(what, where="scheduler", hint=right)
    check_instance(results, (str, PathLike, type(None)), "results", "it takes the path of a file")
    if progress is not None and not callable(progress):
        raise InputError(
            f"it cannot be {shown(progress)}", where="progress", hint="it takes a function of two numbers"
        )
    names, requirements = as_metrics(metrics), as_requirements(require)
    check_measured(scenario, names, "metrics")
    check_measured(scenario, (each.metric for each in requirements), "requirements")
    points = as_grid(host, scenario.workload, grid)
    traffic = Synthetic().load(seed) if traffic is None else traffic
    check_traffic(traffic)
    asked = {*names, *(each.metric for each in requirements)}
    job = Job(
        scenario=scenario,
        traffic=traffic,
        strategies=points.points,
        seed=seed,
        gone_bad=not asked.isdisjoint(GONE_BAD),
    )
    search = _Search(job, points, rollouts, names, requirements)
    with _kept(results, job) as (known, keep):
        search.rows.update((number, row) for number, row in known.items() if number < rollouts)

        def take(row: Row) -> None:
            keep(row)
            search.rows[row.rollout] = row
            if progress is not None:
                progress(len(search.rows), rollouts)

        missing = (number for number in range(rollouts) if number not in known)
        with _ending_well(search, results):
            if progress is not None:
                progress(len(search.rows), rollouts)
            if len(search.rows) < rollouts:
                simulations = (rollouts - len(search.rows)) * len(job.strategies)
                if scheduler is not None:
                    _run_on_cluster(job, missing, take, scheduler)
                else:
                    run_on_this_machine(job, missing, take, workers=workers, simulations=simulations)
    return search.summed_up()


@contextmanager
def _ending_well(search: _Search, results: str | Path | None) -> Iterator[None]:
    """Whatever ends the work before it is done, say what is done."""
    try:
        yield
    except KeyboardInterrupt:
        raise SweepInterrupted(search.summed_up() if search.rows else None) from None
    except (InputError, PlanError):  # with these it would end again
        raise
    except TurnoutError as error:
        if results is None or not search.rows:
            raise
        done = f"{len(search.rows)} of {search.asked} rollouts are in {results}"
        raise TurnoutError(f"{error}; {done}: the same sweep goes on from there") from error


def _run_on_cluster(job: Job, missing: Iterator[int], take: Callable[[Row], None], scheduler: str) -> None:
    from turnout.sweeping.cluster import run_on_cluster  # noqa: PLC0415  (only where there is one)

    run_on_cluster(job, missing, take, scheduler)


@contextmanager
def _kept(results: str | Path | None, job: Job) -> Iterator[tuple[dict[int, Row], Callable[[Row], None]]]:
    """Open the file of results, if there is one: what it has, and how to add to it."""
    if results is None:
        yield {}, lambda _: None
    else:
        with opened(results, job) as file:
            yield file.rows, file.add


@attrs.frozen
class _Search:
    """A sweep while it goes on."""

    job: Job
    grid: Grid
    asked: int
    metrics: tuple[str, ...]
    requirements: tuple[Requirement, ...]
    rows: dict[int, Row] = attrs.field(factory=dict)

    def summed_up(self) -> Sweep:
        """What has been found so far, whatever the order in which it came."""
        job = self.job
        points = tuple(
            summary(point, self._found(place), self.requirements, label=label)
            for place, (point, label) in enumerate(zip(job.strategies, self.grid.labels, strict=True))
        )
        longest = max(float(row.table[:, -1].max()) for row in self.rows.values()) / SECOND
        return Sweep(
            scenario=job.scenario,
            traffic=job.traffic,
            grid=self.grid.texts,
            count=len(self.rows),
            asked=self.asked,
            seed=job.seed,
            metrics=self.metrics,
            requirements=self.requirements,
            points=points,
            left_out=self.grid.left_out,
            cautions=cautions(points, job.traffic, longest=longest),
            assumptions=(
                *assumptions(
                    job.scenario,
                    job.traffic,
                    len(self.rows),
                    bridged=any(point.bridges for point in job.strategies),
                ),
                *not_done(points, len(self.rows)),
            ),
        )

    def _found(self, place: int) -> Found:
        """What all rollouts with one point did."""
        found, metrics = Found(), self.job.metrics
        for number in sorted(self.rows):
            found.add(self.rows[number].outcome(place, metrics))
        return found

"""A small sweep that takes a moment: workload, traffic, grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.report.samples import host, traffic, workload
from turnout import Scenario, Sweep, sweep
from turnout.jobs.job import Job
from turnout.sweeping.grid import as_grid

if TYPE_CHECKING:
    from typing import Any

GRID = ("rolling:max_surge=1|2,max_unavailable=0|1", "recreate")
ROLLOUTS = 4


def swept(**given: Any) -> Sweep:
    return sweep(
        Scenario.of(workload()),
        traffic(),
        **{"grid": GRID, "host": host(), "rollouts": ROLLOUTS, "seed": 3, **given},
    )


def job(*, gone_bad: bool = False, seed: int = 3) -> Job:
    points = as_grid(host(), workload(), GRID).points
    return Job(
        scenario=Scenario.of(workload()), traffic=traffic(), strategies=points, seed=seed, gone_bad=gone_bad
    )

"""``turnout sweep``: which strategy with which parameters is best for a workload's users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from turnout.cli.options import WORK, CountType, SectionedCommand, sectioned, workers_option
from turnout.cli.output import format_option, print_json, print_rich, stdout_kept
from turnout.cli.progress import progress_shown
from turnout.cli.scenario import read_scenario, read_traffic, scenario_options, traffic_options
from turnout.cli.switches import open_host
from turnout.errors import InputError

if TYPE_CHECKING:
    from turnout import Sweep

__all__ = ["sweep"]

_UNMET = 1
_INTERRUPTED = 130


@click.command(
    cls=SectionedCommand,
    epilog="A GRID is a strategy with lists and ranges of values: NAME:max_surge=1|25%|50%, or "
    "NAME:drain_timeout=5m..2h, or 5m..2h/9 for nine points. Quote it: | is the shell's own. A METRIC is "
    "one of the table's. The exit code is 0, or 1 if no point meets every --require, or 2 if an input cannot be "
    "used, or 130 if it was interrupted.",
)
@click.argument("manifest")
@click.argument("grid", metavar="GRID...", nargs=-1)
@click.option(
    "--metric",
    "metrics",
    metavar="METRIC",
    multiple=True,
    help="What points are judged by. May be repeated.  [default: mixed_sessions, extra_replica_seconds]",
)
@traffic_options
@click.option(
    "--rollouts",
    type=CountType(),
    default="200",
    show_default=True,
    help="How many rollouts to simulate for each point, at times drawn from the traffic.",
)
@click.option(
    "--require",
    metavar="METRIC<=VALUE",
    multiple=True,
    help="A limit, such as 'failed_requests<=0'; only points that meet all can be on the front. May be repeated.",
)
@format_option
@sectioned(
    WORK,
    "--results",
    metavar="FILE",
    help="Keep finished rollouts in a file; the same command goes on from there, also with more --rollouts.",
)
@workers_option
@sectioned(
    WORK,
    "--scheduler",
    metavar="ADDRESS",
    help="Let the workers of a Dask scheduler do it, such as tcp://127.0.0.1:8786; needs turnout[dask].",
)
@scenario_options
@click.pass_context
def sweep(context: click.Context, /, **given: Any) -> None:
    """Find the strategies and parameters that no others beat.

    MANIFEST is a file with a Deployment or an Argo Rollout, or '-' for standard input.
    """
    from turnout.requirements import as_requirements  # noqa: PLC0415  # numpy, only where it is needed
    from turnout.sampling import check_measured  # noqa: PLC0415
    from turnout.sweeping import SweepInterrupted  # noqa: PLC0415
    from turnout.sweeping import sweep as sweep_grid  # noqa: PLC0415
    from turnout.sweeping.front import as_metrics  # noqa: PLC0415
    from turnout.sweeping.grid import as_grid  # noqa: PLC0415
    from turnout.sweeping.results_file import real_path  # noqa: PLC0415

    if given["scheduler"] is not None and given["workers"] is not None:
        raise InputError("it goes without --workers", where="--scheduler", hint="leave one of them out")
    scenario, host = read_scenario(given), open_host(context)
    # All that is quickly found to be wrong, before a log is read that may be long.
    as_grid(host, scenario.workload, given["grid"])
    metrics, requirements = as_metrics(given["metrics"]), as_requirements(given["require"])
    check_measured(scenario, metrics, "--metric")
    check_measured(scenario, (each.metric for each in requirements), "--require")
    if given["results"] is not None:
        real_path(given["results"])
    traffic, found = read_traffic(context, given)
    for line in found:
        click.echo(line, err=True)
    try:
        with stdout_kept(), progress_shown("rollouts of every point") as progress:
            result = sweep_grid(
                scenario,
                traffic,
                given["grid"],
                host=host,
                rollouts=given["rollouts"],
                seed=given["seed"],
                metrics=metrics,
                require=requirements,
                results=given["results"],
                workers=1 if given["scheduler"] is not None else given["workers"],
                scheduler=given["scheduler"],
                progress=progress,
            )
    except SweepInterrupted as interrupted:
        if interrupted.sweep is not None:
            _print(interrupted.sweep, given["output"])
        click.echo(_how_to_go_on(interrupted.sweep, given["results"]), err=True)
        context.exit(_INTERRUPTED)
    _print(result, given["output"])
    if requirements and not result.met:
        context.exit(_UNMET)


def _print(result: Sweep, output: str) -> None:
    if output == "json":
        from turnout.report import sweep_document  # noqa: PLC0415

        print_json(sweep_document(result))
    else:
        from turnout.report.sweep_table import sweep_parts  # noqa: PLC0415  # rich

        print_rich(*sweep_parts(result))


def _how_to_go_on(found: Sweep | None, results: str | None) -> str:
    done = (
        "before any rollout was done" if found is None else f"after {found.count} of {found.asked} rollouts"
    )
    if results is None:
        return f"turnout: interrupted {done}; with --results FILE, the same command would go on from there"
    if found is None:
        return f"turnout: interrupted {done}"
    return f"turnout: interrupted {done}; they are in {results}: the same command goes on from there"

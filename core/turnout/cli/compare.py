"""``turnout compare``: what each strategy would do to the users of a workload."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

import click

from turnout.cli.options import CountType, SectionedCommand
from turnout.cli.output import format_option, print_json, print_rich
from turnout.cli.scenario import read_scenario, read_traffic, scenario_options, traffic_options
from turnout.cli.switches import open_host

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["compare"]

_UNMET = 1
_SILENCE = 30
"""For how many seconds a run says nothing where nobody watches: in a file, a line now and then is enough."""


@click.command(
    cls=SectionedCommand,
    epilog="A DURATION is a number of seconds, or text such as 90s, 5m or 1h30m. A METRIC is one of the table's. The "
    "exit code is 0, or 1 if no strategy meets every --require, or 2 if an input cannot be used.",
)
@click.option(
    "--strategy",
    "strategies",
    metavar="NAME[:PARAM=VALUE,…]",
    multiple=True,
    help="What to compare; see turnout strategies. May be repeated.  [default: every strategy there is]",
)
@traffic_options
@click.option(
    "--rollouts",
    type=CountType(),
    default="200",
    show_default=True,
    help="How many rollouts to simulate for each strategy, at times drawn from the traffic.",
)
@click.option(
    "--require",
    metavar="METRIC<=VALUE",
    multiple=True,
    help="A limit, such as 'failed_requests<=0' or 'mixed_sessions<=1%'. May be repeated.",
)
@format_option
@scenario_options
@click.pass_context
def compare(context: click.Context, /, **given: Any) -> None:
    """Say what each strategy would do to your users.

    MANIFEST is a file with a Deployment or an Argo Rollout, or '-' for standard input.
    """
    from turnout.comparison import compare as compare_strategies  # noqa: PLC0415  # numpy, only where it is needed
    from turnout.report import comparison_document  # noqa: PLC0415
    from turnout.requirements import Requirement, check_consistent  # noqa: PLC0415
    from turnout.selection import choose_strategies  # noqa: PLC0415

    scenario = read_scenario(given)
    strategies = choose_strategies(open_host(context), scenario.workload, given["strategies"])
    requirements = tuple(Requirement.parse(each) for each in given["require"])
    check_consistent(requirements)
    traffic, found = read_traffic(context, given)
    for line in found:
        click.echo(line, err=True)
    with _progress() as progress:
        comparison = compare_strategies(
            scenario,
            traffic,
            strategies,
            rollouts=given["rollouts"],
            seed=given["seed"],
            require=requirements,
            progress=progress,
        )
    if given["output"] == "json":
        print_json(comparison_document(comparison))
    else:
        from turnout.report.terminal import comparison_parts  # noqa: PLC0415  # rich

        print_rich(*comparison_parts(comparison))
    if requirements and not comparison.met:
        context.exit(_UNMET)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Show on standard error how far a long run is: a bar on a terminal, a line now and then elsewhere."""
    if sys.stderr is not None and sys.stderr.isatty():
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import Progress  # noqa: PLC0415

        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("simulating rollouts")
            yield lambda done, total: bar.update(task, completed=done, total=total)
        return
    said = monotonic()

    def say(done: int, total: int) -> None:
        nonlocal said
        if monotonic() - said >= _SILENCE:
            said = monotonic()
            click.echo(f"turnout: {done} of {total} rollouts simulated", err=True)

    yield say

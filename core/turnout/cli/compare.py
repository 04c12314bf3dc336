"""``turnout compare``: what each strategy would do to the users of a workload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from turnout.cli.options import CountType, SectionedCommand, workers_option
from turnout.cli.output import format_option, print_json, print_rich, stdout_kept
from turnout.cli.progress import progress_shown
from turnout.cli.scenario import read_scenario, read_traffic, scenario_options, traffic_options
from turnout.cli.switches import open_host
from turnout.errors import InputError

if TYPE_CHECKING:
    from turnout import Scenario, Strategy, Traffic

__all__ = ["compare"]

_UNMET = 1


@click.command(
    cls=SectionedCommand,
    epilog="A DURATION is a number of seconds, or text such as 90s, 5m or 1h30m. A METRIC is one of the table's. The "
    "exit code is 0, or 1 if no strategy meets every --require, or 2 if an input cannot be used.",
)
@click.argument("manifest")
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
@click.option(
    "--estimate",
    is_flag=True,
    help="Answer at once: expected numbers by closed forms, for strategies that pin nothing.",
)
@format_option
@workers_option
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
    if given["estimate"] and requirements:
        what = "a limit is kept by single rollouts, and an estimate has none"
        raise InputError(what, where="--require", hint="leave out --estimate")
    if given["estimate"] and given["workers"] is not None:
        raise InputError("an estimate is made at once", where="--workers", hint="leave it out")
    traffic, found = read_traffic(context, given)
    for line in found:
        click.echo(line, err=True)
    if given["estimate"]:
        _estimate(scenario, traffic, strategies, given)
        return
    with stdout_kept(), progress_shown("simulations") as progress:
        comparison = compare_strategies(
            scenario,
            traffic,
            strategies,
            rollouts=given["rollouts"],
            seed=given["seed"],
            require=requirements,
            workers=given["workers"],
            progress=progress,
        )
    if given["output"] == "json":
        print_json(comparison_document(comparison))
    else:
        from turnout.report.terminal import comparison_parts  # noqa: PLC0415  # rich

        print_rich(*comparison_parts(comparison))
    if requirements and not comparison.met:
        context.exit(_UNMET)


def _estimate(
    scenario: Scenario, traffic: Traffic, strategies: tuple[Strategy, ...], given: dict[str, Any]
) -> None:
    from turnout.estimation import estimate  # noqa: PLC0415  # numpy
    from turnout.report import estimate_document  # noqa: PLC0415

    with stdout_kept():
        found = estimate(scenario, traffic, strategies, rollouts=given["rollouts"], seed=given["seed"])
    if given["output"] == "json":
        print_json(estimate_document(found))
    else:
        from turnout.report.estimates import estimate_parts  # noqa: PLC0415  # rich

        print_rich(*estimate_parts(found))

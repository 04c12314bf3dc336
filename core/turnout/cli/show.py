"""``turnout show``: one rollout as a timeline that a person can read."""

from __future__ import annotations

from typing import Any

import click

from turnout.cli.options import DurationType, SectionedCommand
from turnout.cli.output import format_option, print_json, print_rich, stdout_kept
from turnout.cli.scenario import read_scenario, read_traffic, scenario_options, traffic_options
from turnout.cli.switches import open_host
from turnout.errors import InputError

__all__ = ["show"]


@click.command(
    cls=SectionedCommand, epilog="A DURATION is a number of seconds, or text such as 90s, 5m or 1h30m."
)
@click.argument("manifest")
@click.option(
    "--strategy",
    metavar="NAME[:PARAM=VALUE,…]",
    help="What to show; see turnout strategies.  [default: what the manifest asks for]",
)
@traffic_options
@click.option(
    "--start",
    type=DurationType(),
    default="0s",
    show_default=True,
    help="When the rollout starts, from the traffic's beginning.",
)
@click.option(
    "--at",
    "moments",
    type=DurationType(signed=True),
    multiple=True,
    help="When to reload the page, from the rollout's start; -5s is before it. May be repeated.  "
    "[default: the telling moments]",
)
@format_option
@scenario_options
@click.pass_context
def show(context: click.Context, /, **given: Any) -> None:
    """Show one rollout as a timeline.

    MANIFEST is a file with a Deployment or an Argo Rollout, or '-' for standard input. Beside the replicas of each
    revision, it shows from which revision a browser that reloads a page gets the page's four parts.
    """
    from turnout.browser import browse, telling_moments  # noqa: PLC0415  # numpy, only where it is needed
    from turnout.report import history_document  # noqa: PLC0415
    from turnout.selection import asked_by_manifest, choose_strategies  # noqa: PLC0415
    from turnout.simulator.simulate import simulate  # noqa: PLC0415

    scenario = read_scenario(given)
    host = open_host(context)
    spec = asked_by_manifest(host, scenario.workload) if given["strategy"] is None else given["strategy"]
    strategy = choose_strategies(host, scenario.workload, [spec])[0]
    traffic, found = read_traffic(context, given)
    begin = traffic.start + given["start"]
    if begin >= traffic.end:
        raise InputError("the traffic is over by then", where="--start", hint="start earlier")
    for line in found:
        click.echo(line, err=True)
    with stdout_kept():
        history = simulate(scenario, strategy, traffic=traffic, begin=begin, seed=given["seed"])
    loads = browse(history, given["moments"] or telling_moments(history))
    if given["output"] == "json":
        pages = [
            {
                "seconds": load.time / 1e6,
                "revisions": load.revisions,
                "causes": [each.name.lower() for each in load.causes],
            }
            for load in loads
        ]
        print_json({**history_document(history), "page_loads": pages})
    else:
        from turnout.report.timeline import history_parts  # noqa: PLC0415  # rich

        print_rich(*history_parts(history, loads))

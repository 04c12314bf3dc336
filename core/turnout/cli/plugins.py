"""``turnout plugins``: which there are, where they come from, what they provide, and which are broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from turnout.cli.output import format_option, print_json, print_rich, table
from turnout.cli.switches import open_host
from turnout.host.plugins import KINDS

if TYPE_CHECKING:
    from turnout.host import PluginReport

__all__ = ["plugins"]


@click.command()
@format_option
@click.pass_context
def plugins(context: click.Context, output: str) -> None:
    """List plugins, where they come from, and which are broken.

    A broken plugin is no reason to fail here: the list says what is wrong with it, and the exit code is 0.
    """
    reports = open_host(context, warn=False).plugins
    if output == "json":
        print_json({"plugins": [each.to_dict() for each in reports]})
    else:
        _print(reports)


def _print(reports: tuple[PluginReport, ...]) -> None:
    from rich.padding import Padding  # noqa: PLC0415  (JSON does without)
    from rich.text import Text  # noqa: PLC0415

    if not reports:
        print_rich(Text("There are no plugins."))
        return
    listing = table("plugin", "state", "provides", "comes from")
    for each in reports:
        provides = "\n".join(
            f"{KINDS[kind]} {', '.join(names)}" for kind, names in each.provides.items() if names
        )
        source = ", ".join(part for part in (each.origin, each.entry_point) if part)
        listing.add_row(*map(Text, (each.name, each.state, provides, source)))
    problems = [
        part
        for each in reports
        for problem in each.problems
        for part in (Text(f"\n{each.name} ({each.origin}) is broken:"), Padding(Text(problem), (0, 0, 0, 2)))
    ]
    print_rich(listing, *problems)

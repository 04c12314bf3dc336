"""How commands write what they found: a table or JSON, whole, in one go."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType
    from rich.table import Table

__all__ = ["format_option", "print_json", "print_rich", "stdout_kept", "table"]

_WIDTH = 100

format_option = click.option(
    "--format",
    "output",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="How to write the result.",
)
"""The option ``--format``, as the parameter ``output``."""


@contextmanager
def stdout_kept() -> Iterator[None]:
    """Keep standard output for the result: what somebody else's code prints meanwhile goes to standard error."""
    with redirect_stdout(sys.stderr):
        yield


def print_json(result: Any) -> None:
    """Write a result as JSON."""
    click.echo(json.dumps(result, indent=2, ensure_ascii=False, allow_nan=False))


def print_rich(*parts: RenderableType) -> None:
    """Write for people: as wide as the terminal; 100 columns, and no colours, where there is none."""
    from rich.console import Console  # noqa: PLC0415  (--help and JSON do without)

    console = Console(markup=False, highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = _WIDTH
    with console.capture() as capture:
        for part in parts:
            console.print(part)
    text = "\n".join(line.rstrip() for line in capture.get().splitlines())
    click.echo(text, color=True)  # rich knows where there are colours


def table(*columns: str) -> Table:
    """Return an empty table with these headings, and no lines around anything.

    The first column has names; they are the last to be cut where the table is too wide.
    """
    from rich.table import Table  # noqa: PLC0415  (as above)

    empty = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for place, column in enumerate(columns):
        empty.add_column(column, overflow="fold", no_wrap=place == 0)
    return empty

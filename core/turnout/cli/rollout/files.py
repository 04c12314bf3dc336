"""Which file a command of ``turnout rollout`` works on, and how its answer comes out."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from turnout.controller import Refused
from turnout.rehearsal import StateFile

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["kubectl_exit", "state_option"]

_REFUSED = 1


def _file(context: click.Context, parameter: click.Parameter, value: str) -> StateFile:
    del context, parameter
    return StateFile(Path(value))


state_option = click.option(
    "--state",
    "file",
    metavar="FILE",
    default="turnout-rollout.json",
    show_default=True,
    callback=_file,
    help="Where the rollout is kept.",
)
"""The option ``--state``, as the parameter ``file``."""


@contextmanager
def kubectl_exit(context: click.Context) -> Iterator[None]:
    """End as kubectl does when a verb is refused: its words on standard error, and 1."""
    try:
        yield
    except Refused as refusal:
        click.echo(str(refusal), err=True)
        context.exit(_REFUSED)

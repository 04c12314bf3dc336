"""How commands say how far a long run is."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["progress_shown"]

_SILENCE = 30
"""For how many seconds a run says nothing where nobody watches: in a file, a line now and then is enough."""


@contextmanager
def progress_shown(of: str) -> Iterator[Callable[[int, int], None]]:
    """Show on standard error how far a long run is: a bar on a terminal, a line now and then elsewhere.

    Args:
        of: What is counted, such as ``"rollouts"``.
    """
    if sys.stderr is not None and sys.stderr.isatty():
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import Progress  # noqa: PLC0415

        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(of)
            yield lambda done, total: bar.update(task, completed=done, total=total)
        return
    said = monotonic()

    def say(done: int, total: int) -> None:
        nonlocal said
        if monotonic() - said >= _SILENCE:
            said = monotonic()
            click.echo(f"turnout: {done} of {total} {of}", err=True)

    yield say

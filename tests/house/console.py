"""Runs the console blocks of the README and the docs, and holds what they show against what is printed.

A console block is a session in what looks like the repository's root: a directory of links to all that is there, so
that what an example writes is in nobody's way. Each line that starts with ``$ `` is a command (a backslash
at its end goes on in the next line), and what follows it is what it prints, standard error included. ``…`` stands
for any stretch of output. A command that fails is followed by ``$ echo $?``, so that no failure goes unread.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
from doctest import ELLIPSIS, REPORT_NDIFF, OutputChecker
from doctest import Example as Shown
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sybil.example import Example

__all__ = ["complaint", "run_console"]

_ROOT = Path(__file__).parents[2]


@cache
def _place() -> Path:
    """A directory of this process's own that looks like the repository's root."""
    place = Path(mkdtemp(prefix="turnout-examples-"))
    atexit.register(shutil.rmtree, place)
    for each in _ROOT.iterdir():
        (place / each.name).symlink_to(each)
    return place


def _commands(block: str) -> Iterator[tuple[str, str]]:
    """Cut a block into commands and what each is shown to print."""
    lines = block.splitlines()
    while lines:
        command = lines.pop(0)
        if not command.startswith("$ "):
            raise ValueError(
                f"a console block starts with a command, as in '$ turnout --help', not {command!r}"
            )
        while command.endswith("\\"):
            command = f"{command}\n{lines.pop(0)}"
        shown = []
        while lines and not lines[0].startswith("$ "):
            shown.append(lines.pop(0))
        yield command.removeprefix("$ "), "\n".join(shown)


def _printed(command: str, status: int) -> tuple[str, int]:
    """Run a command after one that ended with `status`; return what it prints and how it ends itself."""
    environment = {name: value for name, value in os.environ.items() if name != "FORCE_COLOR"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    environment |= {"COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}
    done = subprocess.run(  # noqa: S602  (an example is a line of shell, and our own)
        f"(exit {status})\n{command}",
        shell=True,
        cwd=_place(),
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    return done.stdout, done.returncode


def _tidy(text: str) -> str:
    return "".join(f"{line.rstrip()}\n" for line in text.rstrip().splitlines())


def complaint(block: str) -> str | None:
    """Run a block; say what is wrong with it, or return None."""
    status = 0
    for command, shown in _commands(block):
        if status and command != "echo $?":
            return f"a command ended with {status}; show that with '$ echo $?' before {command!r}"
        printed, status = _printed(command, status)
        wanted, got = Shown(command, _tidy(shown).replace("…", "...")), _tidy(printed)
        if not OutputChecker().check_output(wanted.want, got, ELLIPSIS):
            return f"$ {command}\n{OutputChecker().output_difference(wanted, got, REPORT_NDIFF)}"
    return f"the last command ended with {status}; show that with '$ echo $?'" if status else None


def run_console(example: Example) -> str | None:
    """Evaluate a block for sybil, which fails an example that answers with a text."""
    return complaint(example.parsed)

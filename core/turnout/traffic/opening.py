"""Where a log is read from: a file, or standard input."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from turnout.errors import InputError
from turnout.traffic.reading import reading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

__all__ = ["name_of", "opened"]


def name_of(path: str | Path) -> str:
    """Say in messages what a path stands for."""
    return "standard input" if str(path) == "-" else str(path)


@contextmanager
def opened(path: str | Path) -> Iterator[BinaryIO]:
    """Open a log.

    Args:
        path: A file, or ``"-"`` for standard input.

    Raises:
        InputError: If it cannot be opened.
    """
    if str(path) == "-":
        given: Any = None if sys.stdin is None or sys.stdin.closed else getattr(sys.stdin, "buffer", None)
        if given is None:
            raise InputError("there is no standard input", hint="give the path of an access log")
        yield cast("BinaryIO", given)  # it is not ours to close
        return
    if "\0" in str(path):
        raise InputError("a path has no zero byte in it", where=repr(str(path)))
    with reading(name_of(path)):
        stream = Path(path).open("rb", buffering=0)
    with stream:
        yield cast("BinaryIO", stream)

"""Bytes of a log, from a file, a gzip file or standard input, as blocks of whole lines."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from turnout.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from typing import BinaryIO

__all__ = ["LONGEST_LINE", "name_of", "read_blocks"]

LONGEST_LINE = 65_536
"""Bytes; what is longer is no line of an access log, and is cut to one byte more than this."""

_BLOCK = 1 << 20
_GZIP = b"\x1f\x8b"


def name_of(path: str | Path) -> str:
    """Say in messages what a path stands for."""
    return "standard input" if str(path) == "-" else str(path)


def read_blocks(path: str | Path, *, block: int = _BLOCK) -> Generator[list[bytes]]:
    """Read a log piece by piece.

    Args:
        path: A file, plain or gzip (told by its content), or ``"-"`` for standard input.
        block: How many bytes to read at a time.

    Yields:
        Whole lines in order, without their line feeds.

    Raises:
        InputError: If it cannot be read, or is gzip that is truncated or corrupt.
    """
    where = name_of(path)
    carry = b""
    try:
        with _opened(path) as stream:
            while piece := stream.read(block):
                lines = (carry + piece).split(b"\n")
                carry = lines.pop()[: LONGEST_LINE + 1]
                yield lines
    except EOFError as error:
        raise InputError("this gzip file is truncated", where=where, hint="fetch it again") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"this gzip file is corrupt: {error}", where=where, hint="fetch it again") from error
    except FileNotFoundError as error:
        raise InputError(
            "no such file", where=where, hint="give the path of an access log, or - for standard input"
        ) from error
    except IsADirectoryError as error:
        raise InputError(
            "this is a directory", where=where, hint="give the path of one access log"
        ) from error
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", where=where) from error
    if carry:
        yield [carry]


@contextmanager
def _opened(path: str | Path) -> Iterator[BinaryIO]:
    """Open a log and, if it is gzip, look through that."""
    if str(path) == "-":
        given = None if sys.stdin is None or sys.stdin.closed else getattr(sys.stdin, "buffer", None)
        if given is None:
            raise InputError("there is no standard input", hint="give the path of an access log")
        buffered = io.BufferedReader(cast("io.FileIO", given))  # any byte stream will do
        try:
            with _unzipped(buffered) as plain:
                yield plain
        finally:
            buffered.detach()  # standard input is not ours to close
    else:
        if "\0" in str(path):
            raise InputError("a path has no zero byte in it", where=repr(str(path)))
        with Path(path).open("rb") as stream, _unzipped(stream) as plain:
            yield plain


@contextmanager
def _unzipped(stream: io.BufferedReader[Any]) -> Iterator[BinaryIO]:
    if stream.peek(2)[:2] == _GZIP:
        with gzip.GzipFile(fileobj=stream) as unzipped:
            yield unzipped  # type: ignore[misc]  # a GzipFile reads as any other
    else:
        yield stream

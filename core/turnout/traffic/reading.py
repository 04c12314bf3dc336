"""Bytes of a log, plain or gzip, as blocks of whole lines."""

from __future__ import annotations

import gzip
import io
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from turnout.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from typing import BinaryIO

__all__ = ["BLOCK", "LONGEST_LINE", "read_blocks", "reading"]

LONGEST_LINE = 65_536
"""Bytes; what is longer is no line of an access log, and is cut to one byte more than this."""

BLOCK = 1 << 21
"""How many bytes are read at a time: enough for NumPy, and little beside the processor's caches."""

_GZIP = b"\x1f\x8b"


def read_blocks(stream: BinaryIO, name: str, *, block: int = BLOCK) -> Generator[bytes]:
    """Read a log piece by piece.

    Args:
        stream: The log, plain or gzip (told by its content), from its beginning.
        name: What to call it in messages.
        block: How many bytes to read at a time.

    Yields:
        Whole lines in order, each with its line feed.

    Raises:
        InputError: If it cannot be read, or is gzip that is truncated or corrupt.
    """
    carry = b""
    with reading(name), _unzipped(stream) as plain:
        while piece := plain.read(block):
            whole = piece.rfind(b"\n") + 1
            if whole:
                yield carry + piece[:whole]
                carry = b""
            carry = (carry + piece[whole:])[: LONGEST_LINE + 1]
    if carry:
        yield carry + b"\n"


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Say in one line what is wrong with a log that cannot be read.

    Raises:
        InputError: For every way in which that fails.
    """
    try:
        yield
    except EOFError as error:
        raise InputError("this gzip file is truncated", where=name, hint="fetch it again") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"this gzip file is corrupt: {error}", where=name, hint="fetch it again") from error
    except FileNotFoundError as error:
        raise InputError(
            "no such file", where=name, hint="give the path of an access log, or - for standard input"
        ) from error
    except IsADirectoryError as error:
        raise InputError("this is a directory", where=name, hint="give the path of one access log") from error
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", where=name) from error


@contextmanager
def _unzipped(stream: BinaryIO) -> Iterator[BinaryIO]:
    """Look through gzip."""
    buffered = io.BufferedReader(cast("io.RawIOBase", stream), 1 << 17)  # any byte stream will do
    try:
        if buffered.peek(2)[:2] == _GZIP:
            with gzip.GzipFile(fileobj=buffered) as unzipped:
                yield cast("BinaryIO", unzipped)
        else:
            yield buffered
    finally:
        buffered.detach()  # the stream is not ours to close

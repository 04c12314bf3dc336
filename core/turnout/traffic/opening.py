"""Where a log is read from: a file, or standard input; and which bytes it has."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import sys
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import attrs

from turnout.errors import InputError
from turnout.traffic.log import LogReader
from turnout.traffic.reading import BLOCK, read_blocks, reading
from turnout.traffic.spill import aside

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

__all__ = ["Hashing", "Source", "name_of", "opened", "settled"]

_IN_MEMORY = 8 << 20


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
        stream = Path(path).open("rb", buffering=0)  # noqa: SIM115  (closed below, where errors are not about opening)
    with stream:
        yield cast("BinaryIO", stream)


class Hashing(io.RawIOBase):
    """A stream that is hashed while it is read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream: Any = stream
        self._hash = hashlib.sha256()
        self.size = 0

    def readable(self) -> bool:
        """As it says."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read, as streams do."""
        got: int = self._stream.readinto(buffer) or 0
        self._hash.update(memoryview(buffer)[:got])
        self.size += got
        return got

    def digest(self) -> bytes:
        """Return the hash of what was read so far."""
        return self._hash.digest()


@attrs.frozen(eq=False)
class Source:
    """A log that can be read again from its beginning.

    Attributes:
        stream: At its beginning.
        name: What to call it in messages.
        size: How many bytes it has.
        known: The hash of its bytes, if they cannot change any more.
    """

    stream: BinaryIO
    name: str
    size: int
    known: bytes | None

    def digest(self) -> bytes:
        """Return the hash of its bytes.

        Raises:
            InputError: If it cannot be read.
        """
        if self.known is not None:
            return self.known
        hashing, buffer = Hashing(self.stream), bytearray(BLOCK)
        with reading(self.name):
            while hashing.readinto(buffer):
                pass
            self.stream.seek(0)
        return hashing.digest()


@contextmanager
def settled(stream: BinaryIO, name: str) -> Iterator[Source]:
    """Make a log one that can be read twice: a file as it is, anything else by putting it aside.

    Raises:
        InputError: If it cannot be read or put aside, or what begins it is binary.
    """
    with reading(name):
        size = _size_of_file(stream)
    if size is not None:
        yield Source(stream, name, size, None)
        return
    hashing = Hashing(stream)
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as copy:
        begun = False
        while True:
            with reading(name):
                piece = _read(hashing)
            if not piece:
                break
            if not begun:
                _refuse_binary(piece, name)  # which may never end
                begun = True
            with aside():
                copy.write(piece)
        copy.seek(0)
        yield Source(cast("BinaryIO", copy), name, hashing.size, hashing.digest())


def _size_of_file(stream: BinaryIO) -> int | None:
    """Return the size of a file that is open at its beginning; None for whatever is no file."""
    try:
        status = os.fstat(stream.fileno())
        return status.st_size if stat.S_ISREG(status.st_mode) and stream.tell() == 0 else None
    except io.UnsupportedOperation:
        return None


def _read(hashing: Hashing) -> bytes:
    """Read a block, or what there is until the end."""
    buffer = bytearray(BLOCK)
    filled = 0
    while filled < BLOCK and (got := hashing.readinto(memoryview(buffer)[filled:])):
        filled += got
    return bytes(buffer[:filled])


def _refuse_binary(piece: bytes, name: str) -> None:
    if len(piece) < BLOCK:
        return
    reader = LogReader()
    try:
        with closing(read_blocks(io.BytesIO(piece), name)) as blocks:
            for block in blocks:
                reader.read(block)
    except InputError:
        return  # gzip that is cut here, and only here
    if reader.hopeless:
        raise reader.rejected.nothing_usable(reader.lines, name)

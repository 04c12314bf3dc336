"""What was parsed of a log, as a file: arrays that can be mapped, each with its checksum, then what is said of them."""

from __future__ import annotations

import json
import struct
import zlib
from typing import IO, TYPE_CHECKING, Any

import attrs
import numpy as np

from turnout.traffic.mapped import map_file, pieces
from turnout.traffic.merge import ARRAYS, Merged
from turnout.traffic.parse import Parsed
from turnout.traffic.rejected import Example, Unusable
from turnout.traffic.sessionise import Found

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["VERSION", "DamagedError", "read", "size", "write"]

VERSION = 1
"""To be raised whenever the same log is parsed to something else, or is written in another way."""

_END = struct.Struct("<QI16s")
"""Length and checksum of the description before it, and a mark, which a file that was cut short does not have."""
_MARK = b"turnout traffic\n"
_BUFFER = 1 << 20


class DamagedError(Exception):
    """A file is not what was written."""


def size(parsed: Parsed) -> int:
    """Return how many bytes the arrays take."""
    return sum(getattr(parsed.merged, name).nbytes for name in ARRAYS)


def write(file: IO[bytes], parsed: Parsed) -> None:
    """Write what was parsed to a new file."""
    place, arrays = 0, {}
    for name, kind in ARRAYS.items():
        array: NDArray[Any] = getattr(parsed.merged, name).astype(kind, copy=False)
        checksum, begin = 0, place
        for piece in pieces(array):
            checksum = zlib.crc32(piece, checksum)
            place += file.write(piece)
        arrays[name] = {"begin": begin, "count": len(array), "checksum": checksum}
    description = json.dumps(
        {
            "version": VERSION,
            "arrays": arrays,
            "merged": {"busiest_second": parsed.merged.busiest_second, "moved": parsed.merged.moved},
            "found": attrs.asdict(parsed.found),
            "unusable": [attrs.asdict(each) for each in parsed.unusable],
            **{name: getattr(parsed, name) for name in ("lines", "hosts", "first", "last")},
        }
    ).encode()
    file.write(description)
    file.write(_END.pack(len(description), zlib.crc32(description), _MARK))


def read(file: IO[bytes]) -> Parsed:
    """Check a file, every byte of it, and map it.

    Raises:
        DamagedError: If it is not what `write` wrote.
        OSError: If it cannot be read.
    """
    try:
        record = _describe(file)
        for name, kind in ARRAYS.items():
            _check(file, kind, **record["arrays"][name])
        mapped = map_file(file)
        arrays: dict[str, NDArray[Any]] = {
            name: np.frombuffer(
                mapped, kind, record["arrays"][name]["count"], record["arrays"][name]["begin"]
            )
            for name, kind in ARRAYS.items()
        }
        return Parsed(
            merged=Merged(**{**arrays, **record["merged"]}),
            found=Found(**record["found"]),
            unusable=tuple(
                Unusable(
                    each["reason"], each["count"], tuple(Example(**example) for example in each["examples"])
                )
                for each in record["unusable"]
            ),
            **{name: record[name] for name in ("lines", "hosts", "first", "last")},
        )
    except (KeyError, TypeError, ValueError, struct.error) as error:
        raise DamagedError from error


def _describe(file: IO[bytes]) -> dict[str, Any]:
    """Read the description at a file's end."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _END.size))
    length, checksum, mark = _END.unpack(file.read(_END.size))
    if mark != _MARK or length > size - _END.size:
        raise DamagedError
    file.seek(size - _END.size - length)
    description = file.read(length)
    if zlib.crc32(description) != checksum:
        raise DamagedError
    record: dict[str, Any] = json.loads(description)
    if record["version"] != VERSION:
        raise DamagedError
    return record


def _check(file: IO[bytes], kind: np.dtype[Any], *, begin: int, count: int, checksum: int) -> None:
    """Check the bytes of one array, without mapping them."""
    left, found, buffer = count * kind.itemsize, 0, bytearray(_BUFFER)
    file.seek(begin)
    while left:
        got = file.readinto(memoryview(buffer)[: min(left, _BUFFER)])  # type: ignore[attr-defined]  # as files have it
        if not got:
            raise DamagedError
        found = zlib.crc32(memoryview(buffer)[:got], found)
        left -= got
    if found != checksum:
        raise DamagedError

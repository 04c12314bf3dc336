"""Arrays that are mapped from files: read as if they were in memory, and given back when they are not needed."""

from __future__ import annotations

import mmap
from typing import IO, TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["bytes_of", "give_back", "map_file", "pieces"]

_PIECE = 1 << 20


def map_file(file: IO[bytes]) -> mmap.mmap:
    """Map a file that is not empty, to be read only."""
    return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def bytes_of(array: NDArray[Any]) -> memoryview:
    """Return the bytes of an array that lies in one piece, not copied."""
    return array.view(np.uint8).data if len(array) else memoryview(b"")


def give_back(*arrays: NDArray[Any]) -> None:
    """Let go of the memory that mapped arrays take; it is read again when it is looked at. Others keep theirs."""
    for each in {id(mapped): mapped for array in arrays if (mapped := _map_of(array))}.values():
        if hasattr(mmap, "MADV_DONTNEED"):
            each.madvise(mmap.MADV_DONTNEED)


def pieces(array: NDArray[Any]) -> Iterator[memoryview]:
    """Return the bytes of an array piece by piece, and give each piece back if it is mapped."""
    data = bytes_of(np.ascontiguousarray(array))
    for begin in range(0, len(data), _PIECE):
        yield data[begin : begin + _PIECE]
        give_back(array)


def _map_of(array: NDArray[Any]) -> mmap.mmap | None:
    base: Any = array
    while isinstance(base, (np.ndarray, memoryview)):
        base = base.obj if isinstance(base, memoryview) else base.base
    return base if isinstance(base, mmap.mmap) else None

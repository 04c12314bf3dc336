"""Rows by the million: kept in memory while they are few, then put aside in a file that has no name.

A file without a name is gone when its process is, however that ends; nothing is ever left to be tidied up.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, cast

import attrs
import numpy as np

from turnout.errors import InputError
from turnout.traffic.mapped import bytes_of, map_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import ExitStack

    from numpy.typing import NDArray

__all__ = ["Column", "Spill", "aside", "groups"]

_IN_MEMORY = 4 << 20
"""Bytes."""


@contextmanager
def aside() -> Iterator[None]:
    """Say in one line why nothing can be put aside.

    Raises:
        InputError: If the disk is full, or a file cannot be made.
    """
    try:
        yield
    except OSError as error:
        raise InputError(
            f"what was read of the log does not fit there: {error.strerror or error}",
            where=tempfile.gettempdir(),
            hint="set TMPDIR to a directory on a disk with more room",
        ) from error


@attrs.frozen(eq=False)
class _Held:
    """Rows in the order of their buckets, in memory, and where each bucket begins."""

    offset: NDArray[np.int64]
    rows: NDArray[Any]


@attrs.define(eq=False)
class Spill:
    """Rows that are read again by bucket.

    Attributes:
        files: What closes its file in the end.
        dtype: What a row is.
        buckets: How many buckets there are, at most 65,536.
        in_memory: How many bytes of rows are kept in memory.
    """

    files: ExitStack
    dtype: np.dtype[Any]
    buckets: int
    in_memory: int = _IN_MEMORY
    _pending: list[tuple[NDArray[np.uint16], NDArray[Any]]] = attrs.field(factory=list)
    _held: int = 0
    _runs: list[int | _Held] = attrs.field(
        factory=list
    )  # an int is a place of the file: offsets, and then rows
    _file: IO[bytes] | None = None

    def add(self, bucket: NDArray[np.integer[Any]], rows: NDArray[Any]) -> None:
        """Add rows, shape (N,), each to its bucket, shape (N,)."""
        self._pending.append((bucket.astype(np.uint16), rows))
        self._held += rows.nbytes
        if self._held >= self.in_memory:
            self._put_aside()

    def totals(self) -> NDArray[np.int64]:
        """Return how many rows each bucket has, shape (buckets,)."""
        self._settle()
        found = (self._offsets(run, 0, self.buckets) for run in self._runs)
        return sum(map(np.diff, found), np.zeros(self.buckets, np.int64))

    def read(self, low: int, high: int) -> NDArray[Any]:
        """Return the rows of the buckets from `low` to before `high`; those of one bucket as they were added."""
        self._settle()
        found = (self._part(run, low, high) for run in self._runs)
        return np.concatenate([np.empty(0, self.dtype), *found])

    def clear(self) -> None:
        """Forget all rows, and free what they take."""
        self._pending.clear()
        self._runs.clear()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _part(self, run: int | _Held, low: int, high: int) -> NDArray[Any]:
        offset = self._offsets(run, low, high)
        begin, end = int(offset[0]), int(offset[-1])
        if isinstance(run, _Held):
            return run.rows[begin:end]
        rows = np.empty(end - begin, self.dtype)
        self._read(rows, run + (self.buckets + 1) * offset.itemsize + begin * self.dtype.itemsize)
        return rows

    def _offsets(self, run: int | _Held, low: int, high: int) -> NDArray[np.int64]:
        """Say where in a run the buckets from `low` to `high` begin.

        Of runs in the file it is read each time: there are many, with many buckets, the more the more rows there are.
        """
        if isinstance(run, _Held):
            return run.offset[low : high + 1]
        offset = np.empty(high - low + 1, np.int64)
        self._read(offset, run + low * offset.itemsize)
        return offset

    def _read(self, rows: NDArray[Any], place: int) -> None:
        assert self._file is not None  # noqa: S101  (a run that is not in memory is there)
        left = bytes_of(rows)
        with aside():
            self._file.seek(place)
            while left:
                left = left[self._file.readinto(left) :]  # type: ignore[attr-defined]  # a raw file has it

    def _sorted(self) -> _Held:
        bucket = np.concatenate([np.empty(0, np.uint16), *(each for each, _ in self._pending)])
        rows = np.concatenate([np.empty(0, self.dtype), *(each for _, each in self._pending)])
        self._pending.clear()
        self._held = 0
        order = np.argsort(bucket, kind="stable")
        offset = np.zeros(self.buckets + 1, np.int64)
        np.cumsum(np.bincount(bucket, minlength=self.buckets), out=offset[1:])
        return _Held(offset, rows[order])

    def _put_aside(self) -> None:
        run = self._sorted()
        with aside():
            if self._file is None:
                self._file = make_file(self.files)
            self._runs.append(self._file.seek(0, 2))
            write(self._file, run.offset)
            write(self._file, run.rows)

    def _settle(self) -> None:
        """Bring what is still in memory into the order of its buckets."""
        if self._pending:
            self._runs.append(self._sorted())


@attrs.define(eq=False)
class Column:
    """An array that grows at its end.

    Attributes:
        files: What closes its file in the end; the array does not need it then.
        dtype: Of what.
        in_memory: How many bytes of it are kept in memory.
    """

    files: ExitStack
    dtype: np.dtype[Any]
    in_memory: int = _IN_MEMORY
    _parts: list[NDArray[Any]] = attrs.field(factory=list)
    _held: int = 0
    _file: IO[bytes] | None = None

    def add(self, part: NDArray[Any]) -> None:
        """Add a part, shape (N,)."""
        self._parts.append(part.astype(self.dtype))
        self._held += part.nbytes
        if self._held >= self.in_memory:
            with aside():
                if self._file is None:
                    self._file = make_file(self.files)
                self._write()

    def array(self) -> NDArray[Any]:
        """Return the whole array: in memory, or mapped from the file, which is not to be written to."""
        if self._file is None:
            return np.concatenate([np.empty(0, self.dtype), *self._parts])
        with aside():
            self._write()
            return np.frombuffer(map_file(self._file), self.dtype)

    def _write(self) -> None:
        assert self._file is not None  # noqa: S101  (it was made before)
        for part in self._parts:
            write(self._file, part)
        self._parts.clear()
        self._held = 0


def make_file(files: ExitStack) -> IO[bytes]:
    """Make a file without a name or a buffer, which `files` closes."""
    file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  (files closes it)
    return cast("IO[bytes]", files.enter_context(file))


def write(file: IO[bytes], rows: NDArray[Any]) -> None:
    """Write rows to a file without a buffer of its own."""
    left = bytes_of(np.ascontiguousarray(rows))
    while len(left):
        left = left[file.write(left) :]


def groups(totals: NDArray[np.int64], most: int) -> list[tuple[int, int]]:
    """Put neighbouring buckets together to groups of at most so many rows, or of one bucket that alone has more.

    Args:
        totals: Shape (B,), the rows of each bucket.
        most: Rows.

    Returns:
        The first bucket of each group, and the one after its last; groups without a row are left out.
    """
    found: list[tuple[int, int]] = []
    low, held = 0, 0
    for bucket, rows in enumerate(totals.tolist()):
        if held and held + rows > most:
            found.append((low, bucket))
            low, held = bucket, 0
        held += rows
    return [*found, (low, len(totals))] if held else found

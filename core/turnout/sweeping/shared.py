"""One job for several processes of one machine: its arrays lie in a file that all of them map, and none copies."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.sweeping.work import packed, unpacked
from turnout.traffic.mapped import map_file, pieces

if TYPE_CHECKING:
    import pickle
    from collections.abc import Iterator

    from turnout.sweeping.work import Job

__all__ = ["Shared", "shared"]


@attrs.frozen
class Shared:
    """Where another process finds a job.

    Attributes:
        data: The job without its arrays.
        path: The file with the arrays.
        ends: Where in the file each of them ends.
    """

    data: bytes
    path: Path
    ends: tuple[int, ...]

    def job(self) -> Job:
        """Read the job."""
        with self.path.open("rb") as file:
            whole = memoryview(map_file(file) if self.ends and self.ends[-1] else b"")
        begins = (0, *self.ends[:-1])
        return unpacked(self.data, [whole[a:b] for a, b in zip(begins, self.ends, strict=True)])

    def forget(self) -> None:
        """Remove the file; who has mapped it keeps it."""
        self.path.unlink(missing_ok=True)


@contextmanager
def shared(job: Job) -> Iterator[Shared]:
    """Lay a job out for other processes, for as long as they work."""
    arrays: list[pickle.PickleBuffer] = []
    data = packed(job, arrays.append)
    ends = []
    with tempfile.NamedTemporaryFile(prefix="turnout-sweep-", delete=False) as file:
        given = Shared(data, Path(file.name), ())
        try:
            for each in arrays:
                for piece in pieces(np.frombuffer(each.raw(), np.uint8)):
                    file.write(piece)
                ends.append(file.tell())
            file.flush()
        except BaseException:
            given.forget()
            raise
    try:
        yield attrs.evolve(given, ends=tuple(ends))
    finally:
        given.forget()

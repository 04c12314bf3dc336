"""Work for several processes of one machine: its arrays lie in a file that all of them map, and none copies."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from turnout.errors import TurnoutError
from turnout.jobs.work import packed, unpacked
from turnout.traffic.mapped import map_file, pieces

if TYPE_CHECKING:
    import pickle
    from collections.abc import Iterator

    from turnout.jobs.work import Work

__all__ = ["Shared", "shared"]


@attrs.frozen
class Shared:
    """Where another process finds work.

    Attributes:
        data: The work without its arrays.
        path: The file with the arrays.
        ends: Where in the file each of them ends.
    """

    data: bytes
    path: Path
    ends: tuple[int, ...]

    def work(self) -> Work[Any]:
        """Read the work."""
        with self.path.open("rb") as file:
            whole = memoryview(map_file(file) if self.ends and self.ends[-1] else b"")
        begins = (0, *self.ends)[:-1]
        found: Work[Any] = unpacked(self.data, [whole[a:b] for a, b in zip(begins, self.ends, strict=True)])
        return found

    def forget(self) -> None:
        """Remove the file; who has mapped it keeps it."""
        self.path.unlink(missing_ok=True)


@contextmanager
def shared(work: Work[Any]) -> Iterator[Shared]:
    """Lay work out for other processes, for as long as they work.

    Raises:
        TurnoutError: If there is no room for it.
    """
    arrays: list[pickle.PickleBuffer] = []
    data = packed(work, arrays.append)
    ends = []
    with tempfile.NamedTemporaryFile(prefix="turnout-", delete=False) as file:
        given = Shared(data, Path(file.name), ())
        try:
            for each in arrays:
                for piece in pieces(np.frombuffer(each.raw(), np.uint8)):
                    file.write(piece)
                ends.append(file.tell())
            file.flush()
        except OSError as error:
            given.forget()
            what = (
                f"{given.path.parent}: the traffic cannot be laid out for several processes: {error.strerror}"
            )
            raise TurnoutError(f"{what}; TMPDIR names another place, and --workers 1 does without") from None
        except BaseException:
            given.forget()
            raise
    try:
        yield attrs.evolve(given, ends=tuple(ends))
    finally:
        given.forget()

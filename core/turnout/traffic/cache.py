"""What was parsed of logs, kept in a directory, so that the same log need not be parsed again."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from time import time
from typing import TYPE_CHECKING

import attrs

from turnout.traffic import stored

if TYPE_CHECKING:
    from turnout.traffic.parse import Parsed, Shape

__all__ = ["Cache", "default_cache"]

_ENTRY, _UNFINISHED = ".traffic", ".unfinished"
_MOST_BYTES = 2 << 30
_ABANDONED = 3_600  # seconds, after which nobody is still writing


def default_cache() -> Path:
    """Return the directory in which the command line keeps what it has parsed of access logs.

    It is where the platform has such things, such as ``~/.cache/turnout/traffic``, and may not be there yet. What is in
    it can be deleted at any time.
    """
    from platformdirs import user_cache_path  # noqa: PLC0415  (only where a cache is wanted)

    return user_cache_path("turnout", appauthor=False) / "traffic"


@attrs.frozen
class Cache:
    """A directory with a file for each log and way of reading it. Nothing here fails: without a cache all is the same.

    Attributes:
        directory: Where it is; made if need be.
        most_bytes: When its files are larger together, those go that were not used for the longest time.
    """

    directory: Path
    most_bytes: int = _MOST_BYTES

    def may_hold(self, size: int) -> bool:
        """Whether it holds a log of so many bytes, so that it is worth the while to look at them all."""
        try:
            return any(self.directory.glob(f"{_prefix(size)}*{_ENTRY}"))
        except OSError:
            return False

    def find(self, size: int, digest: bytes, shape: Shape) -> Parsed | None:
        """Return what was parsed of the log with this content; what is damaged is removed."""
        path = self._path(size, digest, shape)
        try:
            if not stat.S_ISREG(path.stat().st_mode):  # a named pipe would never be read to its end
                return None
            with path.open("rb", buffering=0) as file:
                found = stored.read(file)
        except stored.DamagedError:
            with suppress(OSError):
                path.unlink()
            return None
        except OSError:
            return None
        with suppress(OSError):
            os.utime(path)  # it was used
        return found

    def keep(self, size: int, digest: bytes, shape: Shape, parsed: Parsed) -> str | None:
        """Keep what was parsed. Others may do the same at the same time, or read.

        Returns:
            Why it cannot be kept, or None.
        """
        size_kept = stored.size(parsed)
        if size_kept > self.most_bytes:
            most = f"the cache keeps {self.most_bytes:,} bytes at most"
            return f"what was read of the log is not kept: it takes {size_kept:,} bytes, and {most}"
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(_UNFINISHED, dir=self.directory)
            try:
                with open(handle, "wb", buffering=0) as file:  # noqa: PTH123  (it is open already)
                    stored.write(file, parsed)
                    os.fsync(file.fileno())
                Path(name).replace(self._path(size, digest, shape))
            finally:
                with suppress(OSError):
                    Path(name).unlink()
            self._tidy_up()
        except OSError as error:
            return f"{self.directory}: what was read of the log cannot be kept: {error.strerror or error}"
        return None

    def _path(self, size: int, digest: bytes, shape: Shape) -> Path:
        options = json.dumps(attrs.asdict(shape), sort_keys=True).encode()
        name = hashlib.sha256(digest + options).hexdigest()
        return self.directory / f"{_prefix(size)}{name}{_ENTRY}"

    def _tidy_up(self) -> None:
        """Remove what was used least lately, down to the size that is allowed, and what nobody finished."""
        files = []
        for path in self.directory.iterdir():
            with suppress(OSError):  # others tidy up, too
                status = path.stat()
                if path.suffix == _ENTRY:
                    files.append((status.st_mtime_ns, status.st_size, path))
                elif path.suffix == _UNFINISHED and status.st_mtime < time() - _ABANDONED:
                    path.unlink()
        held = sum(size for _, size, _ in files)
        for _, size, path in sorted(files):
            if held > self.most_bytes:
                with suppress(OSError):
                    path.unlink()
                held -= size


def _prefix(size: int) -> str:
    return f"{stored.VERSION}-{size:x}-"

"""The state file: written whole or not at all, by one command at a time, and never over what turnout did not write."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import attrs

from turnout.errors import InputError
from turnout.rehearsal.record import ForeignError, Record, from_text, to_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["DamagedError", "StateFile"]

_PATIENCE = 5.0
"""Seconds that a command waits for another one."""


_ANOTHER = "name another file with --state"
_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


class DamagedError(InputError):
    """A state file is not any more what turnout wrote."""


@attrs.frozen
class StateFile:
    """A file with a `Record`.

    Attributes:
        path: Where it is.
    """

    path: Path

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other command from changing the file meanwhile; wait a while for one that does the same.

        Raises:
            InputError: If that was not long enough, nothing can be changed there, or the file is not turnout's: beside
                such a one, not even a lock is left.
        """
        from filelock import FileLock, Timeout  # noqa: PLC0415  (only what changes the file needs it)

        with suppress(DamagedError):
            self.read()
        real = self.real_path
        if not real.parent.is_dir():  # the lock would make one
            raise InputError(f"there is no directory {real.parent}", where=str(self.path))
        lock = FileLock(real.with_name(f".{real.name}.lock"))
        try:
            lock.acquire(timeout=_PATIENCE)
        except Timeout:
            raise InputError(
                "another command has been changing it all the time",
                where=str(self.path),
                hint=f"it was waited for {_PATIENCE:g} s; try again",
            ) from None
        except OSError as error:
            raise self._unusable(error) from None
        try:
            yield
        finally:
            lock.release()

    def read(self) -> Record | None:
        """Return what the file keeps; None if there is no file.

        Raises:
            DamagedError: If turnout wrote it, but not as it is.
            InputError: If it cannot be read, turnout did not write it, or a later version did.
        """
        try:
            self._check_regular()
            data = self.path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._unusable(error) from None
        try:
            return from_text(data.decode(errors="replace"))
        except NotImplementedError as error:
            raise InputError(
                str(error), where=str(self.path), hint="use that, or another file with --state"
            ) from None
        except ForeignError as error:
            raise InputError(str(error), where=str(self.path), hint=_ANOTHER) from None
        except ValueError as error:
            raise DamagedError(str(error), where=str(self.path), hint=_ANOTHER) from None

    def read_or_set_aside(self) -> Record | None:
        """Read as `read` does; a damaged file is renamed first, so that nothing will ever be written over it.

        What turnout has not written stays where it is: whoever mistypes a name does not want that file moved. To be
        called while it is locked.

        Raises:
            DamagedError: If turnout wrote it, but not as it is. The line says what it is called now.
            InputError: As for `read`.
        """
        try:
            return self.read()
        except DamagedError as error:
            kept = self._set_aside()
            raise DamagedError(
                error.what,
                where=error.where,
                hint=f"it is kept as {kept}; 'turnout rollout apply' begins anew",
            ) from None

    def write(self, record: Record) -> None:
        """Replace what the file keeps, all at once; to be called while it is locked.

        Killed at any moment, it leaves either the old record or the new one.

        Raises:
            InputError: If it cannot be written; it keeps the old record.
        """
        real = self.real_path
        # Always the same name: a killed command leaves one of these at most, and the next one writes over it.
        fresh = real.with_name(f".{real.name}.new")
        try:
            with fresh.open("wb") as file:
                file.write(to_text(record).encode())
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(real)
        except OSError as error:
            raise self._unusable(error) from None
        with suppress(OSError):  # a directory cannot be synchronised everywhere
            directory = os.open(real.parent, os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)

    @property
    def real_path(self) -> Path:
        """Where the file really is, links followed: what commands that name it differently have in common."""
        return self.path.resolve()

    @property
    def stamp(self) -> tuple[int, int] | None:
        """What is another one as soon as the file has been replaced; None if there is no file."""
        try:
            found = self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return found.st_ino, found.st_mtime_ns

    def _set_aside(self) -> Path:
        number, aside = 1, self.path.with_name(f"{self.path.name}.damaged")
        while os.path.lexists(aside):
            number += 1
            aside = self.path.with_name(f"{self.path.name}.damaged-{number}")
        self.path.rename(aside)
        return aside

    def _check_regular(self) -> None:
        """Refuse what is no regular file before it is opened: that can wait for ever, or set something off."""
        kind = stat.S_IFMT(self.path.stat().st_mode)
        if kind != stat.S_IFREG:
            what = f"is {_KINDS.get(kind, 'something else')}, not a regular file"
            raise InputError(what, where=str(self.path), hint=_ANOTHER)

    def _unusable(self, error: OSError) -> InputError:
        return InputError(f"cannot be used: {error.strerror or error}", where=str(self.path), hint=_ANOTHER)

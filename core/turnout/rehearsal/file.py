"""The state file: written whole or not at all, by one command at a time, and never over what turnout did not write."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import attrs

from turnout.errors import InputError
from turnout.rehearsal.record import Record, from_text, to_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["DamagedError", "StateFile"]

_PATIENCE = 5.0
"""Seconds that a command waits for another one."""


class DamagedError(InputError):
    """A state file is not, or not any more, what turnout wrote."""


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
            InputError: If that was not long enough, or nothing can be changed there.
        """
        from filelock import FileLock, Timeout  # noqa: PLC0415  (only what changes the file needs it)

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
            DamagedError: If turnout did not write it as it is.
            InputError: If it cannot be read, or a later version of turnout wrote it.
        """
        try:
            text = self.path.read_bytes().decode()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unusable(error) from None
        except UnicodeDecodeError:
            raise self._damaged("is not text") from None
        try:
            return from_text(text)
        except NotImplementedError as error:
            raise InputError(
                str(error), where=str(self.path), hint="use that, or another file with --state"
            ) from None
        except ValueError as error:
            raise self._damaged(str(error)) from None

    def read_or_set_aside(self) -> Record | None:
        """Read as `read` does; a damaged file is renamed first, so that nothing will ever be written over it.

        To be called while it is locked.

        Raises:
            DamagedError: If turnout did not write it as it is. The line says what it is called now.
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

    def _damaged(self, what: str) -> DamagedError:
        return DamagedError(what, where=str(self.path), hint="name another file with --state")

    def _unusable(self, error: OSError) -> InputError:
        return InputError(
            f"cannot be used: {error.strerror or error}",
            where=str(self.path),
            hint="name another file with --state",
        )

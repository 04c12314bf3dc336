"""The file that a sweep keeps its finished rollouts in, a line each: killed at any moment, it goes on from there."""

from __future__ import annotations

import json
import os
import re
from contextlib import contextmanager
from hashlib import blake2b
from math import inf, isinf, isnan, nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from turnout.errors import InputError, TurnoutError
from turnout.jobs.job import Row
from turnout.simulator.outcome import Outcome
from turnout.sweeping.identity import differences, identity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from turnout.jobs.job import Job

__all__ = ["ResultsFile", "opened"]

_KIND, _FORM = "sweep results", 1
_LONGEST_HEADER = 1 << 24
_LOCKS_NAME = 200  # bytes of a file's name that are in its lock's, which may not be too long
_DEVICE = re.compile(r"/dev/|/proc/[^/]+/fd/")
_NEVER = "never"
"""What stands for a number without end."""


@attrs.define
class ResultsFile:
    """An open file of results.

    Attributes:
        path: Where it is.
        header: Its first line: which sweep it is of.
        descriptor: The open file.
        rows: What it had when it was opened, by the number of the rollout.
    """

    path: Path
    header: bytes
    descriptor: int
    rows: dict[int, Row] = attrs.field(factory=dict)

    def add(self, row: Row) -> None:
        """Append a rollout; it is on the disk when this returns.

        Raises:
            InputError: If it cannot be written.
        """
        points = [
            {
                "numbers": [_plain(each) for each in numbers],
                "own_page_views": int(own_page_views),
                "own_end": int(own_end),
                "not_done": list(not_done),
            }
            for (*numbers, own_page_views, own_end), not_done in zip(
                row.table.tolist(), row.not_done, strict=True
            )
        ]
        _append(self.path, self.descriptor, _signed(self.header, {"rollout": row.rollout, "points": points}))


def real_path(path: str | Path) -> Path:
    """Say which file a path of results is.

    Raises:
        InputError: If it can be none.
    """
    if str(path) == "-" or _DEVICE.match(Path(path).absolute().as_posix()):
        # Standard output may well be a file, but one into which the table goes.
        raise InputError("it is no file of its own", where=_where(path), hint="name one")
    try:
        real = Path(path).resolve()
    except ValueError:  # such as a zero byte in it
        raise InputError("it is no path of a file", where=_where(path), hint=_ANOTHER) from None
    except (OSError, RuntimeError):  # the latter until Python 3.13
        raise InputError("its links lead nowhere", where=_where(path), hint=_ANOTHER) from None
    if not real.parent.is_dir():
        raise InputError(f"there is no directory {real.parent}", where=_where(path))
    try:
        other = real.exists() and not real.is_file()
    except OSError as error:  # such as a name that is too long
        raise _unusable(path, error) from None
    if other:
        raise InputError("it is no file", where=_where(path), hint=_ANOTHER)
    return real


@contextmanager
def opened(path: str | Path, job: Job) -> Iterator[ResultsFile]:
    """Open the results of a sweep, or begin them; no other process may have them open meanwhile.

    A last line that was cut short is dropped. Nothing else is ever written over.

    Args:
        path: The file.
        job: Which sweep.

    Raises:
        InputError: If it is no file of this sweep's results, is damaged, in use, or cannot be written.
    """
    real = real_path(path)
    header = _line({"turnout": _KIND, "form": _FORM, **_described(job), "sweep": identity(job)})
    _check_begin(path, real, header)  # before anything is laid beside it
    try:
        descriptor = os.open(real, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
    except OSError as error:
        raise _unusable(path, error) from None
    try:
        with _locked(path, real):
            _check_begin(path, real, header)  # another sweep may have begun it meanwhile
            file = ResultsFile(Path(path), header, descriptor)
            _read(file, job)
            yield file
    finally:
        os.close(descriptor)


@contextmanager
def _locked(path: str | Path, real: Path) -> Iterator[None]:
    """Keep every other sweep out.

    Raises:
        InputError: If there is one.
    """
    from filelock import FileLock, Timeout  # noqa: PLC0415  (only where there is a file)

    short = os.fsdecode(os.fsencode(real.name)[:_LOCKS_NAME])
    lock = FileLock(real.with_name(f".{short}.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise InputError("another sweep is writing to it", where=_where(path), hint=_ANOTHER) from None
    except OSError as error:
        raise _unusable(path, error) from None
    try:
        yield
    finally:
        lock.release()


_ANOTHER = "name another file"


def _described(job: Job) -> dict[str, str]:
    """For whoever looks into the file."""
    workload = job.scenario.workload
    return {"workload": f"{workload.kind} {workload.name}", "traffic": job.traffic.label}


def _read(file: ResultsFile, job: Job) -> None:
    """Take over what the file has; cut off a last line that is damaged, and begin what is empty."""
    good = 0
    with os.fdopen(os.dup(file.descriptor), "rb") as lines:
        first = lines.readline()
        if first.endswith(b"\n"):
            file.header = first  # which may call workload and traffic by other names
            good = len(first)
        for number, line in enumerate(lines, 2):
            row = _row(file.header, line, job)
            if row is None:
                if lines.readline():
                    what = f"line {number} is damaged"
                    raise InputError(what, where=_where(file.path), hint=_ANOTHER)
                break
            file.rows.setdefault(row.rollout, row)
            good += len(line)
    try:
        if os.fstat(file.descriptor).st_size > good:
            os.ftruncate(file.descriptor, good)
    except OSError as error:
        raise _unusable(file.path, error) from None
    if not good:
        _append(file.path, file.descriptor, file.header)


def _check_begin(path: str | Path, real: Path, header: bytes) -> None:
    """Refuse a file that does not begin as this sweep's results do, or a killed sweep may have left of it.

    Raises:
        InputError: If it does not, or cannot be read.
    """
    try:
        with real.open("rb") as file:
            line = file.readline(_LONGEST_HEADER)
    except FileNotFoundError:
        return
    except OSError as error:
        raise _unusable(path, error) from None
    if header.startswith(line):
        return
    found = _parsed(line) if line.endswith(b"\n") else None
    if found is None or found.get("turnout") != _KIND:
        raise InputError("it is no file of a sweep's results", where=_where(path), hint=_ANOTHER)
    own, other = _parsed(header) or {}, found.get("sweep")
    if found.get("form") != _FORM or not isinstance(other, dict):
        what = "it was written by another version of turnout"
        raise InputError(what, where=_where(path), hint=_ANOTHER)
    apart = differences(own["sweep"], other)
    if apart:
        what = f"it has the results of another sweep: {' and '.join(apart)}"
        raise InputError(what, where=_where(path), hint=_ANOTHER)


def _row(header: bytes, line: bytes, job: Job) -> Row | None:
    """Read a line; None if it is damaged."""
    found = _parsed(line) if line.endswith(b"\n") else None
    if found is None or line != _signed(header, {name: found.get(name) for name in ("rollout", "points")}):
        return None
    outcomes = (_outcome(job, point) for point in found["points"])
    return Row.of(found["rollout"], outcomes, job.metrics)


def _outcome(job: Job, point: dict[str, Any]) -> Outcome:
    numbers = map(_number, point["numbers"])
    return Outcome(
        numbers=dict(zip(job.metrics, numbers, strict=True)),
        own_page_views=point["own_page_views"],
        own_end=point["own_end"],
        not_done=tuple(point["not_done"]),
    )


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _line(body: dict[str, Any]) -> bytes:
    return json.dumps(body, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _signed(header: bytes, body: dict[str, Any]) -> bytes:
    """Write a line with a checksum of itself and of the sweep that it is about."""
    return _line({**body, "sum": blake2b(header + _line(body), digest_size=8).hexdigest()})


def _plain(number: float) -> float | str | None:
    return None if isnan(number) else _NEVER if isinf(number) else number


def _number(plain: float | str | None) -> float:
    return nan if plain is None else inf if isinstance(plain, str) else float(plain)


def _append(path: Path, descriptor: int, line: bytes) -> None:
    try:
        while line:
            line = line[os.write(descriptor, line) :]
        os.fsync(descriptor)
    except OSError as error:  # such as a full disk: what is there is as good as before
        raise TurnoutError(f"{_where(path)}: it cannot be written: {error.strerror or error}") from None


def _where(path: object) -> str:
    return f"results {path}"


def _unusable(path: object, error: OSError) -> InputError:
    return InputError(f"it cannot be used: {error.strerror or error}", where=_where(path), hint=_ANOTHER)

"""A large log made from a real one: ``python -m tests.benchmarks.large_log FILE --lines 10000000 --output PATH``.

What it writes is derived, and is to be called so: the log again and again, each time later by its own span and with
clients of its own, so that sessions do not run into each other and the traffic is as dense as it was.
"""

from __future__ import annotations

import argparse
import gzip
import re
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["derived_lines"]

_LINE = re.compile(rb"(\S+)( \S+ \S+ \[)([^\]]{26})(\] .*)", re.DOTALL)


def derived_lines(log: bytes) -> Iterator[bytes]:
    """Repeat the text lines of a log forever, later and with other clients each time; other lines are left out.

    Args:
        log: A log of the common or combined format.
    """
    found = [match.groups() for match in map(_LINE.fullmatch, log.splitlines()) if match]
    times = {stamp: datetime.strptime(stamp.decode(), "%d/%b/%Y:%H:%M:%S %z") for _, _, stamp, _ in found}
    span = max(times.values()) - min(times.values()) + timedelta(hours=1)  # longer than a session's gap
    for lap in count():
        stamps = {stamp: _written(time + lap * span) for stamp, time in times.items()}
        suffix = b".%d" % lap if lap else b""
        for client, before, stamp, after in found:
            yield b"%s%s%s%s%s\n" % (client, suffix, before, stamps[stamp], after)


def _written(time: datetime) -> bytes:
    return time.astimezone(UTC).strftime("%d/%b/%Y:%H:%M:%S %z").encode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("log", metavar="FILE", type=Path, help="an access log, plain or gzip")
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument(
        "--output", type=Path, required=True, help="where to write it; gzip if it is called .gz"
    )
    given = parser.parse_args()
    content = given.log.read_bytes()
    log = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    opened = gzip.open if given.output.suffix == ".gz" else open
    with opened(given.output, "wb") as output:
        for _, line in zip(range(given.lines), derived_lines(log), strict=False):
            output.write(line)
    print(f"{given.output}: {given.lines:,} lines, derived from {given.log.name}")  # noqa: T201  (what it is for)


if __name__ == "__main__":
    main()

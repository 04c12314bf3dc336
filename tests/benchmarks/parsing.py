"""How fast logs are parsed, against a regular expression on the same lines."""

from __future__ import annotations

import gzip
import io
import re
from datetime import datetime
from time import process_time
from typing import TYPE_CHECKING

import attrs
import numpy as np

from tests.benchmarks.large_log import derived_lines
from tests.traffic.formats import Entry, lines
from tests.traffic.logs import LOGS
from turnout.traffic.log import LogReader
from turnout.traffic.reading import read_blocks
from turnout.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

__all__ = ["Row", "rows"]

_ROUNDS = 3
_PATTERN = re.compile(
    r'(\S+) (\S+) (\S+) \[([^\]]+)\] "(\S+) (\S+) ([^"]*)" (\d{3}) (\d+|-)(?: "([^"]*)" "([^"]*)")?'
)
_SITE = "https://www.example.org"


@attrs.frozen(kw_only=True)
class Row:
    """One log, parsed by turnout and by a regular expression.

    Attributes:
        name: Which log.
        lines: How many lines it has.
        bytes_per_line: On average.
        plain: Lines in a second of processor time, by the regular expression, with a cache of stamps.
        fast: By turnout, out of which come keys of clients, paths and referers and what each request is, too.
        agrees: Whether both found the same times and as many different clients, request by request.
    """

    name: str
    lines: int
    bytes_per_line: float
    plain: float
    fast: float
    agrees: bool

    @property
    def ratio(self) -> float:
        """How many times faster turnout is."""
        return self.fast / self.plain


def _generated(count: int) -> bytes:
    """A combined log of a made-up shop: a page and nine assets, again and again."""
    agents = [
        f"Mozilla/5.0 (X11; Linux x86_64; rv:{each}.0) Gecko/20100101 Firefox/{each}.0"
        for each in range(60, 90)
    ]
    records = (
        Entry(
            client=f"10.{place // 10 % 200}.{place // 2_000 % 200}.7",
            time=10**15 + place * SECOND // 50,
            target=f"/static/part{place % 10}.css?v=3" if place % 10 else f"/products/{place // 10 % 997}",
            referer=f"{_SITE}/products/{place // 10 % 997}" if place % 10 else "",
            agent=agents[place // 10 % len(agents)],
        )
        for place in range(count)
    )
    return lines(list(records), "combined")


def _logs(count: int) -> Iterator[tuple[str, bytes]]:
    """The logs to parse: derived from the real ones where they are, and a made-up one."""
    for name in ("nasa-1995-08-01", "semicomplete-2015-05"):
        path = LOGS / f"{name}.log.gz"
        if path.is_file():
            repeated = derived_lines(gzip.decompress(path.read_bytes()))
            yield (
                f"derived from {name}",
                b"".join(line for _, line in zip(range(count), repeated, strict=False)),
            )
    yield "generated, combined", _generated(count)


def _by_pattern(log: bytes) -> tuple[list[int], int]:
    """The times of requests, in seconds, and the number of clients: as a script would do it."""
    stamps: dict[str, int] = {}
    times, clients, found = [], set(), []
    for line in io.TextIOWrapper(io.BytesIO(log), "latin-1", newline="\n"):
        match = _PATTERN.match(line)
        if match is None:
            continue
        client, _, _, stamp, method, target, _, status, _, referer, agent = match.groups("")
        if method == "OPTIONS":
            continue
        time = stamps.get(stamp)
        if time is None:
            time = stamps[stamp] = int(datetime.strptime(stamp, "%d/%b/%Y:%H:%M:%S %z").timestamp())
        times.append(time)
        clients.add((client, "" if agent == "-" else agent))
        found.append((target.partition("?")[0], status, referer))
    return times, len(clients)


def _by_turnout(log: bytes) -> list[NDArray[np.void]]:
    reader = LogReader()
    return [reader.read(block)[0] for block in read_blocks(io.BytesIO(log), "a log")]


def _agree(log: bytes) -> bool:
    requests = np.concatenate(_by_turnout(log))
    times = (requests["time"] // SECOND).tolist()
    return _by_pattern(log) == (times, len(np.unique(requests["client"])))


def _seconds(work: Callable[[bytes], object], log: bytes) -> float:
    """The least processor time of a few rounds."""
    took = []
    for _ in range(_ROUNDS):
        begun = process_time()
        work(log)
        took.append(process_time() - begun)
    return min(took)


def rows(count: int) -> Iterator[Row]:
    """Parse each log in both ways.

    Args:
        count: How many lines each log is to have.
    """
    for name, log in _logs(count):
        yield Row(
            name=name,
            lines=log.count(b"\n"),
            bytes_per_line=len(log) / log.count(b"\n"),
            plain=log.count(b"\n") / _seconds(_by_pattern, log),
            fast=log.count(b"\n") / _seconds(_by_turnout, log),
            agrees=_agree(log),
        )

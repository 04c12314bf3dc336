"""A log as it streams by, of any size and in any order, to what `Traffic` and its summary are made of.

Requests are put aside by client, so that all of one client's are found together; sessions are put aside by time, so
that they come in the order of their beginnings. Neither needs more than a part of the log in memory: no more than some
hundred thousand requests, or one client's, if those are more.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from turnout.traffic.log import LogReader
from turnout.traffic.merge import Merged, Merger
from turnout.traffic.randomness import SPREADING, generator
from turnout.traffic.records import REQUEST
from turnout.traffic.sessionise import CLIENT_BUCKETS, PLACED, SESSION, Found, client_bucket, sessionise
from turnout.traffic.spill import Spill
from turnout.traffic.words import keys_of
from turnout.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from turnout.traffic.rejected import Unusable
    from turnout.units import Duration

__all__ = ["Limits", "Parsed", "Shape", "parse", "whole_second"]

_SAMPLED = 64  # one time in so many is kept, or fewer of many, to tell where in time the log is how dense
_MOST_SAMPLED = 1 << 18
_MOST_EDGES = 60_000


@attrs.frozen(kw_only=True)
class Shape:
    """All that decides, besides the log, what becomes of it.

    Attributes:
        session_gap: Microseconds.
        page_window: Microseconds.
        seed: Decides where in their second requests fall.
    """

    session_gap: Duration
    page_window: Duration
    seed: int


@attrs.frozen(kw_only=True)
class Limits:
    """How much is held in memory; the result does not depend on it.

    Attributes:
        in_memory: Bytes of requests before they are put aside, and of sessions.
        requests: How many requests are worked on at a time.
    """

    in_memory: int = 4 << 20
    requests: int = 1 << 17


LIMITS = Limits()
"""They keep a process under 150 MB, most of which is Python's and NumPy's own."""


@attrs.frozen(kw_only=True, eq=False)
class Parsed:
    """What a log holds.

    Attributes:
        merged: The arrays.
        lines: How many lines; blank ones are not counted.
        unusable: Those of no use.
        hosts: How many virtual hosts.
        found: What was found on the way.
        first: The time of the first request, microseconds since 1970 (UTC).
        last: The time of the last one.
    """

    merged: Merged
    lines: int
    unusable: tuple[Unusable, ...]
    hosts: int
    found: Found
    first: int
    last: int

    @property
    def epoch(self) -> int:
        """The traffic's time 0, microseconds since 1970 (UTC)."""
        return whole_second(self.first)


def whole_second(time: int) -> int:
    """Return the beginning of a time's second."""
    return time // SECOND * SECOND


def parse(blocks: Iterable[bytes], name: str, shape: Shape, limits: Limits = LIMITS) -> Parsed:
    """Read a log.

    Args:
        blocks: Whole lines, see `reading.read_blocks`.
        name: What to call it in messages.
        shape: What to make of it.
        limits: How much to hold in memory.

    Raises:
        InputError: If it is binary or empty, or has no usable line; or what `blocks` raises.
    """
    with ExitStack() as files:
        return _parse(blocks, name, shape, limits, files)


def _parse(blocks: Iterable[bytes], name: str, shape: Shape, limits: Limits, files: ExitStack) -> Parsed:
    reader, hosts = LogReader(), _Distinct(files)
    requests = Spill(files, REQUEST, CLIENT_BUCKETS, limits.in_memory)
    sample = _Sample()
    first, last = np.iinfo(np.int64).max, np.iinfo(np.int64).min
    for block in blocks:
        rows, named = reader.read(block)
        hosts.add(named)
        if len(rows):
            requests.add(client_bucket(rows["client"]), rows)
            sample.add(rows["time"])
            first, last = min(first, int(rows["time"].min())), max(last, int(rows["time"].max()))
        if reader.hopeless:
            break
    if not reader.requests:
        raise reader.rejected.nothing_usable(reader.lines, name)
    edges = sample.edges(reader.requests // limits.requests)
    sessions, placed = (Spill(files, dtype, len(edges) + 1, limits.in_memory) for dtype in (SESSION, PLACED))
    found = Found()
    for session, members in sessionise(
        requests, shape.session_gap, shape.page_window, found, most=limits.requests
    ):
        bucket = np.searchsorted(edges, session["time"], side="right")
        sessions.add(bucket, session)
        placed.add(np.repeat(bucket, session["requests"]), members)
    requests.clear()
    merger = Merger(whole_second(first), generator(shape.seed, SPREADING), files)
    return Parsed(
        merged=merger.merge(sessions, placed, edges),
        lines=reader.lines,
        unusable=reader.rejected.counts(),
        hosts=hosts.count(),
        found=found,
        first=first,
        last=last,
    )


@attrs.define
class _Sample:
    """One in so many of a log's times, in the order in which they come: of a longer log, one in more."""

    one_in: int = _SAMPLED
    _met: int = 0
    _parts: list[NDArray[np.int64]] = attrs.field(factory=list)
    _held: int = 0

    def add(self, time: NDArray[np.int64]) -> None:
        """Keep some of these."""
        self._parts.append(time[-self._met % self.one_in :: self.one_in].copy())
        self._met += len(time)
        self._held += len(self._parts[-1])
        while self._held > _MOST_SAMPLED:
            self._parts = [np.concatenate(self._parts)[::2].copy()]
            self._held = len(self._parts[0])
            self.one_in *= 2

    def edges(self, parts: int) -> NDArray[np.int64]:
        """Find the times that cut the log into so many and one parts with about as many requests each."""
        times = np.sort(np.concatenate(self._parts))
        places = np.linspace(0, len(times), min(parts, _MOST_EDGES, len(times)) + 2)[1:-1].astype(np.int64)
        return np.unique(times[np.minimum(places, len(times) - 1)])


class _Distinct:
    """Counts different names, of which there may be more than memory holds."""

    _KNOWN = 4_096
    _BUCKETS = 256

    def __init__(self, files: ExitStack) -> None:
        self._known: set[bytes] = set()
        self._keys = Spill(files, np.dtype(np.uint64), self._BUCKETS)

    def add(self, names: set[bytes]) -> None:
        """Count these names, unless they were counted before."""
        new = list(names - self._known)
        if new:
            keys: NDArray[Any] = keys_of(new)
            self._keys.add(keys % np.uint64(self._BUCKETS), keys)
            if len(self._known) + len(new) > self._KNOWN:
                self._known.clear()
            self._known.update(new)

    def count(self) -> int:
        """Return how many there are."""
        return sum(len(np.unique(self._keys.read(each, each + 1))) for each in range(self._BUCKETS))

"""From sessions in any order to the arrays of `Traffic`, a stretch of time after the other."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.traffic.assembly import lay_out, offsets, stretches
from turnout.traffic.records import ASSET, WHOLE_SECONDS
from turnout.traffic.spill import Column
from turnout.traffic.spreading import spread_seconds
from turnout.units import SECOND

if TYPE_CHECKING:
    from contextlib import ExitStack

    from numpy.typing import NDArray

    from turnout.traffic.spill import Spill

__all__ = ["ARRAYS", "Merged", "Merger"]


ARRAYS = MappingProxyType(
    dict.fromkeys(
        ("page_offset", "request_offset", "request_time", "session_start", "session_end"), np.dtype("<i8")
    )
    | {"has_document": np.dtype(np.bool_)}  # the last, so that in a file all are aligned without gaps
)
"""The arrays of `Merged`, and what they consist of."""


@attrs.frozen(kw_only=True, eq=False)
class Merged:
    """The arrays of `Traffic`, and what it says of its sessions; see there.

    Attributes:
        moved: How many documents were moved back to one of their assets.
    """

    page_offset: NDArray[np.int64]
    request_offset: NDArray[np.int64]
    has_document: NDArray[np.bool_]
    request_time: NDArray[np.int64]
    session_start: NDArray[np.int64]
    session_end: NDArray[np.int64]
    busiest_second: int
    moved: int


@attrs.frozen(eq=False)
class _Sessions:
    """Some whole sessions, in the order of their first requests as they were logged.

    S sessions, R requests.

    Attributes:
        length: Shape (S,), the number of requests.
        head: Shape (R,), the place within the session of each one's page view's head.
        asset: Shape (R,), bool.
        time: Shape (R,), microseconds, spread.
    """

    length: NDArray[np.int64]
    head: NDArray[np.int64]
    asset: NDArray[np.bool_]
    time: NDArray[np.int64]

    def joined(self, other: _Sessions) -> _Sessions:
        """Return these sessions, then the others."""
        return _Sessions(
            *(
                np.concatenate([getattr(self, field.name), getattr(other, field.name)])
                for field in attrs.fields(_Sessions)
            )
        )

    def take(self, which: NDArray[np.bool_]) -> _Sessions:
        """Return some of the sessions."""
        requests = np.repeat(which, self.length)
        return _Sessions(self.length[which], self.head[requests], self.asset[requests], self.time[requests])


def _nothing() -> _Sessions:
    return _Sessions(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, bool), np.empty(0, np.int64))


@attrs.define
class Merger:
    """Puts sessions into the order of their first requests, spread within their seconds.

    Spreading moves the beginning of a session by less than a second. So whatever begins before the next stretch of time
    does is complete; the rest is held back until then.

    Attributes:
        epoch: Wall-clock time of 0 on the traffic's clock, microseconds.
        generator: Draws where in its second a request falls.
        files: What closes the files of the arrays that are being made.
    """

    epoch: int
    generator: np.random.Generator
    files: ExitStack
    _columns: dict[str, Column] = attrs.field(init=False)
    _held: _Sessions = attrs.field(factory=_nothing)
    _busy: _Busy = attrs.field(factory=lambda: _Busy())  # noqa: PLW0108  (it stands further down)
    _pages: int = 0
    _requests: int = 0
    _moved: int = 0

    def __attrs_post_init__(self) -> None:
        self._columns = {name: Column(self.files, kind) for name, kind in ARRAYS.items()}

    def merge(self, sessions: Spill, placed: Spill, edges: NDArray[np.int64]) -> Merged:
        """Put all sessions together.

        Args:
            sessions: Of dtype `sessionise.SESSION`; bucket b has those that begin before ``edges[b]`` and not before
                the edge before.
            placed: Their requests, of dtype `sessionise.PLACED`, in the same buckets and order.
            edges: Shape (B - 1,), rising: microseconds since 1970.
        """
        for name in ("page_offset", "request_offset"):
            self._columns[name].add(np.zeros(1, np.int64))
        for bucket in range(len(edges) + 1):
            found = self._spread(sessions.read(bucket, bucket + 1), placed.read(bucket, bucket + 1))
            self._emit(
                self._held.joined(found), int(edges[bucket]) - self.epoch if bucket < len(edges) else None
            )
        return Merged(
            **{name: column.array() for name, column in self._columns.items()},
            busiest_second=self._busy.most,
            moved=self._moved,
        )

    def _spread(self, sessions: NDArray[np.void], placed: NDArray[np.void]) -> _Sessions:
        """Order sessions as they were logged, and spread their requests within their seconds."""
        order = np.lexsort((sessions["number"], sessions["time"]))
        begin, request = stretches(offsets(sessions["requests"]), order)
        placed, length = placed[request], np.diff(begin)
        session, head = np.repeat(np.arange(len(length)), length), placed["head"].astype(np.int64)
        logged = placed["time"] - self.epoch
        time = spread_seconds(
            session=session,
            time=logged,
            whole_seconds=(placed["flags"] & WHOLE_SECONDS) != 0,
            head=head + begin[session],
            generator=self.generator,
        )
        self._moved += int((time < logged).sum())
        return _Sessions(length, head, (placed["flags"] & ASSET) != 0, time)

    def _emit(self, sessions: _Sessions, until: int | None) -> None:
        """Lay out the sessions that begin before `until`, and hold the others back."""
        begin = offsets(sessions.length)
        if until is not None and len(sessions.length):
            ready = np.minimum.reduceat(sessions.time, begin[:-1]) < until
            sessions, self._held = sessions.take(ready), sessions.take(~ready)
            begin = offsets(sessions.length)
        if not len(sessions.length):
            return
        session = np.repeat(np.arange(len(sessions.length)), sessions.length)
        layout = lay_out(session, sessions.head + begin[session], sessions.asset, sessions.time)
        first = layout.request_offset[layout.page_offset[:-1]]
        for name, part in (
            ("page_offset", layout.page_offset[1:] + self._pages),
            ("request_offset", layout.request_offset[1:] + self._requests),
            ("has_document", layout.has_document),
            ("request_time", layout.request_time),
            ("session_start", layout.request_time[first]),
            ("session_end", np.maximum.reduceat(layout.request_time, first)),
        ):
            self._columns[name].add(part)
        self._pages += len(layout.has_document)
        self._requests += len(layout.request_time)
        self._busy.add(layout.request_time, until)


@attrs.define
class _Busy:
    """Finds the busiest second.

    Attributes:
        most: The number of requests in the busiest second so far.
    """

    most: int = 0
    _second: NDArray[np.int64] = attrs.field(factory=lambda: np.empty(0, np.int64))
    _count: NDArray[np.int64] = attrs.field(factory=lambda: np.empty(0, np.int64))

    def add(self, time: NDArray[np.int64], until: int | None) -> None:
        """Count requests; none after these comes before `until`."""
        second, place = np.unique(np.concatenate([self._second, time // SECOND]), return_inverse=True)
        count = np.bincount(place, np.concatenate([self._count, np.ones(len(time), np.int64)])).astype(
            np.int64
        )
        self.most = max(self.most, int(count.max()))
        if until is not None:
            later = second >= until // SECOND
            self._second, self._count = second[later], count[later]

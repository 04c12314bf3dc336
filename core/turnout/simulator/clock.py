"""Finds the segments of many times at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Clock"]

_BUCKETS, _FOR_EACH_SEGMENT = 1 << 16, 16


@attrs.frozen(kw_only=True, eq=False)
class Clock:
    """Finds the segments of times by a table of even buckets; only in those where a segment begins it has to search.

    Attributes:
        since: Shape (G,): where each segment begins; the first is before all times.
        origin: Where the buckets begin, microseconds.
        shift: The binary logarithm of a bucket's length.
        first: Shape (B,), int64: the segment in force where each bucket begins.
        parted: Shape (B,), bool: whether another one begins within the bucket.
    """

    since: NDArray[np.int64]
    origin: int
    shift: int
    first: NDArray[np.int64]
    parted: NDArray[np.bool_]

    @classmethod
    def of(cls, since: NDArray[np.int64]) -> Clock:
        """Make the table."""
        if len(since) == 1:
            return cls(
                since=since, origin=0, shift=0, first=np.zeros(1, np.int64), parted=np.zeros(1, np.bool_)
            )
        begin, length = int(since[1]), int(since[-1] - since[1])
        shift = max(0, (length // min(_BUCKETS, _FOR_EACH_SEGMENT * len(since))).bit_length())
        origin = begin - (1 << shift)
        # The first and the last one stand for all times before and after: no segment begins in them.
        edges = origin + (np.arange((length >> shift) + 4) << shift)
        return cls(
            since=since,
            origin=origin,
            shift=shift,
            first=np.searchsorted(since, edges[:-1], side="right") - 1,
            parted=np.searchsorted(since, edges[:-1], side="right") < np.searchsorted(since, edges[1:]),
        )

    def segments(self, time: NDArray[np.int64]) -> NDArray[np.int64]:
        """Find the segments of some times, shape (K,)."""
        bucket = (time - self.origin) >> self.shift
        segment = self.first.take(bucket, mode="clip")
        within = np.flatnonzero(self.parted.take(bucket, mode="clip"))
        segment[within] = np.searchsorted(self.since, time[within], side="right") - 1
        return segment

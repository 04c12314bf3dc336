"""A traffic's sessions, cut into blocks: those that one rollout meets, in the order of their beginnings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.routing.draws import draws, stream
from turnout.simulator.block import Block, ranges

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from turnout.traffic.traffic import Traffic

__all__ = ["Cut", "SessionIndex"]

_SESSIONS, _REQUESTS = 31, 32  # whose streams are whose
_CHUNK = 256
MOST_SESSIONS, MOST_REQUESTS = 10_000, 1 << 18
"""What a block holds at most, unless a single session has more requests."""


@attrs.frozen(eq=False)
class SessionIndex:
    """Where in a traffic to look for the sessions of a stretch of time. C chunks of sessions, one after the other.

    Attributes:
        traffic: The traffic.
        start: Shape (C,), int64, ascending: when each chunk's first session begins.
        end: Shape (C,), int64: when its last request is made.
    """

    traffic: Traffic
    start: NDArray[np.int64]
    end: NDArray[np.int64]

    @property
    def span(self) -> int:
        """How long the traffic is, in microseconds: after that a rollout meets it again."""
        return self.traffic.end - self.traffic.start

    @classmethod
    def of(cls, traffic: Traffic) -> SessionIndex:
        """Index a traffic, whose arrays are read once, from the first to the last."""
        first = np.append(np.arange(0, traffic.sessions, _CHUNK), traffic.sessions)
        bounds = traffic.request_offset[traffic.page_offset[first]]
        start, end = np.zeros((2, len(first) - 1), np.int64)
        step = max(1, MOST_SESSIONS // _CHUNK)
        for chunk in range(0, len(start), step):
            own = bounds[chunk : chunk + step + 1]
            time = traffic.request_time[own[0] : own[-1]]
            start[chunk : chunk + step] = time[own[:-1] - own[0]]
            end[chunk : chunk + step] = np.maximum.reduceat(time, own[:-1] - own[0])
        return cls(traffic, start, end)

    def stretches(self, begin: int, until: int) -> Iterator[tuple[int, int, int]]:
        """Find where sessions may be that begin before `until` and are not over at `begin`.

        Args:
            begin: On the traffic's clock.
            until: The same.

        Yields:
            The lap of the traffic, and the first session and the one after the last one of a stretch without gaps.
        """
        for lap in range(max(0, until - self.traffic.start - 1) // self.span + 1):
            shift = lap * self.span
            met = np.concatenate([[False], (self.end + shift >= begin) & (self.start + shift < until), [False]])
            for first, last in np.flatnonzero(np.diff(met)).reshape(-1, 2).tolist():
                yield lap, first * _CHUNK, min(last * _CHUNK, self.traffic.sessions)


@attrs.frozen(kw_only=True)
class Cut:
    """The sessions that begin before a time and are not over at a rollout's start, whole, each with its draws.

    A rollout that outlasts the traffic meets the traffic again from its beginning; each lap draws anew.

    Attributes:
        sessions: The indexed traffic.
        begin: The rollout's start on the traffic's clock, within its span, microseconds.
        until: Up to when sessions begin, on the same clock.
        since: Only sessions that begin then or later, on the same clock; all that are not over if left out.
        seed: Seeds the draws; the same seed gives a request the same draws whatever the block.
    """

    sessions: SessionIndex
    begin: int
    until: int
    since: int | None = None
    seed: int

    def __iter__(self) -> Iterator[Block]:
        """Yield blocks of sessions in the order of their beginnings; in none of them is there nobody."""
        offsets, traffic = self.sessions.traffic.page_offset, self.sessions.traffic
        earliest = self.begin if self.since is None else max(self.begin, self.since)
        for lap, first, last in self.sessions.stretches(earliest, self.until):
            while first < last:
                most = min(last, first + MOST_SESSIONS)
                requests = traffic.request_offset[offsets[first : most + 1]]
                fit = np.searchsorted(requests, requests[0] + MOST_REQUESTS, side="right") - 1
                after = first + max(1, int(fit))
                block = self._laid_out(lap, first, after)
                if len(block.session_draw):
                    yield block
                first = after

    def _laid_out(self, lap: int, first: int, after: int) -> Block:
        """Lay a stretch of sessions out, without those that the rollout does not meet."""
        traffic = self.sessions.traffic
        pages = traffic.page_offset[first : after + 1]
        offset = traffic.request_offset[pages[0] : pages[-1] + 1]
        begin, end = int(offset[0]), int(offset[-1])
        count = np.diff(pages)
        shift = lap * self.sessions.span - self.begin
        block = Block(
            session_draw=draws(stream(self.seed, _SESSIONS, lap), first, after - first),
            page_session=np.repeat(np.arange(after - first), count),
            page_has_document=np.array(traffic.has_document[pages[0] : pages[-1]]),
            request_offset=offset - begin,
            time=traffic.request_time[begin:end] + shift,
            draw=draws(stream(self.seed, _REQUESTS, lap), begin, end - begin),
        )
        return self._met(block, count)

    def _met(self, block: Block, count: NDArray[np.int64]) -> Block:
        first, since = np.cumsum(count) - count, 0 if self.since is None else self.since - self.begin
        start = block.page_begin[first]
        met = (start < self.until - self.begin) & (np.maximum.reduceat(block.page_end, first) >= 0)
        if self.since is not None:
            met &= start >= since
        if met.all():
            return block
        _, kept = block.of_pages(ranges(first[met], count[met]))
        return attrs.evolve(
            kept,
            session_draw=block.session_draw[met],
            page_session=np.repeat(np.arange(int(met.sum())), count[met]),
        )

"""A traffic's sessions, cut into blocks: those that one rollout meets, in the order of their beginnings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.routing.draws import draws, stream
from turnout.simulator.block import Block

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from turnout.traffic.traffic import Traffic

__all__ = ["Cut", "SessionIndex"]

_SESSIONS, _REQUESTS = 31, 32  # whose streams are whose
_CHUNK = 256
_RELEASED = 1 << 22  # so many requests are held in memory of a traffic that is mapped from a file
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
        """Index a traffic."""
        first = np.arange(0, traffic.sessions, _CHUNK)
        end = np.maximum.reduceat(traffic.session_end, first) if len(first) else first
        return cls(traffic, np.array(traffic.session_start[first]), np.array(end))

    def laps(self, begin: int, until: int) -> range:
        """The laps of the traffic in which sessions may begin before `until` and not be over at `begin`."""
        if not len(self.end):
            return range(0)
        first = -((int(self.end.max()) - begin) // self.span)
        return range(max(0, first), (until - self.traffic.start - 1) // self.span + 1)

    def stretches(self, begin: int, until: int) -> Iterator[tuple[int, int, int]]:
        """Find where sessions may be that begin before `until` and are not over at `begin`.

        Args:
            begin: On the traffic's clock.
            until: The same.

        Yields:
            The lap of the traffic, and the first session and the one after the last one of a stretch without gaps.
        """
        for lap in self.laps(begin, until):
            shift = lap * self.span
            met = np.concatenate(
                [[False], (self.end + shift >= begin) & (self.start + shift < until), [False]]
            )
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
        since = self.begin if self.since is None else self.since
        traffic, made = self.sessions.traffic, 0
        for lap, first, last in self.sessions.stretches(max(self.begin, since), self.until):
            for part, after in self._parts(first, last):
                start = traffic.session_start[part:after] + lap * self.sessions.span
                begun = 0 if self.since is None else int(np.searchsorted(start, since))
                met = int(np.searchsorted(start, self.until))
                if begun < met and (block := self._laid_out(lap, part + begun, part + met)):
                    yield block
                    made += len(block.time)
                    if made > _RELEASED:
                        traffic.release()
                        made = 0

    def _parts(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """Cut a stretch of sessions: the first session of each part, and the one after its last."""
        traffic = self.sessions.traffic
        while first < last:
            most = min(last, first + MOST_SESSIONS)
            bounds = traffic.request_offset[traffic.page_offset[first : most + 1]]
            fit = int(np.searchsorted(bounds, bounds[0] + MOST_REQUESTS, side="right"))
            after = first + max(1, fit - 1)
            yield first, after
            first = after

    def _laid_out(self, lap: int, first: int, after: int) -> Block | None:
        """Lay a stretch of sessions out, without those that are over at the rollout's start."""
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
        met = traffic.session_end[first:after] + shift >= 0
        if met.all():
            return block
        _, kept = block.of_pages(np.flatnonzero(np.repeat(met, count)))
        number = np.repeat(np.arange(int(met.sum())), count[met])
        return (
            attrs.evolve(kept, session_draw=block.session_draw[met], page_session=number)
            if len(number)
            else None
        )

"""The sessions that one rollout meets, cut out of the traffic: arrays, with every request's draw."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.routing.draws import draws, stream
from turnout.routing.plain import Request

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from turnout.traffic.traffic import Traffic

__all__ = ["Block", "SessionIndex", "cut", "lay_out", "ranges"]

_SESSIONS, _REQUESTS = 31, 32  # whose streams are whose
_LAPS = 4096


@attrs.frozen(kw_only=True, eq=False, slots=False)
class Block:
    """A bounded number of sessions, session-major, on the clock of one rollout (0 is its start).

    S sessions, P page views, R requests.

    Attributes:
        session_draw: Shape (S,), uint64 below 2**32.
        page_session: Shape (P,), int64, ascending.
        page_has_document: Shape (P,), bool.
        request_offset: Shape (P + 1,), int64.
        time: Shape (R,), int64, microseconds; never falling within a page view.
        draw: Shape (R,), uint64 below 2**32.
    """

    session_draw: NDArray[np.uint64]
    page_session: NDArray[np.int64]
    page_has_document: NDArray[np.bool_]
    request_offset: NDArray[np.int64]
    time: NDArray[np.int64]
    draw: NDArray[np.uint64]

    @cached_property
    def page(self) -> NDArray[np.int64]:
        """Shape (R,): each request's page view."""
        return np.repeat(np.arange(len(self.page_session)), np.diff(self.request_offset))

    @cached_property
    def session(self) -> NDArray[np.int64]:
        """Shape (R,): each request's session."""
        return self.page_session[self.page]

    @cached_property
    def is_document(self) -> NDArray[np.bool_]:
        """Shape (R,): whether each request asks for a document."""
        mask = np.zeros(len(self.time), np.bool_)
        mask[self.request_offset[:-1]] = self.page_has_document
        return mask

    @cached_property
    def in_time(self) -> NDArray[np.int64]:
        """Shape (R,): the requests session by session, in the order of their times (then of their index)."""
        same = self.session[1:] == self.session[:-1]
        if not np.any(self.time[1:][same] < self.time[:-1][same]):
            return np.arange(len(self.time))
        return np.lexsort((self.time, self.session))

    def plain(self) -> list[tuple[int, list[Request]]]:
        """Return every session's draw and requests, for the plain reference."""
        sessions: list[tuple[int, list[Request]]] = [(int(draw), []) for draw in self.session_draw]
        for time, page, draw, document, session in zip(
            self.time.tolist(),
            self.page.tolist(),
            self.draw.tolist(),
            self.is_document.tolist(),
            self.session.tolist(),
            strict=True,
        ):
            sessions[session][1].append(Request(time=time, page=page, document=document, draw=draw))
        return sessions


@attrs.frozen(eq=False)
class SessionIndex:
    """When each session of a traffic begins and ends, for cutting many blocks out of it.

    Attributes:
        traffic: The traffic.
        start: Shape (S,), int64, ascending: time of each session's first request.
        end: Shape (S,), int64: time of its last one.
        longest: The longest session, in microseconds.
    """

    traffic: Traffic
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    longest: int

    @property
    def span(self) -> int:
        """How long the traffic is, in microseconds: after that a rollout meets it again."""
        return self.traffic.end - self.traffic.start

    @classmethod
    def of(cls, traffic: Traffic) -> SessionIndex:
        """Index a traffic."""
        start, end = traffic.session_start, traffic.session_end
        return cls(traffic, start, end, int((end - start).max(initial=0)))

    def overlapping(
        self, begin: int, until: int, *, since: int | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Find the sessions that have begun before `until` and are not over at `begin`.

        A rollout that outlasts the traffic meets the traffic again from its beginning.

        Args:
            begin: On the traffic's clock, within its span.
            until: On the traffic's clock, any time from `begin` on.
            since: Only sessions that begin then or later.

        Returns:
            Index of each session, in the order of their (shifted) beginnings, and the time it is shifted by.
        """
        laps = max(0, until - self.traffic.start - 1) // self.span + 1
        shifts = np.arange(laps) * self.span
        earliest = begin - self.longest if since is None else max(since, begin - self.longest)
        low = np.searchsorted(self.start, earliest - shifts)
        count = np.searchsorted(self.start, until - shifts) - low
        index, shift = ranges(low, count), np.repeat(shifts, count)
        met = self.end[index] + shift >= begin
        return index[met], shift[met]


def _lap_draws(own: int, index: NDArray[np.int64], lap: NDArray[np.int64]) -> NDArray[np.uint64]:
    return draws(own, index * _LAPS + lap % _LAPS)


def ranges(first: NDArray[np.int64], count: NDArray[np.int64]) -> NDArray[np.int64]:
    """Concatenate ``arange(first[i], first[i] + count[i])`` for all i."""
    ends = np.cumsum(count)
    begins: NDArray[np.int64] = np.repeat(first - (ends - count), count)
    return begins + np.arange(len(begins))


def cut(sessions: SessionIndex, begin: int, until: int, seed: int) -> Block:
    """Cut out the sessions that a rollout from `begin` to `until` meets, whole, each with its draws.

    Args:
        sessions: The indexed traffic.
        begin: The rollout's start on the traffic's clock, microseconds.
        until: Its end.
        seed: Seeds the draws; the same seed gives a request the same draw whatever the block.
    """
    index, shift = sessions.overlapping(begin, until)
    return lay_out(sessions, index, shift, begin, seed)


def lay_out(
    sessions: SessionIndex, index: NDArray[np.int64], shift: NDArray[np.int64], begin: int, seed: int
) -> Block:
    """Lay some sessions out as a block.

    Args:
        sessions: The indexed traffic.
        index: Shape (S,): which sessions.
        shift: Shape (S,): by how much each is later, microseconds.
        begin: The rollout's start on the traffic's clock.
        seed: Seeds the draws.
    """
    traffic = sessions.traffic
    first_page = traffic.page_offset[index]
    pages_of = traffic.page_offset[index + 1] - first_page
    page = ranges(first_page, pages_of)
    page_session = np.repeat(np.arange(len(index)), pages_of)
    first_request = traffic.request_offset[page]
    requests_of = traffic.request_offset[page + 1] - first_request
    request = ranges(first_request, requests_of)
    offset = np.concatenate([np.zeros(1, np.int64), np.cumsum(requests_of)])
    shift_of = np.repeat(shift[page_session], requests_of)
    return Block(
        session_draw=_lap_draws(stream(seed, _SESSIONS), index, shift // sessions.span),
        page_session=page_session,
        page_has_document=traffic.has_document[page],
        request_offset=offset,
        time=traffic.request_time[request] + shift_of - begin,
        draw=_lap_draws(stream(seed, _REQUESTS), request, shift_of // sessions.span),
    )

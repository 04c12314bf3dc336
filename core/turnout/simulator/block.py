"""A block: a bounded number of sessions laid out as arrays, with every request's time and draw."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.routing.plain import Request
from turnout.units import SECOND

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Block", "beginnings", "ranges", "sizes"]


@attrs.frozen(kw_only=True, eq=False, slots=False)
class Block:
    """A bounded number of sessions, session-major, on the clock of one rollout (0 is its start).

    S sessions, P page views, R requests.

    Attributes:
        session_draw: Shape (S,), uint32.
        page_session: Shape (P,), int64, ascending.
        page_has_document: Shape (P,), bool.
        request_offset: Shape (P + 1,), int64.
        time: Shape (R,), int64, microseconds; never falling within a page view.
        draw: Shape (R,), uint32.
    """

    session_draw: NDArray[np.uint32]
    page_session: NDArray[np.int64]
    page_has_document: NDArray[np.bool_]
    request_offset: NDArray[np.int64]
    time: NDArray[np.int64]
    draw: NDArray[np.uint32]

    @cached_property
    def page(self) -> NDArray[np.int64]:
        """Shape (R,): each request's page view."""
        return np.repeat(np.arange(len(self.page_session)), self.page_size)

    @cached_property
    def session(self) -> NDArray[np.int64]:
        """Shape (R,): each request's session."""
        return np.repeat(self.page_session, self.page_size)

    @cached_property
    def is_document(self) -> NDArray[np.bool_]:
        """Shape (R,): whether each request asks for a document."""
        mask = np.zeros(len(self.time), np.bool_)
        mask[self.request_offset[:-1]] = self.page_has_document
        return mask

    @cached_property
    def page_size(self) -> NDArray[np.int64]:
        """Shape (P,): how many requests each page view has."""
        return self.request_offset[1:] - self.request_offset[:-1]

    @cached_property
    def page_begin(self) -> NDArray[np.int64]:
        """Shape (P,): the time of each page view's first request."""
        return self.time[self.request_offset[:-1]]

    @cached_property
    def page_end(self) -> NDArray[np.int64]:
        """Shape (P,): the time of each page view's last request."""
        return self.time[self.request_offset[1:] - 1]

    @cached_property
    def first_page(self) -> NDArray[np.int64]:
        """Shape (N,): the first page view of each session that has any; all have, unless they were left out."""
        return beginnings(self.page_session)

    @cached_property
    def pages_of(self) -> NDArray[np.int64]:
        """Shape (N,): how many page views each session has that has any."""
        return sizes(self.first_page, len(self.page_session))

    @cached_property
    def first_request(self) -> NDArray[np.int64]:
        """Shape (N + 1,): the first request of each session that has any, and the number of all requests."""
        return np.append(self.request_offset[self.first_page], len(self.time))

    @cached_property
    def extent(self) -> tuple[int, int]:
        """The times of the first and of the last request; (0, 0) of none."""
        if not len(self.time):
            return 0, 0
        return int(self.page_begin.min()), int(self.page_end.max())

    @cached_property
    def second(self) -> NDArray[np.int64]:
        """Shape (R,): in which whole second each request is made."""
        return self.time // SECOND

    @cached_property
    def in_time(self) -> NDArray[np.int64]:
        """Shape (R,): the requests session by session, in the order of their times (then of their index)."""
        earlier = self.time[1:] < self.time[:-1]
        earlier[self.first_request[1:-1] - 1] = False
        if not earlier.any():
            return np.arange(len(self.time))
        return np.lexsort((self.time, self.session))

    def during(self, end: int) -> NDArray[np.bool_] | None:
        """Say which requests are made from the rollout's start until its end: shape (R,), or None for all of them."""
        first, last = self.extent
        return None if first >= 0 and last < end else (self.time >= 0) & (self.time < end)

    def of_pages(self, pages: NDArray[np.int64]) -> tuple[NDArray[np.int64], Block]:
        """Take some page views only; sessions keep their numbers.

        Args:
            pages: Shape (K,), ascending.

        Returns:
            The indices of their requests, and the block of them.
        """
        size = self.page_size[pages]
        requests = ranges(self.request_offset[pages], size)
        return requests, Block(
            session_draw=self.session_draw,
            page_session=self.page_session[pages],
            page_has_document=self.page_has_document[pages],
            request_offset=np.append(0, np.cumsum(size)),
            time=self.time[requests],
            draw=self.draw[requests],
        )

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


def beginnings(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Find where each stretch of equal values begins."""
    begins = np.ones(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=begins[1:])
    return begins.nonzero()[0]


def sizes(begins: NDArray[np.int64], end: int) -> NDArray[np.int64]:
    """Say how long stretches are that begin here and end where the next one begins, the last one at `end`."""
    size = np.empty(len(begins), np.int64)
    np.subtract(begins[1:], begins[:-1], out=size[:-1])
    size[-1:] = end - begins[-1:]
    return size


def ranges(first: NDArray[np.int64], count: NDArray[np.int64]) -> NDArray[np.int64]:
    """Concatenate ``arange(first[i], first[i] + count[i])`` for all i."""
    ends = np.cumsum(count)
    begins: NDArray[np.int64] = np.repeat(first - (ends - count), count)
    begins += np.arange(len(begins))
    return begins

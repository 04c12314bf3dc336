"""Recorded or generated traffic as arrays: sessions, their page views, their requests. Session-major."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.traffic.mapped import give_back
from turnout.traffic.order import check_order
from turnout.units import SECOND

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Known", "Traffic"]


@attrs.frozen(kw_only=True, eq=False)
class Known:
    """What can be found out of the arrays of a `Traffic`, with a look at every request.

    Attributes:
        session_start: Shape (S,), int64.
        session_end: Shape (S,), int64.
        busiest_second: The number of requests.
    """

    session_start: NDArray[np.int64]
    session_end: NDArray[np.int64]
    busiest_second: int

    @classmethod
    def of(cls, traffic: Traffic) -> Known:
        """Find it out.

        Raises:
            InputError: If the arrays are not what `Traffic` says.
        """
        check_order(traffic)
        time = traffic.request_time
        first = traffic.request_offset[traffic.page_offset[:-1]]
        _, requests = np.unique((time - traffic.start) // SECOND, return_counts=True)
        return cls(
            session_start=time[first],
            session_end=np.maximum.reduceat(time, first) if len(first) else time[first],
            busiest_second=int(requests.max(initial=0)),
        )


@attrs.frozen(kw_only=True, eq=False)
class Traffic:
    """Sessions in the order of their first request; page views in the order of theirs; each page's requests in theirs.

    A page view is one document and its assets. Assets whose document the traffic does not show (it came from a cache)
    form page views without a document: `has_document` is False there, and their first request is an asset.

    S sessions, P page views, R requests; every session has at least one page view, every page view one request.

    The arrays may be mapped from a file that is larger than the memory; they are not to be written to.

    Attributes:
        page_offset: Shape (S + 1,), int64: page views of session s are ``page_offset[s]:page_offset[s + 1]``.
        request_offset: Shape (P + 1,), int64: requests of page view p are ``request_offset[p]:request_offset[p + 1]``;
            the first is the document, where there is one.
        has_document: Shape (P,), bool.
        request_time: Shape (R,), int64, microseconds; never falling within a page view. The traffic's clock.
        start: The beginning of the stretch of time that the traffic covers, microseconds, on the same clock.
        end: Its end (exclusive): every request lies in ``[start, end)``.
        label: What the traffic is, in a few words for a report.
        epoch: Wall-clock time of 0 on the traffic's clock, in microseconds since 1970 (UTC); None for synthetic.
        notes: What was assumed or derived in making it, a sentence each.
        scale: How many times what was recorded or asked for it is; see `turnout.scale_traffic`.
    """

    page_offset: NDArray[np.int64]
    request_offset: NDArray[np.int64]
    has_document: NDArray[np.bool_]
    request_time: NDArray[np.int64]
    start: int
    end: int
    label: str
    epoch: int | None = None
    notes: tuple[str, ...] = ()
    scale: float = 1.0
    _known: Known | None = attrs.field(default=None, init=False, repr=False)

    @property
    def session_start(self) -> NDArray[np.int64]:
        """Shape (S,), int64, never falling: the time of each session's first request."""
        return self.known.session_start

    @property
    def session_end(self) -> NDArray[np.int64]:
        """Shape (S,), int64: the time of each session's last request."""
        return self.known.session_end

    @property
    def busiest_second(self) -> int:
        """The number of requests in the busiest second after `start`."""
        return self.known.busiest_second

    def knowing(self, known: Known) -> Traffic:
        """Take note of what is known already, so that it need not be found out; and return the same traffic."""
        object.__setattr__(self, "_known", known)  # it changes nothing that can be seen
        return self

    def release(self) -> None:
        """Let go of the memory that arrays take which are mapped from a file, until they are looked at again."""
        give_back(self.page_offset, self.request_offset, self.has_document, self.request_time)
        if self._known is not None:
            give_back(self._known.session_start, self._known.session_end)

    @property
    def known(self) -> Known:
        """What can be found out with a look at every request, which is taken once.

        Raises:
            InputError: If the arrays are not what they are said to be.
        """
        if self._known is None:
            self.knowing(Known.of(self))
            return self.known
        return self._known

    @property
    def sessions(self) -> int:
        """The number of sessions."""
        return len(self.page_offset) - 1

    @property
    def page_views(self) -> int:
        """The number of page views, with and without a document."""
        return len(self.request_offset) - 1

    @property
    def requests(self) -> int:
        """The number of requests."""
        return len(self.request_time)

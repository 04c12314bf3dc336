"""Recorded or generated traffic as arrays: sessions, their page views, their requests. Session-major."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Traffic"]


@attrs.frozen(kw_only=True, eq=False)
class Traffic:
    """Sessions in the order of their first request; page views in the order of theirs; each page's requests in theirs.

    A page view is one document and its assets. Assets whose document the traffic does not show (it came from a cache)
    form page views without a document: `has_document` is False there, and their first request is an asset.

    S sessions, P page views, R requests; every session has at least one page view, every page view one request.

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

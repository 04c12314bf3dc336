"""Logged requests as arrays: all that sessions and page views are made from, whoever parsed the lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["LoggedRequests"]


@attrs.frozen(kw_only=True, eq=False)
class LoggedRequests:
    """R requests; texts are numbered, so that they stay small.

    Attributes:
        time: Shape (R,), int64, microseconds since 1970 (UTC).
        whole_seconds: Shape (R,), bool: `time` was written in whole seconds.
        client: Shape (R,), int64: the number of the client: its address, with its user agent where there is one.
        asset: Shape (R,), bool: it asks for a part of a page, not for a document.
        shows_page: Shape (R,), bool: it is a document whose answer shows a page, to which assets may belong.
        path: Shape (R,), int64: the number of its path, without the query.
        referer: Shape (R,), int64: the number of its referer's path, of the same numbering; -1 where there is none.
        referer_asset: Shape (R,), bool: its referer is an asset, such as a stylesheet.
    """

    time: NDArray[np.int64]
    whole_seconds: NDArray[np.bool_]
    client: NDArray[np.int64]
    asset: NDArray[np.bool_]
    shows_page: NDArray[np.bool_]
    path: NDArray[np.int64]
    referer: NDArray[np.int64]
    referer_asset: NDArray[np.bool_]

    def take(self, order: NDArray[np.int64]) -> LoggedRequests:
        """Return the requests of these indices, in this order."""
        return LoggedRequests(
            **{field.name: getattr(self, field.name)[order] for field in attrs.fields(LoggedRequests)}
        )

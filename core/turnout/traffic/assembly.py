"""From requests with a session, a page view and a time to the arrays of `Traffic`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Layout", "lay_out", "offsets", "stretches"]


@attrs.frozen(kw_only=True, eq=False)
class Layout:
    """The arrays of `Traffic`; see there."""

    page_offset: NDArray[np.int64]
    request_offset: NDArray[np.int64]
    has_document: NDArray[np.bool_]
    request_time: NDArray[np.int64]


def offsets(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Turn counts, shape (N,), into the places where each stretch begins and the last one ends, shape (N + 1,)."""
    places = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=places[1:])
    return places


def stretches(
    offset: NDArray[np.int64], chosen: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Lay chosen stretches side by side.

    Args:
        offset: Shape (N + 1,), where each stretch begins.
        chosen: Shape (K,), which of them.

    Returns:
        Where each begins now, shape (K + 1,), and what lay at each place before.
    """
    lengths = np.diff(offset)[chosen]
    places = offsets(lengths)
    return places, np.arange(places[-1]) + np.repeat(offset[chosen] - places[:-1], lengths)


def lay_out(
    session: NDArray[np.int64], head: NDArray[np.int64], asset: NDArray[np.bool_], time: NDArray[np.int64]
) -> Layout:
    """Order sessions, their page views and their requests by time, and say where each begins.

    Args:
        session: Shape (R,), the number of the session, from 0 without a gap, never falling.
        head: Shape (R,), the index of the page view's document or first asset, in the same session.
        asset: Shape (R,), whether it is no document.
        time: Shape (R,), microseconds; within a page view none is earlier than its head's.
    """
    begins = np.full(session[-1] + 1, np.iinfo(np.int64).max)
    np.minimum.at(begins, session, time)
    rank = np.empty_like(begins)
    rank[np.argsort(begins, kind="stable")] = np.arange(len(begins))
    # The head is told apart explicitly, for assets of the very same microsecond.
    order = np.lexsort((time, head != np.arange(len(head)), head, time[head], rank[session]))
    session, head, asset, time = rank[session][order], head[order], asset[order], time[order]
    first = np.ones(len(head), bool)
    first[1:] = np.diff(head) != 0
    pages = np.flatnonzero(first)
    return Layout(
        page_offset=offsets(np.bincount(session[pages])),
        request_offset=np.append(pages, len(head)),
        has_document=~asset[pages],
        request_time=time,
    )

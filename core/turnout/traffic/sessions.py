"""Sessions: a client's requests with no idle gap between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.units import Duration, seconds

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SESSION_GAP", "Sessions", "find_sessions"]

SESSION_GAP: Duration = seconds(30 * 60)
"""A client that has been idle for longer than this comes back as a new session: what web analytics agree on."""


@attrs.frozen(eq=False)
class Sessions:
    """Which requests make up which session.

    Attributes:
        order: Shape (R,), int64: the requests session by session; within a session by time, ties as they were logged.
        session: Shape (R,), int64: the session's number of each of them, from 0, never falling; sessions are numbered
            by their first requests, so that it does not depend on the order of the lines.
    """

    order: NDArray[np.int64]
    session: NDArray[np.int64]


def find_sessions(client: NDArray[np.int64], time: NDArray[np.int64], session_gap: Duration) -> Sessions:
    """Split each client's requests at the gaps that are longer than `session_gap`.

    Args:
        client: Shape (R,), the client's number of each request.
        time: Shape (R,), microseconds, in any order.
        session_gap: Microseconds.
    """
    order = np.lexsort((time, client))
    begins = np.ones(len(order), bool)
    begins[1:] = (np.diff(client[order]) != 0) | (np.diff(time[order]) > session_gap)
    first = order[begins]
    rank = np.empty(len(first), np.int64)
    rank[np.lexsort((first, time[first]))] = np.arange(len(first))
    session = rank[np.cumsum(begins) - 1]
    by_rank = np.argsort(session, kind="stable")
    return Sessions(order[by_rank], session[by_rank])

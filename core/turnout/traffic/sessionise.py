"""From requests in any order to sessions with their page views, a part of the clients at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.traffic.logged import LoggedRequests
from turnout.traffic.pages import BY_REFERER, BY_TIME, find_pages
from turnout.traffic.records import ASSET, NO_PATH, REFERER_ASSET, SHOWS_PAGE, WHOLE_SECONDS
from turnout.traffic.sessions import find_sessions
from turnout.traffic.spill import Spill, groups

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from turnout.units import Duration

__all__ = ["CLIENT_BUCKETS", "PLACED", "SESSION", "Found", "client_bucket", "sessionise"]

CLIENT_BUCKETS = 4_096

SESSION = np.dtype([("time", np.int64), ("number", np.int64), ("requests", np.int64)])
"""A session: the time of its first request, that request's number, and how many there are."""

PLACED = np.dtype([("time", np.int64), ("head", np.uint32), ("flags", np.uint8)])
"""A request in its session: its time, the place within the session of its page view's head, its flags."""


def client_bucket(client: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """Return the bucket of each client's requests."""
    bucket: NDArray[np.uint16] = (client >> np.uint64(64 - 12)).astype(np.uint16)
    return bucket


@attrs.define
class Found:
    """What was found on the way.

    Attributes:
        clients: How many clients.
        assets: How many requests for assets.
        by_referer: How many of them were attached by referer.
        by_time: How many by time.
        coarse: How many requests have a time in whole seconds.
    """

    clients: int = 0
    assets: int = 0
    by_referer: int = 0
    by_time: int = 0
    coarse: int = 0


def sessionise(
    requests: Spill, session_gap: Duration, page_window: Duration, found: Found, *, most: int
) -> Iterator[tuple[NDArray[np.void], NDArray[np.void]]]:
    """Find all sessions.

    Args:
        requests: Of dtype `records.REQUEST`, by `client_bucket`.
        session_gap: Microseconds.
        page_window: Microseconds.
        found: Is added to.
        most: How many requests to take at a time; more, if one client's or one session's are more.

    Yields:
        Sessions, of dtype `SESSION`, and their requests, of dtype `PLACED`, session by session.
    """
    for low, high in groups(requests.totals(), most):
        rows = requests.read(low, high)
        if high - low > 1:  # one bucket alone is in the order of the lines already, and may be large
            rows = rows[np.argsort(rows["number"], kind="stable")]
        client = rows["client"].view(np.int64)
        found.clients += len(np.unique(client))
        sessions = find_sessions(client, np.ascontiguousarray(rows["time"]), session_gap)
        length = np.bincount(sessions.session)
        begin = np.cumsum(length) - length
        for first, last in groups(length, most):
            part = slice(int(begin[first]), int(begin[last - 1] + length[last - 1]))
            yield _placed(rows[sessions.order[part]], sessions.session[part] - first, page_window, found)


def _placed(
    rows: NDArray[np.void], session: NDArray[np.int64], page_window: Duration, found: Found
) -> tuple[NDArray[np.void], NDArray[np.void]]:
    """Find the page views of some whole sessions."""
    requests = _numbered(rows)
    pages = find_pages(session, requests, page_window)
    found.assets += int(requests.asset.sum())
    found.by_referer += int((pages.way == BY_REFERER).sum())
    found.by_time += int((pages.way == BY_TIME).sum())
    found.coarse += int(requests.whole_seconds.sum())
    length = np.bincount(session)
    begin = np.cumsum(length) - length
    sessions = np.empty(len(length), SESSION)
    sessions["time"], sessions["number"] = requests.time[begin], rows["number"][begin]
    sessions["requests"] = length
    placed = np.empty(len(rows), PLACED)
    placed["time"], placed["flags"] = requests.time, rows["flags"]
    placed["head"] = pages.head - begin[session]
    return sessions, placed


def _numbered(rows: NDArray[np.void]) -> LoggedRequests:
    """Give the paths among some requests small numbers."""
    flags, named = rows["flags"], rows["referer"] != NO_PATH
    _, number = np.unique(np.concatenate([rows["path"], rows["referer"][named]]), return_inverse=True)
    referer = np.full(len(rows), -1, np.int64)
    referer[named] = number[len(rows) :]
    return LoggedRequests(
        time=np.ascontiguousarray(rows["time"]),
        whole_seconds=(flags & WHOLE_SECONDS) != 0,
        client=rows["client"].view(np.int64),
        asset=(flags & ASSET) != 0,
        shows_page=(flags & SHOWS_PAGE) != 0,
        path=number[: len(rows)].astype(np.int64),
        referer=referer,
        referer_asset=(flags & REFERER_ASSET) != 0,
    )

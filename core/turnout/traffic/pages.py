"""Page views: which document each asset belongs to, by its referer or, where it has none, by time.

Everything here is in session-major order: session by session, within a session by time, ties as they were logged.

1. An asset whose referer is a page belongs to the session's latest document of that path, or else to the next
   one if that comes within the page window: some servers stamp a request when it is done, and the document may be
   done last. If there is neither, the browser had the document in its cache.
2. An asset whose referer is an asset (a font that a stylesheet asks for) belongs where the latest such asset belongs.
3. An asset without a referer, or whose referring stylesheet was in the cache, belongs to the session's latest document,
   if that is not longer ago than the page window.
4. Assets that are left over, of one session and one referer, form a page view without a document, up to
   a gap longer than the page window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.units import Duration, seconds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from turnout.traffic.logged import LoggedRequests

__all__ = ["BY_REFERER", "BY_TIME", "PAGE_WINDOW", "UNATTACHED", "Pages", "find_pages"]

PAGE_WINDOW: Duration = seconds(30)
"""How long after its document an asset without a referer may come."""

UNATTACHED, BY_REFERER, BY_TIME = range(3)


@attrs.frozen(eq=False)
class Pages:
    """Which page view each request belongs to.

    Attributes:
        head: Shape (R,), int64: the index of the page view's document or, where there is none, of its first asset.
        way: Shape (R,), int8: how an asset was attached: `BY_REFERER`, `BY_TIME` or `UNATTACHED`; the last for
            documents too.
    """

    head: NDArray[np.int64]
    way: NDArray[np.int8]


def find_pages(session: NDArray[np.int64], requests: LoggedRequests, page_window: Duration) -> Pages:
    """Attach assets to documents; every request gets exactly one page view, every document its own.

    Args:
        session: Shape (R,), the number of the session, never falling.
        requests: The requests in session-major order.
        page_window: Microseconds.
    """
    time, asset, shows_page = requests.time, requests.asset, requests.shows_page
    path, referer, referer_asset = requests.path, requests.referer, requests.referer_asset
    index = np.arange(len(session))
    # One key for a session and a path; the referer -1, for none, gets a key of its own as well.
    named = session * (max(path.max(initial=0), referer.max(initial=0)) + 2) + 1
    from_page = asset & (referer >= 0) & ~referer_asset
    from_asset = asset & (referer >= 0) & referer_asset

    head = np.where(asset, -1, index)
    way = np.full(len(session), UNATTACHED, np.int8)
    latest = _latest(named + path, shows_page, named + referer, from_page)
    head = np.where(from_page, latest, head)
    following = _next(named + path, shows_page, named + referer, from_page & (latest < 0))
    soon = (following >= 0) & (time[following] - time <= page_window)
    head = np.where(soon, following, head)
    way[from_page & (head >= 0)] = BY_REFERER

    parent = _latest(named + path, asset, named + referer, from_asset)
    document = _latest(session, shows_page, session, asset & ~from_page & (parent < 0))
    recent = (document >= 0) & (time - time[document] <= page_window)
    head = np.where(recent, document, head)
    way[recent] = BY_TIME

    rest = np.flatnonzero(asset & (head < 0) & (parent < 0))
    head[rest] = _gather(named[rest] + np.where(from_page, referer, -1)[rest], rest, time, page_window)

    root = np.where(parent >= 0, parent, index)
    while not np.array_equal(root[root], root):  # parents come before their children, so this ends
        root = root[root]
    head = head[root]
    way[(parent >= 0) & ~asset[head]] = BY_REFERER
    return Pages(head.astype(np.int64, copy=False), way)


def _latest(
    key: NDArray[np.int64], candidate: NDArray[np.bool_], wanted: NDArray[np.int64], asking: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Find, for each that asks, the last candidate before it whose key is the wanted one.

    Args:
        key: Shape (R,), what each is.
        candidate: Shape (R,), who may be found.
        wanted: Shape (R,), what each looks for.
        asking: Shape (R,), who looks.

    Returns:
        Shape (R,), int64, indices; -1 where nothing is found or nobody asked.
    """
    found = np.full(len(key), -1, np.int64)
    candidates, askers = np.flatnonzero(candidate), np.flatnonzero(asking)
    keys = np.concatenate([wanted[askers], key[candidates]])
    places = np.concatenate([askers, candidates])
    # An asker comes before itself as a candidate, and so is never found by itself.
    order = np.lexsort((np.arange(len(keys)), places, keys))
    keys, places = keys[order], places[order]
    asks = order < len(askers)
    row = np.arange(len(keys))
    group = np.maximum.accumulate(np.where(np.diff(keys, prepend=keys[:1] - 1) != 0, row, 0))
    last = np.maximum.accumulate(np.where(asks, -1, row))
    hit = asks & (last >= group)
    found[places[hit]] = places[last[hit]]
    return found


def _next(
    key: NDArray[np.int64], candidate: NDArray[np.bool_], wanted: NDArray[np.int64], asking: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Find, for each that asks, the first candidate after it; see `_latest`."""
    found = _latest(key[::-1], candidate[::-1], wanted[::-1], asking[::-1])[::-1]
    return np.where(found >= 0, len(key) - 1 - found, -1)


def _gather(
    key: NDArray[np.int64], index: NDArray[np.int64], time: NDArray[np.int64], page_window: Duration
) -> NDArray[np.int64]:
    """Gather what has one key and no gap longer than the page window, and return the first of each gathering.

    Args:
        key: Shape (K,).
        index: Shape (K,), rising: which requests they are.
        time: Shape (R,), microseconds.
        page_window: Microseconds.

    Returns:
        Shape (K,), int64: indices of requests.
    """
    order = np.argsort(key, kind="stable")
    sorted_key, sorted_time = key[order], time[index[order]]
    begins = np.ones(len(order), bool)
    begins[1:] = (np.diff(sorted_key) != 0) | (np.diff(sorted_time) > page_window)
    first = np.maximum.accumulate(np.where(begins, np.arange(len(order)), 0))
    gathered = np.empty(len(order), np.int64)
    gathered[order] = index[order][first]
    return gathered

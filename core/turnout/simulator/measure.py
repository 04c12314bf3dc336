"""What routed traffic meant to users: counts over the sessions, page views and requests of one rollout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.routing.plain import Cause
from turnout.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from turnout.routing.timeline import Timeline
    from turnout.simulator.block import Block
    from turnout.simulator.kernel import Routed

__all__ = ["Effects", "compatibility", "measure", "page_views"]

_NONE = 1 << 20


@attrs.frozen(kw_only=True)
class Effects:
    """Counts over what falls into a rollout. The names are those of the comparison's metrics.

    A session or page view falls into it if it begins before the end and ends after the start; a request, if it is made
    in between. Page views without a document count for their requests and sessions only. A request that failed was
    served by no revision. Each failed request has one cause: in every whole second of the rollout's clock, what comes
    to a replica after as many requests as it can serve is overloaded, whether or not the revision would have failed it.
    """

    sessions: int
    mixed_sessions: int
    backward_sessions: int
    orphaned_sessions: int
    exposed_sessions: int
    page_views: int
    mixed_page_views: int
    broken_page_views: int
    requests: int
    no_endpoint: int
    not_started: int
    terminated: int
    overloaded: int
    bad_revision: int
    restarted_requests: int
    peak_load: int
    """The most requests that one replica got in one second."""


def compatibility(revisions: tuple[str, ...], works: Collection[tuple[str, str]]) -> NDArray[np.bool_]:
    """Tabulate which revisions work together.

    Args:
        revisions: Names, by rank; V of them.
        works: Pairs (the document's revision, the asset's revision) that work together, besides each with itself.

    Returns:
        Shape (V, V): whether a page works whose document is of the row's revision with an asset of the column's.
    """
    table = np.eye(len(revisions), dtype=np.bool_)
    for row, document in enumerate(revisions):
        for column, asset in enumerate(revisions):
            table[row, column] |= (document, asset) in works
    return table


def measure(
    block: Block,
    routed: Routed,
    timeline: Timeline,
    works: NDArray[np.bool_],
    *,
    capacity: int | None = None,
    exposed_to: int | None = None,
) -> Effects:
    """Count what a routed block meant to its users.

    Args:
        block: The sessions.
        routed: Where their requests went.
        timeline: The rollout that they met.
        works: Shape (V, V), see `compatibility`.
        capacity: Requests a second that one replica serves; what comes beyond that in a second fails as overloaded.
        exposed_to: The rank of a revision whose visitors during the rollout are counted as exposed.
    """
    revision_of = np.array([slot.revision for slot in timeline.slots], np.int64)
    replica_of = np.array([slot.replica for slot in timeline.slots], np.int64)
    reached = routed.slot >= 0
    revision = np.full(len(routed.slot), -1, np.int64)
    revision[reached] = revision_of[routed.slot[reached]]
    counted = (block.time >= 0) & (block.time < timeline.end)
    answered = reached & (routed.cause != Cause.TERMINATED) & (routed.cause != Cause.NOT_STARTED)
    taken = np.nonzero(counted & answered)[0]
    beyond, peak = _load(block.time[taken], replica_of[routed.slot[taken]], capacity)
    overloaded = np.zeros(len(block.time), np.bool_)
    overloaded[taken[beyond]] = True
    served = (routed.cause == Cause.SERVED) & ~overloaded
    mixed, backward = _sessions(block, routed, revision, served)
    pages, mixed_pages, broken_pages = _pages(block, revision, served, timeline.end, works)
    exposed = counted & answered & (revision == (-2 if exposed_to is None else exposed_to))
    cause = np.bincount(routed.cause[counted & ~overloaded], minlength=len(Cause))
    return Effects(
        sessions=len(block.session_draw),
        mixed_sessions=mixed,
        backward_sessions=backward,
        orphaned_sessions=int(routed.orphaned.sum()),
        exposed_sessions=len(np.unique(block.session[exposed])),
        page_views=pages,
        mixed_page_views=mixed_pages,
        broken_page_views=broken_pages,
        requests=int(counted.sum()),
        no_endpoint=int(cause[Cause.NO_ENDPOINT]),
        not_started=int(cause[Cause.NOT_STARTED]),
        terminated=int(cause[Cause.TERMINATED]),
        overloaded=len(beyond),
        bad_revision=int(cause[Cause.BAD_REVISION]),
        restarted_requests=int(cause[Cause.RESTARTED]),
        peak_load=peak,
    )


def _sessions(
    block: Block, routed: Routed, revision: NDArray[np.int64], served: NDArray[np.bool_]
) -> tuple[int, int]:
    """Count sessions that saw two revisions in one life, and those that went back to an older one.

    A step back is a request that is later in time than another, of the same or a later page view, and served by an
    older revision: a late asset of an earlier page view is none, nor is what it is late for.
    """
    if not len(revision):
        return 0, 0
    life = block.session * (int(routed.life.max()) + 1) + routed.life
    order = np.argsort(life, kind="stable")
    life, session = life[order], block.session[order]
    rank = np.where(served, revision, -1)[order]
    first = np.nonzero(np.diff(life, prepend=-1))[0]
    least = np.minimum.reduceat(np.where(rank < 0, _NONE, rank), first)
    most = np.maximum.reduceat(rank, first)
    mixed = np.unique(session[first[(least < most) & (most >= 0)]])
    group = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(life))))
    highest = np.maximum.accumulate(group * _NONE + rank + 1)
    suspects = np.unique(group[(rank >= 0) & (group * _NONE + rank + 1 < highest)])
    asked = np.nonzero(np.isin(group, suspects) & (rank >= 0))[0]
    back = _steps_back(group[asked], block.time[order[asked]], rank[asked])
    return len(mixed), len(np.unique(session[asked[back]]))


def _steps_back(
    group: NDArray[np.int64], time: NDArray[np.int64], rank: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Find the requests before which, in their group, a newer revision had served an earlier one.

    Args:
        group: Shape (K,), ascending. Within a group, requests are in the order of their page views.
        time: Shape (K,); never falling within a page view.
        rank: Shape (K,): the revision that served each.

    Returns:
        Shape (K,).
    """
    back = np.zeros(len(rank), np.bool_)
    _, moment = np.unique(time, return_inverse=True)
    after_all = len(time)
    behind = -group * (after_all + 1)  # so that a running minimum begins anew with each group
    for newest_allowed in np.unique(rank)[:-1]:
        newer = behind + np.where(rank > newest_allowed, moment, after_all)
        back |= (rank <= newest_allowed) & (np.minimum.accumulate(newer) < behind + moment)
    return back


def page_views(block: Block, end: int) -> int:
    """Count the page views with a document that fall into a rollout.

    Args:
        block: The sessions.
        end: The rollout's end, microseconds from its start.
    """
    return int(_pages_during(block, end).sum())


def _pages_during(block: Block, end: int) -> NDArray[np.bool_]:
    first, last = block.request_offset[:-1], block.request_offset[1:] - 1
    return block.page_has_document & (block.time[first] < end) & (block.time[last] >= 0)


def _pages(
    block: Block, revision: NDArray[np.int64], served: NDArray[np.bool_], end: int, works: NDArray[np.bool_]
) -> tuple[int, int, int]:
    """Count page views with a document, those of more than one revision, and those of revisions that do not fit."""
    if not len(block.page_session):
        return 0, 0, 0
    first = block.request_offset[:-1]
    counted = _pages_during(block, end)
    rank = np.where(served, revision, -1)
    least = np.minimum.reduceat(np.where(served, revision, _NONE), first)
    most = np.maximum.reduceat(rank, first)
    mixed = counted & (least < most) & (most >= 0)
    document = rank[first][block.page]
    judged = served & (document >= 0)
    unfit = np.zeros(len(rank), np.bool_)
    unfit[judged] = ~works[document[judged], rank[judged]]
    broken = counted & np.logical_or.reduceat(unfit, first)
    return int(counted.sum()), int(mixed.sum()), int(broken.sum())


def _load(
    time: NDArray[np.int64], replica: NDArray[np.int64], capacity: int | None
) -> tuple[NDArray[np.int64], int]:
    """Find the requests beyond a replica's capacity, and the most that one replica got in a whole second.

    Args:
        time: Shape (K,), microseconds.
        replica: Shape (K,): the number of the replica that got the request.
        capacity: Requests that one replica serves in a second.

    Returns:
        Indices of the requests beyond the capacity: in each second, all but the first ones that each replica got.
    """
    if not len(time):
        return np.zeros(0, np.int64), 0
    key = time // SECOND * (int(replica.max()) + 1) + replica
    keys, load = np.unique(key, return_counts=True)
    if capacity is None or load.max() <= capacity:
        return np.zeros(0, np.int64), int(load.max())
    crowded = np.nonzero(load[np.searchsorted(keys, key)] > capacity)[0]
    crowded = crowded[np.lexsort((time[crowded], key[crowded]))]
    first = np.nonzero(np.diff(key[crowded], prepend=-1))[0]
    place = np.arange(len(crowded)) - np.repeat(first, np.diff(np.append(first, len(crowded))))
    return crowded[place >= capacity], int(load.max())

"""Sessions whose order of revisions has to be looked at closely: request by request, life by life."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from turnout.simulator.block import Block

__all__ = ["lives_in_order"]


def lives_in_order(block: Block, life: NDArray[np.int64], rank: NDArray[np.int64]) -> tuple[int, int]:
    """Count sessions that saw two revisions in one life, and those that went back to an older one.

    A step back is a request that is later in time than another, of the same or a later page view, and served by an
    older revision: a late asset of an earlier page view is none, nor is what it is late for.

    Args:
        block: The sessions.
        life: Shape (R,): which of its session's lives each request belongs to.
        rank: Shape (R,): the revision that served it; -1 for none.
    """
    served = np.flatnonzero(rank >= 0)
    session, life = block.session[served], life[served]
    group = session * (int(life.max(initial=0)) + 1) + life
    order = np.argsort(group, kind="stable")
    served, session, group, rank = served[order], session[order], group[order], rank[served][order]
    if not len(served):
        return 0, 0
    first = np.flatnonzero(np.diff(group, prepend=-1))
    mixed = np.minimum.reduceat(rank, first) < np.maximum.reduceat(rank, first)
    back = _steps_back(group, block.time[served], rank)
    return len(np.unique(session[first[mixed]])), len(np.unique(session[back]))


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

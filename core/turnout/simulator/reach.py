"""Which revisions requests can reach: at one moment under a routing, and segment by segment of a timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from turnout.routing.algebra import Split, Sticky
from turnout.routing.timeline import FOREVER
from turnout.simulator.segments import CHOOSE
from turnout.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from turnout.routing.algebra import Routing
    from turnout.routing.timeline import Timeline
    from turnout.simulator.segments import Segments

__all__ = ["can_reach", "last_reached", "mixed_seconds", "reachable"]


def can_reach(routing: Routing, revision: str, serving: Collection[str]) -> bool:
    """Whether a request that holds no pin can be sent to a revision; one that holds a pin got there by such a one.

    To be in the list of endpoints is not enough: a fleet that is previewed is there, and no routing chooses it.

    Args:
        routing: The routing in force.
        revision: The name of the revision.
        serving: The names of the revisions that have a replica which takes requests.
    """
    choice = routing.new if isinstance(routing, Sticky) else routing
    return revision in serving and (not isinstance(choice, Split) or revision in choice.shares)


def reachable(segments: Segments) -> NDArray[np.bool_]:
    """Find which revisions some request could be sent to.

    Those that the choice in force sends to; and, where there are pins, those that an earlier choice of the same era
    sent to and that still take requests.

    Args:
        segments: G segments of V revisions.

    Returns:
        Shape (G, V).
    """
    served, revisions = segments.own_count > 0, np.arange(segments.own_count.shape[1])
    by_choice = np.zeros(served.shape, np.bool_)
    for segment in range(len(segments.since)):
        if segments.by_split[segment]:
            chosen = np.isin(revisions, segments.split.ranks[segments.routing[segment]])
            by_choice[segment] = served[segment] & chosen
        else:
            by_choice[segment] = segments.any_of[segment]
    held = by_choice.copy()
    for segment in range(1, len(held)):
        if segments.mode[segment] != CHOOSE and segments.era[segment] == segments.era[segment - 1]:
            held[segment] |= held[segment - 1] & served[segment]
    return held


def mixed_seconds(segments: Segments, reached: NDArray[np.bool_], timeline: Timeline) -> float:
    """For how long more than one revision could be met during the rollout.

    Args:
        segments: The timeline's segments.
        reached: Shape (G, V), see `reachable`.
        timeline: The timeline.
    """
    begin = np.clip(segments.since, 0, timeline.end)
    length = np.diff(np.append(begin, timeline.end))
    return float(length[reached.sum(axis=1) > 1].sum()) / SECOND


def last_reached(segments: Segments, reached: NDArray[np.bool_], rank: int) -> int:
    """When a revision could be met for the last time, microseconds from the rollout's start.

    0 if it never could; `FOREVER` if it still can when the timeline ends.

    Args:
        segments: The timeline's segments.
        reached: Shape (G, V), see `reachable`.
        rank: The revision.
    """
    found = np.nonzero(reached[:, rank])[0]
    if not len(found):
        return 0
    last = int(found[-1])
    return int(segments.since[last + 1]) if last + 1 < len(segments.since) else FOREVER

"""One browser that reloads a page of four parts during a rollout: what a person would see."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import attrs

from turnout.arguments import check_instance, check_seed, check_whole, listed
from turnout.history import History
from turnout.routing.draws import DRAWS, uniform
from turnout.routing.plain import Cause, Request, route_plainly
from turnout.routing.timeline import FOREVER
from turnout.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["PARTS", "PageLoad", "browse", "telling_moments"]

PARTS = ("document", "stylesheet", "script", "image")
"""The parts of the page, in the order in which the browser asks for them."""

_SPACING = SECOND // 5
_MOST = 10


@attrs.frozen(kw_only=True)
class PageLoad:
    """One load of the page.

    Attributes:
        time: When the document was asked for; the other parts follow a fifth of a second apart. Microseconds from the
            rollout's start.
        revisions: For each of `PARTS`, the revision that it came from; None if it failed.
        causes: For each of `PARTS`, whether it was served, or why not.
    """

    time: int
    revisions: tuple[str | None, ...]
    causes: tuple[Cause, ...]

    @property
    def mixed(self) -> bool:
        """Whether the parts that were served came from more than one revision."""
        return len({revision for revision in self.revisions if revision is not None}) > 1


def browse(history: History, moments: Iterable[int], *, seed: int | None = None) -> tuple[PageLoad, ...]:
    """Load the page at each of these moments in one session, by the plain reference of the routing.

    Args:
        history: The rollout.
        moments: When to load the page; microseconds from the rollout's start.
        seed: Seeds where the requests go, the history's own seed if left out.

    Raises:
        InputError: If an argument is not what it should be.
    """
    check_instance(history, History, "history", "it takes what simulate gives")
    seed = history.seed if seed is None else seed
    check_seed(seed)
    right = "it takes microseconds from the rollout's start, as turnout.seconds(30) gives them"
    asked = listed(moments, "moments", right, single=int)
    for each in asked:
        check_whole(each, "moments", least=-FOREVER, most=FOREVER)
    times = sorted(set(asked))
    requests = [
        Request(
            time=time + part * _SPACING,
            page=page,
            document=part == 0,
            draw=int(uniform(seed, 21, page, part) * DRAWS),
        )
        for page, time in enumerate(times)
        for part in range(len(PARTS))
    ]
    timeline = history.timeline
    served, _ = route_plainly(timeline, int(uniform(seed, 22) * DRAWS), requests)
    loads = []
    for page, time in enumerate(times):
        answers = served[page * len(PARTS) : (page + 1) * len(PARTS)]
        revisions = tuple(
            timeline.revisions[timeline.slots[answer.slot].revision]
            if answer.slot is not None and answer.cause is Cause.SERVED
            else None
            for answer in answers
        )
        loads.append(
            PageLoad(time=time, revisions=revisions, causes=tuple(answer.cause for answer in answers))
        )
    return tuple(loads)


def telling_moments(history: History) -> tuple[int, ...]:
    """Choose up to ten moments at which a reload tells most.

    Before the rollout; once the new revision gets requests; while it is paused or waits; while nothing is ready; across
    each change of the routing, which comes between the document and the stylesheet; in between; and after the end.

    Raises:
        InputError: If it is no history.
    """
    check_instance(history, History, "history", "it takes what simulate gives")
    timeline = history.timeline
    moments = {-10 * SECOND, history.end + 10 * SECOND}
    first = [slot.listed for slot in timeline.slots if timeline.revisions[slot.revision] == history.target]
    moments |= {min(first) + SECOND} if first and min(first) > -FOREVER else set()
    moments |= {since - _SPACING // 2 for since, _ in timeline.routings if since > 0}
    still: int | None = None
    for moment, following in pairwise(each for each in history.moments if each.time >= 0):
        if not any(numbers.ready for numbers in moment.numbers.values()):
            moments.add((moment.time + following.time) // 2)
    waiting = [(each.time, each.rollout.paused or each.hold is not None) for each in history.moments]
    for time, waits in (*waiting, (history.end, False)):
        if waits and still is None:
            still = time
        elif not waits and still is not None:
            length = time - still
            moments |= {still + length // 4, still + length // 2, still + length * 3 // 4}
            still = None
    chosen = sorted(moments)
    if len(chosen) > _MOST:
        step = (len(chosen) - 1) / (_MOST - 1)
        return tuple(chosen[round(index * step)] for index in range(_MOST))
    while len(chosen) < _MOST // 2 + 1:
        # Nothing happens before 0, so that stretch is not worth a look.
        gaps = [(after - max(before, 0), after) for before, after in pairwise(chosen)]
        length, until = max(gaps)
        chosen.append(until - length // 2)
        chosen.sort()
    return tuple(chosen)

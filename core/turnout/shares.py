"""Routed shares over time: with which probability a request that nothing pins is served by which revision.

Taken from a timeline by the definitions of the routings alone, and without a draw: what closed forms are made of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.routing.algebra import Split, Sticky
from turnout.routing.draws import DRAWS, thresholds
from turnout.routing.plain import Cause
from turnout.routing.timeline import FOREVER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from turnout.routing.algebra import Choice
    from turnout.routing.timeline import Timeline

__all__ = ["Shares", "pinned_at"]

_FAILURES = (Cause.NO_ENDPOINT, Cause.NOT_STARTED, Cause.TERMINATED, Cause.BAD_REVISION)


def pinned_at(timeline: Timeline) -> int | None:
    """When a timeline first pins requests, microseconds from the rollout's start; None if it never does."""
    return next((since for since, routing in timeline.routings if isinstance(routing, Sticky)), None)


@attrs.frozen(kw_only=True, eq=False)
class Shares:
    """Stretches of time in each of which every request has the same chances. G stretches, V revisions.

    Attributes:
        since: Shape (G,), int64, ascending: where each begins; the first is before all requests.
        served: Shape (G, V): the probability to be served by each revision, the oldest first.
        failed: Shape (G, 4): the probability to fail because nothing took the request, its replica had not started,
            was gone, or its revision failed it.
    """

    since: NDArray[np.int64]
    served: NDArray[np.float64]
    failed: NDArray[np.float64]

    @classmethod
    def of(cls, timeline: Timeline) -> Shares:
        """Cut a timeline where anything changes, and count who takes requests in each stretch.

        Args:
            timeline: One that never pins: see `pinned_at`.
        """
        slots = _Slots.of(timeline)
        routed = np.array([since for since, _ in timeline.routings], np.int64)
        ends = [slots.listed, slots.unlisted, slots.fallback, slots.answers, slots.dead, routed]
        since = np.unique(np.concatenate([np.array([-FOREVER, timeline.faulty_until]), *ends]))
        since = since[since < FOREVER]
        served = np.zeros((len(since), len(timeline.revisions)))
        failed = np.zeros((len(since), len(_FAILURES)))
        errs = np.array([round(share * DRAWS) / DRAWS for share in timeline.error_share])
        for stretch, time in enumerate(since.tolist()):
            index = max(int(np.searchsorted(routed, time, side="right")) - 1, 0)
            routing = timeline.routings[index][1]
            if isinstance(routing, Sticky):
                raise TypeError("there is no closed form for what is pinned")
            faulty = errs if time < timeline.faulty_until else np.zeros_like(errs)
            for share, pool in slots.chosen(routing, time, timeline.revisions):
                if not len(pool):
                    failed[stretch, 0] += share
                    continue
                each = share / len(pool)
                gone = slots.dead[pool] <= time
                early = ~gone & (time < slots.answers[pool])
                failed[stretch, 1] += each * early.sum()
                failed[stretch, 2] += each * gone.sum()
                answering = slots.revision[pool[~gone & ~early]]
                count = np.bincount(answering, minlength=len(timeline.revisions))
                served[stretch] += share * (count / len(pool)) * (1 - faulty)
                failed[stretch, 3] += each * float((count * faulty).sum())
        return cls(since=since, served=served, failed=failed)

    def at(self, time: NDArray[np.int64]) -> NDArray[np.int64]:
        """Find the stretch that each moment falls into."""
        found: NDArray[np.int64] = np.searchsorted(self.since, time, side="right") - 1
        return found


@attrs.frozen(eq=False)
class _Slots:
    """The slots of a timeline as arrays of shape (S,)."""

    revision: NDArray[np.int64]
    listed: NDArray[np.int64]
    unlisted: NDArray[np.int64]
    fallback: NDArray[np.int64]
    answers: NDArray[np.int64]
    dead: NDArray[np.int64]

    @classmethod
    def of(cls, timeline: Timeline) -> _Slots:
        names = (each.name for each in attrs.fields(cls))
        return cls(*(np.array([getattr(slot, name) for slot in timeline.slots], np.int64) for name in names))

    def chosen(
        self, choice: Choice, time: int, revisions: tuple[str, ...]
    ) -> Iterator[tuple[float, NDArray[np.int64]]]:
        """Give each share of the requests, and the slots that it goes to, evenly."""
        listed = (self.listed <= time) & (time < self.unlisted)
        last_resort = (self.unlisted <= time) & (time < self.fallback)
        if not isinstance(choice, Split):
            yield 1.0, np.nonzero(listed if listed.any() else last_resort)[0]
            return
        begin = 0
        for name, end in thresholds(choice):
            own = self.revision == (revisions.index(name) if name in revisions else -1)
            taking = own & listed
            yield (end - begin) / DRAWS, np.nonzero(taking if taking.any() else own & last_resort)[0]
            begin = end

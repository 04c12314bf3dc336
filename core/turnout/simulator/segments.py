"""A timeline cut into segments, between whose ends nothing changes, as tables to route arrays by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.routing.algebra import Split, Sticky
from turnout.routing.draws import DRAWS, thresholds
from turnout.routing.timeline import FOREVER
from turnout.simulator.clock import Clock
from turnout.simulator.pools import Pools
from turnout.simulator.stays import Stays

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from turnout.routing.algebra import Routing
    from turnout.routing.timeline import Timeline

__all__ = ["Segments", "SplitTable"]

CHOOSE, PIN_PAGE, PIN_SESSION = 0, 1, 2
"""What a segment does with a request: choose afresh, follow the page's document, follow the session's pin."""


@attrs.frozen(eq=False)
class SplitTable:
    """The stretches of the draw, a row per routing, padded to the longest row.

    Attributes:
        ends: Shape (routings, W), uint64: upper ends; the padding lies above every draw.
        ranks: Shape (routings, W), int64: the revision of each stretch; -1 for one that never had a replica.
    """

    ends: NDArray[np.uint64]
    ranks: NDArray[np.int64]

    @classmethod
    def of(cls, routings: list[Routing], ranks: dict[str, int]) -> SplitTable:
        """Tabulate the choices of the routings; a row without a split stays empty."""
        rows = []
        for routing in routings:
            choice = routing.new if isinstance(routing, Sticky) else routing
            rows.append(thresholds(choice) if isinstance(choice, Split) else ())
        width = max([len(row) for row in rows], default=0) or 1
        table = cls(
            np.full((len(rows), width), DRAWS + 1, np.uint64), np.full((len(rows), width), -1, np.int64)
        )
        for index, row in enumerate(rows):
            for column, (name, end) in enumerate(row):
                table.ends[index, column] = end
                table.ranks[index, column] = ranks.get(name, -1)
        return table


@attrs.frozen(kw_only=True, eq=False)
class Segments:
    """G segments, S slots, V revisions. Tables list old revisions first.

    None of the tables is as large as segments times slots.

    Attributes:
        since: Shape (G,), int64: where each segment begins; the first is before all requests.
        routing: Shape (G,), int64: index of the routing in force.
        mode: Shape (G,), int64: `CHOOSE`, `PIN_PAGE` or `PIN_SESSION`.
        by_replica: Shape (G,), bool: pins hold on to a replica, not to a revision.
        by_split: Shape (G,), bool: the choice is a split.
        restart: Shape (G,), bool: orphans are told to start again.
        idle: Shape (G,), int64: a pin is forgotten after that long without a request, microseconds.
        era: Shape (G,), int64: pins do not outlive an era, whatever the tables below say.
        split: The stretches of the draw, by routing.
        pools: Who takes requests.
        own_count: Shape (G, V): how many take requests that are for this revision.
        any_of: Shape (G, V), bool: whether any slot of the revision takes requests if any revision will do.
        last_resort_ends: Shape (G, V), int64: until when pins may hold on to the revision's slots that serve as a last
            resort.
        revision_dies, revision_leaves: Shape (G, V), int64: a pin to revision v that is valid in segment g ends then
            for any request, or for documents (which leave a released revision earlier).
        stays_until: Shape (G, V), int64: when documents are asked to leave the revision.
        slots: The slots, by the times of their stays.
        starting, stopped: Shape (G,), bool: whether a slot may take requests whose process does not answer yet, or any
            more.
        clock: Finds the segments of times.
    """

    since: NDArray[np.int64]
    routing: NDArray[np.int64]
    mode: NDArray[np.int64]
    by_replica: NDArray[np.bool_]
    by_split: NDArray[np.bool_]
    restart: NDArray[np.bool_]
    idle: NDArray[np.int64]
    era: NDArray[np.int64]
    split: SplitTable
    pools: Pools
    own_count: NDArray[np.int64]
    any_of: NDArray[np.bool_]
    last_resort_ends: NDArray[np.int64]
    revision_dies: NDArray[np.int64]
    revision_leaves: NDArray[np.int64]
    stays_until: NDArray[np.int64]
    slots: Stays
    starting: NDArray[np.bool_]
    stopped: NDArray[np.bool_]
    clock: Clock

    @classmethod
    def of(cls, timeline: Timeline) -> Segments:
        """Cut a timeline into segments."""
        ranks = {name: rank for rank, name in enumerate(timeline.revisions)}
        routings = [routing for _, routing in timeline.routings]
        routed_since = np.array([since for since, _ in timeline.routings], np.int64)
        slots = Stays.of(timeline.slots)
        changes = [np.array([-FOREVER]), slots.listed, slots.unlisted, slots.fallback, routed_since]
        since = np.unique(np.concatenate(changes))
        since = since[since < FOREVER]
        routing = np.maximum(np.searchsorted(routed_since, since, side="right") - 1, 0)
        sticky = [each if isinstance(each, Sticky) else None for each in routings]

        modes = [
            CHOOSE if each is None else PIN_PAGE if each.unit == "page" else PIN_SESSION for each in sticky
        ]
        idle = [
            FOREVER if each is None or each.idle_timeout is None else each.idle_timeout for each in sticky
        ]
        splits = [isinstance(each.new if isinstance(each, Sticky) else each, Split) for each in routings]
        mode = np.array(modes, np.int64)[routing]
        by_replica = np.array([each is not None and each.to == "replica" for each in sticky])[routing]
        restart = np.array([each is not None and each.orphans == "restart" for each in sticky])[routing]
        by_split = np.array(splits)[routing]
        kind = mode * 2 + by_replica
        era = np.cumsum(np.diff(kind, prepend=kind[:1]) != 0)

        spans = (
            slots.spans(since, slots.listed, slots.unlisted),
            slots.spans(since, slots.unlisted, slots.fallback),
        )
        listed, last_resort = (slots.counts(len(since), each, len(ranks)) for each in spans)
        own_listed, all_listed = listed > 0, listed.sum(axis=1) > 0
        own_count = np.where(own_listed, listed, last_resort)
        released = np.array(
            [[each is not None and name in each.released for name in timeline.revisions] for each in sticky],
            bool,
        ).reshape(len(routings), len(ranks))[routing]
        return cls(
            since=since,
            routing=routing,
            mode=mode,
            by_replica=by_replica,
            by_split=by_split,
            restart=restart,
            idle=np.array(idle, np.int64)[routing],
            era=era,
            split=SplitTable.of(routings, ranks),
            pools=Pools.of(slots, *spans, (listed, last_resort)),
            own_count=own_count,
            any_of=np.where(all_listed[:, None], own_listed, last_resort > 0),
            last_resort_ends=_end_of(np.where(by_split[:, None], ~own_listed, ~all_listed[:, None]), since),
            revision_dies=_end_of(own_count > 0, since),
            revision_leaves=_end_of((own_count > 0) & ~released, since),
            stays_until=_end_of(~released, since),
            slots=slots,
            starting=slots.anywhere(since, slots.listed, slots.answers),
            stopped=slots.anywhere(since, slots.dead, np.maximum(slots.unlisted, slots.fallback)),
            clock=Clock.of(since),
        )

    def slot_ends(
        self, segment: NDArray[np.int64], slot: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """When pins to slots end that were made in these segments, for any request and for documents.

        Args:
            segment: Shape (K,).
            slot: Shape (K,), each of which takes requests in its segment.
        """
        revision, unlisted = self.slots.revision[slot], self.slots.unlisted[slot]
        listed = self.since[segment] < unlisted
        leaves_in = np.minimum(np.searchsorted(self.since, unlisted), len(self.since) - 1)
        later = self.last_resort_ends[np.where(listed, leaves_in, segment), revision]
        last = np.minimum(self.slots.fallback[slot], later)
        dies = np.where(listed & ((unlisted >= FOREVER) | (last < unlisted)), unlisted, last)
        return dies, np.minimum(dies, self.stays_until[segment, revision])


def _end_of(holds: NDArray[np.bool_], since: NDArray[np.int64]) -> NDArray[np.int64]:
    """Find, for each segment, when what holds in it ceases to hold.

    Args:
        holds: Shape (G, K).
        since: Shape (G,).

    Returns:
        Shape (G, K), microseconds; before all requests where it does not hold.
    """
    segments = np.arange(len(since))[:, None]
    ceases = np.where(holds, len(since), segments)
    ceases = np.minimum.accumulate(ceases[::-1], axis=0)[::-1]
    return np.where(holds, np.append(since, FOREVER)[ceases], -FOREVER)

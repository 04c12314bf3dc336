"""A timeline cut into segments, between whose ends nothing changes, as tables to route arrays by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.routing.algebra import Split, Sticky
from turnout.routing.draws import DRAWS, thresholds
from turnout.routing.timeline import FOREVER

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
        all_first, all_count: Shape (G,): the slots that take requests, as a stretch of `all_slots`.
        of_first, of_count: Shape (G, V): the same for one revision's slots, as a stretch of `of_slots`.
        slot_dies, slot_leaves: Shape (G, S), int64: a pin to slot s that is valid in segment g ends then for any
            request, or for documents (which leave a released revision earlier).
        revision_dies, revision_leaves: Shape (G, V): the same for pins to a revision.
        slot_revision, slot_answers, slot_dead: Shape (S,): each slot's revision, and between when its process answers.
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
    all_first: NDArray[np.int64]
    all_count: NDArray[np.int64]
    all_slots: NDArray[np.int64]
    of_first: NDArray[np.int64]
    of_count: NDArray[np.int64]
    of_slots: NDArray[np.int64]
    slot_dies: NDArray[np.int64]
    slot_leaves: NDArray[np.int64]
    revision_dies: NDArray[np.int64]
    revision_leaves: NDArray[np.int64]
    slot_revision: NDArray[np.int64]
    slot_answers: NDArray[np.int64]
    slot_dead: NDArray[np.int64]

    @classmethod
    def of(cls, timeline: Timeline) -> Segments:
        """Cut a timeline into segments."""
        ranks = {name: rank for rank, name in enumerate(timeline.revisions)}
        listed, unlisted, fallback, answers, dead, revision = (
            np.array([getattr(slot, field) for slot in timeline.slots], np.int64)
            for field in ("listed", "unlisted", "fallback", "answers", "dead", "revision")
        )
        routings = [routing for _, routing in timeline.routings]
        routed_since = np.array([since for since, _ in timeline.routings], np.int64)
        changes = np.concatenate([np.array([-FOREVER]), listed, unlisted, fallback, routed_since])
        since = np.unique(changes[changes < FOREVER])
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

        is_of = revision[:, None] == np.arange(len(ranks))  # (S, V)
        up = (listed <= since[:, None]) & (since[:, None] < unlisted)  # (G, S)
        last_resort = (unlisted <= since[:, None]) & (since[:, None] < fallback)
        up_of = up.astype(np.int64) @ is_of  # (G, V)
        in_all = np.where(up_of.sum(axis=1)[:, None] > 0, up, last_resort)
        in_own = np.where(up_of.astype(np.bool_)[:, revision], up, last_resort)
        of_count = in_own.astype(np.int64) @ is_of
        all_count = in_all.sum(axis=1)

        released = np.array(
            [[each is not None and name in each.released for name in timeline.revisions] for each in sticky],
            bool,
        ).reshape(len(routings), len(ranks))[routing]
        slot_member = np.where(by_split[:, None], in_own, in_all)
        slot_stays = slot_member & ~released[:, revision]
        revision_stays = (of_count > 0) & ~released
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
            all_first=np.cumsum(all_count) - all_count,
            all_count=all_count,
            all_slots=np.nonzero(in_all)[1],
            of_first=(np.cumsum(of_count) - of_count.ravel()).reshape(of_count.shape),
            of_count=of_count,
            # Slots are ordered by revision, so each revision's are one stretch.
            of_slots=np.nonzero(in_own)[1],
            slot_dies=_end_of(slot_member, since),
            slot_leaves=_end_of(slot_stays, since),
            revision_dies=_end_of(of_count > 0, since),
            revision_leaves=_end_of(revision_stays, since),
            slot_revision=revision,
            slot_answers=answers,
            slot_dead=dead,
        )


def _end_of(holds: NDArray[np.bool_], since: NDArray[np.int64]) -> NDArray[np.int64]:
    """Find, for each segment, when what holds in it ceases to hold.

    Args:
        holds: Shape (G, K).
        since: Shape (G,).

    Returns:
        Shape (G, K), microseconds; before all requests where it does not hold.
    """
    end = np.empty(holds.shape, np.int64)
    following = np.full(holds.shape[1], FOREVER, np.int64)
    for segment in range(len(since) - 1, -1, -1):
        if segment + 1 < len(since):
            following = np.where(holds[segment + 1], end[segment + 1], since[segment + 1])
        end[segment] = np.where(holds[segment], following, -FOREVER)
    return end

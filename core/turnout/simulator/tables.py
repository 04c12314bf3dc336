"""A timeline as the compiled walk reads it: a few tables of whole numbers, a row beside the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from turnout.routing.draws import DRAWS
from turnout.routing.timeline import FOREVER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from turnout.routing.timeline import Timeline
    from turnout.simulator.measure import Gauge
    from turnout.simulator.pools import Window
    from turnout.simulator.segments import Segments

__all__ = ["MOST_REVISIONS", "Tables"]

MOST_REVISIONS = 62
"""So many bits has a set of revisions in the walk."""


@attrs.frozen(kw_only=True, eq=False)
class Tables:
    """What of a timeline goes into `turnout.simulator.walk`, which says what for. G segments, S slots, V revisions.

    Attributes:
        rules: Shape (G, RULE), int64.
        owns: Shape (G, V, OWN), int64.
        slots: Shape (S, SLOT), int64.
        hot: Shape (S,), int64: the column of each slot's replica, above eight bits for the rank of its revision.
        ends, ranks: Shape (routings, W), int64: the stretches of the draw, see `turnout.simulator.segments.SplitTable`.
        misfits: Shape (2 V + 1,), int64: as `Gauge.misfits`; then each revision's error share, of 2**32.
    """

    rules: NDArray[np.int64]
    owns: NDArray[np.int64]
    slots: NDArray[np.int64]
    hot: NDArray[np.int64]
    ends: NDArray[np.int64]
    ranks: NDArray[np.int64]
    misfits: NDArray[np.int64]

    @classmethod
    def of(cls, segments: Segments, timeline: Timeline, gauge: Gauge, column: NDArray[np.int64]) -> Tables:
        """Lay the tables out.

        Args:
            segments: The timeline's segments.
            timeline: The timeline, of at most `MOST_REVISIONS` revisions.
            gauge: What its requests are measured by.
            column: Shape (S,): the column of each slot's replica among the counts of a second.
        """
        pools, slots, since = segments.pools, segments.slots, segments.since
        return cls(
            rules=_side_by_side(
                since,
                np.append(since[1:], 2 * FOREVER),
                segments.mode,
                segments.by_replica,
                segments.by_split,
                segments.restart,
                segments.idle,
                segments.era,
                segments.routing,
                pools.any_first,
                pools.any_count,
                segments.starting | segments.stopped,
                np.full(len(since), -1),
            ),
            owns=_side_by_side(
                pools.own_first[:, :-1],
                pools.own_count[:, :-1],
                segments.revision_dies,
                segments.revision_leaves,
                segments.last_resort_ends,
                segments.stays_until,
                np.full(segments.stays_until.shape, -1),
            ),
            slots=_side_by_side(
                slots.revision,
                slots.unlisted,
                slots.fallback,
                np.minimum(np.searchsorted(since, slots.unlisted), len(since) - 1),
                slots.answers,
                slots.dead,
            ),
            hot=column << 8 | slots.revision,
            ends=segments.split.ends.astype(np.int64),
            ranks=segments.split.ranks,
            misfits=np.array(
                [*gauge.misfits.tolist(), *(round(each * DRAWS) for each in timeline.error_share)], np.int64
            ),
        )

    def look_into(self, window: Window) -> None:
        """Note which pools of a window are slots in a row, of which none is missing: these need no list.

        Args:
            window: The cells from which requests will be sent.
        """
        _note_rows(
            self.rules[window.begin : window.end, [9, 10]], self.rules[window.begin : window.end, 12], window
        )
        own = self.owns[window.begin : window.end]
        _note_rows(own[..., :2], own[..., 6], window)


def _note_rows(pools: NDArray[np.int64], row: NDArray[np.int64], window: Window) -> None:
    """Write down the first slot of each pool whose slots follow one another, given its first cell and their number."""
    first, count = pools[..., 0] - window.first, pools[..., 1]
    some = count > 0
    begin = window.cells.take(np.where(some, first, 0))
    end = window.cells.take(np.where(some, first + count - 1, 0))
    row[...] = np.where(some & (end - begin == count - 1), begin, -1)


def _side_by_side(*columns: NDArray[Any]) -> NDArray[np.int64]:
    return np.ascontiguousarray(np.stack([each.astype(np.int64) for each in columns], axis=-1))

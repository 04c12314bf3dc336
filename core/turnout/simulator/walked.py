"""Blocks counted by the compiled walk, and what it leaves to the arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.simulator.effects import Effects
from turnout.simulator.tables import MOST_REVISIONS, Tables

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from turnout.routing.timeline import Timeline
    from turnout.simulator.block import Block
    from turnout.simulator.compiled import Walk
    from turnout.simulator.loads import Loads
    from turnout.simulator.measure import Gauge
    from turnout.simulator.pools import Window
    from turnout.simulator.segments import Segments

__all__ = ["Walker"]


@attrs.define(eq=False)
class Walker:
    """Adds up what one rollout does to sessions, as `turnout.simulator.kernel` and `measure` do.

    Attributes:
        walk: The compiled walk.
        segments: The rollout's segments.
        timeline: The rollout.
        tables: Both, as the walk reads them.
        columns: How many replicas there are.
    """

    walk: Walk
    segments: Segments
    timeline: Timeline
    tables: Tables
    columns: int
    _window: Window | None = attrs.field(default=None, init=False)

    @classmethod
    def of(
        cls, walk: Walk, segments: Segments, timeline: Timeline, gauge: Gauge, column: NDArray[np.int64]
    ) -> Walker | None:
        """Prepare to walk; None if there are more revisions than the walk knows sets of.

        Args:
            walk: The compiled walk.
            segments: The rollout's segments.
            timeline: The rollout.
            gauge: What its requests are measured by.
            column: Shape (S,): the column of each slot's replica among the counts of a second.
        """
        if len(timeline.revisions) > MOST_REVISIONS:
            return None
        tables = Tables.of(segments, timeline, gauge, column)
        return cls(walk, segments, timeline, tables, max(1, int(column.max(initial=-1)) + 1))

    def add(self, block: Block, loads: Loads, settled: int) -> tuple[Effects, NDArray[np.int64]]:
        """Count a block.

        Args:
            block: The sessions.
            loads: Is given the requests that replicas answered.
            settled: See `Loads.add`.

        Returns:
            The effects; and, ascending, the page views of the sessions that were left out: those whose page views
            overlap in time, and those that go on for very long while there are very many replicas. They are counted
            as sessions, and nothing else of them is.
        """
        clock, tables, timeline = self.segments.clock, self.tables, self.timeline
        counts, begin = loads.window(settled)
        window = self.segments.pools.window(int(clock.segments(np.array(block.extent[:1]))[0]))
        if window is not self._window:
            tables.look_into(window)
            self._window = window
        numbers = np.array(
            [
                len(block.page_session),
                0,
                len(timeline.revisions),
                tables.ranks.shape[1],
                clock.origin,
                clock.shift,
                len(clock.first),
                timeline.end,
                timeline.faulty_until,
                self.columns,
                begin,
                len(counts),
                window.first,
                tables.rules[window.begin, 0],
                tables.rules[window.end - 1, 1],
                any(timeline.error_share),
            ],
            np.int64,
        )
        ahead, left = np.empty(len(block.time), np.int64), np.zeros(len(block.page_session), np.uint8)
        found = np.zeros(13, np.int64)
        self.walk(
            block.session_draw,
            block.page_session,
            block.page_has_document,
            block.request_offset,
            block.time,
            block.draw,
            numbers,
            tables.rules,
            tables.owns,
            tables.slots,
            tables.hot,
            window.cells,
            tables.ends,
            tables.ranks,
            clock.first,
            clock.parted,
            tables.misfits,
            counts,
            ahead,
            left,
            found,
        )
        waiting, *counted = found.tolist()
        loads.wait(ahead[:waiting].copy())
        effects = Effects(sessions=len(block.session_draw), **dict(zip(_FOUND, counted, strict=True)))
        return effects, left.nonzero()[0]


_FOUND = (
    "no_endpoint",
    "not_started",
    "terminated",
    "bad_revision",
    "restarted_requests",
    "requests",
    "mixed_sessions",
    "backward_sessions",
    "orphaned_sessions",
    "page_views",
    "mixed_page_views",
    "broken_page_views",
)
"""What the walk finds, after the number of requests that come later, in its order."""

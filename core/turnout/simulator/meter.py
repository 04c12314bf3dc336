"""What one rollout does to sessions, added up block after block, in bounded memory."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.routing.plain import Cause
from turnout.simulator.effects import Effects
from turnout.simulator.kernel import route
from turnout.simulator.loads import Crowd, Loads
from turnout.simulator.measure import Gauge, page_views
from turnout.simulator.queues import Queues
from turnout.simulator.segments import Segments
from turnout.simulator.walked import Walker
from turnout.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from turnout.routing.timeline import Timeline
    from turnout.simulator.block import Block
    from turnout.simulator.compiled import Walk
    from turnout.simulator.kernel import Routed

__all__ = ["Exposure", "Meter"]


class Meter:
    """Adds up what one rollout does to the sessions of block after block.

    Args:
        timeline: The rollout.
        works: Shape (V, V), see `turnout.simulator.measure.compatibility`.
        capacity: Requests a second that one replica serves; what comes beyond that in a second fails as overloaded.
        queue_timeout: With a capacity: requests wait in a queue instead, and fail after more microseconds than this.
        own_end: The end of a shorter stretch of time whose page views are counted besides.
        among: How many rollouts are measured at once, and share the memory for it.
    """

    def __init__(
        self,
        timeline: Timeline,
        works: NDArray[np.bool_],
        *,
        capacity: int | None = None,
        queue_timeout: int | None = None,
        own_end: int = 0,
        among: int = 1,
    ) -> None:
        self.segments = Segments.of(timeline)
        self.effects = Effects()
        self.own_page_views = 0
        self._timeline = timeline
        self._gauge = Gauge.of(timeline, works)
        self._capacity = capacity
        self._own_end = own_end
        self._crowd: Crowd | None = None
        replicas, column = np.unique(self.segments.slots.replica, return_inverse=True)
        self._columns = max(1, len(replicas))
        self._walker: Walker | None = None
        # Where no replica was listed twice, a slot is as good as its replica.
        self._column = column.astype(np.int64) if len(replicas) < len(column) else None
        self._queues: Queues | None = None
        if capacity is not None and queue_timeout is not None:
            self._queues = Queues(capacity, queue_timeout, self._columns)
        counted_for = None if self._queues else capacity
        self._loads = Loads(counted_for, ((timeline.end - 1) // SECOND + 1) * self._columns, among)

    @property
    def peak_load(self) -> int:
        """The most requests that one replica got in one second; known after the last block."""
        return self._loads.peak

    @property
    def longest_wait(self) -> float:
        """The longest wait of a request that did not fail, seconds; not a number without a queue. Known in the end."""
        if self._queues is None:
            return nan  # always this object, so that equal results compare equal
        return self._queues.longest / (self._queues.capacity * SECOND)

    def hasten(self, walk: Walk) -> None:
        """From now on count by the compiled walk, which makes no difference but to how long it takes.

        Queues are made of single requests, which it does not hand out.
        """
        if self._queues is not None:
            return
        column = np.arange(len(self._timeline.slots)) if self._column is None else self._column
        self._walker = Walker.of(walk, self.segments, self._timeline, self._gauge, column)

    def add(self, block: Block) -> None:
        """Count a block; blocks come in the order in which their sessions begin."""
        settled = self._settled(block)
        if self._walker is None:
            self.effects = self.effects.plus(self._counted(block, settled))
        else:
            effects, left = self._walker.add(block, self._loads, settled)
            if len(left):
                rest = self._counted(block.of_pages(left)[1], settled)
                effects = effects.plus(attrs.evolve(rest, sessions=0))
            self.effects = self.effects.plus(effects)
        if self._own_end:
            self.own_page_views += int(page_views(block, self._own_end).sum())

    def _settled(self, block: Block) -> int:
        """The first cell that a request of this or a later block may belong to."""
        return max(0, block.extent[0]) // SECOND * self._columns

    def _counted(self, block: Block, settled: int) -> Effects:
        """Count a block in arrays."""
        routed = self._route(block)
        cell, silent = self._cells(block, routed)
        self._loads.add(cell, settled)
        if self._queues is not None:
            failed = np.delete(routed.cause, silent).astype(np.bool_)
            self._queues.add(cell, np.delete(block.time, silent), failed, block.extent[0])
        return self._gauge.measure(block, routed)

    def overloaded(self) -> bool:
        """End the first pass: say whether any replica got more in a second than it serves, so that more are needed.

        With queues they are not: see `knows_late`.
        """
        crowded = self._loads.finish()
        if self._queues is not None:
            self._queues.finish()
        elif self._capacity is not None and len(crowded):
            self._crowd = Crowd(crowded, self._capacity)
        return self._crowd is not None

    @property
    def queued(self) -> bool:
        """Whether requests wait in queues."""
        return self._queues is not None

    @property
    def somebody_late(self) -> bool:
        """Whether it is known already that somebody waits too long."""
        return self._queues is not None and self._queues.late.any

    def knows_late(self, block: Block) -> bool:
        """Whether it is known already who waits too long in the next block to be amended."""
        if self._queues is None:
            return True
        last = min(block.extent[1], self._timeline.end - 1)
        return self._queues.late.expected and last < self._queues.served

    def rank(self, block: Block) -> None:
        """Do the second pass: see who comes first in crowded seconds."""
        if self._crowd is not None:
            cell, silent = self._cells(block, self._route(block))
            self._crowd.meet(cell, np.delete(block.time, silent), self._settled(block))

    def ranked(self) -> None:
        """End the second pass."""
        if self._crowd is not None:
            self._crowd.again()

    def amend(self, block: Block) -> None:
        """Count anew what overload changes: in the third pass, or with queues as soon as it is known who is late."""
        if self._queues is not None:
            late = self._queues.late
            if late.within(*block.extent):
                self._amend(block, late.overloaded)
            late.pass_by(block.extent[0])
        elif self._crowd is not None:
            self._amend(block, self._crowd.overloaded)

    def _amend(
        self,
        block: Block,
        overloaded: Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.int64]],
    ) -> None:
        routed = self._route(block)
        cell, silent = self._cells(block, routed)
        late = overloaded(cell, np.delete(block.time, silent))
        if len(late):
            beyond = np.zeros(len(block.time), np.bool_)
            beyond[np.delete(np.arange(len(beyond)), silent)[late]] = True
            self.effects = self.effects.plus(self._gauge.measure(block, routed), -1)
            self.effects = self.effects.plus(self._gauge.measure(block, routed, beyond))

    def _route(self, block: Block) -> Routed:
        return route(self.segments, self._timeline, block)

    def _cells(self, block: Block, routed: Routed) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The second and the replica of each request that a replica answers during the rollout.

        Returns:
            The cells, shape (K,), see `Loads`; and the indices of all other requests.
        """
        cell = block.second * self._columns
        cell += routed.slot if self._column is None else self._column.take(routed.slot)
        silent = _silent(block, routed, self._timeline.end)
        return np.delete(cell, silent) if len(silent) else cell, silent


class Exposure:
    """Adds up how many sessions a certain revision has answered during a rollout, well or badly.

    Args:
        segments: The timeline's segments.
        timeline: The rollout.
        revision: The rank of the revision.
        end: Until when, microseconds from the rollout's start.
    """

    def __init__(self, segments: Segments, timeline: Timeline, revision: int, end: int) -> None:
        self.sessions = 0
        self.end = end
        self._segments, self._timeline = segments, timeline
        self._reached = np.append(segments.slots.revision == revision, False)  # -1 is the last one: no slot

    def add(self, block: Block) -> None:
        """Count a block."""
        first, _ = block.extent
        if first >= self.end or not len(block.time):
            return
        routed = route(self._segments, self._timeline, block)
        met = self._reached.take(routed.slot)
        met[_silent(block, routed, self.end)] = False
        self.sessions += int(np.logical_or.reduceat(met, block.first_request[:-1]).sum())


def _silent(block: Block, routed: Routed, end: int) -> NDArray[np.int64]:
    """Find the requests that no replica answers until a rollout's end: their indices, ascending."""
    during = block.during(end)
    failed = np.flatnonzero(routed.cause.astype(np.bool_))  # of truth values, which is fast
    cause = routed.cause[failed]
    silent = (routed.slot[failed] < 0) | (cause == Cause.TERMINATED) | (cause == Cause.NOT_STARTED)
    if during is None:
        alone: NDArray[np.int64] = failed[silent]
        return alone
    outside = ~during
    outside[failed[silent]] = True
    return outside.nonzero()[0]

"""Runs: the requests of a page view within one segment, for which all but their draws is the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.simulator.block import ranges, sizes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from turnout.simulator.block import Block
    from turnout.simulator.clock import Clock

__all__ = ["Runs"]


@attrs.frozen(eq=False)
class Runs:
    """The requests of a block, cut where a page view or a segment begins. N runs, in the order of their requests.

    Attributes:
        size: Shape (N,): how many requests each has.
        segment: Shape (N,): in which segment they are made.
        page: Shape (N,): to which page view they belong.
    """

    size: NDArray[np.int64]
    segment: NDArray[np.int64]
    page: NDArray[np.int64]

    @classmethod
    def of(cls, clock: Clock, block: Block) -> Runs:
        """Cut a block into runs.

        Args:
            clock: Finds the segments.
            block: The sessions.
        """
        segment, pages = clock.segments(block.page_begin), np.arange(len(block.page_session))
        parted = np.flatnonzero(segment != clock.segments(block.page_end))
        if not len(parted):
            return cls(block.page_size, segment, pages)
        size = block.page_size[parted]
        requests = ranges(block.request_offset[parted], size)
        among = clock.segments(block.time[requests])
        turns = np.ones(len(requests), np.bool_)
        turns[1:] = among[1:] != among[:-1]
        turns[np.cumsum(size) - size] = False
        start = np.concatenate([block.request_offset[:-1], requests[turns]])
        order = np.argsort(start, kind="stable")
        return cls(
            sizes(start[order], len(block.time)),
            np.concatenate([segment, among[turns]])[order],
            np.concatenate([pages, np.repeat(parted, size)[turns]])[order],
        )

    def requests(self, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The indices of the requests of some runs: shape (K,), ascending.

        Args:
            chosen: Shape (N,): which runs.
        """
        first = np.cumsum(self.size) - self.size
        return ranges(first[chosen], self.size[chosen])

"""What a routed block meant to its users, in arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from turnout.routing.plain import Cause
from turnout.simulator.backward import lives_in_order
from turnout.simulator.effects import Effects

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from turnout.routing.timeline import Timeline
    from turnout.simulator.block import Block
    from turnout.simulator.kernel import Routed

__all__ = ["Gauge", "compatibility", "page_views"]


def compatibility(revisions: tuple[str, ...], works: Collection[tuple[str, str]]) -> NDArray[np.bool_]:
    """Tabulate which revisions work together.

    Args:
        revisions: Names, by rank; V of them.
        works: Pairs (the document's revision, the asset's revision) that work together, besides each with itself.

    Returns:
        Shape (V, V): whether a page works whose document is of the row's revision with an asset of the column's.
    """
    table = np.eye(len(revisions), dtype=np.bool_)
    for row, document in enumerate(revisions):
        for column, asset in enumerate(revisions):
            table[row, column] |= (document, asset) in works
    return table


@attrs.frozen(eq=False)
class Gauge:
    """Reads off what routed blocks meant to users, by sets of revisions: a bit for each, the oldest one's the lowest.

    A page or a session is served by the union of its requests' sets; above them lie three more bits, see `_ORDER`. S
    slots, V revisions.

    Attributes:
        rank: Shape (S + 1,), int64: the revision of each slot; V of no slot.
        bit: Shape (S + 1,), unsigned: the set of that revision alone; nothing of no slot.
        misfits: Shape (V + 1,): the set of revisions whose assets do not work with each one's documents; nothing for
            a document of none.
        end: The rollout's end, microseconds from its start.
    """

    rank: NDArray[np.int64]
    bit: NDArray[Any]
    misfits: NDArray[Any]
    end: int

    @classmethod
    def of(cls, timeline: Timeline, works: NDArray[np.bool_]) -> Gauge:
        """Prepare to measure what a timeline's requests met.

        Args:
            timeline: The rollout.
            works: Shape (V, V), see `compatibility`.
        """
        revisions = len(timeline.revisions)
        bits = [1 << rank for rank in range(revisions)] + [0]
        rank = np.array([*(slot.revision for slot in timeline.slots), revisions], np.int64)
        misfits = [
            sum(bit for bit, fits in zip(bits, row, strict=False) if not fits) for row in works.tolist()
        ]
        kind = _integers(revisions + 3)
        return cls(rank, np.array(bits, kind)[rank], np.array([*misfits, 0], kind), timeline.end)

    def measure(self, block: Block, routed: Routed, overloaded: NDArray[np.bool_] | None = None) -> Effects:
        """Count what a routed block meant to its users.

        Args:
            block: The sessions.
            routed: Where their requests went.
            overloaded: Shape (R,), bool: which requests came to a replica that served no more; None for none.
        """
        during = block.during(self.end)
        cause = routed.cause if overloaded is None else np.where(overloaded, _OVERLOADED, routed.cause)
        served = self.bit.take(routed.slot)  # -1 is the last one: no slot
        failed = cause.astype(np.bool_).nonzero()[0]
        served[failed] = 0
        why = cause[failed] if during is None else cause[failed[during[failed]]]
        causes = np.bincount(why, minlength=_OVERLOADED + 1)
        mixed, backward, pages = self._sets(block, routed, served, failed)
        counted = page_views(block, self.end)
        document = np.where(
            served[block.request_offset[:-1]] != 0, routed.slot[block.request_offset[:-1]], -1
        )
        misfits = self.misfits.take(self.rank.take(document))
        return Effects(
            sessions=len(block.session_draw),
            mixed_sessions=mixed,
            backward_sessions=backward,
            orphaned_sessions=int(routed.orphaned.sum()),
            page_views=int(counted.sum()),
            mixed_page_views=int((counted & _several(pages)).sum()),
            broken_page_views=int((counted & ((pages & misfits) != 0)).sum()),
            requests=len(block.time) if during is None else int(during.sum()),
            no_endpoint=int(causes[Cause.NO_ENDPOINT]),
            not_started=int(causes[Cause.NOT_STARTED]),
            terminated=int(causes[Cause.TERMINATED]),
            overloaded=int(causes[_OVERLOADED]),
            bad_revision=int(causes[Cause.BAD_REVISION]),
            restarted_requests=int(causes[Cause.RESTARTED]),
        )

    def _sets(
        self, block: Block, routed: Routed, served: NDArray[Any], failed: NDArray[np.int64]
    ) -> tuple[int, int, NDArray[Any]]:
        """Count the sessions that saw two revisions in one life, and those that went back to an older one.

        Returns:
            Both numbers, and by which revisions each page view was served.
        """
        if not len(served):
            return 0, 0, served
        revisions = len(self.misfits) - 1
        every = (1 << revisions) - 1
        if routed.life is None and served[0] and served.min() == served.max():
            return 0, 0, served[block.request_offset[:-1]]
        marked = served | _order(block, served, revisions, failed)
        pages = np.bitwise_or.reduceat(marked, block.request_offset[:-1])
        sessions = np.bitwise_or.reduceat(pages, block.first_page)
        mixed = _several(sessions & every)
        went_back, unclear = sessions & 1 << revisions != 0, sessions >> (revisions + 1) != 0
        look = mixed & unclear & ~went_back
        if routed.life is not None:
            look |= np.maximum.reduceat(routed.life, block.first_request[:-1]) > 0
        clear = mixed & ~look
        counts = int(clear.sum()), int((clear & went_back).sum())
        if look.any():
            requests, some = block.of_pages(np.flatnonzero(np.repeat(look, block.pages_of)))
            rank = np.where(served[requests] != 0, self.rank.take(routed.slot[requests]), -1)
            life = np.zeros(len(rank), np.int64) if routed.life is None else routed.life[requests]
            closely = lives_in_order(some, life, rank)
            counts = counts[0] + closely[0], counts[1] + closely[1]
        return *counts, pages & every


_OVERLOADED = len(Cause)


def _integers(bits: int) -> type[Any]:
    """The smallest unsigned integers of so many bits; Python's own where NumPy has none."""
    fitting = [kind for kind in (np.uint8, np.uint16, np.uint32, np.uint64) if np.iinfo(kind).bits >= bits]
    return fitting[0] if fitting else object


def _several(sets: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether each set has more than one member."""
    return np.asarray(sets & (sets - (sets != 0)) != 0)


def _order(block: Block, served: NDArray[Any], revisions: int, failed: NDArray[np.int64]) -> NDArray[Any]:
    """Mark, above the revisions' bits, the requests that tell whether a session went back.

    The first bit: an older revision than the one before, and later in time: a step back. The second: the same, but not
    later in time. The third: not served, so that a step back may lie around it.
    """
    older = served[1:] < served[:-1]
    older[block.first_request[1:-1] - 1] = False
    older[failed[failed > 0] - 1] = False
    back = older & (block.time[1:] > block.time[:-1])
    marks = np.zeros(len(served), served.dtype)
    marks[1:] = back
    marks[1:] |= (older ^ back).astype(served.dtype) << 1
    marks[failed] |= 4
    marks <<= revisions
    return marks


def page_views(block: Block, end: int) -> NDArray[np.bool_]:
    """Say which page views with a document fall into a rollout: begin before its end, and end after its start.

    Args:
        block: The sessions.
        end: The rollout's end, microseconds from its start.

    Returns:
        Shape (P,).
    """
    return block.page_has_document & (block.page_begin < end) & (block.page_end >= 0)

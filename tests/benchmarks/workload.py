"""What is measured: sessions generated block by block, and finished rollouts that they meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.routing import Split, Spread, Sticky
from turnout.routing.draws import stream
from turnout.routing.timeline import FOREVER, Slot, Timeline
from turnout.simulator.block import Block
from turnout.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterator

    from turnout.routing import Routing

__all__ = ["ROUTINGS", "SPAN", "Workload", "rollout", "several"]

SPAN = 3600 * SECOND
"""For how long sessions begin, and the rollout goes on."""

_SESSIONS = 4000  # a block
_PAGES, _ASSETS, _REQUESTS = 5, 9, 50  # a session's, a page's, a session's; on average
_THINK = 30 * SECOND
_STEP = 4  # microseconds; from one request of a page to the next are up to 2**16 of them


@attrs.frozen
class Workload:
    """Sessions that are made when they are asked for, the same ones each time, in the order of their beginnings.

    Attributes:
        requests: About how many requests there are in all.
        seed: Seeds everything.
    """

    requests: int
    seed: int = 1

    def __iter__(self) -> Iterator[Block]:
        sessions = max(1, round(self.requests / _REQUESTS))
        for first in range(0, sessions, _SESSIONS):
            until = min(first + _SESSIONS, sessions)
            yield self._block(first, SPAN * first // sessions, SPAN * until // sessions, until - first)

    def _block(self, number: int, begin: int, end: int, sessions: int) -> Block:
        random = np.random.Generator(np.random.PCG64(stream(self.seed, number)))
        start = np.sort(random.integers(begin, end, sessions))
        pages = random.geometric(1 / _PAGES, sessions)
        first_page = np.cumsum(pages) - pages
        requests = random.integers(2, 2 * _ASSETS + 1, int(pages.sum()))
        offset = np.zeros(len(requests) + 1, np.int64)
        np.cumsum(requests, out=offset[1:])
        first, count = offset[first_page], int(offset[-1])
        bits = random.bit_generator.random_raw((count + 1) // 2 + (count + 3) // 4)
        wait = np.multiply(bits[(count + 1) // 2 :].view(np.uint16)[:count], _STEP, dtype=np.int64)
        wait[offset[:-1]] = random.standard_exponential(len(requests), np.float32) * np.float32(_THINK)
        wait[first] = 0
        lasts = np.add.reduceat(wait, first)
        wait[first] = np.diff(start, prepend=0) - np.append(
            0, lasts[:-1]
        )  # back to where the next one begins
        time = np.cumsum(wait, out=wait)
        return Block(
            session_draw=random.integers(0, 1 << 32, sessions, np.uint32),
            page_session=np.repeat(np.arange(sessions), pages),
            page_has_document=np.ones(len(requests), np.bool_),
            request_offset=offset,
            time=time,
            draw=bits.view(np.uint32)[:count],
        )


_OLD, _NEW = {"old": 1.0}, {"new": 1.0}
_HALF = SPAN // 2

ROUTINGS: dict[str, tuple[tuple[int, Routing], ...]] = {
    "spread": ((-FOREVER, Spread()),),
    "split": (
        (-FOREVER, Split(_OLD)),
        *(
            (SPAN * (2 + step) // 10, Split({"old": 1 - share, "new": share}))
            for step, share in enumerate((0.05, 0.25, 0.5))
        ),
        (SPAN * 7 // 10, Split(_NEW)),
    ),
    "sticky to revision": ((-FOREVER, Sticky()),),
    "sticky to replica": ((-FOREVER, Sticky(to="replica")),),
    "sticky page": ((-FOREVER, Sticky(unit="page")),),
    "blue-green instant": ((-FOREVER, Split(_OLD)), (_HALF, Split(_NEW))),
    "blue-green page": (
        (-FOREVER, Sticky(unit="page", new=Split(_OLD))),
        (_HALF, Sticky(unit="page", new=Split(_NEW))),
    ),
    "blue-green drain": (
        (-FOREVER, Sticky(new=Split(_OLD))),
        (_HALF, Sticky(new=Split(_NEW))),
        (_HALF + 600 * SECOND, Sticky(new=Split(_NEW), released=("old",))),
    ),
}
"""By name, the routings of a rollout from "old" to "new", and since when each is in force."""


def rollout(routing: str, replicas: int) -> Timeline:
    """Make a finished rollout.

    Where requests follow the replicas, these are replaced one by one, with a pause in the middle, and some of the old
    ones stop before requests cease to be sent to them. Else there is a whole second fleet.

    Args:
        routing: One of `ROUTINGS`.
        replicas: How many replicas there are.
    """
    step = 7 * SPAN // (10 * replicas)
    slots = []
    for number in range(replicas):
        if routing in ("spread", "sticky to revision", "sticky to replica", "sticky page"):
            listed = SPAN // 10 + number * step + (SPAN // 10 if 2 * number >= replicas else 0)
            leaves = listed + step // 2
        else:
            listed, leaves = SPAN // 10 + number * SECOND // 10, SPAN * 9 // 10
        stops = leaves + (2 * SECOND if number % 10 else -SECOND // 2)
        slots.append(
            Slot(replica=number, revision=0, listed=-FOREVER, unlisted=leaves, fallback=stops, dead=stops)
        )
        slots.append(Slot(replica=replicas + number, revision=1, listed=listed, answers=listed))
    return Timeline(
        revisions=("old", "new"),
        slots=slots,
        routings=ROUTINGS[routing],
        error_share=(0.0, 0.0),
        end=SPAN,
    )


def several(replicas: int, revisions: int) -> Timeline:
    """Make a finished rollout of one revision after the other, to all replicas alike.

    Args:
        replicas: How many replicas there are.
        revisions: How many revisions follow one another.
    """
    step = SPAN // (revisions * replicas)
    slots = []
    for rank in range(revisions):
        for number in range(replicas):
            listed = (rank * replicas + number) * step if rank else -FOREVER
            leaves = ((rank + 1) * replicas + number) * step if rank + 1 < revisions else FOREVER
            slots.append(
                Slot(replica=rank * replicas + number, revision=rank, listed=listed, unlisted=leaves)
            )
    return Timeline(
        revisions=tuple(f"v{rank}" for rank in range(revisions)),
        slots=slots,
        routings=((-FOREVER, Spread()),),
        error_share=(0.0,) * revisions,
        end=SPAN,
    )

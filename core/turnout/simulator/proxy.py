"""What a proxy keeps of the sessions that it has seen, and what they will still ask of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.routing.timeline import FOREVER
from turnout.simulator.stretch import NOBODY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from turnout.simulator.block import Block

__all__ = ["Requests", "Sessions"]


@attrs.define(kw_only=True, eq=False)
class Sessions:
    """What a proxy keeps of S sessions and their P page views, and the K requests that they will still make.

    A pin that is lost holds `NOBODY`; so does a page whose document's revision is lost, but it still has a visit.
    """

    draw: NDArray[np.uint64]  # (S,)
    visits: NDArray[np.int64]  # (S,)
    attempts: NDArray[np.int64]  # (S,)
    era: NDArray[np.int64]  # (S,)
    last: NDArray[np.int64]  # (S,)
    pin: NDArray[np.int64]  # (S,)
    released: NDArray[np.bool_]  # (S,)
    page_pin: NDArray[np.int64]  # (P,)
    page_visit: NDArray[np.int64]  # (P,) 0 for none
    time: NDArray[np.int64]  # (K,) ascending
    session: NDArray[np.int64]  # (K,)
    page: NDArray[np.int64]  # (K,)
    document: NDArray[np.bool_]  # (K,)

    @classmethod
    def of(cls, block: Block) -> Sessions:
        """Sessions of which no request has been seen yet."""
        order = np.argsort(block.time, kind="stable")
        count, pages = len(block.session_draw), len(block.page_session)
        return cls(
            draw=block.session_draw.astype(np.uint64),
            visits=np.zeros(count, np.int64),
            attempts=np.zeros(count, np.int64),
            era=np.full(count, -1, np.int64),
            last=np.full(count, -FOREVER, np.int64),
            pin=np.full(count, NOBODY, np.int64),
            released=np.zeros(count, np.bool_),
            page_pin=np.full(pages, NOBODY, np.int64),
            page_visit=np.zeros(pages, np.int64),
            time=block.time[order],
            session=block.session[order],
            page=block.page[order],
            document=block.is_document[order],
        )

    @classmethod
    def nobody(cls) -> Sessions:
        """No session yet."""
        numbers, flags = np.zeros(0, np.int64), np.zeros(0, np.bool_)
        return cls(
            draw=numbers.astype(np.uint64),
            visits=numbers,
            attempts=numbers,
            era=numbers,
            last=numbers,
            pin=numbers,
            released=flags,
            page_pin=numbers,
            page_visit=numbers,
            time=numbers,
            session=numbers,
            page=numbers,
            document=flags,
        )

    def copied(self) -> Sessions:
        """These sessions, to be followed on their own."""
        return Sessions(**{field.name: getattr(self, field.name).copy() for field in attrs.fields(Sessions)})

    def joined(self, others: Sessions, since: int) -> Sessions:
        """These sessions and others, of whom only the requests from `since` on count.

        Left out are those that will make no request and hold no pin.
        """
        keep = self.pin >= 0
        keep[self.session] = True
        pages = np.zeros(len(self.page_pin), np.bool_)
        pages[self.page] = True
        place, page_place = np.cumsum(keep) - 1, np.cumsum(pages) - 1
        late = int(np.searchsorted(others.time, since))
        time = np.concatenate([self.time, others.time[late:]])
        order = np.argsort(time, kind="stable")
        merged = {
            name: np.concatenate([getattr(self, name)[keep], getattr(others, name)])
            for name in ("draw", "visits", "attempts", "era", "last", "pin", "released")
        }
        return Sessions(
            **merged,
            page_pin=np.concatenate([self.page_pin[pages], others.page_pin]),
            page_visit=np.concatenate([self.page_visit[pages], others.page_visit]),
            time=time[order],
            session=np.concatenate([place[self.session], others.session[late:] + int(keep.sum())])[order],
            page=np.concatenate([page_place[self.page], others.page[late:] + int(pages.sum())])[order],
            document=np.concatenate([self.document, others.document[late:]])[order],
        )


@attrs.frozen(eq=False)
class Requests:
    """K requests, session by session, each session's in the order of time."""

    time: NDArray[np.int64]
    session: NDArray[np.int64]
    page: NDArray[np.int64]
    document: NDArray[np.bool_]

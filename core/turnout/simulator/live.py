"""What a strategy is told about traffic while a rollout goes on: how many live sessions each revision holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.routing.draws import pin_draw
from turnout.routing.timeline import FOREVER
from turnout.simulator.block import ranges
from turnout.simulator.cutting import Cut
from turnout.simulator.stretch import NOBODY
from turnout.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from turnout.simulator.block import Block
    from turnout.simulator.cutting import SessionIndex
    from turnout.simulator.stretch import Stretch

__all__ = ["LiveSessions"]

_AHEAD = 1800 * SECOND


@attrs.define(kw_only=True, eq=False)
class _Sessions:
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
    def of(cls, block: Block) -> _Sessions:
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
    def nobody(cls) -> _Sessions:
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

    def joined(self, others: _Sessions, since: int) -> _Sessions:
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
        return _Sessions(
            **merged,
            page_pin=np.concatenate([self.page_pin[pages], others.page_pin]),
            page_visit=np.concatenate([self.page_visit[pages], others.page_visit]),
            time=time[order],
            session=np.concatenate([place[self.session], others.session[late:] + int(keep.sum())])[order],
            page=np.concatenate([page_place[self.page], others.page[late:] + int(pages.sum())])[order],
            document=np.concatenate([self.document, others.document[late:]])[order],
        )


class LiveSessions:
    """Follows the sessions of a traffic through a rollout as a proxy does, by the requests so far.

    A session is live on the revision that its pin holds on to, from the request that made the pin until its last one
    so far is longer ago than the pin's idle timeout. What the proxy does with its requests, and what pins they draw, is
    what becomes of them when they are routed in the end.

    Args:
        sessions: The indexed traffic.
        begin: The rollout's start on the traffic's clock.
        seed: Seeds the draws; the same as for the requests.
    """

    def __init__(self, sessions: SessionIndex, begin: int, seed: int) -> None:
        self._sessions = sessions
        self._begin = begin
        self._seed = seed
        self._era = 0
        self._kind: tuple[str, str] | None = None
        self._met = _Sessions.nobody()
        self._coming: Iterator[tuple[int, Block | None]] | None = None
        self._next: tuple[int, Block | None] = (-FOREVER, None)
        self._last: Stretch | None = None
        self.now = -FOREVER
        """Up to when requests have been followed, microseconds since the rollout's start."""
        self._counts: dict[int, int] | None = None

    def count(self, now: int, stretch: Stretch) -> dict[int, int] | None:
        """Follow the requests up to now, and count the live sessions of each revision.

        Args:
            now: Microseconds since the rollout's start; never before an earlier call's.
            stretch: What requests have met since the last call.

        Returns:
            The number of live sessions by rank; None where the routing pins no sessions.
        """
        if now > self.now:
            if stretch.kind != self._kind:
                self._era, self._kind = self._era + 1, stretch.kind
                self._met.pin[:] = self._met.page_pin[:] = NOBODY
            if self._coming is None and stretch.pins is not None:
                self._coming = self._beginning(max(0, self.now))
                self._next = next(self._coming)
            if self._coming is not None:  # or else nobody has ever been pinned
                self._meet(now, stretch, self._coming)
                self._follow(now, stretch)
            self.now, self._counts = now, self._counted(now, stretch)
        return self._counts

    def _beginning(self, since: int) -> Iterator[tuple[int, Block | None]]:
        """Yield the sessions that are not over at the rollout's start, a while at a time, as late as they begin.

        Each block comes with a time that none of its sessions precedes, unless they have begun before `since`; without
        a block, nobody begins before that time.
        """
        cut = Cut(
            sessions=self._sessions, begin=self._begin, until=self._begin + since + _AHEAD, seed=self._seed
        )
        while True:
            for block in cut:
                yield (block.extent[0] if cut.since is not None else -FOREVER), block
            yield cut.until - self._begin, None
            cut = attrs.evolve(cut, since=cut.until, until=cut.until + _AHEAD)

    def _meet(self, now: int, stretch: Stretch, coming: Iterator[tuple[int, Block | None]]) -> None:
        """Let the sessions come that begin before now, block by block."""
        while self._next[0] < now:
            begin, block = self._next
            if block is not None:
                if begin > self.now:
                    self._follow(begin, stretch)
                self._met = self._met.joined(_Sessions.of(block), self.now)
            self._next = next(coming)

    def _counted(self, now: int, stretch: Stretch) -> dict[int, int] | None:
        sticky, met = stretch.pins, self._met
        if sticky is None:
            return None
        live = met.pin >= 0
        if sticky.idle_timeout is not None:
            live &= now - met.last <= sticky.idle_timeout
        held = stretch.revision_of(met.pin[live])
        counts = np.bincount(held, minlength=len(stretch.revisions))
        return dict(enumerate(counts.tolist()))

    def _follow(self, until: int, stretch: Stretch) -> None:
        """Let a proxy see the requests before `until` that it has not seen yet."""
        met = self._met
        seen = int(np.searchsorted(met.time, until))
        if not seen and self._last is not None and self._last.same(stretch):
            return
        order = np.argsort(met.session[:seen], kind="stable")
        requests = _Requests(met.time[order], met.session[order], met.page[order], met.document[order])
        met.time, met.session = met.time[seen:], met.session[seen:]
        met.page, met.document = met.page[seen:], met.document[seen:]
        if stretch.pins is not None:
            if self._last is None or not self._last.same(stretch):
                _lose(met, stretch)
                self._last = stretch
            if seen:
                _pin(met, requests, self._era, stretch)
        met.last[requests.session] = requests.time  # the last one of each session counts


@attrs.frozen(eq=False)
class _Requests:
    """K requests, session by session, each session's in the order of time."""

    time: NDArray[np.int64]
    session: NDArray[np.int64]
    page: NDArray[np.int64]
    document: NDArray[np.bool_]


def _lose(met: _Sessions, stretch: Stretch) -> None:
    """Forget what pins hold on to that takes no requests any more, and note what documents are asked to leave."""
    held = np.nonzero(met.pin >= 0)[0]
    met.pin[held[~stretch.holding(met.pin[held])]] = NOBODY
    held = np.nonzero(met.pin >= 0)[0]
    met.released[held] |= stretch.released(met.pin[held])
    paged = np.nonzero(met.page_pin >= 0)[0]
    met.page_pin[paged[~stretch.holding(met.page_pin[paged])]] = NOBODY


def _pin(met: _Sessions, requests: _Requests, era: int, stretch: Stretch) -> None:
    """Let requests follow their pins, and draw the pins that are missing.

    A session's requests are cut into visits, which no pin outlives. Of each visit, all requests follow the pin that
    it has until one is found that has to draw another; from there it goes on in the next round.
    """
    sticky = stretch.pins
    if sticky is None:
        raise TypeError("nobody is pinned")
    time, session = requests.time, requests.session
    opens = np.ones(len(session), np.bool_)
    opens[1:] = session[1:] != session[:-1]
    before = np.where(opens, met.last[session], np.concatenate([time[:1], time[:-1]]))
    fresh = opens & (met.era[session] != era)
    if sticky.idle_timeout is not None:
        fresh |= time - before > sticky.idle_timeout
    first = np.nonzero(opens | fresh)[0]
    own, new = session[first], fresh[first]
    ends = np.append(first[1:], len(time))

    begun = np.cumsum(new)
    started = np.maximum.accumulate(np.where(opens[first], begun - new, 0))
    visit = met.visits[own] + begun - started
    attempts = np.where(new, 0, met.attempts[own])
    pin = np.where(new, NOBODY, met.pin[own])
    released = met.released[own] & ~new

    going, begin, drawn = np.arange(len(first)), first, False
    while True:
        rest = ranges(begin, ends[going] - begin)
        owner = going[np.repeat(np.arange(len(going)), ends[going] - begin)]
        page, document = requests.page[rest], requests.document[rest]
        met.page_pin[page[document]] = pin[owner[document]]
        met.page_visit[page[document]] = np.where(pin[owner[document]] >= 0, visit[owner[document]], 0)
        paged = ~document & (met.page_visit[page] == visit[owner])
        free = ~(paged & (met.page_pin[page] >= 0))
        if sticky.orphans == "restart":
            free &= ~paged  # the rest of such a page is not sent
        lost = free & ((pin[owner] < 0) | (document & released[owner]))
        if drawn:
            lost[np.cumsum(ends[going] - begin) - (ends[going] - begin)] = False
        losses = np.nonzero(lost)[0]
        losses = losses[np.diff(owner[losses], prepend=-1) != 0]  # the first of each visit
        if not len(losses):
            break
        going, begin, drawn = owner[losses], rest[losses], True
        draw = pin_draw(met.draw[own[going]], visit[going].astype(np.uint64))
        again = np.asarray(pin_draw(draw, attempts[going].astype(np.uint64)))
        pin[going] = stretch.chosen(again)
        attempts[going] += 1
        found = going[pin[going] >= 0]
        released[going] = False
        released[found] = stretch.released(pin[found])

    met.visits[own], met.attempts[own], met.era[own] = (
        visit,
        attempts,
        era,
    )  # the last visit of each session counts
    met.pin[own], met.released[own] = pin, released

"""What a strategy is told about traffic while a rollout goes on: how many live sessions each revision holds."""

from __future__ import annotations

from copy import copy
from itertools import islice
from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.routing.timeline import FOREVER
from turnout.simulator.cutting import Cut
from turnout.simulator.proxy import Requests, Sessions
from turnout.simulator.stretch import NOBODY
from turnout.simulator.visits import pin
from turnout.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterator

    from turnout.simulator.block import Block
    from turnout.simulator.cutting import SessionIndex
    from turnout.simulator.stretch import Stretch

__all__ = ["LiveSessions"]

_AHEAD = 1800 * SECOND


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
        self._met = Sessions.nobody()
        self._coming: Iterator[tuple[int, Block | None]] | None = None
        self._since = self._taken = 0
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
                self._since = max(0, self.now)
                self._coming = self._beginning(self._since)
                self._take(self._coming)
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
                self._forget(max(begin, self.now), stretch)
                self._met = self._met.joined(Sessions.of(block), self.now)
            self._take(coming)

    def _forget(self, now: int, stretch: Stretch) -> None:
        """Let go of the pins of those that have been idle for too long, unless they will ask for something yet."""
        if stretch.pins is not None and stretch.pins.idle_timeout is not None:
            over = now - self._met.last > stretch.pins.idle_timeout
            over[self._met.session] = False
            self._met.pin[over] = NOBODY

    def _take(self, coming: Iterator[tuple[int, Block | None]]) -> None:
        self._next = next(coming)
        self._taken += 1

    def __deepcopy__(self, memo: dict[int, object]) -> LiveSessions:
        """Return what goes on from here on its own; the traffic is looked up again instead of being kept for it."""
        twin = copy(self)
        twin._met = self._met.copied()  # noqa: SLF001  (its own twin)
        if self._coming is not None:
            twin._coming = islice(self._beginning(self._since), self._taken, None)  # noqa: SLF001
        memo[id(self)] = twin
        return twin

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
        requests = Requests(met.time[order], met.session[order], met.page[order], met.document[order])
        met.time, met.session = met.time[seen:], met.session[seen:]
        met.page, met.document = met.page[seen:], met.document[seen:]
        if stretch.pins is not None:
            if self._last is None or not self._last.same(stretch):
                _lose(met, stretch)
                self._last = stretch
            if seen:
                pin(met, requests, self._era, stretch, stretch.pins)
        met.last[requests.session] = requests.time  # the last one of each session counts


def _lose(met: Sessions, stretch: Stretch) -> None:
    """Forget what pins hold on to that takes no requests any more, and note what documents are asked to leave."""
    for pins in (met.pin, met.page_pin):
        held = (pins >= 0).nonzero()[0]
        pins[held[~stretch.holding(pins[held])]] = NOBODY
    held = (met.pin >= 0).nonzero()[0]
    met.released[held] |= stretch.released(met.pin[held])

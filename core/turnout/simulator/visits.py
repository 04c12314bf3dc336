"""Visits: what sessions ask for while they hold on to something, and what they draw when they have to let go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.routing.draws import pin_draw
from turnout.simulator.block import beginnings, ranges, sizes
from turnout.simulator.stretch import NOBODY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from turnout.routing.algebra import Sticky
    from turnout.simulator.proxy import Requests, Sessions
    from turnout.simulator.stretch import Stretch

__all__ = ["pin"]


def pin(met: Sessions, requests: Requests, era: int, stretch: Stretch, sticky: Sticky) -> None:
    """Let requests follow their pins, and draw the pins that are missing.

    The first request of a new visit draws. Of each visit, all requests follow the pin that it has until one is found
    that has to draw another; from there it goes on in the next round.

    Args:
        met: The sessions; what they hold on to in the end is noted there.
        requests: What they ask for, all of it within the stretch; at least one.
        era: The number of the stretch of time in which all pins are of one kind.
        stretch: What the requests meet.
        sticky: The routing in force meanwhile.
    """
    visits = _Visits.of(met, requests, era, sticky.idle_timeout)
    page, document = requests.page, requests.document
    rest: NDArray[np.int64] | None = None
    owner = np.repeat(np.arange(len(visits.first)), visits.many)
    going = visits.new.nonzero()[0]
    drawing = visits.first[going]
    while True:
        if len(going):
            visits.draw(going, stretch)
        held, number = visits.pin[owner], visits.number[owner]
        opened, by = page[document], held[document]
        met.page_pin[opened] = by
        met.page_visit[opened] = np.where(by >= 0, number[document], 0)
        lost = held < 0
        lost |= document & visits.released[owner]
        lost[drawing] = False  # they have just drawn, be it in vain
        losses = lost.nonzero()[0]
        if len(losses):
            follows = met.page_visit[page[losses]] == number[losses]
            if sticky.orphans == "move":  # or else the rest of a page that has lost its pin is not sent
                follows &= met.page_pin[page[losses]] >= 0
            losses = losses[document[losses] | ~follows]
        if not len(losses):
            break
        losses = losses[beginnings(owner[losses])]
        going = owner[losses]
        begin = losses if rest is None else rest[losses]
        left = visits.first[going] + visits.many[going] - begin
        rest, owner, drawing = ranges(begin, left), np.repeat(going, left), np.cumsum(left) - left
        page, document = requests.page[rest], requests.document[rest]
    visits.note(met, era)


@attrs.frozen(eq=False)
class _Visits:
    """The visits of a while, V of them: no pin outlives one.

    Attributes:
        session: Shape (V,): whose they are.
        first: Shape (V,): the first request of each.
        many: Shape (V,): how many requests there are of each.
        new: Shape (V,): which have begun now.
        number: Shape (V,): which visit of its session each one is.
        seed: Shape (V,): what its draws are derived from.
        attempts: Shape (V,): how often it has drawn.
        pin: Shape (V,): what it holds on to.
        released: Shape (V,): whether documents have been asked to leave that.
    """

    session: NDArray[np.int64]
    first: NDArray[np.int64]
    many: NDArray[np.int64]
    new: NDArray[np.bool_]
    number: NDArray[np.int64]
    seed: NDArray[np.uint64]
    attempts: NDArray[np.int64]
    pin: NDArray[np.int64]
    released: NDArray[np.bool_]

    @classmethod
    def of(cls, met: Sessions, requests: Requests, era: int, idle_timeout: int | None) -> _Visits:
        """Cut requests into visits: a new one begins with a new era, and after a session was idle for too long."""
        time = requests.time
        opens = beginnings(requests.session)
        session = requests.session[opens]
        cuts = np.zeros(len(time), np.bool_)
        new = met.era[session] != era
        if idle_timeout is not None:
            np.greater(time[1:] - time[:-1], idle_timeout, out=cuts[1:])
            new |= time[opens] - met.last[session] > idle_timeout
        cuts[opens] = True
        first = cuts.nonzero()[0]
        number = met.visits[session] + new
        if len(first) > len(opens):  # some session has been idle meanwhile
            place = np.searchsorted(first, opens)
            many = sizes(place, len(first))
            session = np.repeat(session, many)
            number = np.repeat(number - place, many) + np.arange(len(first))
            begun = np.ones(len(first), np.bool_)
            begun[place] = new
            new = begun
        return cls(
            session=session,
            first=first,
            many=sizes(first, len(time)),
            new=new,
            number=number,
            seed=met.draw[session],
            attempts=np.where(new, 0, met.attempts[session]),
            pin=np.where(new, NOBODY, met.pin[session]),
            released=met.released[session] & ~new,
        )

    def draw(self, going: NDArray[np.int64], stretch: Stretch) -> None:
        """Have some of them draw another pin; they may find nobody to hold on to."""
        visit = pin_draw(self.seed[going], self.number[going].astype(np.uint64))  # type: ignore[arg-type]
        again = pin_draw(visit, self.attempts[going].astype(np.uint64))  # type: ignore[arg-type]
        drawn = stretch.chosen(np.asarray(again))
        self.pin[going] = drawn
        self.attempts[going] += 1
        self.released[going] = False
        found = (drawn >= 0).nonzero()[0]
        self.released[going[found]] = stretch.released(drawn[found])

    def note(self, met: Sessions, era: int) -> None:
        """Note what the last visit of each session holds on to."""
        met.visits[self.session], met.attempts[self.session] = self.number, self.attempts
        met.pin[self.session], met.released[self.session] = self.pin, self.released
        met.era[self.session] = era

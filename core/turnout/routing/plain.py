"""The plain per-request reference: what each routing means, one request at a time, with nothing clever in it.

The vectorised kernel must agree with it exactly. Times are in microseconds from the start of the rollout.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

import attrs

from turnout.routing.algebra import Choice, Routing, Split, Sticky
from turnout.routing.draws import DRAWS, error_draw, pick, pin_draw, slot_draw, thresholds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from turnout.routing.timeline import Slot, Timeline

__all__ = ["Cause", "Request", "Served", "held_plainly", "route_plainly"]


class Cause(IntEnum):
    """What became of a request."""

    SERVED = 0
    NO_ENDPOINT = 1
    NOT_STARTED = 2
    TERMINATED = 3
    BAD_REVISION = 4
    RESTARTED = 5
    """Not sent: the session was told to start again."""


@attrs.frozen(kw_only=True)
class Request:
    """One request of a session: when, on which of the session's page views, whether it asks for the document."""

    time: int
    page: int
    document: bool
    draw: int


@attrs.frozen(kw_only=True)
class Served:
    """Where one request went: index into `Timeline.slots` (None: nowhere), what became of it, the session's life.

    A session that is told to start again begins another life; what it sees is compared within one life.
    """

    slot: int | None
    cause: Cause
    life: int = 0


@attrs.frozen
class _Pin:
    """What a session or a page holds on to, the index of a slot or the rank of a revision, and since when."""

    key: int
    since: int


@attrs.define
class _Session:
    draw: int
    visits: int = 0
    attempts: int = 0
    life: int = 0
    pin: _Pin | None = None
    era: int | None = None
    last: int | None = None
    orphaned: bool = False
    pages: dict[int, tuple[int, _Pin]] = attrs.field(factory=dict)  # page -> (era, pin of its document)
    lives: dict[int, int] = attrs.field(factory=dict)  # page with a document -> life


class _Router:
    """Answers, for one moment, who is listed and where a routing sends a draw."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.ranks = {name: rank for rank, name in enumerate(timeline.revisions)}
        self.eras = self._eras()

    def _eras(self) -> list[int]:
        """Number the stretches in which pins are of one kind; pins do not outlive their stretch."""
        eras: list[int] = []
        last = None
        for _, routing in self.timeline.routings:
            kind = (routing.to, routing.unit) if isinstance(routing, Sticky) else None
            eras.append((eras[-1] if eras else 0) + (kind != last))
            last = kind
        return eras

    def in_force(self, time: int) -> tuple[int, Routing]:
        """The era and the routing at that time."""
        index = max(i for i, (since, _) in enumerate(self.timeline.routings) if since <= time)
        return self.eras[index], self.timeline.routings[index][1]

    def pool(self, time: int, revision: int | None = None) -> list[int]:
        """Slots that take requests: the listed ones or, if there are none, those that serve while terminating."""
        of = [(i, s) for i, s in enumerate(self.timeline.slots) if revision is None or s.revision == revision]
        return [i for i, s in of if s.listed <= time < s.unlisted] or [
            i for i, s in of if s.unlisted <= time < s.fallback
        ]

    def revision_of(self, split: Split, draw: int) -> int:
        """The rank of the revision whose stretch the draw falls into; -1 for a revision that never had a replica."""
        return next(self.ranks.get(name, -1) for name, end in thresholds(split) if draw < end)

    def choose(self, choice: Choice, time: int, draw: int) -> int | None:
        """The slot that an unpinned request is sent to."""
        if isinstance(choice, Split):
            pool = self.pool(time, self.revision_of(choice, draw))
            return pool[pick(slot_draw(draw), len(pool))] if pool else None
        pool = self.pool(time)
        return pool[pick(draw, len(pool))] if pool else None

    def _moments(self, pin: _Pin, time: int) -> list[int]:
        """Every moment since the pin was made at which anything changed, and now."""
        changes = {since for since, _ in self.timeline.routings}
        for slot in self.timeline.slots:
            changes |= {slot.listed, slot.unlisted, slot.fallback}
        return [each for each in changes if pin.since < each < time] + [time]

    def alive(self, pin: _Pin, time: int) -> bool:
        """Whether what the pin holds on to has taken requests ever since; a pin once lost does not come back."""
        return all(self._takes_requests(pin.key, moment) for moment in self._moments(pin, time))

    def sticky(self, time: int) -> Sticky:
        """The routing in force at a time when pins hold: within an era that has pins every routing is sticky."""
        _, routing = self.in_force(time)
        if not isinstance(routing, Sticky):
            raise TypeError("a pin has outlived its era")
        return routing

    def _takes_requests(self, key: int, time: int) -> bool:
        routing = self.sticky(time)
        if routing.to == "revision":
            return bool(self.pool(time, key))
        spread = not isinstance(routing.new, Split)
        return key in self.pool(time, None if spread else self.timeline.slots[key].revision)

    def released(self, pin: _Pin, time: int) -> bool:
        """Whether documents have been asked to leave what the pin holds on to."""
        return any(self._releases(pin.key, moment) for moment in [pin.since, *self._moments(pin, time)])

    def _releases(self, key: int, time: int) -> bool:
        routing = self.sticky(time)
        rank = key if routing.to == "revision" else self.timeline.slots[key].revision
        return self.timeline.revisions[rank] in routing.released

    def follow(self, routing: Sticky, pin: _Pin, time: int, draw: int) -> int:
        """The slot that a pinned request is sent to."""
        if routing.to == "replica":
            return pin.key
        pool = self.pool(time, pin.key)
        return pool[pick(slot_draw(draw), len(pool))]

    def pin_to(self, routing: Sticky, slot: int, time: int) -> _Pin:
        """The pin that being sent to this slot makes."""
        return _Pin(slot if routing.to == "replica" else self.timeline.slots[slot].revision, time)

    def finish(self, slot: int, time: int, draw: int) -> Cause:
        """What becomes of a request that reaches a slot."""
        where: Slot = self.timeline.slots[slot]
        if time >= where.dead:
            return Cause.TERMINATED
        if time < where.answers:
            return Cause.NOT_STARTED
        faulty = time < self.timeline.faulty_until
        if faulty and error_draw(draw) < round(self.timeline.error_share[where.revision] * DRAWS):
            return Cause.BAD_REVISION
        return Cause.SERVED


def _sticky_page(
    router: _Router, session: _Session, routing: Sticky, era: int, request: Request
) -> int | None:
    """Route one request whose document decides for its page."""
    pinned = session.pages.get(request.page)
    if not request.document and pinned is not None and pinned[0] == era:
        if router.alive(pinned[1], request.time):
            return router.follow(routing, pinned[1], request.time, request.draw)
        session.orphaned = True
        if routing.orphans == "restart":
            return -1
    slot = router.choose(routing.new, request.time, request.draw)
    if request.document and slot is not None:
        session.pages[request.page] = era, router.pin_to(routing, slot, request.time)
    return slot


def _sticky_session(
    router: _Router, session: _Session, routing: Sticky, era: int, request: Request
) -> int | None:
    """Route one request whose session stays where it was first sent."""
    if session.era != era or (
        session.last is not None
        and routing.idle_timeout is not None
        and request.time - session.last > routing.idle_timeout
    ):
        session.era, session.pin = era, None
        session.visits, session.attempts = session.visits + 1, 0
        session.pages.clear()
    if not request.document and request.page in session.pages:
        pin = session.pages[request.page][1]
        if router.alive(pin, request.time):
            return router.follow(routing, pin, request.time, request.draw)
        if routing.orphans == "restart":
            session.orphaned = True
            return -1
    if session.pin is not None and (
        not router.alive(session.pin, request.time)
        or (request.document and router.released(session.pin, request.time))
    ):
        session.orphaned = True
        session.life += routing.orphans == "restart"
        session.pin = None
    if session.pin is None:
        draw = pin_draw(pin_draw(session.draw, session.visits), session.attempts)
        slot = router.choose(routing.new, request.time, draw)
        session.attempts += 1
        if slot is None:
            return None
        session.pin = router.pin_to(routing, slot, request.time)
    if request.document:
        session.pages[request.page] = era, session.pin
    return router.follow(routing, session.pin, request.time, request.draw)


def route_plainly(
    timeline: Timeline, session_draw: int, requests: Sequence[Request]
) -> tuple[list[Served], bool]:
    """Route the requests of one session.

    Args:
        timeline: Who takes requests when, and the routing in force.
        session_draw: The session's draw, from which its pins are drawn.
        requests: The session's requests, page view by page view. They are routed in the order of their times; those
            of one time in the order given.

    Returns:
        Where each request went, in the order given; and whether the session was orphaned.
    """
    session = _Session(session_draw)
    return _walked(_Router(timeline), session, requests), session.orphaned


def held_plainly(timeline: Timeline, session_draw: int, requests: Sequence[Request], now: int) -> int | None:
    """Say where a session is held that has made these requests, as far as a proxy can know before `now`.

    Args:
        timeline: Who takes requests when, and the routing in force.
        session_draw: The session's draw.
        requests: All its requests; those from `now` on are not looked at.
        now: Any time.

    Returns:
        The rank of the revision that its pin holds on to; None if it has no pin, or an idle or a lost one.
    """
    router, session = _Router(timeline), _Session(session_draw)
    _walked(router, session, [each for each in requests if each.time < now])
    era, routing = router.in_force(now - 1)
    if not isinstance(routing, Sticky) or routing.unit != "session" or session.era != era:
        return None
    idle = routing.idle_timeout is not None and now - (session.last or 0) > routing.idle_timeout
    if session.pin is None or idle or not router.alive(session.pin, now - 1):
        return None
    return session.pin.key if routing.to == "revision" else timeline.slots[session.pin.key].revision


def _walked(router: _Router, session: _Session, requests: Sequence[Request]) -> list[Served]:
    served: dict[int, Served] = {}
    for index in sorted(range(len(requests)), key=lambda index: (requests[index].time, index)):
        request = requests[index]
        era, routing = router.in_force(request.time)
        slot: int | None
        if not isinstance(routing, Sticky):
            slot = router.choose(routing, request.time, request.draw)
        elif routing.unit == "page":
            slot = _sticky_page(router, session, routing, era, request)
        else:
            slot = _sticky_session(router, session, routing, era, request)
        session.last = request.time
        life = session.lives.setdefault(request.page, session.life) if request.document else session.life
        life = session.lives.get(request.page, life)
        if slot is None:
            served[index] = Served(slot=None, cause=Cause.NO_ENDPOINT, life=life)
        elif slot < 0:
            served[index] = Served(slot=None, cause=Cause.RESTARTED, life=life)
        else:
            served[index] = Served(
                slot=slot, cause=router.finish(slot, request.time, request.draw), life=life
            )
    return [served[index] for index in range(len(requests))]

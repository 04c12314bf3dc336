"""The same model as one would write it with NumPy at first: all requests at once, sorted by time and cut at changes."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from turnout.routing import Split, Sticky
from turnout.routing.draws import pin_draw, slot_draw, thresholds
from turnout.routing.timeline import FOREVER
from turnout.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from turnout.routing import Choice
    from turnout.routing.timeline import Timeline
    from turnout.simulator.block import Block

__all__ = ["measure"]

_NONE, _LOST = -1, -2


class _Requests:
    """All requests of all sessions."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        parts = list(blocks)
        pages = np.cumsum([0, *(len(part.page_session) for part in parts)])
        sessions = np.cumsum([0, *(len(part.session_draw) for part in parts)])
        self.time = np.concatenate([part.time for part in parts])
        self.draw = np.concatenate([part.draw for part in parts]).astype(np.uint64)
        self.page = np.concatenate([part.page + first for part, first in zip(parts, pages, strict=False)])
        self.session = np.concatenate(
            [part.session + first for part, first in zip(parts, sessions, strict=False)]
        )
        self.document = np.concatenate([part.is_document for part in parts])
        self.session_draw = np.concatenate([part.session_draw for part in parts]).astype(np.uint64)
        self.pages, self.sessions = int(pages[-1]), int(sessions[-1])


class _Moment:
    """Who takes requests for a while, and how they are routed."""

    def __init__(self, timeline: Timeline, time: int) -> None:
        self.routing = next(each for since, each in reversed(timeline.routings) if since <= time)
        self.revision = np.array([slot.revision for slot in timeline.slots])
        ranks = range(len(timeline.revisions))
        slots = list(enumerate(timeline.slots))
        listed = [
            [i for i, s in slots if s.revision == rank and s.listed <= time < s.unlisted] for rank in ranks
        ]
        leaving = [
            [i for i, s in slots if s.revision == rank and s.unlisted <= time < s.fallback] for rank in ranks
        ]
        self.own = [np.array(one or two, np.int64) for one, two in zip(listed, leaving, strict=True)]
        self.any = np.array([*chain(*listed)] or [*chain(*leaving)], np.int64)
        self.ranks = {name: rank for rank, name in enumerate(timeline.revisions)}

    def choose(self, choice: Choice, draw: NDArray[np.uint64]) -> NDArray[np.int64]:
        if not isinstance(choice, Split):
            return _picked(self.any, draw)
        names, ends = zip(*thresholds(choice), strict=True)
        ranks = np.array([self.ranks[name] for name in names])
        return self.within(ranks[np.searchsorted(np.array(ends, np.uint64), draw, side="right")], draw)

    def within(self, rank: NDArray[np.int64], draw: NDArray[np.uint64]) -> NDArray[np.int64]:
        slot = np.full(len(rank), _NONE)
        derived: Any = slot_draw(draw)  # type: ignore[arg-type]  # works on arrays alike
        for each, pool in enumerate(self.own):
            slot[rank == each] = _picked(pool, derived[rank == each])
        return slot

    def takes(self, key: NDArray[np.int64], routing: Sticky) -> NDArray[np.bool_]:
        """Whether what pins hold on to takes requests; pins that are none do as well."""
        if routing.to == "revision":
            served: NDArray[np.bool_] = (key < 0) | np.array([len(pool) > 0 for pool in self.own])[key]
            return served
        taking = np.concatenate(self.own) if isinstance(routing.new, Split) else self.any
        return (key < 0) | np.isin(key, taking)

    def key(self, slot: NDArray[np.int64], routing: Sticky) -> NDArray[np.int64]:
        return np.where(slot < 0, _NONE, slot if routing.to == "replica" else self.revision[slot])

    def follow(self, key: NDArray[np.int64], routing: Sticky, draw: NDArray[np.uint64]) -> NDArray[np.int64]:
        return key if routing.to == "replica" else self.within(key, draw)


def _picked(pool: NDArray[np.int64], draw: NDArray[np.uint64]) -> NDArray[np.int64]:
    place = (draw * np.uint64(len(pool)) >> np.uint64(32)).astype(np.int64)
    return pool[place] if len(pool) else np.full(len(draw), _NONE)


class _Pins:
    """What sessions and pages hold on to."""

    def __init__(self, requests: _Requests) -> None:
        self.session = np.full(requests.sessions, _NONE)
        self.page = np.full(requests.pages, _NONE)
        self.attempts = np.zeros(requests.sessions, np.uint64)
        self.orphaned = np.zeros(requests.sessions, np.bool_)

    def by_page(
        self, moment: _Moment, routing: Sticky, all_: _Requests, now: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        draw, page, document = all_.draw[now], all_.page[now], all_.document[now]
        slot = moment.choose(routing.new, draw)
        self.page[page[document]] = moment.key(slot[document], routing)
        lost = ~moment.takes(self.page[page], routing)
        self.orphaned[all_.session[now][lost]] = True
        follows = ~document & (self.page[page] >= 0) & ~lost
        slot[follows] = moment.follow(self.page[page[follows]], routing, draw[follows])
        return slot

    def by_session(
        self, moment: _Moment, routing: Sticky, all_: _Requests, now: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        session, document = all_.session[now], all_.document[now]
        self.session[~moment.takes(self.session, routing)] = _LOST
        released = [moment.ranks[name] for name in routing.released]
        held = self.session[session]
        of = moment.revision[held] if routing.to == "replica" else held
        asks = (held < 0) | (np.isin(of, released) & document)
        asking, first = np.unique(session[asks], return_index=True)
        self.orphaned[asking] |= self.session[asking] != _NONE
        drawn: Any = pin_draw(all_.session_draw[asking], np.uint64(1))  # type: ignore[arg-type]  # works on arrays alike
        drawn = pin_draw(drawn, self.attempts[asking])
        self.attempts[asking] += np.uint64(1)
        self.session[asking] = moment.key(moment.choose(routing.new, drawn), routing)
        since = np.zeros(len(self.session), np.int64)
        since[asking] = np.flatnonzero(asks)[first]
        held = np.where(np.arange(len(now)) >= since[session], self.session[session], held)
        return moment.follow(held, routing, all_.draw[now])


def measure(blocks: Iterable[Block], timeline: Timeline) -> dict[str, int]:
    """Let the sessions of all blocks meet a rollout of two revisions.

    Args:
        blocks: The sessions.
        timeline: The rollout; its routings pin in one way only and have no idle timeout; somebody takes each request.
    """
    all_ = _Requests(blocks)
    order = np.argsort(all_.time, kind="stable")
    changes = {since for since, _ in timeline.routings}
    for each in timeline.slots:
        changes |= {each.listed, each.unlisted, each.fallback}
    since = np.array(sorted({-FOREVER} | {time for time in changes if time < FOREVER}))
    bounds = [*np.searchsorted(all_.time[order], since), len(order)]
    slot, pins = np.full(len(order), _NONE), _Pins(all_)
    for time, first, after in zip(since.tolist(), bounds[:-1], bounds[1:], strict=True):
        now, moment = order[first:after], _Moment(timeline, time)
        if not isinstance(moment.routing, Sticky):
            slot[now] = moment.choose(moment.routing, all_.draw[now])
        elif moment.routing.unit == "page":
            slot[now] = pins.by_page(moment, moment.routing, all_, now)
        else:
            slot[now] = pins.by_session(moment, moment.routing, all_, now)
    return _counted(all_, slot, timeline, pins)


def _counted(all_: _Requests, slot: NDArray[np.int64], timeline: Timeline, pins: _Pins) -> dict[str, int]:
    of = {
        name: np.array([getattr(each, name) for each in timeline.slots])
        for name in ("replica", "revision", "answers", "dead")
    }
    reached, counted = slot >= 0, all_.time < timeline.end
    dead = reached & (all_.time >= of["dead"][slot])
    early = reached & ~dead & (all_.time < of["answers"][slot])
    served = reached & ~dead & ~early
    rank = of["revision"][slot]
    least, most = np.full(all_.pages, 9), np.full(all_.pages, -1)
    np.minimum.at(least, all_.page[served], rank[served])
    np.maximum.at(most, all_.page[served], rank[served])
    of_session = np.full(all_.sessions, 9), np.full(all_.sessions, -1)
    np.minimum.at(of_session[0], all_.session[served], rank[served])
    np.maximum.at(of_session[1], all_.session[served], rank[served])
    first_new, last_old = np.full(all_.sessions, FOREVER), np.full(all_.sessions, -FOREVER)
    new, old = served & (rank == 1), served & (rank == 0)
    np.minimum.at(first_new, all_.session[new], all_.time[new])
    np.maximum.at(last_old, all_.session[old], all_.time[old])
    during = np.zeros(all_.pages, np.bool_)
    during[all_.page[all_.document & counted]] = True
    judged = np.zeros(all_.pages, np.bool_)
    judged[all_.page[all_.document & served]] = True
    taken = served & counted
    key = all_.time[taken] // SECOND * (int(of["replica"].max()) + 1) + of["replica"][slot[taken]]
    mixed = during & (least < most)
    return {
        "sessions": all_.sessions,
        "mixed_sessions": int((of_session[0] < of_session[1]).sum()),
        "backward_sessions": int((first_new < last_old).sum()),
        "orphaned_sessions": int(pins.orphaned.sum()),
        "page_views": int(during.sum()),
        "mixed_page_views": int(mixed.sum()),
        "broken_page_views": int((mixed & judged).sum()),
        "requests": int(counted.sum()),
        "no_endpoint": int((counted & ~reached).sum()),
        "not_started": int((counted & early).sum()),
        "terminated": int((counted & dead).sum()),
        "peak_load": int(np.unique(key, return_counts=True)[1].max()),
    }

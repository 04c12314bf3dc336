"""The same model as a SimPy simulation: a process for each session, one for arrivals, one for the fleet."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import simpy

from turnout.routing import Split, Spread, Sticky
from turnout.routing.draws import pin_draw, slot_draw, thresholds
from turnout.routing.timeline import FOREVER
from turnout.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from turnout.routing import Choice, Routing
    from turnout.routing.timeline import Timeline
    from turnout.simulator.block import Block

__all__ = ["simulate"]

_Waits: TypeAlias = "Generator[simpy.Event, None, None]"
_Page: TypeAlias = list[tuple[int, int, int]]  # time, draw and derived draw of each request


class _Fleet:
    """Who takes requests now, kept up to date by a process. A moment is two of SimPy's: changes come first."""

    def __init__(self, env: simpy.Environment, timeline: Timeline) -> None:
        self._timeline = timeline
        self.slots = timeline.slots
        self.ranks = {name: rank for rank, name in enumerate(timeline.revisions)}
        self.routing: Routing = timeline.routings[0][1]
        self.released: set[int] = set()
        self.ends: tuple[tuple[int | None, int], ...] = ()
        self._change(-FOREVER)
        env.process(self._live(env))

    def _live(self, env: simpy.Environment) -> _Waits:
        times = {since for since, _ in self._timeline.routings}
        for slot in self.slots:
            times |= {slot.listed, slot.unlisted, slot.fallback}
        for time in sorted(time for time in times if 0 <= time < FOREVER):
            yield env.timeout(2 * time - env.now)
            self._change(time)

    def _change(self, time: int) -> None:
        self.routing = next(each for since, each in reversed(self._timeline.routings) if since <= time)
        choice = self.routing.new if isinstance(self.routing, Sticky) else self.routing
        if isinstance(choice, Split):
            self.ends = tuple((self.ranks.get(name), end) for name, end in thresholds(choice))
        listed: list[list[int]] = [[] for _ in self.ranks]
        leaving: list[list[int]] = [[] for _ in self.ranks]
        for index, slot in enumerate(self.slots):
            if slot.listed <= time < slot.unlisted:
                listed[slot.revision].append(index)
            elif slot.unlisted <= time < slot.fallback:
                leaving[slot.revision].append(index)
        self.own = [one or other for one, other in zip(listed, leaving, strict=True)]
        self.any = [index for each in listed for index in each] or [
            index for each in leaving for index in each
        ]
        self.taking = (
            {index for each in self.own for index in each} if isinstance(choice, Split) else set(self.any)
        )
        names = self.routing.released if isinstance(self.routing, Sticky) else ()
        self.released = {self.ranks[name] for name in names}

    def choose(self, choice: Choice, draw: int, derived: int) -> int | None:
        """Where a request goes that follows no pin."""
        if isinstance(choice, Spread):
            return self.any[draw * len(self.any) >> 32] if self.any else None
        return self.within(next(rank for rank, end in self.ends if draw < end), derived)

    def within(self, rank: int | None, derived: int) -> int | None:
        """One of a revision's replicas."""
        pool = self.own[rank] if rank is not None else []
        return pool[derived * len(pool) >> 32] if pool else None

    def alive(self, by_replica: bool, key: int) -> bool:  # noqa: FBT001
        """Whether what a pin holds on to takes requests."""
        return key in self.taking if by_replica else bool(self.own[key])


class _Site:
    """Answers requests and counts."""

    def __init__(self, fleet: _Fleet, end: int) -> None:
        self.fleet, self.end = fleet, end
        self.counts: Counter[str] = Counter()
        self.load: Counter[tuple[int, int]] = Counter()

    def session(self, env: simpy.Environment, draw: int, pages: list[_Page]) -> _Waits:
        """Let one session go from page to page."""
        user = _User(self.fleet, draw)
        ranks, newest_before, newest, last, backward = set(), -1, -1, -1, False
        counts = self.counts
        for page in pages:
            user.page_key = None
            seen, document = set(), None
            for place, (time, number, derived) in enumerate(page):
                yield env.timeout(2 * time + 1 - env.now)
                rank = self._answer(user.sent(number, derived, document=not place), time)
                if rank is None:
                    continue
                if not place:
                    document = rank
                seen.add(rank)
                if time > last:
                    newest_before, last = max(newest_before, newest), time
                newest = max(newest, rank)
                backward = backward or rank < newest_before
            ranks |= seen
            if page[0][0] < self.end:
                counts["page_views"] += 1
                counts["mixed_page_views"] += len(seen) > 1
                counts["broken_page_views"] += document is not None and len(seen) > 1
        counts["sessions"] += 1
        counts["mixed_sessions"] += len(ranks) > 1
        counts["backward_sessions"] += backward
        counts["orphaned_sessions"] += user.orphaned

    def _answer(self, slot: int | None, time: int) -> int | None:
        """What became of a request: the rank of the revision that served it, if any did."""
        counted = time < self.end
        self.counts["requests"] += counted
        if slot is None:
            self.counts["no_endpoint"] += counted
            return None
        where = self.fleet.slots[slot]
        if time >= where.dead:
            self.counts["terminated"] += counted
            return None
        if time < where.answers:
            self.counts["not_started"] += counted
            return None
        if counted:
            self.load[time // SECOND, where.replica] += 1
        return where.revision


class _User:
    """Where one session has been sent."""

    def __init__(self, fleet: _Fleet, draw: int) -> None:
        self.fleet, self.draw = fleet, pin_draw(draw, 1)
        self.attempts, self.orphaned = 0, False
        self.key: int | None = None
        self.page_key: int | None = None

    def sent(self, draw: int, derived: int, *, document: bool) -> int | None:
        """Where a request goes."""
        routing = self.fleet.routing
        if not isinstance(routing, Sticky):
            return self.fleet.choose(routing, draw, derived)
        by_replica = routing.to == "replica"
        if self.page_key is not None:
            if self.fleet.alive(by_replica, self.page_key):
                return self.page_key if by_replica else self.fleet.within(self.page_key, derived)
            if routing.unit == "page":
                self.orphaned = True
        if routing.unit == "page":
            slot = self.fleet.choose(routing.new, draw, derived)
            if document and slot is not None:
                self.page_key = slot if by_replica else self.fleet.slots[slot].revision
            return slot
        return self._pinned(routing, derived, by_replica=by_replica, document=document)

    def _pinned(self, routing: Sticky, derived: int, *, by_replica: bool, document: bool) -> int | None:
        fleet = self.fleet
        if self.key is not None:
            rank = fleet.slots[self.key].revision if by_replica else self.key
            if not fleet.alive(by_replica, self.key) or (document and rank in fleet.released):
                self.orphaned, self.key = True, None
        if self.key is None:
            drawn = pin_draw(self.draw, self.attempts)
            self.attempts += 1
            slot = fleet.choose(routing.new, drawn, slot_draw(drawn))
            if slot is None:
                return None
            self.key = slot if by_replica else fleet.slots[slot].revision
        if document:
            self.page_key = self.key
        return self.key if by_replica else fleet.within(self.key, derived)


def simulate(blocks: Iterable[Block], timeline: Timeline) -> dict[str, int]:
    """Let the sessions of all blocks meet a rollout, event by event.

    Args:
        blocks: The sessions, in the order in which they begin.
        timeline: The rollout; its routings pin in one way only, and have no idle timeout.
    """
    env = simpy.Environment()
    site = _Site(_Fleet(env, timeline), timeline.end)
    env.process(_arrivals(env, site, blocks))
    env.run()
    return {**site.counts, "peak_load": max(site.load.values(), default=0)}


def _arrivals(env: simpy.Environment, site: _Site, blocks: Iterable[Block]) -> _Waits:
    for block in blocks:
        derived: Any = slot_draw(block.draw)  # type: ignore[arg-type]  # works on arrays alike
        requests = list(zip(block.time.tolist(), block.draw.tolist(), derived.tolist(), strict=True))
        offset = block.request_offset.tolist()
        pages = [requests[first:after] for first, after in pairwise(offset)]
        first_page = [*block.first_page.tolist(), len(pages)]
        for session, draw in enumerate(block.session_draw.tolist()):
            own = pages[first_page[session] : first_page[session + 1]]
            yield env.timeout(2 * own[0][0][0] - env.now)
            env.process(site.session(env, draw, own))

"""A history together with what became of every request in it: what invariants look at."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import attrs

from turnout.environment import Weather
from turnout.routing.algebra import Split, Sticky
from turnout.routing.plain import Cause, route_plainly

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from turnout.history import History, Moment
    from turnout.routing.algebra import Routing
    from turnout.routing.plain import Request
    from turnout.routing.timeline import Slot
    from turnout.strategy import Strategy

__all__ = ["Answer", "Trace"]


_CLEAR = Weather()


def _is_chosen(name: str, routing: Routing) -> bool:
    """Whether requests without a pin may go to a revision."""
    choice = routing.new if isinstance(routing, Sticky) else routing
    return not isinstance(choice, Split) or name in choice.shares


@attrs.frozen(kw_only=True)
class Answer:
    """What became of one request.

    Attributes:
        time: Microseconds from the rollout's start.
        session: Which session made it.
        page: Which page view it belongs to.
        document: Whether it asked for the document.
        revision: The name of the revision that it reached; None if it reached none.
        rank: Its place among the revisions, the oldest first; -1 for none.
        cause: Whether it was served, or why not.
        life: Which of its session's lives it belongs to.
    """

    time: int
    session: int
    page: int
    document: bool
    revision: str | None
    rank: int
    cause: Cause
    life: int

    @property
    def served(self) -> bool:
        """Whether the revision answered, and well."""
        return self.cause is Cause.SERVED


@attrs.frozen(kw_only=True, slots=False)
class Trace:
    """One rollout, with its requests.

    Attributes:
        history: The control plane and the data plane.
        strategy: The strategy, for its bounds.
        answers: What became of each request; session by session, each page view by page view.
        works: Pairs (a document's revision, an asset's revision) that work together, besides each with itself.
        weather: The faults that were thrown at it.
    """

    history: History
    strategy: Strategy
    answers: tuple[Answer, ...] = ()
    works: frozenset[tuple[str, str]] = frozenset()
    weather: Weather = _CLEAR

    @classmethod
    def of(
        cls,
        history: History,
        strategy: Strategy,
        sessions: Iterable[tuple[int, Sequence[Request]]] = (),
        works: frozenset[tuple[str, str]] = frozenset(),
        weather: Weather = _CLEAR,
    ) -> Trace:
        """Route sessions through a history by the plain reference.

        Args:
            history: What happened.
            strategy: Which strategy it was.
            sessions: Each session's draw and requests, see `turnout.routing.plain.route_plainly`.
            works: Which revisions work together.
            weather: Which faults were thrown at it.
        """
        timeline, answers = history.timeline, []
        for session, (draw, requests) in enumerate(sessions):
            served, _ = route_plainly(timeline, draw, requests)
            for request, each in zip(requests, served, strict=True):
                rank = -1 if each.slot is None else timeline.slots[each.slot].revision
                answers.append(
                    Answer(
                        time=request.time,
                        session=session,
                        page=request.page,
                        document=request.document,
                        revision=None if rank < 0 else timeline.revisions[rank],
                        rank=rank,
                        cause=each.cause,
                        life=each.life,
                    )
                )
        return cls(history=history, strategy=strategy, answers=tuple(answers), works=works, weather=weather)

    @cached_property
    def by_session(self) -> dict[tuple[int, int], list[Answer]]:
        """The answers of each life of each session."""
        lives: dict[tuple[int, int], list[Answer]] = {}
        for answer in self.answers:
            lives.setdefault((answer.session, answer.life), []).append(answer)
        return lives

    @cached_property
    def by_page(self) -> dict[tuple[int, int], list[Answer]]:
        """The answers of each page view that has a document, by session and page, the document's first."""
        pages: dict[tuple[int, int], list[Answer]] = {}
        for answer in self.answers:
            key = answer.session, answer.page
            if answer.document or key in pages:
                pages.setdefault(key, []).append(answer)
        return pages

    @property
    def steps(self) -> Iterable[tuple[Moment, Moment]]:
        """Each moment of the rollout with the one before it."""
        return pairwise(self.history.moments)

    @cached_property
    def taken_away(self) -> dict[int, dict[str, int]]:
        """How many available replicas of each revision were deleted at each time: by a step, not by a fault."""
        available: set[int] = set()
        taken: dict[int, dict[str, int]] = {}
        for each in self.history.happenings:
            if each.what == "available":
                available.add(each.replica)
            elif each.replica in available:
                if each.what == "terminating":
                    of = taken.setdefault(each.time, {})
                    of[each.revision] = of.get(each.revision, 0) + 1
                if each.what in ("terminating", "not ready", "crashed", "killed"):
                    available.remove(each.replica)
        return taken

    def went_back(self) -> int | None:
        """When the rollout was first sent back, by undo, abort or an older target; None if it never was."""
        deeds = [deed for deed in self.history.deeds if not deed.refused]
        touched = {deed.time for deed in deeds}
        back = {deed.time for deed in deeds if deed.verb in ("undo", "abort")}
        ranks = {name: rank for rank, name in enumerate(self.history.timeline.revisions)}
        for before, after in self.steps:
            older = ranks.get(after.rollout.target, len(ranks)) < ranks.get(before.rollout.target, len(ranks))
            if after.time in back or (after.time in touched and older):
                return after.time
        return None

    @cached_property
    def _times(self) -> list[int]:
        return [moment.time for moment in self.history.moments]

    @property
    def held(self) -> bool:
        """Whether an operator has paused the rollout, and none has resumed it since."""
        turns = [
            deed.verb for deed in self.history.deeds if deed.verb in ("pause", "resume") and not deed.refused
        ]
        return self.history.moments[-1].rollout.paused and turns[-1:] == ["pause"]

    def at(self, time: int) -> Moment:
        """The last moment not after that time."""
        return self.history.moments[bisect_right(self._times, time) - 1]

    def reachable(self, moment: Moment) -> int:
        """How many available replicas the routing in force at a moment can send requests to."""
        return sum(moment.numbers[name].available for name in self.reached(moment))

    @staticmethod
    def reached(moment: Moment) -> list[str]:
        """The revisions that the routing in force at a moment can send requests to.

        One that a split leaves out is reached by nothing but pins: by those to revisions that are not released.
        """
        routing = moment.routing
        sticky = isinstance(routing, Sticky) and routing.unit == "session"
        released = routing.released if isinstance(routing, Sticky) else ()
        return [
            name for name in moment.numbers if _is_chosen(name, routing) or (sticky and name not in released)
        ]

    def used(self, moment: Moment) -> list[str]:
        """Of these, the revisions that new requests have been sent to at all, by that moment.

        Of what was there when the history begins, nobody knows: it counts.
        """
        routings = [each.routing for each in self.history.moments if each.time <= moment.time]
        return [
            name
            for name in self.reached(moment)
            if name in self.history.moments[0].numbers or any(_is_chosen(name, each) for each in routings)
        ]

    def listed(self, time: int, revision: str | None = None) -> list[Slot]:
        """The slots that took new requests at that time and could answer them, of one revision or of all."""
        timeline = self.history.timeline
        return [
            slot
            for slot in timeline.slots
            if max(slot.listed, slot.answers) <= time < min(slot.unlisted, slot.dead)
            and revision in (None, timeline.revisions[slot.revision])
        ]

    def parted_by_weather(self, before: Answer, after: Answer) -> bool:
        """Whether a fault took the revision that served one answer before the other one was asked for."""
        return before.revision is not None and self.taken_by_weather(before.revision, before.time, after.time)

    def taken_by_weather(self, revision: str, since: int, until: int) -> bool:
        """Whether, at some time in between, a revision ceased to take requests, through a fault.

        That is while replicas of it were wanted, and one of them was missing: crashed, killed, lost with its node or
        not ready, and not made good yet.
        """
        return any(
            self.at(time).numbers[revision].wanted > 0 and self._misses(revision, time)
            for time in (*self.losses(revision), *self._last_resorts_end(revision))
            if since < time <= until
        )

    def emptied_by_weather(self, revision: str, time: int) -> bool:
        """Whether nothing of a revision is in the list of endpoints at a time, since a fault took the last of it.

        What was listed need not have answered: without a readiness probe a container is listed as soon as it runs.
        """
        timeline = self.history.timeline
        own = [slot for slot in timeline.slots if timeline.revisions[slot.revision] == revision]
        ends = [slot.unlisted for slot in own if slot.listed <= time]
        if not ends or max(ends) > time:
            return False
        last = max(ends)
        return self.at(last).numbers[revision].wanted > 0 and self._misses(revision, last)

    def _misses(self, revision: str, time: int) -> bool:
        since, missing = self._missing.get(revision, ([], []))
        place = bisect_right(since, time)
        return place > 0 and missing[place - 1]

    @cached_property
    def _missing(self) -> dict[str, tuple[list[int], list[bool]]]:
        """At which times something changed for each revision, and whether since then a replica is missing.

        What a fault has taken is missing until what replaces it, or the replica itself again, takes requests; or until
        a step deletes that.
        """
        stays: dict[int, list[Slot]] = {}
        for slot in self.history.timeline.slots:
            stays.setdefault(slot.replica, []).append(slot)
        missing: dict[str, dict[int, bool]] = {}
        found: dict[str, tuple[list[int], list[bool]]] = {}
        for each in self.history.happenings:
            of, replica = missing.setdefault(each.revision, {}), each.replica
            if each.what in ("crashed", "killed", "not ready"):
                of[replica] = each.what != "not ready"
            elif each.what == "created":
                gone = next((other for other, replaced in of.items() if replaced), None)
                if gone is not None:
                    del of[gone]
                    of[replica] = False
            elif each.what in ("listed", "terminating") or (
                each.what == "ready"
                and any(slot.listed <= each.time < slot.unlisted for slot in stays.get(replica, ()))
            ):
                of.pop(replica, None)
            times, states = found.setdefault(each.revision, ([], []))
            times.append(each.time)
            states.append(bool(of))
        return found

    def losses(self, revision: str) -> list[int]:
        """Each time at which the last replica of a revision ceased to take requests that it could answer."""
        timeline = self.history.timeline
        own = [slot for slot in timeline.slots if timeline.revisions[slot.revision] == revision]
        stays = ((max(slot.listed, slot.answers), min(slot.unlisted, slot.dead)) for slot in own)
        ends = sorted({end for begin, end in stays if begin < end})
        return [time for time in ends if not self.listed(time, revision)]

    def _last_resorts_end(self, revision: str) -> list[int]:
        """Each time at which a revision of which nothing is listed ceased to be served by what terminates, too."""
        timeline = self.history.timeline
        own = [slot for slot in timeline.slots if timeline.revisions[slot.revision] == revision]
        return sorted(
            slot.fallback
            for slot in own
            if slot.unlisted < slot.fallback
            and not self.listed(slot.fallback, revision)
            and not any(other.unlisted <= slot.fallback < other.fallback for other in own)
        )

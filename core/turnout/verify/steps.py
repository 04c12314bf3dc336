"""The steps of a small world, each taken and judged once, however many ways lead to it."""

from __future__ import annotations

import json
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

import attrs

from turnout.controller import PlanError, settle
from turnout.controller.serialise import state_from_dict, state_to_dict
from turnout.errors import InputError
from turnout.invariant import WELL_BEHAVED
from turnout.routing.algebra import Split, Sticky
from turnout.verify.birth import Asked
from turnout.verify.edge import end_trace, step_trace, visit_trace
from turnout.verify.guard import LateError, MisbehaviourError, guarded
from turnout.verify.judging import checked
from turnout.verify.moves import Move, moves, struck
from turnout.verify.small import LONG, Alike, Situation, SmallFleet, by_rank, lasting, pins_sessions
from turnout.verify.visitors import Effect, Visitor, destinations, served
from turnout.verify.watch import Watched

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from turnout.controller import State
    from turnout.invariant import Invariant, Violation
    from turnout.strategy import Promise, Strategy
    from turnout.trace import Trace
    from turnout.verify.small import Counts

__all__ = ["Step", "Steps", "Visit"]

_CHANGES = "after a restart of the controller, its state as JSON is not what it was"


@attrs.frozen
class Step:
    """A step that is no request.

    Attributes:
        label: What happens, in words.
        by_system: Whether it happens in the end, if nothing else does.
        to: The number of the situation that it leads to; None if the strategy then misbehaves.
        effect: What it means for sessions.
        broken: The promises that it breaks, and how.
    """

    label: str
    by_system: bool
    to: int | None
    effect: Effect | None
    broken: tuple[tuple[str, str], ...]


@attrs.frozen
class Visit:
    """A request of the session that is judged.

    Attributes:
        label: Who asks for what, and who answers.
        visitor: The session, after it.
        broken: The promises that it breaks, and how.
    """

    label: str
    visitor: Visitor
    broken: tuple[tuple[str, str], ...]


class Steps:
    """Takes steps, and remembers all that it has taken.

    Args:
        strategy: Whose steps.
        promises: What it has to keep, by name of the invariant.
        invariants: Those that can be judged, by name.
        alike: Which situations to take for one.
    """

    def __init__(
        self,
        strategy: Strategy,
        promises: Mapping[str, Sequence[Promise]],
        invariants: Mapping[str, Invariant],
        alike: Alike,
    ) -> None:
        self._strategy = strategy
        self._watched = Watched(strategy, [])
        self._asked: Any = Asked(self._watched, alike.long)
        self._alike = alike
        self._promises = promises
        self._safety = {name: each for name, each in invariants.items() if each.kind == "safety"}
        self.liveness = {name: each for name, each in invariants.items() if each.kind == "liveness"}
        self.situations: list[Situation] = []
        self.tried: set[str] = set()
        """The names of the promises that had to be kept somewhere."""
        self.late = False
        """Whether something was not answered in time: every other step would take as long."""
        self._numbers: dict[Any, int] = {}
        self._views: dict[Any, int] = {}
        self._view_of: list[int] = []
        self._outcomes: dict[Any, tuple[State, tuple[tuple[str, Counts], ...], Mapping[str, int]]] = {}
        self._verdicts: dict[Any, tuple[frozenset[str], tuple[tuple[str, str], ...]]] = {}
        self._steps: dict[tuple[int, tuple[str, ...]], list[Step]] = {}
        self._visits: dict[tuple[int, Visitor], list[Visit]] = {}
        self._effects: dict[Effect, Effect] = {}
        self._looks: dict[Any, tuple[Any, ...]] = {}

    @property
    def alike(self) -> Alike:
        """Which situations may be taken for one, as far as the strategy has been seen to do the same in them."""
        asked, alike = self._asked, self._alike
        return Alike(
            long=max(LONG, alike.long) if asked.by_past else alike.long,
            by_age=alike.by_age or bool(asked.told),
            by_clock=alike.by_clock or asked.by_clock,
        )

    @property
    def disproved(self) -> bool:
        """Whether situations have been taken for one in which the strategy need not do the same."""
        asked = self._asked
        return bool(asked.told or asked.by_clock or asked.by_past) and self.alike != self._alike

    @property
    def uses_past(self) -> bool:
        """Whether the strategy tells apart what is just long ago."""
        return bool(self._asked.by_past)

    def begun(self, situation: Situation, live: Mapping[str, int]) -> Step:
        """Let the controller look at a situation for the first time.

        Args:
            situation: As it was before.
            live: How many live sessions are pinned to each revision.
        """
        return self._taken(situation, Move("the rollout begins", by_system=True, after=situation), live)

    def from_(self, number: int, live: tuple[str, ...]) -> list[Step]:
        """Every step that is no request.

        Args:
            number: The number of the situation.
            live: What live sessions are pinned to, in order.
        """
        found = self._steps.get((number, live))
        if found is None:
            situation, counted = self.situations[number], Counter(live)
            found = self._steps[number, live] = [
                self._taken(situation, move, counted) for move in moves(situation, self._alike.long)
            ]
        return found

    def visits(self, number: int, visitor: Visitor) -> list[Visit]:
        """Every answer that the next request of a session may get."""
        key = self._view_of[number], visitor
        found = self._visits.get(key)
        if found is None:
            situation = self.situations[number]
            found = self._visits[key] = [
                self._visit(situation, visitor, name) for name in destinations(situation, visitor)
            ]
        return found

    def ends(self, number: int, void: frozenset[str]) -> tuple[tuple[str, str], ...]:
        """Judge a situation in which nothing moves any more: what promises of liveness it breaks, and how."""
        situation = self.situations[number]
        trace = end_trace(self._strategy, situation)
        found = []
        for name, invariant in self.liveness.items():
            if name in void | situation.void:
                continue
            self.tried.add(name)
            violation = _checked(invariant, trace)
            if violation is not None:
                found.append((name, violation.text))
        return tuple(found)

    def _taken(self, before: Situation, move: Move, live: Mapping[str, int]) -> Step:
        changed = move.after
        try:
            state, settled, taken = self._settled(changed, live)
        except PlanError as error:
            self.late |= isinstance(error, LateError)
            return Step(move.label, move.by_system, None, None, ((WELL_BEHAVED.name, error.fault),))
        listed = {name: counts.listed for name, counts in settled}
        hurt = frozenset(name for name in changed.hurt if listed[name] < max(1, state.wanted.get(name, 0)))
        after = attrs.evolve(changed, state=state, fleet=settled, hurt=changed.hurt)
        after = attrs.evolve(after, struck=struck(before, after, move.fault), hurt=hurt, used=_used(after))
        key = before.shown, after.shown, move.verb, tuple(taken.items())
        verdict = self._verdicts.get(key)
        if verdict is None:
            trace = step_trace(self._strategy, before, after, move, taken)
            verdict = self._verdicts[key] = self._judged(trace, after.void)
        void, broken = verdict
        if void != after.void:
            after = attrs.evolve(after, void=void)
        number, restarted = self._numbered(after)
        effect = self._effect(before, after, move, taken)
        return Step(move.label, move.by_system, number, effect, (*broken, *restarted))

    def _settled(
        self, changed: Situation, live: Mapping[str, int]
    ) -> tuple[State, tuple[tuple[str, Counts], ...], Mapping[str, int]]:
        """Let the controller act; where it has acted before, whatever else a situation remembers, it does the same.

        Returns:
            Its state, the fleet, and how many available replicas of each revision were told to stop.

        Raises:
            PlanError: If the strategy misbehaves.
        """
        key = changed.seen, tuple(sorted(live.items()))
        found = self._outcomes.get(key)
        if found is None:
            fleet = SmallFleet(dict(changed.fleet), live, pins_sessions(changed.state.routing))
            try:
                state = settle(changed.state, fleet, self._asked, changed.now).state
            finally:
                self._watched.decisions.clear()
            found = self._outcomes[key] = state, tuple(fleet.fleet.items()), fleet.taken
        return found

    def _effect(self, before: Situation, after: Situation, move: Move, taken: Mapping[str, int]) -> Effect:
        kinds = [
            (routing.to, routing.unit) if isinstance(routing, Sticky) else None
            for routing in (before.state.routing, after.state.routing)
        ]
        to_replica = kinds[1] is not None and kinds[1][0] == "replica"
        gone = {name for name, count in taken.items() if count} | ({move.fault} if move.fault else set())
        effect = Effect(
            elapsed=after.now - before.now,
            unpinned=kinds[0] != kinds[1],
            down=frozenset(name for name, takes in after.taking if not takes),
            shaken=frozenset(gone if to_replica else ()),
            struck=after.struck,
            pinned_for=lasting(after.state.routing),
        )
        return self._effects.setdefault(effect, effect)

    def _visit(self, situation: Situation, visitor: Visitor, name: str) -> Visit:
        what = ("page 1", "an asset of page 1", "page 2")[visitor.done]
        label = f"a session asks for {what}: {name or 'nobody'} serves it"
        known = situation.void | visitor.void
        void, broken = self._judged(visit_trace(self._strategy, situation, visitor, name), known)
        after = served(situation, visitor, name)
        if void != known:
            after = attrs.evolve(after, void=visitor.void | (void - situation.void))
        return Visit(label, after, broken)

    def _judged(
        self, trace: Trace, void: frozenset[str]
    ) -> tuple[frozenset[str], tuple[tuple[str, str], ...]]:
        """Say which promises need not be kept from here on, and which are broken here."""
        off, broken = set(void), []
        for name, promises in self._promises.items():
            if name in off:
                continue
            try:
                holds = any(guarded("a proviso", partial(each.binds, trace)) for each in promises)
            except MisbehaviourError as error:
                self.late |= isinstance(error, LateError)
                off.add(name)
                broken.append((WELL_BEHAVED.name, f"the promise of {name} cannot be looked at: {error}"))
                continue
            if not holds:
                off.add(name)
                continue
            invariant = self._safety.get(name)
            if invariant is None:
                continue
            self.tried.add(name)
            violation = _checked(invariant, trace)
            if violation is not None:
                broken.append((name, violation.text))
        return (void if len(off) == len(void) else frozenset(off)), tuple(broken)

    def _numbered(self, situation: Situation) -> tuple[int, tuple[tuple[str, str], ...]]:
        """The number of a situation; a new one is written down, and has to survive a restart of the controller."""
        number = self._numbers.setdefault(situation.key(self._alike), len(self.situations))
        broken: tuple[tuple[str, str], ...] = ()
        if number == len(self.situations):
            copy = state_from_dict(json.loads(json.dumps(state_to_dict(situation.state))))
            if copy != situation.state:
                broken = ((WELL_BEHAVED.name, _CHANGES),)
            # From here on it is a controller that has just been started again.
            state = copy if self._alike.by_age else by_rank(copy, situation.now)
            self.situations.append(attrs.evolve(situation, state=state))
            view = (situation.view, situation.void)
            self._view_of.append(self._views.setdefault(view, len(self._views)))
        return number, broken


def _checked(invariant: Invariant, trace: Trace) -> Violation | None:
    try:
        return checked(invariant, trace)
    except MisbehaviourError as error:
        raise InputError(
            f"it cannot be checked: {error}",
            where=f"invariant {invariant.name}",
            hint="it has to answer with a violation or None",
        ) from error


def _used(situation: Situation) -> frozenset[str]:
    routing = situation.state.routing
    choice = routing.new if isinstance(routing, Sticky) else routing
    chosen = choice.shares if isinstance(choice, Split) else [name for name, _ in situation.fleet]
    return situation.used.union(chosen)

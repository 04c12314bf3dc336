"""Exhaustion: every interleaving of a small rollout, its states hashed, and alike ones merged."""

from __future__ import annotations

from array import array
from collections import Counter
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from turnout.controller import PlanError
from turnout.invariant import WELL_BEHAVED
from turnout.simulator.operator import is_complete
from turnout.units import format_duration
from turnout.verify.answered import answered
from turnout.verify.beginning import SO_FAR, before, beginning, reaching
from turnout.verify.choices import longest
from turnout.verify.exhaustion import Exhaustion, Small
from turnout.verify.guard import guarding
from turnout.verify.hunt import check_names
from turnout.verify.small import Alike
from turnout.verify.steps import Steps
from turnout.verify.visitors import LAST, Visitor, affected, live, others_next

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from turnout.invariant import Invariant
    from turnout.strategy import Promise, Strategy
    from turnout.verify.visitors import Effect

__all__ = ["Exhaustion", "Small", "exhaust"]

_SAY_EVERY = 5  # seconds
_BOUNDS = Small()


def exhaust(
    strategy: Strategy,
    invariants: Iterable[Invariant],
    small: Small = _BOUNDS,
    *,
    only: Collection[str] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Exhaustion:
    """Walk every interleaving, and hold the strategy to what it promises in each.

    Safety is checked on every step. Of liveness: from every state, by steps of the system alone, an end can be reached,
    and it holds in every end. What a strategy waives is not judged, nor an invariant that is not `stepwise`. A proviso
    that is not met at some step is taken for not met from there on.

    States are one that differ only in the clock: of an instant that is kept, it counts how long ago it is, up to twice
    the strategy's longest duration; of the age of a session, as much as goes beyond the longest duration by a second,
    and whether its pin is forgotten; of the age of a replica set, which one is older, unless the strategy is seen to
    use more. Whether that is right is asked of the strategy: whether it answers the same an hour later, or else the
    time itself counts; and the same if what is long ago is longer ago, or else it counts up to a minute, and if that is
    not enough, the walk is not called closed. The controller goes on from its state as JSON in every one of them.

    Time passes to where the strategy waits for it, and `Small.delays` times besides. Left out are different things that
    happen at one moment, stale observations, nodes that are lost, revisions that never start or fail requests, replicas
    that are unready for a while but listed, ``min_ready_seconds``, the progress deadline, a routing that comes into
    force late, and resources that do not suffice.

    Args:
        strategy: With its parameters.
        invariants: What there is to promise.
        small: The bounds.
        only: The names of the promises to judge; None for all of them.
        progress: Is told now and then how many states have been seen.

    Raises:
        InputError: If an invariant's check fails; if the strategy promises or waives one that does not exist.
    """
    known = {each.name: each for each in invariants}
    check_names(type(strategy), known)
    with guarding():
        alike = Alike(long=2 * longest(strategy))
        while True:
            walk = _Walk(strategy, known, small, only, alike)
            found = walk.run(progress)
            if walk.alike == alike:
                return found
            alike = walk.alike


class _World(NamedTuple):
    """One state: the number of its situation, the session that is judged, and what the others are pinned to."""

    situation: int
    visitor: Visitor
    others: tuple[str, ...]


class _Walk:
    def __init__(
        self,
        strategy: Strategy,
        invariants: dict[str, Invariant],
        small: Small,
        only: Collection[str] | None,
        alike: Alike,
    ) -> None:
        self._strategy = strategy
        self._small = small
        promises: dict[str, list[Promise]] = {}
        for each in strategy.promises:
            if each.applies(strategy) and (only is None or each.invariant in only):
                promises.setdefault(each.invariant, []).append(each)
        asked = dict.fromkeys(only or (), "it is not promised")
        self._skipped = {
            name: why for name, why in asked.items() if name not in (*promises, WELL_BEHAVED.name)
        }
        for name in promises.keys() & strategy.waivers.keys():
            self._skipped[name] = f"waived: {strategy.waivers[name]}"
        for name in promises.keys() - self._skipped.keys():
            if not invariants[name].stepwise:
                self._skipped[name] = "it has to look at a whole rollout"
        judged = {name: each for name, each in promises.items() if name not in self._skipped}
        self._judged = (WELL_BEHAVED.name, *judged)
        rules = {name: invariants[name] for name in judged}
        self._long = longest(strategy)
        self._steps = Steps(strategy, judged, rules, alike)
        self._worlds: list[_World] = []
        self._numbers: dict[_World, int] = {}
        self._way: list[tuple[int, str]] = []
        self._broken: dict[str, tuple[str, ...]] = {}
        self._by_system = array("q")
        self._taken = 0
        self._moved: dict[tuple[Visitor, Effect], Visitor] = {}
        self._visitors: dict[Visitor, Visitor] = {}
        """Each one once: they are compared more often than made."""

    @property
    def alike(self) -> Alike:
        """Which states may be one, as far as the strategy has been seen to do the same in them."""
        return self._steps.alike

    @property
    def size(self) -> int:
        """How many states have been seen."""
        return len(self._worlds)

    @property
    def broken(self) -> dict[str, tuple[str, ...]]:
        """What has been found to be broken."""
        return self._broken

    def run(self, progress: Callable[[str], None]) -> Exhaustion:
        """Walk breadth first, so that the first way to a breach is a shortest one."""
        place, ends, rests = self.start(), list[int](), list[int]()
        said = monotonic()
        while place < self.size <= self._small.states and not self._steps.disproved and not self._steps.late:
            if not self.expand(place):
                rests.append(place)
                ends += [place] if self._ends_well(place) else []
            place += 1
            if monotonic() - said > _SAY_EVERY:
                said = monotonic()
                progress(f"{self._strategy.name}: {self.size:,} states, {place:,} of them walked")
        why = "" if 0 < place == self.size else "there are more states"
        if self._steps.late:
            why = "something was not answered in time"
        elif self._steps.uses_past:
            long = format_duration(self.alike.long)
            why = f"it tells apart how long ago something was that is more than {long} ago: make that a parameter"
        closed = not why
        if closed:
            self._look_for_traps(ends, rests)
        return Exhaustion(
            strategy=self._strategy,
            small=self._small,
            states=self.size,
            steps=self._taken,
            closed=closed,
            open_because=why,
            judged=self._judged,
            skipped=self._skipped,
            untried=tuple(sorted(set(self._judged) - self._steps.tried - {WELL_BEHAVED.name})),
            broken=self._broken,
        )

    def start(self) -> int:
        """Let the rollout begin, and return the number of the first state."""
        try:
            situation = beginning(self._strategy, self._small)
        except PlanError as error:
            self._note(-1, "the old revision is rolled out", [(WELL_BEHAVED.name, error.fault)])
            return 0
        for visitor in before(situation, self._small):
            live = Counter([visitor.pin] if visitor.pin else ())
            begun = self._steps.begun(situation, live)
            self._note(-1, begun.label, begun.broken, to=begun.to)
            if begun.to is not None and begun.effect is not None:
                after = self._affected(visitor, begun.effect)
                asked = SO_FAR[visitor.done] if visitor.done < LAST else ""  # or there is none
                label = f"{begun.label}; {asked}" if asked else begun.label
                self._reach(-1, label, begun.to, after, ("",) * (self._small.sessions - 1))
        return 0

    def expand(self, place: int) -> bool:
        """Take every step from a state; return whether the system takes one elsewhere."""
        moved = False
        for label, by_system, situation, visitor, others in self._next(place):
            self._taken += 1
            number = self._reach(place, label, situation, visitor, others)
            if by_system and number != place:
                moved = True
                self._by_system.extend((place, number))
        return moved

    def _next(self, place: int) -> Iterator[tuple[str, bool, int, Visitor, tuple[str, ...]]]:
        """Every step from here: what happens, whether of the system alone, and what is then."""
        world = self._worlds[place]
        number, visitor, others = world.situation, world.visitor, world.others
        for step in self._steps.from_(number, live(visitor, others)):
            if step.broken:
                self._note(place, step.label, step.broken, visitor.void, step.to)
            if step.to is None or step.effect is None:
                continue
            down = step.effect.down
            pins = others
            if any(others) and (step.effect.unpinned or any(pin in down for pin in others)):
                kept = (pin if not step.effect.unpinned and pin not in down else "" for pin in others)
                pins = tuple(sorted(kept))
            yield step.label, step.by_system, step.to, self._affected(visitor, step.effect), pins
        if visitor.done < LAST:
            for visit in self._steps.visits(number, visitor):
                if visit.broken:
                    self._note(place, visit.label, visit.broken)
                after = self._visitors.setdefault(visit.visitor, visit.visitor)
                yield visit.label, True, number, after, others
        for label, by_system, pins in others_next(self._steps.situations[number], others):
            yield label, by_system, number, visitor, pins

    def _affected(self, visitor: Visitor, effect: Effect) -> Visitor:
        found = self._moved.get((visitor, effect))
        if found is None:
            after = affected(visitor, effect, self._long)
            found = self._moved[visitor, effect] = self._visitors.setdefault(after, after)
        return found

    def _reach(
        self, before: int, label: str, situation: int, visitor: Visitor, others: tuple[str, ...]
    ) -> int:
        world = _World(situation, visitor, others)
        number = self._numbers.setdefault(world, len(self._worlds))
        if number == len(self._worlds):
            self._worlds.append(world)
            self._way.append((before, label))
        return number

    def _note(
        self,
        place: int,
        label: str,
        broken: Iterable[tuple[str, str]],
        void: frozenset[str] = frozenset(),
        to: int | None = None,
    ) -> None:
        for name, text in broken:
            if name not in self._broken and name not in void:
                before = None if place < 0 else self._worlds[place].situation
                last = self._line(label, before, to)
                self._broken[name] = (*self._told(place), last, f"{name} is broken: {text}")

    def _told(self, place: int) -> list[str]:
        lines = []
        while place >= 0:
            here = self._worlds[place].situation
            place, label = self._way[place]
            lines.append(self._line(label, None if place < 0 else self._worlds[place].situation, here))
        return lines[::-1]

    def _line(self, label: str, before: int | None, after: int | None) -> str:
        if after is None or after == before:
            return label
        situations = self._steps.situations
        words = answered(None if before is None else situations[before], situations[after])
        return f"{label}: {words}" if words else label

    def _ends_well(self, place: int) -> bool:
        world = self._worlds[place]
        self._note(place, "nothing moves any more", self._steps.ends(world.situation, world.visitor.void))
        return is_complete(self._steps.situations[world.situation].state)

    def _look_for_traps(self, ends: list[int], rests: list[int]) -> None:
        """Find a state from which the system, left alone, never reaches an end; or never comes to rest at all.

        What is promised for the end is judged where nothing moves any more; where something always does, nobody can.
        """
        liveness = [
            name for name in self._judged if name in self._steps.liveness and name not in self._broken
        ]
        if not liveness:
            return
        can_end, can_rest = reaching((ends, rests), self._by_system, self.size)
        for name in liveness:
            reached, text = can_rest, "from here on it never comes to rest"
            if name == "converges":
                reached, text = can_end, "from here on it never ends"
            for place, world in enumerate(self._worlds):
                void = world.visitor.void | self._steps.situations[world.situation].void
                if place not in reached and name not in void:
                    self._note(place, "and so on", [(name, text)])
                    break

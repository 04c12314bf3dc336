"""Exhaustion: every interleaving of a small rollout, its states hashed, and alike ones merged."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import attrs

from turnout import controller
from turnout.controller import PlanError, settle
from turnout.invariants import Violation
from turnout.model import Rollout
from turnout.parameters import build, describe
from turnout.routing.algebra import Sticky
from turnout.simulator.operator import is_complete
from turnout.units import seconds
from turnout.verify.edge import Edge, edge_trace, final_trace
from turnout.verify.judging import WELL_BEHAVED
from turnout.verify.moves import events, held, said, served, struck
from turnout.verify.small import LAST, Counts, SmallFleet, SmallWorld, Visitor
from turnout.verify.watch import Watched

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from turnout.invariants import Invariant
    from turnout.strategy import Strategy

__all__ = ["Exhaustion", "Small", "exhaust", "quick"]


@attrs.frozen(kw_only=True)
class Small:
    """How small the world is.

    Attributes:
        replicas: How many are wanted.
        sessions: How many visitors, of a document, an asset and a document each.
        faults: How many replicas may crash.
        verbs: How many verbs an operator may say; whatever is paused or held is let go on in the end besides.
        states: After how many to give up.
    """

    replicas: int = 2
    sessions: int = 1
    faults: int = 1
    verbs: int = 1
    states: int = 60_000

    def __str__(self) -> str:
        parts = [
            (self.replicas, "replica"),
            (self.sessions, "session"),
            (self.faults, "fault"),
            (self.verbs, "verb"),
        ]
        return ", ".join(f"{number} {word}{'' if number == 1 else 's'}" for number, word in parts)


@attrs.frozen(kw_only=True)
class Exhaustion:
    """What a walk through all states found.

    Attributes:
        strategy: Which strategy.
        small: In which world.
        states: How many states there are.
        steps: How many steps lead from one to another.
        closed: Whether that is all of them.
        broken: By name of the promise that does not hold: how, and the shortest way there.
    """

    strategy: Strategy
    small: Small
    states: int
    steps: int
    closed: bool
    broken: dict[str, tuple[str, ...]]


def exhaust(
    strategy: Strategy, invariants: Iterable[Invariant], small: Small = Small()
) -> Exhaustion:  # frozen
    """Walk every interleaving, and hold the strategy to what it promises in each.

    Safety is checked on every step. Of liveness: from every state, by steps of the system alone, an end is reached
    in which it holds.

    Args:
        strategy: With its parameters.
        invariants: What there is to promise.
        small: The bounds.
    """
    walk = _Walk(strategy, {each.name: each for each in invariants}, small)
    return walk.run()


def quick(cls: type[Strategy], fixed: dict[str, str]) -> Strategy:
    """Return a strategy with its defaults, but every duration that is not fixed half a minute at most."""
    short = {
        each.name: "30s"
        for each in describe(cls)
        if each.type.kind == "duration" and isinstance(each.default, int) and each.default > seconds(30)
    }
    return build(cls, {**short, **fixed})


class _Walk:
    def __init__(self, strategy: Strategy, invariants: dict[str, Invariant], small: Small) -> None:
        self._strategy = strategy
        self._asked: Any = Watched(strategy, [])
        promised = [each for each in strategy.promises if each.applies(strategy)]
        self._promises = {each.invariant: each for each in promised}
        self._invariants = {name: invariants[name] for name in self._promises}
        self._small = small
        self._way: dict[Any, tuple[Any, str]] = {}
        self._broken: dict[str, tuple[str, ...]] = {}
        self._before: dict[Any, list[Any]] = {}
        self._steps = 0

    def run(self) -> Exhaustion:
        """Walk breadth first, so that the first way to a breach is a shortest one."""
        before = self._begin()
        self._way[before.key] = (None, "")
        begin = self._settled(before, before, "the rollout begins")
        todo = deque([] if begin is None else [begin])
        if begin is not None:
            self._way[begin.key] = (before.key, "the rollout begins")
        ends: list[Any] = []
        closed = True
        while todo:
            if len(self._way) > self._small.states:
                closed = False
                break
            world = todo.popleft()
            moved = False
            for label, by_system, after in self._next(world):
                self._steps += 1
                moved = moved or by_system
                key = after.key
                if by_system:
                    self._before.setdefault(key, []).append(world.key)
                if key not in self._way:
                    self._way[key] = (world.key, label)
                    todo.append(after)
            if not moved and self._ends_well(world):
                ends.append(world.key)
        if closed:
            self._look_for_traps(ends)
        return Exhaustion(
            strategy=self._strategy,
            small=self._small,
            states=len(self._way),
            steps=self._steps,
            closed=closed,
            broken=self._broken,
        )

    def _begin(self) -> SmallWorld:
        wish = Rollout(
            replicas=self._small.replicas, target="old", bridge="bridge", progress_deadline_seconds=None
        )
        fleet = SmallFleet({"old": Counts(listed=wish.replicas)}, (), pinned=False)
        state = settle(controller.create(wish).state, fleet, self._asked, 0).state
        state = controller.set_target(state, "new").state
        return SmallWorld(
            state=state,
            fleet=tuple(fleet.fleet.items()),
            visitors=(Visitor(),) * self._small.sessions,
            faults=self._small.faults,
            verbs=self._small.verbs,
        )

    def _next(self, world: SmallWorld) -> Iterator[tuple[str, bool, SmallWorld]]:
        """Every step from here: what happens, whether of the system alone, and what is then."""
        for label, by_system, changed in (*events(world), *said(world)):
            after = self._settled(world, changed, label)
            if after is not None:
                yield label, by_system, after
        for place, visitor in enumerate(world.visitors):
            if visitor.done < LAST and visitor not in world.visitors[:place]:
                for name in world.destinations(visitor):
                    yield self._visited(world, place, name)

    def _settled(self, before: SmallWorld, changed: SmallWorld, label: str) -> SmallWorld | None:
        pinned = isinstance(changed.state.routing, Sticky) and changed.state.routing.unit == "session"
        fleet = SmallFleet(dict(changed.fleet), changed.visitors, pinned)
        try:
            state = settle(changed.state, fleet, self._asked, changed.now).state
        except PlanError as error:
            self._breach(before, label, WELL_BEHAVED.name, Violation(time=changed.now, text=error.fault))
            return None
        finally:
            self._asked.decisions.clear()
        after = attrs.evolve(changed, state=state, fleet=tuple(fleet.fleet.items()))
        crashed = label.endswith("crashes")
        after = attrs.evolve(after, struck=struck(before, after))
        after = attrs.evolve(after, visitors=held(before, after, fleet.taken, crashed=crashed))
        verb = label.removeprefix("the operator: ") if label.startswith("the operator") else None
        return self._checked(before, after, label, Edge(verb=verb, taken=fleet.taken))

    def _visited(self, world: SmallWorld, place: int, name: str) -> tuple[str, bool, SmallWorld]:
        visitor = world.visitors[place]
        what = ("page 1", "an asset of page 1", "page 2")[visitor.done]
        label = f"a session asks for {what}: {name or 'nobody'} serves it"
        seen = served(world, visitor, name)
        others = (*world.visitors[:place], *world.visitors[place + 1 :])
        after = attrs.evolve(world, visitors=(*others, seen))
        return label, True, self._checked(world, after, label, Edge(visitor=visitor, answer=name))

    def _checked(self, before: SmallWorld, after: SmallWorld, label: str, edge: Edge) -> SmallWorld:
        trace = edge_trace(self._strategy, before, after, edge)
        void = set(after.void)
        for name, promise in self._promises.items():
            if name in void:
                continue
            if not all(each.holds(trace) for each in promise.when):
                void.add(name)
                continue
            invariant = self._invariants[name]
            violation = invariant.check(trace) if invariant.kind == "safety" else None
            if violation is not None:
                self._breach(before, label, name, violation)
        return attrs.evolve(after, void=frozenset(void)) if void != after.void else after

    def _breach(self, before: SmallWorld, label: str, name: str, violation: Violation) -> None:
        if name not in self._broken:
            self._broken[name] = (*self._told(before.key), label, f"{name} is broken: {violation.text}")

    def _told(self, key: Any) -> list[str]:
        lines = []
        while key is not None:
            key, label = self._way[key]
            lines.append(label)
        return [each for each in reversed(lines) if each]

    def _ends_well(self, world: SmallWorld) -> bool:
        trace = final_trace(self._strategy, world)
        for name, invariant in self._invariants.items():
            violation = (
                invariant.check(trace) if invariant.kind == "liveness" and name not in world.void else None
            )
            if violation is not None:
                self._breach(world, "nothing moves any more", name, violation)
        return is_complete(world.state)

    def _look_for_traps(self, ends: list[Any]) -> None:
        """Find a state from which the system, left alone, never reaches an end."""
        reached, todo = set(ends), list(ends)
        while todo:
            for key in self._before.get(todo.pop(), ()):
                if key not in reached:
                    reached.add(key)
                    todo.append(key)
        if "converges" in self._promises and "converges" not in self._broken:
            begun = list(self._way)[1:]
            trapped = next(
                (key for key in begun if key not in reached and "converges" not in key[3][2]), None
            )
            if trapped is not None:
                self._broken["converges"] = (*self._told(trapped), "from here on it never ends")

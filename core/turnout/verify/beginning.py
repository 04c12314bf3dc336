"""Where a walk begins, and from where it can come to an end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from turnout import controller
from turnout.controller import settle
from turnout.model import Rollout
from turnout.verify.moves import wish_of
from turnout.verify.small import BEGIN, Counts, Situation, SmallFleet
from turnout.verify.visitors import GONE, LAST, Visitor, served
from turnout.verify.watch import Watched

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from turnout.strategy import Strategy
    from turnout.verify.exhaustion import Small

__all__ = ["SO_FAR", "before", "beginning", "reaching"]

SO_FAR = ("", "a session has asked for page 1", "a session has asked for page 1 and an asset of it")
"""What a session may have done when the rollout begins, by the number of its requests."""


def beginning(strategy: Strategy, small: Small) -> Situation:
    """Return the situation in which an operator has just asked for the new revision.

    Args:
        strategy: Which has rolled out the old one.
        small: How small the world is.

    Raises:
        PlanError: If it misbehaves while it does.
    """
    bridge = "bridge" if strategy.bridges else None
    wish = Rollout(replicas=small.replicas, target="old", bridge=bridge, progress_deadline_seconds=None)
    fleet = SmallFleet({"old": Counts(listed=wish.replicas)}, {}, pinned=False)
    watched: Any = Watched(strategy, [])
    state = settle(controller.create(wish).state, fleet, watched, BEGIN).state
    state = controller.set_target(state, "new", bridge=bridge).state
    return Situation(
        state=state,
        fleet=tuple(fleet.fleet.items()),
        faults=small.faults,
        verbs=small.verbs,
        delays=small.delays,
        wishes=(wish_of(state),),
    )


def before(situation: Situation, small: Small) -> Iterator[Visitor]:
    """What the session that is judged has done before the rollout begins: nothing, or some of its requests."""
    if not small.sessions:
        yield GONE
        return
    visitor = Visitor()
    for _ in range(LAST):
        yield visitor
        visitor = served(situation, visitor, situation.fleet[0][0])


def reaching(groups: Iterable[Iterable[int]], steps: Sequence[int], number: int) -> list[set[int]]:
    """For each group of states, from where one of them can be reached.

    Args:
        groups: The groups.
        steps: From one state to another, pair by pair.
        number: How many states there are.
    """
    earlier: list[list[int]] = [[] for _ in range(number)]
    pairs = iter(steps)
    for one, other in zip(pairs, pairs, strict=True):
        earlier[other].append(one)
    found = []
    for group in groups:
        reached = set(group)
        todo = list(reached)
        while todo:
            for place in earlier[todo.pop()]:
                if place not in reached:
                    reached.add(place)
                    todo.append(place)
        found.append(reached)
    return found

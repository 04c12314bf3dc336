"""The shortest story of a breach that was found: shrunk for as long as it is worth it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnout.verify.judging import judge
from turnout.verify.shrink import shrunk
from turnout.verify.story import Story

if TYPE_CHECKING:
    from collections.abc import Collection

    from turnout.invariant import Invariant, Violation
    from turnout.strategy import Strategy
    from turnout.verify.judging import Judged
    from turnout.verify.world import World

__all__ = ["cost", "told_of"]

_BUDGET = 150_000
"""How many decisions shrinking the story of a broken promise may take; a run takes fifty or a hundred, as a rule."""

_BUDGET_OF_OTHERS = 50_000


def told_of(
    found: tuple[World, Strategy, Violation], invariant: Invariant, fixed: Collection[str], *, promised: bool
) -> Story:
    """Return the shortest story that was found of how an invariant breaks.

    Args:
        found: A world and a strategy in which it does, and how.
        invariant: The invariant.
        fixed: The names of the parameters that stay as they are.
        promised: Whether it is promised: then only worlds count in which the promise has to be kept.
    """
    world, strategy, violation = found
    spent = 0

    def breach(world: World, strategy: Strategy) -> Violation | None:
        nonlocal spent
        judged = judge(world, strategy, [invariant])
        spent += cost(judged)
        return judged.broken.get(invariant.name) if invariant.name in judged.bound or not promised else None

    budget = _BUDGET if promised else _BUDGET_OF_OTHERS
    world, strategy = shrunk(
        world, strategy, lambda *candidate: breach(*candidate) is not None, lambda: spent < budget, fixed
    )
    violation = breach(world, strategy) or violation
    return Story(strategy=strategy, world=world, invariant=invariant.name, violation=violation)


def cost(judged: Judged) -> int:
    """What a run has cost, in decisions."""
    return len(judged.decisions) + 20

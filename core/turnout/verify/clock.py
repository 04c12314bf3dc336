"""Whether a strategy is the same at any time: what makes it right to merge states that differ only in the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from turnout.model import Plan
from turnout.units import seconds
from turnout.verify.guard import MisbehaviourError, guarded
from turnout.verify.small import is_instant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from turnout.model import Observation
    from turnout.strategy import Strategy

__all__ = ["depends_on_the_past", "depends_on_the_time"]

_LATER = seconds(3661)
"""An hour, a minute and a second: whatever unit a time is kept in, it shows."""

_LONG_BEFORE = seconds(30 * 86_400)


def depends_on_the_time(strategy: Strategy, seen: Observation, plan: Plan) -> bool:
    """Whether a strategy answers otherwise an hour later, if everything else is an hour later too.

    It does if it keeps times in other units than microseconds, or looks at the clock's face.

    Args:
        strategy: Whom to ask.
        seen: What it was shown.
        plan: What it answered.
    """
    sets = tuple(attrs.evolve(each, created=each.created + _LATER) for each in seen.replica_sets)
    memory = _moved(seen.memory, dict.fromkeys(seen.memory, _LATER))
    later = attrs.evolve(seen, replica_sets=sets, memory=memory, time=seen.time + _LATER)
    expected = attrs.evolve(plan, memory=_moved(plan.memory, dict.fromkeys(plan.memory, _LATER)))
    return not _answers(strategy, later, expected)


def depends_on_the_past(strategy: Strategy, seen: Observation, plan: Plan, long: int) -> bool:
    """Whether a strategy answers otherwise if what was long ago was a month before.

    Args:
        strategy: Whom to ask.
        seen: What it was shown.
        plan: What it answered.
        long: What is longer ago than this is taken for just long ago, microseconds.
    """
    old = {
        name: -_LONG_BEFORE
        for name, value in seen.memory.items()
        if is_instant(value) and seen.time - int(value or 0) >= long
    }
    if not old:
        return False
    kept = {name: by for name, by in old.items() if plan.memory.get(name) == seen.memory[name]}
    before = attrs.evolve(seen, memory=_moved(seen.memory, old))
    return not _answers(strategy, before, attrs.evolve(plan, memory=_moved(plan.memory, kept)))


def _moved(memory: Mapping[str, Any], by: Mapping[str, int]) -> dict[str, Any]:
    """A memory with instants moved, each by as much as is said of its name."""
    return {name: value + by.get(name, 0) if is_instant(value) else value for name, value in memory.items()}


def _answers(strategy: Strategy, seen: Observation, expected: Plan) -> bool:
    try:
        found: object = guarded("it", lambda: strategy.decide(seen))
        return isinstance(found, Plan) and bool(
            attrs.evolve(found, memory=dict(found.memory))
            == attrs.evolve(expected, memory=dict(expected.memory))
        )
    except MisbehaviourError:
        return False

"""Brute force: every way through a small rollout, one by one, with no two states taken for one."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING
from unittest.mock import patch

from turnout.verify.exhaustive import _Walk
from turnout.verify.small import LONG, Alike, Situation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from turnout import Invariant, Strategy
    from turnout.verify.exhaustive import Small

__all__ = ["broken_by_brute_force"]


def broken_by_brute_force(
    strategy: Strategy, invariants: Mapping[str, Invariant], small: Small, steps: int
) -> dict[str, int]:
    """Return which promises of safety break within that many steps, and after how many each breaks first."""
    numbers = count()
    with (
        patch.object(Situation, "key", lambda *_, **__: next(numbers)),
        patch.object(Situation, "view", property(lambda _: next(numbers))),
    ):
        walk = _Walk(strategy, dict(invariants), small, None, Alike(long=LONG, by_age=True, by_clock=True))
        place = walk.start()
        found = dict.fromkeys(walk.broken, 0)
        for step in range(1, steps + 1):
            level = range(place, walk.size)
            for each in level:
                walk.expand(each)
            place = level.stop
            for name in walk.broken:
                found.setdefault(name, step)
        return found

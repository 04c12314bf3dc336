"""The durations of a strategy that is walked: short ones, and how long is just long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnout.errors import InputError
from turnout.parameters import describe
from turnout.units import seconds
from turnout.verify.generators.parameters import some
from turnout.verify.small import LONG

if TYPE_CHECKING:
    from turnout.strategy import Strategy

__all__ = ["longest", "quick"]

_SHORT = seconds(10)


def quick(cls: type[Strategy], fixed: dict[str, str]) -> Strategy:
    """Return a strategy with its defaults, but every duration that is not fixed ten seconds at most, if it may be.

    Raises:
        InputError: If what is fixed is not right, or nothing is known of a parameter that has no default.
    """
    short = {
        each.name: "10s"
        for each in describe(cls)
        if each.type.kind == "duration"
        and isinstance(each.default, int)
        and each.default > _SHORT
        and each.limits.allow(_SHORT)
    }
    try:
        return some(cls, {**short, **fixed})
    except InputError:
        return some(cls, fixed)  # a validator of its own may ask for more


def longest(strategy: Strategy) -> int:
    """A second more than each duration of a strategy, microseconds; a minute for one that has none."""
    fields = [each.name for each in describe(type(strategy)) if each.type.kind == "duration"]
    durations = [each for each in (getattr(strategy, name) for name in fields) if isinstance(each, int)]
    return max(durations) + seconds(1) if durations else LONG

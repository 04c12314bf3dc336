"""With which parameters a strategy is walked: short durations, and every choice on which a promise depends."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from turnout.errors import InputError
from turnout.parameters import describe
from turnout.units import seconds
from turnout.verify.generators.parameters import some
from turnout.verify.small import LONG

if TYPE_CHECKING:
    from collections.abc import Mapping

    from turnout.strategy import Strategy

__all__ = ["choices", "longest", "quick"]

_SHORT = seconds(10)


def choices(cls: type[Strategy], fixed: Mapping[str, object]) -> tuple[Strategy, ...]:
    """Return as many quick strategies as it takes for every promise to be made by one of them.

    Args:
        cls: The strategy's class.
        fixed: Parameters that are as they are: a promise that is not made with them is left out.

    Raises:
        InputError: As `quick` does.
    """
    parameters = {each.field: each for each in describe(cls)}
    found = [quick(cls, fixed)]
    for promise in cls.promises:
        if any(promise.applies(each) for each in found):
            continue
        asked = {
            parameters[field].name: parameters[field].type.plain(values[0])
            for field, values in promise.only_if
        }
        with suppress(InputError):  # what goes alone may not go together
            other = quick(cls, {**asked, **fixed})
            found += [other] if promise.applies(other) else []
    return tuple(found)


def quick(cls: type[Strategy], fixed: Mapping[str, object]) -> Strategy:
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

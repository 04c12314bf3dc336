"""Ranges of a parameter's values, such as ``5m..2h``: which points stand for all that lies between."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from turnout.errors import InputError, shown
from turnout.units import MILLISECOND, SECOND, IntOrPercent

if TYPE_CHECKING:
    from turnout.parameters import Parameter

__all__ = ["POINTS", "is_range", "range_values"]

POINTS = 5
"""How many points stand for a range that does not say."""

_MOST = 1_000
_FORM = re.compile(r"(?P<low>.*?)\.\.(?P<high>[^/]*)(?:/(?P<points>.*))?")
_NUMERIC = ("int", "float", "duration", "int-or-percent")
_MINUTE, _HOUR, _DAY = 60 * SECOND, 3_600 * SECOND, 86_400 * SECOND
_MICROSECONDS = (1, 10, 100, 1_000, 5_000, 10_000, 50_000, 100_000, 500_000)
_SECONDS = (SECOND, 5 * SECOND, 10 * SECOND, 30 * SECOND)
_LONGER = (_MINUTE, 5 * _MINUTE, 10 * _MINUTE, 30 * _MINUTE, _HOUR, 6 * _HOUR, _DAY)
_STEPS = (*_MICROSECONDS, *_SECONDS, *_LONGER)
"""What people count durations in."""

_FINE = 20
"""A duration is counted in steps of at most one in so many of itself."""


def is_range(text: str) -> bool:
    """Whether a value is meant as a range."""
    return ".." in text


def range_values(parameter: Parameter, text: str, where: str) -> tuple[object, ...]:
    """Return the values that stand for a range: both ends, and some between them, in rising order.

    Durations grow by an even factor, rounded to what people count them in; from zero, they are evenly apart, as every
    other kind of number is. Whole numbers and percentages are whole; where there are fewer than asked for, all of them.

    Args:
        parameter: Whose values.
        text: ``low..high``, or ``low..high/points``.
        where: What to call the place in an error message.

    Raises:
        InputError: If the parameter is no number, an end is none of its values, or the range is backwards.
    """
    place = f"{where}: parameter {parameter.name}"
    if parameter.type.kind not in _NUMERIC:
        what = f"{shown(text)} is a range, and it is no number"
        raise InputError(
            what, where=place, hint=f"list values with | between them; it takes {parameter.sentence}"
        )
    match = _FORM.fullmatch(text)
    low, high, points = ("", "", None) if match is None else (match["low"], match["high"], match["points"])
    ends = [_end(parameter, each.strip(), text, place) for each in (low, high)]
    count = POINTS if points is None else _points(points.strip(), text, place)
    if ends[0] == ends[1]:
        return (ends[0],)
    if isinstance(ends[0], IntOrPercent) and isinstance(ends[1], IntOrPercent):
        if ends[0].percent != ends[1].percent:
            what = f"{shown(text)} goes from a number to a percentage"
            raise InputError(what, where=place, hint="give both ends as numbers, or both as percentages")
        _check_direction(ends[0].value, ends[1].value, text, place)
        return tuple(
            IntOrPercent(value, percent=ends[0].percent)
            for value in _whole(ends[0].value, ends[1].value, count)
        )
    first, last = ends
    if not isinstance(first, (int, float)) or not isinstance(last, (int, float)):
        raise InputError(f"{shown(text)} has an end that is no number", where=place, hint=_RIGHT)
    _check_direction(first, last, text, place)
    if parameter.type.kind == "float":
        between = (
            float(f"{first + (last - first) * each / (count - 1):.6g}") for each in range(1, count - 1)
        )
        return (first, *(each for each in dict.fromkeys(between) if first < each < last), last)
    if parameter.type.kind == "duration":
        return _durations(int(first), int(last), count)
    return _whole(int(first), int(last), count)


_RIGHT = "write it as 5m..2h, or as 5m..2h/9 for nine points"


def _end(parameter: Parameter, text: str, whole: str, place: str) -> object:
    right = f"it takes {parameter.sentence}"
    try:
        value = parameter.read(text)
    except InputError as error:
        value, right = None, error.hint or right
    if value is None:
        raise InputError(f"{shown(whole)} has the end {shown(text)}", where=place, hint=right)
    return value


def _points(text: str, whole: str, place: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text) or not 2 <= int(text) <= _MOST:
        what = f"{shown(whole)} asks for {shown(text)} points"
        raise InputError(what, where=place, hint=f"after the / stands a whole number from 2 to {_MOST:,}")
    return int(text)


def _check_direction(low: float, high: float, text: str, place: str) -> None:
    if low > high:
        raise InputError(f"{shown(text)} runs backwards", where=place, hint="give the lower end first")


def _whole(low: int, high: int, count: int) -> tuple[int, ...]:
    """Evenly spaced whole numbers, halves rounded up."""
    steps = count - 1
    return tuple(
        dict.fromkeys(low + (2 * (high - low) * each + steps) // (2 * steps) for each in range(count))
    )


def _durations(low: int, high: int, count: int) -> tuple[int, ...]:
    if low == 0:  # a parameter takes no duration between nothing and a millisecond
        return tuple(each for each in _whole(low, high, count) if each in (low, high) or each >= MILLISECOND)
    growth = (high / low) ** (1 / (count - 1))
    if growth == 1:  # the ends are too close for that, or as far as numbers can tell
        return _whole(low, high, count)
    fine = max(_FINE, 2 / (growth - 1))  # so that no two points are rounded to the same
    between = (_rounded(low * growth**each, fine) for each in range(1, count - 1))
    return (low, *(each for each in dict.fromkeys(between) if low < each < high), high)


def _rounded(length: float, fine: float) -> int:
    step = max((each for each in _STEPS if each * fine <= length), default=1)
    return round(length / step) * step

"""Durations and int-or-percent amounts: the two kinds of value that Kubernetes users write as text.

Time is a whole number of microseconds everywhere in turnout, so that two engines can be asked to agree exactly.
"""

from __future__ import annotations

import re
from decimal import Decimal
from math import inf
from numbers import Integral, Real
from typing import NewType

import attrs

from turnout.errors import InputError, shown

__all__ = [
    "MILLISECOND",
    "SECOND",
    "Duration",
    "IntOrPercent",
    "format_duration",
    "int_or_percent",
    "parse_duration",
    "seconds",
]

Duration = NewType("Duration", int)
"""A length of time in whole microseconds."""

SECOND = 1_000_000
"""Microseconds in a second."""

MILLISECOND = Duration(1_000)
"""A thousandth of a second."""

_UNITS = {"us": 1, "ms": 1_000, "s": SECOND, "m": 60 * SECOND, "h": 3_600 * SECOND, "d": 86_400 * SECOND}
_PART = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,12})?)(us|ms|s|m|h|d)")
_NUMBER = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,12})?")
_PERCENT = re.compile(r"[0-9]{1,10}%")
_COUNT = re.compile(r"[0-9]{1,10}")
_LONGEST = 100 * 365 * 86_400 * SECOND


def seconds(number: float) -> Duration:
    """Return a duration of that many seconds, to the nearest microsecond.

    Raises:
        InputError: If it is no finite number.
    """
    given: object = number  # whatever a program hands in, as everywhere in this module
    if isinstance(given, bool) or not isinstance(given, Real) or not abs(number) < inf:
        raise InputError(f"{shown(number)} is no number of seconds", hint="give a number such as 90 or 0.25")
    return Duration(round(number * SECOND))


def parse_duration(text: str | float) -> Duration:
    """Read a duration such as ``"90s"``, ``"5m"``, ``"1h30m"``, ``"250ms"`` or a plain number of seconds.

    Args:
        text: The duration as text or as a number of seconds.

    Raises:
        InputError: If it is not a duration, is negative, or is longer than a hundred years.
    """
    given: object = text
    written = str(given).strip().replace(" ", "") if isinstance(given, (str, int, float)) else ""
    if _NUMBER.fullmatch(written):
        length = int(Decimal(written) * SECOND)
    else:
        parts = _PART.findall(written)
        if not parts or "".join(number + unit for number, unit in parts) != written:
            raise InputError(f"{shown(text)} is not a duration", hint="write it as 90s, 5m, 1h30m or 250ms")
        length = int(sum(Decimal(number) * _UNITS[unit] for number, unit in parts))
    if length > _LONGEST:
        raise InputError(f"{text!r} is longer than a hundred years", hint="write it as 90s, 5m or 1h30m")
    return Duration(length)


def format_duration(length: int) -> str:
    """Write a duration the shortest way that `parse_duration` reads back: ``"1h30m"``, ``"12.5s"``, ``"0s"``.

    Args:
        length: Whole microseconds.

    Raises:
        InputError: If it is no whole number.
    """
    given: object = length
    if not isinstance(given, Integral):
        right = "durations are whole microseconds, as seconds(90) gives them"
        raise InputError(f"{shown(length)} is not a duration", hint=right)
    if length < 0:
        return "-" + format_duration(-length)
    text, rest = "", length
    for unit in ("d", "h", "m"):
        count, rest = divmod(rest, _UNITS[unit])
        if count:
            text += f"{count}{unit}"
    if rest or not text:
        whole, part = divmod(rest, SECOND)
        text += f"{whole}.{part:06d}".rstrip("0").rstrip(".") + "s"
    return text


@attrs.frozen
class IntOrPercent:
    """A number of replicas, absolute or as a whole percentage, as ``maxSurge`` takes it.

    Attributes:
        value: The number, or the percentage.
        percent: Whether `value` is a percentage.
    """

    value: int
    percent: bool = False

    def __attrs_post_init__(self) -> None:
        """Refuse what `parse` refuses."""
        for name, kind in (("value", int), ("percent", bool)):
            given: object = getattr(self, name)
            if type(given) is not kind or (given < 0):
                raise InputError(
                    f"it cannot be {shown(given)}",
                    where=f"IntOrPercent.{name}",
                    hint="IntOrPercent(25, percent=True) is 25%, IntOrPercent(3) is 3",
                )

    @classmethod
    def parse(cls, text: str | int | IntOrPercent) -> IntOrPercent:
        """Read ``3``, ``"3"`` or ``"25%"``.

        Raises:
            InputError: If it is negative, fractional, or anything else.
        """
        if isinstance(text, IntOrPercent):
            return text
        given: object = text
        written = str(given).strip() if isinstance(given, (str, int)) else ""
        if not isinstance(given, bool):
            if _PERCENT.fullmatch(written):
                return cls(int(written[:-1]), percent=True)
            if _COUNT.fullmatch(written):
                return cls(int(written))
        raise InputError(
            f"{shown(text)} is neither a whole number nor a whole percentage", hint="write it as 3 or as 25%"
        )

    def round_up(self, replicas: int) -> int:
        """Resolve against a number of replicas, rounding up, as Kubernetes does for ``maxSurge``."""
        return -(-self.value * replicas // 100) if self.percent else self.value

    def round_down(self, replicas: int) -> int:
        """Resolve against a number of replicas, rounding down, as Kubernetes does for ``maxUnavailable``."""
        return self.value * replicas // 100 if self.percent else self.value

    def __str__(self) -> str:
        return f"{self.value}%" if self.percent else str(self.value)


def int_or_percent(value: str | int | IntOrPercent) -> IntOrPercent:
    """Read ``3``, ``"3"`` or ``"25%"``: the converter for a strategy's field of this type.

    Raises:
        InputError: If it is negative, fractional, or anything else.
    """
    return IntOrPercent.parse(value)

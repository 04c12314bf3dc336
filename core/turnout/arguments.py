"""What a program hands in: what cannot be used is an `InputError` that names it and says what would be right.

A class whose fields have types, and validators where a type does not say enough, is checked field by field before
it is made::

    def __attrs_pre_init__(self, **given: object) -> None:
        check_fields(type(self), given)
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, TypeAlias, get_args, get_origin

import attrs

from turnout.errors import InputError, shown
from turnout.parameters.describe import describe, label, type_of
from turnout.parameters.kinds import ValueType
from turnout.parameters.limits import Limits
from turnout.units import MILLISECOND, Duration, seconds

__all__ = [
    "LONGEST",
    "check_fields",
    "check_held",
    "check_instance",
    "check_name",
    "check_path",
    "check_seed",
    "check_text",
    "check_whole",
    "listed",
]

LONGEST = seconds(100 * 365 * 86_400)
"""No duration is longer."""

_AS_DURATION = (
    "in Python in whole microseconds, as turnout.seconds(90) or turnout.parse_duration('1m30s') give it"
)

_Check: TypeAlias = Callable[[object], "str | None"]
"""Says what would be right, if a value is not."""


def check_fields(cls: type, given: Mapping[str, object], *, shortest: Duration = Duration(0)) -> None:
    """Check what the fields of an attrs class are to be made of.

    A field that has a converter is left to that.

    Args:
        cls: The class. Its annotations can be resolved while the program runs.
        given: The value of each field; `attrs.NOTHING` where the field makes its own.
        shortest: A duration above 0 and below this one is refused: it is a number of seconds that nobody has made one.

    Raises:
        InputError: If a value is not of its field's type, or out of its limits.
    """
    for name, check in _checks(cls, shortest):
        value = given.get(name, attrs.NOTHING)
        if value is not attrs.NOTHING:
            right = check(value)
            if right is not None:
                raise InputError(f"it cannot be {shown(value)}", where=f"{label(cls)}.{name}", hint=right)


def check_held(instance: object) -> None:
    """Check what the fields of a strategy hold, however it was made.

    Args:
        instance: An instance of an attrs class whose fields are its parameters.

    Raises:
        InputError: If it is none, or a value is not of its field's type, or out of its limits. A duration below a
            millisecond is a number of seconds that nobody has made one.
    """
    cls = type(instance)
    for parameter in describe(cls):
        value = getattr(instance, parameter.field)
        right = _check_scalar(parameter.type, parameter.limits, MILLISECOND)(value)
        if right is not None:
            counted = parameter.type.kind == "duration" and isinstance(value, int)
            words = f"{shown(value)} microseconds" if counted else shown(value)
            raise InputError(f"it cannot be {words}", where=f"{label(cls)}.{parameter.name}", hint=right)


@cache
def _checks(cls: type, shortest: Duration) -> tuple[tuple[str, _Check], ...]:
    return tuple(
        (field.name, _check(type_of(cls, field), field.validator, shortest))
        for field in attrs.fields(cls)
        if field.init and field.converter is None
    )


def _check(hint: Any, validator: object, shortest: Duration = Duration(0)) -> _Check:
    try:
        value_type = ValueType.of(hint)
    except InputError:
        return _check_things(hint)
    return _check_scalar(value_type, Limits.of(validator, value_type), shortest)


def _check_scalar(value_type: ValueType, limits: Limits, shortest: Duration) -> _Check:
    right = f"it takes {value_type.sentence(limits.words(value_type.write))}"
    span = value_type.kind == "duration"
    if span:
        least = f", above 0s at least {shortest // MILLISECOND}ms" if shortest else ""
        right = f"{right}{least}; {_AS_DURATION}"

    def check(value: object) -> str | None:
        if not value_type.holds(value):
            return right
        if value is None:
            return None
        if isinstance(value, float) and not math.isfinite(value):
            return right
        if span and isinstance(value, int) and (not 0 <= value <= LONGEST or 0 < value < shortest):
            return right
        return None if limits.allow(value) else right

    return check


def _check_things(hint: Any) -> _Check:
    """Check a value that is an instance of some class, perhaps one of several, or a tuple of such."""
    if get_origin(hint) is tuple:
        inner, _ = get_args(hint)
        check_one = _check(inner, None)

        def check_all(value: object) -> str | None:
            if not isinstance(value, tuple):
                return f"it takes a tuple of {inner.__name__}"
            return next((right for right in map(check_one, value) if right is not None), None)

        return check_all
    kinds = get_args(hint) or (hint,)
    names = [f"a {kind.__name__}" for kind in kinds if kind is not type(None)]
    right = f"it takes {' or '.join([*names, *(['None'] if type(None) in kinds else [])])}"
    return lambda value: None if isinstance(value, kinds) else right


def check_instance(value: object, kinds: type | tuple[type, ...], where: str, right: str) -> None:
    """Refuse what is no instance of a class.

    Args:
        value: The value.
        kinds: The class, or several.
        where: What the value is for.
        right: What would be right.

    Raises:
        InputError: If it is not.
    """
    if not isinstance(value, kinds):
        raise InputError(f"it cannot be {shown(value)}", where=where, hint=right)


def check_whole(value: object, where: str, *, least: int, most: int) -> None:
    """Refuse what is no whole number from `least` to `most`.

    Raises:
        InputError: If it is not.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise InputError(
            f"it cannot be {shown(value)}",
            where=where,
            hint=f"it takes a whole number from {least} to {most:,}",
        )


def check_seed(value: object, where: str = "seed") -> None:
    """Refuse what is no seed: any whole number of at most 128 bits is one, a negative one as well.

    Raises:
        InputError: If it is not.
    """
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 1 << 128:
        hint = "it takes a whole number of at most 128 bits, such as 1"
        raise InputError(f"it cannot be {shown(value)}", where=where, hint=hint)


def check_name(value: object, where: str) -> None:
    """Refuse what is no name of a revision: text that can be printed.

    Raises:
        InputError: If it is not.
    """
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise InputError(
            f"it cannot be {shown(value)}",
            where=where,
            hint="a revision is named by its image tag, such as 'v1'",
        )


def check_path(value: object, where: str = "path") -> None:
    """Refuse what is no path of a file.

    Raises:
        InputError: If it is neither text nor a path.
    """
    if not isinstance(value, (str, os.PathLike)) or not isinstance(os.fspath(value), str):
        raise InputError(
            f"it cannot be {shown(value)}", where=where, hint="it takes a path, or '-' for standard input"
        )


def check_text(text: object, where: object, name: object) -> None:
    """Refuse what is no text of a file, with what it is called and which of the things in it is wanted.

    Raises:
        InputError: If one of them is none.
    """
    check_instance(where, str, "where", "it says what to call the text, such as a file name")
    check_instance(text, str, str(where), "it takes text; read what is in bytes with bytes.decode")
    check_instance(name, (str, type(None)), "name", "it takes a name, such as 'web' or 'shop/web'")


def listed(
    value: object, where: str, right: str, *, single: type | tuple[type, ...] = str
) -> tuple[Any, ...]:
    """Return what was handed in as a list; one thing stands for a list of it.

    Args:
        value: The list, or one thing.
        where: What it is for.
        right: What would be right.
        single: What one thing is.

    Raises:
        InputError: If it is neither, or cannot be gone through.
    """
    if isinstance(value, single):
        return (value,)
    try:
        if isinstance(value, Iterable) and not isinstance(value, (str, bytes, bytearray, Mapping, type)):
            return tuple(value)
    except TypeError:  # such as an array of no dimension
        pass
    raise InputError(f"it cannot be {shown(value)}", where=where, hint=right)

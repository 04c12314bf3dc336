"""The kinds of value that a parameter can have, and how each is read from text, written and put into JSON."""

from __future__ import annotations

import math
import re
import types
from typing import Literal, NewType, TypeAlias, Union, get_args, get_origin

import attrs

from turnout.errors import InputError, shown
from turnout.units import Duration, IntOrPercent, format_duration, parse_duration

__all__ = ["Kind", "Plain", "ValueType"]

Kind: TypeAlias = Literal["int", "float", "bool", "str", "choice", "duration", "int-or-percent"]
"""What a value is, leaving aside whether it may be None."""

Plain: TypeAlias = str | int | float | bool | None
"""What JSON has a scalar for."""

_KINDS: dict[object, Kind] = {
    int: "int",
    float: "float",
    bool: "bool",
    str: "str",
    Duration: "duration",
    IntOrPercent: "int-or-percent",
}
_WORDS: dict[Kind, str] = {
    "int": "whole number",
    "float": "number",
    "bool": "true or false",
    "str": "text",
    "duration": "duration",
    "int-or-percent": "number or percentage",
}
_SENTENCES: dict[Kind, tuple[str, str]] = {
    "int": ("a whole number", "3"),
    "float": ("a number", "0.5"),
    "bool": ("true or false", ""),
    "str": ("text", ""),
    "duration": ("a duration", "90s, 5m or 1h30m"),
    "int-or-percent": ("a whole number or percentage", "3 or 25%"),
}
_HELD: dict[Kind, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "str": (str,),
    "duration": (int,),
    "int-or-percent": (IntOrPercent,),
}
_SUPPORTED = (
    "a parameter is an int, float, bool, str, Duration, IntOrPercent or Literal, or one of these | None"
)
_NONE = "none"
_WHOLE = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_LONGEST_NUMBER = 400  # a float of any size is written in less; reading thousands of digits takes its time


def _refuse(value: object) -> InputError:
    return InputError(f"{shown(value)} is not of the parameter's type")


def _read_whole(value: object) -> int:
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise _refuse(value)


def _read_number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise _refuse(value)
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise _refuse(value)
    number = float(value)
    if not math.isfinite(number):
        raise _refuse(value)
    return number


def _read_truth(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in ("true", "false"):
        return value == "true"
    raise _refuse(value)


def _read(kind: Kind, value: object) -> object:
    match kind:
        case "int":
            return _read_whole(value)
        case "float":
            return _read_number(value)
        case "bool":
            return _read_truth(value)
        case "duration" if isinstance(value, (str, int, float)):
            return parse_duration(value)
        case "int-or-percent" if isinstance(value, (str, int, IntOrPercent)):
            return IntOrPercent.parse(value)
        case "str" if isinstance(value, str):
            return value
        case _:
            raise _refuse(value)


def _write(value: object) -> str:
    """Write a value the shortest way; the type is the value's own, so a duration is not for here."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return str(value)


@attrs.frozen(kw_only=True)
class ValueType:
    """The type of a parameter, as data.

    Attributes:
        kind: What its values are.
        choices: The values of a ``Literal``; empty for every other kind.
        optional: Whether it may be None, written ``none``.
    """

    kind: Kind
    choices: tuple[str | int | bool, ...] = ()
    optional: bool = False

    @classmethod
    def of(cls, hint: object) -> ValueType:
        """Return the type that a type hint stands for.

        Raises:
            InputError: If parameters of that type are not supported.
        """
        arguments = get_args(hint)
        if get_origin(hint) in (Union, types.UnionType):
            rest = [each for each in arguments if each is not type(None)]
            if len(rest) == 1:
                return cls._optional(cls.of(rest[0]), hint)
        elif get_origin(hint) is Literal:
            choices = tuple(each for each in arguments if each is not None)
            supported = all(isinstance(each, (str, int)) for each in choices)
            if choices and supported and len({_write(each) for each in choices}) == len(choices):
                found = cls(kind="choice", choices=choices)
                return cls._optional(found, hint) if len(choices) < len(arguments) else found
        for known, kind in _KINDS.items():
            if hint is known:  # a hint need not be hashable
                return cls(kind=kind)
        if isinstance(hint, NewType):
            return cls.of(hint.__supertype__)
        raise InputError(f"the type {_hint_text(hint)} is not supported", hint=_SUPPORTED)

    @classmethod
    def _optional(cls, found: ValueType, hint: object) -> ValueType:
        if _NONE in found.choices:
            raise InputError(
                f"the type {_hint_text(hint)} is not supported: {_NONE!r} could be either",
                hint=f"call the choice something other than {_NONE!r}",
            )
        return attrs.evolve(found, optional=True)

    def words(self, limits: str = "") -> str:
        """Say the type in a few words, for a table.

        Args:
            limits: Its limits in words; empty for none.
        """
        words = " | ".join(map(_write, self.choices)) if self.kind == "choice" else _WORDS[self.kind]
        if limits:
            return f"{words}, {limits}, or {_NONE}" if self.optional else f"{words}, {limits}"
        return f"{words} or {_NONE}" if self.optional else words

    def sentence(self, limits: str = "") -> str:
        """Say what the parameter takes, to end a sentence with.

        Args:
            limits: Its limits in words; empty for none.
        """
        if self.kind == "choice":
            sentence = limits or f"one of {', '.join(map(_write, self.choices))}"
        else:
            words, example = _SENTENCES[self.kind]
            sentence = f"{words} such as {example}" if example else words
            if limits:
                sentence = f"{words}, {limits}"
        return f"{sentence}, or {_NONE}" if self.optional else sentence

    def holds(self, value: object) -> bool:
        """Whether a value is of this type already, as a field of the class would hold it."""
        if value is None:
            return self.optional
        if self.kind == "choice":
            return any(_same(value, each) for each in self.choices)
        return isinstance(value, _HELD[self.kind]) and isinstance(value, bool) == (self.kind == "bool")

    def read(self, value: object) -> object:
        """Read a value from text, or from what JSON, YAML or a manifest has for it.

        A plain number for a duration is a number of seconds, as it is in text.

        Raises:
            InputError: If it is not a value of this type.
        """
        if self.optional and (value is None or value == _NONE):
            return None
        if self.kind == "choice":
            for each in self.choices:
                if _same(value, each) or (isinstance(value, str) and value == _write(each)):
                    return each
            raise _refuse(value)
        if self.kind != "str" and isinstance(value, str) and len(value) > _LONGEST_NUMBER:
            raise _refuse(value)
        try:
            return _read(self.kind, value)
        except (ValueError, ArithmeticError) as error:  # a whole number too large for a float, or for text
            raise _refuse(value) from error

    def write(self, value: object) -> str:
        """Write a value of this type the shortest way that `read` reads back."""
        if value is None:
            return _NONE
        if self.kind == "duration" and isinstance(value, int):
            return format_duration(value)
        return _write(value)

    def plain(self, value: object) -> Plain:
        """Return the JSON for a value of this type: what `read` reads back."""
        if isinstance(value, (str, float, bool)) or value is None:
            return value
        if isinstance(value, int) and self.kind != "duration":
            return value
        if isinstance(value, IntOrPercent) and not value.percent:
            return value.value
        return self.write(value)


def _same(value: object, choice: object) -> bool:
    return type(value) is type(choice) and value == choice  # True is not 1 here


def _hint_text(hint: object) -> str:
    return (
        hint.__name__ if isinstance(hint, type) and not get_args(hint) else str(hint).replace("typing.", "")
    )

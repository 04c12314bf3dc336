"""Strategies and traffic sources as one line of text: ``name:parameter=value,parameter=value``."""

from __future__ import annotations

import re
from typing import Any

from turnout.errors import InputError, shown
from turnout.parameters.describe import Parameter, describe, label

__all__ = ["parse_spec", "to_spec"]

_QUOTED = re.compile(r'"((?:[^"]|"")*)"\s*(?:,|\Z)')
_RIGHT = "write it as name:parameter=value,parameter=value"


def parse_spec(text: str) -> tuple[str, dict[str, str]]:
    """Take ``"rolling:max_surge=1,pause_after=25%"`` apart.

    Spaces around names and values do not count. A value with a comma in it, or with spaces around it that do, stands in
    double quotes, where ``""`` is one of them.

    Args:
        text: A name, and after a colon its parameters.

    Returns:
        The name, and the parameters as text, by name.

    Raises:
        InputError: If a name is empty, a parameter has no ``=`` or comes twice, or a quote is not closed.
    """
    name, colon, rest = text.partition(":")
    name = name.strip()
    if not name:
        raise InputError("the name is missing", where=shown(text), hint=_RIGHT)
    given: dict[str, str] = {}
    more = bool(colon)
    while more:
        parameter, equals, rest = rest.partition("=")
        if not equals or "," in parameter:
            first = parameter.split(",")[0].strip()
            what = f"parameter {shown(first)} has no value" if first else "a parameter is missing"
            raise InputError(what, where=shown(text), hint=_RIGHT)
        parameter = parameter.strip()
        if not parameter:
            raise InputError("the name of a parameter is missing", where=shown(text), hint=_RIGHT)
        if parameter in given:
            raise InputError(f"parameter {parameter} is given twice", where=shown(text), hint="give it once")
        given[parameter], more, rest = _value(rest.lstrip(), parameter, text)
    return name, given


def _value(rest: str, parameter: str, text: str) -> tuple[str, bool, str]:
    """Return the value that `rest` starts with, whether a comma follows it, and what comes after that."""
    if not rest.startswith('"'):
        value, comma, rest = rest.partition(",")
        return value.strip(), bool(comma), rest
    quoted = _QUOTED.match(rest)
    if quoted is None:
        raise InputError(
            f"the quotes around the value of {parameter} are not closed, or something follows them",
            where=shown(text),
            hint='write a double quote inside of them as ""',
        )
    return quoted[1].replace('""', '"'), quoted[0].endswith(","), rest[quoted.end() :]


def to_spec(instance: Any) -> str:
    """Write a strategy or traffic source the shortest way that reads back: only what differs from the defaults.

    Raises:
        InputError: If a value could not have been given as text, such as a negative duration.
    """
    name = label(type(instance))
    pairs = [
        f"{each.name}={_text(each, getattr(instance, each.field), name)}"
        for each in describe(type(instance))
        if each.required or getattr(instance, each.field) != each.default
    ]
    return f"{name}:{','.join(pairs)}" if pairs else name


def _text(parameter: Parameter, value: object, name: str) -> str:
    text = parameter.type.write(value)
    try:
        same = parameter.type.read(text) == value
    except InputError:
        same = False
    if not same:
        raise InputError(
            f"parameter {parameter.name} is {shown(value)}, which cannot be written as text", where=name
        )
    if "," in text or text.startswith('"') or text != text.strip():
        return '"' + text.replace('"', '""') + '"'
    return text

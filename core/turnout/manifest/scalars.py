"""What an unquoted YAML word means to Kubernetes, whose tools read YAML 1.1 in their own way."""

from __future__ import annotations

import re
from typing import TypeAlias

__all__ = ["Scalar", "plain_value"]

Scalar: TypeAlias = str | int | float | bool | None
"""A value without parts, as JSON has it."""

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
}
_INTEGER = re.compile(r"([-+]?)(?:0[bB]([01]+)|0[oO]?([0-7]+)|0[xX]([0-9a-fA-F]+)|(0|[1-9][0-9]*))")
_BASES = (2, 8, 16, 10)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_LONGEST = 300
"""Characters; a longer word is no number that anything could hold."""


def plain_value(word: str) -> Scalar:
    """Return what a word without quotes stands for, as the YAML reader of kubectl resolves it.

    So ``yes`` and ``on`` are true, ``0644`` is octal, ``1_000`` is a thousand and ``1e3`` a float, while
    ``22:30`` and dates stay text.

    Args:
        word: The word as written.
    """
    if word in _WORDS:
        return _WORDS[word]
    if len(word) > _LONGEST or word[0] not in "+-.0123456789":
        return word
    if word.lstrip("+-").lower() in {".inf", ".nan"}:
        return float(word.replace(".", "", 1))
    digits = word if word.startswith(".") else word.replace("_", "")
    if whole := _INTEGER.fullmatch(digits):
        sign, *by_base = whole.groups()
        written, base = next((part, base) for part, base in zip(by_base, _BASES, strict=True) if part)
        return int(sign + written, base)
    if _FLOAT.fullmatch(digits) and abs(number := float(digits)) != float("inf"):
        return number
    return word

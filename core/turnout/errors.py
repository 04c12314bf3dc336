"""The errors that turnout raises on purpose."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["InputError", "TurnoutError", "escaped", "in_words", "near", "nearest", "shortened", "shown"]

_LONGEST_SHOWN = 60
_LONGEST_TEXT = 200
_NEAR = 0.6
_LONG_ENOUGH_TO_TELL = 3
_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")
"""What Python writes of where an object is kept, which is somewhere else in every run."""


class TurnoutError(Exception):
    """Base of every error that turnout raises on purpose."""


class InputError(TurnoutError):
    """Something that a user handed in cannot be used: one line that says what, where, and what would be right.

    The command line prints it without a traceback and exits with 2.

    Args:
        what: What is wrong, with the offending value.
        where: File, line and field, as far as known, such as ``"web.yaml:7: spec.replicas"``.
        hint: What would be right.
    """

    def __init__(self, what: str, *, where: str | None = None, hint: str | None = None) -> None:
        self.what = what
        self.where = where
        self.hint = hint
        super().__init__(what, where, hint)

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way from one process to another."""
        return _remade, (type(self), self.what, self.where, self.hint)

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        if self.hint:
            text = f"{text}; {self.hint}"
        return " ".join(text.split())


def _remade(kind: type[InputError], what: str, where: str | None, hint: str | None) -> InputError:
    return kind(what, where=where, hint=hint)


def nearest(word: str, known: Iterable[str]) -> str:
    """Say which known word was probably meant, or list them all, as a hint for an `InputError`."""
    words = sorted(known)
    meant = near(word, words)
    if meant is not None:
        return f"did you mean {meant!r}?"
    return "known are: " + (", ".join(words) if words else "none")


def escaped(text: str) -> str:
    """Write a text of somebody else's so that it can be shown: control characters would reach the user's terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def near(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was probably meant: a few letters differ, or it is the only one to hold this one."""
    words = sorted(known)
    for close in get_close_matches(word, words, n=1, cutoff=_NEAR):
        return close
    longer = [each for each in words if word in each] if len(word) >= _LONG_ENOUGH_TO_TELL else []
    return longer[0] if len(longer) == 1 else None


def shown(value: object) -> str:
    """Write a value that somebody handed in, for an error message of one line, the same in every run."""
    try:
        text = _ADDRESS.sub("", repr(value))
    except Exception:  # noqa: BLE001  (any object may be handed in, and its repr may do anything)
        text = f"a {type(value).__name__}"
    return shortened(text, _LONGEST_SHOWN)


def shortened(text: str, most: int = _LONGEST_TEXT) -> str:
    """Write a text of somebody else's in one line that ends: it may be a megabyte, and go to a terminal.

    Args:
        text: The text.
        most: With how many characters, at most.
    """
    line = escaped(text[: most + 1])
    return line if len(line) <= most else f"{line[: most - 1]}…"


def in_words(error: BaseException) -> str:
    """An exception's type and text in one line, the same in every run."""
    try:
        text = shortened(" ".join(_ADDRESS.sub("", str(error)).split()))
    except Exception:  # noqa: BLE001  (its text may do anything)
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__

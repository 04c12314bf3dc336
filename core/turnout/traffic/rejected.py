"""Lines of a log that cannot be used: how many, why, and the first examples."""

from __future__ import annotations

from enum import StrEnum

import attrs

from turnout.errors import InputError, escaped

__all__ = ["Example", "Reason", "Rejected", "Unusable"]

_EXAMPLES = 3
_SHOWN = 120
# Text has none of these; no writer of access logs leaves them unescaped.
_BINARY = bytes({*range(32), 127} - set(b"\t\n\v\f\r\x1b"))


class Reason(StrEnum):
    """Why a line cannot be used."""

    TOO_LONG = "longer than 64 KiB"
    NO_LOG_LINE = "not in a known log format"
    NO_CLIENT = "no client"
    NO_TIME = "no time that exists"
    NO_REQUEST = "no request"
    NOT_HTTP = "not an HTTP request"
    METHOD = "a method that no page view uses"


@attrs.frozen
class Example:
    """A line that cannot be used.

    Attributes:
        line: Its number, from 1.
        text: Its beginning, printable.
    """

    line: int
    text: str


@attrs.frozen
class Unusable:
    """The lines that cannot be used for one reason.

    Attributes:
        reason: The reason, in words.
        count: How many lines.
        examples: The first three of them.
    """

    reason: str
    count: int
    examples: tuple[Example, ...]


@attrs.define
class Rejected:
    """Counts of unusable lines, with the first examples of each kind.

    Attributes:
        binary: Whether one of them holds what no text does.
    """

    binary: bool = False
    _count: dict[Reason, int] = attrs.field(factory=dict)
    _examples: dict[Reason, list[Example]] = attrs.field(factory=dict)

    def add(self, reason: Reason, number: int, line: bytes) -> None:
        """Count a line; `number` is its own, from 1."""
        self._count[reason] = self._count.get(reason, 0) + 1
        self.binary = self.binary or len(line.translate(None, _BINARY)) < len(line)
        examples = self._examples.setdefault(reason, [])
        if len(examples) < _EXAMPLES:
            examples.append(Example(number, _printable(line)))

    def counts(self) -> tuple[Unusable, ...]:
        """Return what was counted, the commonest reason first."""
        by_count = sorted(self._count.items(), key=lambda each: (-each[1], each[0]))
        return tuple(Unusable(str(r), count, tuple(self._examples[r])) for r, count in by_count)

    def nothing_usable(self, lines: int, where: str) -> InputError:
        """Say why a log without a usable line has none."""
        if self.binary:
            return InputError(
                "this is binary, not an access log", where=where, hint="give text in UTF-8, plain or gzip"
            )
        if not lines:
            return InputError("this log is empty", where=where, hint="give a log with requests in it")
        worst = self.counts()[0]
        example = worst.examples[0]
        return InputError(
            f"none of its {lines:,} lines can be used; {worst.count:,} for this reason: {worst.reason}, "
            f"such as line {example.line}: {example.text}",
            where=where,
            hint="known are common, combined and vhost-prefixed lines, and JSON lines of nginx and Caddy",
        )


def _printable(line: bytes) -> str:
    """Shorten a line for a message; control characters would reach the user's terminal."""
    text = line.removesuffix(b"\r")[: _SHOWN + 1].decode("utf-8", "backslashreplace")
    text = escaped(text)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"

"""Runbooks: an operator as data, a list of what to do and when, for comparisons, tests and live runs."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Literal

import attrs

from turnout.arguments import check_fields, check_instance, check_name, listed
from turnout.errors import InputError, nearest
from turnout.model import MOST_REPLICAS
from turnout.units import Duration, IntOrPercent, format_duration, parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Entry", "Runbook", "When"]

Verb = Literal["pause", "resume", "promote", "abort", "undo", "scale", "set-target", "rollback"]
_VERBS: tuple[Verb, ...] = ("pause", "resume", "promote", "abort", "undo", "scale", "set-target", "rollback")
_TAKES_ARGUMENT = ("scale", "set-target")

Happening = Literal["start", "previous", "available", "held", "serving", "complete", "stuck"]
_HAPPENINGS: tuple[Happening, ...] = ("available", "held", "serving", "complete", "stuck")
_HOW = "write it as 'pause when 1 available', 'resume 10m later', 'undo at 5m' or 'abort 2m after serving'"


@attrs.frozen(kw_only=True)
class When:
    """The moment for an entry of a runbook: some time after something happens.

    Attributes:
        happening: ``"start"`` of the rollout; ``"previous"``: the entry before has been done; ``"available"``: that
            many replicas of the target are; ``"held"``: the rollout waits for an operator; ``"serving"``: the routing
            can send a request to the target, which is more than a preview; ``"complete"``: the target is fully rolled
            out; ``"stuck"``: the progress deadline has passed.
        delay: How long after that.
        available: With ``"available"``: how many replicas, or which share of those wanted, rounded up; one if
            left out.
    """

    happening: Happening
    delay: Duration = Duration(0)
    available: IntOrPercent | None = None

    def __attrs_pre_init__(self, **given: object) -> None:
        check_fields(type(self), given)

    def __attrs_post_init__(self) -> None:
        """Refuse a number of replicas where none is waited for, and one that says nothing or never comes."""
        if self.available is not None and self.happening != "available":
            what = f"it cannot be {self.available} with {self.happening!r}"
            raise InputError(what, where="When.available", hint="give it with 'available' only")
        if self.available is not None:
            most = 100 if self.available.percent else MOST_REPLICAS
            if not 1 <= self.available.value <= most:
                right = f"wait for 1 to {MOST_REPLICAS} replicas, or for 1% to 100%"
                raise InputError(f"it cannot be {self.available}", where="When.available", hint=right)

    def __str__(self) -> str:
        if self.happening == "start":
            return f"at {format_duration(self.delay)}"
        if self.happening == "previous":
            return f"{format_duration(self.delay)} later"
        number = 1 if self.available is None else self.available
        what = f"{number} available" if self.happening == "available" else self.happening
        return f"{format_duration(self.delay)} after {what}" if self.delay else f"when {what}"


@attrs.frozen(kw_only=True)
class Entry:
    """One thing that an operator does.

    Attributes:
        verb: What: a verb of ``kubectl rollout`` or Argo Rollouts; ``"rollback"`` is an abort, or an undo and a
            promotion where the rollout is over already; where that is refused, the previous revision becomes the
            target, and what is paused is resumed.
        argument: The number of replicas for ``"scale"``, the revision's name for ``"set-target"``.
        when: At which moment.
    """

    verb: Verb
    argument: str | None = None
    when: When

    def __attrs_pre_init__(self, **given: object) -> None:
        check_fields(type(self), given)

    def __attrs_post_init__(self) -> None:
        """Refuse an argument that the verb does not take, and one that it cannot use."""
        _check_argument(self.verb, self.argument, f"runbook entry {self.verb!r}")

    def __str__(self) -> str:
        argument = [] if self.argument is None else [shlex.quote(self.argument)]
        return " ".join([self.verb, *argument, str(self.when)])


def _in_order(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    right = "it takes entries; Runbook.parse reads them from text"
    found = listed(entries, "Runbook.entries", right, single=Entry)
    for each in found:
        check_instance(each, Entry, "Runbook.entries", right)
    return found


@attrs.frozen
class Runbook:
    """What an operator does during a rollout: each entry waits until the one before has been done.

    Attributes:
        entries: In the order in which they are done.
    """

    entries: tuple[Entry, ...] = attrs.field(default=(), converter=_in_order)

    @classmethod
    def parse(cls, lines: Iterable[str]) -> Runbook:
        """Read entries such as ``"pause when 1 available"`` and ``"resume 10m later"``.

        Args:
            lines: The entries; a single text is one entry.

        Raises:
            InputError: If one cannot be read.
        """
        found = listed(lines, "runbook", _HOW)
        for each in found:
            check_instance(each, str, "runbook", _HOW)
        return cls(tuple(_entry(line) for line in found))

    def __str__(self) -> str:
        return "; ".join(str(entry) for entry in self.entries)


def _entry(line: str) -> Entry:
    where = f"runbook entry {line!r}"
    try:
        words = shlex.split(line)
    except ValueError:
        raise InputError("a quotation mark is left open", where=where, hint=_HOW) from None
    if not words:
        raise InputError("it is empty", where=where, hint=_HOW)
    verb = next((each for each in _VERBS if each == words[0]), None)
    if verb is None:
        raise InputError(f"{words[0]!r} is no verb", where=where, hint=nearest(words[0], _VERBS))
    rest, argument = words[1:], None
    if verb in _TAKES_ARGUMENT:
        if not rest:
            raise InputError(f"{verb!r} needs a value", where=where, hint=f"write it as '{verb} VALUE at 5m'")
        argument, rest = rest[0], rest[1:]
        _check_argument(verb, argument, where)
    return Entry(verb=verb, argument=argument, when=_when(" ".join(rest), where))


def _check_argument(verb: Verb, argument: str | None, where: str) -> None:
    if (argument is None) == (verb in _TAKES_ARGUMENT):
        what = f"{verb!r} needs a value" if argument is None else f"{verb!r} takes no value"
        hint = f"write it as '{verb} VALUE at 5m'" if argument is None else "leave it out"
        raise InputError(what, where=where, hint=hint)
    if verb == "scale":
        _check_replicas(argument or "", where)
    if verb == "set-target":
        check_name(argument, where)


def _check_replicas(text: str, where: str) -> None:
    if not re.fullmatch("[0-9]+", text):
        raise InputError(
            f"{text!r} is no number of replicas", where=where, hint="write it as 'scale 5 at 2m'"
        )
    if len(text) > len(str(MOST_REPLICAS)) or int(text) > MOST_REPLICAS:
        raise InputError(
            f"{text} replicas are too many", where=where, hint=f"turnout takes up to {MOST_REPLICAS}"
        )


def _when(text: str, where: str) -> When:
    for pattern, happening in ((r"at (\S+)", "start"), (r"(\S+) later", "previous")):
        if match := re.fullmatch(pattern, text):
            delay = _duration(match[1], where)
            return When(happening="start" if happening == "start" else "previous", delay=delay)
    match = re.fullmatch(r"(?:when|(\S+) after) (?:(\S+) )?(\S+)", text)
    known = next((each for each in _HAPPENINGS if match and each == match[3]), None)
    if match is None or known is None or (match[2] is not None) != (known == "available"):
        raise InputError(f"{text!r} is no moment", where=where, hint=_HOW)
    delay = _duration(match[1], where) if match[1] else Duration(0)
    available = _amount(match[2], where) if match[2] else None
    try:
        return When(happening=known, delay=delay, available=available)
    except InputError as error:
        raise InputError(
            f"{available} available is nothing to wait for", where=where, hint=error.hint
        ) from None


def _duration(text: str, where: str) -> Duration:
    try:
        return parse_duration(text)
    except InputError as error:
        raise InputError(error.what, where=where, hint=error.hint) from None


def _amount(text: str, where: str) -> IntOrPercent:
    try:
        return IntOrPercent.parse(text)
    except InputError as error:
        raise InputError(error.what, where=where, hint=error.hint) from None

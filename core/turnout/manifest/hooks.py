"""How long a preStop hook keeps a container serving, as far as its manifest says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from turnout.manifest.field import Field

__all__ = ["PreStop", "read_pre_stop"]

_HANDLERS = ("exec", "httpGet", "sleep", "tcpSocket")
_SHELLS = frozenset(("sh", "ash", "bash", "dash", "ksh", "zsh"))
_SHELL_COMMAND = re.compile(r"-[a-z]*c")
_SLEEP = re.compile(
    r"(?:exec\s+)?(?:/(?:usr/)?bin/)?sleep((?:[ \t]+[0-9]+(?:\.[0-9]+)?[smhd]?)+)[ \t]*(?=$|;|&&|\n)"
)
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


@attrs.frozen
class PreStop:
    """A preStop hook.

    Attributes:
        seconds: How long it lasts, at most the grace period; 0 where there is none, None where the manifest does not
            say.
        note: What a reader should know about it; empty for nothing.
    """

    seconds: float | None = 0.0
    note: str = ""


def read_pre_stop(container: Field, grace_seconds: int) -> PreStop:
    """Read a container's preStop hook: ``sleep``, or a command that sleeps, itself or through a shell.

    A command that sleeps first and then does more, such as telling a server to quit, lasts at least as long as it
    sleeps; what it does after that is left out. The kubelet ends a hook with the grace period.

    Args:
        container: The container.
        grace_seconds: The pod's grace period.

    Raises:
        InputError: If the API server would refuse the hook.
    """
    hook = container.get("lifecycle", "preStop")
    if hook is None:
        return PreStop()
    given = [handler for handler in _HANDLERS if hook.get(handler) is not None]
    if len(given) != 1:
        raise hook.refuse(
            f"has {len(given)} handlers",
            f"it takes exactly one: {', '.join(_HANDLERS[:-1])} or {_HANDLERS[-1]}",
        )
    handler = hook.need(given[0], "")
    if given[0] == "sleep":
        seconds = handler.get("seconds")
        return PreStop(0.0 if seconds is None else float(seconds.whole(0, grace_seconds)))
    if given[0] != "exec":
        return PreStop(None, f"how long its preStop hook ({given[0]}) takes is not in the manifest")
    return _of_command(_command(handler), grace_seconds)


def _command(handler: Field) -> list[str]:
    command = handler.need("command", "write the command as a list of texts")
    words = []
    for each in command.elements():
        if not isinstance(each.value, str):
            raise each.refuse(f"{each.shown} is not a text", "put it in quotes")
        words.append(each.value)
    if not words:
        raise command.refuse("is empty", "write the command as a list of texts")
    return words


def _of_command(words: Sequence[str], grace_seconds: int) -> PreStop:
    program = words[0].rpartition("/")[2]
    if program in _SHELLS and len(words) >= 3 and _SHELL_COMMAND.fullmatch(words[1]):
        script = words[2].strip()
    else:
        script = " ".join([program, *words[1:]])
    seconds, rest = _sleeps(script)
    if seconds is None:
        return PreStop(None, f"how long its preStop hook (exec {program}) takes is not in the manifest")
    if seconds > grace_seconds:
        return PreStop(
            float(grace_seconds),
            f"its preStop hook sleeps {seconds:g} s, but the grace period ends it after {grace_seconds} s",
        )
    if rest:
        return PreStop(
            seconds, f"its preStop hook sleeps {seconds:g} s and then does more, which is left out"
        )
    return PreStop(seconds)


def _sleeps(script: str) -> tuple[float | None, str]:
    """Return how long a script sleeps before it does anything else, and the rest; None if it does not."""
    seconds, rest = None, script
    while sleep := _SLEEP.match(rest):
        seconds = (seconds or 0.0) + sum(_length(each) for each in sleep[1].split())
        rest = rest[sleep.end() :].lstrip(";&\n\t ")
    return seconds, rest


def _length(word: str) -> float:
    unit = _UNITS.get(word[-1])
    return float(word) if unit is None else float(word[:-1]) * unit

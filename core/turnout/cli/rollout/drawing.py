"""How a rehearsal is shown: as a table, as JSON, and as a line for each change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import click

from turnout.cli.output import table
from turnout.controller import SetStatus, history, status
from turnout.units import SECOND, format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from turnout.controller import SetRecord
    from turnout.rehearsal import Rehearsal

__all__ = ["Ticker", "status_document", "status_parts"]

_MOST_DRAWN = 12


def status_parts(rehearsal: Rehearsal) -> Iterator[RenderableType]:
    """Lay out how far a rollout is, below kubectl's words: the replicas of each revision, and the circumstances."""
    from rich.text import Text  # noqa: PLC0415  (JSON does without)

    yield Text()
    rows = table("revision", "name", "wanted", "ready", "available", "■ ready  □ starting  × terminating")
    for column in rows.columns[2:5]:
        column.justify = "right"
    for each, found in _sets(rehearsal):
        numbers = (each.number, each.name, each.wanted, found.ready, found.available)
        rows.add_row(*(Text(str(number)) for number in numbers), Text(_drawn(found)))
    yield rows
    yield Text()
    yield Text("; ".join(_circumstances(rehearsal)))


def status_document(rehearsal: Rehearsal) -> dict[str, Any]:
    """Return how far a rollout is as JSON has it."""
    state = rehearsal.state
    words = status(state)
    return {
        "name": state.name,
        "seconds": rehearsal.now / SECOND,
        "status": words.text,
        "done": words.done,
        "strategy": rehearsal.strategy.name,
        "replicas": state.rollout.replicas,
        "target": state.rollout.target,
        "stable": state.stable,
        "paused": state.rollout.paused,
        "pause_reason": state.pause_reason,
        "hold": state.hold,
        "progressing": None if state.progressing is None else str(state.progressing),
        "available": None if state.available is None else str(state.available),
        "replica_sets": [
            {
                "revision": each.number,
                "name": each.name,
                "wanted": each.wanted,
                "replicas": found.replicas,
                "ready": found.ready,
                "available": found.available,
                "terminating": found.terminating,
            }
            for each, found in _sets(rehearsal)
        ],
    }


@attrs.define
class Ticker:
    """Writes a line whenever something has changed that can be seen, for a terminal or a file.

    Attributes:
        words: What kubectl said last.
        drawn: What was drawn last.
        at: For which time.
    """

    words: str = ""
    drawn: str = ""
    at: int = -1

    def __call__(self, rehearsal: Rehearsal) -> None:
        """Look at the rollout, and write what is new."""
        words, drawn = status(rehearsal.state).text, _line(rehearsal)
        if words != self.words:
            click.echo(words, err=status(rehearsal.state).exit != 0)
            self.words = words
        if drawn != self.drawn:
            self._draw(rehearsal, drawn)

    def close(self, rehearsal: Rehearsal) -> None:
        """Write how it stands at the end of a time in which nothing may have happened."""
        if self.at != rehearsal.now:
            self._draw(rehearsal, _line(rehearsal))

    def _draw(self, rehearsal: Rehearsal, drawn: str) -> None:
        click.echo(f"{_clock(rehearsal.now):>8}  {drawn}")
        self.drawn, self.at = drawn, rehearsal.now


def _line(rehearsal: Rehearsal) -> str:
    drawn = [f"{each.name} {_drawn(found)}".rstrip() for each, found in _sets(rehearsal)]
    return "  ".join([*drawn, *_waits(rehearsal)])


def _circumstances(rehearsal: Rehearsal) -> Iterator[str]:
    state = rehearsal.state
    yield f"After {_clock(rehearsal.now)}"
    yield from _waits(rehearsal)
    if state.progressing is not None:
        yield f"Progressing {state.progressing}"
    if state.available is not None:
        yield f"Available {state.available}"


def _waits(rehearsal: Rehearsal) -> Iterator[str]:
    state = rehearsal.state
    if state.rollout.paused:
        yield f"paused: {state.pause_reason}" if state.pause_reason else "paused"
        if state.of(state.rollout.target) is None:
            yield f"{state.rollout.target} is noted for later"
    if state.hold:
        yield state.hold


def _sets(rehearsal: Rehearsal) -> list[tuple[SetRecord, SetStatus]]:
    """The replica sets, the lowest revision first, but for old and empty ones."""
    state, statuses = rehearsal.state, rehearsal.statuses
    found = [(each, statuses.get(each.name, SetStatus())) for each in history(state)]
    return [
        (each, status)
        for each, status in found
        if each.wanted or status.replicas or status.terminating or each.name == state.rollout.target
    ]


def _drawn(found: SetStatus) -> str:
    starting = found.replicas - found.ready
    if found.replicas + found.terminating <= _MOST_DRAWN:
        return "■" * found.ready + "□" * starting + "×" * found.terminating
    counts = ((found.ready, "ready"), (starting, "starting"), (found.terminating, "terminating"))
    return ", ".join(f"{count} {word}" for count, word in counts if count)


def _clock(time: int) -> str:
    """A time to the tenth of a second."""
    return format_duration(round(time * 10 / SECOND) * SECOND // 10)

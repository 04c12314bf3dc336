"""One rollout for people: a line for each change, and what a browser saw that reloaded a page meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from turnout.browser import PARTS
from turnout.routing.words import routing_words
from turnout.units import SECOND, format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from turnout.browser import PageLoad
    from turnout.history import Deed, History, Moment, Numbers

__all__ = ["history_parts"]

_MOST_DRAWN = 12


def history_parts(history: History, loads: Sequence[PageLoad]) -> Iterator[RenderableType]:
    """Lay one rollout out, part by part."""
    yield Text(f"{history.strategy}: the rollout of {history.target} {_ending(history)}; seed {history.seed}")
    yield Text("■ ready  □ starting  × terminating")
    yield Text()
    yield _changes(history)
    if history.not_done:
        yield Text()
        yield Text(f"Not done, as the moment did not come: {'; '.join(map(str, history.not_done))}")
    yield Text()
    yield Text("One browser reloads a page of four parts:", style="bold")
    yield _loads(loads)
    mixed = sum(load.mixed for load in loads)
    failed = sum(None in load.revisions for load in loads)
    yield Text()
    yield Text(
        f"{mixed} of {len(loads)} page loads {'is' if mixed == 1 else 'are'} mixed from two revisions"
        + (f", {failed} {'has' if failed == 1 else 'have'} parts that failed." if failed else ".")
    )


def _ending(history: History) -> str:
    """How a rollout came out: on its target, on another revision, or not at all."""
    if history.completed is None:
        return f"is not completed after {_clock(history.end)}"
    last, took = history.moments[-1].rollout.target, _clock(history.completed)
    return f"is completed after {took}" if last == history.target else f"ends on {last} after {took}"


def _changes(history: History) -> Table:
    names = history.timeline.revisions
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("time", justify="right", no_wrap=True)
    for name in names:
        table.add_column(Text(name), overflow="fold")
    table.add_column("what changed", ratio=1)
    before: Moment | None = None
    drawn: list[Text] = []
    for moment in history.moments:
        words = _words(moment, before, [deed for deed in history.deeds if deed.time == moment.time])
        replicas = [_replicas(moment.numbers.get(name)) for name in names]
        if words or replicas != drawn:
            table.add_row(
                "before" if moment.time < 0 else _clock(moment.time), *replicas, Text("; ".join(words))
            )
        before, drawn = moment, replicas
    return table


def _words(moment: Moment, before: Moment | None, deeds: Sequence[Deed]) -> list[str]:
    words = [f"{deed.verb}: {deed.answer}" for deed in deeds]
    if before is None or routing_words(moment.routing) != routing_words(before.routing):
        words.append(routing_words(moment.routing))
    if moment.rollout.paused and not (before and before.rollout.paused):
        words.append("paused")
    if moment.hold and not (before and before.hold == moment.hold):
        words.append(moment.hold)
    if (
        "ProgressDeadlineExceeded" in moment.progressing
        and before
        and before.progressing != moment.progressing
    ):
        words.append("progress deadline exceeded")
    return words


def _replicas(numbers: Numbers | None) -> Text:
    if numbers is None:
        return Text("")
    starting = numbers.replicas - numbers.ready
    if numbers.replicas + numbers.terminating <= _MOST_DRAWN:
        return Text("■" * numbers.ready + "□" * starting + "×" * numbers.terminating)
    counts = ((numbers.ready, "ready"), (starting, "starting"), (numbers.terminating, "terminating"))
    return Text(", ".join(f"{count} {word}" for count, word in counts if count))


def _loads(loads: Sequence[PageLoad]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("time", justify="right", no_wrap=True)
    for part in PARTS:
        table.add_column(part, overflow="fold")  # names often differ in their last letters only
    table.add_column("")
    for load in loads:
        parts = [
            revision or cause.name.lower().replace("_", " ")
            for revision, cause in zip(load.revisions, load.causes, strict=True)
        ]
        verdict = ["mixed"] * load.mixed + ["failed"] * (None in load.revisions)
        table.add_row(_clock(load.time), *map(Text, parts), Text(", ".join(verdict)))
    return table


def _clock(time: int) -> str:
    """A time to the tenth of a second."""
    return format_duration(round(time * 10 / SECOND) * SECOND // 10)

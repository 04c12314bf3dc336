"""A sweep for people: the front first, then what it beats, in a table that fits 100 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from turnout.report.terminal import bullets, cell, heading, introduction
from turnout.sweeping.front import badness

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from turnout.results import StrategyOutcome
    from turnout.sweeping import Sweep

__all__ = ["sweep_parts"]

_COLUMNS = 4
"""So many metrics stand side by side."""

_ROWS = 20
"""So many points are shown of those that are not on the front."""


def sweep_parts(sweep: Sweep) -> Iterator[RenderableType]:
    """Lay a sweep out, part by part."""
    rollouts = f"{sweep.count} rollouts" + (f" of {sweep.asked}" if sweep.count < sweep.asked else "")
    how = f"{len(sweep.points)} points, {rollouts} each, seed {sweep.seed}"
    yield from introduction(sweep.scenario, sweep.traffic, how)
    yield Text("Median of all rollouts, and in brackets the range of the middle 90 %.")
    front, met = sweep.front, {each.spec for each in sweep.met}
    best = {each.spec for each in front}
    others = sorted(
        (each for each in sweep.points if each.spec not in best),
        key=lambda each: (each.spec not in met, [badness(each, metric) for metric in sweep.metrics]),
    )
    limits = dict.fromkeys(each.metric for each in sweep.requirements)
    columns = list(dict.fromkeys((*sweep.metrics, *limits)))
    for first in range(0, len(columns), _COLUMNS):
        yield Text()
        yield _table(front, others[:_ROWS], columns[first : first + _COLUMNS], met)
    if len(others) > _ROWS:
        yield Text(f"… and {len(others) - _ROWS} more that are not on the front; --format json has them all")
    yield from bullets("Verdict", sweep.verdict)
    yield from bullets("This rests on", sweep.assumptions)


def _table(
    front: Sequence[StrategyOutcome], others: Sequence[StrategyOutcome], metrics: Sequence[str], met: set[str]
) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("", overflow="fold")
    for metric in metrics:
        table.add_column(
            Text(heading(metric.replace("_", "-")).replace("-", "_")), justify="right", no_wrap=True
        )
    unmet = [each for each in others if each.spec not in met]
    beaten = [each for each in others if each.spec in met]
    sections = (
        ("On the Pareto front", front),
        ("Beaten", beaten),
        ("Do not meet the limits", unmet),
    )
    for title, points in sections:
        if points:
            table.add_row(Text(title, style="bold"))
        for each in points:
            row = (Text(cell(metric, each.outcome[metric])) for metric in metrics)
            table.add_row(Text("  " + each.label.replace(",", ",\n    ")), *row)
    return table

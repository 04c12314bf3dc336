"""A comparison for people: a table that fits 100 columns, the verdict, and what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from turnout.metrics import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import RenderableType

    from turnout.results import Comparison, Range, StrategyOutcome
    from turnout.scenario import Scenario
    from turnout.traffic import Traffic

__all__ = ["bullets", "cell", "comparison_parts", "heading", "introduction", "number", "span"]

_SECONDS = ("longest_wait_seconds", "duration_seconds", "mixed_seconds", "rollback_seconds")
_COLUMNS = 5
_TOTALS = tuple(name for name, metric in METRICS.items() if metric.better is None)
"""What is not a strategy's doing, and the same for all."""
_ONLY_WHERE_IT_HAPPENS = (
    "failed_no_endpoint",
    "failed_not_started",
    "failed_terminated",
    "failed_overloaded",
    "failed_bad_revision",
    "restarted_requests",
)
_ONLY_WHERE_MEASURED = ("longest_wait_seconds",)


def comparison_parts(comparison: Comparison) -> Iterator[RenderableType]:
    """Lay a comparison out, part by part."""
    how = f"{comparison.count} rollouts each, seed {comparison.seed}"
    yield from introduction(comparison.scenario, comparison.traffic, how)
    given = [
        outcome.spec
        for outcome in comparison.strategies
        if ":" in outcome.spec and outcome.label != outcome.spec
    ]
    if given:
        yield Text(f"Parameters: {', '.join(given)}")
    yield Text("Median of all rollouts, and in brackets the range of the middle 90 %.")
    totals = ", ".join(
        f"{cell(name, found)} {METRICS[name].unit}"
        for name, found in comparison.strategies[0].outcome.items()
        if name in _TOTALS
    )
    until = "the last strategy has ended its own" if len(comparison.strategies) > 1 else "it has ended"
    yield Text(f"Counted from a rollout's start until {until}: {totals}.")
    for first in range(0, len(comparison.strategies), _COLUMNS):
        yield Text()
        yield _table(comparison.strategies[first : first + _COLUMNS])
    yield from bullets("Verdict", comparison.verdict)
    yield from bullets("This rests on", comparison.assumptions)


def introduction(scenario: Scenario, traffic: Traffic, how: str) -> Iterator[RenderableType]:
    """Say what was rolled out, how often, and which traffic met it."""
    workload = scenario.workload
    replicas = workload.rollout.replicas
    yield Text(
        f"{workload.kind} {workload.name}: {scenario.previous} -> {scenario.target} on {replicas} replicas, {how}"
    )
    yield Text(
        f"Traffic: {traffic.label}, {traffic.sessions:,} sessions, {traffic.page_views:,} page views, "
        f"{traffic.requests:,} requests in {span((traffic.end - traffic.start) / 1e6)}"
    )


def bullets(heading: str, lines: Iterable[str]) -> Iterator[RenderableType]:
    """Lay a heading and sentences out."""
    yield Text()
    yield Text(heading, style="bold")
    for line in lines:
        yield Padding(_bullet(line), (0, 0, 0, 2))


def _bullet(line: str) -> Table:
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_row(Text("-"), Text(line))
    return grid


def _table(outcomes: tuple[StrategyOutcome, ...]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("", no_wrap=True)
    for outcome in outcomes:
        table.add_column(Text(heading(outcome.label)), justify="right", max_width=16, overflow="fold")
    for name in METRICS:
        if name in _TOTALS:
            continue
        ranges = [outcome.outcome[name] for outcome in outcomes]
        if name in _ONLY_WHERE_IT_HAPPENS and all(each.high == 0 for each in ranges):
            continue
        if name in _ONLY_WHERE_MEASURED and not any(each.count for each in ranges):
            continue
        table.add_row(Text(name), *(Text(cell(name, each)) for each in ranges))
    return table


def heading(spec: str) -> str:
    """Write a strategy's spec, broken where a reader would break it."""
    return spec.replace(":", ":\n").replace(",", ",\n").replace("-", "-\n")


def cell(name: str, found: Range) -> str:
    """Write the range of a metric."""
    if not found.count:
        return "n/a"
    write = span if name in _SECONDS else number
    low, median, high = (write(each) for each in (found.low, found.median, found.high))
    if low == median == high:
        return median
    unit = low.lstrip("0123456789.")
    if unit and unit == high.lstrip("0123456789."):
        low = low.removesuffix(unit)  # 1.6–2.7k: a unit that both ends have is written once
    return f"{median} ({low}–{high})"


def number(value: float | None) -> str:
    """Write a number in at most five characters; a dash for one without end."""
    if value is None:
        return "—"
    if 0 < value < 0.00995 or value >= 9.995e14:
        return f"{value:.0e}"
    for size, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= 0.9995 * size:
            return f"{value / size:.0f}{unit}" if value >= 9.95 * size else f"{value / size:.1f}{unit}"
    return f"{value:.0f}" if value == int(value) or value >= 9.95 else f"{value:.2g}"


def span(seconds: float | None) -> str:
    """Write a number of seconds in at most five characters; a dash for one that never ends."""
    if seconds is None:
        return "—"
    for size, unit in ((365 * 86_400, "y"), (86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f}{unit}" if seconds >= 9.95 * size else f"{seconds / size:.1f}{unit}"
    if 0 < seconds < 0.0995:
        return f"{1e6 * seconds:.0f}µs" if seconds < 0.0009995 else f"{1e3 * seconds:.0f}ms"
    return f"{seconds:.0f}s" if seconds == int(seconds) or seconds >= 9.95 else f"{seconds:.2g}s"

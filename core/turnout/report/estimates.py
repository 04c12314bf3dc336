"""An estimate, as a plain dict and for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from turnout.arguments import check_instance
from turnout.estimation import ESTIMATED, Estimate
from turnout.report.document import scenario_document, traffic_document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

__all__ = ["estimate_document", "estimate_parts"]

_TOTALS = ("sessions", "page_views", "requests")
_COLUMNS = 5


def estimate_document(estimate: Estimate) -> dict[str, Any]:
    """Return an estimate as JSON has it.

    Raises:
        InputError: If it is none.
    """
    check_instance(estimate, Estimate, "estimate", "it takes what estimate gives")
    return {
        "scenario": {
            **scenario_document(estimate.scenario),
            "traffic": traffic_document(estimate.traffic),
            "rollouts": estimate.count,
            "seed": estimate.seed,
        },
        "strategies": [
            {
                "name": each.name,
                "spec": each.spec,
                "parameters": dict(each.parameters),
                "expected": {name: attrs.asdict(found) for name, found in each.expected.items()} or None,
                "why_not": each.why_not or None,
                "duration_seconds": each.duration_seconds,
            }
            for each in estimate.strategies
        ],
        "assumptions": list(estimate.assumptions),
    }


def estimate_parts(estimate: Estimate) -> Iterator[RenderableType]:
    """Lay an estimate out, part by part, on 100 columns."""
    from rich.table import Table  # noqa: PLC0415  (the document does without)
    from rich.text import Text  # noqa: PLC0415

    from turnout.report.terminal import bullets, cell, heading, introduction, span  # noqa: PLC0415

    how = f"estimated at {estimate.count} moments, seed {estimate.seed}"
    yield from introduction(estimate.scenario, estimate.traffic, how)
    yield Text("Expected numbers: the median over the moments, and in brackets the range of the middle 90 %.")
    known = [each for each in estimate.strategies if each.expected]
    if known:
        totals = (f"{cell(name, known[0].expected[name])} {name.replace('_', ' ')}" for name in _TOTALS)
        yield Text(
            f"Counted from a rollout's start until the last of all strategies has ended its own: {', '.join(totals)}."
        )
    for first in range(0, len(known), _COLUMNS):
        some = known[first : first + _COLUMNS]
        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
        table.add_column("", no_wrap=True)
        for each in some:
            table.add_column(Text(heading(each.label)), justify="right", max_width=16, overflow="fold")
        for name in ESTIMATED:
            ranges = [each.expected[name] for each in some]
            rare = name.startswith("failed_") and name != "failed_requests"
            if name not in _TOTALS and not (rare and all(each.high == 0 for each in ranges)):
                table.add_row(name, *(cell(name, each) for each in ranges))
        table.add_row("duration_seconds", *(span(each.duration_seconds) for each in some))
        yield Text()
        yield table
    unknown = [f"{each.label}: {each.why_not}." for each in estimate.strategies if each.why_not]
    if unknown:
        yield from bullets("Not estimated", unknown)
    yield from bullets("This rests on", estimate.assumptions)

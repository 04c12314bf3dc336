"""What is compared: each engine lets the same sessions meet the same rollout, and returns the same counts."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import attrs

from turnout.simulator.compiled import loaded
from turnout.simulator.measure import compatibility
from turnout.simulator.meter import Meter
from turnout.simulator.passes import pass_through

if TYPE_CHECKING:
    from collections.abc import Iterable

    from turnout.routing.timeline import Timeline
    from turnout.simulator.block import Block

__all__ = ["ENGINES", "kernel", "run"]

ENGINES = ("simpy", "naive", "turnout", "turnout[fast]")
"""The last one is the third with what ``python -m turnout.simulator.compiled`` has compiled, if anything."""


def run(engine: str, blocks: Iterable[Block], timeline: Timeline) -> dict[str, int]:
    """Run one of `ENGINES`, importing no other: the counts that are not 0."""
    if engine in ("turnout", "turnout[fast]"):
        counts = kernel(blocks, [timeline], fast=engine != "turnout")[0]
    elif engine == "simpy":
        counts = import_module("tests.benchmarks.events").simulate(blocks, timeline)
    else:
        counts = import_module("tests.benchmarks.naive").measure(blocks, timeline)
    return {name: count for name, count in counts.items() if count}


def kernel(blocks: Iterable[Block], timelines: list[Timeline], *, fast: bool = False) -> list[dict[str, int]]:
    """Let several rollouts meet the sessions in one pass."""
    meters = [Meter(each, compatibility(each.revisions, ())) for each in timelines]
    pass_through(blocks, meters, accelerator=loaded if fast else lambda: None)
    return [{**attrs.asdict(meter.effects), "peak_load": meter.peak_load} for meter in meters]

"""What is compared: each engine lets the same sessions meet the same rollout, and returns the same counts."""

from __future__ import annotations

import sys
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
    from turnout.simulator.compiled import Walk

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


def _compiled() -> Walk:
    """The compiled walk: without it, what is measured would be the arrays again."""
    walk = loaded()
    if walk is None:
        sys.exit("nothing is compiled, or it cannot be loaded: python -m turnout.simulator.compiled")
    return walk


def kernel(blocks: Iterable[Block], timelines: list[Timeline], *, fast: bool = False) -> list[dict[str, int]]:
    """Let several rollouts meet the sessions in one pass."""
    meters = [Meter(each, compatibility(each.revisions, ())) for each in timelines]
    pass_through(blocks, meters, accelerator=_compiled if fast else lambda: None)
    return [{**attrs.asdict(meter.effects), "peak_load": meter.peak_load} for meter in meters]

"""Measures turnout against SimPy and naive NumPy, and its parsing against a regular expression.

``python -m tests.benchmarks`` prints it all. Every engine is given the same sessions, draws and rollouts, and has to
return the same counts; both ways of parsing are given the same lines, and have to find the same requests.
"""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
from pathlib import Path

import attrs

from tests.benchmarks.child import Run, measured
from tests.benchmarks.parsing import rows
from tests.benchmarks.plot import draw
from tests.benchmarks.workload import ROUTINGS

MEGABYTE = 1 << 20


@attrs.frozen
class Sizes:
    """How much is measured. Requests are counted by the thousand."""

    simpy: int
    naive: tuple[int, ...]
    turnout: tuple[int, ...]
    fast: tuple[int, ...]
    replicas: tuple[int, ...]
    lines: int

    @property
    def engines(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """What is measured against SimPy, and at which sizes; each of the last engine's is one of the one before."""
        engines = ("naive", self.naive), ("turnout", self.turnout), ("turnout[fast]", self.fast)
        return engines if self.fast else engines[:-1]


FULL = Sizes(1_000, (1_000, 10_000), (1_000, 10_000, 100_000), (10_000, 100_000), (10, 100, 1000), 300_000)
QUICK = Sizes(20, (20, 200), (20, 200, 3_000), (3_000,), (10,), 20_000)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and draw if asked to: 1 if any two engines disagree."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description=__doc__.partition("\n")[0]
    )
    parser.add_argument(
        "--quick", action="store_true", help="small sizes: says whether all agree, in a minute"
    )
    parser.add_argument("--times", type=int, default=1, help="run each so many times; the quickest counts")
    parser.add_argument("--routing", choices=ROUTINGS, help="measure this one only; no logs")
    parser.add_argument("--replicas", type=int, help="measure with so many only; no logs")
    parser.add_argument("--plot", type=Path, help="draw how cost grows into this SVG file, too")
    asked = parser.parse_args(arguments)
    if asked.plot is not None and importlib.util.find_spec("matplotlib") is None:
        parser.error("--plot needs matplotlib, which is not installed")
    if asked.times < 1 or (asked.replicas is not None and asked.replicas < 1):
        parser.error("--times and --replicas take whole numbers from 1")
    sizes = QUICK if asked.quick else FULL
    if asked.replicas is not None:
        sizes = attrs.evolve(sizes, replicas=(asked.replicas,))
    # In a process of its own: the most memory that a process held is handed down to those that it starts.
    if subprocess.call([sys.executable, "-m", "turnout.simulator.compiled"], stdout=subprocess.DEVNULL):
        sizes = attrs.evolve(sizes, fast=())
    head = ["routing", "replicas", f"SimPy, {_size(sizes.simpy)}"]
    for engine, measures in sizes.engines:
        head += [f"{engine}, {_size(each)}" for each in measures] + ["MB"] * (engine != "naive")
    head += ["the same"]
    _say(head)
    _say(["---"] * len(head))
    agreed = True
    for replicas in sizes.replicas:
        for routing in ROUTINGS if asked.routing is None else (asked.routing,):
            row, same = _row(routing, replicas, sizes, asked.times)
            agreed &= same
            _say([routing, str(replicas), *row, "yes" if same else "NO"])
    if asked.routing is None and asked.replicas is None:
        agreed &= _parsing(sizes.lines)
    if asked.plot is not None:
        draw(asked.plot, quick=asked.quick)
    return 0 if agreed else 1


def _parsing(lines: int) -> bool:
    """Measure how fast logs are parsed; whether both ways agree."""
    agreed = True
    sys.stdout.write("\n")
    _say(["log", "bytes a line", "regular expression, lines/s", "turnout, lines/s", "ratio", "the same"])
    _say(["---"] * 6)
    for row in rows(lines):
        agreed &= row.agrees
        rates = [f"{row.plain / 1e3:,.0f} k", f"{row.fast / 1e3:,.0f} k", f"{row.ratio:.1f}"]
        _say([row.name, f"{row.bytes_per_line:.0f}", *rates, "yes" if row.agrees else "NO"])
    return agreed


def _say(cells: list[str]) -> None:
    sys.stdout.write("| " + " | ".join(cells) + " |\n")
    sys.stdout.flush()


def _row(routing: str, replicas: int, sizes: Sizes, times: int) -> tuple[list[str], bool]:
    def of(engine: str, size: int) -> Run:
        return measured(engine, routing, size * 1000, replicas, times=times)

    simpy = of("simpy", sizes.simpy)
    runs = {engine: {size: of(engine, size) for size in measures} for engine, measures in sizes.engines}
    turnout = runs["turnout"]
    same = turnout[sizes.simpy].counts == simpy.counts
    same &= all(
        turnout[size].counts == each.counts for found in runs.values() for size, each in found.items()
    )
    cells = [f"{simpy.rate / 1000:.0f} k"]
    for engine, found in runs.items():
        cells += [f"{each.rate / simpy.rate:.0f}" for each in found.values()]
        if engine != "naive":
            peaks = [each.peak / MEGABYTE for each in found.values()]
            cells.append(f"{min(peaks):.0f}–{max(peaks):.0f}")
    return cells, same


def _size(thousands: int) -> str:
    return f"{thousands // 1000} M" if thousands >= 1000 else f"{thousands} k"


if __name__ == "__main__":
    sys.exit(main())

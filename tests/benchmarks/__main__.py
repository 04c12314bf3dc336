"""Measures turnout against SimPy and naive NumPy, and prints one table: ``python -m tests.benchmarks``.

Every engine is given the same sessions, draws and rollouts, and has to return the same counts.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import attrs

from tests.benchmarks.child import Run, measured
from tests.benchmarks.plot import draw
from tests.benchmarks.workload import ROUTINGS

MEGABYTE = 1 << 20


@attrs.frozen
class Sizes:
    """How much is measured. Requests are counted by the thousand."""

    simpy: int
    naive: tuple[int, ...]
    turnout: tuple[int, ...]
    replicas: tuple[int, ...]

    @property
    def engines(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """What is measured against SimPy, and at which sizes."""
        return ("naive", self.naive), ("turnout", self.turnout)


FULL = Sizes(1_000, (1_000, 10_000), (1_000, 10_000, 100_000), (10, 100, 1000))
QUICK = Sizes(20, (20, 200), (20, 200, 2_000), (10,))


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and draw if asked to: 1 if any two engines disagree."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="small sizes: says whether all agree, in a minute"
    )
    parser.add_argument("--times", type=int, default=1, help="run each so many times; the quickest counts")
    parser.add_argument("--plot", type=Path, help="draw how cost grows into this SVG file, too")
    asked = parser.parse_args(arguments)
    sizes = QUICK if asked.quick else FULL
    naive, turnout = ([f"{who}, {_size(each)}" for each in of] for who, of in sizes.engines)
    head = ["routing", "replicas", f"SimPy, {_size(sizes.simpy)}", *naive, *turnout, "MB", "the same"]
    _say(head)
    _say(["---"] * len(head))
    agreed = True
    for replicas in sizes.replicas:
        for routing in ROUTINGS:
            row, same = _row(routing, replicas, sizes, asked.times)
            agreed &= same
            _say([routing, str(replicas), *row, "yes" if same else "NO"])
    if asked.plot is not None:
        draw(asked.plot, quick=asked.quick)
    return 0 if agreed else 1


def _say(cells: list[str]) -> None:
    sys.stdout.write("| " + " | ".join(cells) + " |\n")
    sys.stdout.flush()


def _row(routing: str, replicas: int, sizes: Sizes, times: int) -> tuple[list[str], bool]:
    def of(engine: str, size: int) -> Run:
        return measured(engine, routing, size * 1000, replicas, times=times)

    simpy = of("simpy", sizes.simpy)
    naive = {size: of("naive", size) for size in sizes.naive}
    turnout = {size: of("turnout", size) for size in sizes.turnout}
    same = turnout[sizes.simpy].counts == simpy.counts
    same &= all(turnout[size].counts == each.counts for size, each in naive.items())
    ratios = [f"{each.rate / simpy.rate:.0f}" for each in (*naive.values(), *turnout.values())]
    peaks = [each.peak / MEGABYTE for each in turnout.values()]
    return [f"{simpy.rate / 1000:.0f} k", *ratios, f"{min(peaks):.0f}–{max(peaks):.0f}"], same


def _size(thousands: int) -> str:
    return f"{thousands // 1000} M" if thousands >= 1000 else f"{thousands} k"


if __name__ == "__main__":
    sys.exit(main())

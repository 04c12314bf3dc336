"""Draws how the cost of a rollout grows with requests, replicas, revisions and strategies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.benchmarks.child import measured

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["draw"]

_ROUTINGS = ("spread", "split", "sticky to revision", "sticky to replica", "sticky page")


def draw(path: Path, *, quick: bool) -> None:
    """Measure, and write an SVG file.

    Args:
        path: Where to.
        quick: Measure a hundredth of the requests.
    """
    import matplotlib as mpl  # noqa: PLC0415  not needed for the table

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "turnout"
    from matplotlib import pyplot as plt  # noqa: PLC0415

    scale = 100 if quick else 1
    figure, ((by_requests, by_replicas), (by_revisions, by_strategies)) = plt.subplots(2, 2, figsize=(10, 7))
    sizes = [each // scale for each in (1_000_000, 3_000_000, 10_000_000, 30_000_000, 100_000_000)]
    for routing in _ROUTINGS:
        runs = [measured("turnout", routing, size, 100) for size in sizes]
        by_requests.plot(sizes, [each.seconds for each in runs], marker="o", label=routing)
    _label(by_requests, "requests", "seconds", log="both")
    by_requests.legend()
    size = 10_000_000 // scale
    replicas = (3, 10, 30, 100, 300, 1000, 3000)
    for routing in _ROUTINGS:
        runs = [measured("turnout", routing, size, each) for each in replicas]
        by_replicas.plot(replicas, [each.seconds for each in runs], marker="o", label=routing)
    _label(by_replicas, "replicas", f"seconds for {size:,} requests", log="x")
    revisions = (2, 3, 5, 10, 20, 50)
    runs = [measured("turnout", "spread", size, 10, revisions=each) for each in revisions]
    by_revisions.plot(revisions, [each.seconds for each in runs], marker="o")
    _label(by_revisions, "revisions, one after the other", f"seconds for {size:,} requests")
    strategies = (1, 2, 3, 5, 8)
    for routing in _ROUTINGS:
        runs = [measured("turnout", routing, size, 100, strategies=each) for each in strategies]
        by_strategies.plot(strategies, [each.seconds for each in runs], marker="o", label=routing)
    _label(by_strategies, "strategies in one pass", f"seconds for {size:,} requests")
    figure.tight_layout()
    figure.savefig(path, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))


def _label(axes: Any, across: str, up: str, log: str = "") -> None:
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    if log:
        axes.set_xscale("log")
    if log == "both":
        axes.set_yscale("log")
    else:
        axes.set_ylim(bottom=0)
    axes.grid(visible=True, alpha=0.3)

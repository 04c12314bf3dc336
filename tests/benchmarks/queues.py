"""Measures what queues cost, in nanoseconds of processor time for each request: ``python -m tests.benchmarks.queues``.

Requests are sent to any of the replicas, which are replaced one by one; made, routed and measured as in
`tests.benchmarks`, but in this process.
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.benchmarks.workload import SPAN, Workload, rollout
from turnout.simulator.measure import compatibility
from turnout.simulator.meter import Meter
from turnout.simulator.passes import pass_through
from turnout.units import SECOND

__all__ = ["main"]

REPLICAS = (10, 100, 1000)
LOADS = (0.5, 1.25)
"""What comes to a replica, of what it serves."""


def main(arguments: list[str] | None = None) -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.queues", description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000_000, help="about how many requests an hour")
    parser.add_argument("--times", type=int, default=1, help="run each so many times; the quickest counts")
    asked = parser.parse_args(arguments)
    sys.stdout.write("| replicas | load | no limit | by the second | late | queues | late |\n")
    sys.stdout.write("| --- | --- | --- | --- | --- | --- | --- |\n")
    for replicas in REPLICAS:
        for load in LOADS:
            served = max(1, round(asked.requests * SECOND / (SPAN * replicas * load)))
            row = [f"{replicas}", f"{load:.0%}"]
            for capacity, timeout in ((None, None), (served, None), (served, SECOND)):
                found = [
                    _run(asked.requests, replicas, capacity=capacity, queue_timeout=timeout)
                    for _ in range(max(1, asked.times))
                ]
                row.append(f"{min(taken for taken, _ in found):.0f}")
                row += [] if capacity is None else [f"{found[0][1]:.0%}"]
            sys.stdout.write(f"| {' | '.join(row)} |\n")
            sys.stdout.flush()
    return 0


def _run(
    requests: int, replicas: int, *, capacity: int | None, queue_timeout: int | None
) -> tuple[float, float]:
    """Nanoseconds for each request, and the share of them that failed as overloaded."""
    timeline = rollout("spread", replicas)
    meter = Meter(
        timeline, compatibility(timeline.revisions, ()), capacity=capacity, queue_timeout=queue_timeout
    )
    begin = time.process_time()
    pass_through(Workload(requests), [meter], accelerator=lambda: None)  # arrays against arrays
    taken = time.process_time() - begin
    return 1e9 * taken / meter.effects.requests, meter.effects.overloaded / meter.effects.requests


if __name__ == "__main__":
    sys.exit(main())

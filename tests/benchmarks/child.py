"""One run of one engine in a process of its own: ``python -m tests.benchmarks.child``, which the benchmarks start.

What it takes is the processor time of the whole process: the interpreter's start, imports and making the sessions too.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import attrs

from tests.benchmarks.engines import kernel, run
from tests.benchmarks.workload import Workload, rollout, several

__all__ = ["Run", "measured"]


@attrs.frozen(kw_only=True)
class Run:
    """What one run of an engine took.

    Attributes:
        counts: What it counted.
        seconds: The processor time of its process.
        peak: The most memory that its process held, bytes.
    """

    counts: dict[str, int]
    seconds: float
    peak: int

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.counts["requests"] / self.seconds


def measured(
    engine: str,
    routing: str,
    requests: float,
    replicas: int,
    *,
    revisions: int = 2,
    strategies: int = 1,
    times: int = 1,
) -> Run:
    """Run an engine in a process of its own; the quickest of several times.

    Args:
        engine: One of `tests.benchmarks.engines.ENGINES`.
        routing: One of `tests.benchmarks.workload.ROUTINGS`.
        requests: About how many requests.
        replicas: How many replicas are replaced.
        revisions: How many revisions follow one another; other than two only in turnout.
        strategies: How many such rollouts meet the sessions in one pass; more than one only in turnout.
        times: How many times.
    """
    asked = [engine, routing, str(round(requests)), str(replicas), str(revisions), str(strategies)]
    root = Path(__file__).parents[2]
    found = []
    for _ in range(times):
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.child", *asked],
            cwd=root,
            check=True,
            capture_output=True,
            text=True,
        )
        found.append(Run(**json.loads(done.stdout)))
    return min(found, key=lambda each: each.seconds)


def _main(engine: str, routing: str, requests: str, replicas: str, revisions: str, strategies: str) -> None:
    blocks = Workload(int(requests))
    timeline = rollout(routing, int(replicas)) if revisions == "2" else several(int(replicas), int(revisions))
    many = int(strategies)
    counts = run(engine, blocks, timeline) if many == 1 else kernel(blocks, [timeline] * many)[0]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    sys.stdout.write(json.dumps({"counts": counts, "seconds": time.process_time(), "peak": peak}))


if __name__ == "__main__":
    _main(*sys.argv[1:])

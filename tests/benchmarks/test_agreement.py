"""The engines say the same: SimPy, naive NumPy and turnout, for every routing. Nothing is timed.

So few requests are not worth what is compiled: that it says the same is tested in `tests.simulator.test_walk`.
"""

from __future__ import annotations

import pytest

from tests.benchmarks.engines import ENGINES, kernel, run
from tests.benchmarks.workload import ROUTINGS, Workload, rollout, several


@pytest.mark.parametrize("replicas", [1, 20])
@pytest.mark.parametrize("routing", ROUTINGS)
def test_engines_agree(routing: str, replicas: int) -> None:
    simpy, naive, turnout = (
        run(engine, Workload(5_000), rollout(routing, replicas)) for engine in ENGINES[:-1]
    )
    assert simpy == naive == turnout
    assert turnout["requests"] > 3_000


def test_many_rollouts_in_one_pass_are_as_many_alone() -> None:
    rollouts = [*(rollout(routing, 20) for routing in ROUTINGS), several(5, 4)]
    together = kernel(Workload(5_000), rollouts)
    assert together == [kernel(Workload(5_000), [each])[0] for each in rollouts]

"""Why sessions mix, in the smallest story there is: two requests of one session in a rolling update.

Hypothesis finds it. The session's first request is answered by the one revision, its second by the other, and nothing
has gone wrong: the rollout is Kubernetes' default, the weather is clear.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import attrs
from hypothesis import Phase, find, settings

from turnout.invariants import INVARIANTS
from turnout.routing.plain import Cause
from turnout.testing.generators import worlds
from turnout_strategies.rolling import Rolling

if TYPE_CHECKING:
    from turnout import Trace
    from turnout.verify import World
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from turnout import Trace

ROLLING = Rolling()


def of_two_replicas(world: World) -> World:
    workload = world.scenario.workload
    rollout = attrs.evolve(workload.rollout, replicas=2)
    return attrs.evolve(
        world, scenario=attrs.evolve(world.scenario, workload=attrs.evolve(workload, rollout=rollout))
    )


def mixes(world: World) -> bool:
    return INVARIANTS["one-version-per-session"].check(world.run(ROLLING)) is not None


def smallest_story() -> tuple[World, Trace]:
    world = find(
        worlds("clear").map(of_two_replicas),
        mixes,
        random=Random(1),  # noqa: S311  # the same story every time
        settings=settings(max_examples=5000, database=None, phases=[Phase.generate, Phase.shrink]),
    )
    return world, world.run(ROLLING)


def test_a_rolling_update_serves_one_session_by_two_revisions() -> None:
    world, trace = smallest_story()
    assert world.scenario.workload.rollout.replicas == 2
    assert world.scenario.weather.clear
    assert world.scenario.runbook.entries == ()
    assert world.traffic.sessions == 1
    assert world.traffic.requests == 2
    one, other = trace.answers
    assert (one.session, one.life) == (other.session, other.life)
    assert {one.revision, other.revision} == {"old", "new"}
    assert one.cause is other.cause is Cause.SERVED
    violation = INVARIANTS["one-version-per-session"].check(trace)
    assert violation is not None
    assert violation.text == f"session 0 saw {one.revision}, then {other.revision}"

"""Why sessions mix, in the smallest story there is: two requests of one session in a rolling update.

Hypothesis finds it. The session's first request is answered by the one revision, its second by the other, and nothing
has gone wrong: the rollout is Kubernetes' default, the weather is clear.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from hypothesis import Phase, find, settings

from turnout.invariants import INVARIANTS
from turnout.routing.plain import Cause
from turnout.testing.generators import worlds
from turnout.verify.shrink import shrunk
from turnout_strategies.rolling import Rolling

if TYPE_CHECKING:
    from turnout import Strategy, Trace
    from turnout.verify import World

ROLLING = Rolling()


def mixes(world: World, strategy: Strategy = ROLLING) -> bool:
    """Whether a session meets two revisions where two replicas are replaced."""
    return (
        world.scenario.workload.rollout.replicas == 2
        and INVARIANTS["one-version-per-session"].check(world.run(strategy)) is not None
    )


def smallest_story() -> tuple[World, Trace]:
    found = find(
        worlds("clear"),
        mixes,
        random=Random(1),  # noqa: S311  # the same story every time
        settings=settings(max_examples=5000, database=None, phases=[Phase.generate]),
    )
    world, _ = shrunk(found, ROLLING, mixes, lambda: True)
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

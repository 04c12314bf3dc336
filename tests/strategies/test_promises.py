"""Every strategy keeps what it promises, over generated rollouts, parameters, traffic, operators and weather."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.strategies.worlds import World, durations, worlds
from turnout import IntOrPercent, Strategy
from turnout.invariants import INVARIANTS
from turnout.units import seconds
from turnout_strategies import two_step
from turnout_strategies.blue_green import BlueGreen
from turnout_strategies.recreate import Recreate
from turnout_strategies.rolling import Rolling
from turnout_strategies.session_affinity import SessionAffinity
from turnout_strategies.two_step import TwoStep

ALL_INVARIANTS = {**INVARIANTS, **{each.name: each for each in two_step.turnout_invariants()}}

amounts = st.one_of(
    st.integers(0, 5).map(IntOrPercent),
    st.integers(0, 100).map(lambda number: IntOrPercent(number, percent=True)),
)


@st.composite
def steps(draw: st.DrawFn) -> dict[str, IntOrPercent]:
    """A surge and an unavailability that the API server takes: not both zero."""
    surge, unavailable = draw(amounts), draw(amounts)
    if surge.value == 0 == unavailable.value:
        surge = IntOrPercent(1)
    return {"max_surge": surge, "max_unavailable": unavailable}


STRATEGIES: dict[str, st.SearchStrategy[Strategy]] = {
    "rolling": st.builds(
        lambda given, pause: Rolling(**given, pause_after=pause),
        steps(),
        st.none() | st.integers(1, 3).map(IntOrPercent),
    ),
    "recreate": st.just(Recreate()),
    "session-affinity": st.builds(
        lambda given, to, timeout: SessionAffinity(**given, to=to, drain_timeout=timeout),
        steps(),
        st.sampled_from(("revision", "replica")),
        st.just(seconds(3600)),
    ),
    "blue-green": st.builds(
        BlueGreen,
        auto_promotion=st.booleans(),
        auto_promotion_seconds=durations(0, 60),
        preview_replicas=st.none() | st.integers(1, 4),
        scale_down_delay_seconds=durations(20, 60),
        abort_scale_down_delay_seconds=durations(0, 60),
        switch=st.sampled_from(("instant", "page", "drain")),
    ),
    "two-step": st.builds(
        lambda given, inner: TwoStep(**given, inner=inner),
        steps(),
        st.sampled_from(("rolling", "blue-green")),
    ),
}


def on_condition(invariant: str, strategy: Strategy, world: World) -> bool:
    """Whether the world meets the condition under which the strategy promises the invariant, where it has one."""
    if invariant == "capacity-floor" and isinstance(strategy, BlueGreen):
        # A preview that is given up makes room at once, for its own fix: it is no capacity, but it is counted as such.
        given_up = any(entry.verb in ("abort", "undo") for entry in world.scenario.runbook.entries)
        return world.scenario.weather.clear or not given_up
    if invariant == "capacity-floor":
        # A ReplicaSet told to give up a replica that is not available may give up one that is: it looks at readiness,
        # and takes replicas that have been ready for times of the same power of two as equals.
        return world.scenario.weather.clear or not world.scenario.workload.rollout.min_ready_seconds
    if invariant in ("converges", "undo-restores") and strategy.deployment_type:
        # Scaled to the size that its one active replica set has already, a Deployment sees a scaling event for ever: it
        # writes its note of the wanted number only together with a size. It takes no further step.
        return not any(entry.verb == "scale" for entry in world.scenario.runbook.entries)
    return True


@pytest.mark.parametrize("name", sorted(STRATEGIES))
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), world=worlds())
def test_promises(name: str, data: st.DataObject, world: World) -> None:
    strategy = data.draw(STRATEGIES[name])
    trace = world.run(strategy)
    for promise in strategy.promises:
        if promise.applies(strategy) and on_condition(promise.invariant, strategy, world):
            violation = ALL_INVARIANTS[promise.invariant].check(trace)
            assert violation is None, f"{promise.invariant}: {violation}"

"""Every strategy keeps what it promises, over generated rollouts, parameters, traffic, operators and weather."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from turnout import Host
from turnout.testing.generators import strategies, worlds
from turnout.verify import World, judge

HOST = Host()


@pytest.mark.parametrize("name", sorted(HOST.strategies))
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), world=worlds())
def test_promises(name: str, data: st.DataObject, world: World) -> None:
    strategy = data.draw(strategies(HOST.strategies[name]))
    judged = judge(world, strategy, HOST.invariants.values())
    broken = {invariant: judged.broken[invariant] for invariant in judged.bound & judged.broken.keys()}
    assert not broken, f"{strategy}: {broken}"

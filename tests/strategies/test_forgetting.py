"""A strategy must be able to start from any observation: it keeps its promises though its memory is lost on the way."""

from __future__ import annotations

from functools import cache
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from turnout import Host, Observation, Plan, Strategy, seconds
from turnout.testing.generators import strategies, worlds
from turnout.verify import World, judge

HOST = Host()


@cache
def forgetful(kind: type[Strategy], moments: frozenset[int]) -> Any:
    """The same strategy, whose memory is lost in the second that begins at each of those moments."""

    def decide(self: Strategy, seen: Observation) -> Plan:
        lost = seen.time // seconds(1) in moments
        return kind.decide(self, attrs.evolve(seen, memory={}) if lost else seen)

    return attrs.frozen(kw_only=True)(type(kind.__name__, (kind,), {"decide": decide}))


@pytest.mark.parametrize("name", sorted(HOST.strategies.keys() - {"rolling"}))
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), world=worlds(), moments=st.frozensets(st.integers(0, 1800), min_size=1, max_size=3))
def test_promises_are_kept_without_memory(
    name: str, data: st.DataObject, world: World, moments: frozenset[int]
) -> None:
    drawn: Any = data.draw(strategies(HOST.strategies[name]))
    kind: type[Strategy] = type(drawn)
    fields = {each.name: getattr(drawn, each.name) for each in attrs.fields(type(drawn))}
    strategy: Strategy = forgetful(kind, moments)(**fields)
    judged = judge(world, strategy, HOST.invariants.values())
    broken = {invariant: judged.broken[invariant] for invariant in judged.bound & judged.broken.keys()}
    assert not broken, f"{strategy}: {broken}"

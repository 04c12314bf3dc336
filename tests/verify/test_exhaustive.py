"""Exhaustion closes the space of small rollouts, keeps what is kept, and finds what is broken."""

from __future__ import annotations

import pytest

from tests.bad_strategies import NeverFinishes, OffByOneFloor, OffByOneSurge, SkipsTheBridge, SwitchesTooEarly
from turnout import Host, Strategy
from turnout.verify.exhaustive import Small, exhaust
from turnout_strategies.recreate import Recreate
from turnout_strategies.rolling import Rolling

INVARIANTS = Host().invariants
TINY = Small(replicas=1, sessions=1, faults=1, verbs=1)


@pytest.mark.parametrize("strategy", [Rolling(), Recreate()], ids=lambda each: each.name)
def test_every_promise_holds_in_every_state(strategy: Strategy) -> None:
    found = exhaust(strategy, INVARIANTS.values(), TINY)
    assert found.closed
    assert found.broken == {}
    assert found.states > 100


@pytest.mark.parametrize(
    "bad",
    [OffByOneFloor, OffByOneSurge, SwitchesTooEarly, NeverFinishes, SkipsTheBridge],
    ids=lambda bad: bad.name,
)
def test_what_is_broken_is_found(bad: type[OffByOneFloor]) -> None:
    found = exhaust(bad(), INVARIANTS.values(), Small(replicas=2, sessions=1, faults=0, verbs=0))
    assert bad.breaks in found.broken
    assert found.broken[bad.breaks][0] == "the rollout begins"


def test_a_bound_that_is_reached_is_said() -> None:
    assert not exhaust(Rolling(), INVARIANTS.values(), Small(states=50)).closed

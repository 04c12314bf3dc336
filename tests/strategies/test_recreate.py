"""Recreate: all old ones away, the last of them awaited, all new ones at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnout import Bounds, Observation, ReplicaSet, Revision, Rollout
from turnout.controller.plans import asked
from turnout_strategies.recreate import Recreate, turnout_strategies


def seen(*old: ReplicaSet, target: ReplicaSet | None = None) -> Observation:
    sets = old if target is None else (*old, target)
    return Observation(rollout=Rollout(replicas=3, target="new"), replica_sets=sets)


def replica_set(name: str = "old", *, wanted: int = 0, replicas: int = 0, terminating: int = 0) -> ReplicaSet:
    return ReplicaSet(revision=Revision(1, name), wanted=wanted, replicas=replicas, terminating=terminating)


def test_every_old_replica_goes_at_once() -> None:
    old = replica_set("a", wanted=3), replica_set("b", wanted=2), replica_set("c")
    plan = Recreate().decide(seen(*old))
    assert plan.wanted == {"a": 0, "b": 0}
    assert plan.because == "scale down: all 5 old replicas at once"


@pytest.mark.parametrize("left", [replica_set(replicas=1), replica_set(terminating=1)])
def test_it_waits_for_the_last_old_replica(left: ReplicaSet) -> None:
    for target in (None, replica_set("new", wanted=0)):
        plan = Recreate().decide(seen(left, target=target))
        assert plan.wanted == {}
        assert plan.because == "wait: 1 old replicas still exist, terminating ones included"


def test_its_own_terminating_replicas_are_not_awaited() -> None:
    plan = Recreate().decide(seen(target=replica_set("new", terminating=2)))
    assert plan.wanted == {"new": 3}


def test_then_every_new_replica_starts() -> None:
    assert Recreate().decide(seen(replica_set())).wanted == {"new": 3}
    assert Recreate().decide(seen(target=replica_set("new", wanted=7))).wanted == {"new": 3}


NUMBERS = st.integers(0, 5)
SETS = st.builds(replica_set, st.just("old"), wanted=NUMBERS, replicas=NUMBERS, terminating=NUMBERS)


@given(SETS, st.one_of(st.none(), st.builds(replica_set, st.just("new"), wanted=NUMBERS)))
def test_it_never_starts_a_new_one_beside_an_old_one(old: ReplicaSet, target: ReplicaSet | None) -> None:
    observation = seen(old, target=target)
    plan = asked(Recreate(), observation)
    if old.wanted or old.replicas or old.terminating:
        assert plan.wanted.get("new", 0) <= observation.target.wanted
        assert plan.wanted.get("old", 0) == 0
    else:
        assert plan.wanted == {"new": 3}


def test_its_bounds() -> None:
    assert Recreate().bounds(4) == Bounds(0, 4)


def test_the_plugin_provides_it() -> None:
    assert list(turnout_strategies()) == [Recreate]

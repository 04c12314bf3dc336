"""The words of a rollout: what they derive from each other."""

from __future__ import annotations

from typing import ClassVar, Literal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnout import (
    Bounds,
    Observation,
    Plan,
    Promise,
    Proviso,
    ReplicaSet,
    Revision,
    Rollout,
    Spread,
    Strategy,
)

NUMBERS = st.integers(0, 9)


@st.composite
def replica_sets(draw: st.DrawFn, number: int) -> ReplicaSet:
    return ReplicaSet(
        revision=Revision(number, f"v{number}"),
        wanted=draw(NUMBERS),
        available=draw(NUMBERS),
        endpoints=draw(st.none() | NUMBERS),
    )


@st.composite
def observations(draw: st.DrawFn) -> Observation:
    numbers = sorted(draw(st.sets(st.integers(1, 5))))
    return Observation(
        rollout=Rollout(target=draw(st.sampled_from(["v1", "v3", "v9"]))),
        replica_sets=tuple(draw(replica_sets(number)) for number in numbers),
        time=draw(NUMBERS),
    )


@given(observations())
def test_an_observation_is_asked_by_name(seen: Observation) -> None:
    names = [each.name for each in seen.replica_sets]
    assert [each.name for each in seen.others] == [name for name in names if name != seen.rollout.target]
    assert seen.wanted == {each.name: each.wanted for each in seen.replica_sets}
    assert (seen.target in seen.replica_sets) == (seen.rollout.target in names)
    for each in seen.replica_sets:
        assert seen.of(each.name) is each
    missing = seen.of("v7")
    assert missing == ReplicaSet(revision=Revision(0, "v7"), created=seen.time)


@given(replica_sets(1))
def test_in_service_is_available_and_listed(each: ReplicaSet) -> None:
    assert each.in_service == (
        each.available if each.endpoints is None else min(each.available, each.endpoints)
    )
    assert each.unavailable == max(0, each.wanted - each.available)


@attrs.frozen(kw_only=True)
class Idle(Strategy):
    name: ClassVar[str] = "idle"
    speed: Literal["slow", "fast"] = "slow"

    def decide(self, seen: Observation) -> Plan:
        return Plan(wanted=seen.wanted, routing=Spread())


def test_a_strategys_defaults() -> None:
    assert isinstance(Idle(), Strategy)
    assert Idle.promises == ()
    assert Idle().bounds(3) == Bounds(floor=0, ceiling=6)


@pytest.mark.parametrize(("speed", "applies"), [("slow", False), ("fast", True)])
def test_a_promise_may_depend_on_parameters(speed: Literal["slow", "fast"], applies: bool) -> None:  # noqa: FBT001
    strategy = Idle(speed=speed)
    assert Promise("converges").applies(strategy)
    for given_as in ({"speed": ("fast",)}, [("speed", ("fast",))]):
        promise = Promise("converges", Proviso("it is fast", bool), given_as)
        assert promise.condition == "it is fast"
        assert promise.only_if == (("speed", ("fast",)),)
        assert promise.applies(strategy) is applies

"""Blue-green from any observation: where requests go, who makes room for whom, and that a fix is never locked out."""

from __future__ import annotations

from typing import Literal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies.test_session_affinity import observations
from turnout import Observation, Plan, ReplicaSet, Revision, Rollout, Routing, Split, Sticky, seconds
from turnout_strategies.blue_green import BlueGreen

Switch = Literal["instant", "page", "drain"]

switches: st.SearchStrategy[Switch] = st.sampled_from(("instant", "page", "drain"))


def active(plan: Plan) -> str:
    choice = plan.routing.new if isinstance(plan.routing, Sticky) else plan.routing
    assert isinstance(choice, Split)
    (name,) = choice.shares
    return name


def replica_set(number: int, name: str, wanted: int, serving: int, live: int | None = None) -> ReplicaSet:
    return ReplicaSet(
        revision=Revision(number, name),
        wanted=wanted,
        replicas=wanted,
        ready=serving,
        available=serving,
        created=number,
        live_sessions=live,
    )


@given(seen=observations(), switch=switches)
def test_without_memory_requests_go_where_they_are_answered(seen: Observation, switch: Switch) -> None:
    plan = BlueGreen(switch=switch).decide(attrs.evolve(seen, memory={}))
    able = {each.name for each in seen.replica_sets if each.in_service}
    assert active(plan) in able or not able or not seen.rollout.replicas


@given(seen=observations(), switch=switches)
def test_two_full_fleets_at_the_most(seen: Observation, switch: Switch) -> None:
    strategy = BlueGreen(switch=switch)
    wanted = strategy.decide(seen).wanted
    ceiling = strategy.bounds(seen.rollout.replicas).ceiling
    grown = {name: size for name, size in wanted.items() if size > seen.of(name).wanted}
    # The active fleet is brought to its full size whatever else is there.
    assert sum(wanted.values()) <= ceiling or not grown.keys() - {active(strategy.decide(seen))}


@pytest.mark.parametrize("switch", ["instant", "page", "drain"])
def test_a_fix_gets_its_room_from_what_was_never_promoted(switch: Switch) -> None:
    """A replica of the active fleet fails, and the target, which never became ready, is replaced by a fix."""
    strategy = BlueGreen(switch=switch)
    sets = (replica_set(1, "good", 3, 2), replica_set(2, "bad", 3, 0))
    seen = Observation(
        rollout=Rollout(replicas=3, target="fix"),
        replica_sets=sets,
        routing=strategy.decide(Observation(rollout=Rollout(replicas=3, target="good"))).routing,
        stable="good",
        memory={"active": "good"},
    )
    plan = strategy.decide(seen)
    assert plan.wanted == {"good": 3, "bad": 0, "fix": 3}
    assert active(plan) == "good"


@pytest.mark.parametrize("routing", [None, Split({"good": 1}), Split({"gone": 1})])
def test_without_memory_an_empty_fleet_gets_no_requests(routing: Routing | None) -> None:
    sets = (replica_set(1, "gone", 0, 0), replica_set(2, "good", 3, 3), replica_set(3, "new", 3, 1))
    seen = Observation(
        rollout=Rollout(replicas=3, target="new"), replica_sets=sets, routing=routing, stable="gone"
    )
    assert active(BlueGreen().decide(seen)) == "good"


def test_without_memory_sessions_are_drained_as_if_the_switch_had_been_now() -> None:
    sets = (replica_set(1, "old", 3, 3, live=7), replica_set(2, "new", 3, 3, live=2))
    seen = Observation(
        rollout=Rollout(replicas=3, target="new"),
        replica_sets=sets,
        routing=Sticky(new=Split({"new": 1})),
        stable="old",
        time=seconds(1000),
    )
    plan = BlueGreen(switch="drain").decide(seen)
    assert plan.wanted == {"old": 3, "new": 3}
    assert plan.memory["left:old"] == seconds(1000)
    later = attrs.evolve(seen, time=seconds(1000 + 3600), memory=plan.memory)
    routing = BlueGreen(switch="drain").decide(later).routing
    assert isinstance(routing, Sticky)
    assert routing.released == ("old",)

"""Session affinity: no revision gets more than it can carry, and sessions that never end hold nothing up for ever."""

from __future__ import annotations

import attrs
from hypothesis import given
from hypothesis import strategies as st

from turnout import (
    IntOrPercent,
    Observation,
    Plan,
    ReplicaSet,
    Revision,
    Rollout,
    Routing,
    Split,
    Sticky,
    seconds,
)
from turnout.testing import generators
from turnout_strategies.session_affinity import SessionAffinity

NAMES = ("one", "two", "three", "four")
TIMEOUT = seconds(600)


@st.composite
def strategies(draw: st.DrawFn) -> SessionAffinity:
    fixed = {"to": "revision", "drain_timeout": "10m", "idle_timeout": "none", "asset_grace": "30s"}
    return draw(generators.strategies(SessionAffinity, fixed))


@st.composite
def observations(draw: st.DrawFn) -> Observation:
    """Any moment at all: sets of any size and state, the target any of them, any notes."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    sets = []
    for number, name in enumerate(names, 1):
        wanted = draw(st.integers(0, 8))
        replicas = draw(st.integers(0, 8))
        ready = draw(st.integers(0, replicas))
        available = draw(st.integers(0, ready))
        sets.append(
            ReplicaSet(
                revision=Revision(number, name),
                wanted=wanted,
                replicas=replicas,
                ready=ready,
                available=available,
                endpoints=draw(st.none() | st.integers(0, available)),
                created=number,
                live_sessions=draw(st.none() | st.integers(0, 50)),
            )
        )
    now = draw(st.integers(10, 2_000)) * 1_000_000
    topics = st.sampled_from(
        [f"{topic}:{name}" for topic in ("closed", "released", "held") for name in NAMES]
    )
    return Observation(
        rollout=Rollout(replicas=draw(st.integers(0, 8)), target=draw(st.sampled_from(NAMES))),
        replica_sets=tuple(sets),
        routing=draw(st.none() | st.just(Sticky(new=Split({names[0]: 1}), released=tuple(names[1:2])))),
        stable=draw(st.none() | st.sampled_from(names)),
        time=now,
        memory=draw(st.dictionaries(topics, st.integers(0, now))),
    )


def routed(plan: Plan) -> tuple[dict[str, float], set[str]]:
    """The shares of new sessions, and which revisions are released."""
    assert isinstance(plan.routing, Sticky)
    assert isinstance(plan.routing.new, Split)
    return plan.routing.new.shares, set(plan.routing.released)


@given(seen=observations(), strategy=strategies())
def test_new_sessions_go_where_they_can_be_carried(seen: Observation, strategy: SessionAffinity) -> None:
    plan = strategy.decide(seen)
    shares, released = routed(plan)
    carrying = max(1, strategy.bounds(seen.rollout.replicas).floor)
    serving = {
        each.name: each.in_service
        for each in seen.replica_sets
        if each.name == seen.target.name or (each.name not in released and plan.wanted[each.name])
    }
    receiving = sum(serving.get(name, 0) for name in shares)
    if not sum(serving.values()):
        return  # nobody can
    assert receiving >= min(carrying, sum(serving.values()))
    for name, share in shares.items():
        assert share <= serving.get(name, 0) / min(carrying, receiving) + 1e-9


@given(seen=observations(), strategy=strategies())
def test_what_was_released_gets_nothing_new_while_another_serves(
    seen: Observation, strategy: SessionAffinity
) -> None:
    plan = strategy.decide(seen)
    shares, released = routed(plan)
    serving = {each.name for each in seen.replica_sets if each.in_service and plan.wanted[each.name]}
    if serving - released:
        assert not released & shares.keys()


@given(seen=observations(), strategy=strategies())
def test_decided_twice_is_decided_alike(seen: Observation, strategy: SessionAffinity) -> None:
    plan = strategy.decide(seen)
    assert strategy.decide(seen) == plan
    assert sum(plan.wanted.values()) <= max(
        sum(seen.wanted.values()), strategy.bounds(seen.rollout.replicas).ceiling
    )


@given(
    strategy=strategies(),
    replicas=st.integers(1, 12),
    sessions=st.integers(1, 50),
    olds=st.lists(st.integers(1, 12), min_size=1, max_size=3),
)
def test_sessions_that_never_end_hold_it_up_no_longer_than_they_may(
    strategy: SessionAffinity, replicas: int, sessions: int, olds: list[int]
) -> None:
    """On a fleet where every replica serves at once, and no session ends by itself."""
    sets = dict(zip(NAMES, olds, strict=False))
    seen = Observation(rollout=Rollout(replicas=replicas, target="target"))
    memory: dict[str, str | int | float | bool | None] = {}
    routing: Routing | None = None
    now = 1_000_000
    bounds = strategy.bounds(replicas)
    for _ in range(600):
        released = routing.released if isinstance(routing, Sticky) else ()
        observed = tuple(
            ReplicaSet(
                revision=Revision(number, name),
                wanted=size,
                replicas=size,
                ready=size,
                available=size,
                created=number,
                live_sessions=sessions if size and name != "target" and name not in released else 0,
            )
            for number, (name, size) in enumerate(sets.items(), 1)
        )
        seen = attrs.evolve(seen, replica_sets=observed, memory=memory, routing=routing, time=now)
        plan = strategy.decide(seen)
        before = sum(sets.values())
        assert sum(plan.wanted.values()) >= min(bounds.floor, before)
        memory, routing = dict(plan.memory), plan.routing
        if dict(plan.wanted) == sets:
            if plan.ask_again is None:
                break
            now += plan.ask_again
        sets = dict(plan.wanted)
    assert {name: size for name, size in sets.items() if size} == {"target": replicas}
    assert now <= (2 + 2 * len(olds)) * TIMEOUT + seconds(60) * len(olds)


def test_a_single_replica_without_surge_gets_a_second_one_for_its_sessions() -> None:
    strategy = SessionAffinity(max_surge=IntOrPercent(0), max_unavailable=IntOrPercent(1))
    assert strategy.bounds(1).ceiling == 2
    assert strategy.bounds(2).ceiling == 2

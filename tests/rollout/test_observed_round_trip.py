"""What kubectl prints of a state, or what a program says of it, leads to the very next step of the state itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import attrs
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.controller.stories import stories
from tests.replay import Cluster
from tests.rollout.kubectl import listed
from tests.rollout.plainly import plainly
from turnout import next_step
from turnout.controller import Reason, Refused, State, Synced, reconcile
from turnout.observed import parse_observed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from turnout import Observed

Json = dict[str, Any]
OWN = ("target", "limits", "kept", "status", "deadline", "replicas", "waiting")
"""Rules that a step explains besides those of the controller."""


def moments(parameters: Json, actions: list[Json]) -> Iterator[Cluster]:
    """Drive a controller through a story, sync by sync; yield before each sync."""
    cluster = Cluster.of(parameters)
    for action in actions[:-1]:
        cluster.act(action)
    last = actions[-1]
    if last["do"] == "wait":
        cluster.now += round(last["seconds"] * 1_000_000)
    elif last["do"] in ("create", "hold_terminations", "release_terminations", "set"):
        cluster.act(last)
    elif last["do"] in ("ready", "unready", "delete_pod"):
        cluster.pods(last)
    else:
        try:
            answer = cluster.verb(last)
        except Refused:
            answer = None
        cluster.state = cluster.known if answer is None else answer.state
    for _ in range(4):
        yield cluster
        before = cluster.known
        synced = reconcile(before, cluster.fleet.statuses(cluster.now), cluster.strategy, cluster.now)
        if synced.state is before:
            return
        cluster.state = synced.state
        cluster.fleet.apply(synced.state.wanted, synced.state.routing, cluster.now)


def written(state: State) -> State:
    """Leave out what a cluster does not write down; of the order of creation, it knows which is first."""
    sets = tuple(attrs.evolve(each, order=place) for place, each in enumerate(state.sets))
    return attrs.evolve(state, routing=None, stable=None, sets=sets)


def reasons(found: tuple[Reason, ...]) -> list[Reason]:
    return [each for each in found if each.rule not in (*OWN, "route")]


def said_twice(found: tuple[Reason, ...], expected: tuple[Reason, ...]) -> list[Reason]:
    """The controller's reasons among those found: a step also tells of progress that changes only a time."""
    return [each for each in reasons(found) if each.rule != "progressing" or each in expected]


def agrees(observed: Observed, cluster: Cluster, expected: Synced) -> None:
    assert observed.time == cluster.now
    step = next_step(observed, cluster.strategy)
    assert written(step.state) == written(expected.state)
    assert said_twice(step.reasons, expected.reasons) == reasons(expected.reasons)
    assert step.changes == (written(expected.state) != written(cluster.known))


@given(stories(), st.data())
def test_kubectl_s_json(story: tuple[Json, list[Json]], data: st.DataObject) -> None:
    for cluster in moments(*story):
        state, statuses = cluster.known, cluster.fleet.statuses(cluster.now)
        # With nothing left in the history, a cluster does not show whether it was asked for the ReplicaSets.
        assume(state.sets or state.revision is None)
        objects = listed(state, statuses, cluster.strategy)
        objects["items"] = data.draw(st.permutations(objects["items"]))
        observed = parse_observed(json.dumps(objects), time=cluster.now)
        assert written(observed.state) == written(state)
        agrees(observed, cluster, reconcile(state, statuses, cluster.strategy, cluster.now))


@given(stories())
def test_the_plain_form(story: tuple[Json, list[Json]]) -> None:
    for cluster in moments(*story):
        state, statuses = cluster.known, cluster.fleet.statuses(cluster.now)
        observed = parse_observed(json.dumps(plainly(state, statuses, cluster.now)))
        past = {each.name: each.past_numbers for each in state.sets}
        kept = [attrs.evolve(each, past_numbers=past[each.name]) for each in observed.state.sets]
        target = state.of(state.rollout.target)
        assume(state.revision == (None if target is None else target.number))
        observed = attrs.evolve(observed, state=attrs.evolve(observed.state, sets=tuple(kept)))
        agrees(observed, cluster, reconcile(state, statuses, cluster.strategy, cluster.now))

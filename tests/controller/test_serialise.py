"""The state as JSON: nothing is lost, and nothing that is no state is taken for one."""

from __future__ import annotations

import copy
import json
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.controller.stories import Json, stories
from tests.replay import Cluster
from turnout import InputError, Rollout, Split, Spread, Sticky
from turnout.controller import SetRecord, State, create
from turnout.controller.serialise import state_from_dict, state_to_dict
from turnout.units import Duration

WEIGHTS = st.dictionaries(st.text(min_size=1), st.floats(0.01, 1e6), min_size=1, max_size=3)
CHOICES = st.builds(Spread) | st.builds(Split, WEIGHTS)
STICKY = {
    "to": st.sampled_from(["revision", "replica"]),
    "new": CHOICES,
    "orphans": st.sampled_from(["move", "restart"]),
    "released": st.lists(st.text(), max_size=2),
}
TIMEOUTS = st.none() | st.integers(0, 10**9).map(Duration)
ROUTINGS = (
    CHOICES
    | st.builds(Sticky, unit=st.just("session"), idle_timeout=TIMEOUTS, **STICKY)
    | st.builds(Sticky, unit=st.just("page"), **STICKY)
)
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False)
)
MEMORIES = st.dictionaries(st.text(), SCALARS, max_size=4)


def through_json(state: State) -> State:
    return state_from_dict(json.loads(json.dumps(state_to_dict(state), allow_nan=False)))


@given(st.none() | ROUTINGS, MEMORIES, st.text(min_size=1))
def test_routing_and_memory_come_back(routing: Any, memory: dict[str, Any], target: str) -> None:
    state = create(Rollout(target=target)).state
    state = attrs.evolve(state, routing=routing, memory=memory, hold="a reason", ask_at=5, stable=target)
    again = through_json(state)
    assert again == state
    assert list(map(type, again.memory.values())) == list(map(type, memory.values()))


@given(stories())
def test_every_state_that_is_reached_comes_back(story: tuple[Json, list[Json]]) -> None:
    parameters, actions = story
    cluster = Cluster.of(parameters)
    for action in actions:
        cluster.act(action)
        assert through_json(cluster.known) == cluster.known


def known() -> Json:
    sets = tuple(
        SetRecord(name=f"v{number}", number=number, wanted=number, order=number, past_numbers=(7,))
        for number in (1, 2)
    )
    state = create(Rollout(target="v2")).state
    return state_to_dict(attrs.evolve(state, sets=sets, routing=Sticky(), memory={"since": 3}))


@pytest.mark.parametrize("data", [None, 1, "state", [], {}, {"name": "web"}])
def test_what_is_no_state_is_refused(data: object) -> None:
    with pytest.raises(InputError, match=r"^web\.state: .*; it is no state that turnout wrote$"):
        state_from_dict(data, where="web.state")


@pytest.mark.parametrize(
    ("path", "value", "what"),
    [
        ("more", 1, "more"),
        ("generation", "1", "state.generation"),
        ("generation", True, "state.generation"),
        ("sets", 5, "state.sets"),
        ("sets.0.wanted", -1, "fewer than 0"),
        ("sets.0.wanted", 1.5, "wanted"),
        ("sets.0.name", "", "no name"),
        ("sets.0.name", "v2", "the same name"),
        ("sets.0.number", 2, "the same revision"),
        ("sets.0.order", 2, "the order of their creation"),
        ("sets.0.order", 3, "the order of their creation"),
        ("routing.kind", "teleport", "state.routing"),
        ("routing.to", "moon", "state.routing"),
        ("routing.new", {"kind": "split", "weights": [["v1", float("nan")]]}, "state.routing"),
        ("memory.since", [1], "state.memory"),
        ("memory.since", float("inf"), "finite"),
        ("rollout.replicas", -1, "replicas"),
        ("rollout.progress_deadline_seconds", 0, "progress_deadline_seconds"),
        ("rollout.paused", 0, "paused"),
    ],
)
def test_a_damaged_state_is_refused(path: str, value: object, what: str) -> None:
    data = known()
    state_from_dict(copy.deepcopy(data))
    *way, last = path.split(".")
    place: Any = data
    for key in way:
        place = place[int(key) if key.isdigit() else key]
    place[last] = value
    with pytest.raises(InputError) as caught:
        state_from_dict(data)
    assert what in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.data())
def test_nothing_but_an_input_error_comes_of_bad_data(data: st.DataObject) -> None:
    damaged = known()
    field = data.draw(st.sampled_from(sorted(damaged)))
    inner = damaged[field]
    if isinstance(inner, dict) and inner and data.draw(st.booleans()):
        inner[data.draw(st.sampled_from(sorted(inner)))] = data.draw(JSON)
    else:
        damaged[field] = data.draw(JSON)
    try:
        state = state_from_dict(damaged)
    except InputError:
        return
    assert through_json(state) == state

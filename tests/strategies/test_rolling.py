"""The rolling update: its parameters, its steps from any observation, and the pause after the first replicas."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.controller.pods import Pods
from turnout import Bounds, InputError, IntOrPercent, Observation, Plan, ReplicaSet, Revision, Rollout, Spread
from turnout.controller import State, abort, create, promote, resume, set_target, settle
from turnout.controller.plans import asked
from turnout_strategies.rolling import Rolling, turnout_strategies

AMOUNTS = st.one_of(st.integers(0, 12), st.integers(0, 100).map(lambda percent: f"{percent}%"))
FENCES = st.tuples(AMOUNTS, AMOUNTS).filter(lambda pair: any(str(each).rstrip("%") != "0" for each in pair))


@st.composite
def observations(draw: st.DrawFn) -> Observation:
    """Return anything that a strategy may be shown, plausible or not."""
    sets = tuple(
        ReplicaSet(
            revision=Revision(order + 1, f"v{order + 1}"),
            wanted=draw(st.integers(0, 12)),
            available=draw(st.integers(0, 14)),
        )
        for order in range(draw(st.integers(0, 4)))
    )
    return Observation(
        rollout=Rollout(replicas=draw(st.integers(0, 12)), target=draw(st.sampled_from(["v1", "v2", "v5"]))),
        replica_sets=sets,
        stable=draw(st.sampled_from([None, "v1", "v2"])),
        memory=draw(st.sampled_from([{}, {"passed": 2}, {"passed": "nonsense"}])),
    )


def rolling(fences: tuple[int | str, int | str], pause_after: int | str | None = None) -> Rolling:
    return Rolling(max_surge=fences[0], max_unavailable=fences[1], pause_after=pause_after)


@given(observations(), FENCES, st.one_of(st.none(), st.integers(1, 12), st.just("30%")))
def test_it_has_a_plan_for_anything(
    seen: Observation, fences: tuple[int | str, int | str], pause_after: int | str | None
) -> None:
    strategy = rolling(fences, pause_after)
    plan = asked(strategy, seen)
    assert plan == strategy.decide(seen)
    assert plan.routing == Spread()
    assert plan.because
    before, after = seen.wanted, {**seen.wanted, **plan.wanted}
    grown = {name for name, size in after.items() if size > before.get(name, 0)}
    assert grown <= {seen.rollout.target}
    shrunk = {name for name, size in after.items() if size < before.get(name, 0)}
    assert not (grown and shrunk) or seen.rollout.target not in before, "one kind of step, but for a creation"
    ceiling = strategy.bounds(seen.rollout.replicas).ceiling
    assert sum(after.values()) <= max(ceiling, sum(before.values()))


@given(FENCES, st.integers(0, 50))
def test_its_bounds_leave_room_to_move(fences: tuple[int | str, int | str], replicas: int) -> None:
    bounds = rolling(fences).bounds(replicas)
    assert bounds.floor <= replicas <= bounds.ceiling
    assert replicas == 0 or bounds.floor < bounds.ceiling


@given(observations(), FENCES)
def test_without_a_pause_it_never_pauses(seen: Observation, fences: tuple[int | str, int | str]) -> None:
    plan = rolling(fences).decide(seen)
    assert (plan.pause, plan.hold, plan.ask_again) == (None, None, None)
    assert plan.memory == seen.memory


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"max_surge": 0, "max_unavailable": 0}, "max_unavailable"),
        ({"max_surge": "0%", "max_unavailable": 0}, "max_unavailable"),
        ({"max_unavailable": "101%"}, "max_unavailable"),
        ({"pause_after": 0}, "pause_after"),
        ({"pause_after": "0%"}, "pause_after"),
    ],
)
def test_it_refuses_what_the_api_server_refuses(parameters: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        Rolling(**parameters)
    assert caught.value.where == field


@pytest.mark.parametrize("amount", ["12.5%", "-1", -1, "x", None, 1.5, True])
def test_it_refuses_what_is_no_amount(amount: Any) -> None:
    with pytest.raises(InputError):
        Rolling(max_surge=amount)


def test_it_takes_what_the_api_server_takes() -> None:
    strategy = Rolling(max_surge="150%", max_unavailable="1%")
    assert (strategy.max_surge, strategy.pause_after) == (IntOrPercent(150, percent=True), None)
    assert Rolling().bounds(10) == Bounds(8, 13)
    assert Rolling(max_surge=0, max_unavailable="1%").bounds(3) == Bounds(2, 3)


def test_the_plugin_provides_it() -> None:
    assert list(turnout_strategies()) == [Rolling]


@attrs.define
class World:
    """A rollout that has reached v1 and is sent to v2."""

    strategy: Rolling
    state: State = attrs.field(init=False)
    fleet: Pods = attrs.field(factory=Pods)

    def __attrs_post_init__(self) -> None:
        self.state = create(Rollout(replicas=10, target="v1")).state
        self.settle()
        self.ready("v1")
        self.aim("v2")

    def settle(self) -> None:
        self.state = settle(self.state, self.fleet, self.strategy, 0).state

    def ready(self, image: str, count: int = 100) -> None:
        self.fleet.ready(image, count, 0)
        self.settle()

    def aim(self, image: str) -> None:
        self.state = set_target(self.state, image).state
        self.settle()

    def resume(self) -> None:
        self.state = resume(self.state).state
        self.settle()

    def finish(self, image: str) -> None:
        for _ in range(20):
            self.ready(image)


def test_it_pauses_once_the_first_replicas_are_available() -> None:
    world = World(Rolling(max_surge=3, max_unavailable=0, pause_after=2))
    assert world.state.wanted == {"v1": 10, "v2": 2}
    world.ready("v2", 1)
    assert not world.state.pause_reason
    world.ready("v2", 1)
    assert f"{world.state.pause_reason}" == "2 replicas of v2 are available, as pause_after asks"
    world.resume()
    world.finish("v2")
    assert world.state.wanted == {"v1": 0, "v2": 10}
    assert not world.state.rollout.paused
    assert world.state.stable == "v2"


def test_a_percentage_is_rounded_up() -> None:
    world = World(Rolling(pause_after="11%"))
    assert world.state.wanted["v2"] == 2


def test_a_new_target_pauses_again() -> None:
    world = World(Rolling(max_surge=3, max_unavailable=0, pause_after=2))
    world.ready("v2")
    world.resume()
    world.aim("v3")
    # What is wanted of v2 by now stays in the way of v3, but not for good.
    world.ready("v2")
    world.ready("v3", 2)
    assert world.state.rollout.paused
    assert world.state.wanted["v3"] == 2


def test_the_way_back_to_the_stable_revision_does_not_pause() -> None:
    world = World(Rolling(max_surge=3, max_unavailable=0, pause_after=2))
    world.ready("v2")
    world.state = abort(world.state).state
    world.settle()
    world.finish("v1")
    assert world.state.wanted == {"v1": 10, "v2": 0}
    assert not world.state.rollout.paused


def test_the_first_revision_does_not_pause() -> None:
    world = World(Rolling(pause_after=2))
    assert world.state.stable == "v1"


@pytest.mark.parametrize("pause_after", [10, 11, "100%"])
def test_it_does_not_pause_when_nothing_would_be_left_to_do(pause_after: int | str) -> None:
    world = World(Rolling(pause_after=pause_after))
    world.finish("v2")
    assert world.state.wanted == {"v1": 0, "v2": 10}
    assert not world.state.rollout.paused


def test_promotion_resumes_it() -> None:
    world = World(Rolling(max_surge=1, max_unavailable=0, pause_after=1))
    world.ready("v2")
    assert world.state.rollout.paused
    world.state = promote(world.state).state
    world.finish("v2")
    assert world.state.stable == "v2"


@given(observations(), FENCES, st.integers(1, 12))
def test_before_the_pause_it_starts_no_more_than_asked(
    seen: Observation, fences: tuple[int | str, int | str], pause_after: int
) -> None:
    strategy = rolling(fences, pause_after)
    plan: Plan = strategy.decide(seen)
    first = strategy.first_replicas(seen)
    if first is None:
        assert plan == attrs.evolve(strategy, pause_after=None).decide(seen)
    elif seen.memory.get("passed") != seen.target.revision.number:
        size = plan.wanted.get(seen.rollout.target, seen.target.wanted)
        assert size <= max(first, seen.target.wanted)
        assert (plan.pause is not None) == (seen.target.available >= first)

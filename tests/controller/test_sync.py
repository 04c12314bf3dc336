"""Single syncs: strategies with rules of their own, waiting, the deadline, the history, and the reasons given."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.controller.pods import Pods
from turnout import Bounds, Observation, Plan, Rollout, Split, Spread, Strategy
from turnout.controller import (
    SetRecord,
    SetStatus,
    State,
    apply,
    create,
    pause,
    promote,
    reconcile,
    resume,
    scale,
    set_target,
    settle,
    wake_at,
)
from turnout.controller.scaling import share_out
from turnout.units import SECOND
from turnout_strategies.recreate import Recreate
from turnout_strategies.rolling import Rolling

if TYPE_CHECKING:
    from collections.abc import Mapping


@attrs.frozen(kw_only=True)
class Beside(Strategy):
    """Bring the target up beside the rest, wait to be promoted, then let the rest go."""

    name: ClassVar[str] = "beside"
    by_name: bool = False

    def bounds(self, replicas: int) -> Bounds:
        return Bounds(replicas, 2 * replicas)

    def decide(self, seen: Observation) -> Plan:
        replicas, target = seen.rollout.replicas, seen.rollout.target
        wanted = {target: replicas}
        up = seen.target.available >= replicas
        waits = up and not seen.rollout.promoted and bool(seen.others)
        if up and not waits:
            wanted |= {each.name: 0 for each in seen.others}
        serving = seen.stable if seen.stable and (waits or not up) else target
        routing = Split({serving: 1}) if self.by_name else Spread()
        return Plan(wanted=wanted, routing=routing, hold="promote it" if waits else None, because="beside")


@attrs.frozen(kw_only=True)
class Fixed(Strategy):
    """Answers the same whatever it sees."""

    name: ClassVar[str] = "fixed"
    plan: Plan

    def decide(self, seen: Observation) -> Plan:
        del seen
        return self.plan


@attrs.define
class World:
    strategy: Strategy
    state: State
    fleet: Pods = attrs.field(factory=Pods)
    now: int = 0

    @classmethod
    def of(cls, strategy: Strategy, **wish: int | None) -> World:
        world = cls(strategy, create(Rollout(target="v1", **wish)).state)  # type: ignore[arg-type]  # numbers
        world.settle()
        world.ready("v1")
        return world

    def settle(self) -> None:
        self.state = settle(self.state, self.fleet, self.strategy, self.now).state

    def ready(self, image: str, count: int = 100) -> None:
        self.fleet.ready(image, count, self.now)
        self.settle()

    def aim(self, image: str) -> None:
        self.state = set_target(self.state, image).state
        self.settle()

    def pause(self) -> None:
        self.state = pause(self.state).state
        self.settle()

    def scale(self, replicas: int) -> None:
        self.state = scale(self.state, replicas).state
        self.settle()


def test_a_strategy_with_rules_of_its_own_stands_still_while_paused() -> None:
    world = World.of(Beside(), replicas=4)
    world.aim("v2")
    world.pause()
    world.ready("v2")
    world.aim("v3")
    assert world.state.wanted == {"v1": 4, "v2": 4}
    assert str(world.state.progressing) == "Unknown/DeploymentPaused"
    assert world.state.hold is None


def test_a_strategy_with_rules_of_its_own_is_scaled_in_proportion_while_paused() -> None:
    world = World.of(Beside(), replicas=4)
    world.aim("v2")
    world.pause()
    world.scale(6)
    assert world.state.wanted == {"v1": 6, "v2": 6}
    world.scale(0)
    assert world.state.wanted == {"v1": 0, "v2": 0}
    world.scale(3)
    assert world.state.wanted == {"v1": 3, "v2": 0}, "all to the one that was stable"


def test_a_strategy_with_rules_of_its_own_sees_a_changed_size_itself() -> None:
    world = World.of(Beside(), replicas=4)
    world.aim("v2")
    world.scale(6)
    assert world.state.wanted == {"v1": 4, "v2": 6}
    world.pause()
    assert world.state.wanted == {"v1": 4, "v2": 6}, "it has seen the size: pausing scales nothing"


SETS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=4)


@given(SETS, st.integers(0, 30), st.integers(0, 60))
def test_sharing_out_loses_no_version_and_keeps_the_ceiling(
    sizes: list[tuple[int, int]], replicas: int, room: int
) -> None:
    sets = tuple(
        SetRecord(name=f"v{order}", number=order + 1, wanted=wanted, desired_replicas=desired, order=order)
        for order, (wanted, desired) in enumerate(sizes)
    )
    ceiling = replicas + room
    shared = share_out(sets, replicas=replicas, ceiling=ceiling, heirs=(), reasons=[])
    assert share_out(shared, replicas=replicas, ceiling=ceiling, heirs=(), reasons=[]) is shared
    if shared is sets:
        return
    active = [each for each in sets if each.wanted]
    total = sum(each.wanted for each in shared)
    assert total <= max(ceiling, len(active))
    full = total >= ceiling
    for before, after in zip(sets, shared, strict=True):
        if before.wanted:
            assert (after.wanted > 0) == (replicas > 0)
        if before in active and before.desired_replicas and not full:
            assert abs(after.wanted - before.wanted * replicas / before.desired_replicas) < 1


def test_a_hold_stops_the_clock_and_promotion_starts_it_again() -> None:
    world = World.of(Beside(), replicas=2, progress_deadline_seconds=10)
    world.aim("v2")
    assert wake_at(world.state, 0) == 11 * SECOND
    world.ready("v2")
    assert world.state.hold == "promote it"
    assert wake_at(world.state, 0) is None
    world.now = 1000 * SECOND
    world.settle()
    assert str(world.state.progressing) == "True/ReplicaSetUpdated"
    world.state = promote(world.state).state
    world.settle()
    assert world.state.hold is None
    assert world.state.wanted == {"v1": 0, "v2": 2}
    assert world.state.stable == "v2"


def test_the_deadline_passes_strictly_after_its_time() -> None:
    world = World.of(Rolling(), replicas=4, progress_deadline_seconds=10)
    world.aim("v2")
    world.now = 10 * SECOND
    world.settle()
    assert str(world.state.progressing) == "True/ReplicaSetUpdated"
    due = wake_at(world.state, world.now)
    assert due == 11 * SECOND
    world.now = due
    reasons = settle(world.state, world.fleet, world.strategy, due).reasons
    assert "Progressing becomes False/ProgressDeadlineExceeded: no progress for more than 10 s" in [
        reason.text for reason in reasons
    ]
    world.settle()
    assert wake_at(world.state, world.now) is None


@pytest.mark.parametrize("deadline", [None, 2**31 - 1])
def test_without_a_deadline_there_is_no_progressing(deadline: int | None) -> None:
    world = World.of(Rolling(), replicas=2, progress_deadline_seconds=deadline)
    world.pause()
    assert world.state.progressing is None
    assert wake_at(world.state, 0) is None


def test_the_history_keeps_what_requests_are_sent_to() -> None:
    world = World.of(Beside(by_name=True), replicas=2, revision_history_limit=0)
    world.aim("v2")
    world.ready("v2")
    world.state = promote(world.state).state
    world.settle()
    assert world.state.wanted == {"v2": 2}
    assert world.state.routing == Split({"v2": 1})


def test_the_history_keeps_a_set_that_the_routing_names() -> None:
    plan = Plan(wanted={"v2": 1}, routing=Split({"v1": 1}))
    world = World.of(Rolling(), replicas=1, revision_history_limit=0)
    world.aim("v2")
    world.fleet.ready("v2", 1, 0)
    world.strategy = Fixed(plan=attrs.evolve(plan, wanted={"v1": 0, "v2": 1}))
    world.settle()
    assert world.state.stable == "v2"
    assert world.state.wanted == {"v1": 0, "v2": 1}
    world.strategy = Fixed(plan=attrs.evolve(plan, routing=Spread()))
    world.settle()
    assert world.state.wanted == {"v2": 1}


def test_the_history_is_not_cleaned_by_a_status_of_an_earlier_wish() -> None:
    world = World.of(Recreate(), replicas=1)
    world.aim("v2")
    world.ready("v2")
    state = apply(world.state, attrs.evolve(world.state.rollout, revision_history_limit=0)).state
    first = reconcile(state, world.fleet.statuses(0), world.strategy, 0).state
    assert first.wanted == {"v1": 0, "v2": 1}
    assert reconcile(first, world.fleet.statuses(0), world.strategy, 0).state.wanted == {"v2": 1}


def test_old_empty_sets_beyond_the_limit_go_the_lowest_revision_first() -> None:
    world = World.of(Recreate(), replicas=1, revision_history_limit=2)
    for image in ("v2", "v3", "v4", "v5"):
        world.aim(image)
        world.ready(image)
    assert [(each.name, each.number) for each in world.state.sets] == [("v3", 3), ("v4", 4), ("v5", 5)]


def test_stable_is_what_was_last_complete() -> None:
    world = World.of(Rolling(), replicas=4)
    assert world.state.stable == "v1"
    world.aim("v2")
    world.ready("v2", 1)
    assert world.state.stable == "v1"
    for _ in range(4):
        world.ready("v2")
    assert world.state.stable == "v2"


def test_a_set_sized_for_another_number_blocks_every_step() -> None:
    """As in Kubernetes: scaling to the size that it has leaves the annotation, and that looks like a scaling event."""
    state = create(Rollout(replicas=2, target="v2")).state
    state = attrs.evolve(
        state, sets=(SetRecord(name="v1", number=1, wanted=2, desired_replicas=4, max_replicas=5),)
    )
    synced = reconcile(state, {"v1": SetStatus(replicas=2, ready=2, available=2)}, Rolling(), 0)
    assert synced.state.wanted == {"v1": 2}
    assert "v1 was sized for 4 replicas, not for 2" in synced.reasons[0].text


def rules(state: State, statuses: Mapping[str, SetStatus], strategy: Strategy) -> dict[str, str]:
    return {reason.rule: reason.text for reason in reconcile(state, statuses, strategy, 0).reasons}


def test_every_rule_gives_its_reason_with_its_numbers() -> None:
    full = {"v1": SetStatus(replicas=10, ready=10, available=10)}
    strategy = Rolling(max_surge=3, max_unavailable=2)
    state = create(Rollout(replicas=10, target="v1")).state
    first = rules(state, {}, strategy)
    assert first["rolling"].startswith("scale up: v1 0 -> 10: 10 replicas + 3 surge - 0 wanted")
    assert first["create"] == "v1 gets a replica set, revision 1, of 10 replicas"
    state = reconcile(state, {}, strategy, 0).state
    done = reconcile(state, full, strategy, 0)
    assert done.state.stable == "v1"
    assert rules(done.state, full, strategy) == {"rolling": "v1 has all 10 replicas; no old replicas"}
    aimed = set_target(done.state, "v2").state
    second = rules(aimed, full, strategy)
    assert second["rolling"] == (
        "scale up: v2 0 -> 3: 10 replicas + 3 surge - 10 wanted; "
        "scale down: 13 wanted - 8 at least available - 3 new not available leave 2, of which 0 unavailable old ones "
        "go first; 10 available - 8 at least: 2 more, the oldest first"
    )
    assert second["resize"] == "v1: 10 -> 8"
    paused = pause(done.state).state
    assert rules(paused, full, strategy)["paused"] == "no step is taken until the rollout is resumed"
    scaled = scale(done.state, 12).state
    assert rules(scaled, full, strategy)["scale"] == (
        "v1 is the only replica set that is not empty: it gets all 12 replicas"
    )
    mixed = reconcile(aimed, full, strategy, 0).state
    both = {"v1": SetStatus(replicas=8, ready=8, available=8), "v2": SetStatus(replicas=3)}
    assert rules(scale(mixed, 20).state, both, strategy)["scale in proportion"] == (
        "shared out in proportion: 20 replicas and 3 surge allow 23, 11 are wanted; 3 of 13 come to 5 of 23"
    )
    back = rules(set_target(mixed, "v1").state, both, strategy)
    assert (
        back["revision"] == "v1 is the target again: its revision becomes 3, one more than the highest other"
    )


def test_resuming_restarts_the_clock() -> None:
    world = World.of(Rolling(), replicas=4, progress_deadline_seconds=10)
    world.aim("v2")
    world.pause()
    world.now = 500 * SECOND
    world.settle()
    assert str(world.state.progressing) == "Unknown/DeploymentPaused"
    world.state = resume(world.state).state
    world.settle()
    assert str(world.state.progressing) == "Unknown/DeploymentResumed"
    assert wake_at(world.state, world.now) == 511 * SECOND

"""Plans that cannot be carried out, and strategies that fail: one error each, that names strategy and fault."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, ClassVar

import attrs
import pytest

from tests.controller.pods import Pods
from turnout import Bounds, Duration, Observation, Plan, Rollout, Split, Spread, Sticky, Strategy
from turnout.controller import PlanError, State, create, reconcile, set_target, settle

SPREAD = Spread()
LIMITS = Bounds(0, 10)


@attrs.frozen(kw_only=True)
class Scripted(Strategy):
    """Answers what it is told to."""

    name: ClassVar[str] = "scripted"
    plan: Any = None
    limits: Any = LIMITS

    def decide(self, seen: Observation) -> Plan:
        answer: Plan = self.plan(seen) if callable(self.plan) else self.plan
        return answer

    def bounds(self, replicas: int) -> Bounds:
        del replicas
        limits: Bounds = self.limits
        return limits


def planned(**answer: Any) -> Plan:
    return Plan(**{"wanted": {}, "routing": SPREAD, **answer})


def state() -> State:
    return create(Rollout(replicas=2, target="v1", bridge="v0")).state


def raising(seen: Observation) -> Plan:
    raise ZeroDivisionError(f"no {seen.rollout.target}")


def exiting(seen: Observation) -> Plan:
    raise SystemExit(len(seen.replica_sets))


async def coming(seen: Observation) -> Plan:
    del seen
    return planned()


class Vain:
    """A mapping's stand-in that fails when it is looked at."""

    def __repr__(self) -> str:
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (exiting, "it fails to decide: SystemExit: 0"),
        (coming, "it answers a coroutine, which is no plan"),
        (object(), "it answers <object object>, which is no plan"),
        (Vain(), "it answers a Vain, which is no plan"),
        (planned(wanted=Vain()), "it wants a Vain, which maps no names to numbers"),
        (planned(memory={"x": 10**5000}), "its memory holds 'x': a whole number of more than 64 bits"),
        (None, "it answers None, which is no plan"),
        (raising, "it fails to decide: ZeroDivisionError: no v1"),
        (planned(wanted=[1]), "it wants [1], which maps no names to numbers"),
        (planned(wanted={"v7": 1}), "it wants replicas of 'v7', which is no target, no bridge"),
        (planned(wanted={7: 1}), "it wants replicas of 7, which is no target"),
        (planned(wanted={"v1": -1}), "it wants -1 replicas of 'v1', which is not a whole number from 0"),
        (planned(wanted={"v1": 1.0}), "it wants 1.0 replicas of 'v1'"),
        (planned(wanted={"v1": True}), "it wants True replicas of 'v1'"),
        (planned(wanted={"v1": 121}), "it wants 121 replicas of 'v1' for a rollout of 2"),
        (planned(routing=None), "its routing is None, which is none"),
        (planned(routing="v1"), "its routing is 'v1', which is none"),
        (planned(routing=Split({"v1": 1})), "it routes to 'v1', which has no replica set"),
        (planned(routing=Sticky(new=Split({"v9": 1, "v1": 0})), wanted={"v1": 1}), "it routes to 'v9'"),
        (planned(memory=[]), "its memory is [], which is no mapping"),
        (planned(memory={"list": []}), "its memory holds 'list': [], which JSON cannot keep"),
        (planned(memory={"nan": float("nan")}), "its memory holds 'nan': nan"),
        (planned(memory={1: 1}), "its memory holds 1: 1"),
        (planned(ask_again=Duration(0)), "it wants to be asked again after 0 microseconds"),
        (planned(ask_again=Duration(10**40)), "it wants to be asked again after 1000000000"),
        (planned(memory={"half": "\ud800"}), "its memory holds 'half': '\\ud800', which JSON cannot keep"),
        (planned(memory={"\udc80": 1}), "its memory holds '\\udc80': 1"),
        (planned(because=Vain()), "its because is a Vain, which is no text"),
        (planned(ask_again=1.5), "it wants to be asked again after 1.5 microseconds"),
        (planned(pause=""), "its pause is '', which is no reason in words"),
        (planned(hold=3), "its hold is 3, which is no reason in words"),
    ],
)
def test_a_plan_that_cannot_be_carried_out_is_refused(answer: Any, fault: str) -> None:
    strategy = Scripted(plan=answer)
    with pytest.raises(PlanError) as caught:
        reconcile(state(), {}, strategy, 0)
    assert caught.value.strategy == "scripted"
    assert str(caught.value).startswith(f"strategy 'scripted': {fault}")


@pytest.mark.parametrize("limits", [None, (0, 1), Bounds(-1, 1), Bounds(0, 1.5), Bounds(3, 2)])  # type: ignore[arg-type]  # bad on purpose
def test_bounds_are_two_numbers(limits: Any) -> None:
    with pytest.raises(PlanError, match="its bounds for 2 replicas are"):
        reconcile(state(), {}, Scripted(plan=planned(), limits=limits), 0)


def test_a_strategy_that_is_never_content_is_found_out() -> None:
    def restless(seen: Observation) -> Plan:
        return planned(wanted={"v1": 2 - seen.target.wanted})

    with pytest.raises(PlanError, match="'scripted': it never settles: after 1020 decisions"):
        settle(state(), Pods(), Scripted(plan=restless), 0)


def test_what_a_strategy_has_been_shown_at_one_moment_it_is_not_asked_again() -> None:
    seen: list[Observation] = []

    def once(shown: Observation) -> Plan:
        seen.append(shown)
        return planned(wanted={"v1": 2})

    settled = settle(state(), Pods(), Scripted(plan=once), 0)
    assert settled.state.wanted == {"v1": 2}
    assert len(seen) > 1
    assert all(one != other for one, other in pairwise(seen))


def test_a_weight_of_nothing_may_name_what_is_not_there_yet() -> None:
    plan = planned(wanted={"v0": 1}, routing=Split({"v0": 1, "v1": 0}))
    synced = reconcile(state(), {}, Scripted(plan=plan), 0)
    assert synced.state.routing == plan.routing
    assert synced.state.wanted == {"v0": 1}


def test_bridge_and_target_get_replica_sets_when_they_are_first_named() -> None:
    plan = planned(wanted={"v1": 0, "v0": 2})
    synced = reconcile(state(), {}, Scripted(plan=plan), 7)
    assert [(each.name, each.number, each.wanted, each.created) for each in synced.state.sets] == [
        ("v0", 1, 2, 7),
        ("v1", 2, 0, 7),
    ]
    assert synced.state.revision == 2


def test_what_is_left_out_of_a_plan_keeps_what_it_has() -> None:
    first = reconcile(state(), {}, Scripted(plan=planned(wanted={"v1": 2})), 0).state
    second = reconcile(set_target(first, "v2").state, {}, Scripted(plan=planned(wanted={"v2": 1})), 0).state
    assert second.wanted == {"v1": 2, "v2": 1}


def test_a_plan_can_pause_hold_and_ask_again() -> None:
    plan = planned(pause="look at it", hold="promote it", ask_again=Duration(5), memory={"seen": 1})
    synced = reconcile(state(), {}, Scripted(plan=plan), 10).state
    assert synced.rollout.paused
    assert (synced.pause_reason, synced.hold, synced.ask_at, dict(synced.memory)) == (
        "look at it",
        "promote it",
        15,
        {"seen": 1},
    )
    # Paused, it is not asked, and so wants to be asked at no time.
    assert reconcile(synced, {}, Scripted(plan=raising), 20).state.ask_at is None

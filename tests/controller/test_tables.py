"""The cases of the real controllers' own unit tests, section by section."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import pytest

from tests.controller.pods import Pods
from turnout import IntOrPercent, Observation, ReplicaSet, Revision, Rollout
from turnout.controller import State, create, reconcile, set_target, settle
from turnout.controller.arithmetic import (
    Sizes,
    cleaned_up,
    deployment_complete,
    deployment_timed_out,
    max_unavailable,
    min_available,
    new_rs_new_replicas,
    pod_available,
    replica_counts,
    replica_set_fraction,
    requeue_stuck,
)
from turnout_strategies.recreate import Recreate
from turnout_strategies.rolling import Rolling

TABLES = Path(__file__).parents[2] / "../shared/reference/deployment-tables.json"
Case = dict[str, Any]


def sections() -> dict[str, list[Case]]:
    if not TABLES.exists():
        return {}
    tables = json.loads(TABLES.read_text(encoding="utf-8"))
    return {
        section["name"]: [{**section.get("constants", {}), **case} for case in section["cases"]]
        for section in tables["sections"]
    }


SECTIONS = sections()


TESTED: set[str] = set()


def table(section: str) -> pytest.MarkDecorator:
    TESTED.add(section)
    missing = pytest.mark.skip(reason="../shared/reference is not here")
    return pytest.mark.parametrize(
        "case", SECTIONS[section] if SECTIONS else [pytest.param({}, marks=missing)]
    )


def amount(value: int | str | None) -> IntOrPercent:
    return IntOrPercent.parse(value or 0)


@table("replica_set_fraction")
def test_replica_set_fraction(case: Case) -> None:
    expected = case.pop("expected")
    assert replica_set_fraction(**case) == expected


@table("new_rs_new_replicas")
def test_new_rs_new_replicas(case: Case) -> None:
    case = {key: value for key, value in case.items() if key != "max_unavailable"}
    expected = case.pop("expected")
    assert new_rs_new_replicas(**case) == expected


@table("max_unavailable")
def test_max_unavailable(case: Case) -> None:
    arguments = (case["replicas"] or 0, amount(case["max_surge"]), amount(case["max_unavailable"]))
    assert max_unavailable(case["strategy"], *arguments) == case["expected"]


@table("min_available")
def test_min_available(case: Case) -> None:
    arguments = (case["replicas"], amount(case["max_surge"]), amount(case["max_unavailable"]))
    assert min_available(case["strategy"], *arguments) == case["expected"]


@table("replica_counts")
def test_replica_counts(case: Case) -> None:
    expected = tuple(case[f"expected_{field}"] for field in ("spec", "actual", "terminating"))
    assert replica_counts(Sizes(**sizes) for sizes in case["sets"]) == expected


@table("deployment_complete")
def test_deployment_complete(case: Case) -> None:
    counts = (case["desired"], case["current"], case["updated"], case["available"])
    assert deployment_complete(*counts) is case["expected"]
    assert not deployment_complete(*counts, observed=False)


@table("deployment_timed_out")
def test_deployment_timed_out(case: Case) -> None:
    elapsed = case["seconds_since_last_update"] or 0
    assert deployment_timed_out(case["deadline_seconds"], case["reason"], elapsed) is case["expected"]


@table("requeue_stuck")
def test_requeue_stuck(case: Case) -> None:
    replicas, updated, available = case["computed"]
    reasons = {
        "none": None,
        "timed_out": "ProgressDeadlineExceeded",
        "progressing": "ReplicaSetUpdated",
    }
    left = requeue_stuck(
        case["deadline_seconds"],
        reasons[case["condition"]],
        case["seconds_since_last_update"] or 0,
        complete=deployment_complete(case["spec"], replicas, updated, available),
    )
    assert (-1 if left is None else left) == case["expected_seconds"]


@table("pod_available")
def test_pod_available(case: Case) -> None:
    expected = case.pop("expected")
    assert pod_available(**case) is expected


@table("history_cleanup_count")
def test_history_cleanup_count(case: Case) -> None:
    alive = [tuple(sizes) for sizes in case["old_sets"] if sizes != "deleting"]
    assert len(cleaned_up(alive, case["limit"])) == case["expected_deleted"]


@table("recreate_scale_down")
def test_recreate_scale_down(case: Case) -> None:
    old = tuple(
        ReplicaSet(revision=Revision(number, f"v{number}"), wanted=wanted)
        for number, wanted in enumerate(case["old"], start=1)
    )
    plan = Recreate().decide(Observation(rollout=Rollout(target="new"), replica_sets=old))
    assert plan.wanted == {each.name: size for each, size in zip(old, case["expected"], strict=True)}


@table("resolve_fenceposts_documented_examples")
def test_resolve_fenceposts_documented_examples(case: Case) -> None:
    assert_steps(case)


def assert_steps(case: Case) -> None:
    strategy = Rolling(max_surge=case["max_surge"], max_unavailable=case["max_unavailable"])
    fleet = Ready()
    state = create(Rollout(replicas=case["desired"], target="old")).state
    state = settle(state, fleet, strategy, 0).state
    state = set_target(state, "new").state
    steps: list[str] = []
    while True:
        before = state
        state = reconcile(state, fleet.statuses(0), strategy, 0).state
        steps += changes(before, state)
        if state is before:
            break
        fleet.apply(state.wanted, state.routing, 0)
    assert steps == case["steps"]


def changes(before: State, after: State) -> list[str]:
    names = ("new", "old")
    changed = {name: after.wanted.get(name, 0) - before.wanted.get(name, 0) for name in names}
    return [f"{name}{changed[name]:+}" for name in names if changed[name]]


@attrs.define
class Ready(Pods):
    """A fleet whose pods are ready at once."""

    def apply(self, wanted: Any, routing: Any, now: int) -> None:
        super().apply(wanted, routing, now)
        for image in wanted:
            self.ready(image, 10**6, now)


@pytest.mark.skipif(not SECTIONS, reason="../shared/reference is not here")
def test_no_section_is_left_out() -> None:
    assert set(SECTIONS) == TESTED

"""Every rule of the Deployment controller is explained by a step, with its numbers, one after the other.

The sections are those of ``kubernetes-deployment.md``: 1 numbers, 2 one sync, 3 ReplicaSets, 4 scaling, 5 pausing,
6 conditions, 7 revisions, 8 rollover, 9 Recreate. `RULES` is the table of all of them, with the test of each.
"""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from tests.rollout import test_observed_cluster
from turnout import Host, Observed, Step, next_step
from turnout.observed import parse_observed, step_document

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]
HOST = Host()
NOW = 1000
RULES = {
    "surge is rounded up, unavailable down; both 0 come to 1; at most all may be unavailable": "limits: 1_percentages",
    "Recreate has neither": "limits: 1_without_percentages",
    "a Deployment that is being deleted gets its status only": "deleted: 2_1_a_deployment",
    "paused: the scale path, and no step": "paused: 5_paused_means",
    "a rollback by annotation, unless paused": "rollback: 2_4_a_rollback",
    "a scaling event is a step of its own": "scale: 2_5_a_scaling_event",
    "another surge or unavailable is none": "rolling: 2_5_another_surge",
    "the new replica set is the oldest with the template": "target: the_oldest_of_several",
    "it is created at the size that it may have": "create: 2a_a_new",
    "scale up to what the surge leaves": "rolling: 2b_scale_up",
    "a surplus is cut": "rolling: 2b_a_new",
    "no room, and nothing to spare": "rolling: 2b_2c",
    "scale down only if nothing was scaled up; unavailable first, then oldest first": "rolling: 2c_scale_down",
    "the second quota is what is available beyond the floor": "rolling: 2c_the_second",
    "nothing available is given up where more are available than wanted": "rolling: 2c_nothing",
    "the oldest by creation": "rolling: 2c_the_oldest",
    "the history is cleaned up once the stored status is complete": "history: 2d_the_history",
    "missing replicas are started, surplus ones deleted, terminating ones not counted": "replicas: 3_what_the",
    "replicas that cannot be created": "replica failure: 3_why_replicas",
    "minReadySeconds are the replica set's; a change reaches the new one only": "min ready: 3_min_ready",
    "one active replica set gets them all": "scale: 4_1_one_active",
    "of empty ones the new one does, or else the newest": "scale: 4_1_of_empty",
    "a saturated new replica set ends the others": "scale: 4_2_a_saturated",
    "in proportion, rounded half up, within the sum": "scale in proportion: 4_3_in_proportion",
    "ties: the newest first to grow": "scale in proportion: 4_3_two_halves",
    "the base is the annotation or else the status; the largest takes what is left": "scale in proportion: 4_3_without",
    "Recreate shares nothing out": "scale: 4_3_recreate",
    "scaled to the size that it has, it keeps its annotations": "scale: 4_scaling_to",
    "created paused there is nothing": "paused: 5_created",
    "of an unknown template nothing is updated while paused": "status: 5_of_an_unknown",
    "a known template becomes the new one at once while paused": "revision: 5_a_known",
    "the history is cleaned up while paused": "history: 5_the_history",
    "pausing may add replicas": "scale in proportion: 5_pausing_may",
    "another surge rescales while paused": "scale in proportion: 5_another_surge",
    "Recreate takes no step while paused": "paused: 5_recreate",
    "progress is not evaluated while paused": "deadline: 5_while_it_is_paused",
    "resuming restarts the deadline": "deadline: 5_resuming",
    "neither pausing nor resuming touches a timeout": "deadline: 5_neither",
    "Available by the floor; Recreate needs all": "available: 6_available",
    "complete": "progressing: 6_complete",
    "progress": "progressing: 6_progress",
    "the deadline is exceeded strictly later": "deadline: 6_the_deadline",
    "no deadline": "deadline: 6_no_deadline",
    "what was complete is never stuck": "deadline: 6_what_was",
    "a new template clears a timeout, scaling does not": "progressing: 6_a_new_template",
    "a deadline that is set later": "progressing: 6_a_deadline",
    "the generation that is observed": "status: 6_an_unobserved",
    "the next number for a replica set that is new again": "revision: 7_a_replica_set_that_is_new",
    "a replica set that is not empty is kept": "kept: 7_a_replica_set_that_is_not",
    "a third revision begins at what is left": "rolling: 8_a_third",
    "undo of what is stuck": "rolling: 8_undo",
    "Recreate: all old ones at once, the wait, the new ones": "recreate: 9_recreate",
}
"""What the controller does: the word that a step has for the rule, and which test has its words and numbers."""


def one(name: str, revision: int, wanted: int, available: int | None = None, **more: Any) -> Json:
    """A replica set, whose replicas are all there, and available unless it says how many are."""
    available = wanted if available is None else available
    numbers = {
        "replicas": max(wanted, available),
        "ready": available,
        "available": available,
        "created_seconds": revision,
    }
    return {"name": name, "revision": revision, "wanted": wanted, **numbers, **more}


def condition(status: str, reason: str, seconds: int = NOW) -> Json:
    return {"status": status, "reason": reason, "updated_seconds": seconds}


UPDATED = condition("True", "ReplicaSetUpdated")


def step(wish: Json, *sets: Json, strategy: str = "rolling", **more: Any) -> Step:
    """The next step for a wish and replica sets; it is the 1000th second."""
    document = {
        "name": "d",
        "rollout": {"replicas": 10, **wish},
        "replica_sets": list(sets),
        "progressing": UPDATED,
        "available": condition("True", "MinimumReplicasAvailable"),
        "time_seconds": NOW,
        **more,
    }
    observed = parse_observed(json.dumps(document))
    return next_step(observed, HOST.strategy(strategy))


def texts(found: Step) -> dict[str, list[str]]:
    said: dict[str, list[str]] = {}
    for each in found.reasons:
        said.setdefault(each.rule, []).append(each.text)
    return said


def sizes(found: Step) -> dict[str, int]:
    return {each.name: each.wanted for each in found.state.sets}


ROLLING = "rolling:max_surge=3,max_unavailable=2"
SIZED = {"desired_replicas": 10, "max_replicas": 13}


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_has_a_test_of_its_words(rule: str) -> None:
    word, _, start = RULES[rule].partition(": ")
    tests = {**vars(test_observed_cluster), **globals()}
    (test,) = [each for name, each in tests.items() if name.startswith(f"test_{start}")][:1]
    assert f'"{word}"' in inspect.getsource(test)


# 1. Numbers.


@pytest.mark.parametrize(
    ("replicas", "strategy", "text"),
    [
        (10, "rolling", "max_surge 25% of 10 is 3, rounded up; max_unavailable 25% of 10 is 2, rounded down: at most "),
        (3, "rolling", "max_surge 25% of 3 is 1, rounded up; max_unavailable 25% of 3 is 0, rounded down: at most "),
        (3, ROLLING, "max_surge 3; max_unavailable 2: at most 6 wanted and at least 1 available"),
        (1, "rolling:max_surge=1,max_unavailable=5", "max_surge 1; max_unavailable 5: at most 2 wanted and at least 0"),
        (
            4,
            "rolling:max_surge=0,max_unavailable=1%",
            "max_surge 0 and max_unavailable 1% of 4 are both 0, so 1 may be unavailable: at most 4 wanted and at ",
        ),
    ],
)  # fmt: skip
def test_1_percentages_become_numbers(replicas: int, strategy: str, text: str) -> None:
    found = step({"target": "v1", "replicas": replicas}, one("v1", 1, replicas), strategy=strategy)
    (said,) = texts(found)["limits"]
    assert said.startswith(text)


def test_1_without_percentages_there_is_nothing_to_resolve() -> None:
    assert "limits" not in texts(step({"target": "v1"}, one("v1", 1, 10), strategy="recreate"))


# 2. One sync: RollingUpdate.


def test_2a_a_new_replica_set_is_created_at_the_size_that_it_may_have() -> None:
    found = step({"target": "v2"}, one("v1", 1, 10), strategy=ROLLING)
    assert texts(found)["target"] == ["v2 is the target: no replica set has its template yet"]
    assert texts(found)["rolling"] == [
        (
            "scale up: v2 0 -> 3: 10 replicas + 3 surge - 10 wanted; scale down: 13 wanted - 8 at least available - "
            "3 new not available leave 2, of which 0 unavailable old ones go first; 10 available - 8 at least: 2 more, "
            "the oldest first"
        )
    ]
    assert texts(found)["create"] == ["v2 gets a replica set, revision 2, of 3 replicas"]
    assert sizes(found) == {"v1": 8, "v2": 3}


def test_2b_scale_up_as_far_as_the_surge_allows_and_no_scale_down_in_the_same_sync() -> None:
    found = step({"target": "v2"}, one("v1", 1, 8), one("v2", 2, 3, 0), strategy=ROLLING)
    assert texts(found)["rolling"] == ["scale up: v2 3 -> 5: 10 replicas + 3 surge - 11 wanted"]
    assert texts(found)["resize"] == ["v2: 3 -> 5"]
    assert sizes(found) == {"v1": 8, "v2": 5}


def test_2b_a_new_replica_set_that_is_too_large_is_cut() -> None:
    found = step({"target": "v2"}, one("v1", 1, 1), one("v2", 2, 12), strategy=ROLLING)
    assert texts(found)["rolling"] == ["scale up: v2 has 12 of 10 replicas, the surplus is cut"]
    assert sizes(found) == {"v1": 1, "v2": 10}


def test_2b_2c_no_room_and_nothing_to_spare() -> None:
    found = step({"target": "v2"}, one("v1", 1, 8), one("v2", 2, 5, 0), strategy=ROLLING)
    assert texts(found)["rolling"] == [
        (
            "no scale up: v2 stays at 5: 10 replicas + 3 surge - 13 wanted leave no room; no scale down: 13 wanted - "
            "8 at least available - 5 new not available leave 0"
        )
    ]
    assert sizes(found) == {"v1": 8, "v2": 5}


def test_2c_scale_down_by_both_quotas_unavailable_first_then_oldest_first() -> None:
    found = step(
        {"target": "v3"}, one("v1", 1, 4, 3), one("v2", 2, 4, 4), one("v3", 3, 5, 4), strategy=ROLLING
    )
    (why,) = texts(found)["rolling"]
    assert why.endswith(
        "scale down: 13 wanted - 8 at least available - 1 new not available leave 4, of which 1 unavailable old ones "
        "go first; 11 available - 8 at least: 3 more, the oldest first"
    )
    assert [(each.revision, each.before, each.after) for each in found.reasons if each.rule == "resize"] == [
        ("v1", 4, 0)
    ]


def test_2c_the_second_quota_is_what_is_available_beyond_the_floor() -> None:
    found = step({"target": "v2"}, one("v1", 1, 10, 8), one("v2", 2, 3, 0), strategy=ROLLING)
    (why,) = texts(found)["rolling"]
    assert "leave 2, of which 2 unavailable old ones go first; 8 available - 8 at least: 0 more" in why


def test_2c_nothing_available_is_given_up_while_a_replica_set_has_more_than_it_should() -> None:
    # The replicas that v1 has already been told to give up still count as available: giving up more would be too many.
    found = step({"target": "v2"}, one("v1", 1, 8, 10), one("v2", 2, 5, 3))
    (why,) = texts(found)["rolling"]
    assert why.endswith(
        "no scale down: 13 wanted - 8 at least available - 2 new not available leave 3, but 10 of v1 are available and "
        "8 wanted: it waits until they are gone"
    )
    assert sizes(found) == {"v1": 8, "v2": 5}
    found = step({"target": "v3"}, one("v1", 1, 2, 1), one("v2", 2, 6, 8), one("v3", 3, 5, 3))
    (why,) = texts(found)["rolling"]
    assert why.endswith(
        "8 of v2 are available and 6 wanted: it waits until they are gone; 1 unavailable old ones go"
    )
    assert sizes(found) == {"v1": 1, "v2": 6, "v3": 5}


def test_2d_the_history_is_cleaned_up_once_the_stored_status_is_complete() -> None:
    done = condition("True", "NewReplicaSetAvailable")
    old = [one(f"v{number}", number, 0) for number in (1, 2, 3)]
    found = step({"target": "v4", "revision_history_limit": 1}, *old, one("v4", 4, 10), progressing=done)
    assert texts(found)["history"] == [
        "v1 (revision 1) is deleted: it is empty, and of 3 old replica sets the newest 1 are kept",
        "v2 (revision 2) is deleted: it is empty, and of 3 old replica sets the newest 1 are kept",
    ]
    deleted = [each for each in step_document(found)["replica_sets"] if each["next_wanted"] is None]
    assert [each["name"] for each in deleted] == ["v1", "v2"]
    stale = {"replicas": 11, "updated": 10, "ready": 10, "available": 10}
    later = step({"target": "v4", "revision_history_limit": 1}, *old, one("v4", 4, 10), counts=stale)
    assert "history" not in texts(later)
    until = "it is deleted once the rollout is complete and nothing is resized, or while it is paused"
    assert texts(later)["kept"] == [
        f"v1 (revision 1) is beyond the newest 1 of 3 old replica sets: {until}",
        f"v2 (revision 2) is beyond the newest 1 of 3 old replica sets: {until}",
    ]
    assert texts(later)["status"] == ["replicas 11 -> 10"]


def test_2_5_a_scaling_event_is_a_step_of_its_own_before_a_new_template() -> None:
    found = step({"target": "v2", "replicas": 14}, one("v1", 1, 10, **SIZED))
    assert texts(found)["scale"] == ["v1 is the only replica set that is not empty: it gets all 14 replicas"]
    assert "create" not in texts(found)
    assert "rolling" not in texts(found)
    assert sizes(found) == {"v1": 14}


def test_2_5_another_surge_is_no_scaling_event() -> None:
    sets = one("v1", 1, 8, **SIZED), one("v2", 2, 5, 0, **SIZED)
    found = step({"target": "v2"}, *sets, strategy="rolling:max_surge=5,max_unavailable=2")
    assert texts(found)["rolling"] == ["scale up: v2 5 -> 7: 10 replicas + 5 surge - 13 wanted"]


def test_2c_the_oldest_by_creation_and_not_by_revision() -> None:
    """v1 was gone back to, and left again: its revision is higher, but it is the oldest."""
    sets = one("v2", 2, 4, created_seconds=5), one("v1", 3, 4, created_seconds=1), one("v3", 4, 5)
    first, second, third = sets
    found = step({"target": "v3"}, second, first, third, strategy=ROLLING)
    assert sizes(found) == {"v1": 0, "v2": 3, "v3": 5}
    assert texts(found)["rolling"][0].endswith("13 available - 8 at least: 5 more, the oldest first")


# 3. ReplicaSets.


def test_3_min_ready_seconds_reach_the_new_replica_set_only() -> None:
    sets = one("v1", 1, 5, min_ready_seconds=0), one("v2", 2, 5, 3, ready=5, min_ready_seconds=9)
    found = step({"target": "v2", "min_ready_seconds": 30, "paused": True}, *sets)
    assert texts(found)["min ready"] == [
        (
            "replicas of v2 have to be ready for 30 s to be available, no longer for 9 s; other revisions keep what "
            "they have"
        )
    ]
    assert [
        (each.revision, each.before, each.after) for each in found.reasons if each.rule == "min ready"
    ] == [("v2", 9, 30)]
    assert [each.min_ready_seconds for each in found.state.sets] == [0, 30]
    assert texts(found)["waiting"] == ["v2: of 5 replicas, 2 ready for less than 30s and not yet available"]


def test_3_what_the_replicaset_controller_does_meanwhile() -> None:
    short = one("v1", 1, 10, 4, replicas=7, ready=6, terminating=3)
    found = step({"target": "v1", "min_ready_seconds": 10}, short)
    assert texts(found)["replicas"] == ["v1: 10 wanted, 7 there, 3 to start"]
    waiting = "1 not ready, 2 ready for less than 10s and not yet available, 3 terminating, and not counted"
    assert texts(found)["waiting"] == [f"v1: of 7 replicas, {waiting}"]
    over = step({"target": "v1"}, one("v1", 1, 10, replicas=12, ready=12, available=11))
    assert texts(over)["replicas"] == [
        "v1: 10 wanted, 12 there, 2 to delete: not ready before ready, then ready for less time first"
    ]
    assert texts(over)["waiting"] == ["v1: of 12 replicas, 1 ready and not yet available"]


# 4. The scale path.


def test_4_1_one_active_replica_set_gets_them_all() -> None:
    found = step({"target": "v2", "replicas": 4, "paused": True}, one("v1", 1, 10, **SIZED))
    assert texts(found)["scale"] == ["v1 is the only replica set that is not empty: it gets all 4 replicas"]


@pytest.mark.parametrize(
    ("target", "who"),
    [("v1", "v1 is the target, and all are empty"), ("v3", "v2 is the newest, and all are empty")],
)
def test_4_1_of_empty_replica_sets_the_new_one_gets_them_all_or_else_the_newest(
    target: str, who: str
) -> None:
    found = step({"target": target, "replicas": 4, "paused": True}, one("v1", 1, 0), one("v2", 2, 0))
    assert texts(found)["scale"] == [f"{who}: it gets all 4 replicas"]


def test_4_2_a_saturated_new_replica_set_ends_the_others() -> None:
    sets = one("v1", 1, 2, **SIZED), one("v2", 2, 10, **SIZED)
    found = step({"target": "v2", "paused": True}, *sets)
    assert texts(found)["scale"] == ["all 10 replicas of v2 are available: the others go"]
    assert sizes(found) == {"v1": 0, "v2": 10}


def test_4_3_in_proportion() -> None:
    sets = one("v1", 1, 8, **SIZED), one("v2", 2, 5, 0, **SIZED)
    found = step({"target": "v2", "replicas": 15}, *sets, strategy=ROLLING)
    why = "shared out in proportion: 15 replicas and 3 surge allow 18, 13 are wanted"
    assert texts(found)["scale in proportion"] == [
        f"{why}; 8 of 13 come to 11 of 18",
        f"{why}; 5 of 13 come to 7 of 18",
    ]
    shares = [(each.revision, each.before, each.after) for each in found.reasons if "proportion" in each.rule]
    assert shares == [("v1", 8, 11), ("v2", 5, 7)]


@pytest.mark.parametrize(
    ("replicas", "v1", "v2", "after"),
    [
        (3, "3 of 7 come to 3 of 6", "4 of 7 come to 3 of 6", {"v1": 3, "v2": 3}),
        (0, "3 of 7 come to 0 of 0", "4 of 7 come to 0 of 0", {"v1": 0, "v2": 0}),
        (5, "3 of 7 come to 3 of 8", "4 of 7 come to 5 of 8", {"v1": 3, "v2": 5}),
    ],
)
def test_4_3_rounded_and_kept_within_the_sum(
    replicas: int, v1: str, v2: str, after: Mapping[str, int]
) -> None:
    sized = {"desired_replicas": 4, "max_replicas": 7}
    sets = one("v1", 1, 3, **sized), one("v2", 2, 4, 0, **sized)
    found = step({"target": "v2", "replicas": replicas}, *sets, strategy=ROLLING)
    assert sizes(found) == after
    said = " / ".join(texts(found)["scale in proportion"])
    assert v1 in said
    assert v2 in said


def test_4_3_two_halves_are_rounded_up_and_the_newest_comes_first() -> None:
    sized = {"desired_replicas": 3, "max_replicas": 6}
    found = step(
        {"target": "v2", "replicas": 6}, one("v1", 1, 3, **sized), one("v2", 2, 3, **sized), strategy=ROLLING
    )
    why = "shared out in proportion: 6 replicas and 3 surge allow 9, 6 are wanted; 3 of 6 come to 5 of 9"
    assert texts(found)["scale in proportion"] == [f"{why}, but the sum leaves +1", why]
    assert sizes(found) == {"v1": 4, "v2": 5}


def test_4_3_without_a_note_of_its_size_the_base_is_the_status_and_the_largest_takes_what_is_left() -> None:
    sets = one("v1", 1, 1), one("v2", 2, 1), one("v3", 3, 1)
    found = step(
        {"target": "v3", "replicas": 1, "paused": True},
        *sets,
        strategy="rolling:max_surge=4,max_unavailable=0",
    )
    said = texts(found)["scale in proportion"]
    assert said[2] == (
        "shared out in proportion: 1 replicas and 4 surge allow 5, 3 are wanted; 1 of 3 come to 2 of 5"
    )
    assert sizes(found) == {"v1": 1, "v2": 2, "v3": 2}
    found = step(
        {"target": "v3", "replicas": 1, "paused": True},
        *sets,
        strategy="rolling:max_surge=3,max_unavailable=0",
    )
    assert texts(found)["scale in proportion"][2] == (
        "shared out in proportion: 1 replicas and 3 surge allow 4, 3 are wanted; 1 of 3 come to 1 of 4; +1 left over "
        "for the largest"
    )
    assert sizes(found) == {"v1": 1, "v2": 1, "v3": 2}


def test_4_3_recreate_shares_nothing_out() -> None:
    sets = one("v1", 1, 4, **SIZED), one("v2", 2, 6, **SIZED)
    found = step({"target": "v2", "replicas": 12}, *sets, strategy="recreate")
    assert texts(found)["scale"] == [
        (
            "no step is taken: v1 was sized for 10 replicas, not for 12, and Recreate does not share 12 out among 2 "
            "replica sets; it stands still until it is scaled again"
        )
    ]
    assert sizes(found) == {"v1": 4, "v2": 6}


def test_4_scaling_to_the_present_size_leaves_the_annotations() -> None:
    found = step({"target": "v1", "replicas": 12}, one("v1", 1, 12, **SIZED))
    assert texts(found)["scale"] == [
        (
            "no step is taken: v1 was sized for 10 replicas, not for 12, and has no other size to get; it stands still "
            "until it is scaled again"
        )
    ]
    assert sizes(found) == {"v1": 12}
    assert texts(found)["deadline"] == [
        "progress is not looked at in a step that only scales, and the deadline passes unnoticed"
    ]
    assert found.again_at is None


# 5. Paused.


def test_5_paused_means_no_new_replica_set_and_no_step() -> None:
    found = step({"target": "v2", "paused": True}, one("v1", 1, 10, **SIZED))
    assert texts(found)["target"] == [
        "v2 is the target: no replica set has its template yet; it gets none while the rollout is paused"
    ]
    assert texts(found)["paused"] == ["no step is taken until the rollout is resumed"]
    assert texts(found)["progressing"] == [
        "Progressing becomes Unknown/DeploymentPaused: the rollout is paused, and the progress deadline with it"
    ]
    assert texts(found)["deadline"] == ["the deadline of 600 s does not run while the rollout is paused"]
    assert sizes(found) == {"v1": 10}


def test_5_of_an_unknown_template_nothing_is_updated() -> None:
    before = {"replicas": 10, "updated": 10, "ready": 10, "available": 10}
    found = step({"target": "v2", "paused": True}, one("v1", 1, 10, **SIZED), counts=before)
    assert texts(found)["status"] == ["updated 10 -> 0"]
    assert found.state.counts.updated == 0


def test_5_created_paused_there_is_nothing_to_scale() -> None:
    found = step({"target": "v1", "replicas": 7, "paused": True}, progressing=None, available=None)
    assert texts(found)["paused"] == ["no step is taken until the rollout is resumed"]
    assert sizes(found) == {}


def test_5_pausing_may_add_replicas_up_to_the_surge() -> None:
    sized = {"desired_replicas": 12, "max_replicas": 24}
    sets = one("v1", 1, 6, **sized), one("v2", 2, 12, 0, **sized)
    found = step({"target": "v2", "replicas": 12, "paused": True}, *sets, strategy="rolling:max_surge=100%")
    assert texts(found)["scale in proportion"] == [
        (
            "shared out in proportion: 12 replicas and 12 surge allow 24, 18 are wanted; 12 of 24 come to 12 of 24; "
            "+6 left over for the largest"
        )
    ]
    assert sizes(found) == {"v1": 6, "v2": 18}


def test_5_another_surge_rescales_at_once_while_paused() -> None:
    sets = one("v1", 1, 8, **SIZED), one("v2", 2, 5, 0, **SIZED)
    found = step({"target": "v2", "paused": True}, *sets, strategy="rolling:max_surge=8,max_unavailable=0")
    assert sizes(found) == {"v1": 11, "v2": 7}
    assert texts(found)["scale in proportion"][0].endswith("13 are wanted; 8 of 13 come to 11 of 18")


def test_5_recreate_takes_no_step_while_paused() -> None:
    found = step({"target": "v2", "paused": True}, one("v1", 1, 10, **SIZED), strategy="recreate")
    assert texts(found)["paused"] == ["no step is taken until the rollout is resumed"]
    assert "recreate" not in texts(found)


def test_5_while_it_is_paused_progress_is_not_evaluated() -> None:
    late = condition("Unknown", "DeploymentPaused", 1)
    found = step({"target": "v1", "paused": True}, one("v1", 1, 10, 3, **SIZED), progressing=late)
    assert str(found.state.progressing) == "Unknown/DeploymentPaused"
    assert "progressing" not in texts(found)
    assert texts(found)["deadline"] == ["the deadline of 600 s does not run while the rollout is paused"]


def test_5_resuming_restarts_the_deadline() -> None:
    paused = condition("Unknown", "DeploymentPaused", 1)
    found = step({"target": "v2"}, one("v1", 1, 8), one("v2", 2, 5, 0), progressing=paused, strategy=ROLLING)
    assert texts(found)["progressing"] == [
        "Progressing becomes Unknown/DeploymentResumed: the rollout is resumed, and the progress deadline starts again"
    ]
    assert texts(found)["deadline"] == [
        "the last progress was 0s ago; after more than 600 s without any it is reported as stuck"
    ]
    assert found.again_at == 1_601_000_000


def test_5_neither_pause_nor_resume_touches_a_timeout() -> None:
    late = condition("False", "ProgressDeadlineExceeded", 1)
    found = step({"target": "v1", "paused": True}, one("v1", 1, 10, 9, **SIZED), progressing=late)
    assert "progressing" not in texts(found)
    assert texts(found)["deadline"] == [
        "the rollout has been reported as stuck; nothing else follows from that, and progress ends it"
    ]


def test_5_a_known_template_becomes_the_new_one_at_once_while_paused() -> None:
    sets = one("v1", 1, 0), one("v2", 2, 10, **SIZED)
    found = step({"target": "v1", "paused": True}, *sets)
    assert texts(found)["revision"] == [
        "v1 is the target again: its revision becomes 3, one more than the highest other"
    ]
    assert found.state.revision == 3
    assert sizes(found) == {"v1": 0, "v2": 10}


def test_5_the_history_is_cleaned_up_while_paused_even_in_mid_rollout() -> None:
    sets = one("v1", 1, 0), one("v2", 2, 8, **SIZED), one("v3", 3, 5, 0, **SIZED)
    found = step({"target": "v3", "paused": True, "revision_history_limit": 1}, *sets, strategy=ROLLING)
    assert texts(found)["history"] == [
        "v1 (revision 1) is deleted: it is empty, and of 2 old replica sets the newest 1 are kept"
    ]


# 6. Status and conditions.


def test_6_available_by_the_floor() -> None:
    found = step({"target": "v1"}, one("v1", 1, 10, 7), strategy=ROLLING)
    assert texts(found)["available"] == [
        "Available becomes False/MinimumReplicasUnavailable: 7 are, at least 8 have to be"
    ]
    all_of_them = step({"target": "v1"}, one("v1", 1, 10, 9), strategy="recreate")
    assert texts(all_of_them)["available"] == [
        "Available becomes False/MinimumReplicasUnavailable: 9 are, at least 10 have to be"
    ]


def test_6_complete() -> None:
    found = step({"target": "v1"}, one("v1", 1, 10))
    assert texts(found)["progressing"] == [
        "Progressing becomes True/NewReplicaSetAvailable: all 10 replicas are updated and available"
    ]
    assert "deadline" not in texts(found)


def test_6_what_was_complete_is_never_stuck() -> None:
    done = condition("True", "NewReplicaSetAvailable", 1)
    found = step({"target": "v1"}, one("v1", 1, 10, 3), progressing=done)
    assert "progressing" not in texts(found)
    assert texts(found)["deadline"] == [
        "the rollout was complete: whatever becomes of its replicas since is not reported as being stuck"
    ]


def test_6_a_new_template_clears_a_timeout_and_scaling_does_not() -> None:
    late = condition("False", "ProgressDeadlineExceeded", 1)
    found = step({"target": "v2"}, one("v1", 1, 10, 9), progressing=late)
    assert texts(found)["progressing"] == [
        "Progressing becomes True/NewReplicaSetCreated: the target has got a replica set"
    ]
    scaled = step({"target": "v1", "replicas": 12}, one("v1", 1, 10, 9, **SIZED), progressing=late)
    assert "progressing" not in texts(scaled)


def test_6_a_deadline_that_is_set_later_finds_the_replica_set() -> None:
    found = step({"target": "v1"}, one("v1", 1, 10, 9), progressing=None)
    assert texts(found)["progressing"] == [
        "Progressing becomes True/FoundNewReplicaSet: the target has a replica set"
    ]


def test_6_progress_is_more_updated_fewer_old_more_ready_or_more_available() -> None:
    before = {"replicas": 13, "updated": 5, "ready": 8, "available": 8, "unavailable": 5}
    sets = one("v1", 1, 8), one("v2", 2, 5, 1)
    late = condition("True", "ReplicaSetUpdated", 500)
    found = step({"target": "v2"}, *sets, counts=before, progressing=late, strategy=ROLLING)
    assert texts(found)["status"] == ["ready 8 -> 9, available 8 -> 9, unavailable 5 -> 3"]
    assert texts(found)["progressing"] == [
        "Progressing becomes True/ReplicaSetUpdated: updated 5 -> 5, old 8 -> 8, ready 8 -> 9, available 8 -> 9"
    ]
    assert found.state.progressing is not None
    assert found.state.progressing.updated == NOW * 1_000_000


@pytest.mark.parametrize(("since", "late"), [(399, True), (400, False)])
def test_6_the_deadline_is_exceeded_strictly_later(since: int, late: bool) -> None:  # noqa: FBT001  (a case)
    sets = one("v1", 1, 8), one("v2", 2, 5, 0)
    started = condition("True", "ReplicaSetUpdated", since)
    found = step({"target": "v2"}, *sets, progressing=started, strategy=ROLLING)
    if late:
        assert texts(found)["progressing"] == [
            "Progressing becomes False/ProgressDeadlineExceeded: no progress for more than 600 s"
        ]
        assert sizes(found) == {"v1": 8, "v2": 5}, "nothing is rolled back"
    else:
        assert texts(found)["deadline"] == [
            "the last progress was 10m ago; after more than 600 s without any it is reported as stuck"
        ]
        assert found.again_at == (NOW + 1) * 1_000_000


def test_6_no_deadline_no_condition() -> None:
    found = step({"target": "v1", "progress_deadline_seconds": None}, one("v1", 1, 10, 3))
    assert found.state.progressing is None
    assert texts(found)["deadline"] == ["there is no progress deadline: it is never reported as stuck"]


def test_6_an_unobserved_generation_is_observed() -> None:
    found = step({"target": "v1"}, one("v1", 1, 10), generation=7, observed_generation=6)
    assert texts(found)["status"] == ["observed generation 6 -> 7"]


# 7. Revisions.


def test_7_a_replica_set_that_is_new_again_gets_the_next_number() -> None:
    found = step({"target": "v1"}, one("v1", 1, 0), one("v2", 2, 0), one("v3", 3, 10), strategy=ROLLING)
    (reason,) = [each for each in found.reasons if each.rule == "revision"]
    assert (reason.revision, reason.before, reason.after) == ("v1", 1, 4)
    assert [(each.name, each.number) for each in found.state.sets] == [("v1", 4), ("v2", 2), ("v3", 3)]


def test_7_a_replica_set_that_is_not_empty_is_kept_and_no_other_goes_for_it() -> None:
    old = one("v1", 1, 0, replicas=1, ready=0, available=0), one("v2", 2, 0), one("v3", 3, 0)
    wish = {"target": "v4", "revision_history_limit": 2, "paused": True}
    found = step(wish, *old, one("v4", 4, 10, **SIZED))
    assert texts(found)["kept"] == [
        (
            "v1 (revision 1) is beyond the newest 2 of 3 old replica sets, and stays until it is empty: 0 wanted, 1 "
            "there"
        )
    ]
    assert "history" not in texts(found)


# 8. Rollover.


def test_8_a_third_revision_begins_at_what_the_surge_leaves_and_the_unavailable_go_first() -> None:
    sets = one("v1", 1, 8, 7), one("v2", 2, 5, 0)
    found = step({"target": "v3"}, *sets, strategy=ROLLING)
    assert texts(found)["rolling"] == [
        (
            "scale up: v3 0 -> 0: 10 replicas + 3 surge - 13 wanted; scale down: 13 wanted - 8 at least available - "
            "0 new not available leave 5, of which 5 unavailable old ones go first; 7 available - 8 at least: 0 more, "
            "the oldest first"
        )
    ]
    assert sizes(found) == {"v1": 7, "v2": 1, "v3": 0}


def test_8_undo_of_what_is_stuck() -> None:
    sets = one("v1", 1, 8, 7), one("v2", 2, 5, 0)
    found = step({"target": "v1"}, *sets, strategy=ROLLING)
    assert sizes(found) == {"v1": 8, "v2": 1}
    assert "leave 4, of which 4 unavailable old ones go first" in texts(found)["rolling"][0]


# 9. Recreate.


@pytest.mark.parametrize(
    ("sets", "why", "after"),
    [
        ([one("v1", 1, 6), one("v2", 2, 4)], "scale down: all 10 old replicas at once", {"v1": 0, "v2": 0}),
        (
            [one("v1", 1, 0, replicas=2, terminating=3)],
            "wait: 5 old replicas still exist, terminating ones included",
            {"v1": 0},
        ),
        ([one("v1", 1, 0)], "scale up: no old replica is left, v3 has 0 of 10", {"v1": 0, "v3": 10}),
    ],
)
def test_9_recreate(sets: list[Json], why: str, after: Mapping[str, int]) -> None:
    found = step({"target": "v3"}, *sets, strategy="recreate")
    assert texts(found)["recreate"] == [why]
    assert sizes(found) == after


# Rules that only a cluster's objects can reach are in test_observed_cluster.


def test_another_strategy_is_explained_as_well() -> None:
    found = step({"target": "v2"}, one("v1", 1, 10), strategy="blue-green", stable="v1")
    assert texts(found)["blue-green"] == ["0 of 10 previewed replicas are in service"]
    assert texts(found)["route"]
    assert sizes(found) == {"v1": 10, "v2": 10}


def test_memory_and_routing_go_in_and_out() -> None:
    routing = {"kind": "split", "weights": [["v1", 1.0]]}
    sets = one("v1", 1, 10), one("v2", 2, 10)
    memory = {"active": "v1"}
    found = step({"target": "v2"}, *sets, strategy="blue-green", memory=memory, routing=routing)
    assert "switch" in texts(found)["blue-green"][0]
    again = attrs.evolve(found.observed, state=found.state)
    assert next_step(again, found.strategy).state.memory["active"] == "v2"
    assert isinstance(again, Observed)

"""The plain form: what may be left out of it, and what is wrong with it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from turnout import Host, InputError, next_step
from turnout.observed import parse_observed

Json = dict[str, Any]
V1 = {"name": "v1", "revision": 1, "wanted": 4, "replicas": 4, "ready": 4, "available": 4}


def document(**more: Any) -> Json:
    return {"rollout": {"replicas": 4, "target": "v2"}, "replica_sets": [dict(V1)], **more}


def refused(given: Json | str, **options: Any) -> str:
    text = given if isinstance(given, str) else json.dumps(given, indent=1)
    with pytest.raises(InputError) as caught:
        parse_observed(text, where="seen.json", **options)
    return str(caught.value)


def test_what_may_be_left_out() -> None:
    observed = parse_observed(json.dumps(document()))
    state = observed.state
    assert (state.name, state.generation, state.observed_generation, observed.time) == ("web", 1, 1, 0)
    assert (state.counts.replicas, state.counts.updated, state.counts.unavailable) == (4, 0, 0)
    assert (state.progressing, state.available, state.revision, state.stable) == (None, None, None, None)
    assert state.rollout.progress_deadline_seconds == 600
    assert (observed.workload.strategy, observed.asked) == ("RollingUpdate", None)
    step = next_step(observed, Host().strategy("rolling"))
    assert step.state.wanted == {"v1": 3, "v2": 1}
    assert step.changes


def test_the_time_is_what_it_says_or_the_latest_that_it_names() -> None:
    done = {"status": "True", "reason": "NewReplicaSetAvailable", "updated_seconds": 12.5}
    assert parse_observed(json.dumps(document(progressing=done))).time == 12_500_000
    assert parse_observed(json.dumps(document(progressing=done, time_seconds=13))).time == 13_000_000
    later = 15_000_000
    assert parse_observed(json.dumps(document(progressing=done, time_seconds=13)), time=later).time == later


def test_it_is_not_observed_before_what_it_tells_of() -> None:
    done = {"status": "True", "reason": "NewReplicaSetAvailable", "updated_seconds": 12.5}
    words = "it is 2.5s before the latest time in what was observed; give the time at which that was printed"
    with pytest.raises(InputError) as caught:
        parse_observed(json.dumps(document(progressing=done)), time=10_000_000)
    assert str(caught.value) == f"time: {words}"
    assert refused(document(progressing=done, time_seconds=10)).endswith(f": time_seconds: {words}")


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"ready": 5}, "ready: 5 is more than replicas, which is 4"),
        ({"ready": 2, "available": 3}, "available: 3 is more than ready, which is 2"),
        ({"replicas": 0}, "ready: 4 is more than replicas, which is 0"),
    ],
)
def test_no_part_is_more_than_the_whole(numbers: dict[str, int], words: str) -> None:
    given = document()
    given["replica_sets"][0].update({"replicas": 4, "ready": 4, "available": 4, **numbers})
    assert f"replica_sets[0].{words}; it counts some of them" in refused(given)
    counts = {"replicas": 4, "updated": 4, "ready": 4, "available": 4}
    assert f"counts.{words}; it counts some of them" in refused(
        document(counts={**counts, "updated": 0, **numbers})
    )
    assert "counts.updated: 5 is more than replicas" in refused(document(counts={**counts, "updated": 5}))


def test_no_deadline_is_null_and_not_left_out() -> None:
    given = document()
    given["rollout"]["progress_deadline_seconds"] = None
    assert parse_observed(json.dumps(given)).state.rollout.progress_deadline_seconds is None


@pytest.mark.parametrize("field", ["name", "revision", "wanted", "replicas", "ready", "available"])
def test_what_may_not_be_left_out(field: str) -> None:
    given = document()
    del given["replica_sets"][0][field]
    assert f"replica_sets[0].{field}: is missing; " in refused(given)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"replica_sets": []}, "rollout: is missing"),
        ({"rollout": {"replicas": 1, "target": "v1"}}, "replica_sets: is missing"),
        (document(rollout={"target": "v1"}), "rollout.replicas: is missing"),
        (document(rollout={"replicas": 1}), "rollout.target: is missing"),
        (document(rollouts=1), "rollouts: there is no such field; did you mean 'rollout'?"),
        (document(rollout={"replicas": 1, "target": "v1", "pause": True}), "rollout.pause: there is no such field"),
        (document(replica_sets=[{**V1, "avail": 1}]), "replica_sets[0].avail: there is no such field"),
        (document(replica_sets=[V1, V1]), "two replica sets have the same name"),
        (document(replica_sets=[V1, {**V1, "name": "v0"}]), "two replica sets have the same revision"),
        (document(replica_sets={}), "replica_sets: a mapping is not a list"),
        (document(replica_sets=[3]), "is not a mapping"),
        (document(rollout={"replicas": 1, "target": "v1", "progress_deadline_seconds": 0}), "is not greater than"),
        (document(time_seconds=-1), "time_seconds: -1 is no number from 0"),
        (document(time_seconds="now"), "time_seconds: 'now' is no number from 0"),
        (document(replica_sets=[{**V1, "error_share": 2}]), "error_share: 2 is no number from 0 to 1"),
        (document(counts={"replica": 1}), "counts.replica: there is no such field"),
        (document(progressing={"status": "True", "reason": "x"}), "progressing.updated_seconds: is missing"),
        (document(available={"status": "Yes"}), "available.status: 'Yes' is not"),
        (document(memory={"a": {}}), "memory"),
        (document(routing={"kind": "everywhere"}), "routing"),
        (document(strategy=":"), "the name is missing"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line_with_its_place(given: Json, words: str) -> None:
    line = refused(given)
    assert words in line
    assert "\n" not in line


def test_it_holds_one_rollout_only() -> None:
    assert refused(document(), name="web") == "seen.json: it holds one rollout only; leave --name out"

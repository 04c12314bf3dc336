"""Reading what kubectl prints: a sample as it comes, its variations, and everything that can be wrong with it."""

from __future__ import annotations

import copy
import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnout import Host, InputError, Step, load_observed, next_step
from turnout.cli import main
from turnout.observed import parse_observed
from turnout.selection import asked_by_manifest

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]
SAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "kiada" / "observed.json"
MAY_4 = 1_777_888_920_000_000
"""2026-05-04T10:02:00Z."""
HOST = Host()


def sample() -> Json:
    read: Json = json.loads(SAMPLE.read_text(encoding="utf-8"))
    return read


def changed(change: Callable[[Json, Json, Json, Json], object]) -> str:
    """The sample after a change: of the Deployment, of 0.5, of 0.4 and of 0.6."""
    read = sample()
    deployment, five, four, six = read["items"]
    change(deployment, five, four, six)
    return json.dumps(read, indent=4)


def step(text: str, **given: Any) -> Step:
    observed = parse_observed(text, time=MAY_4, **given)
    workload = observed.workload
    return next_step(observed, HOST.strategy(asked_by_manifest(HOST, workload), dict(workload.parameters)))


def texts(found: Step) -> dict[str, list[str]]:
    said: dict[str, list[str]] = {}
    for each in found.reasons:
        said.setdefault(each.rule, []).append(each.text)
    return said


def refused(text: str, **given: Any) -> str:
    with pytest.raises(InputError) as caught:
        parse_observed(text, where="observed.json", **given)
    return str(caught.value)


# As it comes.


def test_the_sample() -> None:
    observed = load_observed(SAMPLE, time=MAY_4)
    state = observed.state
    assert [(each.name, each.number, each.wanted) for each in state.sets] == [
        ("0.4", 1, 0),
        ("0.5", 2, 6),
        ("0.6", 3, 2),
    ]
    assert (state.rollout.target, state.revision, state.stable) == ("0.6", 3, "0.5")
    assert str(state.progressing) == "True/ReplicaSetUpdated"
    found = step(SAMPLE.read_text(encoding="utf-8"))
    assert not found.changes
    assert texts(found) == {
        "target": ["0.6 is the target: ReplicaSet kiada-7d9c5b6f4d has the Deployment's template"],
        "limits": [
            "max_surge 25% of 6 is 2, rounded up; max_unavailable 0: at most 8 wanted and at least 6 available"
        ],
        "rolling": [
            (
                "no scale up: 0.6 stays at 2: 6 replicas + 2 surge - 8 wanted leave no room; no scale down: 8 wanted - "
                "6 at least available - 2 new not available leave 0"
            )
        ],
        "deadline": [
            "the last progress was 1m53s ago; after more than 300 s without any it is reported as stuck"
        ],
        "waiting": ["0.6: of 2 replicas, 1 not ready, 1 ready for less than 10s and not yet available"],
    }


def test_it_may_be_yaml_on_one_line_or_among_other_objects() -> None:
    expected = step(SAMPLE.read_text(encoding="utf-8"))
    read = sample()
    read["items"].insert(0, {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "kiada"}})
    foreign = copy.deepcopy(read["items"][2])
    foreign["metadata"]["name"] = "other"
    foreign["metadata"]["ownerReferences"][0].update(uid="somebody-else", name="other")
    read["items"].append(foreign)
    for text in (json.dumps(read), "# as YAML\n" + json.dumps(read, indent=2)):
        found = step(text)
        assert found.reasons == expected.reasons
        assert found.state == expected.state


def test_by_the_command_line_from_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["rollout", "step", "--observed", "-", "--at", "2026-05-04T10:02:00Z"]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(SAMPLE.read_bytes())))
    assert main([*arguments, "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["changes"] is False
    assert document["time_seconds"] == MAY_4 / 1e6
    assert [each["rule"] for each in document["reasons"]] == [
        "target",
        "limits",
        "rolling",
        "deadline",
        "waiting",
    ]
    assert document["again_in_seconds"] == 188
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(SAMPLE.read_bytes())))
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    assert "Nothing changes, because" in shown
    assert "8 wanted - 6 at least available - 2 new not available leave 0" in shown


def test_what_another_strategy_would_do(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["rollout", "step", "--observed", str(SAMPLE), "--format", "json", "--strategy"]
    assert main([*arguments, "rolling:max_unavailable=3"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["strategy"] == "rolling:max_unavailable=3", "the surge is the Deployment's"
    assert {each["name"]: each["next_wanted"] for each in document["replica_sets"]} == {
        "0.4": 0,
        "0.5": 3,
        "0.6": 2,
    }


# Which replica set is the new one, and what revisions are called.


def test_templates_are_compared_and_not_images() -> None:
    def restarted(deployment: Json, *_: Json) -> None:
        annotations = {"kubectl.kubernetes.io/restartedAt": "2026-05-04T10:01:00Z"}
        deployment["spec"]["template"]["metadata"]["annotations"] = annotations

    found = step(changed(restarted))
    assert texts(found)["target"] == ["0.6@new is the target: no replica set has its template yet"]
    assert [each.name for each in found.state.sets] == ["0.4", "0.5", "0.6@7d9c5b6f4d", "0.6@new"]


def test_revisions_of_one_tag_are_told_apart_by_their_hash() -> None:
    def same_tag(_: Json, five: Json, *__: Json) -> None:
        five["spec"]["template"]["spec"]["containers"][0]["image"] = "kiada:0.6"

    names = [each.name for each in step(changed(same_tag)).state.sets]
    assert names == ["0.4", "0.6@5f8b6c7d9c", "0.6@7d9c5b6f4d"]


def test_the_oldest_of_several_with_the_template_is_the_new_one() -> None:
    def twins(deployment: Json, five: Json, _: Json, six: Json) -> None:
        labels = five["spec"]["template"]["metadata"]["labels"]
        five["spec"]["template"] = copy.deepcopy(six["spec"]["template"])
        five["spec"]["template"]["metadata"]["labels"] = labels
        del deployment["spec"]["template"]["metadata"]["creationTimestamp"]

    found = step(changed(twins))
    assert texts(found)["target"] == [
        "0.6@5f8b6c7d9c is the target: ReplicaSet kiada-5f8b6c7d9c has the Deployment's template"
    ]
    assert found.observed.notes == (
        "ReplicaSets kiada-7d9c5b6f4d have the Deployment's template, too: the oldest one is the new one.",
    )


def test_an_empty_part_of_a_template_is_a_part() -> None:
    def no_security(deployment: Json, *_: Json) -> None:
        del deployment["spec"]["template"]["spec"]["securityContext"]

    assert step(changed(no_security)).state.rollout.target == "0.6@new"


# Whose they are.


def test_a_replica_set_without_owner_is_adopted_and_one_not_selected_is_released() -> None:
    def orphaned(_: Json, five: Json, four: Json, __: Json) -> None:
        del five["metadata"]["ownerReferences"]
        four["metadata"]["labels"]["app"] = "else"

    observed = parse_observed(changed(orphaned))
    assert [each.name for each in observed.state.sets] == ["0.5", "0.6"]
    assert set(observed.notes) == {
        "ReplicaSet kiada-5f8b6c7d9c has no owner; the controller adopts it.",
        "ReplicaSet kiada-6c4d8f5b7b is not selected any more; the controller releases it.",
    }


def test_another_namespace_is_another_world() -> None:
    def moved(_: Json, __: Json, four: Json, ___: Json) -> None:
        four["metadata"]["namespace"] = "elsewhere"

    assert [each.name for each in parse_observed(changed(moved)).state.sets] == ["0.5", "0.6"]


# Rules that only a cluster's objects can reach.


def test_2_1_a_deployment_that_is_being_deleted() -> None:
    def deleted(deployment: Json, *_: Json) -> None:
        deployment["metadata"]["deletionTimestamp"] = "2026-05-04T10:01:59Z"

    found = step(changed(deleted))
    assert texts(found) == {
        "deleted": ["the Deployment is being deleted: no step is taken, only its status is kept"]
    }
    assert not found.changes


@pytest.mark.parametrize(
    ("asked", "text", "target"),
    [
        ("1", "revision 1: 0.4 becomes the target again", "0.4"),
        ("0", "the revision before: 0.5 becomes the target again", "0.5"),
        ("3", "revision 3, whose template it has already: the annotation goes", "0.6"),
        ("9", "revision 9, which there is not: the annotation goes", "0.6"),
    ],
)  # fmt: skip
def test_2_4_a_rollback_by_annotation(asked: str, text: str, target: str) -> None:
    def annotated(deployment: Json, *_: Json) -> None:
        deployment["metadata"]["annotations"]["deprecated.deployment.rollback.to"] = asked

    found = step(changed(annotated))
    assert texts(found) == {"rollback": [f"deprecated.deployment.rollback.to asks for {text}"]}
    assert found.state.rollout.target == target
    assert found.state.wanted == {"0.4": 0, "0.5": 6, "0.6": 2}


def test_2_3_pausing_comes_before_a_rollback() -> None:
    def annotated(deployment: Json, *_: Json) -> None:
        deployment["metadata"]["annotations"]["deprecated.deployment.rollback.to"] = "1"
        deployment["spec"]["paused"] = True

    found = step(changed(annotated))
    assert texts(found)["paused"] == ["no step is taken until the rollout is resumed"]


def test_3_min_ready_seconds_are_those_of_the_replica_set() -> None:
    def shorter(deployment: Json, *_: Json) -> None:
        deployment["spec"]["minReadySeconds"] = 7

    found = step(changed(shorter))
    assert texts(found)["min ready"] == [
        (
            "replicas of 0.6 have to be ready for 7 s to be available, no longer for 10 s; other revisions keep what "
            "they have"
        )
    ]
    assert {each.name: each.min_ready_seconds for each in found.state.sets} == {
        "0.4": 10,
        "0.5": 10,
        "0.6": 7,
    }
    assert "1 ready for less than 7s and not yet available" in texts(found)["waiting"][0]


def test_3_why_replicas_cannot_be_created() -> None:
    def quota(_: Json, __: Json, ___: Json, six: Json) -> None:
        six["status"] = {
            "replicas": 0,
            "observedGeneration": 1,
            "conditions": [
                {
                    "type": "ReplicaFailure",
                    "status": "True",
                    "reason": "FailedCreate",
                    "message": 'pods "kiada-7d9c5b6f4d-x" is forbidden:\nexceeded quota',
                    "lastTransitionTime": "2026-05-04T10:00:02Z",
                }
            ],
        }

    found = step(changed(quota))
    assert texts(found)["replica failure"] == [
        (
            'replicas of 0.6 cannot be created or deleted: FailedCreate: pods "kiada-7d9c5b6f4d-x" is forbidden: '
            "exceeded quota"
        )
    ]
    assert texts(found)["replicas"] == ["0.6: 2 wanted, 0 there, 2 to start"]


def recreate(deployment: Json, five: Json, _: Json, six: Json) -> None:
    deployment["spec"]["strategy"] = {"type": "Recreate"}
    five["spec"]["replicas"] = six["spec"]["replicas"] = 0
    five["status"] = {"replicas": 0, "observedGeneration": 2}
    six["status"] = {"replicas": 0, "observedGeneration": 1}


def pod(number: int, **more: Any) -> Json:
    owner = sample()["items"][1]["metadata"]
    reference = {"kind": "ReplicaSet", "name": owner["name"], "uid": owner["uid"], "controller": True}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"p{number}", "namespace": "quotes", "ownerReferences": [reference], **more},
        "status": {"phase": "Running"},
    }


def test_9_recreate_needs_to_know_of_terminating_pods() -> None:
    def terminating(deployment: Json, five: Json, four: Json, six: Json) -> None:
        recreate(deployment, five, four, six)
        five["status"]["terminatingReplicas"] = 3
        four["status"]["terminatingReplicas"] = six["status"]["terminatingReplicas"] = 0

    found = step(changed(terminating))
    assert texts(found)["recreate"] == ["wait: 3 old replicas still exist, terminating ones included"]
    assert texts(found)["waiting"] == ["0.5: 3 terminating, and not counted"]
    assert not found.observed.notes
    silent = step(changed(recreate))
    assert texts(silent)["recreate"] == ["scale up: no old replica is left, 0.6 has 0 of 6"]
    assert "kubectl get deploy,rs,pods -o json" in silent.observed.notes[0]


def test_9_recreate_counts_pods_that_are_given() -> None:
    read = json.loads(changed(recreate))
    gone = {"deletionTimestamp": "2026-05-04T10:02:20Z"}
    over = pod(3, **gone)
    over["status"]["phase"] = "Failed"
    read["items"] += [pod(1, **gone), pod(2, **gone), over, pod(4)]
    found = step(json.dumps(read))
    assert texts(found)["recreate"] == ["wait: 2 old replicas still exist, terminating ones included"]
    assert not found.observed.notes


def test_a_status_that_lags_behind_and_a_deletion_are_noted() -> None:
    def lagging(_: Json, five: Json, four: Json, __: Json) -> None:
        five["metadata"]["generation"] = 9
        four["metadata"]["deletionTimestamp"] = "2026-05-04T10:00:00Z"

    assert parse_observed(changed(lagging)).notes == (
        "ReplicaSet kiada-6c4d8f5b7b is being deleted.",
        "The status of ReplicaSet kiada-5f8b6c7d9c is older than its size.",
    )


def test_a_deployment_that_never_had_a_replica_set() -> None:
    def fresh(deployment: Json, *_: Json) -> None:
        del deployment["metadata"]["annotations"]
        deployment["status"] = {}

    read = json.loads(changed(fresh))
    read["items"] = read["items"][:1]
    found = step(json.dumps(read))
    assert texts(found)["create"] == ["0.6 gets a replica set, revision 1, of 6 replicas"]


# What is refused.


def test_no_replica_sets() -> None:
    read = sample()
    hint = "get them by 'kubectl get deploy,rs -o json'"
    alone = refused(json.dumps(read["items"][0]))
    assert alone == f"observed.json: holds no ReplicaSets of Deployment 'kiada'; {hint}"
    read["items"] = read["items"][:1]
    assert refused(json.dumps(read)).endswith(hint)


def test_several_deployments() -> None:
    read = sample()
    second = copy.deepcopy(read["items"][0])
    second["metadata"].update(name="quotes", uid="another")
    read["items"].append(second)
    text = json.dumps(read)
    assert refused(text) == (
        "observed.json: holds 2 workloads and none is named; name one of them: kiada, quotes"
    )
    assert step(text, name="kiada").observed.state.name == "kiada"
    assert "holds no ReplicaSets of Deployment 'quotes'" in refused(text, name="quotes")
    assert refused(text, name="kida").endswith("holds no workload named 'kida'; did you mean 'kiada'?")


@pytest.mark.parametrize(
    ("item", "path", "words"),
    [
        (0, "spec", "it says what the Deployment should be"),
        (0, "spec.replicas", "kubectl get deploy,rs -o json"),
        (0, "spec.template", "it describes the pods"),
        (0, "spec.selector", "it selects the pods"),
        (0, "status", "this is a manifest, and no answer of a cluster"),
        (0, "metadata.name", "each object has a name"),
        (3, "spec", "it says what the ReplicaSet should be"),
        (3, "spec.replicas", "kubectl get deploy,rs -o json"),
        (3, "spec.template", "it describes the pods"),
        (3, "status", "this is a manifest"),
        (3, "status.replicas", "kubectl get deploy,rs -o json"),
        (3, "metadata.creationTimestamp", "kubectl get deploy,rs -o json"),
    ],
)
def test_a_missing_field_is_named_with_its_place(item: int, path: str, words: str) -> None:
    read = sample()
    *parents, last = path.split(".")
    here = read["items"][item]
    for name in parents:
        here = here[name]
    del here[last]
    line = refused(json.dumps(read, indent=4))
    assert f"items[{item}].{path}: is missing; " in line
    assert words in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d, *_: d["spec"].update(replicas="6"), "items[0].spec.replicas: '6' is not a whole number"),
        (lambda d, *_: d["spec"].update(replicas=-1), "items[0].spec.replicas: -1 is out of range"),
        (lambda *a: a[1]["spec"].update(replicas=None), "items[1].spec.replicas: is missing"),
        (lambda *a: a[3]["metadata"].update(creationTimestamp="yesterday"), "'yesterday' is not a time"),
        (lambda d, *_: d["status"].update(conditions=[{"type": "Progressing"}]), "[0].lastTransitionTime: is missing"),
        (lambda d, *_: d["status"]["conditions"][1].pop("reason"), "conditions[1].reason: is missing"),
        (lambda d, *_: d["status"]["conditions"][0].update(status="Maybe"), "'Maybe' is not True or False or Unknown"),
        (lambda d, *_: d["metadata"].update(annotations=[]), "annotations"),
        (lambda d, *_: d["spec"]["strategy"].update(type="Canary"), "'Canary' is not RollingUpdate or Recreate"),
        (lambda d, *_: d.update(apiVersion="apps/v1beta1"), "no longer served"),
        (lambda d, *_: d.update(kind="Rollout", apiVersion="argoproj.io/v1alpha1"), "what happens to a Deployment"),
        (lambda d, *_: d.update(kind="StatefulSet"), "holds no Deployment"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(change: Callable[..., object], words: str) -> None:
    line = refused(changed(change))
    assert line.startswith("observed.json")
    assert words in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("item", "numbers", "words"),
    [
        (3, {"readyReplicas": 9}, "readyReplicas: 9 is more than replicas, which is 2"),
        (3, {"availableReplicas": 2}, "availableReplicas: 2 is more than readyReplicas, which is 1"),
        (3, {"readyReplicas": None, "availableReplicas": 1}, "availableReplicas: 1 is more than readyReplicas, which "),
        (0, {"readyReplicas": 9}, "readyReplicas: 9 is more than replicas, which is 8"),
        (0, {"updatedReplicas": 9}, "updatedReplicas: 9 is more than replicas, which is 8"),
    ],
)  # fmt: skip
def test_no_part_is_more_than_the_whole(item: int, numbers: Json, words: str) -> None:
    line = refused(changed(lambda *items: items[item]["status"].update(numbers)))
    assert f"items[{item}].status.{words}" in line
    assert line.endswith("; it counts some of them")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, "ReplicaSet kiada-7d9c5b6f4d has the name 'kiada-7d9c5b6f4d' of the one in line "),
        ({"name": "another"}, "ReplicaSet another has the uid "),
        ({"uid": "another"}, "ReplicaSet kiada-7d9c5b6f4d has the name "),
    ],
)
def test_one_replica_set_is_not_there_twice(more: Json, words: str) -> None:
    read = sample()
    twin = copy.deepcopy(read["items"][3])
    twin["metadata"].update(more)
    read["items"].append(twin)
    line = refused(json.dumps(read, indent=4))
    assert words in line
    assert line.endswith("; give each object once")


def test_one_pod_is_not_counted_twice() -> None:
    read = json.loads(changed(recreate))
    read["items"] += [pod(1), pod(1)]
    assert "Pod p1 has the name 'p1'" in refused(json.dumps(read))
    read["items"][-1]["metadata"]["namespace"] = "another"
    assert step(json.dumps(read)).reasons, "the same name in another namespace is another pod"


def test_it_is_not_observed_before_what_it_tells_of(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["rollout", "step", "--observed", str(SAMPLE)]
    assert main([*arguments, "--at", "2000-01-01T00:00:00Z"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("turnout: --at: it is 9620d")
    assert printed.err.count("\n") == 1
    # A clock that is a little slow is nobody's mistake.
    latest = load_observed(SAMPLE, time=MAY_4).state.progressing
    assert latest is not None
    monkeypatch.setattr("turnout.observed.cluster.time_ns", lambda: (latest.updated - 3_000_000) * 1000)
    observed = load_observed(SAMPLE)
    assert observed.time == latest.updated
    assert observed.notes == (
        "The clock here is 3s behind the latest time in what was observed, which is taken.",
    )


def test_a_time_to_wait_is_written_as_a_duration(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rollout", "step", "--observed", str(SAMPLE), "--at", "2026-05-04T10:02:00Z"]) == 0
    assert "the controller looks again in 3m8s\n" in capsys.readouterr().out


def test_what_a_cluster_says_does_not_reach_the_terminal_raw(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(_: Json, __: Json, ___: Json, six: Json) -> None:
        message = "\x1b[31mred\x07 \x9b2J\u202etxt"
        failure = {
            "type": "ReplicaFailure",
            "status": "True",
            "reason": "Failed\x1bCreate",
            "message": message,
        }
        six["status"]["conditions"] = [failure]

    file = tmp_path / "observed.json"
    file.write_text(changed(failing), encoding="utf-8")
    for output in ("table", "json"):
        assert main(["rollout", "step", "--observed", str(file), "--format", output]) == 0
        out = capsys.readouterr().out
        assert "x1b[31mred" in out
        assert all(line.isprintable() for line in out.splitlines())


@pytest.mark.parametrize("strategy", ["blue-green", "session-affinity", "two-step", "rolling", "recreate"])
def test_where_requests_go_is_said_in_words(strategy: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rollout", "step", "--observed", str(SAMPLE), "--strategy", strategy]) == 0
    out = capsys.readouterr().out
    assert not re.search(r"Split\(|Spread\(|Sticky\(|idle_timeout|weights", out)
    if strategy == "session-affinity":
        assert re.search(r"^route +new sessions to ", out, re.MULTILINE)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds nothing"),
        ("Error from server (Forbidden): deployments.apps is forbidden", "has no kind"),
        ('{"kind": "List", "items": [', "is not YAML"),
        ("[]", "is not a Kubernetes object"),
        ('{"kind": "List", "items": []}', "holds an empty list and no Deployment"),
        ("{}", "has no kind"),
    ],
)
def test_no_objects_at_all(text: str, words: str) -> None:
    assert words in refused(text)


@pytest.mark.parametrize("arguments", [["--at", "noon"], ["--name", "x"], ["--strategy", "nonsense"]])
def test_a_bad_option_is_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rollout", "step", "--observed", str(SAMPLE), *arguments]) == 2
    assert capsys.readouterr().err.count("\n") == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 9) | st.text(max_size=5) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.data())
def test_whatever_stands_in_a_field_there_is_an_answer_or_one_line(data: st.DataObject) -> None:
    read = sample()
    here: Any = data.draw(st.sampled_from([read, *read["items"]]))
    while True:
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        key = data.draw(st.sampled_from(keys))
        if isinstance(here[key], dict | list) and here[key] and data.draw(st.integers(0, 3)):
            here = here[key]
            continue
        if isinstance(here, dict) and data.draw(st.booleans()):
            del here[key]
        else:
            here[key] = data.draw(JSON)
        break
    try:
        found = step(json.dumps(read))
    except InputError as error:
        line = str(error)
        assert "\n" not in line
    else:
        assert found.reasons

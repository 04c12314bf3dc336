"""Which workload is read: among many documents, in lists, by name."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.manifest.samples import DEPLOYMENT, ROLLOUT, SERVICE, swap, to_yaml
from turnout.errors import InputError
from turnout.manifest import parse_manifest


def workload(name: str, kind: str = "Deployment", namespace: str | None = None) -> dict[str, Any]:
    """A small valid workload, as an object."""
    spec: dict[str, Any] = {
        "selector": {"matchLabels": {"app": name}},
        "template": {
            "metadata": {"labels": {"app": name}},
            "spec": {"containers": [{"name": "app", "image": f"{name}:1"}]},
        },
    }
    if kind == "Rollout":
        spec["strategy"] = {"canary": {}}
    metadata = {"name": name} if namespace is None else {"name": name, "namespace": namespace}
    version = "apps/v1" if kind == "Deployment" else "argoproj.io/v1alpha1"
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


def other(kind: str, name: str = "thing", version: str = "v1") -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}}


def listed(*items: Any, kind: str = "List", version: str = "v1") -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "items": list(items)}


def stream(*objects: Any) -> str:
    return "".join(f"---\n{to_yaml(each)}" for each in objects)


def refusal(text: str, name: str | None = None) -> str:
    with pytest.raises(InputError) as caught:
        parse_manifest(text, where="x", name=name)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    return message


names = st.from_regex(r"[a-z]([a-z0-9-]{0,6}[a-z0-9])?", fullmatch=True)
bystanders = st.sampled_from(
    [
        other("ConfigMap"),
        other("StatefulSet", version="apps/v1"),
        other("WebApp", version="example.com/v1"),
        other("Rollout", version="rollouts.kruise.io/v1beta1"),
        {"kind": "Odd", "metadata": 3, "spec": ["x"]},
        {"apiVersion": "v1", "kind": "Service", "spec": {"selector": "all", "sessionAffinity": 3}},
    ]
)


@given(names, st.lists(bystanders, max_size=4), st.lists(bystanders, max_size=4), st.data())
def test_the_only_workload_is_found_wherever_it_stands(
    name: str, before: list[Any], after: list[Any], data: st.DataObject
) -> None:
    objects = [*before, workload(name), *after]
    depth = data.draw(st.integers(0, 3))
    text = stream(*objects)
    if depth:
        nested = listed(*objects)
        for _ in range(depth - 1):
            nested = listed(nested, other("Secret"))
        text = json.dumps(nested, indent=data.draw(st.sampled_from([None, 2])))
    assert parse_manifest(text).name == name


def test_items_of_a_deployment_list_need_not_say_what_they_are() -> None:
    bare = {key: value for key, value in workload("web").items() if key not in {"apiVersion", "kind"}}
    assert parse_manifest(to_yaml(listed(bare, kind="DeploymentList", version="apps/v1"))).name == "web"
    assert "has no kind" in refusal(to_yaml(listed(bare)))


@given(st.lists(names, min_size=2, max_size=4, unique=True), st.data())
def test_each_of_several_is_found_by_its_name(given_names: list[str], data: st.DataObject) -> None:
    text = stream(*map(workload, given_names))
    wanted = data.draw(st.sampled_from(given_names))
    for spelling in (wanted, f"deployment/{wanted}", f"deploy/{wanted}", f"Deployment/{wanted}"):
        assert parse_manifest(text, name=spelling).name == wanted
    message = refusal(text)
    assert message.startswith(f"x: holds {len(given_names)} workloads and none is named; ")
    assert all(each in message for each in given_names)


def test_namespaces_and_kinds_tell_namesakes_apart() -> None:
    text = stream(
        workload("web", namespace="shop"), workload("web", namespace="blog"), workload("web", kind="Rollout")
    )
    assert parse_manifest(text, name="shop/web").namespace == "shop"
    assert parse_manifest(text, name="blog/deployment/web").namespace == "blog"
    assert parse_manifest(text, name="rollout/web").kind == "Rollout"
    message = refusal(text, name="web")
    assert message == "x: holds 3 workloads named 'web'; name one of them: shop/web, blog/web, rollout/web"
    assert refusal(text, name="deployment/web").endswith("name one of them: shop/web, blog/web")


def test_the_names_it_offers_are_names_it_takes() -> None:
    objects = [
        workload("web", namespace="a"),
        workload("web", namespace="b"),
        workload("web", kind="Rollout", namespace="a"),
        workload("api"),
    ]
    offered = refusal(stream(*objects)).partition("name one of them: ")[2].split(", ")
    found = [parse_manifest(stream(*objects), name=each) for each in offered]
    assert [(each.kind, each.namespace, each.name) for each in found] == [
        (each["kind"], each["metadata"].get("namespace"), each["metadata"]["name"]) for each in objects
    ]


def test_twins_cannot_be_told_apart() -> None:
    message = refusal(DEPLOYMENT + "---\n" + DEPLOYMENT, name="web")
    assert "no name tells apart" in message
    assert "lines 1, 35" in message


def test_a_name_that_is_not_there_gets_the_nearest() -> None:
    text = stream(workload("checkout"), workload("catalogue"))
    assert refusal(text, name="checkotu") == "x: holds no workload named 'checkotu'; did you mean 'checkout'?"
    assert refusal(text, name="zzz") == "x: holds no workload named 'zzz'; known are: catalogue, checkout"
    assert "holds no workload named ''" in refusal(text, name="")


def test_something_else_of_that_name_is_said() -> None:
    message = refusal(stream(workload("web"), other("StatefulSet", "db", "apps/v1")), name="db")
    assert "'db' is a apps/v1 StatefulSet" in message
    assert "Deployment (apps/v1)" in message


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_other_workloads_are_named_and_why(kind: str) -> None:
    message = refusal(stream(other(kind, version="apps/v1"), other("ConfigMap"), other("ConfigMap")))
    assert message.startswith(f"x: holds no Deployment, only apps/v1 {kind}, 2 v1 ConfigMap; ")
    assert message.endswith(f"a {kind} replaces its pods in place and rolls by other rules")


def test_a_custom_resource_is_named_and_what_is_known() -> None:
    message = refusal(stream(other("WebApp", version="example.com/v1")))
    assert message == (
        "x: holds no Deployment, only example.com/v1 WebApp; "
        "turnout reads Deployment (apps/v1) and Rollout (argoproj.io/v1alpha1)"
    )
    assert message.replace("x: ", "") in refusal(
        stream(other("WebApp", version="example.com/v1")), name="web"
    )


def test_many_kinds_are_not_all_listed() -> None:
    message = refusal(stream(*(other(f"Kind{number}") for number in range(30))))
    assert "and 22 more" in message


def test_an_empty_list_holds_no_deployment() -> None:
    assert refusal("kind: List\nitems: []\n").startswith("x: holds an empty list and no Deployment")
    assert refusal("kind: List\n").startswith("x: holds an empty list and no Deployment")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("metadata: {name: web}\n", "has no kind"),
        ("kind: 3\n", "x:1: kind: 3 is not a text"),
        ("kind: ''\n", "x:1: kind: is empty"),
        ('kind: "{{ .Values.kind }}"\n', "helm template"),
        ('kind: "a\\eb"\n', "cannot be printed"),
        ("kind: List\nitems: 3\n", "x:2: items: 3 is not a list"),
        ("kind: List\nitems: [3]\n", "x:2: items[0]: 3 is not a Kubernetes object"),
        ("kind: List\nitems: [null]\n", "x:2: items[0]: null is not"),
        ("apiVersion: 1\nkind: Deployment\n", "x:1: apiVersion: 1 is not a text"),
    ],
)
def test_what_is_no_object_is_refused(text: str, words: str) -> None:
    assert words in refusal(text)


def test_a_deployment_that_lends_its_pods_is_not_a_second_workload() -> None:
    lent = swap(
        ROLLOUT,
        ROLLOUT[ROLLOUT.index("  selector:") : ROLLOUT.index("  strategy:")],
        "  workloadRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n",
    )
    found = parse_manifest(f"{DEPLOYMENT}---\n{lent}")
    assert (found.kind, found.rollout.replicas, found.rollout.target) == ("Rollout", 4, "1.2.3")
    assert found.lifecycle.readiness is not None
    assert "The pods are those of Deployment web, by workloadRef." in found.notes
    assert parse_manifest(f"{DEPLOYMENT}---\n{lent}", name="deployment/web").kind == "Deployment"


def test_the_source_is_where_the_object_begins() -> None:
    assert parse_manifest(SERVICE + "---\n" + DEPLOYMENT, where="a/b.yaml").source == "a/b.yaml:12"

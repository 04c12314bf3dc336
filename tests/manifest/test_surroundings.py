"""Services beside a workload, and what else in its manifest acts on it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.manifest.samples import DEPLOYMENT, ROLLOUT, swap, to_yaml
from turnout.manifest import parse_manifest


def beside(
    kind: str, spec: Any, *, version: str = "v1", name: str = "it", namespace: str | None = None
) -> str:
    metadata = {"name": name, "namespace": namespace}
    return "---\n" + to_yaml({"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec})


def service(name: str = "it", namespace: str | None = None, **spec: Any) -> str:
    return beside("Service", {"selector": {"app": "web"}, **spec}, name=name, namespace=namespace)


def pinning(name: str = "it", seconds: int | None = None, **spec: Any) -> str:
    config = None if seconds is None else {"clientIP": {"timeoutSeconds": seconds}}
    return service(name, sessionAffinity="ClientIP", sessionAffinityConfig=config, **spec)


def timeout(*services: str, text: str = DEPLOYMENT) -> int | None:
    return parse_manifest("".join([text, *services])).affinity_timeout_seconds


def notes(*things: str, text: str = DEPLOYMENT) -> tuple[str, ...]:
    return parse_manifest("".join([text, *things])).notes


def test_a_service_pins_for_three_hours_by_default() -> None:
    assert timeout() is None
    assert timeout(service()) is None
    assert timeout(service(sessionAffinity="None")) is None
    assert timeout(pinning()) == 10_800
    assert timeout(service(sessionAffinity="ClientIP", sessionAffinityConfig={"clientIP": {}})) == 10_800
    assert timeout(service(sessionAffinity="ClientIP", sessionAffinityConfig={})) == 10_800


@given(st.integers(1, 86_400))
def test_a_service_pins_for_as_long_as_it_says(seconds: int) -> None:
    assert timeout(pinning(seconds=seconds)) == seconds


@given(st.dictionaries(st.sampled_from(["app", "tier", "track"]), st.sampled_from(["web", "front", "back"])))
def test_only_a_service_whose_selector_the_pods_meet_counts(selector: dict[str, str]) -> None:
    met = bool(selector) and selector.items() <= {"app": "web", "tier": "front"}.items()
    assert timeout(pinning(selector=selector)) == (10_800 if met else None)


@pytest.mark.parametrize(
    "other",
    [
        beside("Service", {"sessionAffinity": "ClientIP"}),
        pinning(selector=None),
        pinning(clusterIP="None"),
        pinning(type="ExternalName"),
        swap(pinning(), "kind: Service", "kind: Gateway"),
        swap(pinning(), '"v1"', "serving.knative.dev/v1"),
        service(namespace="blog", sessionAffinity="ClientIP"),
    ],
)
def test_other_services_do_not_count(other: str) -> None:
    assert timeout(other) is None


def test_a_service_goes_where_the_workload_goes_if_either_does_not_say() -> None:
    assert timeout(service(namespace="shop", sessionAffinity="ClientIP")) == 10_800
    assert timeout(pinning(), text=DEPLOYMENT) == 10_800
    nowhere = swap(DEPLOYMENT, "  namespace: shop\n", "")
    assert timeout(service(namespace="blog", sessionAffinity="ClientIP"), text=nowhere) == 10_800


def test_where_services_differ_it_is_said_which_one_is_taken() -> None:
    both = (service("open"), pinning("sticky", 60))
    assert timeout(*both) == 60
    assert notes(*both) == (
        "Services sticky and open differ in sessionAffinity: all requests are taken to use the first.",
    )
    assert notes(pinning("a", 60), pinning("b", 60)) == ()
    assert notes(service("a"), service("b")) == ()


def test_two_services_without_names_are_two() -> None:
    nameless = [
        "---\n" + to_yaml({"apiVersion": "v1", "kind": "Service", "spec": spec})
        for spec in (
            {"selector": {"app": "web"}, "sessionAffinity": "ClientIP"},
            {"selector": {"app": "web"}},
        )
    ]
    assert timeout(*nameless) == 10_800


def test_a_service_that_sends_to_the_unready_is_said() -> None:
    assert notes(service(publishNotReadyAddresses=True)) == (
        "Service it sends requests to replicas that are not ready; the simulation does not.",
    )
    assert notes(service(publishNotReadyAddresses=False)) == ()


def test_for_blue_green_the_active_service_counts() -> None:
    assert timeout(pinning("live"), text=ROLLOUT) == 10_800
    assert timeout(pinning("preview"), text=ROLLOUT) is None
    canary = swap(ROLLOUT, "blueGreen:\n      activeService: live", "canary:\n      canaryService: new")
    assert timeout(pinning("live"), text=canary) == 10_800
    assert timeout(pinning("new"), text=canary) is None


def scaler(**spec: Any) -> str:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    return beside("HorizontalPodAutoscaler", {"scaleTargetRef": target, **spec}, version="autoscaling/v2")


def test_autoscalers_are_said() -> None:
    assert notes(scaler(minReplicas=2, maxReplicas=9)) == (
        "HorizontalPodAutoscaler it varies the replicas between 2 and 9; the simulation keeps 3.",
    )
    assert "between 1 and 9;" in notes(scaler(maxReplicas=9))[0]
    assert notes(scaler()) == ("HorizontalPodAutoscaler it varies the replicas; the simulation keeps 3.",)
    keda = beside(
        "ScaledObject", {"scaleTargetRef": {"name": "web"}, "maxReplicaCount": 5}, version="keda.sh/v1alpha1"
    )
    assert notes(keda) == ("ScaledObject it varies the replicas between 0 and 5; the simulation keeps 3.",)


def test_other_drivers_of_its_rollouts_are_said() -> None:
    target = {"kind": "Deployment", "name": "web"}
    flagger = beside("Canary", {"targetRef": target}, version="flagger.app/v1beta1")
    assert notes(flagger) == ("Canary it (flagger.app) drives its rollouts, and is left out.",)
    kruise = beside("Rollout", {"workloadRef": target}, version="rollouts.kruise.io/v1beta1")
    assert notes(kruise) == ("Rollout it (rollouts.kruise.io) drives its rollouts, and is left out.",)
    older = beside("Rollout", {"objectRef": {"workloadRef": target}}, version="rollouts.kruise.io/v1alpha1")
    assert notes(older) == notes(kruise)


def test_disruption_budgets_are_said() -> None:
    budget = {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}
    assert notes(beside("PodDisruptionBudget", budget, version="policy/v1")) == (
        "PodDisruptionBudget it limits evictions, not rollouts, and plays no part.",
    )


@pytest.mark.parametrize(
    "other",
    [
        beside(
            "HorizontalPodAutoscaler",
            {"scaleTargetRef": {"kind": "Deployment", "name": "api"}},
            version="autoscaling/v2",
        ),
        beside(
            "HorizontalPodAutoscaler",
            {"scaleTargetRef": {"kind": "Rollout", "name": "web"}},
            version="autoscaling/v2",
        ),
        beside(
            "HorizontalPodAutoscaler",
            {"scaleTargetRef": {"kind": "Deployment", "name": "web"}},
            version="autoscaling/v2",
            namespace="blog",
        ),
        beside("HorizontalPodAutoscaler", {"scaleTargetRef": "web"}, version="autoscaling/v2"),
        beside("HorizontalPodAutoscaler", None, version="autoscaling/v2"),
        beside("Canary", {"targetRef": {"kind": "Deployment", "name": "web"}}, version="example.com/v1"),
        beside("PodDisruptionBudget", {"selector": {"matchLabels": {"app": "api"}}}, version="policy/v1"),
        beside("PodDisruptionBudget", {"selector": {"matchLabels": 3}}, version="policy/v1"),
        beside("PodDisruptionBudget", {}, version="policy/v1"),
        beside("ConfigMap", {"a": "{{ b }}"}),
    ],
)
def test_what_does_not_concern_it_is_not_said(other: str) -> None:
    assert notes(other) == ()


def test_a_paused_or_empty_workload_is_said() -> None:
    text = swap(DEPLOYMENT, "  replicas: 3\n", "  replicas: 0\n  paused: true\n")
    found = parse_manifest(text)
    assert found.rollout.paused
    assert found.notes == (
        "spec.paused is true: the rollout stands still until it is resumed.",
        "spec.replicas is 0: nothing serves.",
    )


def test_fields_of_other_versions_are_said_and_let_pass() -> None:
    text = swap(DEPLOYMENT, "  replicas: 3\n", "  replicas: 3\n  podReplacementPolicy: TerminationComplete\n")
    assert notes(text=text) == (
        "spec.podReplacementPolicy is not a field that turnout knows, and is left out.",
    )
    odd = swap(DEPLOYMENT, "  replicas: 3\n", '  replicas: 3\n  "a\\eb\\n": 1\n')
    assert all(each.isprintable() for each in notes(text=odd))

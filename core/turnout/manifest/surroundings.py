"""What lies beside a workload in its manifest: Services, and what else moves or limits its replicas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnout.errors import InputError
from turnout.manifest.labels import read_selector
from turnout.manifest.objects import loose, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from turnout.manifest.objects import KubernetesObject
    from turnout.model import Rollout

__all__ = ["affinity_timeout", "spec_notes", "surrounding_notes"]

_DAY = 86_400
_DEFAULT_TIMEOUT = 10_800
_AUTOSCALERS = {
    ("autoscaling", "HorizontalPodAutoscaler"): ("minReplicas", 1, "maxReplicas"),
    ("keda.sh", "ScaledObject"): ("minReplicaCount", 0, "maxReplicaCount"),
}
_DRIVERS = {
    ("flagger.app", "Canary"): (("spec", "targetRef"),),
    ("rollouts.kruise.io", "Rollout"): (("spec", "workloadRef"), ("spec", "objectRef", "workloadRef")),
}


def affinity_timeout(
    thing: KubernetesObject,
    objects: Sequence[KubernetesObject],
    labels: Mapping[str, str],
    *,
    only: str | None = None,
    but: str | None = None,
) -> tuple[int | None, tuple[str, ...]]:
    """Return how long a Service beside the workload pins a client to a replica, and notes about the Services.

    Args:
        thing: The workload.
        objects: All objects of the manifest.
        labels: The labels of its pods.
        only: The name of the one Service that counts; None for any that selects the pods.
        but: The name of a Service that does not count.

    Returns:
        ``timeoutSeconds`` of ``sessionAffinity: ClientIP``, in seconds, 10800 where it is not given; None where no
        Service has it.

    Raises:
        InputError: If the API server would refuse the session affinity.
    """
    services = [
        each
        for each in objects
        if _is_service_of(thing, each, labels)
        and only in {None, each.name}
        and (but is None or each.name != but)
    ]
    timeouts = [_timeout(each) for each in services]
    first = next((index for index, timeout in enumerate(timeouts) if timeout is not None), None)
    notes = []
    if first is not None and len(set(timeouts)) > 1:
        others = ", ".join(str(each.name) for each in services if each is not services[first])
        notes.append(
            f"Services {services[first].name} and {others} differ in sessionAffinity: "
            "all requests are taken to use the first."
        )
    for each in services:
        early = loose(each.root, "spec", "publishNotReadyAddresses")
        if early is not None and early.value is True:
            notes.append(
                f"Service {each.name} sends requests to replicas that are not ready; the simulation does not."
            )
    return (None if first is None else timeouts[first]), tuple(notes)


def _is_service_of(thing: KubernetesObject, other: KubernetesObject, labels: Mapping[str, str]) -> bool:
    if (other.api_version, other.kind) != ("v1", "Service") or not thing.in_namespace_of(other):
        return False
    spec = loose(other.root, "spec")
    # A headless Service gives out the replicas' addresses; nothing then balances or pins.
    if text_of(spec, "type") == "ExternalName" or text_of(spec, "clusterIP") == "None":
        return False
    selector = loose(spec, "selector")
    try:
        wanted = {} if selector is None else selector.texts()
    except InputError:
        return False
    return bool(wanted) and wanted.items() <= labels.items()


def _timeout(service: KubernetesObject) -> int | None:
    spec = service.root.get("spec")
    affinity = None if spec is None else spec.get("sessionAffinity")
    config = None if spec is None else spec.get("sessionAffinityConfig")
    if affinity is None or affinity.value == "" or affinity.one_of("None", "ClientIP") == "None":
        if config is not None:
            raise config.refuse("may only be given when sessionAffinity is ClientIP", "leave one of them out")
        return None
    seconds = None if config is None else config.get("clientIP", "timeoutSeconds")
    return _DEFAULT_TIMEOUT if seconds is None else seconds.whole(1, _DAY)


def spec_notes(rollout: Rollout) -> Iterator[str]:
    """Yield a note for each wish that leaves little to simulate."""
    if rollout.paused:
        yield "spec.paused is true: the rollout stands still until it is resumed."
    if rollout.replicas == 0:
        yield "spec.replicas is 0: nothing serves."


def surrounding_notes(
    thing: KubernetesObject, objects: Sequence[KubernetesObject], labels: Mapping[str, str], replicas: int
) -> Iterator[str]:
    """Yield a note for each object of the manifest that acts on the workload and is left out.

    Args:
        thing: The workload.
        objects: All objects of the manifest.
        labels: The labels of its pods.
        replicas: How many replicas it asks for.
    """
    for each in objects:
        if (bounds := _AUTOSCALERS.get((each.group, each.kind))) and each.refers_to(
            thing, "spec", "scaleTargetRef"
        ):
            between = _between(each, *bounds)
            yield f"{each.kind} {each.name} varies the replicas{between}; the simulation keeps {replicas}."
        elif any(each.refers_to(thing, *path) for path in _DRIVERS.get((each.group, each.kind), ())):
            yield f"{each.kind} {each.name} ({each.group}) drives its rollouts, and is left out."
        elif (each.group, each.kind) == ("policy", "PodDisruptionBudget") and _limits(each, thing, labels):
            yield f"PodDisruptionBudget {each.name} limits evictions, not rollouts, and plays no part."


def _between(scaler: KubernetesObject, low_name: str, low_default: int, high_name: str) -> str:
    low, high = (loose(scaler.root, "spec", name) for name in (low_name, high_name))
    if high is None or not isinstance(high.value, int):
        return ""
    return f" between {low_default if low is None else low.shown} and {high.shown}"


def _limits(budget: KubernetesObject, thing: KubernetesObject, labels: Mapping[str, str]) -> bool:
    selector = loose(budget.root, "spec", "selector")
    try:
        return (
            selector is not None and thing.in_namespace_of(budget) and read_selector(selector).selects(labels)
        )
    except InputError:
        return False

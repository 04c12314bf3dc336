"""Which ReplicaSets are a Deployment's, and how many of their pods are still terminating."""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnout.manifest.labels import read_selector
from turnout.manifest.objects import loose, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from turnout.manifest.field import Field
    from turnout.manifest.objects import KubernetesObject

__all__ = ["claimed", "owner_of", "terminating_pods"]

_OVER = ("Succeeded", "Failed")


def claimed(
    deployment: KubernetesObject, objects: Sequence[KubernetesObject]
) -> tuple[list[KubernetesObject], list[str]]:
    """Return the ReplicaSets that the Deployment controller takes for this Deployment's, and notes about others.

    Those that it owns and still selects are; so are those that nobody owns and that it selects, which it adopts.

    Args:
        deployment: The Deployment.
        objects: All objects.

    Raises:
        InputError: If the Deployment has no selector.
    """
    selector = read_selector(
        deployment.root.need("spec", "it says what the Deployment should be").need(
            "selector", "it selects the pods"
        )
    )
    ours, notes = [], []
    for each in objects:
        if each.kind != "ReplicaSet" or not each.in_namespace_of(deployment) or each.name is None:
            continue
        labels = loose(each.root, "metadata", "labels")
        selected = selector.selects({} if labels is None else labels.texts())
        owner = owner_of(each)
        if owner is None:
            if selected and loose(each.root, "metadata", "deletionTimestamp") is None:
                ours.append(each)
                notes.append(f"ReplicaSet {each.name} has no owner; the controller adopts it.")
        elif _is(deployment, owner):
            if selected:
                ours.append(each)
            else:
                notes.append(f"ReplicaSet {each.name} is not selected any more; the controller releases it.")
    return ours, notes


def terminating_pods(replica_set: KubernetesObject, pods: Iterable[KubernetesObject]) -> int:
    """Count the pods of a ReplicaSet that are being deleted and have not ended yet."""
    count = 0
    for pod in pods:
        owner = owner_of(pod)
        if (
            owner is not None
            and pod.in_namespace_of(replica_set)
            and _is(replica_set, owner)
            and loose(pod.root, "metadata", "deletionTimestamp") is not None
            and text_of(loose(pod.root, "status"), "phase") not in _OVER
        ):
            count += 1
    return count


def owner_of(thing: KubernetesObject) -> Field | None:
    """Return the reference to an object's owner that controls it; None if there is none.

    Raises:
        InputError: If the references are no list.
    """
    references = loose(thing.root, "metadata", "ownerReferences")
    for each in () if references is None else references.elements():
        controls = loose(each, "controller")
        if controls is not None and controls.value is True:
            return each
    return None


def _is(thing: KubernetesObject, reference: Field) -> bool:
    """Whether a reference means this object: by its identity, or by kind and name where that has been left out."""
    identity = text_of(loose(thing.root, "metadata"), "uid")
    meant = text_of(reference, "uid")
    if identity is not None and meant is not None:
        return identity == meant
    return (text_of(reference, "kind"), text_of(reference, "name")) == (thing.kind, thing.name)

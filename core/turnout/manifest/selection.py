"""Which of a manifest's objects is the workload: the one there is, or the one that is named."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from turnout.errors import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from turnout.manifest.objects import KubernetesObject

__all__ = ["choose"]

_ALIASES = {
    "Deployment": ("deployment", "deployments", "deploy", "deployment.apps"),
    "Rollout": ("rollout", "rollouts", "ro", "rollout.argoproj.io"),
}
_KNOWN = "turnout reads Deployment (apps/v1) and Rollout (argoproj.io/v1alpha1)"
_REPLACED_IN_PLACE = {"StatefulSet", "DaemonSet"}
_MOST_LISTED = 8


def choose(objects: Sequence[KubernetesObject], where: str, name: str | None) -> KubernetesObject:
    """Return the workload of that name, or the only one there is.

    A Deployment that a Rollout takes its pods from is no workload of its own unless it is named.

    Args:
        objects: All objects of the manifest.
        where: What the manifest is called in messages.
        name: ``"web"``, ``"shop/web"``, ``"deployment/web"`` or ``"shop/deployment/web"``; None for the only one.

    Raises:
        InputError: If there is none, or several match.
    """
    workloads = [each for each in objects if _is_workload(each)]
    if name is not None:
        matching = [each for each in workloads if _normal(name) in _spellings(each)]
        return _only(matching, where, name) if matching else _unknown(name, workloads, objects, where)
    if not workloads:
        raise _no_workload(objects, where)
    free = [each for each in workloads if not _lent(each, workloads)]
    return _only(free or workloads, where, None)


def _is_workload(thing: KubernetesObject) -> bool:
    return thing.kind == "Deployment" or (thing.kind == "Rollout" and thing.group in {"argoproj.io", ""})


def _lent(thing: KubernetesObject, workloads: Iterable[KubernetesObject]) -> bool:
    """Whether a Rollout refers to this Deployment for its pods."""
    return thing.kind == "Deployment" and any(
        each.kind == "Rollout" and each.refers_to(thing, "spec", "workloadRef") for each in workloads
    )


def _only(found: Sequence[KubernetesObject], where: str, name: str | None) -> KubernetesObject:
    if len(found) == 1:
        return found[0]
    labels = [_label(each, found) for each in found]
    if len(set(labels)) < len(labels):
        lines = ", ".join(str(each.root.node.line) for each in found)
        what = f"holds {len(found)} workloads that no name tells apart, in lines {lines}"
        raise InputError(what, where=where, hint="leave one of them")
    what = f"holds {len(found)} workloads" + (" and none is named" if name is None else f" named {name!r}")
    raise InputError(what, where=where, hint=f"name one of them: {_listed(labels)}")


def _unknown(
    name: str, workloads: Sequence[KubernetesObject], objects: Sequence[KubernetesObject], where: str
) -> KubernetesObject:
    for each in objects:
        if _normal(name) in _spellings(each):
            raise InputError(f"{name!r} is a {each.described}", where=each.root.where, hint=_KNOWN)
    if not workloads:
        raise _no_workload(objects, where)
    labels = [_label(each, workloads) for each in workloads]
    raise InputError(f"holds no workload named {name!r}", where=where, hint=nearest(name, labels))


def _no_workload(objects: Sequence[KubernetesObject], where: str) -> InputError:
    kinds = Counter(each.described for each in objects)
    held = _listed([kind if count == 1 else f"{count} {kind}" for kind, count in kinds.items()])
    hint = _KNOWN
    if others := sorted({each.kind for each in objects} & _REPLACED_IN_PLACE):
        hint = f"{hint}; a {' or '.join(others)} replaces its pods in place and rolls by other rules"
    what = f"holds no Deployment, only {held}" if held else "holds an empty list and no Deployment"
    return InputError(what, where=where, hint=hint)


def _label(thing: KubernetesObject, among: Sequence[KubernetesObject]) -> str:
    """Return the shortest spelling that only this one has; the longest if all are shared."""
    name = thing.name or "(no name)"
    kind = thing.kind.lower()
    candidates = [name, f"{kind}/{name}"]
    if thing.namespace is not None:
        candidates = [name, f"{thing.namespace}/{name}", f"{kind}/{name}", f"{thing.namespace}/{kind}/{name}"]
    others = {spelling for each in among if each is not thing for spelling in _spellings(each)}
    return next((each for each in candidates if each not in others), candidates[-1])


def _spellings(thing: KubernetesObject) -> set[str]:
    name = thing.name or "(no name)"
    kinds = _ALIASES.get(thing.kind, (thing.kind.lower(),))
    found = {name, *(f"{kind}/{name}" for kind in kinds)}
    if thing.namespace is not None:
        found |= {f"{thing.namespace}/{each}" for each in found}
    return {_normal(each) for each in found}


def _normal(name: str) -> str:
    """Return a spelling in lower case: a kind may be written either way, and names have no upper case."""
    return name.strip().lower()


def _listed(words: Sequence[str]) -> str:
    listed = ", ".join(words[:_MOST_LISTED])
    return listed if len(words) <= _MOST_LISTED else f"{listed} and {len(words) - _MOST_LISTED} more"

"""A Deployment and its ReplicaSets, as the API server has them, as what has been observed of a rollout."""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING

import attrs

from turnout.controller import Condition, Counts, SetRecord, SetStatus, State
from turnout.controller.arithmetic import Sizes, replica_counts
from turnout.errors import InputError, escaped
from turnout.manifest.deployment import read_deployment
from turnout.manifest.objects import loose, text_of
from turnout.manifest.selection import choose
from turnout.manifest.spec import number
from turnout.observed.moments import moment
from turnout.observed.observed import Observed
from turnout.observed.ownership import claimed, terminating_pods
from turnout.observed.plausible import check_counts, check_time, check_unlike
from turnout.observed.templates import HASH_LABEL, comparable, revision_names
from turnout.routing import Spread
from turnout.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from turnout.manifest.field import Field
    from turnout.manifest.objects import KubernetesObject

__all__ = ["read_cluster"]

_GET = "kubectl get deploy,rs -o json"
_ANNOTATION = "deployment.kubernetes.io/"
_ROLLBACK = "deprecated.deployment.rollback.to"


def read_cluster(
    objects: Sequence[KubernetesObject], where: str, name: str | None, time: int | None
) -> Observed:
    """Read a Deployment and its ReplicaSets.

    Args:
        objects: Everything that was found, in any order; what is not the Deployment's is left out.
        where: What to call it all in messages.
        name: Which Deployment, where there are several.
        time: When it was observed, in microseconds since 1970; None for now.

    Raises:
        InputError: If there is no Deployment, or several, or its ReplicaSets or any field that counts is missing; or
            if it cannot be what a cluster reports.
    """
    thing = choose(objects, where, name)
    if thing.kind != "Deployment":
        raise InputError(
            f"{thing.name} is a {thing.described}, which other rules apply to",
            where=thing.source,
            hint="turnout explains what happens to a Deployment",
        )
    spec = thing.root.need("spec", "it says what the Deployment should be")
    spec.need("replicas", f"it is in what '{_GET}' prints")
    status = _status(thing.root)
    check_counts(status, "replicas", "updatedReplicas")
    check_counts(status, "replicas", "readyReplicas", "availableReplicas")
    workload = read_deployment(thing, objects)
    metadata = thing.root.need("metadata", "it holds the name")
    annotations = _annotations(metadata)
    claims, notes = claimed(thing, objects)
    if not claims and (f"{_ANNOTATION}revision" in annotations or number(status, "replicas", 0)):
        raise InputError(
            f"holds no ReplicaSets of Deployment {workload.name!r}", where=where, hint=f"get them by '{_GET}'"
        )
    pods = [each for each in objects if each.kind == "Pod" and each.in_namespace_of(thing)]
    check_unlike((*claims, *pods))
    found = sorted((_Found.of(each, pods) for each in claims), key=lambda each: (each.created, each.name))
    notes += [note for each in found for note in each.notes]
    target, found, twins = _named(spec.need("template", "it describes the pods"), found)
    if twins:
        notes.append(
            f"ReplicaSets {', '.join(twins)} have the Deployment's template, too: the oldest one is the new one."
        )
    _, _, terminating = replica_counts(
        Sizes(each.wanted, each.counted.replicas, each.terminating) for each in found
    )
    if workload.strategy == "Recreate" and not pods and terminating is None:
        notes.append(
            "The ReplicaSets do not say how many of their pods are terminating, and Recreate waits for the last one: "
            "add them by 'kubectl get deploy,rs,pods -o json'."
        )
    rollout = attrs.evolve(workload.rollout, target=target)
    statuses = {each.revision: each.status for each in found}
    state = State(
        name=workload.name,
        rollout=rollout,
        generation=number(metadata, "generation", 1),
        observed_generation=number(status, "observedGeneration", 0),
        sets=tuple(each.record(order) for order, each in enumerate(found)),
        routing=Spread(),
        counts=_counts(
            status,
            sum(each.terminating for each in statuses.values()) if terminating is None else terminating,
        ),
        available=_condition(status, "Available"),
        progressing=_condition(status, "Progressing"),
        revision=_count(annotations.get(f"{_ANNOTATION}revision")),
    )
    rollback = annotations.get(_ROLLBACK)
    conditions = (each.updated for each in (state.available, state.progressing) if each is not None)
    latest = max((*conditions, *(each.created for each in found)), default=0)
    if time is None:
        time = time_ns() // 1000
        if time < latest:
            behind = format_duration(latest - time)
            notes.append(
                f"The clock here is {behind} behind the latest time in what was observed, which is taken."
            )
            time = latest
    check_time(time, latest, "time")
    return Observed(
        workload=attrs.evolve(workload, rollout=rollout),
        state=attrs.evolve(state, stable=_stable(state, statuses)),
        statuses=statuses,
        time=time,
        objects={each.revision: each.name for each in found},
        failures={each.revision: each.failure for each in found if each.failure is not None},
        deleted=metadata.get("deletionTimestamp") is not None,
        rollback_to=None if rollback is None else _count(rollback),
        notes=tuple(notes),
    )


@attrs.frozen(kw_only=True)
class _Found:
    """One ReplicaSet of the Deployment."""

    name: str
    template: Field
    distinction: str
    wanted: int
    min_ready: int
    created: int
    annotations: Mapping[str, str]
    counted: SetStatus
    terminating: int | None
    failure: str | None
    notes: tuple[str, ...]
    revision: str = ""

    @classmethod
    def of(cls, thing: KubernetesObject, pods: Sequence[KubernetesObject]) -> _Found:
        metadata = thing.root.need("metadata", "it holds the name")
        name = metadata.need("name", "each object has a name").text()
        spec = thing.root.need("spec", "it says what the ReplicaSet should be")
        wanted = spec.need("replicas", f"it is in what '{_GET}' prints").whole()
        template = spec.need("template", "it describes the pods")
        status = _status(thing.root)
        terminating = status.get("terminatingReplicas")
        counted = SetStatus(
            replicas=status.need("replicas", f"it is in what '{_GET}' prints").whole(),
            ready=number(status, "readyReplicas", 0),
            available=number(status, "availableReplicas", 0),
        )
        check_counts(status, "replicas", "readyReplicas", "availableReplicas")
        notes = []
        if number(status, "observedGeneration", 0) < number(metadata, "generation", 0):
            notes.append(f"The status of ReplicaSet {name} is older than its size.")
        if metadata.get("deletionTimestamp") is not None:
            notes.append(f"ReplicaSet {name} is being deleted.")
        return cls(
            name=name,
            template=template,
            distinction=text_of(loose(metadata, "labels"), HASH_LABEL) or name,
            wanted=wanted,
            min_ready=number(spec, "minReadySeconds", 0),
            created=moment(metadata.need("creationTimestamp", f"it is in what '{_GET}' prints")),
            annotations=_annotations(metadata),
            counted=counted,
            terminating=terminating_pods(thing, pods)
            if pods
            else None
            if terminating is None
            else terminating.whole(),
            failure=_failure(status),
            notes=tuple(notes),
        )

    @property
    def status(self) -> SetStatus:
        return attrs.evolve(self.counted, terminating=self.terminating or 0)

    def record(self, order: int) -> SetRecord:
        """Return it as the controller knows it."""

        def annotation(name: str) -> str | None:
            return self.annotations.get(f"{_ANNOTATION}{name}")

        past = (annotation("revision-history") or "").split(",")
        return SetRecord(
            name=self.revision,
            number=_count(annotation("revision")) or 0,
            wanted=self.wanted,
            desired_replicas=_count(annotation("desired-replicas")),
            max_replicas=_count(annotation("max-replicas")),
            created=self.created,
            order=order,
            min_ready_seconds=self.min_ready,
            past_numbers=tuple(int(each) for each in past if each.isdecimal()),
        )


def _named(template: Field, found: list[_Found]) -> tuple[str, list[_Found], list[str]]:
    """Name the revisions.

    Returns:
        What the target is called, the ReplicaSets with their names, and those that have the template, too.
    """
    wanted = comparable(template)
    same = [place for place, each in enumerate(found) if comparable(each.template) == wanted]
    new = same[0] if same else None
    templates = [(each.template, each.distinction) for each in found]
    if new is None:
        templates.append((template, "new"))
    names = revision_names(templates)
    named = [attrs.evolve(each, revision=name) for each, name in zip(found, names, strict=False)]
    return names[-1 if new is None else new], named, [found[place].name for place in same[1:]]


def _status(root: Field) -> Field:
    return root.need("status", f"this is a manifest, and no answer of a cluster; get that by '{_GET}'")


def _annotations(metadata: Field) -> Mapping[str, str]:
    found = metadata.get("annotations")
    return {} if found is None else found.texts()


def _count(text: str | None) -> int | None:
    """Read a number in an annotation; what is none counts as missing, as it does for the controller."""
    return int(text) if text is not None and text.isascii() and text.isdecimal() and len(text) < 12 else None


def _counts(status: Field, terminating: int) -> Counts:
    return Counts(
        replicas=number(status, "replicas", 0),
        updated=number(status, "updatedReplicas", 0),
        ready=number(status, "readyReplicas", 0),
        available=number(status, "availableReplicas", 0),
        unavailable=number(status, "unavailableReplicas", 0),
        terminating=number(status, "terminatingReplicas", terminating),
    )


def _condition(status: Field, kind: str) -> Condition | None:
    found = _conditions(status).get(kind)
    if found is None:
        return None
    updated = found.get("lastUpdateTime") or found.need("lastTransitionTime", "a condition says when")
    return Condition(
        status=found.need("status", "it is True, False or Unknown").one_of("True", "False", "Unknown"),
        reason=found.need("reason", "a condition says why").text(),
        updated=moment(updated),
    )


def _failure(status: Field) -> str | None:
    found = _conditions(status).get("ReplicaFailure")
    if found is None or text_of(found, "status") != "True":
        return None
    parts = (loose(found, name) for name in ("reason", "message"))
    words = (escaped(" ".join(str(part.value).split())) for part in parts if part is not None)
    return ": ".join(words) or "the ReplicaSet does not say why"


def _conditions(status: Field) -> dict[str, Field]:
    found = status.get("conditions")
    return {
        each.need("type", "it names the condition").text(): each
        for each in (() if found is None else found.elements())
    }


def _stable(state: State, statuses: Mapping[str, SetStatus]) -> str | None:
    """Guess which revision was last fully rolled out, which a cluster does not write down.

    The target, if the rollout is complete; else the old revision that most of the available replicas run.
    """
    if state.progressing is not None and state.progressing.reason == "NewReplicaSetAvailable":
        return state.rollout.target
    old = [each for each in state.sets if each.name != state.rollout.target and statuses[each.name].available]
    best = max(old, key=lambda each: (statuses[each.name].available, each.number), default=None)
    return None if best is None else best.name

"""The pod template: what names the revision, and how a replica starts and ends."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import attrs

from turnout.manifest.hooks import read_pre_stop
from turnout.manifest.probes import read_probe, slowness
from turnout.workload import Lifecycle

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from turnout.manifest.field import Field
    from turnout.workload import Probe

__all__ = ["PodTemplate", "read_template"]

_DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_DIGEST = re.compile(r"[A-Za-z0-9+._-]+:[0-9a-fA-F]{32,}")


@attrs.frozen(kw_only=True)
class PodTemplate:
    """What a pod template says.

    Attributes:
        labels: The labels of its pods.
        revision: What names the revision: the main container's image tag.
        lifecycle: How a replica starts and ends.
        notes: What the simulation leaves out, a sentence each.
        surge_notes: The same, for strategies that run more replicas for a while.
    """

    labels: Mapping[str, str]
    revision: str
    lifecycle: Lifecycle
    notes: tuple[str, ...]
    surge_notes: tuple[str, ...]


def read_template(field: Field) -> PodTemplate:
    """Read a pod template.

    The *main* container is the one that the annotation ``kubectl.kubernetes.io/default-container`` names; else the
    first that declares ports; else the first. Its image names the revision, and its preStop hook is the one that
    counts: the others do not serve. A pod is ready when all its containers are, sidecars (init containers that are
    always restarted) included, so the probes are those of the container that they make ready last.

    Raises:
        InputError: If the API server would refuse it.
    """
    pod = field.need("spec", "it describes the pods")
    restart = pod.get("restartPolicy")
    if restart is not None and restart.value != "Always":
        raise restart.refuse(f"{restart.shown} is not Always", "a replica is always restarted")
    if (deadline := pod.get("activeDeadlineSeconds")) is not None:
        raise deadline.refuse("may not be given here", "only a Job's pods have it")
    containers = pod.need("containers", "a pod has at least one container").elements()
    if not containers:
        raise pod.refuse_below("containers", "is empty", "a pod has at least one container")
    before, sidecars = _init_containers(pod)
    _check_names([*before, *sidecars, *containers])
    main = _main(field, containers)
    grace = pod.get("terminationGracePeriodSeconds")
    grace_seconds = 30 if grace is None else grace.whole()
    hooks = {_name(each): read_pre_stop(each, grace_seconds) for each in [*sidecars, *containers]}
    slowest = max([main, *sidecars, *containers], key=lambda each: slowness(*_probes(each)))
    startup, readiness = _probes(slowest)
    labels = field.get("metadata", "labels")
    pre_stop = hooks[_name(main)]
    notes = [
        *_container_notes(main, slowest, containers, sidecars),
        *_readiness_notes(pod, before, readiness is None),
        *([f"Container {_name(main)}: {pre_stop.note}."] if pre_stop.note else []),
    ]
    return PodTemplate(
        labels={} if labels is None else labels.texts(),
        revision=_revision(main.need("image", "name the image, with its tag")),
        lifecycle=Lifecycle(
            readiness=readiness,
            startup=startup,
            pre_stop_seconds=pre_stop.seconds,
            grace_seconds=grace_seconds,
        ),
        notes=tuple(notes),
        surge_notes=tuple(_surge_notes(pod, containers)),
    )


def _init_containers(pod: Field) -> tuple[list[Field], list[Field]]:
    """Return the init containers that run before the others, and the sidecars that run beside them."""
    before: list[Field] = []
    sidecars: list[Field] = []
    found = pod.get("initContainers")
    for each in () if found is None else found.elements():
        policy = each.get("restartPolicy")
        (sidecars if policy is not None and policy.one_of("Always") else before).append(each)
    return before, sidecars


def _check_names(containers: Sequence[Field]) -> None:
    seen = set()
    for each in containers:
        name = each.need("name", "each container has a name").name()
        if name in seen:
            raise each.need("name", "").refuse(
                f"{name!r} is given twice", "each container has a name of its own"
            )
        seen.add(name)
        each.need("image", "name the image, with its tag").text()


def _name(container: Field) -> str:
    return container.need("name", "each container has a name").name()


def _main(template: Field, containers: Sequence[Field]) -> Field:
    annotations = template.get("metadata", "annotations")
    named = None if annotations is None else annotations.texts().get(_DEFAULT_CONTAINER)
    for each in containers:
        if _name(each) == named:
            return each
    return next((each for each in containers if _ports(each)), containers[0])


def _ports(container: Field) -> tuple[Field, ...]:
    ports = container.get("ports")
    return () if ports is None else ports.elements()


def _probes(container: Field) -> tuple[Probe | None, Probe | None]:
    return read_probe(container, "startupProbe"), read_probe(container, "readinessProbe")


def _revision(image: Field) -> str:
    """Return the tag; without one, the digest's first 12 digits; without either, ``"latest"``, as a registry has it."""
    reference, _, digest = image.text().partition("@")
    if digest and not _DIGEST.fullmatch(digest):
        raise image.refuse(
            f"{image.shown} has no digest after the @", "write it as sha256:…, or leave it out"
        )
    _, colon, tag = reference.rpartition("/")[2].partition(":")
    if colon and not _TAG.fullmatch(tag):
        raise image.refuse(
            f"{image.shown} has no image tag after the colon",
            "write it as name:tag, with variables filled in",
        )
    return tag or digest.partition(":")[2][:12] or "latest"


def _container_notes(
    main: Field, slowest: Field, containers: Sequence[Field], sidecars: Sequence[Field]
) -> Iterator[str]:
    others = [_name(each) for each in [*containers, *sidecars] if each is not main]
    if others:
        last = "" if slowest is main else f"; {_name(slowest)} is ready last"
        yield f"Container {_name(main)} is taken to serve and to name the revision, not {', '.join(others)}{last}."


def _readiness_notes(pod: Field, before: Sequence[Field], unprobed: bool) -> Iterator[str]:  # noqa: FBT001
    if before:
        names = ", ".join(_name(each) for each in before)
        yield f"Before a replica starts, {names} must have run; how long that takes is not in the manifest."
    gates = pod.get("readinessGates")
    if gates is not None and gates.elements():
        yield "Readiness also waits for readinessGates, which are left out."
    if unprobed:
        yield "There is no readiness probe: a replica gets requests as soon as its containers have started."


def _surge_notes(pod: Field, containers: Sequence[Field]) -> Iterator[str]:
    room = "a new replica waits for a free node, and the simulation takes it that there is one."
    ports = [port.get("hostPort") for each in containers for port in _ports(each)]
    numbers = [str(port.whole()) for port in ports if port is not None]
    host_network = pod.get("hostNetwork")
    if numbers:
        yield f"With hostPort {', '.join(numbers)}, a node has room for one replica: {room}"
    elif host_network is not None and host_network.flag():
        yield f"With hostNetwork, a node has room for one replica: {room}"
    rule = pod.get("affinity", "podAntiAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    if rule is not None and rule.elements():
        yield f"Pod anti-affinity is required: {room}"
    volumes = pod.get("volumes")
    claims = [
        each.get("persistentVolumeClaim", "claimName") for each in (volumes.elements() if volumes else ())
    ]
    names = [claim.text() for claim in claims if claim is not None]
    if names:
        yield (
            f"A volume is claimed ({', '.join(names)}): if it is ReadWriteOnce, a new replica on another node waits "
            "until the old one has gone."
        )

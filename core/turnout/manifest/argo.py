"""An Argo Rollout (argoproj.io/v1alpha1) as a workload: blueGreen, and canary without steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import attrs

from turnout.manifest.field import INT32
from turnout.manifest.schema import ROLLOUT, check_fields
from turnout.manifest.spec import flag, given, number, read_head, read_pods, read_rolling, read_wish, surges
from turnout.manifest.surroundings import affinity_timeout, spec_notes, surrounding_notes
from turnout.workload import Workload

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from turnout.manifest.field import Field
    from turnout.manifest.objects import KubernetesObject
    from turnout.manifest.pods import PodTemplate

__all__ = ["read_rollout"]

_VERSION = "argoproj.io/v1alpha1"


@attrs.frozen
class _Asked:
    """The strategy that a Rollout asks for, with the Services that lead elsewhere than to what serves."""

    strategy: Literal["RollingUpdate", "blueGreen"]
    parameters: dict[str, int | str | bool]
    notes: tuple[str, ...]
    active_service: str | None
    other_service: str | None


def read_rollout(thing: KubernetesObject, objects: Sequence[KubernetesObject]) -> Workload:
    """Read an Argo Rollout, with what lies beside it.

    Defaults are those of Argo's controller (utils/defaults in its sources). A canary without steps and without
    trafficRouting is a rolling update; one with either has no strategy of turnout's that does the same.

    Args:
        thing: The Rollout.
        objects: All objects of the manifest.

    Raises:
        InputError: If Argo would refuse it, or it asks for a strategy that turnout does not have.
    """
    if thing.api_version != _VERSION:
        version = thing.root.get("apiVersion")
        if version is None:
            raise thing.root.refuse_below("apiVersion", "is missing", f"a Rollout is of {_VERSION}")
        raise version.refuse(f"{thing.api_version} has no Rollout that turnout reads", f"write {_VERSION}")
    head = read_head(thing.root)
    unknown = check_fields(thing.root, ROLLOUT)
    spec = thing.root.need("spec", "it says what the Rollout should be")
    pods, borrowed = _pods(thing, objects, spec)
    rollout = read_wish(spec, pods.revision)
    asked = _strategy(spec)
    more = asked.strategy == "blueGreen" or surges(asked.parameters["max_surge"])
    timeout, service_notes = affinity_timeout(
        thing, objects, pods.labels, only=asked.active_service, but=asked.other_service
    )
    return Workload(
        kind="Rollout",
        name=head.name,
        namespace=head.namespace,
        change_cause=head.change_cause,
        rollout=rollout,
        given=given(spec),
        strategy=asked.strategy,
        parameters=asked.parameters,
        lifecycle=pods.lifecycle,
        affinity_timeout_seconds=timeout,
        source=thing.source,
        notes=(
            *unknown,
            *borrowed,
            *spec_notes(rollout),
            *_spec_notes(spec),
            *asked.notes,
            *pods.notes,
            *(pods.surge_notes if more else ()),
            *service_notes,
            *surrounding_notes(thing, objects, pods.labels, rollout.replicas),
        ),
    )


def _pods(
    thing: KubernetesObject, objects: Sequence[KubernetesObject], spec: Field
) -> tuple[PodTemplate, tuple[str, ...]]:
    """Read the pods from the Rollout, or from the Deployment that it refers to."""
    reference = spec.get("workloadRef")
    if reference is None:
        return read_pods(spec), ()
    if (template := spec.get("template")) is not None:
        raise template.refuse("may not be given beside workloadRef", "leave one of them out")
    reference.need("kind", "it is Deployment").one_of("Deployment")
    name = reference.need("name", "it is a Deployment's").name()
    for each in objects:
        if each.kind == "Deployment" and thing.refers_to(each, "spec", "workloadRef"):
            other = each.root.need("spec", "it says what the Deployment should be")
            return read_pods(other), (f"The pods are those of Deployment {name}, by workloadRef.",)
    raise reference.refuse(f"refers to Deployment {name}, which is not here", "put both into one manifest")


def _strategy(spec: Field) -> _Asked:
    strategy = spec.need("strategy", "give it blueGreen or canary")
    blue_green, canary = strategy.get("blueGreen"), strategy.get("canary")
    if blue_green is not None and canary is not None:
        raise strategy.refuse("has both blueGreen and canary", "leave one of them out")
    if blue_green is not None:
        return _blue_green(blue_green, number(spec, "revisionHistoryLimit", 10))
    if canary is not None:
        return _canary(canary)
    raise strategy.refuse("has neither blueGreen nor canary", "give it one of them")


def _blue_green(field: Field, history_limit: int) -> _Asked:
    active = field.need("activeService", "name the Service that leads to what serves").name()
    preview = field.get("previewService")
    if preview is not None and preview.value == active:
        raise preview.refuse(f"{active} is the active Service too", "the preview has a Service of its own")
    limit = field.get("scaleDownDelayRevisionLimit")
    if limit is not None and limit.whole() > history_limit:
        raise limit.refuse(
            f"{limit.shown} is more than revisionHistoryLimit", f"it is a number from 0 to {history_limit}"
        )
    automatic = flag(field, "autoPromotionEnabled", default=True)
    after = number(field, "autoPromotionSeconds", 0)
    parameters: dict[str, int | str | bool] = {
        "auto_promotion": automatic,
        "scale_down_delay_seconds": number(field, "scaleDownDelaySeconds", 30),
        # Argo takes 0 for never.
        "abort_scale_down_delay_seconds": number(field, "abortScaleDownDelaySeconds", 30) or INT32,
    }
    if automatic and after:
        parameters["auto_promotion_seconds"] = after
    if (replicas := field.get("previewReplicaCount")) is not None:
        parameters["preview_replicas"] = replicas.whole(low=1)
    notes = list(_analysis_notes(field, "prePromotionAnalysis", "postPromotionAnalysis"))
    if after and not automatic:
        notes.append("autoPromotionSeconds counts for nothing while autoPromotionEnabled is false.")
    if parameters["abort_scale_down_delay_seconds"] == INT32:
        notes.append("abortScaleDownDelaySeconds is 0: after an abort, the new replicas are kept for good.")
    if limit is not None:
        notes.append("scaleDownDelayRevisionLimit is left out: every old revision waits its delay.")
    return _Asked("blueGreen", parameters, tuple(notes), active, None)


def _canary(field: Field) -> _Asked:
    steps = field.get("steps")
    if steps is not None and steps.elements():
        raise steps.refuse(
            "asks for weights step by step, for which turnout has no strategy yet",
            "leave the steps out to see it as a rolling update",
        )
    if (routing := field.get("trafficRouting")) is not None:
        raise routing.refuse(
            "moves weights instead of replicas, for which turnout has no strategy yet",
            "leave it out to see it as a rolling update",
        )
    for name in ("scaleDownDelaySeconds", "dynamicStableScale"):
        given = field.get(name)
        if given is not None and given.value is not False:
            raise given.refuse("may only be given with trafficRouting", "leave it out")
    canary = field.get("canaryService")
    return _Asked(
        "RollingUpdate",
        dict(read_rolling(field)),
        tuple(_analysis_notes(field, "analysis")),
        None,
        None if canary is None else canary.name(),
    )


def _analysis_notes(field: Field, *names: str) -> Iterator[str]:
    for name in names:
        if field.get(name) is not None:
            yield f"{name} is left out, as if it always succeeded."
    if field.get("antiAffinity", "requiredDuringSchedulingIgnoredDuringExecution") is not None:
        yield "antiAffinity keeps new replicas off the nodes of the old; the simulation takes it that there is room."


def _spec_notes(spec: Field) -> Iterator[str]:
    if flag(spec, "progressDeadlineAbort", default=False):
        yield "progressDeadlineAbort is left out: a missed deadline is reported, and nothing is aborted."
    if spec.get("rollbackWindow") is not None:
        yield "rollbackWindow is left out: going back takes the same way as going on."

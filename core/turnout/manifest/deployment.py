"""A Deployment (apps/v1) as a workload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from turnout.manifest.schema import DEPLOYMENT, check_fields
from turnout.manifest.spec import given, read_head, read_pods, read_rolling, read_wish, surges
from turnout.manifest.surroundings import affinity_timeout, spec_notes, surrounding_notes
from turnout.workload import Workload

if TYPE_CHECKING:
    from collections.abc import Sequence

    from turnout.manifest.field import Field
    from turnout.manifest.objects import KubernetesObject

__all__ = ["read_deployment"]

_REMOVED = ("extensions/v1beta1", "apps/v1beta1", "apps/v1beta2")


def read_deployment(thing: KubernetesObject, objects: Sequence[KubernetesObject]) -> Workload:
    """Read a Deployment, with what lies beside it.

    Args:
        thing: The Deployment.
        objects: All objects of the manifest.

    Raises:
        InputError: If the API server would refuse it.
    """
    _check_version(thing)
    head = read_head(thing.root)
    unknown = check_fields(thing.root, DEPLOYMENT)
    spec = thing.root.need("spec", "it says what the Deployment should be")
    pods = read_pods(spec)
    rollout = read_wish(spec, pods.revision)
    strategy, parameters = _strategy(spec)
    more = strategy == "RollingUpdate" and surges(parameters["max_surge"])
    timeout, service_notes = affinity_timeout(thing, objects, pods.labels)
    return Workload(
        kind="Deployment",
        name=head.name,
        namespace=head.namespace,
        change_cause=head.change_cause,
        rollout=rollout,
        given=given(spec),
        strategy=strategy,
        parameters=parameters,
        lifecycle=pods.lifecycle,
        affinity_timeout_seconds=timeout,
        source=thing.source,
        notes=(
            *unknown,
            *spec_notes(rollout),
            *pods.notes,
            *(pods.surge_notes if more else ()),
            *service_notes,
            *surrounding_notes(thing, objects, pods.labels, rollout.replicas),
        ),
    )


def _check_version(thing: KubernetesObject) -> None:
    if thing.api_version == "apps/v1":
        return
    version = thing.root.get("apiVersion")
    if version is None:
        raise thing.root.refuse_below("apiVersion", "is missing", "a Deployment is of apps/v1")
    removed = " is no longer served by Kubernetes" if thing.api_version in _REMOVED else " has no Deployment"
    raise version.refuse(f"{thing.api_version}{removed}", "write apps/v1")


def _strategy(spec: Field) -> tuple[Literal["RollingUpdate", "Recreate"], dict[str, int | str]]:
    kind = spec.get("strategy", "type")
    rolling = spec.get("strategy", "rollingUpdate")
    # An empty type is one that is not given.
    if kind is None or kind.value == "" or kind.one_of("RollingUpdate", "Recreate") == "RollingUpdate":
        return "RollingUpdate", read_rolling(rolling)
    if rolling is not None:
        raise rolling.refuse("may not be given when strategy.type is Recreate", "leave one of them out")
    return "Recreate", {}

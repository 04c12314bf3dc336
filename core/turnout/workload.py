"""What a manifest says about one workload: the rollout it wants, the strategy it asks for, how its replicas behave."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import attrs

from turnout.arguments import check_fields
from turnout.errors import InputError, shown
from turnout.model import Rollout  # noqa: TC001  (the fields are checked by their annotations)

__all__ = ["Kind", "Lifecycle", "Probe", "Workload"]

Kind = Literal["Deployment", "Rollout"]
"""What kinds of object roll out: Kubernetes' own, and Argo's."""


@attrs.frozen(kw_only=True)
class Probe:
    """When the kubelet asks a container how it is; Kubernetes' fields and defaults.

    Attributes:
        initial_delay_seconds: Seconds from the container's start to the first probe.
        period_seconds: Seconds from one probe to the next.
        success_threshold: How many successes in a row make it ready.
        failure_threshold: How many failures in a row make it not ready.
    """

    initial_delay_seconds: int = attrs.field(default=0, validator=attrs.validators.ge(0))
    period_seconds: int = attrs.field(default=10, validator=attrs.validators.ge(1))
    success_threshold: int = attrs.field(default=1, validator=attrs.validators.ge(1))
    failure_threshold: int = attrs.field(default=3, validator=attrs.validators.ge(1))

    def __attrs_pre_init__(self, **given: object) -> None:
        check_fields(type(self), given)


_NO_HOOK: float | None = 0.0


@attrs.frozen(kw_only=True)
class Lifecycle:
    """How one replica starts and ends, as far as its manifest says.

    Attributes:
        readiness: The readiness probe that makes it ready last; None where there is none: ready once started.
        startup: The startup probe; readiness is not asked before it succeeded.
        pre_stop_seconds: How long the preStop hook keeps the container serving before SIGTERM; 0 without a hook, None
            where there is a hook whose length the manifest does not say.
        grace_seconds: ``terminationGracePeriodSeconds``.
    """

    readiness: Probe | None = None
    startup: Probe | None = None
    pre_stop_seconds: float | None = attrs.field(
        default=_NO_HOOK, validator=attrs.validators.optional(attrs.validators.ge(0))
    )
    grace_seconds: int = attrs.field(default=30, validator=attrs.validators.ge(0))

    def __attrs_pre_init__(self, **given: object) -> None:
        check_fields(type(self), given)


def _read_only(given: Mapping[str, str | int | bool]) -> Mapping[str, str | int | bool]:
    found: object = given  # whatever a program hands in
    if not isinstance(found, Mapping) or not all(isinstance(name, str) for name in found):
        right = "it takes a mapping such as {'max_surge': '25%'}"
        raise InputError(f"it cannot be {shown(given)}", where="Workload.parameters", hint=right)
    return MappingProxyType(dict(given))


@attrs.frozen(kw_only=True)
class Workload:
    """One Deployment or Argo Rollout, and the Service beside it.

    Attributes:
        kind: ``"Deployment"`` or ``"Rollout"``.
        name: Its name.
        namespace: Its namespace, or None.
        change_cause: Its annotation ``kubernetes.io/change-cause``: why it was changed the last time; None without.
        rollout: Replicas, timings and history limit. `target` is the revision that the manifest names (its image tag).
        given: Which of ``"paused"`` and ``"replicas"`` the manifest gives: what it leaves out stays as it is when it
            is applied to a rollout that goes on.
        strategy: What it asks for, in its own words: the ``spec.strategy.type`` of a Deployment, or ``"blueGreen"``. A
            canary without steps is a rolling update.
        parameters: The parameters of a strategy that does so, as the manifest gives them or as the API server defaults
            them.
        lifecycle: How its replicas start and end.
        affinity_timeout_seconds: ``sessionAffinityConfig.clientIP.timeoutSeconds`` of a Service with
            ``sessionAffinity: ClientIP`` that selects it; None without.
        source: File and line that it was read from.
        notes: What the manifest says that turnout leaves out or takes differently, a sentence each.
    """

    kind: Kind = "Deployment"
    name: str
    namespace: str | None = None
    change_cause: str | None = None
    rollout: Rollout
    given: tuple[str, ...] = ()
    strategy: Literal["RollingUpdate", "Recreate", "blueGreen"] = "RollingUpdate"
    parameters: Mapping[str, str | int | bool] = attrs.field(
        default=MappingProxyType({}), converter=_read_only
    )
    lifecycle: Lifecycle = Lifecycle()
    affinity_timeout_seconds: int | None = attrs.field(
        default=None, validator=attrs.validators.optional(attrs.validators.ge(1))
    )
    source: str = ""
    notes: tuple[str, ...] = ()

    def __attrs_pre_init__(self, **given: object) -> None:
        check_fields(type(self), given)

"""What a manifest says about one workload: the rollout it wants, the strategy it asks for, how its replicas behave."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from turnout.model import Rollout

__all__ = ["Lifecycle", "Probe", "Workload"]


@attrs.frozen(kw_only=True)
class Probe:
    """When the kubelet asks a container how it is; Kubernetes' fields and defaults.

    Attributes:
        initial_delay_seconds: Seconds from the container's start to the first probe.
        period_seconds: Seconds from one probe to the next.
        success_threshold: How many successes in a row make it ready.
        failure_threshold: How many failures in a row make it not ready.
    """

    initial_delay_seconds: int = 0
    period_seconds: int = 10
    success_threshold: int = 1
    failure_threshold: int = 3


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
    pre_stop_seconds: float | None = 0.0
    grace_seconds: int = 30


def _read_only(given: Mapping[str, str | int | bool]) -> Mapping[str, str | int | bool]:
    return MappingProxyType(dict(given))


@attrs.frozen(kw_only=True)
class Workload:
    """One Deployment or Argo Rollout, and the Service beside it.

    Attributes:
        kind: ``"Deployment"`` or ``"Rollout"``.
        name: Its name.
        namespace: Its namespace, or None.
        rollout: Replicas, timings and history limit. `target` is the revision that the manifest names (its image tag).
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

    kind: str = "Deployment"
    name: str
    namespace: str | None = None
    rollout: Rollout
    strategy: Literal["RollingUpdate", "Recreate", "blueGreen"] = "RollingUpdate"
    parameters: Mapping[str, str | int | bool] = attrs.field(
        default=MappingProxyType({}), converter=_read_only
    )
    lifecycle: Lifecycle = Lifecycle()
    affinity_timeout_seconds: int | None = None
    source: str = ""
    notes: tuple[str, ...] = ()

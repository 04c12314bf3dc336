"""Recreate: stop every old replica, then start every new one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import attrs

from turnout import Bounds, Observation, Plan, Promise, Spread, Strategy, hookimpl
from turnout_strategies.provisos import FRESH, NOT_STUCK

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from turnout import ManifestStrategy

__all__ = ["Recreate", "turnout_strategies"]

_SPREAD = Spread()


@attrs.frozen(kw_only=True)
class Recreate(Strategy):
    """Stop all, then start all: one version at a time, and downtime in between.

    It is the Deployment controller's Recreate: the new replicas start only when the last old one is gone, the
    terminating ones included.
    """

    name: ClassVar[str] = "recreate"
    deployment_type: ClassVar[Literal["RollingUpdate", "Recreate"] | None] = "Recreate"
    carries_out: ClassVar[Mapping[ManifestStrategy, Mapping[str, object]]] = {"Recreate": {}}
    promises: ClassVar[tuple[Promise, ...]] = (
        Promise("one-active-revision", FRESH),
        Promise("surge-ceiling"),
        Promise("paused-means-still"),
        Promise("no-request-to-the-unready"),
        Promise("converges", NOT_STUCK),
        Promise("undo-restores", NOT_STUCK),
    )

    def bounds(self, replicas: int) -> Bounds:
        """Nothing may be left on the way, and no more than `replicas` are ever wanted."""
        return Bounds(floor=0, ceiling=replicas)

    def decide(self, seen: Observation) -> Plan:
        """Stop the old; wait for the last of them; start the new."""
        replicas, name = seen.rollout.replicas, seen.rollout.target
        active = [each for each in seen.others if each.wanted]
        if active:
            count = sum(each.wanted for each in active)
            return Plan(
                wanted={each.name: 0 for each in active},
                routing=_SPREAD,
                because=f"scale down: all {count} old replicas at once",
            )
        left = sum(each.replicas + each.terminating for each in seen.others)
        if left:
            because = f"wait: {left} old replicas still exist, terminating ones included"
            return Plan(wanted={}, routing=_SPREAD, because=because)
        because = f"scale up: no old replica is left, {name} has {seen.target.wanted} of {replicas}"
        return Plan(wanted={name: replicas}, routing=_SPREAD, because=because)


@hookimpl
def turnout_strategies() -> Iterable[type[Strategy]]:
    """Provide recreate."""
    return [Recreate]

"""An exact fleet of pods for tests: nothing becomes ready or fails by itself, and no time passes by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from turnout.controller import SetStatus
from turnout.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from turnout.routing import Routing

__all__ = ["Pod", "Pods"]


@attrs.define
class Pod:
    image: str
    order: int
    ready_since: int | None = None
    terminating: bool = False


@attrs.define
class Pods:
    """What the ReplicaSet controller and an obedient node make of wanted numbers.

    A pod is placed and starts at once, and stays not ready until `ready` says so. A deleted pod leaves the counts at
    once; it is gone, unless terminations are held.
    """

    min_ready_seconds: int = 0
    pods: list[Pod] = attrs.field(factory=list)
    held: bool = False
    started: int = 0
    wanted: dict[str, int] = attrs.field(factory=dict)
    routing: Routing | None = None

    def statuses(self, now: int) -> Mapping[str, SetStatus]:
        return {image: self.status(image, now) for image in {pod.image for pod in self.pods}}

    def status(self, image: str, now: int) -> SetStatus:
        live = self.live(image)
        return SetStatus(
            replicas=len(live),
            ready=sum(pod.ready_since is not None for pod in live),
            available=sum(self.available(pod, now) for pod in live),
            terminating=sum(pod.terminating for pod in self.pods if pod.image == image),
        )

    def available(self, pod: Pod, now: int) -> bool:
        since = pod.ready_since
        return since is not None and now - since >= self.min_ready_seconds * SECOND

    def apply(self, wanted: Mapping[str, int], routing: Routing | None, now: int) -> None:
        del now
        self.wanted, self.routing = dict(wanted), routing
        for image in sorted({pod.image for pod in self.pods} | wanted.keys()):
            live, size = self.live(image), wanted.get(image, 0)
            for _ in range(size - len(live)):
                self.pods.append(Pod(image, self.started))
                self.started += 1
            if len(live) > size:
                # Not ready first, then ready for less time, then created later.
                live.sort(key=lambda pod: (pod.ready_since is not None, -(pod.ready_since or 0), -pod.order))
                self.delete(live[: len(live) - size])

    def delete(self, pods: Iterable[Pod]) -> None:
        for pod in pods:
            pod.terminating = True
        if not self.held:
            self.pods = [pod for pod in self.pods if not pod.terminating]

    def live(self, image: str, *, ready: bool | None = None) -> list[Pod]:
        """Return the live pods of an image, the oldest first; only the ready or the not ready ones, if asked."""
        return [
            pod
            for pod in self.pods
            if pod.image == image
            and not pod.terminating
            and (ready is None or ready == (pod.ready_since is not None))
        ]

    def ready(self, image: str, count: int, now: int) -> None:
        for pod in self.live(image, ready=False)[:count]:
            pod.ready_since = now

    def unready(self, image: str, count: int) -> None:
        for pod in self.live(image, ready=True)[:count]:
            pod.ready_since = None

    def hold(self) -> None:
        self.held = True

    def release(self) -> None:
        self.held = False
        self.delete([])

    def next_change(self, now: int) -> int | None:
        """Return when the next ready pod becomes available."""
        times = [
            pod.ready_since + self.min_ready_seconds * SECOND
            for pod in self.pods
            if pod.ready_since is not None and not pod.terminating
        ]
        return min((time for time in times if time > now), default=None)

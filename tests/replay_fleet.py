"""turnout's simulated fleet, led by hand: its replicas become ready, fail and vanish when a recorded action says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnout import Environment, Lifecycle, Weather
from turnout.routing.timeline import FOREVER
from turnout.simulator.agenda import Kind
from turnout.simulator.fleet import SimulatedFleet
from turnout.units import Duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from turnout.controller import SetStatus
    from turnout.routing import Routing
    from turnout.simulator.replica import Replica

__all__ = ["LedFleet"]


class LedFleet(SimulatedFleet):
    """The simulated fleet without start-up times: who goes, is replaced or is available is its own doing."""

    def __init__(self, min_ready_seconds: int = 0, *, seed: int = 0) -> None:
        super().__init__(
            lifecycle=Lifecycle(),
            environment=Environment(shutdown=Duration(0), routing_delay=Duration(0)),
            weather=Weather(),
            target="",
            min_ready_seconds=min_ready_seconds,
            seed=seed,
        )
        self.held = False
        self.waiting: list[Replica] = []
        self.now = 0

    def statuses(self, now: int) -> Mapping[str, SetStatus]:
        self.advance(now)
        return super().statuses(now)

    def apply(self, wanted: Mapping[str, int], routing: Routing | None, now: int) -> None:
        super().apply(wanted, routing, now)
        self.advance(now)

    def advance(self, now: int) -> None:
        self.now = now
        super().advance(now)
        if not self.held:
            for replica in self.waiting:
                self._on_gone(replica, now)
            self.waiting = []

    def _start(self, replica: Replica, now: int) -> None:
        """It starts, and is not ready before it is told to be."""

    def _schedule(self, time: int | None, kind: Kind, replica: Replica) -> None:
        if kind is Kind.GONE:
            self.waiting.append(replica)
        else:
            super()._schedule(time, kind, replica)

    def live(self, image: str, *, ready: bool) -> list[Replica]:
        return [each for each in self._group(image).active if each.ready == ready]

    def ready(self, image: str, count: int, now: int) -> None:
        for replica in self.live(image, ready=False)[:count]:
            self._on_ready(replica, now)

    def unready(self, image: str, count: int) -> None:
        for replica in self.live(image, ready=True)[:count]:
            self._group(image).mark_not_ready(replica)

    def delete_pods(self, image: str, count: int, *, ready: bool) -> None:
        """By hand: its replica set replaces them when it is asked the next time."""
        for replica in self.live(image, ready=ready)[:count]:
            self._delete(self._group(image), replica, self.now)
        self.advance(self.now)

    def hold(self) -> None:
        self.held = True

    def release(self) -> None:
        self.held = False
        self.advance(self.now)

    def next_change(self, now: int) -> int | None:
        time = self.next_event
        return None if time == FOREVER else max(now, time)

    def live_pods(self) -> int:
        return sum(len(group.active) for group in self._ranked)

    def terminating_pods(self) -> int:
        return sum(group.terminating for group in self._ranked)

"""The cluster of a rehearsal: a simulated fleet for each revision, since each comes with a manifest of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from turnout.environment import Environment, Weather
from turnout.routing.timeline import FOREVER
from turnout.simulator.fleet import SimulatedFleet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from turnout.controller import SetStatus
    from turnout.routing import Routing
    from turnout.units import Duration
    from turnout.workload import Lifecycle

__all__ = ["Cluster", "Traits"]


@attrs.frozen(kw_only=True)
class Traits:
    """What the replicas of one revision are like, whenever they are started.

    Attributes:
        lifecycle: How they start and end.
        min_ready_seconds: How long they must be ready to be available.
        never_ready: Whether they never become ready.
    """

    lifecycle: Lifecycle
    min_ready_seconds: int
    never_ready: bool = False


@attrs.define
class Cluster:
    """Where a rehearsal's plans are carried out. The same seed and the same plans give the same run.

    Attributes:
        seed: Seeds the start-up times.
        startup: From a replica's creation until its application answers: the median.
        traits: What the replicas of each revision are like, by name.
        fleets: The replicas of each revision that has ever had a replica set, by name.
    """

    seed: int
    startup: Duration
    traits: dict[str, Traits] = attrs.field(factory=dict)
    fleets: dict[str, SimulatedFleet] = attrs.field(factory=dict)

    def statuses(self, now: int) -> dict[str, SetStatus]:
        """Report the replicas of each revision."""
        return {name: fleet.statuses(now)[name] for name, fleet in self.fleets.items()}

    def apply(self, wanted: Mapping[str, int], routing: Routing | None, now: int) -> None:
        """Bring about that many replicas of each revision; nobody sends them requests."""
        for name in (*self.fleets, *(name for name in wanted if name not in self.fleets)):
            self._fleet(name).apply({name: wanted.get(name, 0)}, routing, now)

    @property
    def next_event(self) -> int:
        """When something happens next, in microseconds; `FOREVER` if nothing will."""
        return min((fleet.next_event for fleet in self.fleets.values()), default=FOREVER)

    def advance(self, now: int) -> None:
        """Let everything happen that happens up to `now`."""
        for fleet in self.fleets.values():
            fleet.advance(now)

    def _fleet(self, name: str) -> SimulatedFleet:
        if name not in self.fleets:
            # A revision that only restarts another, such as "0.5@restart-1", is like that one.
            traits = self.traits[name.partition("@")[0]]
            fleet = SimulatedFleet(
                lifecycle=traits.lifecycle,
                environment=Environment(startup=self.startup),
                weather=Weather(never_ready=traits.never_ready),
                target=name,
                min_ready_seconds=traits.min_ready_seconds,
                seed=self.seed,
            )
            fleet.live_sessions = {}
            self.fleets[name] = fleet
        return self.fleets[name]

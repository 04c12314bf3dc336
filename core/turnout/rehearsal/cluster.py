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
        never_ready: Whether they never become ready.
    """

    lifecycle: Lifecycle
    never_ready: bool = False


class _Fleet(SimulatedFleet):
    """The replicas of one revision, whose ``minReadySeconds`` may change while they run."""

    def require_ready(self, seconds: int, now: int) -> None:
        """From now on, a replica must be ready for so many seconds to be available, however it was until now."""
        self._min_ready = seconds
        for group in self._ranked:
            for replica in group.active:
                if replica.available and not replica.is_available(seconds, now):
                    replica.available = False
                    group.available -= 1
                if replica.ready:
                    self._expect_available(replica, now)


@attrs.define
class Cluster:
    """Where a rehearsal's plans are carried out. The same seed and the same plans give the same run.

    Attributes:
        seed: Seeds the start-up times.
        startup: From a replica's creation until its application answers: the median.
        traits: What the replicas of each revision are like, by name.
        fleets: The replicas of each revision that has ever had a replica set, by name.
        min_ready: How many seconds replicas must be ready to be available, by the name of their revision.
    """

    seed: int
    startup: Duration
    traits: dict[str, Traits] = attrs.field(factory=dict)
    fleets: dict[str, _Fleet] = attrs.field(factory=dict)
    min_ready: dict[str, int] = attrs.field(factory=dict)

    def statuses(self, now: int) -> dict[str, SetStatus]:
        """Report the replicas of each revision."""
        return {name: fleet.statuses(now)[name] for name, fleet in self.fleets.items()}

    def apply(self, wanted: Mapping[str, int], routing: Routing | None, now: int) -> None:
        """Bring about that many replicas of each revision; nobody sends them requests."""
        for name in (*self.fleets, *(name for name in wanted if name not in self.fleets)):
            self._fleet(name).apply({name: wanted.get(name, 0)}, routing, now)

    def require_ready(self, name: str, seconds: int, now: int) -> None:
        """From now on, replicas of that revision must be ready for so many seconds to be available."""
        before = self.min_ready.get(name)
        self.min_ready[name] = seconds
        if before != seconds and name in self.fleets:
            self.fleets[name].require_ready(seconds, now)

    @property
    def next_event(self) -> int:
        """When something happens next, in microseconds; `FOREVER` if nothing will."""
        return min((fleet.next_event for fleet in self.fleets.values()), default=FOREVER)

    def advance(self, now: int) -> None:
        """Let everything happen that happens up to `now`."""
        for fleet in self.fleets.values():
            fleet.advance(now)

    def _fleet(self, name: str) -> _Fleet:
        if name not in self.fleets:
            # A revision that only restarts another, such as "0.5@restart-1", is like that one.
            traits = self.traits[name.partition("@")[0]]
            fleet = _Fleet(
                lifecycle=traits.lifecycle,
                environment=Environment(startup=self.startup),
                weather=Weather(never_ready=traits.never_ready),
                target=name,
                min_ready_seconds=self.min_ready[name],
                seed=self.seed,
            )
            fleet.live_sessions = {}
            self.fleets[name] = fleet
        return self.fleets[name]

"""What the controller is told of the fleet while observations are stale: how it was a while ago."""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnout.routing.timeline import FOREVER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from turnout.controller import SetStatus
    from turnout.environment import Weather
    from turnout.routing.algebra import Routing
    from turnout.simulator.fleet import SimulatedFleet

__all__ = ["Lagging"]


class Lagging:
    """A fleet as the controller sees it: told at once what to do, and seen as it was `Weather.stale` ago.

    Args:
        fleet: The fleet as it is.
        weather: How much observations lag, and until when.
    """

    def __init__(self, fleet: SimulatedFleet, weather: Weather) -> None:
        self._fleet = fleet
        self._lag = weather.stale
        self._until = FOREVER if weather.clears_after is None else weather.clears_after
        self._reports: list[tuple[int, Mapping[str, SetStatus]]] = []

    def statuses(self, now: int) -> Mapping[str, SetStatus]:
        """Report what was true a while ago; what is true now will be reported in as long a while."""
        current = self._fleet.statuses(now)
        if not self._lag or now < 0:
            return current
        if now >= self._until:
            self._reports.clear()
            return current
        if not self._reports:
            self._reports.append((0, current))
        if self._reports[-1][1] != current:
            self._reports.append((now + self._lag, current))
        while len(self._reports) > 1 and self._reports[1][0] <= now:
            del self._reports[0]
        return self._reports[0][1]

    def apply(self, wanted: Mapping[str, int], routing: Routing | None, now: int) -> None:
        """Have the fleet carry it out."""
        self._fleet.apply(wanted, routing, now)

    @property
    def told(self) -> bool:
        """Whether the controller has been told everything."""
        return len(self._reports) < 2

    def next_event(self, now: int) -> int:
        """When the fleet changes or is seen to have changed, in microseconds; `FOREVER` for never."""
        reported = FOREVER if self.told else min(self._reports[1][0], max(self._until, now + 1))
        return min(self._fleet.next_event, reported)

"""What chance has in store for simulated replicas: their start-up times, their names' order, and faults."""

from __future__ import annotations

from math import exp, log
from statistics import NormalDist
from typing import TYPE_CHECKING

import attrs

from turnout.routing.draws import uniform
from turnout.routing.timeline import FOREVER

if TYPE_CHECKING:
    from turnout.environment import Environment, Weather
    from turnout.simulator.group import Group
    from turnout.simulator.replica import Replica

__all__ = ["Chance", "exponential", "log_normal"]

_NORMAL = NormalDist()
_START_UP, _UID, _FLAP, _CRASH, _KILL, _NODE, _NODE_LOSS = range(1, 8)
_NODES = 3


@attrs.frozen(kw_only=True)
class Chance:
    """Draws what depends on a replica's place among those of its revision, and on nothing else.

    So the n-th replica of a revision draws the same whatever the strategy. Times are in microseconds.

    Attributes:
        environment: How long containers and applications take to start.
        weather: Faults; those of the target fall on `target`.
        target: The name of the revision that is being rolled out.
        seed: Seeds everything.
    """

    environment: Environment
    weather: Weather
    target: str
    seed: int

    @property
    def clear_at(self) -> int:
        """When all faults end."""
        return FOREVER if self.weather.clears_after is None else self.weather.clears_after

    def error_share(self, name: str) -> float:
        """The share of its requests that a revision fails by its own fault, until the weather clears."""
        return self.weather.error_share if name == self.target else 0.0

    def uid(self, group: Group, replica: Replica) -> float:
        """Draw a replica's unique name, as a number: what decides between two that are alike."""
        return self._draw(_UID, group, replica)

    def container_start(self, group: Group, replica: Replica, now: int) -> int:
        """When a container that is asked for now is running; `FOREVER` for never. One that is restarted, at once."""
        if group.name == self.target and self.weather.never_ready and now < self.clear_at:
            return self.clear_at
        return now if replica.restarts else now + self.environment.container_start

    def answers_after(self, group: Group, replica: Replica, now: int) -> int:
        """Draw how long after its container's start at `now` an application answers; each restart draws anew."""
        slow = group.name == self.target and now < self.clear_at
        draw = self._draw(_START_UP, group, replica, replica.restarts)
        median = self.environment.startup * (self.weather.slow_start if slow else 1.0)
        return log_normal(median, self.environment.startup_spread, draw)

    def flaps(self, group: Group, replica: Replica, since: int) -> int | None:
        """Draw when a replica that is well since then fails its readiness probe; None for never."""
        draw = self._draw(_FLAP, group, replica, replica.flaps)
        return self._strikes(self.weather.flap_every, since, draw)

    def recovers(self, fails: int) -> int:
        """Until when a replica fails its readiness probe."""
        return min(fails + self.weather.flap_for, self.clear_at)

    def crashes(self, group: Group, replica: Replica, since: int) -> int | None:
        """Draw when a replica crashes that is ready for the first time; None for never."""
        return self._strikes(self.weather.crash_every, since, self._draw(_CRASH, group, replica))

    def killed(self, group: Group, replica: Replica, since: int) -> int | None:
        """Draw when somebody deletes a replica that is ready for the first time; None for never."""
        return self._strikes(self.weather.kill_every, since, self._draw(_KILL, group, replica))

    def node_lost(self, group: Group, replica: Replica, since: int) -> int | None:
        """When the node that a replica was put on at a time is lost, with every replica on it; None for never."""
        every, lost, count = self.weather.node_loss_every, 0, 0
        if every is None:
            return None
        node = int(self._draw(_NODE, group, replica) * _NODES)
        while lost <= since:
            count += 1
            lost += exponential(every, uniform(self.seed, _NODE_LOSS, node, count, 0))
        return lost if lost < self.clear_at else None

    def _draw(self, about: int, group: Group, replica: Replica, again: int = 0) -> float:
        return uniform(self.seed, about, group.key, replica.ordinal, again)

    def _strikes(self, every: int | None, since: int, draw: float) -> int | None:
        """When a fault strikes, unless the weather has cleared by then."""
        if every is None:
            return None
        time = since + exponential(every, draw)
        return time if time < self.clear_at else None


def log_normal(median: float, spread: float, draw: float) -> int:
    """Draw how long something takes: log-normal around the median.

    Args:
        median: In microseconds.
        spread: The standard deviation of the logarithm.
        draw: A number from [0, 1).
    """
    if not spread:
        return round(median)
    quantile = _NORMAL.inv_cdf(min(max(draw, 1e-9), 1 - 1e-9))
    return round(median * exp(spread * quantile))


def exponential(mean: int, draw: float) -> int:
    """Draw an exponentially distributed time with that mean, at least a microsecond."""
    return max(1, round(-mean * log(1 - draw)))

"""One simulated replica: when it becomes ready, how it ends, in which order a replica set gives its replicas up."""

from __future__ import annotations

from math import exp, log
from statistics import NormalDist
from typing import TYPE_CHECKING

import attrs

from turnout.routing.timeline import FOREVER
from turnout.units import SECOND, seconds

if TYPE_CHECKING:
    from turnout.environment import Environment
    from turnout.workload import Lifecycle, Probe

__all__ = ["Replica", "deletion_order", "exponential", "ready_after", "serves_after_deletion", "start_up"]

_NORMAL = NormalDist()


@attrs.define(eq=False, kw_only=True)
class Replica:
    """A running instance, as the fleet keeps it. Times in microseconds of virtual time."""

    number: int
    ordinal: int
    """Its place among the replicas that its revision has ever had, from 1."""
    revision: int
    """The rank of its revision."""
    created: int
    uid: float = 0.0
    ready: bool = False
    ready_since: int = -FOREVER
    available: bool = False
    terminating: bool = False
    leaves: int = FOREVER
    """When it will have left the list of endpoints, if it is on its way out of it."""
    dead: int = FOREVER
    turns: int = 0
    """How often it changed between ready and not; an event that was scheduled before the last change is void."""


def start_up(environment: Environment, slowness: float, draw: float) -> int:
    """Draw how long an application takes to answer: log-normal around the median.

    Args:
        environment: The median and the spread.
        slowness: A factor on the median.
        draw: A number from [0, 1).
    """
    if not environment.startup_spread:
        return round(environment.startup * slowness)
    quantile = _NORMAL.inv_cdf(min(max(draw, 1e-9), 1 - 1e-9))
    return round(environment.startup * slowness * exp(environment.startup_spread * quantile))


def exponential(mean: int, draw: float) -> int:
    """Draw an exponentially distributed time with that mean, at least a microsecond."""
    return max(1, round(-mean * log(1 - draw)))


def ready_after(lifecycle: Lifecycle, answers: int) -> int:
    """How long after its start a container is ready, given when it begins to answer: its probes decide.

    The kubelet asks first after the probe's initial delay and then every period. Readiness is not asked before the
    startup probe has succeeded.

    Args:
        lifecycle: The probes.
        answers: When the application begins to answer, microseconds after the container's start.
    """
    started = _succeeds(lifecycle.startup, answers) if lifecycle.startup else answers
    return _succeeds(lifecycle.readiness, started) if lifecycle.readiness else started


def _succeeds(probe: Probe, answers: int) -> int:
    first, period = probe.initial_delay_seconds * SECOND, probe.period_seconds * SECOND
    asked = first + max(0, -(-(answers - first) // period)) * period
    return asked + (probe.success_threshold - 1) * period


def serves_after_deletion(lifecycle: Lifecycle, environment: Environment) -> int:
    """How long a replica goes on serving once it is deleted: its preStop hook, then its own shutdown.

    SIGKILL ends it when the grace period is over; a hook that used it up leaves two seconds more, as the kubelet does.
    """
    grace = lifecycle.grace_seconds * SECOND
    known = lifecycle.pre_stop_seconds
    hook = min(grace, environment.pre_stop if known is None else seconds(known))
    return min(hook + environment.shutdown, max(grace, hook + 2 * SECOND))


def deletion_order(replica: Replica, now: int) -> tuple[bool, int, float]:
    """Sort key by which a replica set gives up replicas, the first one first.

    Not ready before ready; of the ready ones, ready for less time first; of the others, created later first. Ages
    compare by the whole part of their binary logarithm in nanoseconds, and those that are alike at random. (Kubernetes'
    further criteria, phase, deletion cost, node and restarts, are alike for all simulated replicas.)
    """
    age = now - (replica.ready_since if replica.ready else replica.created)
    return replica.ready, (age * 1000).bit_length(), replica.uid

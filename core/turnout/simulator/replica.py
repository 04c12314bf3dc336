"""One simulated replica: what is kept of it, how it ends, in which order a replica set gives its replicas up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from turnout.controller.arithmetic import pod_available
from turnout.errors import InputError
from turnout.model import MOST_REPLICAS
from turnout.routing.timeline import FOREVER
from turnout.units import SECOND, seconds

if TYPE_CHECKING:
    from turnout.environment import Environment
    from turnout.workload import Lifecycle

__all__ = ["LONG_AGO", "Replica", "check_number", "deletion_order", "serves_after_deletion"]

LONG_AGO = -86_400 * SECOND
"""When replicas were created that are there from the beginning, microseconds."""

_MOST_AT_ONCE = 4 * MOST_REPLICAS  # of all revisions: surges, second fleets and bridges


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
    answers: int = -FOREVER
    """From when on its application answers."""
    restarts: int = 0
    """How often its container was given up and started again."""
    ready: bool = False
    ready_since: int = -FOREVER
    available: bool = False
    terminating: bool = False
    leaves: int = FOREVER
    """When it will have left the list of endpoints, if it is on its way out of it."""
    dead: int = FOREVER
    turns: int = 0
    """How often it changed between ready and not; an event that was scheduled before the last change is void."""
    flaps: int = 0
    """How often its application failed its readiness probe, whether or not that was noticed."""
    recovers: int = -FOREVER
    """Until when it failed it the last time."""

    def is_available(self, min_ready_seconds: int, now: int) -> bool:
        """Whether it has been ready for long enough."""
        return pod_available((now - self.ready_since) / SECOND, min_ready_seconds, ready=self.ready)


def check_number(wanted: int) -> None:
    """Refuse more replicas than can be followed one by one.

    Raises:
        InputError: If they are too many.
    """
    if wanted > _MOST_AT_ONCE:
        raise InputError(
            f"{wanted:,} replicas are wanted at once", hint=f"up to {_MOST_AT_ONCE:,} are simulated"
        )


def serves_after_deletion(lifecycle: Lifecycle, environment: Environment) -> int:
    """How long a replica goes on serving once it is deleted: its preStop hook, then its own shutdown.

    SIGKILL ends it when the grace period is over; a hook that used it up leaves two seconds more, as the kubelet does.
    """
    grace = lifecycle.grace_seconds * SECOND
    known = lifecycle.pre_stop_seconds
    hook = min(grace, environment.pre_stop if known is None else seconds(known))
    return min(hook + environment.shutdown, max(grace, hook + 2 * SECOND))


def deletion_order(replica: Replica, now: int) -> tuple[bool, int, int, float]:
    """Sort key by which a replica set gives up replicas, the first one first.

    Not ready before ready; of the ready ones, ready for less time first; of the others, restarted more often first,
    then created later first. Ages compare by the whole part of their binary logarithm in nanoseconds, and those that
    are alike at random. (Kubernetes' further criteria, phase, deletion cost and node, are alike for all simulated
    replicas.)
    """
    age = now - (replica.ready_since if replica.ready else replica.created)
    return replica.ready, 0 if replica.ready else -replica.restarts, (age * 1000).bit_length(), replica.uid

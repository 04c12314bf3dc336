"""The replicas of one revision in the simulated fleet."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

import attrs

from turnout.controller import SetStatus
from turnout.routing.timeline import FOREVER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from turnout.simulator.replica import Replica

__all__ = ["Group"]


@attrs.define(kw_only=True, eq=False)
class Group:
    """The replicas of one revision, with their counts kept up to date."""

    name: str
    rank: int
    wanted: int = 0
    active: list[Replica] = attrs.field(factory=list)
    ready: int = 0
    available: int = 0
    terminating: int = 0
    ordinal: int = 0
    """How many replicas it has ever had."""

    @property
    def key(self) -> int:
        """What its draws depend on: its name, and not which revisions a strategy has passed through before."""
        return crc32(self.name.encode("utf-8", "surrogatepass"))

    def mark_ready(self, replica: Replica, now: int) -> None:
        """Count a replica as ready from now on."""
        replica.turns += 1
        replica.ready, replica.ready_since, replica.leaves = True, now, FOREVER
        self.ready += 1

    def mark_available(self, replica: Replica) -> None:
        """Count a ready replica as available."""
        replica.available = True
        self.available += 1

    def mark_not_ready(self, replica: Replica) -> None:
        """Count a ready replica as neither ready nor available any more."""
        replica.turns += 1
        self.ready -= 1
        self.available -= replica.available
        replica.ready = replica.available = False

    def leave(self, replica: Replica) -> None:
        """Take a replica out of the counts; what was scheduled for it is void."""
        self.active.remove(replica)
        self.ready -= replica.ready
        self.available -= replica.available
        replica.turns += 1
        replica.terminating = True

    def status(
        self, listed: Mapping[int, int], live: Mapping[int, int] | None, error_share: float
    ) -> SetStatus:
        """What the controller is told.

        Args:
            listed: How many replicas of each revision, by rank, are in the list of endpoints, terminating ones aside.
            live: How many live sessions each revision holds, by rank; None where the routing pins nothing.
            error_share: The share of its requests that the revision fails.
        """
        return SetStatus(
            replicas=len(self.active),
            ready=self.ready,
            available=self.available,
            terminating=self.terminating,
            endpoints=listed[self.rank],
            live_sessions=None if live is None else live.get(self.rank, 0),
            error_share=error_share,
        )

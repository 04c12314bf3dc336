"""What comes with core, as a plugin: found by the path that anybody else's take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnout.hookspecs import hookimpl
from turnout.invariants import INVARIANTS
from turnout.traffic.access_log import AccessLog
from turnout.traffic.synthetic import Synthetic

if TYPE_CHECKING:
    from collections.abc import Iterable

    from turnout.invariant import Invariant
    from turnout.traffic.source import TrafficSource

__all__ = ["turnout_invariants", "turnout_traffic"]


@hookimpl
def turnout_invariants() -> Iterable[Invariant]:
    """Provide the invariants."""
    return INVARIANTS.values()


@hookimpl
def turnout_traffic() -> Iterable[type[TrafficSource]]:
    """Provide the sources of traffic."""
    return [AccessLog, Synthetic]

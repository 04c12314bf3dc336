"""What requests could meet over time: which replica took new requests when, and the routing in force."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import attrs

from turnout.errors import InputError, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from turnout.routing.algebra import Routing

__all__ = ["FOREVER", "Slot", "Timeline"]

FOREVER = 1 << 60
"""A time after all others, in microseconds; its negative is before all others."""


@attrs.frozen(kw_only=True)
class Slot:
    """One replica's stay in the list of endpoints. A replica that leaves the list and comes back has two.

    All times are in microseconds from the start of the rollout; the ends are exclusive.

    Attributes:
        replica: The replica's number.
        revision: The rank of its revision in `Timeline.revisions`.
        listed: From when on it gets requests.
        unlisted: Until when.
        fallback: Until when it may still get requests after `unlisted`, if nothing else is listed: it is terminating,
            but still serves (Kubernetes' serving-terminating endpoints).
        answers: From when on its process answers; requests sent to it before fail. A container without a readiness
            probe is listed as soon as it runs.
        dead: From when on its process answers no more; requests sent to it then fail.
    """

    replica: int
    revision: int
    listed: int
    unlisted: int = FOREVER
    fallback: int = -FOREVER
    answers: int = -FOREVER
    dead: int = FOREVER


def _ordered(slots: Iterable[Slot]) -> tuple[Slot, ...]:
    return tuple(sorted(slots, key=lambda each: (each.revision, each.listed, each.replica)))


@attrs.frozen(kw_only=True)
class Timeline:
    """The data plane of one rollout.

    Attributes:
        revisions: Names of the revisions, the oldest first; a revision's rank is its index here.
        slots: Ordered by (revision, listed, replica).
        routings: Since when (microseconds, rising; the first from before all requests) which routing is in force.
        error_share: By rank, the share of requests that the revision fails by its own fault.
        faulty_until: Until when it does.
        end: When the rollout was over, microseconds from its start.
    """

    revisions: tuple[str, ...]
    slots: tuple[Slot, ...] = attrs.field(converter=_ordered)
    routings: tuple[tuple[int, Routing], ...]
    error_share: tuple[float, ...]
    faulty_until: int = FOREVER
    end: int

    def __attrs_post_init__(self) -> None:
        """Refuse routings of which one is never in force: what looks at them relies on it."""
        if not self.routings or any(after <= before for (before, _), (after, _) in pairwise(self.routings)):
            raise InputError(
                f"they begin at {shown([since for since, _ in self.routings])}",
                where="Timeline.routings",
                hint="give at least one, each beginning later than the one before it",
            )

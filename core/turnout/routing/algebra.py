"""The routing algebra: plain data that says where requests go. Each fleet compiles it into what it has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

import attrs

from turnout.units import Duration  # noqa: TC001  (cattrs reads the annotation)

__all__ = ["Choice", "Routing", "Split", "Spread", "Sticky"]


@attrs.frozen
class Spread:
    """Every request to any ready replica, evenly: a Kubernetes Service."""


def _weights(given: Mapping[str, float] | Iterable[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    pairs = given.items() if isinstance(given, Mapping) else given
    return tuple(sorted((str(name), float(weight)) for name, weight in pairs))


def _check_weights(instance: object, attribute: object, value: tuple[tuple[str, float], ...]) -> None:
    del instance, attribute
    if not all(0 <= weight < float("inf") for _, weight in value):
        raise ValueError("a weight is a finite number and not negative")
    if not 0 < sum(weight for _, weight in value) < float("inf"):
        raise ValueError("at least one weight is above zero, and their sum is finite")
    if len({name for name, _ in value}) != len(value):
        raise ValueError("each revision has one weight")


@attrs.frozen
class Split:
    """Per request, by weight between revisions; evenly between the ready replicas of one revision.

    A revision's share does not go elsewhere when it has no ready replica: those requests fail, as behind the
    weighted backends of a Gateway API route.

    Attributes:
        weights: Name of the revision and its weight, by name. Give a mapping; weights need not add up to one.
    """

    weights: tuple[tuple[str, float], ...] = attrs.field(converter=_weights, validator=_check_weights)

    @property
    def shares(self) -> dict[str, float]:
        """The share of requests that each revision of weight above zero gets; they add up to one."""
        total = sum(weight for _, weight in self.weights)
        return {name: weight / total for name, weight in self.weights if weight > 0}


Choice: TypeAlias = Spread | Split
"""A routing that looks at nothing but the request's own draw."""


def _names(given: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(given)))


@attrs.frozen(kw_only=True)
class Sticky:
    """A session stays where it was first sent; only new sessions follow `new`.

    The assignment is monotone: another `new` moves no session that is already pinned.

    Attributes:
        to: What a session is pinned to: a revision, or one replica (Kubernetes' ``sessionAffinity: ClientIP``).
        unit: ``"session"`` pins the whole session. ``"page"`` lets each document follow `new` and its assets follow
            the revision (or replica) that served it.
        new: Where unpinned requests go.
        idle_timeout: A pin is forgotten when no request came for longer than this; None for never.
        orphans: A session whose pin is gone is moved to where `new` says, or told to start again: the rest of its
            page is dropped, and it goes on as a new session. It is counted either way.
        released: Revisions whose pins are being let go: documents no longer follow them, and follow `new` instead;
            assets still follow the document of their page. The first phase of a release without a page cut in two;
            the second is to take the replicas away.
    """

    to: Literal["revision", "replica"] = attrs.field(
        default="revision", validator=attrs.validators.in_(("revision", "replica"))
    )
    unit: Literal["session", "page"] = attrs.field(
        default="session", validator=attrs.validators.in_(("session", "page"))
    )
    new: Choice = attrs.field(factory=Spread, validator=attrs.validators.instance_of((Spread, Split)))
    idle_timeout: Duration | None = None
    orphans: Literal["move", "restart"] = attrs.field(
        default="move", validator=attrs.validators.in_(("move", "restart"))
    )
    released: tuple[str, ...] = attrs.field(default=(), converter=_names)


Routing: TypeAlias = Spread | Split | Sticky
"""Where requests go: one value, in force until the next."""

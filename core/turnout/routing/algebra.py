"""The routing algebra: plain data that says where requests go. Each fleet compiles it into what it has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from sys import float_info
from typing import Literal, TypeAlias

import attrs

from turnout.arguments import check_fields, check_instance, listed
from turnout.errors import InputError, shown
from turnout.units import Duration  # noqa: TC001  (cattrs reads the annotation)

__all__ = ["Choice", "Routing", "Split", "Spread", "Sticky"]

_MOST_WEIGHT = float_info.max


@attrs.frozen
class Spread:
    """Every request to any ready replica, evenly: a Kubernetes Service."""


def _weights(given: Mapping[str, float] | Iterable[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    try:
        pairs = [(name, weight) for name, weight in (given.items() if isinstance(given, Mapping) else given)]
    except (TypeError, ValueError):
        raise _refused(f"it cannot be {shown(given)}") from None
    for name, weight in pairs:
        if not isinstance(name, str):
            raise _refused(f"{shown(name)} is no name of a revision")
        if not isinstance(weight, (int, float)) or isinstance(weight, bool) or not 0 <= weight < _MOST_WEIGHT:
            raise _refused(f"the weight of {shown(name)} cannot be {shown(weight)}")
    # As floats: whole numbers may add up to more than there are, and then add to none.
    if not 0 < sum(float(weight) for _, weight in pairs) < _MOST_WEIGHT:
        raise _refused("at least one weight is above 0, and their sum is finite")
    if len({name for name, _ in pairs}) != len(pairs):
        raise _refused("each revision has one weight")
    return tuple(sorted((name, float(weight)) for name, weight in pairs))


def _refused(what: str) -> InputError:
    right = (
        "give a mapping of names to weights that are finite and not negative, such as {'v1': 0.9, 'v2': 0.1}"
    )
    return InputError(what, where="Split.weights", hint=right)


@attrs.frozen
class Split:
    """Per request, by weight between revisions; evenly between the ready replicas of one revision.

    A revision's share does not go elsewhere when it has no ready replica: those requests fail, as behind the
    weighted backends of a Gateway API route.

    Attributes:
        weights: Name of the revision and its weight, by name. Give a mapping; weights need not add up to one.
    """

    weights: tuple[tuple[str, float], ...] = attrs.field(converter=_weights)

    @property
    def shares(self) -> dict[str, float]:
        """The share of requests that each revision of weight above zero gets; they add up to one."""
        total = sum(weight for _, weight in self.weights)
        return {name: weight / total for name, weight in self.weights if weight > 0}


Choice: TypeAlias = Spread | Split
"""A routing that looks at nothing but the request's own draw."""


def _names(given: Iterable[str]) -> tuple[str, ...]:
    found = listed(given, "Sticky.released", "it takes names of revisions")
    for each in found:
        check_instance(each, str, "Sticky.released", "it takes names of revisions")
    return tuple(sorted(set(found)))


@attrs.frozen(kw_only=True)
class Sticky:
    """A session stays where it was first sent; only new sessions follow `new`.

    The assignment is monotone: another `new` moves no session that is already pinned.

    Attributes:
        to: What a session is pinned to: a revision, or one replica (Kubernetes' ``sessionAffinity: ClientIP``).
        unit: ``"session"`` pins the whole session. ``"page"`` lets each document follow `new` and its assets follow
            the revision (or replica) that served it.
        new: Where unpinned requests go.
        idle_timeout: A session's pin is forgotten when no request came for longer than this; None for never. A page's
            assets follow its document however late they come, so that ``unit="page"`` takes none.
        orphans: A session whose pin is gone is moved to where `new` says, or told to start again: the rest of its
            page is dropped, and it goes on as a new session. It is counted either way.
        released: Revisions whose pins are being let go: documents no longer follow them, and follow `new` instead;
            assets still follow the document of their page. The first phase of a release without a page cut in two;
            the second is to take the replicas away.

    Raises:
        InputError: If a field is of another type, or a page is to have an `idle_timeout`.
    """

    to: Literal["revision", "replica"] = "revision"
    unit: Literal["session", "page"] = "session"
    new: Choice = attrs.field(factory=Spread)
    idle_timeout: Duration | None = None
    orphans: Literal["move", "restart"] = "move"
    released: tuple[str, ...] = attrs.field(default=(), converter=_names)

    def __attrs_pre_init__(self, **given: object) -> None:
        check_fields(type(self), given)

    def __attrs_post_init__(self) -> None:
        """Refuse what nothing would heed."""
        if self.unit == "page" and self.idle_timeout is not None:
            raise InputError(
                "an asset follows its document however late it comes, so that no pin is forgotten",
                where="Sticky.idle_timeout",
                hint="leave it out with unit='page', or pin the session with unit='session'",
            )


Routing: TypeAlias = Spread | Split | Sticky
"""Where requests go: one value, in force until the next."""

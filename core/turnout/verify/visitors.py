"""The sessions of a small world: one that is judged, and others that only count as live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from turnout.routing.algebra import Split, Sticky
from turnout.verify.small import Situation, pins_sessions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from turnout.routing.algebra import Routing

__all__ = ["GONE", "LAST", "Effect", "Visitor", "affected", "destinations", "live", "others_next", "served"]

LAST = 3
"""After that many requests a visitor is gone: a document, an asset of it, another document."""


@attrs.frozen(cache_hash=True)
class Visitor:
    """The session that is judged.

    Attributes:
        done: How many requests it has made.
        age: How long ago the first was, microseconds.
        idle: How long ago the last was, microseconds.
        pin: The revision that holds it; empty for none.
        last: The revision that served it last.
        newest: The newest revision that has served it.
        parted_from_last: Whether a fault has taken `last` since.
        parted_from_newest: Whether a fault has taken `newest` since.
        shaky: Whether a replica of what holds it has gone, which may have been the one that it is pinned to.
        void: Promises that need not be kept any more, since it did not meet a proviso.
    """

    done: int = 0
    age: int = 0
    idle: int = 0
    pin: str = ""
    last: str = ""
    newest: str = ""
    parted_from_last: bool = False
    parted_from_newest: bool = False
    shaky: bool = False
    void: frozenset[str] = frozenset()


GONE = Visitor(done=LAST)


@attrs.frozen(cache_hash=True)
class Effect:
    """What one step of a situation means for sessions.

    Attributes:
        elapsed: How much time it took, microseconds.
        unpinned: Whether the routing pins to something else now, or not at all.
        down: The revisions that take no requests.
        shaken: The revisions of which a replica has gone, while pins are to replicas.
        struck: The revisions that a fault has taken.
        pinned_for: How long pins last now that meet no request, and a second more, microseconds.
    """

    elapsed: int
    unpinned: bool
    down: frozenset[str]
    shaken: frozenset[str]
    struck: frozenset[str]
    pinned_for: int = 0


def affected(visitor: Visitor, effect: Effect, long: int) -> Visitor:
    """Return what a visitor is like after a step that it had no part in.

    Args:
        visitor: The session.
        effect: What the step means for it.
        long: What is longer ago than this is just long ago, microseconds.
    """
    if visitor.done in (0, LAST):
        return visitor
    unpinned = effect.unpinned or visitor.pin in effect.down
    return attrs.evolve(
        visitor,
        age=_aged(visitor.age, effect, long),
        idle=_aged(visitor.idle, effect, long),
        pin="" if unpinned else visitor.pin,
        parted_from_last=visitor.parted_from_last or visitor.last in effect.struck,
        parted_from_newest=visitor.parted_from_newest or visitor.newest in effect.struck,
        shaky=not unpinned and (visitor.shaky or visitor.pin in effect.shaken),
    )


def _aged(age: int, effect: Effect, long: int) -> int:
    """How long ago something is after a step: up to what is just long, or to where a pin is forgotten."""
    after = age + effect.elapsed
    return effect.pinned_for if 0 < effect.pinned_for <= after else min(long, after)


def served(situation: Situation, visitor: Visitor, name: str) -> Visitor:
    """Return what a visitor is like after an answer; `name` is empty if nobody gave one."""
    if visitor.done == LAST - 1:
        return GONE
    if not name:
        return attrs.evolve(visitor, done=visitor.done + 1, idle=0)
    ranks = [each for each, _ in situation.fleet]
    newer = not visitor.newest or ranks.index(name) > ranks.index(visitor.newest)
    routing = situation.state.routing
    return Visitor(
        done=visitor.done + 1,
        age=visitor.age,
        pin=name if isinstance(routing, Sticky) else "",
        last=name,
        newest=name if newer else visitor.newest,
        parted_from_newest=visitor.parted_from_newest and not newer,
        shaky=visitor.pin == name and visitor.shaky,
        void=visitor.void,
    )


def destinations(situation: Situation, visitor: Visitor) -> Iterator[str]:
    """Where the next request of a visitor may go, by revision; empty for nowhere."""
    routing, taking = situation.state.routing, dict(situation.taking)
    document = visitor.done != 1
    if isinstance(routing, Sticky):
        held = visitor.pin if routing.unit == "session" or not document else ""
        released = document and held in routing.released
        forgotten = routing.idle_timeout is not None and visitor.idle > routing.idle_timeout
        if held and not released and not forgotten and taking[held]:
            yield held
            if not (visitor.shaky and routing.to == "replica"):
                return
    yield from _chosen(routing, taking)


def _chosen(routing: Routing | None, taking: dict[str, bool]) -> Iterator[str]:
    choice = routing.new if isinstance(routing, Sticky) else routing
    serving = [name for name, takes in taking.items() if takes]
    if isinstance(choice, Split):
        yield from dict.fromkeys(name if name in serving else "" for name in choice.shares)
    else:
        yield from serving or [""]


def live(visitor: Visitor, others: tuple[str, ...]) -> tuple[str, ...]:
    """Return what live sessions are pinned to, in order."""
    own = (visitor.pin,) if visitor.done < LAST else ()
    return tuple(sorted(pin for pin in (*own, *others) if pin))


def others_next(situation: Situation, others: tuple[str, ...]) -> Iterator[tuple[str, bool, tuple[str, ...]]]:
    """What the other sessions may do, which matters only where they are pinned.

    Each in words, whether it happens in the end, and what they are pinned to then.

    Args:
        situation: Where they are.
        others: What each is pinned to; empty for one that has not begun, or is pinned to nothing any more.
    """
    routing = situation.state.routing
    if not isinstance(routing, Sticky) or not pins_sessions(routing):
        return
    taking = dict(situation.taking)
    for pin in sorted(set(others)):
        rest = list(others)
        rest.remove(pin)
        if pin:
            yield f"another session, on {pin}, is over", True, tuple(rest)
        if not pin or pin in routing.released:
            for name in _chosen(routing, taking):
                if name and name != pin:
                    words = (
                        f"another session moves from {pin} to {name}"
                        if pin
                        else f"another session begins on {name}"
                    )
                    yield words, False, tuple(sorted((*rest, name)))

"""How small an exhausted world is, and what a walk through all its states found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from turnout.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from turnout.strategy import Strategy

__all__ = ["Exhaustion", "Small"]


def _at_least(least: int) -> Callable[[object, attrs.Attribute[int], object], None]:
    def check(_: object, attribute: attrs.Attribute[int], value: object) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise InputError(
                f"it cannot be {value!r}", where=attribute.name, hint=f"write a whole number from {least}"
            )

    return check


@attrs.frozen(kw_only=True)
class Small:
    """How small the world is.

    Attributes:
        replicas: How many are wanted.
        sessions: How many sessions. One, of a document, an asset and a document, is judged; that stands for each of
            them, as no invariant compares two. The others hold the strategy up, where they are pinned.
        faults: How many may happen: a replica crashes or is not ready, or is killed by hand.
        verbs: How many verbs an operator may say; whatever is paused or held is let go on in the end besides.
        delays: How often time may pass that nobody waits for: half of what the strategy waits for or, where it waits
            for nothing, longer than anything may matter.
        states: After how many to give up.
    """

    replicas: int = attrs.field(default=2, validator=_at_least(1))
    sessions: int = attrs.field(default=1, validator=_at_least(0))
    faults: int = attrs.field(default=1, validator=_at_least(0))
    verbs: int = attrs.field(default=1, validator=_at_least(0))
    delays: int = attrs.field(default=0, validator=_at_least(0))
    states: int = attrs.field(default=1_000_000, validator=_at_least(1))

    def __str__(self) -> str:
        parts = [
            (self.replicas, "replica"),
            (self.sessions, "session"),
            (self.faults, "fault"),
            (self.verbs, "verb"),
            (self.delays, "delay"),
        ]
        return ", ".join(f"{number} {word}{'' if number == 1 else 's'}" for number, word in parts)


@attrs.frozen(kw_only=True)
class Exhaustion:
    """What a walk through all states found.

    Attributes:
        strategy: Which strategy.
        small: In which world.
        states: How many states there are.
        steps: How many steps lead from one to another.
        closed: Whether that is all of them.
        open_because: Why it is not, if it is not.
        judged: The promises that it was held to.
        skipped: The promises that were not judged, and why.
        untried: The promises that never had to be kept: in no state were their provisos met.
        broken: By name of the promise that does not hold: how, and the shortest way there.
    """

    strategy: Strategy
    small: Small
    states: int
    steps: int
    closed: bool
    open_because: str
    judged: tuple[str, ...]
    skipped: dict[str, str]
    untried: tuple[str, ...]
    broken: dict[str, tuple[str, ...]]

    @property
    def kept(self) -> bool:
        """Whether every promise that was judged had to be kept, and holds in every state there is."""
        return self.closed and not self.broken and not self.untried

    @property
    def held(self) -> tuple[str, ...]:
        """The promises that had to be kept and hold in every state; none while that is not all states."""
        held = (name for name in self.judged if name not in self.broken and name not in self.untried)
        return tuple(held) if self.closed else ()

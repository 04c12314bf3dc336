"""Where requests go, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnout.routing.algebra import Spread, Sticky

if TYPE_CHECKING:
    from turnout.routing.algebra import Choice, Routing

__all__ = ["routing_words"]


def routing_words(routing: Routing) -> str:
    """Say in words where requests go."""
    if not isinstance(routing, Sticky):
        return f"every request to {_choice(routing)}"
    if routing.unit == "page":
        return f"documents to {_choice(routing.new)}, assets follow their document"
    words = f"new sessions to {_choice(routing.new)}, others stay with their {routing.to}"
    return words + (f", but documents leave {', '.join(routing.released)}" if routing.released else "")


def _choice(choice: Choice) -> str:
    if isinstance(choice, Spread):
        return "any ready replica"
    shares = choice.shares
    if len(shares) == 1:
        return next(iter(shares))
    return ", ".join(f"{name} {share:.0%}" for name, share in shares.items())

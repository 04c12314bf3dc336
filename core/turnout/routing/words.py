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
    return ", ".join(f"{name} {_percent(share)}" for name, share in shares.items())


def _percent(share: float) -> str:
    """A share of some, but not all, in as few digits as do not say none or all."""
    if share < 0.0005:
        return "<0.1%"
    if share >= 0.9995:
        return ">99.9%"
    whole = f"{share:.0%}"
    return f"{share:.1%}" if whole in ("0%", "100%") else whole

"""What a strategy answered to one step of a small world, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnout.routing.words import routing_words

if TYPE_CHECKING:
    from turnout.verify.small import Situation

__all__ = ["answered"]


def answered(before: Situation | None, after: Situation) -> str:
    """Say what the strategy wants otherwise since; nothing if that is nothing.

    Args:
        before: The situation, settled; None for before there was any.
        after: The next one, settled.
    """
    was = {} if before is None else before.state.wanted
    parts = [
        f"{name} {was.get(name, 0)} -> {wanted}"
        for name, wanted in after.state.wanted.items()
        if wanted != was.get(name, 0)
    ]
    words = [f"it wants {', '.join(parts)}"] if parts else []
    routing = after.state.routing
    if routing is not None and (before is None or routing != before.state.routing):
        words.append(f"it sends {routing_words(routing)}")
    if after.state.rollout.paused and not (before is not None and before.state.rollout.paused):
        words.append("it is paused")
    return "; ".join(words)

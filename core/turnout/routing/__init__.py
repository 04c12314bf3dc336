"""Routing as data, and the plain per-request reference that defines what it means."""

from turnout.routing.algebra import Choice, Routing, Split, Spread, Sticky

__all__ = ["Choice", "Routing", "Split", "Spread", "Sticky"]

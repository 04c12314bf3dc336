"""The invariants that come with turnout."""

from turnout.invariants.builtin import INVARIANTS

__all__ = ["INVARIANTS"]

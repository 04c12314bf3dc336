"""Invariants: statements about a rollout that must hold."""

from turnout.invariants.builtin import INVARIANTS
from turnout.invariants.model import WELL_BEHAVED, Invariant, Violation

__all__ = ["INVARIANTS", "WELL_BEHAVED", "Invariant", "Violation"]

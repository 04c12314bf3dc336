"""What an invariant is: a statement about a rollout that must hold, and how one breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import attrs

from turnout.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from turnout.trace import Trace

__all__ = ["WELL_BEHAVED", "Invariant", "Violation"]


def _always(_: Trace) -> bool:
    """Whatever happens puts the statement to the test."""
    return True


@attrs.frozen(kw_only=True)
class Violation:
    """How an invariant broke.

    Attributes:
        time: When, microseconds from the rollout's start.
        text: What happened, in a sentence.
    """

    time: int
    text: str

    def __str__(self) -> str:
        return f"at {format_duration(self.time)}: {self.text}"


@attrs.frozen(kw_only=True)
class Invariant:
    """A statement about a rollout.

    Attributes:
        name: What users call it.
        statement: The statement, as a sentence.
        kind: ``"safety"``: something never happens; ``"liveness"``: something happens in the end.
        check: Finds the first violation in a trace; None if the statement holds.
        exercised: Whether a trace puts the statement to the test at all; verification counts no others.
        stepwise: Whether `check` judges a rollout as well one step at a time: if, of safety, it compares no more than
            two neighbouring moments, or an answer with what its session last and newest saw; if, of liveness, it looks
            at the end; and if it holds no answer against numbers of replicas. Exhaustion, which merges ways that lead
            to the same state, checks no other ones.
    """

    name: str
    statement: str
    kind: Literal["safety", "liveness"] = "safety"
    check: Callable[[Trace], Violation | None]
    exercised: Callable[[Trace], bool] = _always
    stepwise: bool = False


def _nothing(_: Trace) -> None:
    """A run in which a strategy is not well-behaved has no trace."""


WELL_BEHAVED = Invariant(
    name="well-behaved",
    statement="It answers whatever it is shown with a plan that can be carried out, in time, the same when asked "
    "twice, takes nothing back at the moment at which it asked for it, and leaves the observation alone.",
    check=_nothing,
)
"""What every strategy promises, without saying so."""

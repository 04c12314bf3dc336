"""What a verification found, as data: whether each invariant holds, and the stories of those that do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import attrs

if TYPE_CHECKING:
    from turnout.strategy import Strategy
    from turnout.verify.story import Story

__all__ = ["Report", "Status", "Verdict"]

Status = Literal[
    "holds",
    "broken",
    "untried",
    "waived",
    "cannot be checked",
    "not promised, broken",
    "not promised, unbroken",
    "not promised, untried",
]


@attrs.frozen(kw_only=True)
class Verdict:
    """One invariant of one strategy.

    Attributes:
        invariant: The name of the invariant.
        promised: Whether the strategy promises it, for some parameters at least.
        examples: How many runs put it to the test; of a promise, in how many of them it had to be kept.
        weathers: The kinds of weather in which that was so, and it held.
        broken_in: The kinds of weather in which it broke.
        story: The shortest story in which it broke; None if it did not.
        found_after: After how many runs it broke first; None if it did not.
        check_fails: Whether its story is not one of the strategy, but one in which the invariant's own check failed.
        waived: Why it need not hold; None if it has to.
    """

    invariant: str
    promised: bool
    examples: int = 0
    weathers: tuple[str, ...] = ()
    broken_in: tuple[str, ...] = ()
    story: Story | None = None
    found_after: int | None = None
    check_fails: bool = False
    waived: str | None = None

    @property
    def status(self) -> Status:
        """What there is to say, in a few words."""
        if self.waived is not None:
            return "waived"
        if self.check_fails:
            return "cannot be checked"
        if not self.promised and self.broken_in:
            return "not promised, broken"
        if not self.promised:
            return "not promised, unbroken" if self.examples else "not promised, untried"
        if self.broken_in:
            return "broken"
        return "holds" if self.examples else "untried"


@attrs.frozen(kw_only=True)
class Report:
    """One strategy.

    Attributes:
        strategy: Its class.
        verdicts: One for each invariant.
        runs: How many rollouts were simulated, shrinking aside.
        examples: How many of them in each kind of weather.
        seed: Decides which.
    """

    strategy: type[Strategy]
    verdicts: tuple[Verdict, ...]
    runs: int
    examples: int
    seed: int

    @property
    def kept(self) -> bool:
        """Whether every promise was put to the test and none is broken, and every invariant could be checked."""
        return not any(each.status in ("broken", "untried", "cannot be checked") for each in self.verdicts)

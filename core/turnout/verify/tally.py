"""What is known so far of one invariant, while worlds are tried one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from turnout.verify.result import Verdict
from turnout.verify.story import Story

if TYPE_CHECKING:
    from turnout.invariant import Violation
    from turnout.strategy import Strategy
    from turnout.verify.judging import Judged
    from turnout.verify.world import World

__all__ = ["Tally"]


@attrs.define
class Tally:
    """One invariant of one strategy.

    Attributes:
        invariant: Its name.
        promised: Whether it is promised.
        examples: How many runs put it to the test.
        survived: The kinds of weather in which there was one.
        broken_in: The kinds of weather in which it broke.
        found: Where it broke first.
        found_after: After how many runs.
        fails: Whether it was its check that failed.
        late: Whether something was not answered in time.
        whole: A story that is not shrunk: the strategy has not forgotten what came before, or does not answer in time.
    """

    invariant: str
    promised: bool
    examples: int = 0
    survived: dict[str, None] = attrs.field(factory=dict)
    broken_in: dict[str, None] = attrs.field(factory=dict)
    found: tuple[World, Strategy, Violation] | None = None
    found_after: int | None = None
    fails: bool = False
    late: bool = False
    whole: Story | None = None

    @property
    def broken(self) -> bool:
        """Whether it broke."""
        return self.found_after is not None

    def keep(self, kind: str, story: Story, runs: int) -> None:
        """Write down a story that is not shrunk."""
        self.broken_in.setdefault(kind)
        self.whole, self.found_after = story, runs

    def note(self, kind: str, world: World, strategy: Strategy, judged: Judged, runs: int) -> None:
        """Write one run down, if it says anything about this invariant."""
        violation = judged.broken.get(self.invariant)
        if judged.trace is None and violation is None:
            return  # it did not come to that
        if self.promised and self.invariant not in judged.bound:
            return
        if violation is None and self.invariant not in judged.exercised:
            return
        self.examples += 1
        self.survived.setdefault(kind)
        if violation is not None:
            self.broken_in.setdefault(kind)
            if self.invariant in judged.late:
                self.late = True
                self.fails = self.invariant in judged.failing
                story = Story(strategy=strategy, world=world, invariant=self.invariant, violation=violation)
                self.keep(kind, story, runs)
            elif self.found is None:
                self.found, self.found_after = (world, strategy, violation), runs
                self.fails = self.invariant in judged.failing

    def add(self, other: Tally, runs: int) -> None:
        """Take in what became of it in more runs, after this many."""
        self.examples += other.examples
        self.survived |= other.survived
        self.broken_in |= other.broken_in
        self.late |= other.late
        if other.found_after is not None and self.found is None and (self.whole is None or other.found):
            self.found, self.whole, self.fails = other.found, other.whole, other.fails
            self.found_after = runs + other.found_after

    def verdict(self, story: Story | None, waived: str | None) -> Verdict:
        """What there is to say."""
        return Verdict(
            invariant=self.invariant,
            promised=self.promised,
            examples=self.examples,
            weathers=tuple(kind for kind in self.survived if kind not in self.broken_in),
            broken_in=tuple(self.broken_in),
            story=story,
            found_after=self.found_after,
            check_fails=self.fails,
            waived=waived,
        )

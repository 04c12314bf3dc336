"""The hunt: generated worlds and parameters, and every invariant checked in each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

from turnout.errors import InputError, nearest
from turnout.invariant import WELL_BEHAVED
from turnout.parameters import describe
from turnout.verify.generators import WEATHERS, strategies, worlds
from turnout.verify.generators.parameters import some
from turnout.verify.judging import judge, judge_again
from turnout.verify.result import Report
from turnout.verify.shortest import cost
from turnout.verify.story import Story
from turnout.verify.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from hypothesis import strategies as st

    from turnout.invariant import Invariant
    from turnout.strategy import Strategy
    from turnout.verify.judging import Judged
    from turnout.verify.world import World

__all__ = ["Hunt", "Search", "check_names", "promised_of"]

_ENOUGH = 5_000
"""After how many decisions in runs in which it misbehaves a kind of weather is left at that."""


@attrs.frozen(kw_only=True)
class Search:
    """Where to look for a breach, and for how long.

    Attributes:
        examples: How many worlds of each kind of weather.
        seed: Decides which.
        weathers: Which kinds of weather.
        only: The names of the invariants to check; None for all of them.
        first: Whether to stop as soon as everything that is checked is broken.
        stories: Whether to shrink and tell what is broken.
    """

    examples: int = 50
    seed: int = 0
    weathers: tuple[str, ...] = WEATHERS
    only: Collection[str] | None = None
    first: bool = False
    stories: bool = True


@attrs.frozen
class Hunt:
    """One strategy that is tried."""

    cls: type[Strategy]
    fixed: Mapping[str, object]
    checked: tuple[Invariant, ...]
    promised: frozenset[str]
    search: Search

    def among(self, kind: str, known: Collection[str] = ()) -> tuple[int, dict[str, Tally]]:
        """Try worlds of one kind of weather, and return how many, and a tally of each invariant.

        Args:
            kind: The weather.
            known: The names of the invariants that are known to break: if all do, `Search.first` ends this.
        """
        tallies = {each.name: Tally(each.name, each.name in self.promised) for each in self.checked}
        runs = in_vain = 0
        begun: list[tuple[World, Strategy, Judged]] = []

        def tried(world: World, strategy: Strategy) -> None:
            nonlocal runs, in_vain
            if in_vain >= _ENOUGH:
                return
            if self.search.first and all(each.broken or name in known for name, each in tallies.items()):
                return
            runs += 1
            judged = judge(world, strategy, self.checked)
            in_vain += cost(judged) if judged.trace is None else 0
            in_vain += _ENOUGH if judged.late else 0
            if not begun:
                begun.append((world, strategy, judged))
            for each in tallies.values():
                each.note(kind, world, strategy, judged, runs)

        _generate(worlds(kind), strategies(self.cls, self.fixed), tried, self.search)
        behaved = tallies.get(WELL_BEHAVED.name)
        for world, strategy, judged in begun if behaved is not None and not behaved.broken else ():
            violation = judge_again(world, strategy, judged).broken.get(WELL_BEHAVED.name)
            if violation is not None and behaved is not None:
                story = Story(
                    strategy=strategy, world=world, invariant=WELL_BEHAVED.name, violation=violation
                )
                behaved.keep(kind, story, runs)
        return runs, tallies

    def joined(self, found: Iterable[tuple[int, dict[str, Tally]]]) -> tuple[int, dict[str, Tally]]:
        """What was found in several kinds of weather, as if it were one."""
        tallies = {each.name: Tally(each.name, each.name in self.promised) for each in self.checked}
        before = 0
        for runs, those in found:
            for name, each in those.items():
                tallies[name].add(each, before)
            before += runs
        return before, tallies

    def one_by_one(self, progress: Callable[[str], None]) -> list[tuple[int, dict[str, Tally]]]:
        """Try one kind of weather after the other, until everything is broken."""
        found, known = [], set[str]()
        for kind in self.search.weathers:
            progress(f"{self.cls.name}: {kind}")
            found.append(self.among(kind, known))
            known |= {name for name, each in found[-1][1].items() if each.broken}
            if known == {each.name for each in self.checked}:
                break
        return found

    def report(self, runs: int, tallies: Mapping[str, Tally], stories: Mapping[str, Story]) -> Report:
        """What there is to say in the end."""
        waivers = self.cls.waivers
        return Report(
            strategy=self.cls,
            verdicts=tuple(
                each.verdict(stories.get(name, each.whole), waivers.get(name))
                for name, each in tallies.items()
            ),
            runs=runs,
            examples=self.search.examples,
            seed=self.search.seed,
        )


def promised_of(cls: type[Strategy], fixed: Mapping[str, object]) -> Iterator[str]:
    """Return the invariants that are promised for some parameters, among which are those that are fixed."""
    given = some(cls, fixed)
    of = {each.field for each in describe(cls) if each.name in fixed}
    for promise in cls.promises:
        if all(field not in of or getattr(given, field) in values for field, values in promise.only_if):
            yield promise.invariant


def _generate(
    worlds: st.SearchStrategy[World],
    varied: st.SearchStrategy[Strategy],
    tried: Callable[[World, Strategy], None],
    search: Search,
) -> None:
    @seeded(search.seed)
    @settings(
        max_examples=search.examples,
        database=None,
        deadline=None,
        derandomize=False,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(world=worlds, strategy=varied)
    def every(world: World, strategy: Strategy) -> None:
        tried(world, strategy)

    every()


def check_names(cls: type[Strategy], known: Collection[str]) -> None:
    """Refuse promises and waivers of invariants that nobody provides, or nobody may waive.

    Raises:
        InputError: If there is one.
    """
    promised = [each.invariant for each in cls.promises]
    for word, names in (("promises", promised), ("waives", list(cls.waivers))):
        for name in names:
            if name not in known and name != WELL_BEHAVED.name:
                raise InputError(
                    f"it {word} {name!r}, which is no invariant",
                    where=f"strategy {cls.name}",
                    hint=nearest(name, known),
                )
    if WELL_BEHAVED.name in cls.waivers:
        raise InputError(
            f"it waives {WELL_BEHAVED.name!r}, which every strategy has to be",
            where=f"strategy {cls.name}",
            hint="waive nothing but invariants that it promises",
        )

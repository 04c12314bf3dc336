"""The hunt: generated worlds and parameters, every invariant checked in each, and the first breach of each shrunk."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import attrs
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

from turnout.errors import InputError, nearest
from turnout.parameters import describe
from turnout.verify.generators import WEATHERS, strategies, worlds
from turnout.verify.generators.parameters import some
from turnout.verify.guard import LATE
from turnout.verify.judging import WELL_BEHAVED, judge, judge_again
from turnout.verify.result import Report, Verdict
from turnout.verify.shrink import shrunk
from turnout.verify.story import Story

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from hypothesis import strategies as st

    from turnout.invariants import Invariant, Violation
    from turnout.strategy import Strategy
    from turnout.verify.judging import Judged
    from turnout.verify.world import World

__all__ = ["Search", "check_names", "verify"]

_BUDGET = 150_000
"""How many decisions shrinking one story may take; a run takes fifty or a hundred, as a rule."""

_LATE_COSTS = 20_000


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


@attrs.define
class _Tally:
    """What is known so far of one invariant."""

    invariant: Invariant
    promised: bool
    examples: int = 0
    survived: dict[str, None] = attrs.field(factory=dict)
    broken_in: dict[str, None] = attrs.field(factory=dict)
    found: tuple[World, Strategy, Violation] | None = None
    found_after: int | None = None
    fails: bool = False
    whole: Story | None = None

    def remembers(self, kind: str, story: Story, runs: int) -> None:
        """Write down that the strategy has not forgotten what came before: a story that cannot be shrunk for that."""
        self.broken_in.setdefault(kind)
        if self.whole is None:
            self.whole, self.found_after = story, runs

    def note(self, kind: str, world: World, strategy: Strategy, judged: Judged, runs: int) -> None:
        """Write one run down, if it says anything about this invariant."""
        name = self.invariant.name
        violation = judged.broken.get(name)
        if judged.trace is None and violation is None:
            return  # it did not come to that
        if self.promised and name not in judged.bound:
            return
        if violation is None and name not in judged.exercised:
            return
        self.examples += 1
        self.survived.setdefault(kind)
        if violation is not None:
            self.broken_in.setdefault(kind)
            if self.found is None:
                self.found, self.found_after = (world, strategy, violation), runs
                self.fails = name in judged.failing

    def verdict(self, story: Story | None, waived: str | None) -> Verdict:
        """What there is to say."""
        return Verdict(
            invariant=self.invariant.name,
            promised=self.promised,
            examples=self.examples,
            weathers=tuple(kind for kind in self.survived if kind not in self.broken_in),
            broken_in=tuple(self.broken_in),
            story=story,
            found_after=self.found_after,
            check_fails=self.fails,
            waived=waived,
        )


def verify(
    cls: type[Strategy],
    invariants: Iterable[Invariant],
    search: Search = Search(),  # frozen
    *,
    fixed: Mapping[str, object] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Report:
    """Try a strategy in generated worlds, with generated parameters, and say which invariants hold.

    Args:
        cls: The strategy's class.
        invariants: What to check; besides, it has to be well-behaved.
        search: Where to look, and for how long.
        fixed: Parameters that are not to vary.
        progress: Is told what is being done.

    Raises:
        InputError: If the strategy promises or waives an invariant that does not exist, or waives well-behaved.
    """
    known = {WELL_BEHAVED.name: WELL_BEHAVED, **{each.name: each for each in invariants}}
    check_names(cls, known)
    promised = {WELL_BEHAVED.name, *_promised(cls, fixed or {})}
    tallies = [
        _Tally(each, name in promised)
        for name, each in known.items()
        if search.only is None or name in search.only
    ]
    checked = [each.invariant for each in tallies]
    runs = 0
    firsts: list[tuple[str, World, Strategy, Judged]] = []

    def tried(kind: str, world: World, strategy: Strategy) -> None:
        nonlocal runs
        if search.first and all(each.found is not None for each in tallies):
            return
        runs += 1
        judged = judge(world, strategy, checked)
        if kind not in (each[0] for each in firsts):
            firsts.append((kind, world, strategy, judged))
        for each in tallies:
            each.note(kind, world, strategy, judged, runs)

    varied = strategies(cls, fixed)
    for kind in search.weathers:
        progress(f"{cls.name}: {kind}")
        _generate(worlds(kind), varied, partial(tried, kind), search)
    by_itself = next(
        (each for each in tallies if each.invariant is WELL_BEHAVED and each.found is None), None
    )
    for kind, world, strategy, judged in firsts if by_itself is not None else ():
        violation = judge_again(world, strategy, judged).broken.get(WELL_BEHAVED.name)
        if violation is not None and by_itself is not None:
            by_itself.remembers(kind, _story(strategy, world, WELL_BEHAVED, violation), runs)
    verdicts = []
    for each in tallies:
        story = each.whole
        if story is None and each.found is not None and search.stories:
            progress(f"{cls.name}: shrinking a story that breaks {each.invariant.name}")
            story = _told(each.found, each.invariant, fixed or {}, must_bind=each.promised)
        verdicts.append(each.verdict(story, cls.waivers.get(each.invariant.name)))
    return Report(
        strategy=cls, verdicts=tuple(verdicts), runs=runs, examples=search.examples, seed=search.seed
    )


def _promised(cls: type[Strategy], fixed: Mapping[str, object]) -> Iterator[str]:
    """The invariants that are promised for some parameters, among which are those that are fixed."""
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


def _told(
    found: tuple[World, Strategy, Violation], invariant: Invariant, fixed: Collection[str], *, must_bind: bool
) -> Story:
    world, strategy, violation = found
    spent = 0

    def breach(world: World, strategy: Strategy) -> Violation | None:
        nonlocal spent
        judged = judge(world, strategy, [invariant])
        late = judged.trace is None and LATE in judged.broken[WELL_BEHAVED.name].text
        spent += _LATE_COSTS if late else len(judged.decisions) + 20
        return judged.broken.get(invariant.name) if invariant.name in judged.bound or not must_bind else None

    world, strategy = shrunk(
        world, strategy, lambda *candidate: breach(*candidate) is not None, lambda: spent < _BUDGET, fixed
    )
    return _story(strategy, world, invariant, breach(world, strategy) or violation)


def _story(strategy: Strategy, world: World, invariant: Invariant, violation: Violation) -> Story:
    return Story(strategy=strategy, world=world, invariant=invariant.name, violation=violation)


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

"""Verification of one strategy or several: what was found in every kind of weather, put together and told."""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from turnout.invariant import WELL_BEHAVED
from turnout.jobs.pieces import side_by_side
from turnout.jobs.processes import check_workers
from turnout.verify.hunt import Hunt, Search, check_names, promised_of
from turnout.verify.shortest import told_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from turnout.invariant import Invariant
    from turnout.strategy import Strategy
    from turnout.verify.result import Report
    from turnout.verify.story import Story
    from turnout.verify.tally import Tally

__all__ = ["verify", "verify_all"]

_DEFAULT = Search()

_SHRINKING = 1_000
"""About so many rollouts it takes to shrink one story."""


def verify(
    cls: type[Strategy],
    invariants: Iterable[Invariant],
    search: Search = _DEFAULT,
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
    (report,) = verify_all([(cls, fixed or {})], invariants, search, progress=progress)
    return report


def verify_all(
    asked: Iterable[tuple[type[Strategy], Mapping[str, object]]],
    invariants: Iterable[Invariant],
    search: Search = _DEFAULT,
    *,
    workers: int | None = 1,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Report]:
    """Try several strategies, each as `verify` tries one.

    Args:
        asked: The strategies' classes, each with the parameters that are not to vary.
        invariants: What to check; besides, each has to be well-behaved.
        search: Where to look, and for how long.
        workers: With how many processes to work; 1 for this one alone, as always if it is to stop at the first that
            is broken; None for as many as pay for themselves.
        progress: Is told what is being done.

    Raises:
        InputError: If a strategy promises or waives an invariant that does not exist, or waives well-behaved; if
            something cannot leave this process.
        TurnoutError: If a process is killed.
    """
    check_workers(workers)
    known = {WELL_BEHAVED.name: WELL_BEHAVED, **{each.name: each for each in invariants}}
    checked = tuple(each for name, each in known.items() if search.only is None or name in search.only)
    hunts = []
    for cls, fixed in asked:
        check_names(cls, known)
        promised = frozenset({WELL_BEHAVED.name, *promised_of(cls, fixed)})
        hunts.append(Hunt(cls, fixed, checked, promised, search))
    if search.first:
        found = [hunt.one_by_one(progress) for hunt in hunts]
    else:
        found = _in_every_weather(hunts, search, workers, progress)
    joined = [hunt.joined(those) for hunt, those in zip(hunts, found, strict=True)]
    told = (
        _stories(hunts, [tallies for _, tallies in joined], known, workers, progress)
        if search.stories
        else {}
    )
    return [
        hunt.report(*one, {name: story for (at, name), story in told.items() if at == place})
        for place, (hunt, one) in enumerate(zip(hunts, joined, strict=True))
    ]


def _in_every_weather(
    hunts: Sequence[Hunt], search: Search, workers: int | None, progress: Callable[[str], None]
) -> list[list[tuple[int, dict[str, Tally]]]]:
    """What each hunt finds in each kind of weather; in the first one only, if something does not answer in time."""
    rollouts = len(hunts) * len(search.weathers) * search.examples

    def among(hunts: Sequence[Hunt], kinds: Sequence[str]) -> Iterator[tuple[int, dict[str, Tally]]]:
        pieces = [(f"{hunt.cls.name}: {kind}", partial(hunt.among, kind)) for hunt in hunts for kind in kinds]
        return iter(side_by_side(pieces, workers=workers, simulations=rollouts, progress=progress))

    first, others = search.weathers[:1], search.weathers[1:]
    found = [[one] for one in among(hunts, first)]
    going_on = [not any(tally.late for tally in tallies.values()) for ((_, tallies),) in found]
    more = among([hunt for hunt, on in zip(hunts, going_on, strict=True) if on], others)
    for those, on in zip(found, going_on, strict=True):
        those.extend(islice(more, len(others) if on else 0))
    return found


def _stories(
    hunts: Sequence[Hunt],
    tallies: Iterable[Mapping[str, Tally]],
    known: Mapping[str, Invariant],
    workers: int | None,
    progress: Callable[[str], None],
) -> dict[tuple[int, str], Story]:
    """The shortest story of everything that breaks, by the place of the strategy and the name of the invariant."""
    broken = [
        (place, name, tally.found)
        for place, those in enumerate(tallies)
        for name, tally in those.items()
        if tally.found is not None and (tally.promised or not _misbehaves(those))
    ]
    pieces = [
        (
            f"{hunts[place].cls.name}: shrinking a story that breaks {name}",
            partial(told_of, where, known[name], hunts[place].fixed, promised=name in hunts[place].promised),
        )
        for place, name, where in broken
    ]
    rollouts = len(pieces) * _SHRINKING
    stories = side_by_side(pieces, workers=workers, simulations=rollouts, progress=progress)
    return {(place, name): story for (place, name, _), story in zip(broken, stories, strict=True)}


def _misbehaves(tallies: Mapping[str, Tally]) -> bool:
    """Whether a strategy breaks the rules of strategies: what it does not promise is then not worth a story."""
    behaved = tallies.get(WELL_BEHAVED.name)
    return behaved is not None and behaved.broken

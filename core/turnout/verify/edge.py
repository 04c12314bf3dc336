"""One step of a small world as a short trace, with what came before it that matters, so that invariants judge it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from turnout.history import Deed, Happening, History, Moment, Numbers
from turnout.routing.algebra import Spread
from turnout.routing.plain import Cause
from turnout.routing.timeline import FOREVER, Slot, Timeline
from turnout.simulator.operator import is_complete
from turnout.trace import Answer, Trace
from turnout.verify.small import LONG
from turnout.verify.visitors import LAST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from turnout.strategy import Strategy
    from turnout.verify.moves import Move
    from turnout.verify.small import Situation
    from turnout.verify.visitors import Visitor

__all__ = ["end_trace", "step_trace", "visit_trace"]

_EARLIER = 4 * LONG
_WORKS = frozenset(pair for one in (("old", "bridge"), ("new", "bridge")) for pair in (one, (one[1], one[0])))


def step_trace(
    strategy: Strategy, before: Situation, after: Situation, move: Move, taken: Mapping[str, int]
) -> Trace:
    """Return one step that is no request as a trace.

    Args:
        strategy: Whose step.
        before: The situation, settled.
        after: The next one, settled.
        move: What happened.
        taken: How many available replicas of each revision the controller has told to stop.
    """
    time = after.now
    happenings = [
        Happening(at, what, name, 100 * rank + number)
        for at, what in ((time - 2, "available"), (time, "terminating"))
        for rank, (name, count) in enumerate(taken.items())
        for number in range(count)
    ]
    deeds = [Deed(time=time, verb=move.verb.split()[0], answer="")] if move.verb else []
    moments = [_moment(before, time - 1), _moment(after, time)]
    return _trace(strategy, after, moments, happenings, deeds)


def visit_trace(strategy: Strategy, situation: Situation, visitor: Visitor, name: str) -> Trace:
    """Return one request as a trace, after what its session has seen that it has to be held against.

    Args:
        strategy: Which strategy it is.
        situation: Where it is made.
        visitor: Who makes it, before.
        name: The revision that answers; empty for none.
    """
    now, asset = situation.now, visitor.done == 1
    first, latest = now - visitor.age - 6, now - visitor.idle - 3
    seen: list[tuple[int, int, str]] = []
    losses: list[tuple[int, str]] = []
    if visitor.done:
        seen.append((first, 0, visitor.newest))
        if visitor.parted_from_newest:
            losses.append((first + 1, visitor.newest))
    if visitor.done == LAST - 1:
        seen.append((latest, 1, visitor.last))
    if visitor.done and visitor.parted_from_last:
        losses.append((latest + 1, visitor.last))
    ranks = {each: rank for rank, (each, _) in enumerate(situation.fleet)}
    answers = [
        *(_answer(time, page, each, ranks, Cause.TERMINATED) for time, page, each in seen),
        _answer(now, visitor.done - (1 if asset else 0), name, ranks, Cause.NO_ENDPOINT, document=not asset),
    ]
    # What is down now was lost one revision after the other, before what is listed now.
    known = {each for _, each in losses}
    losses += [(latest + 2, each) for each in sorted(situation.struck - known)]
    return _trace(strategy, situation, [_moment(situation, now)], [], [], answers, losses)


def end_trace(strategy: Strategy, situation: Situation) -> Trace:
    """Return a situation in which nothing moves any more as a trace."""
    return _trace(strategy, situation, [_moment(situation, situation.now)], [], [])


def _answer(
    time: int, page: int, name: str, ranks: dict[str, int], otherwise: Cause, *, document: bool = True
) -> Answer:
    return Answer(
        time=time,
        session=0,
        page=page,
        document=document,
        revision=name or None,
        rank=ranks[name] if name else -1,
        cause=Cause.SERVED if name else otherwise,
        life=0,
    )


def _moment(situation: Situation, time: int) -> Moment:
    wanted = situation.state.wanted
    numbers = {}
    for name, counts in situation.fleet:
        ready = counts.ready + counts.listed
        numbers[name] = Numbers(wanted.get(name, 0), counts.starting + ready, ready, ready, counts.leaving)
    return Moment(
        time=time,
        rollout=situation.state.rollout,
        numbers=numbers,
        routing=situation.state.routing or Spread(),
    )


def _earlier(situation: Situation, first: Moment, lost: set[str]) -> list[Moment]:
    """Every wish before, long ago, and last a moment at which the rollout was sent back, if it was.

    What was lost to a fault was wanted.
    """
    numbers = {
        name: attrs.evolve(each, wanted=max(1, each.wanted)) if name in lost else each
        for name, each in first.numbers.items()
    }
    before = attrs.evolve(situation.wishes[0], target=situation.fleet[0][0])
    since = first.time - _EARLIER
    return [
        attrs.evolve(first, time=since, rollout=before, numbers=_in_use(situation, numbers)),
        *(
            attrs.evolve(first, time=since + place, rollout=wish, numbers=numbers)
            for place, wish in enumerate(situation.wishes, 1)
        ),
    ]


def _in_use(situation: Situation, numbers: dict[str, Numbers]) -> dict[str, Numbers]:
    """Of the numbers, those of revisions that requests have been sent to; the first has what the others want, too."""
    oldest = situation.fleet[0][0]
    found = {name: each for name, each in numbers.items() if name in situation.used or name == oldest}
    others = sum(each.wanted for name, each in numbers.items() if name not in found)
    return {**found, oldest: attrs.evolve(found[oldest], wanted=found[oldest].wanted + others)}


def _trace(  # the parts of a trace
    strategy: Strategy,
    situation: Situation,
    moments: list[Moment],
    happenings: list[Happening],
    deeds: list[Deed],
    answers: list[Answer] | None = None,
    losses: list[tuple[int, str]] | None = None,
) -> Trace:
    losses = losses or []
    moments = [*_earlier(situation, moments[0], {name for _, name in losses}), *moments]
    if situation.back:
        deeds.insert(0, Deed(time=moments[1].time, verb="undo", answer=""))
    ranks = {name: rank for rank, (name, _) in enumerate(situation.fleet)}
    slots = [
        Slot(replica=100 * rank + number, revision=rank, listed=situation.now)
        for rank, (_, counts) in enumerate(situation.fleet)
        for number in range(counts.listed + counts.leaving)
    ]
    for place, (time, name) in enumerate(losses, 1):
        slots.append(Slot(replica=-place, revision=ranks[name], listed=time - 1, unlisted=time))
        happenings.append(Happening(time, "crashed", name, -place))
    if situation.failed and not losses:
        happenings.append(Happening(moments[0].time, "crashed", situation.fleet[0][0], -1))
    timeline = Timeline(
        revisions=tuple(ranks),
        slots=tuple(slots),
        routings=((-FOREVER, situation.state.routing or Spread()),),
        error_share=(0.0,) * len(ranks),
        end=situation.now,
    )
    history = History(
        strategy=strategy.name,
        target=situation.state.rollout.target,
        bounds=strategy.bounds(situation.state.rollout.replicas),
        moments=tuple(moments),
        happenings=tuple(sorted(happenings, key=lambda each: each.time)),
        deeds=tuple(deeds),
        timeline=timeline,
        completed=situation.now if is_complete(situation.state) else None,
        end=situation.now,
        seed=0,
    )
    return Trace(
        history=history,
        strategy=strategy,
        answers=tuple(answers or ()),
        works=_WORKS,
    )

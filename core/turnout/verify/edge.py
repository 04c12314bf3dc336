"""One step of a small world as a trace of two moments, so that the same invariants judge it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from turnout.history import Deed, Happening, History, Moment, Numbers
from turnout.routing.algebra import Spread
from turnout.routing.plain import Cause
from turnout.routing.timeline import FOREVER, Slot, Timeline
from turnout.simulator.operator import is_complete
from turnout.trace import Answer, Trace

if TYPE_CHECKING:
    from turnout.strategy import Strategy
    from turnout.verify.small import SmallWorld, Visitor

__all__ = ["Edge", "edge_trace", "final_trace"]


@attrs.frozen(kw_only=True)
class Edge:
    """What happened in one step.

    Attributes:
        verb: What the operator said.
        taken: How many available replicas of each revision were told to stop.
        visitor: Who asked for something, as it was before.
        answer: The revision that answered; empty for none, None if nobody asked.
    """

    verb: str | None = None
    taken: dict[str, int] = attrs.field(factory=dict)
    visitor: Visitor | None = None
    answer: str | None = None


def edge_trace(strategy: Strategy, before: SmallWorld, after: SmallWorld, edge: Edge) -> Trace:
    """Return one step as a trace."""
    time = after.now
    happenings = [
        Happening(at, what, name, 100 * rank + number)
        for rank, (name, count) in enumerate(edge.taken.items())
        for number in range(count)
        for at, what in ((-1, "available"), (time, "terminating"))
    ]
    deeds = (Deed(time=time, verb=edge.verb.split()[0], answer=""),) if edge.verb else ()
    history = _history(
        strategy, (_moment(before, time - 1), _moment(after, time)), after, tuple(happenings), deeds
    )
    return Trace(history=history, strategy=strategy, answers=_answers(after, edge), works=_works())


def final_trace(strategy: Strategy, world: SmallWorld) -> Trace:
    """Return a state in which nothing moves any more as a trace."""
    deeds = (Deed(time=world.now, verb="undo", answer=""),) if world.back else ()
    return Trace(
        history=_history(strategy, (_moment(world, world.now),), world, (), deeds),
        strategy=strategy,
        works=_works(),
    )


def _works() -> frozenset[tuple[str, str]]:
    pairs = (("old", "bridge"), ("new", "bridge"))
    return frozenset(pair for one in pairs for pair in (one, one[::-1]))


def _moment(world: SmallWorld, time: int) -> Moment:
    wanted = world.state.wanted
    numbers = {
        name: Numbers(
            wanted.get(name, 0),
            counts.starting + counts.ready + counts.listed,
            counts.ready + counts.listed,
            counts.ready + counts.listed,
            counts.leaving,
        )
        for name, counts in world.fleet
    }
    return Moment(
        time=time, rollout=world.state.rollout, numbers=numbers, routing=world.state.routing or Spread()
    )


def _history(
    strategy: Strategy,
    moments: tuple[Moment, ...],
    world: SmallWorld,
    happenings: tuple[Happening, ...],
    deeds: tuple[Deed, ...],
) -> History:
    names = tuple(name for name, _ in world.fleet)
    slots = tuple(
        Slot(replica=100 * rank + number, revision=rank, listed=world.now)
        for rank, (_, counts) in enumerate(world.fleet)
        for number in range(counts.listed + counts.leaving)
    )
    struck = tuple(
        Slot(replica=-1 - rank, revision=rank, listed=lost - 1, unlisted=lost)
        for rank, name in enumerate(names)
        if name in world.struck
        for lost in (world.now - 1 - 2 * rank,)  # one at a time, and before what is listed now
    )
    faults = tuple(Happening(each.unlisted, "crashed", names[each.revision], each.replica) for each in struck)
    timeline = Timeline(
        revisions=names,
        slots=(*slots, *struck),
        routings=((-FOREVER, world.state.routing or Spread()),),
        error_share=(0.0,) * len(names),
        end=world.now,
    )
    return History(
        strategy=strategy.name,
        target=world.state.rollout.target,
        bounds=strategy.bounds(world.state.rollout.replicas),
        moments=moments,
        happenings=(*faults, *happenings),
        deeds=deeds,
        timeline=timeline,
        completed=world.now if is_complete(world.state) else None,
        end=world.now,
        seed=0,
    )


def _answers(world: SmallWorld, edge: Edge) -> tuple[Answer, ...]:
    """The answer, and before it what the visitor has seen that it has to be held against."""
    visitor, name = edge.visitor, edge.answer
    if visitor is None or name is None:
        return ()
    asset = visitor.done == 1
    page = 1 if visitor.done > 1 else 0
    names = [each for each, _ in world.fleet]
    seen = [(visitor.begun, 0, True, visitor.page)] if asset and visitor.page else []
    if not asset:
        seen += [(visitor.begun, 0, True, each) for each in (visitor.newest, visitor.last) if each]
    asked = (world.now if not seen else max(world.now, visitor.begun + 1), page, not asset, name)
    return tuple(
        Answer(
            time=time,
            session=0,
            page=of,
            document=document,
            revision=each or None,
            rank=names.index(each) if each else -1,
            cause=Cause.SERVED if each else Cause.NO_ENDPOINT,
            life=0,
        )
        for time, of, document, each in (*seen, asked)
    )

"""What can happen next in a small world: to replicas, by an operator, to visitors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from turnout import controller
from turnout.controller import Refused, wake_at
from turnout.routing.algebra import Sticky
from turnout.verify.small import Counts, SmallWorld, Visitor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from turnout.controller import State

__all__ = ["events", "held", "said", "served", "struck"]

_VERBS: dict[str, Callable[[State], controller.Answer]] = {
    "pause": controller.pause,
    "promote": controller.promote,
    "abort": controller.abort,
    "undo": controller.undo,
    "scale 1": lambda state: controller.scale(state, 1),
    "scale 3": lambda state: controller.scale(state, 3),
    "set-target newer": lambda state: controller.set_target(state, "newer"),
}
_BACK = ("abort", "undo")


def served(world: SmallWorld, visitor: Visitor, name: str) -> Visitor:
    """What a visitor is like after an answer."""
    begun = visitor.begun if visitor.done else world.now
    if not name:
        return attrs.evolve(visitor, done=visitor.done + 1, begun=begun)
    names = [each for each, _ in world.fleet]
    newest = max((each for each in (visitor.newest, name) if each), key=names.index)
    sticky = isinstance(world.state.routing, Sticky)
    keeps = visitor.pin == name and visitor.shaky
    return Visitor(
        visitor.done + 1,
        begun,
        name if sticky else "",
        name if visitor.done != 1 else visitor.page,
        name,
        newest,
        shaky=keeps,
    )


def struck(before: SmallWorld, after: SmallWorld) -> frozenset[str]:
    """Which revisions have lost their last replica that took requests to a fault: replicas of them are wanted still."""
    wanted = after.state.wanted
    was = {name for name, counts in before.fleet if counts.takes_requests and wanted.get(name)}
    down = {name for name, counts in after.fleet if not counts.takes_requests}
    return frozenset(down & (was | before.struck))


def held(
    before: SmallWorld, after: SmallWorld, taken: dict[str, int], *, crashed: bool
) -> tuple[Visitor, ...]:
    """What visitors still hold on to, and are still owed: weather and going back excuse what they have seen."""
    fleet, kinds = dict(after.fleet), []
    for world in (before, after):
        routing = world.state.routing
        kinds.append((routing.to, routing.unit) if isinstance(routing, Sticky) else None)
    found = []
    for visitor in after.visitors:
        changes: dict[str, Any] = {}
        if visitor.pin and (kinds[0] != kinds[1] or not fleet[visitor.pin].takes_requests):
            changes["pin"] = ""
        if visitor.pin and (taken.get(visitor.pin) or crashed):
            changes["shaky"] = True
        if visitor.last in after.struck or after.back:
            changes.update(last="", newest="", page="")
        found.append(attrs.evolve(visitor, **changes) if changes else visitor)
    return tuple(found)


def events(world: SmallWorld) -> Iterator[tuple[str, bool, SmallWorld]]:
    """What can happen: in words, whether of the system alone or by a fault, and what is then."""
    for name, counts in world.fleet:
        start, ready, listed, leaving = attrs.astuple(counts)
        if start:
            yield (
                f"a replica of {name} is ready",
                True,
                _with(world, name, Counts(start - 1, ready + 1, listed, leaving)),
            )
        if ready:
            yield (
                f"a replica of {name} takes requests",
                True,
                _with(world, name, Counts(start, ready - 1, listed + 1, leaving)),
            )
        if leaving:
            yield (
                f"a replica of {name} is gone",
                True,
                _with(world, name, Counts(start, ready, listed, leaving - 1)),
            )
        if world.faults and listed:
            fewer = _with(world, name, Counts(start + 1, ready, listed - 1, leaving))
            yield f"a replica of {name} crashes", False, attrs.evolve(fewer, faults=world.faults - 1)
    due = wake_at(world.state, world.now)
    if due is not None:
        yield "time passes", True, attrs.evolve(world, now=due)


def _with(world: SmallWorld, name: str, counts: Counts) -> SmallWorld:
    return attrs.evolve(
        world, fleet=tuple((each, counts if each == name else old) for each, old in world.fleet)
    )


def said(world: SmallWorld) -> Iterator[tuple[str, bool, SmallWorld]]:
    """What an operator says; letting go on what waits is a step of the system: somebody comes in the end."""
    state = world.state
    if state.rollout.paused:
        yield "it is resumed", True, attrs.evolve(world, state=controller.resume(state).state)
    elif state.hold is not None:
        yield "it is promoted", True, attrs.evolve(world, state=controller.promote(state).state)
    for verb, say in _VERBS.items() if world.verbs else ():
        try:
            answer = say(state)
        except Refused:
            continue
        if answer.state is not state:
            back = world.back or verb in _BACK
            said = attrs.evolve(world, state=answer.state, verbs=world.verbs - 1, back=back)
            yield f"the operator: {verb}", False, said

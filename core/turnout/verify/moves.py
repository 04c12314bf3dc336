"""What can happen next in a small world but for requests: to replicas, by an operator, to the time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from turnout import controller
from turnout.controller import Refused, wake_at
from turnout.verify.small import Counts, Situation, lasting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from turnout.controller import State
    from turnout.model import Rollout

__all__ = ["VERBS", "Move", "moves", "struck", "wish_of"]

VERBS: dict[str, Callable[[State], controller.Answer]] = {
    "pause": controller.pause,
    "promote": controller.promote,
    "abort": controller.abort,
    "undo": controller.undo,
    "scale to 0": lambda state: controller.scale(state, 0),
    "scale to 1": lambda state: controller.scale(state, 1),
    "scale up": lambda state: controller.scale(state, state.rollout.replicas + 1),
    "set-target newer": lambda state: controller.set_target(state, "newer"),
    "set-target old": lambda state: controller.set_target(state, "old"),
}
"""What an operator may say; resume and promote are said besides, in the end, where something waits for them.

A restart is another new target, but for its name: that stands for both.
"""


@attrs.frozen
class Move:
    """One thing that may happen.

    Attributes:
        label: What, in words.
        by_system: Whether it happens in the end, if nothing else does.
        after: What is then, before the controller has looked.
        verb: What the operator says.
        fault: The revision of which a replica fails.
    """

    label: str
    by_system: bool
    after: Situation
    verb: str | None = None
    fault: str | None = None


def wish_of(state: State) -> Rollout:
    """Return a wish without what only says whether it waits."""
    return attrs.evolve(state.rollout, paused=False, promoted=False)


def moves(situation: Situation, long: int) -> Iterator[Move]:
    """Everything that can happen, but for requests.

    Args:
        situation: Where.
        long: What is longer than this is just long, microseconds.
    """
    for name, counts in situation.fleet:
        yield from _by_itself(situation, name, counts)
        if situation.faults:
            yield from _faults(situation, name, counts)
    due = wake_at(situation.state, situation.now)
    if due is not None:
        yield Move("time passes", by_system=True, after=attrs.evolve(situation, now=due))
    if situation.delays:
        yield _nothing_happens(situation, due, long)
    yield from _said(situation)


def _nothing_happens(situation: Situation, due: int | None, long: int) -> Move:
    """Time that nobody waits for: half of what somebody waits for; or longer than anything may matter."""
    if due is None:
        label, then = (
            "nothing happens for a long time",
            situation.now + max(long, lasting(situation.state.routing)),
        )
    else:
        label, then = "nothing happens for a while", situation.now + (due - situation.now + 1) // 2
    after = attrs.evolve(situation, now=then, delays=situation.delays - 1)
    return Move(label, by_system=False, after=after)


def _by_itself(situation: Situation, name: str, counts: Counts) -> Iterator[Move]:
    """One replica goes on, or several do at one moment, before the controller looks."""
    start, ready, listed, leaving = attrs.astuple(counts)
    for number in range(1, start + 1):
        label = f"{_replicas(number, name)} ready"
        then = Counts(start - number, ready + number, listed, leaving)
        yield Move(label, by_system=True, after=_with(situation, name, then))
    for number in range(1, ready + 1):
        label = f"{_replicas(number, name)} listed: requests come"
        then = Counts(start, ready - number, listed + number, leaving)
        yield Move(label, by_system=True, after=_with(situation, name, then))
    for number in range(1, leaving + 1):
        label = f"{_replicas(number, name)} gone"
        then = Counts(start, ready, listed, leaving - number)
        yield Move(label, by_system=True, after=_with(situation, name, then))


def _replicas(number: int, name: str) -> str:
    return f"a replica of {name} is" if number == 1 else f"{number} replicas of {name} are"


def _faults(situation: Situation, name: str, counts: Counts) -> Iterator[Move]:
    """A replica that crashes, and one that is not ready for a while, look the same: neither ready nor listed."""
    start, ready, listed, leaving = attrs.astuple(counts)
    what = []
    if listed:
        what.append((f"a replica of {name} crashes", Counts(start + 1, ready, listed - 1, leaving)))
        what.append((f"a replica of {name} is killed", Counts(start + 1, ready, listed - 1, leaving + 1)))
    if ready:
        what.append(
            (
                f"a replica of {name} crashes before it takes requests",
                Counts(start + 1, ready - 1, listed, leaving),
            )
        )
    for label, then in what:
        after = attrs.evolve(
            _with(situation, name, then),
            faults=situation.faults - 1,
            failed=True,
            hurt=situation.hurt | {name},
        )
        yield Move(label, by_system=False, after=after, fault=name)


def _with(situation: Situation, name: str, counts: Counts) -> Situation:
    fleet = tuple((each, counts if each == name else old) for each, old in situation.fleet)
    return attrs.evolve(situation, fleet=fleet)


def _said(situation: Situation) -> Iterator[Move]:
    """What an operator says; letting go on what waits is a step of the system: somebody comes in the end."""
    state = situation.state
    if state.rollout.paused:
        yield Move(
            "it is resumed",
            by_system=True,
            after=attrs.evolve(situation, state=controller.resume(state).state),
            verb="resume",
        )
    elif state.hold is not None:
        yield Move(
            "it is promoted",
            by_system=True,
            after=attrs.evolve(situation, state=controller.promote(state).state),
            verb="promote",
        )
    for verb, say in VERBS.items() if situation.verbs else ():
        try:
            said = say(state).state
        except Refused:
            continue
        if said is not state:
            wish = wish_of(said)
            wishes = situation.wishes if wish == situation.wishes[-1] else (*situation.wishes, wish)
            after = attrs.evolve(
                situation,
                state=said,
                verbs=situation.verbs - 1,
                back=situation.back or verb in ("abort", "undo") or _is_older(situation, said),
                wishes=wishes,
            )
            yield Move(f"the operator: {verb}", by_system=False, after=after, verb=verb)


def _is_older(situation: Situation, said: State) -> bool:
    ranks = {name: rank for rank, (name, _) in enumerate(situation.fleet)}
    before, after = (ranks.get(state.rollout.target, len(ranks)) for state in (situation.state, said))
    return after < before


def struck(before: Situation, after: Situation, fault: str | None) -> frozenset[str]:
    """Which revisions have lost their last replica that took requests, to a fault, and have none again."""
    wanted = after.state.wanted
    was = {
        name
        for name, counts in before.fleet
        if counts.takes_requests and (name == fault or (name in after.hurt and wanted.get(name)))
    }
    down = {name for name, counts in after.fleet if not counts.takes_requests}
    return frozenset(down & (was | before.struck))

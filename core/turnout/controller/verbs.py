"""The verbs of an operator, as ``kubectl rollout`` and Argo Rollouts have them: each turns a state into a new one.

A verb only writes the wish; the next sync acts on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from turnout.controller.state import State
from turnout.controller.wish import check_rollout
from turnout.errors import TurnoutError

if TYPE_CHECKING:
    from turnout.controller.state import SetRecord
    from turnout.model import Rollout
    from turnout.workload import Kind

__all__ = [
    "Answer",
    "Refused",
    "abort",
    "apply",
    "create",
    "pause",
    "promote",
    "restart",
    "resume",
    "scale",
    "set_target",
    "undo",
]


_RESTART = "@restart-"


class Refused(TurnoutError):  # noqa: N818  # it is an answer, in kubectl's words, with exit code 1
    """A verb was refused, and has changed nothing: the error's text is what kubectl says, its exit code 1."""


@attrs.frozen
class Answer:
    """What a verb came to.

    Attributes:
        state: The new state; the very object that was handed in if the verb had nothing to do.
        text: What kubectl says; empty if it says nothing.
    """

    state: State
    text: str


def create(rollout: Rollout, *, name: str = "web", kind: Kind = "Deployment") -> Answer:
    """Create a rollout: nothing runs yet.

    Args:
        rollout: The wish; it may be paused.
        name: What it is called.
        kind: What it is, for kubectl's words.

    Raises:
        InputError: If the wish is one that the API server refuses.
    """
    check_rollout(rollout)
    state = State(name=name, kind=kind, rollout=rollout)
    return Answer(state, f"{state.resource} created")


def apply(state: State, rollout: Rollout) -> Answer:
    """Write a whole new wish at once, as ``kubectl apply`` does.

    A target that has been restarted stays so if its revision is wished again: the restart is not undone.

    Raises:
        InputError: If the wish is one that the API server refuses.
    """
    check_rollout(rollout)
    before = state.rollout
    target = _restarted(state, rollout.target)
    promoted = before.promoted and target == before.target
    rollout = attrs.evolve(rollout, target=target, promoted=promoted)
    if rollout == before:
        return Answer(state, f"{state.resource} unchanged")
    changes = {
        "hold": state.hold if target == before.target else None,
        "pause_reason": state.pause_reason if rollout.paused else None,
    }
    return Answer(_written(state, rollout, **changes), f"{state.resource} configured")


def set_target(state: State, target: str, *, bridge: str | None = None) -> Answer:
    """Wish for another revision, as ``kubectl set image`` does; the same one again changes nothing, restarted or not.

    While paused it is only noted: of several, the last one is rolled out on resume.

    Args:
        state: The state.
        target: The name of the revision.
        bridge: The name of a revision to pass through on the way there; None for none, as a bridge is built for the
            way from one revision to one other. The same target with no bridge named keeps the one that it has.

    Raises:
        InputError: If a name is empty.
    """
    target = _restarted(state, target)
    same = target == state.rollout.target
    if same and bridge in (None, state.rollout.bridge):
        return Answer(state, "")
    return Answer(_aimed(state, target, bridge), f"{state.resource} image updated")


def scale(state: State, replicas: int) -> Answer:
    """Wish for another number of replicas.

    Raises:
        InputError: If it is negative, no whole number, or beyond `turnout.model.MOST_REPLICAS`.
    """
    rollout = attrs.evolve(state.rollout, replicas=replicas)
    check_rollout(rollout)
    text = f"{state.resource} scaled"
    return Answer(state if rollout == state.rollout else _written(state, rollout), text)


def pause(state: State) -> Answer:
    """Let the rollout stand still until it is resumed.

    Raises:
        Refused: If it is paused already.
    """
    if state.rollout.paused:
        raise Refused(f"error: {state.among_its_kind} is already paused")
    rollout = attrs.evolve(state.rollout, paused=True)
    return Answer(_written(state, rollout, pause_reason=None), f"{state.resource} paused")


def resume(state: State) -> Answer:
    """Let the rollout go on, towards the target that it has by now.

    Raises:
        Refused: If it is not paused.
    """
    if not state.rollout.paused:
        raise Refused(f"error: {state.among_its_kind} is not paused")
    rollout = attrs.evolve(state.rollout, paused=False)
    return Answer(_written(state, rollout, pause_reason=None), f"{state.resource} resumed")


def undo(state: State, to_revision: int = 0) -> Answer:
    """Go back to an earlier revision: an ordinary change of the target, under the rules of the strategy.

    Undone twice, it is back, and through the same bridge. A bridge is no revision to go back to.

    Args:
        state: The state.
        to_revision: The number of the revision; 0 for the one before the present one.

    Raises:
        Refused: If there is no such revision, or the rollout is paused. As in kubectl, the revision is looked up
            first.
    """
    previous = _previous(state)
    found = previous if to_revision == 0 else _numbered(state, to_revision)
    if found is None:
        raise Refused(f'error: no rollout history found for {state.noun} "{state.name}"')
    if state.rollout.paused:
        raise Refused(
            f"error: you cannot rollback a paused {state.noun}; resume it first with 'kubectl rollout resume' "
            "and try again"
        )
    prefix = f"{state.resource}"
    if found.name == state.rollout.target:
        text = f"{prefix} skipped rollback (current template already matches revision {to_revision})"
        return Answer(state, text)
    bridge = state.rollout.bridge if found == previous else None
    return Answer(_aimed(state, found.name, bridge), f"{prefix} rolled back")


def restart(state: State) -> Answer:
    """Replace every replica by one of the same version, as a rollout of its own.

    The new revision is named after the target: ``v2`` restarts as ``v2@restart-1``, that as ``v2@restart-2``. The
    number is one more than the highest that any replica set or the target has.

    Raises:
        Refused: If the rollout is paused.
    """
    if state.rollout.paused:
        raise Refused(
            f"error: {state.among_its_kind} can't restart paused {state.noun} (run rollout resume first)"
        )
    image, _, _ = state.rollout.target.partition(_RESTART)
    taken = [0]
    for name in (state.rollout.target, *(each.name for each in state.sets)):
        base, _, number = name.partition(_RESTART)
        if base == image and number.isdecimal():
            taken.append(int(number))
    target = f"{image}{_RESTART}{max(taken) + 1}"
    text = f"{state.resource} restarted"
    return Answer(_aimed(state, target, None), text)


def promote(state: State) -> Answer:
    """Say yes to whatever the rollout waits for: it goes on.

    As in Argo Rollouts (``pkg/kubectl-argo-rollouts/cmd/promote``) it also lets a rollout go on that an operator has
    paused, which says nothing about a promotion that a strategy may ask for later. Where nothing waits, a target that
    is not fully rolled out is promoted in advance.
    """
    rollout, prefix = state.rollout, f"rollout '{state.name}'"
    waits = state.hold is not None or state.pause_reason is not None
    if not waits and not rollout.paused and (rollout.promoted or state.stable == rollout.target):
        return Answer(state, f"{prefix} skipped promotion (nothing waits for it)")
    promoted = rollout.promoted or waits or not rollout.paused
    text = f"{prefix} promoted"
    if not waits and not rollout.paused:
        text = f"{text} (before {rollout.target} waits for it)"
    rollout = attrs.evolve(rollout, promoted=promoted, paused=False)
    return Answer(state if rollout == state.rollout else _written(state, rollout, pause_reason=None), text)


def abort(state: State) -> Answer:
    """Go back to the last revision that was fully rolled out, at once, also while paused.

    It counts as promoted: a strategy that previews shall not wait on the way back.

    Raises:
        Refused: If no revision has ever been rolled out fully.
    """
    if state.stable is None:
        raise Refused(f"error: rollout '{state.name}' has no stable revision to go back to")
    if state.stable == state.rollout.target:
        return Answer(
            state, f"rollout '{state.name}' skipped abort ({state.stable} is stable and the target)"
        )
    state = _aimed(state, state.stable, state.rollout.bridge)
    rollout = attrs.evolve(state.rollout, paused=False, promoted=True)
    return Answer(attrs.evolve(state, rollout=rollout, pause_reason=None), f"rollout '{state.name}' aborted")


def _written(state: State, rollout: Rollout, **changes: Any) -> State:
    return attrs.evolve(state, rollout=rollout, generation=state.generation + 1, **changes)


def _aimed(state: State, target: str, bridge: str | None) -> State:
    rollout = attrs.evolve(state.rollout, target=target, bridge=bridge, promoted=False)
    check_rollout(rollout)
    return _written(state, rollout, hold=None)


def _restarted(state: State, target: str) -> str:
    """Return the present target if it is the wished one restarted; else the wished one."""
    present = state.rollout.target
    return present if present.partition(_RESTART)[0] == target else target


def _numbered(state: State, number: int) -> SetRecord:
    for each in state.sets:
        if each.number == number:
            return each
    raise Refused(f"error: unable to find specified revision {number} in history")


def _previous(state: State) -> SetRecord | None:
    """The second newest revision that has a replica set and is no mere bridge, as in kubectl.

    While a bridge leads to a target that has no replica set yet, it is the newest: where the rollout came from.
    """
    known = sorted(
        (each for each in state.sets if not each.bridge), key=lambda each: each.number, reverse=True
    )
    if state.rollout.bridge is not None and state.of(state.rollout.target) is None:
        return known[0] if known else None
    return known[1] if len(known) > 1 else None

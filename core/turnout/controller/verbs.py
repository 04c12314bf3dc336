"""The verbs of an operator, as ``kubectl rollout`` and Argo Rollouts have them: each turns a state into a new one.

A verb only writes the wish; the next sync acts on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from turnout.controller.state import State
from turnout.errors import InputError, TurnoutError
from turnout.model import MOST_REPLICAS

if TYPE_CHECKING:
    from turnout.controller.state import SetRecord
    from turnout.model import Rollout

__all__ = [
    "Answer",
    "Refused",
    "abort",
    "apply",
    "check_rollout",
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


def create(rollout: Rollout, *, name: str = "web") -> Answer:
    """Create a rollout: nothing runs yet.

    Args:
        rollout: The wish; it may be paused.
        name: What the Deployment is called.

    Raises:
        InputError: If the wish is one that the API server refuses.
    """
    check_rollout(rollout)
    return Answer(State(name=name, rollout=rollout), f"deployment.apps/{name} created")


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
        return Answer(state, f"deployment.apps/{state.name} unchanged")
    changes = {
        "hold": state.hold if target == before.target else None,
        "pause_reason": state.pause_reason if rollout.paused else None,
    }
    return Answer(_written(state, rollout, **changes), f"deployment.apps/{state.name} configured")


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
    return Answer(_aimed(state, target, bridge), f"deployment.apps/{state.name} image updated")


def scale(state: State, replicas: int) -> Answer:
    """Wish for another number of replicas.

    Raises:
        InputError: If it is negative, no whole number, or beyond `turnout.model.MOST_REPLICAS`.
    """
    rollout = attrs.evolve(state.rollout, replicas=replicas)
    check_rollout(rollout)
    text = f"deployment.apps/{state.name} scaled"
    return Answer(state if rollout == state.rollout else _written(state, rollout), text)


def pause(state: State) -> Answer:
    """Let the rollout stand still until it is resumed.

    Raises:
        Refused: If it is paused already.
    """
    if state.rollout.paused:
        raise Refused(f'error: deployments.apps "{state.name}" is already paused')
    rollout = attrs.evolve(state.rollout, paused=True)
    return Answer(_written(state, rollout, pause_reason=None), f"deployment.apps/{state.name} paused")


def resume(state: State) -> Answer:
    """Let the rollout go on, towards the target that it has by now.

    Raises:
        Refused: If it is not paused.
    """
    if not state.rollout.paused:
        raise Refused(f'error: deployments.apps "{state.name}" is not paused')
    rollout = attrs.evolve(state.rollout, paused=False)
    return Answer(_written(state, rollout, pause_reason=None), f"deployment.apps/{state.name} resumed")


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
        raise Refused(f'error: no rollout history found for deployment "{state.name}"')
    if state.rollout.paused:
        raise Refused(
            "error: you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' "
            "and try again"
        )
    prefix = f"deployment.apps/{state.name}"
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
            f'error: deployments.apps "{state.name}" can\'t restart paused deployment '
            "(run rollout resume first)"
        )
    image, _, _ = state.rollout.target.partition(_RESTART)
    taken = [0]
    for name in (state.rollout.target, *(each.name for each in state.sets)):
        base, _, number = name.partition(_RESTART)
        if base == image and number.isdecimal():
            taken.append(int(number))
    target = f"{image}{_RESTART}{max(taken) + 1}"
    text = f"deployment.apps/{state.name} restarted"
    return Answer(_aimed(state, target, None), text)


def promote(state: State) -> Answer:
    """Say yes to the target: a strategy that previews it, or has paused for it, goes on.

    A rollout that an operator has paused stays so.
    """
    by_strategy = state.rollout.paused and state.pause_reason is not None
    paused = state.rollout.paused and not by_strategy
    rollout = attrs.evolve(state.rollout, promoted=True, paused=paused)
    text = f"rollout '{state.name}' promoted"
    if rollout == state.rollout:
        return Answer(state, text)
    return Answer(_written(state, rollout, pause_reason=None), text)


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


def check_rollout(rollout: Rollout) -> None:
    """Refuse what the API server refuses, and more replicas than can be followed one by one.

    Raises:
        InputError: If a number is negative or none, the replicas are more than `turnout.model.MOST_REPLICAS`, the
            deadline is not after ``min_ready_seconds``, or a revision has no name.
    """
    for field in ("replicas", "min_ready_seconds", "revision_history_limit"):
        value: object = getattr(rollout, field)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise InputError(f"{value!r} is no number", where=field, hint="it must be a whole number from 0")
    if rollout.replicas > MOST_REPLICAS:
        raise InputError(
            f"{rollout.replicas} is too many", where="replicas", hint=f"turnout takes up to {MOST_REPLICAS}"
        )
    deadline = rollout.progress_deadline_seconds
    if deadline is not None and deadline <= rollout.min_ready_seconds:
        raise InputError(
            f"{deadline} is not greater than min_ready_seconds, {rollout.min_ready_seconds}",
            where="progress_deadline_seconds",
            hint="a replica has to become available before the deadline",
        )
    for field in ("target", "bridge"):
        name: object = getattr(rollout, field)
        if not (isinstance(name, str) and name) and not (field == "bridge" and name is None):
            raise InputError(f"{name!r} is no name", where=field, hint="a revision is named by its image tag")


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

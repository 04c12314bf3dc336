"""What the read-only verbs say: ``status`` and ``history``, in kubectl's words."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import attrs

from turnout.controller.conditions import TIMED_OUT
from turnout.controller.verbs import Refused
from turnout.errors import escaped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from turnout.controller.state import SetRecord, State

__all__ = ["Status", "history", "history_words", "status"]

_CHANGE_CAUSE = "kubernetes.io/change-cause"
_NO_CAUSES: Mapping[str, str | None] = MappingProxyType({})


@attrs.frozen
class Status:
    """How far a rollout is.

    Attributes:
        text: What ``kubectl rollout status`` says.
        done: Whether there is nothing more to wait for: it is rolled out, or has failed.
        exit: The exit code: 1 if the progress deadline has passed.
    """

    text: str
    done: bool
    exit: int = 0


def status(state: State) -> Status:
    """Say how far the rollout is, by kubectl's rule: available replicas are compared with updated ones."""
    name, counts, replicas = f'{state.noun} "{state.name}"', state.counts, state.rollout.replicas
    if state.observed_generation < state.generation:
        return Status(f"Waiting for {state.noun} spec update to be observed...", done=False)
    if state.progressing is not None and state.progressing.reason == TIMED_OUT:
        return Status(f"error: {name} exceeded its progress deadline", done=True, exit=1)
    waiting = f"Waiting for {name} rollout to finish:"
    if counts.updated < replicas:
        text = f"{waiting} {counts.updated} out of {replicas} new replicas have been updated..."
        return Status(text, done=False)
    if counts.replicas > counts.updated:
        text = f"{waiting} {counts.replicas - counts.updated} old replicas are pending termination..."
        return Status(text, done=False)
    if counts.available < counts.updated:
        text = f"{waiting} {counts.available} of {counts.updated} updated replicas are available..."
        return Status(text, done=False)
    return Status(f"{name} successfully rolled out", done=True)


def history(state: State) -> tuple[SetRecord, ...]:
    """Return the replica sets of the history, the lowest revision first."""
    return tuple(sorted(state.sets, key=lambda each: each.number))


def history_words(state: State, revision: int = 0, *, causes: Mapping[str, str | None] = _NO_CAUSES) -> str:
    """Say what ``kubectl rollout history`` says: every revision, or one of them.

    The list has a column more than kubectl's: where nobody annotates anything, as is usual, kubectl's tells no revision
    from another.

    Args:
        state: The state.
        revision: The number of the revision to show; 0 for the list of all.
        causes: The annotation ``kubernetes.io/change-cause`` of revisions that have one, by name.

    Raises:
        Refused: If there is no such revision.
    """
    known = history(state)
    title = f"{state.resource} "
    if revision:
        title = f"{title}with revision #{revision}"
    if not known:
        return f"{title}\nNo rollout history found."
    if revision:
        for each in known:
            if each.number == revision:
                cause = causes.get(each.name)
                noted = f"  Annotations:\t{_CHANGE_CAUSE}: {escaped(cause)}\n" if cause else ""
                return f"{title}\nPod Template:\n{noted}  Image:\t{each.name}\n"
        raise Refused("error: unable to find the specified revision")
    rows = [(str(each.number), escaped(causes.get(each.name) or "<none>"), each.name) for each in known]
    rows.insert(0, ("REVISION", "CHANGE-CAUSE", "IMAGE"))
    width = max(len(cause) for _, cause, _ in rows)
    return "\n".join([title, *(f"{number:<8}  {cause:<{width}}  {name}" for number, cause, name in rows), ""])

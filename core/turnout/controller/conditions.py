"""The Deployment's status: its counts, and the conditions Available and Progressing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnout.controller.arithmetic import (
    Sizes,
    deployment_complete,
    deployment_progressing,
    deployment_timed_out,
    has_progress_deadline,
    replica_counts,
)
from turnout.controller.numbering import NOTHING
from turnout.controller.state import Condition, Counts
from turnout.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Mapping

    from turnout.controller.state import SetRecord, SetStatus
    from turnout.model import Rollout

__all__ = [
    "AVAILABLE",
    "CREATED",
    "FOUND",
    "PAUSED",
    "RESUMED",
    "TIMED_OUT",
    "UPDATED",
    "availability",
    "counted",
    "in_words",
    "is_complete",
    "progress",
    "stood_still",
    "with_reason",
]

AVAILABLE = "NewReplicaSetAvailable"
CREATED = "NewReplicaSetCreated"
FOUND = "FoundNewReplicaSet"
PAUSED = "DeploymentPaused"
RESUMED = "DeploymentResumed"
TIMED_OUT = "ProgressDeadlineExceeded"
UPDATED = "ReplicaSetUpdated"


def with_reason(condition: Condition | None, status: str, reason: str, now: int) -> Condition:
    """Set a condition; one that says the same already stays as it is, with its time."""
    if condition is not None and condition.status == status and condition.reason == reason:
        return condition
    return Condition(status=status, reason=reason, updated=now)


def stood_still(progressing: Condition | None, rollout: Rollout, now: int) -> Condition | None:
    """Note in ``Progressing`` that the rollout was paused or resumed, which restarts the deadline.

    A timeout that is already reported is not overwritten.
    """
    reason = progressing.reason if progressing is not None else None
    if reason == TIMED_OUT or rollout.paused == (reason == PAUSED):
        return progressing
    if not has_progress_deadline(rollout.progress_deadline_seconds):
        return progressing
    return Condition(status="Unknown", reason=PAUSED if rollout.paused else RESUMED, updated=now)


def counted(sets: tuple[SetRecord, ...], statuses: Mapping[str, SetStatus], target: str) -> Counts:
    """Add up the replica sets' statuses to the Deployment's."""
    updated = ready = available = 0
    sizes = []
    for each in sets:
        status = statuses.get(each.name, NOTHING)
        sizes.append(Sizes(each.wanted, status.replicas, status.terminating))
        ready += status.ready
        available += status.available
        if each.name == target:
            updated = status.replicas
    wanted, replicas, terminating = replica_counts(sizes)
    return Counts(
        replicas=replicas,
        updated=updated,
        ready=ready,
        available=available,
        unavailable=max(0, wanted - available),
        terminating=terminating or 0,
    )


def is_complete(counts: Counts, replicas: int, *, observed: bool = True) -> bool:
    """Whether these counts say that the rollout is finished."""
    return deployment_complete(replicas, counts.replicas, counts.updated, counts.available, observed=observed)


def availability(condition: Condition | None, available: int, floor: int, now: int) -> Condition:
    """Evaluate ``Available``: enough replicas are."""
    if available >= floor:
        return with_reason(condition, "True", "MinimumReplicasAvailable", now)
    return with_reason(condition, "False", "MinimumReplicasUnavailable", now)


def progress(
    condition: Condition | None,
    before: Counts,
    after: Counts,
    rollout: Rollout,
    now: int,
    *,
    waiting: bool,
) -> Condition | None:
    """Evaluate ``Progressing``: complete, further than before, or out of time.

    Args:
        condition: It as it was.
        before: The stored counts.
        after: The new counts.
        rollout: The wish.
        now: The time.
        waiting: Whether the strategy waits on purpose, so that no progress is no sign of being stuck.
    """
    deadline = rollout.progress_deadline_seconds
    if not has_progress_deadline(deadline):
        return None
    if condition is not None and condition.reason == AVAILABLE and after.replicas == after.updated:
        return condition
    if is_complete(after, rollout.replicas):
        return with_reason(condition, "True", AVAILABLE, now)
    if after is not before and deployment_progressing(
        (before.replicas, before.updated, before.ready, before.available),
        (after.replicas, after.updated, after.ready, after.available),
    ):
        return Condition(status="True", reason=UPDATED, updated=now)
    if condition is not None and not waiting:
        elapsed = (now - condition.updated) / SECOND
        if deployment_timed_out(deadline, condition.reason, elapsed):
            return with_reason(condition, "False", TIMED_OUT, now)
    return condition


def in_words(condition: Condition, before: Counts, after: Counts, rollout: Rollout) -> str:
    """Say why ``Progressing`` is what it has just become."""
    text = {
        AVAILABLE: f"all {rollout.replicas} replicas are updated and available",
        CREATED: "the target has got a replica set",
        FOUND: "the target has a replica set",
        PAUSED: "the rollout is paused, and the progress deadline with it",
        RESUMED: "the rollout is resumed, and the progress deadline starts again",
        TIMED_OUT: f"no progress for more than {rollout.progress_deadline_seconds} s",
        UPDATED: (
            f"updated {before.updated} -> {after.updated}, old {before.replicas - before.updated} -> "
            f"{after.replicas - after.updated}, ready {before.ready} -> {after.ready}, "
            f"available {before.available} -> {after.available}"
        ),
    }
    return f"Progressing becomes {condition}: {text[condition.reason]}"

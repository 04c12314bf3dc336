"""The Deployment controller's arithmetic as small functions, in Kubernetes' own words.

Source of every rule: ``pkg/controller/deployment`` of Kubernetes 1.36. ``replicas`` is always ``spec.replicas``;
times are in seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from turnout.arguments import check_instance
from turnout.errors import InputError, shown
from turnout.units import IntOrPercent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


__all__ = [
    "NO_DEADLINE",
    "Sizes",
    "cleaned_up",
    "deployment_complete",
    "deployment_progressing",
    "deployment_timed_out",
    "has_progress_deadline",
    "max_unavailable",
    "min_available",
    "new_rs_new_replicas",
    "pod_available",
    "replica_counts",
    "replica_set_fraction",
    "replica_set_proportion",
    "requeue_stuck",
    "resolve_fenceposts",
]

_TYPE = "it takes RollingUpdate or Recreate"
_AMOUNT = "it takes an IntOrPercent, as int_or_percent('25%') gives one"

NO_DEADLINE = 2**31 - 1
"""A ``progressDeadlineSeconds`` or ``revisionHistoryLimit`` of this size means none."""


def resolve_fenceposts(
    max_surge: IntOrPercent, max_unavailable: IntOrPercent, replicas: int
) -> tuple[int, int]:
    """Resolve surge and unavailability to numbers of replicas.

    Surge is rounded up, unavailability down. If both come to nothing the rollout could never move, so one replica
    may be unavailable.

    Returns:
        How many replicas may be wanted beyond `replicas`, and how many of `replicas` may be unavailable.
    """
    check_instance(max_surge, IntOrPercent, "max_surge", _AMOUNT)
    check_instance(max_unavailable, IntOrPercent, "max_unavailable", _AMOUNT)
    check_instance(replicas, int, "replicas", "it takes a whole number")
    surge, unavailable = max_surge.round_up(replicas), max_unavailable.round_down(replicas)
    return (0, 1) if surge == 0 and unavailable == 0 else (surge, unavailable)


def max_unavailable(
    strategy: Literal["RollingUpdate", "Recreate"],
    replicas: int,
    max_surge: IntOrPercent,
    max_unavailable: IntOrPercent,
) -> int:
    """Return how many replicas may be unavailable: never more than there are; none for Recreate."""
    if strategy == "Recreate" or replicas == 0:
        return 0
    return min(resolve_fenceposts(max_surge, max_unavailable, replicas)[1], replicas)


def min_available(
    strategy: Literal["RollingUpdate", "Recreate"],
    replicas: int,
    max_surge: IntOrPercent,
    max_unavailable: IntOrPercent,
) -> int:
    """Return how many replicas must stay available while the rollout goes on: none for Recreate."""
    check_instance(strategy, str, "strategy", _TYPE)
    if strategy == "Recreate":
        return 0
    unavailable = resolve_fenceposts(max_surge, max_unavailable, replicas)[1]
    return max(0, replicas - unavailable)


def new_rs_new_replicas(
    strategy: Literal["RollingUpdate", "Recreate"],
    deployment_replicas: int,
    new_rs_replicas: int,
    total_replicas: int,
    max_surge: int,
) -> int:
    """Return the size that the new ReplicaSet may grow to now.

    Args:
        strategy: The type of the strategy.
        deployment_replicas: ``spec.replicas`` of the Deployment.
        new_rs_replicas: ``spec.replicas`` of the new ReplicaSet.
        total_replicas: The sum of ``spec.replicas`` over all its ReplicaSets.
        max_surge: The surge as a number.
    """
    check_instance(strategy, str, "strategy", _TYPE)
    given = (deployment_replicas, new_rs_replicas, total_replicas, max_surge)
    if not all(isinstance(each, int) for each in given):
        raise InputError(f"it cannot count with {shown(given)}", hint="each is a whole number")
    if strategy == "Recreate":
        return deployment_replicas
    room = deployment_replicas + max_surge - total_replicas
    if room <= 0:
        return new_rs_replicas
    return new_rs_replicas + min(room, deployment_replicas - new_rs_replicas)


def replica_set_fraction(
    deployment_replicas: int,
    status_replicas: int,
    max_surge: int,
    rs_replicas: int,
    max_replicas_annotation: int | None,
) -> int:
    """Return by how much one ReplicaSet would change in a proportional scaling, before the sum is kept in bounds.

    Args:
        deployment_replicas: ``spec.replicas`` of the Deployment, as it is now.
        status_replicas: ``status.replicas`` of the Deployment: the base if there is no annotation.
        max_surge: The surge as a number, as it is now.
        rs_replicas: ``spec.replicas`` of the ReplicaSet.
        max_replicas_annotation: Replicas and surge when the ReplicaSet was last sized; None if it is missing.
    """
    if deployment_replicas == 0:
        return -rs_replicas
    base = max_replicas_annotation or status_replicas
    if base == 0:
        return 0
    # Half away from zero, as Go rounds here; nothing in it is negative.
    return (2 * rs_replicas * (deployment_replicas + max_surge) + base) // (2 * base) - rs_replicas


def replica_set_proportion(fraction: int, to_add: int, added: int) -> int:
    """Keep one ReplicaSet's `fraction` within what is left of `to_add` after the `added` of those before it."""
    if to_add == added:
        return 0
    return min(fraction, to_add - added) if to_add > 0 else max(fraction, to_add - added)


class Sizes(NamedTuple):
    """The sizes of one ReplicaSet.

    Attributes:
        spec: ``spec.replicas``.
        status: ``status.replicas``.
        terminating: ``status.terminatingReplicas``; None if it does not report them.
        observed: ``status.observedGeneration``; 0 if its controller has never seen it.
    """

    spec: int
    status: int = 0
    terminating: int | None = 0
    observed: int = 1


def replica_counts(sets: Iterable[Sizes]) -> tuple[int, int, int | None]:
    """Add up ReplicaSets: wanted, actual and terminating replicas.

    The last is None as soon as one that its controller has seen does not report it.
    """
    wanted, actual, terminating, reported = 0, 0, 0, True
    for each in sets:
        wanted += each.spec
        actual += each.status
        if each.terminating is not None:
            terminating += each.terminating
        elif each.observed:
            reported = False
    return wanted, actual, terminating if reported else None


def pod_available(ready_for_seconds: float | None, min_ready_seconds: int, *, ready: bool = True) -> bool:
    """Whether a pod is available: ready for at least `min_ready_seconds`.

    Args:
        ready_for_seconds: The time since its condition ``Ready`` last changed; None if that is not known.
        min_ready_seconds: ``minReadySeconds`` of its ReplicaSet.
        ready: Whether that condition is true.
    """
    if not ready or min_ready_seconds == 0:
        return ready
    return ready_for_seconds is not None and ready_for_seconds >= min_ready_seconds


def deployment_complete(
    desired: int, current: int, updated: int, available: int, *, observed: bool = True
) -> bool:
    """Whether a rollout is finished: every replica is of the new revision, and available.

    Args:
        desired: ``spec.replicas``.
        current: ``status.replicas``.
        updated: ``status.updatedReplicas``.
        available: ``status.availableReplicas``.
        observed: Whether ``status.observedGeneration`` has caught up with the Deployment's generation.
    """
    return observed and current == updated == available == desired


def deployment_progressing(before: tuple[int, int, int, int], after: tuple[int, int, int, int]) -> bool:
    """Whether a rollout has come further between two statuses.

    It has if there are more updated, fewer old, more ready or more available replicas.

    Args:
        before: ``replicas``, ``updatedReplicas``, ``readyReplicas`` and ``availableReplicas`` of the stored status.
        after: The same of the new status.
    """
    return (
        after[1] > before[1]
        or after[0] - after[1] < before[0] - before[1]
        or after[2] > before[2]
        or after[3] > before[3]
    )


def has_progress_deadline(deadline_seconds: int | None) -> bool:
    """Whether there is a deadline: it is set, and not to the largest number."""
    return deadline_seconds is not None and deadline_seconds != NO_DEADLINE


def deployment_timed_out(
    deadline_seconds: int | None, reason: str | None, seconds_since_last_update: float
) -> bool:
    """Whether the progress deadline has passed: strictly later than ``lastUpdateTime`` plus the deadline.

    Args:
        deadline_seconds: ``progressDeadlineSeconds``.
        reason: The reason of the condition ``Progressing``; None without the condition.
        seconds_since_last_update: The time since its ``lastUpdateTime``.
    """
    if deadline_seconds is None or deadline_seconds == NO_DEADLINE or reason is None:
        return False
    # A finished rollout is never taken for a stuck one; a timeout stays one until there is progress.
    if reason == "NewReplicaSetAvailable":
        return False
    return reason == "ProgressDeadlineExceeded" or seconds_since_last_update > deadline_seconds


def requeue_stuck(
    deadline_seconds: int | None,
    reason: str | None,
    seconds_since_last_update: float,
    *,
    complete: bool,
) -> float | None:
    """Return after how many seconds a rollout without progress should be looked at again.

    Args:
        deadline_seconds: ``progressDeadlineSeconds``.
        reason: The reason of the condition ``Progressing``; None without the condition.
        seconds_since_last_update: The time since its ``lastUpdateTime``.
        complete: Whether the rollout is finished.

    Returns:
        None for never; 0 for at once, if less than a second is left.
    """
    if deadline_seconds is None or deadline_seconds == NO_DEADLINE or reason is None:
        return None
    if complete or reason == "ProgressDeadlineExceeded":
        return None
    left = deadline_seconds - seconds_since_last_update
    return 0 if left < 1 else left


def cleaned_up(old: Sequence[tuple[int, int]], limit: int) -> list[int]:
    """Say which old ReplicaSets a cleanup of the history deletes.

    Of those beyond the limit, counted from the lowest revision, the ones that are empty; one that is not is skipped,
    and no other is deleted for it.

    Args:
        old: ``spec.replicas`` and ``status.replicas`` of each that is not being deleted, the lowest revision first.
        limit: ``revisionHistoryLimit``.

    Returns:
        Their indices in `old`.
    """
    if limit == NO_DEADLINE:
        return []
    return [index for index in range(len(old) - limit) if old[index] == (0, 0)]

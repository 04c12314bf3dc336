"""What cannot be wished for: what the API server refuses of a Deployment, and what turnout cannot follow."""

from __future__ import annotations

from turnout.arguments import check_instance
from turnout.errors import InputError
from turnout.model import MOST_REPLICAS, Rollout

__all__ = ["check_rollout"]


def check_rollout(rollout: Rollout) -> None:
    """Refuse what the API server refuses, and more replicas than can be followed one by one.

    Raises:
        InputError: If it is no rollout, a number is negative, the replicas are more than
            `turnout.model.MOST_REPLICAS`, the deadline is not after ``min_ready_seconds``, or a revision has no name.
    """
    check_instance(rollout, Rollout, "rollout", "it takes a Rollout")
    for field in ("replicas", "min_ready_seconds", "revision_history_limit"):
        value: int = getattr(rollout, field)
        if value < 0:
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
        name: str | None = getattr(rollout, field)
        if name == "":
            raise InputError(f"{name!r} is no name", where=field, hint="a revision is named by its image tag")

"""What the controller does next about an observed rollout, and why: which rule, which numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from turnout import controller
from turnout.arguments import check_instance
from turnout.controller import Counts, Reason, Refused, SetStatus, State, conditions, reconcile, wake_at
from turnout.controller.scaling import scaled_event
from turnout.observed.observed import Observed
from turnout.strategy import Strategy
from turnout.units import SECOND, IntOrPercent, format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator


__all__ = ["Step", "next_step"]

_WRITTEN = (
    "rollout", "sets", "routing", "counts", "available", "progressing", "revision", "observed_generation"
)  # fmt: skip


@attrs.frozen(kw_only=True)
class Step:
    """One sync of the controller, before it has been carried out.

    Attributes:
        observed: What it starts from.
        strategy: The strategy that is asked.
        state: What the controller will have written.
        reasons: Why, in the order in which the rules apply: a `Reason` has the rule, its text with the numbers, the
            revision, and the number before and after.
        again_at: When it will look again though nothing changes, in the observation's microseconds; None for never.
    """

    observed: Observed
    strategy: Strategy
    state: State
    reasons: tuple[Reason, ...]
    again_at: int | None

    @property
    def changes(self) -> bool:
        """Whether the controller writes anything at all."""
        before = self.observed.state
        return any(getattr(before, name) != getattr(self.state, name) for name in _WRITTEN)


def next_step(observed: Observed, strategy: Strategy) -> Step:
    """Say what the controller does next, with the reason for each thing that it does or leaves.

    It is exactly one sync: what a cluster does before anything else has changed. The writes of a step set off the next
    one, so carry it out and ask again to see more.

    Args:
        observed: What there is.
        strategy: Whom the controller asks; for what a Deployment does by itself, one of its `deployment_type`.

    Raises:
        InputError: If either is not what it should be.
        PlanError: If the strategy fails, or its plan cannot be carried out.
    """
    check_instance(observed, Observed, "observed", "it takes what load_observed gives")
    check_instance(
        strategy, Strategy, "strategy", "it takes a strategy, as Host().strategy makes one of text"
    )
    state = observed.state
    if observed.deleted:
        reasons: tuple[Reason, ...] = (
            Reason("deleted", "the Deployment is being deleted: no step is taken, only its status is kept"),
        )
        return Step(observed=observed, strategy=strategy, state=state, reasons=reasons, again_at=None)
    if observed.rollback_to is not None and not state.rollout.paused:
        after, reason = _rolled_back(observed, observed.rollback_to)
        return Step(observed=observed, strategy=strategy, state=after, reasons=(reason,), again_at=None)
    synced = reconcile(state, observed.statuses, strategy, observed.time)
    # A step that only scales looks at no progress, and so at no deadline.
    scaling = strategy.deployment_type is not None and scaled_event(state.sets, state.rollout.replicas)
    return Step(
        observed=observed,
        strategy=strategy,
        state=synced.state,
        reasons=(
            _target(observed),
            *_limits(observed, strategy),
            *synced.reasons,
            *_kept(observed, synced.state),
            *_status(observed, synced.state),
            *_deadline(observed, synced.state, scaling=scaling),
            *_replicas(observed, synced.state),
        ),
        again_at=None if scaling else wake_at(synced.state, observed.time),
    )


def _rolled_back(observed: Observed, revision: int) -> tuple[State, Reason]:
    """The rollback of ``extensions/v1beta1``, which kubectl has long ceased to use."""
    asked = "deprecated.deployment.rollback.to asks for " + (
        f"revision {revision}" if revision else "the revision before"
    )
    try:
        state = controller.undo(observed.state, revision).state
    except Refused:
        return observed.state, Reason("rollback", f"{asked}, which there is not: the annotation goes")
    target = state.rollout.target
    if state is observed.state:
        return state, Reason(
            "rollback", f"{asked}, whose template it has already: the annotation goes", target
        )
    return state, Reason("rollback", f"{asked}: {target} becomes the target again", target)


def _target(observed: Observed) -> Reason:
    """Which replica set is the new one."""
    rollout = observed.state.rollout
    named = observed.objects.get(rollout.target)
    if observed.state.of(rollout.target) is None:
        kept = "; it gets none while the rollout is paused" if rollout.paused else ""
        text = f"{rollout.target} is the target: no replica set has its template yet{kept}"
        return Reason("target", text, rollout.target)
    what = f"ReplicaSet {named} has the Deployment's template" if named else "it has a replica set"
    return Reason("target", f"{rollout.target} is the target: {what}", rollout.target)


def _limits(observed: Observed, strategy: Strategy) -> Iterator[Reason]:
    """What a rolling update may want at most and has to keep available: the numbers that its percentages come to."""
    surge, unavailable = (getattr(strategy, name, None) for name in ("max_surge", "max_unavailable"))
    if not isinstance(surge, IntOrPercent) or not isinstance(unavailable, IntOrPercent):
        return
    replicas = observed.state.rollout.replicas
    bounds = strategy.bounds(replicas)
    allowed = f"at most {bounds.ceiling} wanted and at least {bounds.floor} available"
    up, down = surge.round_up(replicas), unavailable.round_down(replicas)
    if up == down == 0:
        text = f"max_surge {surge} and max_unavailable {unavailable} of {replicas} are both 0, so 1 may be unavailable"
    else:
        more = f" of {replicas} is {up}, rounded up" if surge.percent else ""
        less = f" of {replicas} is {down}, rounded down" if unavailable.percent else ""
        text = f"max_surge {surge}{more}; max_unavailable {unavailable}{less}"
    yield Reason("limits", f"{text}: {allowed}")


def _kept(observed: Observed, after: State) -> Iterator[Reason]:
    """Why old replica sets beyond the limit are still there."""
    limit = after.rollout.revision_history_limit
    old = sorted(
        (each for each in after.sets if each.name != after.rollout.target), key=lambda each: each.number
    )
    for each in old[: max(0, len(old) - limit)]:
        text = f"{each.name} (revision {each.number}) is beyond the newest {limit} of {len(old)} old replica sets"
        there = observed.statuses.get(each.name, SetStatus()).replicas
        if each.wanted or there:
            text = f"{text}, and stays until it is empty: {each.wanted} wanted, {there} there"
        else:
            text = f"{text}: it is deleted once the rollout is complete and nothing is resized, or while it is paused"
        yield Reason("kept", text, each.name)


def _status(observed: Observed, after: State) -> Iterator[Reason]:
    """Which numbers of the status change, and whether that counts as progress."""
    before = observed.state
    pairs = {
        each.name: (getattr(before.counts, each.name), getattr(after.counts, each.name))
        for each in attrs.fields(Counts)
    }
    pairs["observed generation"] = (before.observed_generation, after.observed_generation)
    changes = [f"{name} {old} -> {new}" for name, (old, new) in pairs.items() if old != new]
    if changes:
        yield Reason("status", ", ".join(changes))
    old, new = before.progressing, after.progressing
    if old is not None and new is not None and str(old) == str(new) and old.updated != new.updated:
        # The controller has its own words for a condition that becomes another.
        yield Reason("progressing", conditions.in_words(new, before.counts, after.counts, after.rollout))


def _deadline(observed: Observed, after: State, *, scaling: bool) -> Iterator[Reason]:
    """How much of the progress deadline is over."""
    deadline, condition = after.rollout.progress_deadline_seconds, after.progressing
    if deadline is None:
        text = "there is no progress deadline: it is never reported as stuck"
    elif condition is None:
        return
    elif condition.reason == "NewReplicaSetAvailable":
        if after.counts.available >= after.rollout.replicas:
            return
        text = (
            "the rollout was complete: whatever becomes of its replicas since is not reported as being stuck"
        )
    elif condition.reason == "ProgressDeadlineExceeded":
        text = "the rollout has been reported as stuck; nothing else follows from that, and progress ends it"
    elif condition.reason == "DeploymentPaused":
        text = f"the deadline of {deadline} s does not run while the rollout is paused"
    elif scaling:
        text = "progress is not looked at in a step that only scales, and the deadline passes unnoticed"
    else:
        since = format_duration(max(0, observed.time - condition.updated))
        text = f"the last progress was {since} ago; after more than {deadline} s without any it is reported as stuck"
    yield Reason("deadline", text)


def _replicas(observed: Observed, after: State) -> Iterator[Reason]:
    """What the ReplicaSet controller is doing meanwhile, and what everybody is waiting for."""
    for each in after.sets:
        status = observed.statuses.get(each.name, SetStatus())
        failure = observed.failures.get(each.name)
        if failure is not None:
            text = f"replicas of {each.name} cannot be created or deleted: {failure}"
            yield Reason("replica failure", text, each.name)
        missing = each.wanted - status.replicas
        if missing:
            what = f"{missing} to start"
            if missing < 0:
                what = f"{-missing} to delete: not ready before ready, then ready for less time first"
            text = f"{each.name}: {each.wanted} wanted, {status.replicas} there, {what}"
            yield Reason("replicas", text, each.name, status.replicas, each.wanted)
        waiting = [
            f"{number} {word}"
            for number, word in (
                (status.replicas - status.ready, "not ready"),
                (status.ready - status.available, _not_yet_available(each.min_ready_seconds)),
                (status.terminating, "terminating, and not counted"),
            )
            if number > 0
        ]
        if waiting:
            text = f"{each.name}: of {status.replicas} replicas, {', '.join(waiting)}"
            if not status.replicas:
                text = f"{each.name}: {', '.join(waiting)}"
            yield Reason("waiting", text, each.name)


def _not_yet_available(min_ready_seconds: int) -> str:
    if not min_ready_seconds:
        return "ready and not yet available"
    return f"ready for less than {format_duration(min_ready_seconds * SECOND)} and not yet available"

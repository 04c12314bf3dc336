"""One sync of the controller as one pure function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from turnout.controller import conditions
from turnout.controller.arithmetic import has_progress_deadline
from turnout.controller.numbering import clean_up, readied, renumbered
from turnout.controller.plans import asked, bounds_of, carried_out, kept_memory, observed, receivers
from turnout.controller.scaling import scale_deployment, scaled_event, share_out
from turnout.controller.state import Asked, Reason, SetRecord, State, Synced
from turnout.routing.words import routing_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from turnout.controller.state import Condition, Counts, DeploymentType, SetStatus
    from turnout.model import Bounds, Observation, Plan
    from turnout.routing import Routing
    from turnout.strategy import Strategy

__all__ = ["reconcile"]

_ASK_AT = frozenset({"ask_at"})
_STATUS = _ASK_AT | {"counts", "progressing", "available", "observed_generation", "revision"}


def reconcile(
    state: State,
    statuses: Mapping[str, SetStatus],
    strategy: Strategy,
    now: int,
    before: Asked | None = None,
) -> Synced:
    """Do exactly one sync, as the Deployment controller does: at most one kind of step.

    In order: note pausing and resuming; give the target's replica set its number and ``min_ready_seconds``; while
    paused, or when ``replicas`` has changed, scale and go no further; else ask the strategy and carry out its plan;
    clean up the history if the rollout is complete; write the status.

    A strategy that does not follow the Deployment is left alone while paused: nothing changes but the sizes, in
    proportion, if ``replicas`` does. When it is not paused it sees a changed ``replicas`` itself.

    Args:
        state: What the controller knows.
        statuses: What the fleet reports, by name of the revision.
        strategy: Whom to ask.
        now: The time, in microseconds.
        before: What the strategy was shown before, and what it answered: to the same it would answer the same, which
            is a rule of strategies, and is not asked again.

    Returns:
        The new state, which is `state` itself if nothing has changed, and why.

    Raises:
        PlanError: If the strategy fails, or its plan cannot be carried out.
    """
    rollout, kind = state.rollout, strategy.deployment_type
    bounds = bounds_of(strategy, rollout.replicas)
    reasons: list[Reason] = []
    progressing = conditions.stood_still(state.progressing, rollout, now)
    sets, target = renumbered(readied(state.sets, rollout, reasons), rollout.target, reasons)
    if (
        target is not None
        and progressing is None
        and has_progress_deadline(rollout.progress_deadline_seconds)
    ):
        progressing = conditions.with_reason(None, "True", conditions.FOUND, now)
    work = _Work(state, statuses, strategy, kind, bounds, reasons, now, before)
    if rollout.paused or (kind is not None and scaled_event(sets, rollout.replicas)):
        return work.scaled(sets, target, progressing)
    return work.stepped(sets, progressing)


@attrs.frozen
class _Work:
    """What every part of one sync needs."""

    state: State
    statuses: Mapping[str, SetStatus]
    strategy: Strategy
    kind: DeploymentType | None
    bounds: Bounds
    reasons: list[Reason]
    now: int
    before: Asked | None

    def scaled(
        self, sets: tuple[SetRecord, ...], target: SetRecord | None, progressing: Condition | None
    ) -> Synced:
        """Paused, or a scaling event: sizes in proportion, no strategy asked, no progress evaluated."""
        rollout, before = self.state.rollout, sets
        if self.kind is not None:
            sets = scale_deployment(
                sets,
                self.statuses,
                target=target,
                replicas=rollout.replicas,
                ceiling=self.bounds.ceiling,
                strategy=self.kind,
                status_replicas=self.state.counts.replicas,
                reasons=self.reasons,
            )
            if rollout.paused:
                sets = self.cleaned(sets, self.state.routing)
        else:
            sets = share_out(
                sets,
                replicas=rollout.replicas,
                ceiling=self.bounds.ceiling,
                heirs=(*sorted(receivers(self.state.routing)), self.state.stable),
                reasons=self.reasons,
            )
        counts = self.counted(sets)
        if sets is before:
            self.reasons.append(self.stands_still(sets))
        return self.synced(sets, counts, progressing, {"ask_at": None})

    def stands_still(self, sets: tuple[SetRecord, ...]) -> Reason:
        """Say why no size was written."""
        if self.state.rollout.paused:
            return Reason("paused", "no step is taken until the rollout is resumed")
        replicas = self.state.rollout.replicas
        active = [each for each in sets if each.wanted]
        stale = next(each for each in active if each.desired_replicas != replicas)
        why = "has no other size to get"
        if self.kind == "Recreate" and len(active) > 1:
            why = f"Recreate does not share {replicas} out among {len(active)} replica sets"
        text = (
            f"no step is taken: {stale.name} was sized for {stale.desired_replicas} replicas, not for {replicas}, "
            f"and {why}; it stands still until it is scaled again"
        )
        return Reason("scale", text, stale.name)

    def stepped(self, sets: tuple[SetRecord, ...], progressing: Condition | None) -> Synced:
        """Not paused: the strategy's step, then the history, then the status with its progress."""
        state, rollout, now = self.state, self.state.rollout, self.now
        answer = self.answer(observed(state, sets, self.statuses, now))
        plan, place = answer.plan, len(self.reasons)
        planned = carried_out(sets, plan, rollout, self.bounds.ceiling, now, self.reasons)
        self.reasons.insert(place, Reason(self.strategy.name, plan.because))
        if len(planned) > len(sets) and has_progress_deadline(rollout.progress_deadline_seconds):
            progressing = conditions.with_reason(progressing, "True", conditions.CREATED, now)
        changes = self.answered(plan)
        unwritten = planned is sets
        if self.kind is None:
            planned = self.seen_by_strategy(planned)
        if unwritten and self.was_complete:
            planned = self.cleaned(planned, plan.routing)
        counts = self.counted(planned)
        held = state.hold is not None and plan.hold is None
        # A strategy with rules of its own that takes its next step now has not been stuck until now.
        steps = self.kind is None and not unwritten
        waiting = steps or self.waits(plan, _named(planned, rollout.target))
        progressing = conditions.progress(progressing, state.counts, counts, rollout, now, waiting=waiting)
        if held and progressing is not None and progressing.reason != conditions.AVAILABLE:
            progressing = attrs.evolve(progressing, updated=now)
        return self.synced(planned, counts, progressing, changes, answer)

    def answer(self, seen: Observation) -> Asked:
        """What the strategy answers."""
        if self.before is not None and self.before.seen == seen:
            return self.before
        return Asked(seen, asked(self.strategy, seen))

    @property
    def was_complete(self) -> bool:
        """Whether the stored status says that the rollout is finished."""
        state = self.state
        return conditions.is_complete(
            state.counts,
            state.rollout.replicas,
            observed=state.observed_generation >= state.generation,
        )

    def seen_by_strategy(self, sets: tuple[SetRecord, ...]) -> tuple[SetRecord, ...]:
        """A strategy with rules of its own has seen ``replicas`` now: pausing later scales nothing for it."""
        replicas = self.state.rollout.replicas
        if any(each.desired_replicas != replicas for each in sets):
            return tuple(attrs.evolve(each, desired_replicas=replicas) for each in sets)
        return sets

    def cleaned(self, sets: tuple[SetRecord, ...], routing: Routing | None) -> tuple[SetRecord, ...]:
        """Clean up the history, but for what requests are sent to by name."""
        rollout = self.state.rollout
        if len(sets) <= rollout.revision_history_limit:
            return sets
        return clean_up(
            sets,
            self.statuses,
            target=rollout.target,
            limit=rollout.revision_history_limit,
            kept=receivers(routing),
            reasons=self.reasons,
        )

    def counted(self, sets: tuple[SetRecord, ...]) -> Counts:
        counts = conditions.counted(sets, self.statuses, self.state.rollout.target)
        return self.state.counts if counts == self.state.counts else counts

    def waits(self, plan: Plan, target: SetRecord | None) -> bool:
        """Whether no progress is on purpose: the strategy waits for an operator, or for time or sessions to pass.

        The latter where it wants to be asked again while every replica that the target is to have is available.
        """
        if plan.hold is not None:
            return True
        if self.kind is not None or plan.ask_again is None or target is None:
            return False
        status = self.statuses.get(target.name)
        return status is not None and status.available >= target.wanted > 0

    def answered(self, plan: Plan) -> dict[str, Any]:
        """What else of the plan goes into the state."""
        state = self.state
        routing = state.routing if plan.routing == state.routing else plan.routing
        if routing is not state.routing:
            self.reasons.append(Reason("route", routing_words(routing)))
        changes: dict[str, Any] = {
            "routing": routing,
            "memory": kept_memory(plan.memory, state.memory),
            "ask_at": None if plan.ask_again is None else self.now + plan.ask_again,
            "hold": plan.hold,
        }
        if plan.pause is not None:
            self.reasons.append(Reason("pause", f"the strategy pauses: {plan.pause}"))
            changes["rollout"] = attrs.evolve(state.rollout, paused=True)
            changes["generation"] = state.generation + 1
            changes["pause_reason"] = plan.pause
        return changes

    def synced(
        self,
        sets: tuple[SetRecord, ...],
        counts: Counts,
        progressing: Condition | None,
        changes: dict[str, Any],
        answer: Asked | None = None,
    ) -> Synced:
        """Put the new state together, or hand the old one back."""
        state, rollout = self.state, self.state.rollout
        target = _named(sets, rollout.target)
        floor = rollout.replicas if self.kind == "Recreate" else self.bounds.floor
        changes["sets"] = sets
        changes["counts"] = counts
        changes["progressing"] = progressing
        available = conditions.availability(state.available, counts.available, floor, self.now)
        changes["available"] = available
        changes["observed_generation"] = state.generation
        changes["revision"] = target.number if target is not None else state.revision
        if target is not None and conditions.is_complete(counts, rollout.replicas):
            alone = all(each.wanted == 0 for each in sets if each is not target)
            # Of a rollout that was paused on its way and scaled to 0, nothing has been proven.
            proven = rollout.replicas > 0 or not rollout.paused
            if alone and proven and target.wanted == rollout.replicas:
                changes["stable"] = target.name
        if progressing is not None and _says_more(progressing, state.progressing):
            text = conditions.in_words(progressing, state.counts, counts, rollout)
            self.reasons.append(Reason("progressing", text))
        if _says_more(available, state.available):
            text = f"Available becomes {available}: {counts.available} are, at least {floor} have to be"
            self.reasons.append(Reason("available", text))
        changed = {}
        for name, value in changes.items():
            known = getattr(state, name)
            if known is not value and known != value:  # what attrs compares, it compares field by field
                changed[name] = value
        after = attrs.evolve(state, **changed) if changed else state
        settled = changed.keys() <= self.written_last(sets, answer)
        return Synced(after, tuple(self.reasons), answer, settled)

    def written_last(self, sets: tuple[SetRecord, ...], answer: Asked | None) -> frozenset[str]:
        """What another sync at the same moment would not change again, if nothing else has changed.

        The status follows from the rest, but sizes in proportion follow from the status, and so does the cleaning up
        of the history.
        """
        uncleaned = len(sets) > self.state.rollout.revision_history_limit
        return _ASK_AT if answer is None or uncleaned else _STATUS


def _named(sets: tuple[SetRecord, ...], name: str) -> SetRecord | None:
    return next((each for each in sets if each.name == name), None)


def _says_more(condition: Condition, before: Condition | None) -> bool:
    return before is None or (condition.status, condition.reason) != (before.status, before.reason)

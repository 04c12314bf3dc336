"""When the controller syncs: again and again until nothing changes, and next when time alone may change something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnout.controller import conditions
from turnout.controller.arithmetic import requeue_stuck
from turnout.controller.state import Fleet, PlanError, Reason, State, Synced
from turnout.controller.sync import reconcile
from turnout.units import SECOND

if TYPE_CHECKING:
    from turnout.controller.state import Asked
    from turnout.strategy import Strategy

__all__ = ["settle", "wake_at"]


def wake_at(state: State, now: int) -> int | None:
    """Return when to sync next though the fleet reports nothing new, in microseconds; None for never.

    That is when the strategy wants to be asked again, or a second after the progress deadline, as in Kubernetes.
    """
    times = [] if state.ask_at is None else [state.ask_at]
    deadline, condition = state.rollout.progress_deadline_seconds, state.progressing
    if deadline is not None and condition is not None and state.hold is None and not state.rollout.paused:
        since, complete = condition.updated, condition.reason == conditions.AVAILABLE
        if requeue_stuck(deadline, condition.reason, (now - since) / SECOND, complete=complete) is not None:
            times.append(since + (deadline + 1) * SECOND)
    return min((time for time in times if time > now), default=None)


def settle(state: State, fleet: Fleet, strategy: Strategy, now: int) -> Synced:
    """Sync, and have the fleet carry it out, until nothing changes any more.

    Args:
        state: What the controller knows.
        fleet: Where plans are carried out; it has been told of ``state.wanted`` already.
        strategy: Whom to ask.
        now: The time, in microseconds; none passes.

    Returns:
        The settled state, and the reasons of every sync that changed something; or of the one that did not.

    Raises:
        PlanError: If the strategy fails, answers nonsense, or is never content.
    """
    rounds = 1000 + 10 * (state.rollout.replicas + sum(each.wanted for each in state.sets))
    reasons: list[Reason] = []
    before: Asked | None = None
    statuses = fleet.statuses(now)
    for _ in range(rounds):
        synced = reconcile(state, statuses, strategy, now, before)
        if synced.state is not state:
            reasons.extend(synced.reasons)
        if synced.settled:
            return Synced(synced.state, tuple(reasons) or synced.reasons, synced.asked)
        told = state.sets is synced.state.sets and state.routing is synced.state.routing
        state, before = synced.state, synced.asked
        if not told:
            fleet.apply(state.wanted, state.routing, now)
            statuses = fleet.statuses(now)
    raise PlanError(
        strategy.name, f"it never settles: after {rounds} decisions at one moment it still changes"
    )

"""The simulated operator: carries out a runbook, answers a strategy that waits, goes back from a bad revision."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from turnout import controller
from turnout.controller import Refused, SetStatus, State
from turnout.history import Deed
from turnout.routing.timeline import FOREVER
from turnout.simulator.reach import can_reach

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from turnout.runbook import Entry, Runbook, When

__all__ = ["Detection", "Operator", "is_complete"]


def is_complete(state: State) -> bool:
    """Whether the wish is fully carried out: the target at full size and sent requests, no other revision wanted."""
    replicas, target = state.rollout.replicas, state.rollout.target
    counts = state.counts
    return (
        counts.updated == counts.replicas == counts.available == replicas
        and all(each.wanted == (replicas if each.name == target else 0) for each in state.sets)
        and not state.rollout.paused
        and state.routing is not None
        and can_reach(state.routing, target, (target,))
    )


def _is_reached(state: State, revision: str, statuses: Mapping[str, SetStatus]) -> bool:
    """Whether requests can reach a revision now."""
    serving = [name for name, status in statuses.items() if status.endpoints]
    return state.routing is not None and can_reach(state.routing, revision, serving)


def _is_stuck(state: State) -> bool:
    condition = state.progressing
    return condition is not None and condition.reason == "ProgressDeadlineExceeded"


def _waits_for_somebody(state: State) -> bool:
    """Whether it is the strategy that waits: for its promotion or, having paused by itself, to be resumed."""
    return state.pause_reason is not None if state.rollout.paused else state.hold is not None


@attrs.frozen
class Detection:
    """That a revision turns out to be bad, and when somebody notices: the rollout then goes back from it.

    Attributes:
        revision: The name of the bad revision.
        delay: How long after requests can first reach it, in microseconds; a rollout of it that is stuck is noticed
            at once.
    """

    revision: str
    delay: int


class Operator:
    """Does what a runbook says when it says so, and answers a strategy that waits.

    Args:
        runbook: What to do.
        patience: How long a strategy waits before its rollout is resumed or promoted; microseconds. What an operator
            has paused is for an operator to resume. Nor does patience end while the runbook has something to do at a
            moment that is known already: who waits for the strategy is still at work.
        previous: The name of the revision to go back to.
        detection: Which revision turns out to be bad, if one does. Going back from it waits for no entry of the
            runbook; what the runbook has left is not done any more.
    """

    def __init__(
        self, runbook: Runbook, patience: int, previous: str, detection: Detection | None = None
    ) -> None:
        self._entries = runbook.entries
        self._patience = patience
        self._goes_back_to = previous
        self._detection = detection
        self._reached: int | None = None
        self.knows_it_is_bad = False
        self._next = 0
        self._previous = 0
        self._happened: int | None = None
        self._waits_since: int | None = None
        self.deeds: list[Deed] = []

    @property
    def done(self) -> bool:
        """Whether the runbook has no further entry, and nothing bad is still to be noticed."""
        return self.out_of_entries and (self._detection is None or self.knows_it_is_bad)

    @property
    def not_done(self) -> tuple[Entry, ...]:
        """The entries of the runbook that have not been done yet."""
        return self._entries[self._next :]

    @property
    def notices_at(self) -> int:
        """When it will be noticed that the revision is bad, as far as is known yet; `FOREVER` for never."""
        if self._detection is None or self._reached is None or self.knows_it_is_bad:
            return FOREVER
        return self._reached + self._detection.delay

    def trusts(self) -> None:
        """Go on with a revision that is good after all: as if there had been nothing to notice."""
        self._detection = None

    def next_deed(self) -> int:
        """When something is due next whether or not anything happens; `FOREVER` for never."""
        times = [self.notices_at]
        if self._waits_since is not None:
            times.append(self._waits_since + self._patience)
        due = self._due
        if due is not None:
            times.append(due)
        return min(times)

    def act(self, state: State, now: int, statuses: Mapping[str, SetStatus]) -> State:
        """Do at most one thing that is due.

        Args:
            state: What the controller knows, settled.
            now: The time, microseconds.
            statuses: What the fleet reports of each revision's replicas.

        Returns:
            The state with the new wish; the very object that was handed in if nothing was due or done.
        """
        acted = self._notice(state, now, statuses)
        while acted is state and not self.out_of_entries:
            entry = self._entries[self._next]
            if self._happened is None and self._happens(entry.when, state, statuses):
                self._happened = now
            if self._due is None or now < self._due:
                break
            self._next += 1
            self._previous, self._happened = now, None
            acted = self._do(entry, state, now)
        return acted if acted is not state else self._lose_patience(state, now)

    @property
    def out_of_entries(self) -> bool:
        """Whether the runbook has no further entry."""
        return self._next >= len(self._entries)

    @property
    def _due(self) -> int | None:
        """When the next entry is due; None if there is none, or if it waits for something to happen."""
        if self.out_of_entries:
            return None
        when = self._entries[self._next].when
        since = self._since(when)
        return None if since is None else since + when.delay

    def _notice(self, state: State, now: int, statuses: Mapping[str, SetStatus]) -> State:
        """Go back from a revision that has been found to be bad."""
        bad = self._detection
        if bad is None:
            return state
        aimed_at_it = state.rollout.target == bad.revision
        if self._reached is None and _is_reached(state, bad.revision, statuses):
            self._reached = now
        if (self._reached is not None and now >= self._reached + bad.delay) or (
            aimed_at_it and _is_stuck(state)
        ):
            self.knows_it_is_bad = True
        if not (aimed_at_it and self.knows_it_is_bad):
            return state
        self._next = len(self._entries)
        return self._roll_back(state, now)

    def _lose_patience(self, state: State, now: int) -> State:
        """Resume or promote what the strategy has made wait for long enough."""
        if not _waits_for_somebody(state) or self._due is not None:
            self._waits_since = None
            return state
        if self._waits_since is None:
            self._waits_since = now
        if now < self._waits_since + self._patience:
            return state
        self._waits_since = None
        verb = controller.resume if state.rollout.paused else controller.promote
        return self._try(verb.__name__, lambda: verb(state), state, now)

    def _since(self, when: When) -> int | None:
        if when.happening == "start":
            return 0
        return self._previous if when.happening == "previous" else self._happened

    @staticmethod
    def _happens(when: When, state: State, statuses: Mapping[str, SetStatus]) -> bool:
        if when.happening == "available":
            target = statuses.get(state.rollout.target, SetStatus())
            asked = when.available.round_up(state.rollout.replicas) if when.available is not None else 1
            return min(target.available, target.endpoints or 0) >= asked
        if when.happening == "held":
            return state.hold is not None or state.rollout.paused
        if when.happening == "serving":
            return _is_reached(state, state.rollout.target, statuses)
        if when.happening == "complete":
            return is_complete(state)
        return _is_stuck(state)

    def _do(self, entry: Entry, state: State, now: int) -> State:
        argument = entry.argument or ""
        if entry.verb == "rollback":
            return self._roll_back(state, now)
        verbs: dict[str, Callable[[], controller.Answer]] = {
            "pause": lambda: controller.pause(state),
            "resume": lambda: controller.resume(state),
            "promote": lambda: controller.promote(state),
            "abort": lambda: controller.abort(state),
            "undo": lambda: controller.undo(state),
            "scale": lambda: controller.scale(state, int(argument)),
            "set-target": lambda: controller.set_target(state, argument),
        }
        return self._try(entry.verb, verbs[entry.verb], state, now)

    def _roll_back(self, state: State, now: int) -> State:
        """Go back: abort or, where the rollout is over already, undo; where that is refused, aim at what was before.

        Then take away whatever could keep it from going there: resume it, promote it.
        """
        if state.rollout.target == self._goes_back_to:
            return state
        verb = controller.undo if state.stable == state.rollout.target else controller.abort
        back = self._try(verb.__name__, lambda: verb(state), state, now)
        if back is state:
            aim, bridge = controller.set_target, state.rollout.bridge
            back = self._try("set-target", lambda: aim(state, self._goes_back_to, bridge=bridge), state, now)
        if back.rollout.paused:
            paused = back
            back = self._try("resume", lambda: controller.resume(paused), paused, now)
        if not back.rollout.promoted:
            aimed = back
            back = self._try("promote", lambda: controller.promote(aimed), aimed, now)
        return back

    def _try(self, verb: str, do: Callable[[], controller.Answer], state: State, now: int) -> State:
        try:
            answer = do()
        except Refused as refusal:
            self.deeds.append(Deed(time=now, verb=verb, answer=str(refusal), refused=True))
            return state
        self.deeds.append(Deed(time=now, verb=verb, answer=answer.text))
        return answer.state

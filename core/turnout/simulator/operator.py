"""The simulated operator: carries out a runbook, and lets go on what has waited for somebody long enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnout import controller
from turnout.controller import Refused, State
from turnout.history import Deed
from turnout.routing.timeline import FOREVER

if TYPE_CHECKING:
    from collections.abc import Callable

    from turnout.controller import SetStatus
    from turnout.runbook import Entry, Runbook, When

__all__ = ["Operator", "is_complete"]


def is_complete(state: State) -> bool:
    """Whether the wish is fully carried out: the target at full size, and no other revision wanted."""
    replicas, target = state.rollout.replicas, state.rollout.target
    counts = state.counts
    return (
        counts.updated == counts.replicas == counts.available == replicas
        and all(each.wanted == (replicas if each.name == target else 0) for each in state.sets)
        and not state.rollout.paused
    )


class Operator:
    """Does what a runbook says when it says so, and answers a rollout that waits.

    Args:
        runbook: What to do.
        patience: How long a rollout waits before it is resumed or promoted; microseconds.
    """

    def __init__(self, runbook: Runbook, patience: int) -> None:
        self._entries = runbook.entries
        self._patience = patience
        self._next = 0
        self._previous = 0
        self._happened: int | None = None
        self._waits_since: int | None = None
        self.deeds: list[Deed] = []

    @property
    def done(self) -> bool:
        """Whether the runbook has no further entry."""
        return self._next >= len(self._entries)

    def next_deed(self) -> int:
        """When something is due next whether or not anything happens; `FOREVER` for never."""
        times = [FOREVER]
        if self._waits_since is not None:
            times.append(self._waits_since + self._patience)
        if not self.done:
            when = self._entries[self._next].when
            since = self._since(when)
            if since is not None:
                times.append(since + when.delay)
        return min(times)

    def act(self, state: State, now: int, target: SetStatus) -> State:
        """Do at most one thing that is due.

        Args:
            state: What the controller knows, settled.
            now: The time, microseconds.
            target: What the fleet reports of the target's replicas.

        Returns:
            The state with the new wish; the very object that was handed in if nothing was due or done.
        """
        waits = state.hold is not None or state.rollout.paused
        if not waits:
            self._waits_since = None
        elif self._waits_since is None:
            self._waits_since = now
        if not self.done:
            entry = self._entries[self._next]
            if self._happened is None and self._happens(entry.when, state, target):
                self._happened = now
            since = self._since(entry.when)
            if since is not None and now >= since + entry.when.delay:
                self._next += 1
                self._previous, self._happened = now, None
                return self._do(entry, state, now)
        if self._waits_since is not None and now >= self._waits_since + self._patience:
            self._waits_since = None
            verb = controller.resume if state.rollout.paused else controller.promote
            return self._try(verb.__name__, lambda: verb(state), state, now)
        return state

    def _since(self, when: When) -> int | None:
        if when.happening == "start":
            return 0
        return self._previous if when.happening == "previous" else self._happened

    @staticmethod
    def _happens(when: When, state: State, target: SetStatus) -> bool:
        serving = target.endpoints or 0
        if when.happening == "available":
            asked = when.available.round_up(state.rollout.replicas) if when.available is not None else 1
            return min(target.available, serving) >= asked
        if when.happening == "held":
            return state.hold is not None or state.rollout.paused
        if when.happening == "serving":
            return serving > 0
        if when.happening == "complete":
            return is_complete(state)
        condition = state.progressing
        return condition is not None and condition.reason == "ProgressDeadlineExceeded"

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
        """Abort; or, where the rollout is over already, undo it and promote what was there before."""
        if state.stable != state.rollout.target:
            return self._try("abort", lambda: controller.abort(state), state, now)
        undone = self._try("undo", lambda: controller.undo(state), state, now)
        if undone is state:
            return state
        return self._try("promote", lambda: controller.promote(undone), undone, now)

    def _try(self, verb: str, do: Callable[[], controller.Answer], state: State, now: int) -> State:
        try:
            answer = do()
        except Refused as refusal:
            self.deeds.append(Deed(time=now, verb=verb, answer=str(refusal), refused=True))
            return state
        self.deeds.append(Deed(time=now, verb=verb, answer=answer.text))
        return answer.state

"""Replays recorded runs of the real Deployment controller against turnout's, and prints each disagreement.

turnout's controller drives turnout's `rolling` or `recreate` on turnout's simulated fleet.

``python -m tests.replay FILE`` exits with 1 if there is one, and with 2 if the file cannot be used. The form of the
file, and the meaning of every action and field, is that of ``../shared/reference/recordings.md``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

import attrs

from tests.controller.pods import Pods
from tests.replay_fleet import LedFleet
from tests.replay_form import FormError, check_form
from turnout import Rollout, Strategy, TurnoutError
from turnout.controller import (
    Answer,
    Refused,
    State,
    apply,
    create,
    pause,
    resume,
    scale,
    set_target,
    settle,
    undo,
    wake_at,
)
from turnout.controller import Fleet as ControllersFleet
from turnout.units import SECOND
from turnout_strategies.recreate import Recreate
from turnout_strategies.rolling import Rolling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["Cluster", "Disagreement", "Fleet", "exact", "main", "replayed", "simulated"]

Json = dict[str, Any]
GOING_ON = ("True/NewReplicaSetCreated", "True/FoundNewReplicaSet", "True/ReplicaSetUpdated")
"""Reasons that depend on how many syncs the real controllers needed: one value."""
RACY = (*GOING_ON, "True/NewReplicaSetAvailable")
"""Reasons that a step marked ``not_compared`` may have."""


class Fleet(ControllersFleet, Protocol):
    """What the recorded actions need of a fleet; everything at one moment, in virtual time."""

    def ready(self, image: str, count: int, now: int) -> None: ...
    def unready(self, image: str, count: int) -> None: ...
    def delete_pods(self, image: str, count: int, *, ready: bool) -> None: ...
    def hold(self) -> None: ...
    def release(self) -> None: ...
    def next_change(self, now: int) -> int | None: ...
    def live_pods(self) -> int: ...
    def terminating_pods(self) -> int: ...


@attrs.frozen
class Disagreement:
    run: str
    step: int
    action: str
    field: str
    expected: object
    got: object

    def __str__(self) -> str:
        where = f"{self.run}: step {self.step} ({self.action})"
        return f"{where}: {self.field}: expected {self.expected!r}, got {self.got!r}"


@attrs.define
class Cluster:
    """One recorded Deployment, driven by turnout's controller."""

    parameters: Json
    strategy: Strategy
    fleet: Fleet
    state: State | None = None
    now: int = 0

    @classmethod
    def of(cls, parameters: Json, fleet: Callable[[Json], Fleet] | None = None) -> Self:
        strategy: Strategy = Recreate()
        if parameters["strategy"] == "RollingUpdate":
            strategy = Rolling(
                max_surge=parameters["max_surge"], max_unavailable=parameters["max_unavailable"]
            )
        return cls(parameters, strategy, (fleet or exact)(parameters))

    def act(self, action: Json) -> Json | None:
        """Do one recorded action, and settle; return what the verb answered, if it is one that answers."""
        do, now = action["do"], self.now
        answered: Answer | None = None
        try:
            if do == "create":
                self.state = create(self.rollout(action), name="d").state
            else:
                answered = self.verb(action)
        except Refused as refusal:
            return {"exit": 1, "text": str(refusal)}
        if answered is not None:
            self.state = answered.state
        elif do == "set":
            self.set_strategy(action)
        elif do in ("ready", "unready", "delete_pod"):
            self.pods(action)
        elif do == "hold_terminations":
            self.fleet.hold()
        elif do == "release_terminations":
            self.fleet.release()
        elif do == "wait":
            self.wait(now + round(action["seconds"] * SECOND))
        elif do != "create":
            raise ValueError(f"unknown action {do!r}")
        self.settle()
        return {"exit": 0, "text": answered.text} if answered and do in ("pause", "resume", "undo") else None

    def rollout(self, action: Json) -> Rollout:
        names = ("replicas", "min_ready_seconds", "progress_deadline_seconds", "revision_history_limit")
        wish = {name: self.parameters[name] for name in names if name in self.parameters}
        return Rollout(target=action["image"], paused=action["paused"], **wish)

    def verb(self, action: Json) -> Answer | None:
        state = self.known
        verbs: dict[str, Callable[[], Answer]] = {
            "pause": lambda: pause(state),
            "resume": lambda: resume(state),
            "undo": lambda: undo(state, action.get("to_revision") or 0),
            "set_image": lambda: set_target(state, action["image"]),
            "scale": lambda: scale(state, action["replicas"]),
            "scale_and_set_image": lambda: set_target(
                scale(state, action["replicas"]).state, action["image"]
            ),
        }
        verb = verbs.get(action["do"])
        return verb() if verb else None

    def set_strategy(self, action: Json) -> None:
        surge = {name: action[name] for name in ("max_surge", "max_unavailable") if name in action}
        if surge:
            if not isinstance(self.strategy, Rolling):
                raise ValueError(f"Recreate has no {' or '.join(surge)}")
            self.strategy = attrs.evolve(self.strategy, **surge)
        if "revision_history_limit" in action:
            limit = action["revision_history_limit"]
            wish = attrs.evolve(self.known.rollout, revision_history_limit=limit)
            self.state = apply(self.known, wish).state

    def pods(self, action: Json) -> None:
        count = sys.maxsize if action["count"] == "all" else action["count"]
        match action["do"]:
            case "ready":
                self.fleet.ready(action["image"], count, self.now)
            case "unready":
                self.fleet.unready(action["image"], count)
            case _:
                self.fleet.delete_pods(action["image"], count, ready=action["which"] == "ready")

    def wait(self, end: int) -> None:
        while True:
            changes = (self.fleet.next_change(self.now), wake_at(self.known, self.now))
            self.now = min([end, *(time for time in changes if time is not None)])
            if self.now >= end:
                return
            self.settle()

    def settle(self) -> None:
        # The controller sees what happened to the pods before they are replaced, as it does in life.
        self.state = settle(self.known, self.fleet, self.strategy, self.now).state
        self.fleet.apply(self.state.wanted, self.state.routing, self.now)
        self.state = settle(self.state, self.fleet, self.strategy, self.now).state

    @property
    def known(self) -> State:
        if self.state is None:
            raise ValueError("the first step is not 'create'")
        return self.state

    def seen(self) -> Json:
        """Return the state in the form of the recordings."""
        state, statuses = self.known, self.fleet.statuses(self.now)
        sets = {}
        for each in state.sets:
            status = statuses.get(each.name)
            sets[each.name] = {
                "spec": each.wanted,
                "actual": status.replicas if status else 0,
                "ready": status.ready if status else 0,
                "available": status.available if status else 0,
                "revision": each.number,
                "desired": each.desired_replicas,
                "max": each.max_replicas,
            }
        counts = attrs.asdict(state.counts)
        del counts["terminating"]
        return {
            "rs": sets,
            "status": counts,
            "conditions": {
                "progressing": None if state.progressing is None else str(state.progressing),
                "available": None if state.available is None else str(state.available),
            },
            "revision": state.revision,
            "live_pods": self.fleet.live_pods(),
            "terminating_pods": self.fleet.terminating_pods(),
        }


@attrs.define
class ExactPods(Pods):
    """The exact fleet, with what the recorded actions need."""

    def delete_pods(self, image: str, count: int, *, ready: bool) -> None:
        self.delete(self.live(image, ready=ready)[:count])

    def live_pods(self) -> int:
        return sum(not pod.terminating for pod in self.pods)

    def terminating_pods(self) -> int:
        return sum(pod.terminating for pod in self.pods)


def exact(parameters: Json) -> Fleet:
    return ExactPods(min_ready_seconds=parameters.get("min_ready_seconds") or 0)


def flat(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Return every field with its path, such as ``rs.v1.spec``; an image that has no replica set has no fields."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flat(inner, f"{path}.{key}" if path else key)
    else:
        yield path, value


def alike(field: str, expected: object, got: object, not_compared: Sequence[str]) -> bool:
    if field == "conditions.progressing":
        same = RACY if field in not_compared else GOING_ON
        if expected in same and got in same:
            return True
    elif field in not_compared:
        return True
    return expected == got


def compared(expected: Json, got: Json, not_compared: Sequence[str]) -> Iterator[tuple[str, object, object]]:
    wanted, answered = dict(flat(expected)), dict(flat(got))
    for field in sorted(wanted.keys() | answered.keys()):
        # An absent status number is 0; an absent replica set differs in every field.
        missing = 0 if field.startswith("status.") else None
        pair = wanted.get(field, missing), answered.get(field, missing)
        if not alike(field, *pair, not_compared):
            yield field, *pair


def simulated(parameters: Json, *, seed: int = 0) -> Fleet:
    return LedFleet(parameters.get("min_ready_seconds") or 0, seed=seed)


def replayed(run: Json, fleet: Callable[[Json], Fleet] = simulated) -> Iterator[Disagreement]:
    """Replay one run on turnout's simulated fleet or another, and return every field in which it disagrees."""
    cluster = Cluster.of(run["parameters"], fleet)
    for number, step in enumerate(run["steps"], start=1):
        action = step["action"]
        where = (run["title"], number, " ".join(str(value) for value in action.values()))
        try:
            output = cluster.act(action)
        except (LookupError, ValueError, TurnoutError) as error:
            raise FormError(f"{where[0]}: step {number} ({where[2]}): it cannot be done: {error}") from error
        if output != step.get("output"):
            yield Disagreement(*where, "output", step.get("output"), output)
        for field, expected, got in compared(step["state"], cluster.seen(), step.get("not_compared", [])):
            yield Disagreement(*where, field, expected, got)


def main(arguments: Sequence[str]) -> int:
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m tests.replay FILE\n")
        return 2
    disagreements = 0
    try:
        runs: list[Json] = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
        check_form(runs)
        for run in runs:
            for disagreement in replayed(run):
                sys.stdout.write(f"{disagreement}\n")
                disagreements += 1
    except (OSError, ValueError, RecursionError) as error:
        what = " ".join(str(error).split())
        sys.stderr.write(f"{arguments[0]}: {what}\n")
        return 2
    steps = sum(len(run["steps"]) for run in runs)
    sys.stdout.write(f"{len(runs)} runs, {steps} steps, {disagreements} disagreements\n")
    return 1 if disagreements else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

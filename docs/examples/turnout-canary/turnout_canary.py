"""Canary: new sessions go to the new revision by weight, in steps; and an invariant that says so."""

from collections.abc import Iterable
from itertools import pairwise
from typing import ClassVar

import attrs

from turnout import (
    Bounds,
    Duration,
    InputError,
    Invariant,
    Observation,
    Plan,
    Promise,
    Proviso,
    Routing,
    Split,
    Sticky,
    Strategy,
    Trace,
    Violation,
    hookimpl,
    seconds,
)

__all__ = ["WEIGHT_HOLDS", "Canary", "turnout_invariants", "turnout_strategies"]


def _shares(routing: Routing) -> dict[str, float] | None:
    choice = routing.new if isinstance(routing, Sticky) else routing
    return choice.shares if isinstance(choice, Split) else None


def _weight_holds(trace: Trace) -> Violation | None:
    """Find a session that was moved between two changes of the weights: moving sessions is what shifts the share."""
    changes = [
        after.time for before, after in trace.steps if _shares(before.routing) != _shares(after.routing)
    ]
    for (session, _), answers in trace.by_session.items():
        served = sorted((each for each in answers if each.served), key=lambda each: each.time)
        for before, after in pairwise(served):
            if before.revision == after.revision or any(before.time < at <= after.time for at in changes):
                continue
            shares = _shares(trace.at(after.time).routing)
            if shares is None or len(shares) < 2 or trace.parted_by_weather(before, after):
                continue
            asked = ", ".join(f"{name} {100 * share:.3g} %" for name, share in sorted(shares.items()))
            text = f"session {session} was moved from {before.revision} to {after.revision} while the weights stood at"
            return Violation(time=after.time, text=f"{text} {asked}")
    return None


WEIGHT_HOLDS = Invariant(
    name="weight-holds",
    statement="While the weights stay, no session is moved: the share of sessions on a revision stays what was asked.",
    check=_weight_holds,
)

SHORT_SESSIONS = Proviso(
    "a session is over within drain_timeout, and half an hour",
    lambda trace: all(
        max(each.time for each in answers) - min(each.time for each in answers)
        <= min(getattr(trace.strategy, "drain_timeout", 0), seconds(1800))
        for answers in trace.by_session.values()
    ),
)
CERTAIN = Proviso(
    "what the controller is told is not stale, and no replica fails",
    lambda trace: (
        not trace.weather.stale
        and not any(each.what in ("killed", "crashed", "not ready") for each in trace.history.happenings)
    ),
)
AIMED = Proviso(
    "no third revision becomes the target on the way, and it is not scaled to 0",
    lambda trace: (
        len({moment.rollout.target for moment in trace.history.moments}) <= 2
        and all(moment.rollout.replicas for moment in trace.history.moments)
    ),
)


def _weights(text: str) -> tuple[int, ...]:
    parts = text.split("-")
    if not all(part.isdecimal() and 0 < int(part) < 100 for part in parts):
        raise InputError(
            f"{text!r} are no weights", where="weights", hint="write percentages such as 10-30-60"
        )
    found = tuple(map(int, parts))
    if sorted(set(found)) != list(found):
        raise InputError(f"the weights {text} do not go up", where="weights", hint="write them as 10-30-60")
    return found


def _check_weights(instance: object, attribute: object, value: str) -> None:
    del instance, attribute
    _weights(value)


@attrs.frozen(kw_only=True)
class Canary(Strategy):
    """Bring up the new revision beside the old one, and give it new sessions by weight, step by step.

    A session stays where it began: a raised weight moves no one back, and no one on. After the last step new sessions
    all go to the new revision; the old one is taken away when its sessions are over, or `drain_timeout` has passed.
    """

    name: ClassVar[str] = "canary"
    promises: ClassVar[tuple[Promise, ...]] = (
        Promise("weight-holds", CERTAIN),
        Promise("one-version-per-session", (SHORT_SESSIONS, CERTAIN, AIMED)),
        Promise("never-backwards", AIMED),
        Promise("surge-ceiling"),
        Promise("paused-means-still"),
        Promise("converges"),
        Promise("undo-restores"),
    )

    weights: str = attrs.field(
        default="10-30-60",
        validator=_check_weights,
        metadata={
            "doc": "share of new sessions at each step before the last, in percent",
            "examples": ("10-30-60", "50", "1-10-99", "5-95"),
        },
    )
    pause: Duration = attrs.field(default=seconds(60), metadata={"doc": "how long each step lasts"})
    approve: bool = attrs.field(
        default=False, metadata={"doc": "stay at the first step until an operator promotes"}
    )
    drain_timeout: Duration = attrs.field(
        default=seconds(3600), metadata={"doc": "how long sessions may stay on the old revision"}
    )

    def bounds(self, replicas: int) -> Bounds:
        """Two full fleets at most."""
        return Bounds(floor=0, ceiling=2 * replicas)

    def decide(self, seen: Observation) -> Plan:
        """Bring the target up, take the next step when its time has come, and retire what is not needed."""
        replicas, target = seen.rollout.replicas, seen.target
        old = self._base(seen)
        wanted = {each.name: min(each.wanted, replicas) for each in seen.replica_sets}
        for each in seen.others:
            if each.name != old:
                wanted[each.name] = 0
        others = sum(size for name, size in wanted.items() if name != target.name)
        wanted[target.name] = max(0, min(replicas, 2 * replicas - others))
        if old is None:
            return Plan(
                wanted=wanted, routing=Sticky(new=Split({target.name: 1})), because="nothing else runs"
            )
        memory = {"target": target.name, "step": 0, "since": seen.time}
        if seen.memory.get("target") == target.name:
            memory = {**memory, **seen.memory}
        elif target.name == seen.stable:
            memory["step"] = len(_weights(self.weights)) + 1  # back at once
        return self._stepped(seen, old, wanted, memory)

    def _base(self, seen: Observation) -> str | None:
        """The revision that the target replaces: the stable one, or else the largest that is there."""
        there = [each for each in seen.others if each.wanted]
        best = max(there, key=lambda each: (each.name == seen.stable, each.in_service), default=None)
        return None if best is None else best.name

    def _stepped(self, seen: Observation, old: str, wanted: dict[str, int], memory: dict) -> Plan:
        steps, target = (0, *_weights(self.weights), 100), seen.target
        step, hold, ask = int(memory["step"]), None, None
        ready = target.in_service >= seen.rollout.replicas
        left = int(memory["since"]) + (self.pause if 0 < step < len(steps) - 1 else 0) - seen.time
        if step == 1 and self.approve and not seen.rollout.promoted:
            hold = f"{target.name} waits at {steps[1]} %"
        elif step < len(steps) - 1 and ready and left <= 0:
            step += 1
            memory.update(step=step, since=seen.time)
            left = self.pause
        if 0 < step < len(steps) - 1 and hold is None and left > 0:
            ask = Duration(left)
        if not ready and step == len(steps) - 1 and not target.in_service:
            step = 0  # nothing of it serves: new sessions go where something does
        released = ()
        if step == len(steps) - 1:
            ask, gone, released = self._drained(seen, old, int(memory["since"]))
            wanted[old] = 0 if gone and ready else wanted[old]
        weights = {old: 100 - steps[step], target.name: steps[step]}
        if not wanted[old]:
            weights = {target.name: 100}
        routing = Sticky(new=Split(weights), idle_timeout=seconds(1800), released=released)
        return Plan(
            wanted=wanted,
            routing=routing,
            memory=memory,
            ask_again=ask,
            hold=hold,
            because=f"step {step} of {len(steps) - 1}: {steps[step]} % of new sessions go to {target.name}",
        )

    def _drained(
        self, seen: Observation, old: str, since: int
    ) -> tuple[Duration | None, bool, tuple[str, ...]]:
        """When to look again, whether the old revision may go, and whether its sessions are asked to leave."""
        left = since + self.drain_timeout - seen.time
        if seen.rollout.target == seen.stable or left <= 0:
            grace = since + max(0, self.drain_timeout if left <= 0 else 0) + seconds(30) - seen.time
            return (Duration(grace), False, (old,)) if grace > 0 else (None, True, (old,))
        if seen.of(old).live_sessions == 0 and seen.time > since:
            return None, True, ()
        return Duration(min(left, max(seconds(10), self.drain_timeout // 30))), False, ()


@hookimpl
def turnout_strategies() -> Iterable[type[Strategy]]:
    """Give the strategy to turnout."""
    return [Canary]


@hookimpl
def turnout_invariants() -> Iterable[Invariant]:
    """Give what a canary is for."""
    return [WEIGHT_HOLDS]

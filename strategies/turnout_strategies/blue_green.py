"""Blue-green: a full second fleet, a preview, a promotion, and a switch at one moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import attrs

from turnout import (
    Bounds,
    Duration,
    Observation,
    Plan,
    Promise,
    ReplicaSet,
    Routing,
    Split,
    Sticky,
    Strategy,
    hookimpl,
    seconds,
)
from turnout_strategies.draining import TOLD_WITHIN, Draining, Scratch
from turnout_strategies.provisos import (
    KEPT_UP,
    SEEN_TO_FAIL,
    TOLD_IN_TIME,
    pages_within,
    parameters_such_that,
    sessions_within,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from turnout import ManifestStrategy

__all__ = ["BlueGreen", "turnout_strategies"]

_KEPT_UNTIL_TOLD = parameters_such_that(
    f"scale_down_delay_seconds is at least {TOLD_WITHIN // seconds(1)}s",
    lambda strategy: strategy.scale_down_delay_seconds >= TOLD_WITHIN,
)
"""Until every proxy follows the switch, some send requests to the old fleet, which whoever says 0s does not keep."""


@attrs.frozen(kw_only=True)
class BlueGreen(Strategy):
    """Bring up a full second fleet beside the first, then send everything to it at one moment.

    The parameters have the names and defaults of Argo Rollouts' ``blueGreen``, and `switch` besides.
    """

    name: ClassVar[str] = "blue-green"
    carries_out: ClassVar[Mapping[ManifestStrategy, Mapping[str, object]]] = {"blueGreen": {}}
    promises: ClassVar[tuple[Promise, ...]] = (
        Promise("one-active-revision"),
        Promise(
            "one-version-per-page",
            (
                pages_within(
                    "a page loads within asset_grace, and idle_timeout",
                    lambda strategy: min(strategy.asset_grace, strategy.idle_timeout),
                ),
                KEPT_UP,
            ),
            {"switch": ("page",)},
        ),
        Promise(
            "one-version-per-page",
            (
                pages_within(
                    "a page loads within asset_grace, and idle_timeout",
                    lambda strategy: min(strategy.asset_grace, strategy.idle_timeout),
                ),
                KEPT_UP,
                TOLD_IN_TIME,
            ),
            {"switch": ("drain",)},
        ),
        Promise(
            "one-version-per-session",
            (
                sessions_within(
                    "a session is over within drain_timeout and idle_timeout",
                    lambda strategy: min(strategy.drain_timeout, strategy.idle_timeout),
                ),
                KEPT_UP,
                TOLD_IN_TIME,
            ),
            {"switch": ("drain",)},
        ),
        Promise("never-backwards"),
        Promise("capacity-floor", SEEN_TO_FAIL),
        Promise("surge-ceiling"),
        Promise("paused-means-still"),
        Promise("no-request-to-the-unready", (SEEN_TO_FAIL, _KEPT_UNTIL_TOLD), {"switch": ("instant",)}),
        Promise("no-request-to-the-unready", SEEN_TO_FAIL, {"switch": ("page", "drain")}),
        Promise("converges"),
        Promise("undo-restores"),
    )

    auto_promotion: bool = attrs.field(
        default=True,
        metadata={"doc": "switch by itself once the new fleet is available; otherwise wait for promote"},
    )
    auto_promotion_seconds: Duration = attrs.field(
        default=seconds(0),
        metadata={"doc": "how long the new fleet is previewed before it is promoted by itself"},
    )
    preview_replicas: int | None = attrs.field(
        default=None,
        validator=attrs.validators.optional(attrs.validators.ge(1)),
        metadata={"doc": "size of the new fleet until it is promoted; the full size if left out"},
    )
    scale_down_delay_seconds: Duration = attrs.field(
        default=seconds(30), metadata={"doc": "how long the old fleet is kept after the switch"}
    )
    abort_scale_down_delay_seconds: Duration = attrs.field(
        default=seconds(30),
        metadata={"doc": "how long a new fleet that was never promoted is kept after an abort"},
    )
    switch: Literal["instant", "page", "drain"] = attrs.field(
        default="instant",
        metadata={"doc": "what moves at the switch: every request, every new page, or only new sessions"},
    )
    drain_timeout: Duration = attrs.field(
        default=seconds(3600),
        metadata={"doc": "with switch=drain: how long old sessions may stay on the old fleet"},
    )
    idle_timeout: Duration = attrs.field(
        default=seconds(1800),
        metadata={"doc": "with switch=drain: a session is over after this long without a request"},
    )
    asset_grace: Duration = attrs.field(
        default=seconds(30), metadata={"doc": "how long assets still follow a document of the old fleet"}
    )

    def bounds(self, replicas: int) -> Bounds:
        """One full fleet at least, two at most."""
        return Bounds(floor=replicas, ceiling=2 * replicas)

    def decide(self, seen: Observation) -> Plan:
        """Bring the target up, switch when it may, and take away what nobody needs any more."""
        memory = self._remembered(seen)
        active, hold, ask, because = self._promote(seen, memory)
        wanted = seen.wanted
        wanted[active] = seen.rollout.replicas
        waits: list[Duration | None] = [ask]
        for old in seen.replica_sets:
            if old.name == active or (old.name == seen.rollout.target and active != seen.rollout.target):
                continue
            wanted[old.name], wait = self._retire(old, seen, memory)
            waits.append(wait)
        if active != seen.rollout.target:
            wanted |= self._preview(seen, wanted, memory)
        self._forget(seen, memory, active)
        return Plan(
            wanted=wanted,
            routing=self._routing(active, seen, memory),
            memory=memory,
            ask_again=min((each for each in waits if each is not None), default=None),
            hold=hold,
            because=because,
        )

    def _promote(self, seen: Observation, memory: Scratch) -> tuple[str, str | None, Duration | None, str]:
        """Say which revision is to be active now; why it waits for an operator; when to look again; and why."""
        active, target, now = str(memory["active"]), seen.target, seen.time
        if active == target.name:
            memory.pop("previewed", None)
            return active, None, None, f"{active} is active"
        full, size = seen.rollout.replicas, self._size(seen)
        goes_back = f"left:{target.name}" in memory and target.in_service >= full
        if not goes_back:
            if target.in_service < size:
                memory.pop("previewed", None)
                return active, None, None, f"{target.in_service} of {size} previewed replicas are in service"
            previewed = memory.setdefault("previewed", now)
            wait = int(previewed or 0) + self.auto_promotion_seconds - now
            if not seen.rollout.promoted and not self.auto_promotion:
                return active, f"{target.name} waits for its promotion", None, "auto_promotion is off"
            if not seen.rollout.promoted and wait > 0:
                return active, None, Duration(wait), "auto_promotion_seconds are not over"
            memory["promoted"] = target.name
            if target.in_service < full:
                return active, None, None, f"{target.in_service} of {full} replicas are in service"
        memory[f"left:{active}"] = now
        memory.pop(f"left:{target.name}", None)
        if goes_back or target.created < seen.of(active).created:
            memory[f"withdrawn:{active}"] = True
        memory["active"] = target.name
        memory.pop("previewed", None)
        return target.name, None, None, f"all {full} replicas of {target.name} are in service: switch"

    def _remembered(self, seen: Observation) -> Scratch:
        """The memory; where it was lost, what can be seen of it: which revision is active, and which were before."""
        memory: Scratch = dict(seen.memory)
        known = {each.name for each in seen.replica_sets}
        if memory.get("active") in known:
            return memory
        active = memory["active"] = self._seen_active(seen)
        released = seen.routing.released if isinstance(seen.routing, Sticky) else ()
        for old in seen.replica_sets:
            if old.name in {active, seen.rollout.target} or not old.wanted:
                continue
            memory[f"left:{old.name}"] = seen.time
            if old.name in released:
                memory[f"released:{old.name}"] = seen.time
        return memory

    @staticmethod
    def _seen_active(seen: Observation) -> str:
        """Where new requests go, if a replica is in service there; else the revision with most, at best the stable."""
        choice = seen.routing.new if isinstance(seen.routing, Sticky) else seen.routing
        shares = choice.shares if isinstance(choice, Split) else {}
        best = max(
            seen.replica_sets,
            key=lambda each: (
                min(each.in_service, 1) * shares.get(each.name, 0.0),
                each.in_service,
                each.name == seen.stable,
                each.available,
                shares.get(each.name, 0.0),
            ),
            default=seen.target,
        )
        return best.name

    def _size(self, seen: Observation) -> int:
        full = seen.rollout.replicas
        return full if self.preview_replicas is None else min(self.preview_replicas, full)

    def _preview(self, seen: Observation, wanted: dict[str, int], memory: Scratch) -> dict[str, int]:
        """The target's size before the switch, within two full fleets; what was never promoted makes room at once."""
        target, full = seen.target, seen.rollout.replicas
        size = full if memory.get("promoted") == target.name else self._size(seen)
        size = max(size, min(target.wanted, full))
        others = {name: number for name, number in wanted.items() if name != target.name}
        ceiling = self.bounds(full).ceiling
        for name, number in others.items():
            if f"dropped:{name}" in memory and f"left:{name}" not in memory:
                others[name] -= max(0, min(number, sum(others.values()) + size - ceiling))
        return {**others, target.name: max(0, min(size, ceiling - sum(others.values())))}

    def _retire(self, old: ReplicaSet, seen: Observation, memory: Scratch) -> tuple[int, Duration | None]:
        """How many replicas a revision keeps that is neither active nor the target, and when to look again."""
        now, keep = seen.time, min(old.wanted, seen.rollout.replicas)
        if not old.wanted:
            return 0, None
        left = memory.get(f"left:{old.name}")
        if not isinstance(left, int):
            dropped = memory.setdefault(f"dropped:{old.name}", now)
            return self._until(int(dropped or 0) + self.abort_scale_down_delay_seconds, now, keep)
        if seen.of(str(memory["active"])).available < seen.rollout.replicas:
            return keep, None  # the active fleet is not what it should be: this one may be needed again
        delay: int = self.scale_down_delay_seconds
        if self.switch == "page":
            delay = max(delay, TOLD_WITHIN + self.asset_grace)
        if self.switch == "drain":
            draining = Draining(drain_timeout=self.drain_timeout, asset_grace=self.asset_grace)
            withdrawn = f"withdrawn:{old.name}" in memory
            wait = draining.wait(old, left, now, memory, withdrawn=withdrawn)
            if wait is not None:
                return keep, wait
        return self._until(left + delay, now, keep)

    @staticmethod
    def _until(end: int, now: int, keep: int) -> tuple[int, Duration | None]:
        return (keep, Duration(end - now)) if now < end else (0, None)

    @staticmethod
    def _forget(seen: Observation, memory: Scratch, active: str) -> None:
        """Drop notes about revisions that are gone or in use again."""
        gone = {each.name for each in seen.replica_sets if not each.wanted and not each.replicas}
        known = {each.name for each in seen.replica_sets}
        for key in list(memory):
            topic, _, name = key.partition(":")
            if (name and (name in gone or name not in known or name == active)) or (
                topic == "dropped" and name == seen.rollout.target
            ):
                del memory[key]
        if memory.get("promoted") != seen.rollout.target or active == seen.rollout.target:
            memory.pop("promoted", None)

    def _routing(self, active: str, seen: Observation, memory: Scratch) -> Routing:
        new = Split({active: 1})
        if self.switch == "instant":
            return new
        if self.switch == "page":
            return Sticky(unit="page", new=new)
        released = tuple(each.name for each in seen.replica_sets if f"released:{each.name}" in memory)
        return Sticky(new=new, idle_timeout=self.idle_timeout, released=released)


@hookimpl
def turnout_strategies() -> Iterable[type[Strategy]]:
    """Give the strategy to the host."""
    return [BlueGreen]

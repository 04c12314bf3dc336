"""Session affinity: a rolling update in which sessions stay on the revision, or the replica, where they began."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import attrs

from turnout import (
    Bounds,
    Duration,
    IntOrPercent,
    Observation,
    Plan,
    Promise,
    ReplicaSet,
    Split,
    Sticky,
    Strategy,
    hookimpl,
    int_or_percent,
    resolve_fenceposts,
    seconds,
)
from turnout_strategies.draining import Draining, Scratch
from turnout_strategies.rolling import Rolling

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["SessionAffinity", "turnout_strategies"]

_BY_REVISION = {"to": ("revision",)}


@attrs.frozen(kw_only=True)
class SessionAffinity(Strategy):
    """Roll over replica by replica; a session stays where it began, and only new sessions move.

    With ``to="revision"`` the new revision gets new sessions in proportion to its replicas. An old revision keeps at
    least its live sessions' share of the replicas, and its last one until its sessions are over or `drain_timeout` has
    passed. With ``to="replica"`` it is a Deployment behind a Service with ``sessionAffinity: ClientIP``: nothing waits
    for sessions, and each of them moves when its replica goes.
    """

    name: ClassVar[str] = "session-affinity"
    promises: ClassVar[tuple[Promise, ...]] = (
        Promise("one-version-per-session", "its revision lives, and nobody goes back", _BY_REVISION),
        Promise("one-version-per-page", "a page loads within asset_grace", _BY_REVISION),
        Promise("never-backwards", "nobody goes back", _BY_REVISION),
        Promise("capacity-floor", "min_ready_seconds is 0, or no replica fails on the way"),
        Promise("surge-ceiling"),
        Promise("paused-means-still"),
        Promise("converges"),
        Promise("undo-restores"),
    )

    to: Literal["revision", "replica"] = attrs.field(
        default="revision",
        validator=attrs.validators.in_(("revision", "replica")),
        metadata={"doc": "what a session is pinned to"},
    )
    max_surge: IntOrPercent = attrs.field(
        default=IntOrPercent(25, percent=True),
        converter=int_or_percent,
        metadata={"doc": "replicas above the wanted number, rounded up"},
    )
    max_unavailable: IntOrPercent = attrs.field(
        default=IntOrPercent(25, percent=True),
        converter=int_or_percent,
        metadata={"doc": "replicas that may be missing, rounded down"},
    )
    drain_timeout: Duration = attrs.field(
        default=seconds(3600),
        metadata={"doc": "how long sessions may stay on a revision that gets no new ones"},
    )
    idle_timeout: Duration | None = attrs.field(
        default=None,
        metadata={
            "doc": "a pin is forgotten after this long without a request; left out: 30m, or 3h for a replica"
        },
    )
    asset_grace: Duration = attrs.field(
        default=seconds(30),
        metadata={"doc": "how long assets still follow their document once documents have left"},
    )

    def __attrs_post_init__(self) -> None:
        """Refuse the steps that a rolling update refuses."""
        Rolling(max_surge=self.max_surge, max_unavailable=self.max_unavailable)

    def bounds(self, replicas: int) -> Bounds:
        """The wanted number less what may be missing, up to the wanted number and the surge."""
        surge, unavailable = resolve_fenceposts(self.max_surge, self.max_unavailable, replicas)
        return Bounds(floor=replicas - min(unavailable, replicas), ceiling=replicas + surge)

    def decide(self, seen: Observation) -> Plan:
        """Take the next step: grow the new, shrink the old as far as capacity and sessions allow."""
        if self.to == "replica":
            plan = Rolling(max_surge=self.max_surge, max_unavailable=self.max_unavailable).decide(seen)
            return attrs.evolve(
                plan, routing=Sticky(to="replica", idle_timeout=self.idle_timeout or seconds(10_800))
            )
        memory: Scratch = dict(seen.memory)
        kept, waits = self._kept(seen, memory)
        wanted, because = self._step(seen, kept)
        routing = self._routing(seen, wanted, memory)
        return Plan(
            wanted=wanted,
            routing=routing,
            memory=memory,
            ask_again=min(waits, default=None),
            because=because,
        )

    @property
    def _draining(self) -> Draining:
        return Draining(drain_timeout=self.drain_timeout, asset_grace=self.asset_grace)

    def _kept(self, seen: Observation, memory: Scratch) -> tuple[Mapping[str, int], list[Duration]]:
        """How many replicas each old revision keeps for its sessions, and how soon to look again.

        Notes which revisions are closed to new sessions, and since when.
        """
        n, target, bounds = seen.rollout.replicas, seen.target, self.bounds(seen.rollout.replicas)
        sessions = sum(each.live_sessions or 0 for each in seen.replica_sets)
        known = {each.name for each in seen.others if each.wanted}
        for key in list(memory):
            if key.partition(":")[2] not in known:
                del memory[key]
        kept, waits = {}, []
        for old in seen.others:
            if not old.wanted:
                continue
            withdrawn = target.created < old.created
            if target.in_service >= n or (withdrawn and target.in_service >= max(1, bounds.floor)):
                memory.setdefault(f"closed:{old.name}", seen.time)
            closed = memory.get(f"closed:{old.name}")
            wait: Duration | None = self._draining.look_again
            if isinstance(closed, int):
                going_back = withdrawn and target.in_service > 0
                wait = self._draining.wait(old, closed, seen.time, memory, withdrawn=going_back)
            if wait is None:
                kept[old.name] = 0
                continue
            waits.append(wait)
            live = old.live_sessions
            share = 1 if live is None else -(-n * live // max(1, sessions))
            kept[old.name] = max(1, min(share, old.wanted))
        full = sum(seen.wanted.values()) >= bounds.ceiling and target.wanted < n
        if full and all(seen.of(name).wanted <= keep for name, keep in kept.items()):
            # Nothing can give way but sessions: the oldest revision gets no new ones, and its time begins to run.
            oldest = next((name for name in kept if f"closed:{name}" not in memory), None)
            if oldest is not None:
                memory[f"closed:{oldest}"] = seen.time
        return kept, waits

    def _step(self, seen: Observation, kept: Mapping[str, int]) -> tuple[dict[str, int], str]:
        """One step of a rolling update, in which an old revision shrinks no further than what it keeps."""
        n, target, bounds = seen.rollout.replicas, seen.target, self.bounds(seen.rollout.replicas)
        wanted = {**seen.wanted, target.name: min(target.wanted, n)}
        room = min(bounds.ceiling - sum(wanted.values()), n - wanted[target.name])
        if room > 0:
            wanted[target.name] += room
            return wanted, f"{room} more of {target.name}: up to {bounds.ceiling} replicas in all"
        if target.wanted > n:
            return wanted, f"{target.name} back to {n}"
        spare = sum(each.available for each in seen.replica_sets) - bounds.floor
        for old in seen.others:
            wanted[old.name], spare = self._shrink(old, kept.get(old.name, 0), spare)
        gone = sum(seen.wanted.values()) - sum(wanted.values())
        return (
            wanted,
            f"{gone} old ones can go: {bounds.floor} stay available, sessions keep {sum(kept.values())}",
        )

    @staticmethod
    def _shrink(old: ReplicaSet, keep: int, spare: int) -> tuple[int, int]:
        """Take replicas away, the unavailable first; return what is left, and how many available ones may still go."""
        surplus = max(0, old.wanted - keep)
        free = min(surplus, old.unavailable)
        costly = min(surplus - free, max(0, spare), old.available)
        return old.wanted - free - costly, spare - costly

    def _routing(self, seen: Observation, wanted: Mapping[str, int], memory: Mapping[str, object]) -> Sticky:
        """Pins as they are; new sessions in proportion to the replicas that serve."""
        n, target = seen.rollout.replicas, seen.target
        released = tuple(each.name for each in seen.others if f"released:{each.name}" in memory)
        serving = [each for each in seen.others if wanted[each.name] and each.in_service]
        open_to_new = [each for each in serving if f"closed:{each.name}" not in memory]
        if not open_to_new and not target.in_service:
            open_to_new = serving
        weights = {each.name: float(min(each.in_service, wanted[each.name])) for each in open_to_new}
        share = min(n, target.in_service)
        others = sum(weights.values())
        if weights and share < n:
            weights = {name: (n - share) * weight / others for name, weight in weights.items()}
            weights[target.name] = float(share)
        elif weights and not share:
            pass
        else:
            weights = {target.name: 1.0}
        return Sticky(new=Split(weights), idle_timeout=self.idle_timeout or seconds(1800), released=released)


@hookimpl
def turnout_strategies() -> Iterable[type[Strategy]]:
    """Give the strategy to the host."""
    return [SessionAffinity]

"""Session affinity: a rolling update in which sessions stay on the revision, or the replica, where they began."""

from __future__ import annotations

from functools import lru_cache
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
from turnout_strategies.draining import Draining, Scratch, idle_wait, kept_notes, released_in
from turnout_strategies.provisos import (
    KEPT_UP,
    SEEN_TO_FAIL,
    STEADY,
    TOLD_IN_TIME,
    UNTROUBLED,
    pages_within,
    pauses_within,
    sessions_within,
)
from turnout_strategies.rolling import Rolling

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from turnout import ManifestStrategy

__all__ = ["SessionAffinity", "turnout_strategies"]

_BY_REVISION = {"to": ("revision",)}
_SHORT = sessions_within(
    "a session is over within drain_timeout and idle_timeout",
    lambda strategy: min(strategy.drain_timeout, strategy.idle_timeout or seconds(1800)),
)
_QUICK = pages_within(
    "a page loads within asset_grace, and idle_timeout",
    lambda strategy: min(strategy.asset_grace, strategy.idle_timeout or seconds(1800)),
)
_BUSY = pauses_within(
    "no session pauses for longer than idle_timeout",
    lambda strategy: strategy.idle_timeout or seconds(1800),
)


@attrs.frozen(kw_only=True)
class SessionAffinity(Strategy):
    """Roll over replica by replica; a session stays where it began, and only new sessions move.

    With ``to="revision"`` the new revision gets as many of the new sessions as its replicas can carry, where the wanted
    number less `max_unavailable` carries everything. An old revision keeps its live sessions' share of the replicas,
    and its last one until its sessions are over or `drain_timeout` has passed. With ``to="replica"`` it is a Deployment
    behind a Service with ``sessionAffinity: ClientIP``: nothing waits for sessions, and each of them moves when its
    replica goes.
    """

    name: ClassVar[str] = "session-affinity"
    carries_out: ClassVar[Mapping[ManifestStrategy, Mapping[str, object]]] = {"ClientIP": {"to": "replica"}}
    promises: ClassVar[tuple[Promise, ...]] = (
        Promise("one-version-per-session", (_SHORT, KEPT_UP, TOLD_IN_TIME), _BY_REVISION),
        Promise("one-version-per-page", (_QUICK, KEPT_UP, TOLD_IN_TIME, UNTROUBLED), _BY_REVISION),
        Promise("never-backwards", _BUSY, _BY_REVISION),
        Promise("capacity-floor", (STEADY, SEEN_TO_FAIL)),
        Promise("surge-ceiling"),
        Promise("paused-means-still"),
        Promise("converges"),
        Promise("undo-restores"),
    )

    to: Literal["revision", "replica"] = attrs.field(
        default="revision",
        metadata={"doc": "what a session is pinned to"},
    )
    max_surge: IntOrPercent = attrs.field(
        default=IntOrPercent(25, percent=True),
        converter=int_or_percent,
        metadata={
            "doc": "replicas above the wanted number, rounded up; one at least beside a single replica"
        },
    )
    max_unavailable: IntOrPercent = attrs.field(
        default=IntOrPercent(25, percent=True),
        converter=int_or_percent,
        metadata={"doc": "replicas that may be missing, rounded down"},
    )
    drain_timeout: Duration = attrs.field(
        default=seconds(3600),
        metadata={
            "doc": "how long sessions may hold up the steps, and then stay on a revision that gets no new ones"
        },
    )
    idle_timeout: Duration | None = attrs.field(
        default=None,
        validator=attrs.validators.optional(attrs.validators.gt(seconds(0))),
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
        ceiling = replicas + surge
        if self.to == "revision" and replicas == 1:
            ceiling = 2  # one replica cannot be shared out between two revisions
        return Bounds(floor=replicas - min(unavailable, replicas), ceiling=ceiling)

    def decide(self, seen: Observation) -> Plan:
        """Take the next step: grow the new, shrink the old as far as capacity and sessions allow."""
        if self.to == "replica":
            plan = Rolling(max_surge=self.max_surge, max_unavailable=self.max_unavailable).decide(seen)
            return attrs.evolve(
                plan, routing=Sticky(to="replica", idle_timeout=self.idle_timeout or seconds(10_800))
            )
        memory = kept_notes(seen)
        carrying = self._carrying(seen.rollout.replicas)
        closed = self._close(seen, memory, carrying)
        held = self._held(seen, memory)
        needs = [
            self._need(old, seen, memory, carrying, closed=old.name in closed, squeezed=held == 0)
            for old in seen.others
            if old.wanted
        ]
        kept = {need.name: need.replicas for need in needs}
        wanted, because = self._step(seen, kept, released_in(seen, memory))
        waits = [held, *(need.look_again for need in needs)]
        return Plan(
            wanted=wanted,
            routing=self._routing(seen, wanted, memory, carrying, closed),
            memory=memory,
            ask_again=min((each for each in waits if each), default=None),
            because=because,
        )

    @property
    def _draining(self) -> Draining:
        return Draining(drain_timeout=self.drain_timeout, asset_grace=self.asset_grace)

    def _carrying(self, replicas: int) -> int:
        """How many replicas can carry all the traffic: what `max_unavailable` says, and one at the least."""
        return max(1, self.bounds(replicas).floor)

    def _close(self, seen: Observation, memory: Scratch, carrying: int) -> frozenset[str]:
        """Say which old revisions get no new sessions: the oldest first, as long as the others can do without it.

        None closes before an older one: whoever is asked to leave it must not find the older one. Notes since when; a
        revision that is needed again, because others failed, is open again, even one that sessions
        have been asked to leave: whoever comes to it now is drained anew.
        """
        serving = [each.name for each in seen.others if each.wanted and each.in_service]
        if not seen.target.in_service and all(f"released:{name}" in memory for name in serving):
            for name in serving:
                del memory[f"released:{name}"]
        opened = [each for each in seen.others if each.wanted and f"released:{each.name}" not in memory]
        closed = {each.name for each in seen.others} - {each.name for each in opened}
        needed = False
        for place, old in enumerate(opened, 1):
            needed = needed or sum(each.in_service for each in (seen.target, *opened[place:])) < carrying
            if needed:
                memory.pop(f"closed:{old.name}", None)
            else:
                memory.setdefault(f"closed:{old.name}", seen.time)
                closed.add(old.name)
        return frozenset(closed)

    def _held(self, seen: Observation, memory: Scratch) -> Duration | None:
        """For how long sessions may hold up the rolling steps yet: None if they do not, nothing if that time is over.

        It starts with the first moment at which all that may run does run: then only sessions are waited for.
        """
        n, target, key = seen.rollout.replicas, seen.target, f"held:{seen.rollout.target}"
        if target.wanted >= n:
            memory.pop(key, None)
        elif sum(seen.wanted.values()) >= self.bounds(n).ceiling and target.in_service >= target.wanted:
            memory.setdefault(key, seen.time)
        since = memory.get(key)
        return Duration(max(0, since + self.drain_timeout - seen.time)) if isinstance(since, int) else None

    def _need(
        self,
        old: ReplicaSet,
        seen: Observation,
        memory: Scratch,
        carrying: int,
        *,
        closed: bool,
        squeezed: bool,
    ) -> _Need:
        """How many replicas an old revision needs for its sessions, and how soon to look again.

        Their share of all live sessions is their share of the replicas that carry everything, rounded up; fewer, one
        step at a time, where the rollout goes back from it, where the target has no room for its first replica, and
        where sessions have held up the rollout for `drain_timeout`.
        """
        if not seen.rollout.replicas:
            return _Need(old.name, 0, None)
        if not (old.in_service or old.live_sessions or closed):
            left = idle_wait(old, seen, memory)
            return _Need(old.name, 0 if left is None else 1, left)
        memory.pop(f"idle:{old.name}", None)
        withdrawn, wait = seen.target.created < old.created, self._draining.look_again
        since = memory.get(f"closed:{old.name}")
        if closed and isinstance(since, int):
            held = self._draining.wait(old, since, seen.time, memory, withdrawn=withdrawn)
            if held is None:
                return _Need(old.name, 0, None)
            wait = held
        sessions = sum(each.live_sessions or 0 for each in seen.replica_sets)
        share = 1 if old.live_sessions is None else -(-carrying * old.live_sessions // max(1, sessions))
        largest = max((each.wanted for each in seen.others), default=0)
        if withdrawn or squeezed or (not seen.target.wanted and old.wanted == largest):
            share = min(share, old.wanted - 1)
        return _Need(old.name, max(1, min(share, old.wanted)), wait)

    def _step(
        self, seen: Observation, kept: Mapping[str, int], released: Collection[str]
    ) -> tuple[dict[str, int], str]:
        """One step of a rolling update, in which an old revision shrinks no further than what it keeps.

        A revision that sessions have been asked to leave carries nothing: it is not counted on, and costs nothing.
        """
        n, target, bounds = seen.rollout.replicas, seen.target, self.bounds(seen.rollout.replicas)
        wanted = {**seen.wanted, target.name: min(target.wanted, n)}
        room = min(bounds.ceiling - sum(wanted.values()), n - wanted[target.name])
        if room > 0:
            wanted[target.name] += room
            return wanted, f"{room} more of {target.name}: up to {bounds.ceiling} replicas in all"
        if target.wanted > n:
            return wanted, f"{target.name} back to {n}"
        quota = max(0, sum(wanted.values()) - bounds.floor - target.unavailable)
        counted = (each for each in seen.replica_sets if each.name not in released)
        surplus = sum(min(each.available, each.wanted) for each in counted) - bounds.floor
        spare, left = min(quota, max(0, surplus)), quota
        for old in seen.others:
            free = min(old.wanted - kept.get(old.name, 0), old.unavailable, left)
            wanted[old.name] -= max(0, free)
            left -= max(0, free)
        for old in seen.others:
            costs_nothing = old.name in released and surplus >= 0
            most = left if costs_nothing else min(spare, left)
            cut = max(0, min(wanted[old.name] - kept.get(old.name, 0), old.available, most))
            wanted[old.name] -= cut
            left -= cut
            spare -= 0 if costs_nothing else cut
        return (
            wanted,
            f"{quota - left} old ones can go: {bounds.floor} stay available, sessions keep {sum(kept.values())}",
        )

    def _routing(
        self,
        seen: Observation,
        wanted: Mapping[str, int],
        memory: Scratch,
        carrying: int,
        closed: frozenset[str],
    ) -> Sticky:
        """Pins as they are; new sessions as the replicas in service can carry them, the target's share first."""
        target = seen.target
        released = released_in(seen, memory)
        serving = {
            each.name: each.in_service for each in seen.others if wanted[each.name] and each.in_service
        }
        others = {name: number for name, number in serving.items() if name not in closed}
        if not target.in_service:
            others = others or serving  # rather a revision that is on its way out than none
        rest = sum(others.values())
        share = min(1.0, target.in_service / min(carrying, target.in_service + rest)) if rest else 1.0
        weights = {name: (1 - share) * number / rest for name, number in others.items()}
        weights[target.name] = share
        above_0 = tuple((name, weight) for name, weight in weights.items() if weight > 0)
        return _sticky(above_0, self.idle_timeout or seconds(1800), released)


@lru_cache(maxsize=256)
def _sticky(
    weights: tuple[tuple[str, float], ...], idle_timeout: Duration, released: tuple[str, ...]
) -> Sticky:
    """The same object for the same routing: it is asked for again and again, and checked each time that it is made."""
    return Sticky(new=Split(weights), idle_timeout=idle_timeout, released=released)


@attrs.frozen
class _Need:
    """How many replicas an old revision needs for its sessions, and how soon to look again; None for not."""

    name: str
    replicas: int
    look_again: Duration | None


@hookimpl
def turnout_strategies() -> Iterable[type[Strategy]]:
    """Give the strategy to the host."""
    return [SessionAffinity]

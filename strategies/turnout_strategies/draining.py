"""How an old revision's pins are let go: sessions end where they began, then documents leave, then assets.

Shared by the strategies that pin sessions to a revision: arithmetic on one moment and the strategy's memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from turnout import Duration, ReplicaSet, Split, Sticky, seconds

if TYPE_CHECKING:
    from turnout import Observation

__all__ = ["TOLD_WITHIN", "Draining", "Scratch", "idle_wait", "kept_notes", "released_in"]

TOLD_WITHIN = seconds(10)
"""So long it may take until every proxy follows a routing: until then some send to a revision what is to leave it."""

Scratch = dict[str, "str | int | float | bool | None"]


@attrs.frozen(kw_only=True)
class Draining:
    """When the replicas of a revision that gets no new sessions may go.

    Attributes:
        drain_timeout: How long its sessions may go on.
        asset_grace: How long assets still follow their document, once documents have left.
    """

    drain_timeout: Duration
    asset_grace: Duration

    def wait(
        self, old: ReplicaSet, since: int, now: int, memory: Scratch, *, withdrawn: bool
    ) -> Duration | None:
        """How long the revision must be kept before it is looked at again; None if nothing is held by it any more.

        Notes in the memory when documents are asked to leave.

        Args:
            old: The revision's replica set.
            since: When it got its last new session, microseconds.
            now: The time, microseconds.
            memory: The strategy's memory, written to.
            withdrawn: Whether the rollout goes back from this revision: its sessions then leave at once.
        """
        key = f"released:{old.name}"
        in_force = since + TOLD_WITHIN
        # Once documents have left, sessions live elsewhere, and may still load assets from here.
        if old.live_sessions == 0 and now >= in_force and key not in memory:
            return None
        if key not in memory and (withdrawn or now >= since + self.drain_timeout):
            memory[key] = now
        released = memory.get(key)
        if isinstance(released, int):
            left = released + TOLD_WITHIN + self.asset_grace - now
            return Duration(left) if left > 0 else None
        waits = (self.look_again, since + self.drain_timeout - now, in_force - now)
        return Duration(min(each for each in waits if each > 0))

    @property
    def look_again(self) -> Duration:
        """How soon to look again whether sessions are over: thirty times in the timeout, at most every ten seconds."""
        return Duration(max(seconds(10), self.drain_timeout // 30))


def idle_wait(old: ReplicaSet, seen: Observation, memory: Scratch) -> Duration | None:
    """How long to keep a revision that has neither sessions nor a replica in service; None if it may go.

    What a fault took may come again, and proxies that have not heard of another routing may send it new sessions, which
    find the last of it. Notes since when that is so.
    """
    key = f"idle:{old.name}"
    choice = seen.routing.new if isinstance(seen.routing, Sticky) else seen.routing
    if key not in memory and isinstance(choice, Split) and old.name not in choice.shares:
        return None
    since = memory.setdefault(key, seen.time)
    left = int(since or 0) + TOLD_WITHIN - seen.time
    return Duration(left) if left > 0 else None


def released_in(seen: Observation, memory: Scratch) -> tuple[str, ...]:
    """The old revisions that sessions have been asked to leave."""
    return tuple(each.name for each in seen.others if f"released:{each.name}" in memory)


def kept_notes(seen: Observation) -> Scratch:
    """The memory without notes on revisions that are gone; what was released, even if the memory was lost."""
    known = {each.name for each in seen.others if each.wanted} | {seen.rollout.target}
    memory: Scratch = {key: value for key, value in seen.memory.items() if key.partition(":")[2] in known}
    for topic in ("closed", "released", "idle"):
        memory.pop(f"{topic}:{seen.rollout.target}", None)
    if isinstance(seen.routing, Sticky):
        for name in seen.routing.released:
            if name in known - {seen.rollout.target}:
                memory.setdefault(f"released:{name}", seen.time)
                memory.setdefault(f"closed:{name}", seen.time)
    return memory

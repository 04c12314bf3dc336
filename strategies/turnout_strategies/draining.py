"""How an old revision's pins are let go: sessions end where they began, then documents leave, then assets.

Shared by the strategies that pin sessions to a revision. All of it is arithmetic on one moment and the strategy's memory.
"""

from __future__ import annotations

import attrs

from turnout import Duration, Memory, ReplicaSet, seconds

__all__ = ["Draining", "Scratch"]

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

    def released(self, memory: Memory, name: str) -> bool:
        """Whether documents have been asked to leave the revision."""
        return f"released:{name}" in memory

    def over(self, old: ReplicaSet, since: int, now: int, memory: Scratch, *, withdrawn: bool) -> bool:
        """Whether nothing is held by the revision any more; notes in the memory when documents are asked to leave.

        Args:
            old: The revision's replica set.
            since: When it got its last new session, microseconds.
            now: The time, microseconds.
            memory: The strategy's memory, written to.
            withdrawn: Whether the rollout goes back from this revision: its sessions then leave at once.
        """
        if old.live_sessions == 0 and now > since:
            return True
        key = f"released:{old.name}"
        if key not in memory and (withdrawn or now >= since + self.drain_timeout):
            memory[key] = now
        released = memory.get(key)
        return isinstance(released, int) and now >= released + self.asset_grace

    def look_again(self) -> Duration:
        """How soon to look again whether sessions are over: sixty times in the timeout, at most every ten seconds."""
        return Duration(max(seconds(10), self.drain_timeout // 60))

"""What a strategy is told about traffic while a rollout goes on: how many live sessions each revision holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from turnout.routing.algebra import Split, Sticky
from turnout.routing.draws import mix32, pick, pin_draw, thresholds
from turnout.simulator.block import session_draws
from turnout.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from turnout.routing.algebra import Routing
    from turnout.simulator.block import SessionIndex

__all__ = ["LiveSessions"]

_AHEAD = 600 * SECOND


class LiveSessions:
    """Follows the sessions of a traffic through a rollout, at the grain of whole sessions.

    A session is live on a revision after its first request until its last one is longer ago than the pin's idle
    timeout, as a proxy would see it. Where its revision takes no requests any more, it is counted where it would be
    sent next.

    Args:
        sessions: The indexed traffic.
        begin: The rollout's start on the traffic's clock.
        seed: Seeds the draws; the same as for the requests.
    """

    def __init__(self, sessions: SessionIndex, begin: int, seed: int) -> None:
        self._sessions = sessions
        self._begin = begin
        self._seed = seed
        self._known_until = 0
        self._start, self._end, self._draw = self._meet(begin)
        self._rank = np.full(len(self._start), -1, np.int64)
        self._moves = 0

    def _meet(self, until: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint64]]:
        """All sessions that begin before `until` and are not over at the rollout's start."""
        index, shift = self._sessions.overlapping(self._begin, until)
        start = self._sessions.start[index] + shift - self._begin
        end = self._sessions.end[index] + shift - self._begin
        draw = pin_draw(session_draws(self._sessions, index, shift, self._seed), 1)  # type: ignore[arg-type]
        return start, end, np.asarray(draw)

    def count(
        self, now: int, routing: Routing | None, listed: Mapping[int, int], ranks: Mapping[str, int]
    ) -> dict[int, int] | None:
        """Count the live sessions of each revision.

        Args:
            now: Microseconds since the rollout's start; never before an earlier call's.
            routing: The routing that has been in force since the last call.
            listed: How many replicas of each revision (by rank) have taken requests since the last call.
            ranks: Each revision's rank, by name.

        Returns:
            The number of live sessions by rank; None where the routing pins no sessions.
        """
        if not isinstance(routing, Sticky) or routing.unit != "session":
            self._rank[:] = -1
            return None
        if now >= self._known_until:
            self._known_until = now + _AHEAD
            start, end, draw = self._meet(self._begin + self._known_until)
            rank = np.full(len(start), -1, np.int64)
            rank[: len(self._rank)] = self._rank
            self._start, self._end, self._draw, self._rank = start, end, draw, rank
        idle = routing.idle_timeout or 0
        begun = int(np.searchsorted(self._start, now))  # who begins right now will follow the next routing
        up = np.zeros(len(ranks) + 1, np.bool_)
        up[[rank for rank, number in listed.items() if number > 0]] = True
        live = np.nonzero(self._end[:begun] + idle >= now)[0]
        homeless = live[~up[self._rank[live]]]
        if len(homeless):
            self._rank[homeless] = self._choose(routing, homeless, listed, ranks)
        held = self._rank[live]
        counts = np.bincount(held[held >= 0], minlength=len(ranks))
        return {rank: int(counts[rank]) for rank in ranks.values()}

    def _choose(
        self, routing: Sticky, who: NDArray[np.int64], listed: Mapping[int, int], ranks: Mapping[str, int]
    ) -> NDArray[np.int64]:
        """Where the choice in force sends sessions that hold no pin."""
        moved = self._rank[who] >= 0
        draw = np.asarray(pin_draw(self._draw[who], 0))  # type: ignore[arg-type]
        if moved.any():
            self._moves += 1
            draw[moved] = mix32(draw[moved] ^ np.uint64(self._moves))  # type: ignore[arg-type]
        if isinstance(routing.new, Split):
            names, ends = zip(*thresholds(routing.new), strict=True)
            chosen = np.searchsorted(np.array(ends, np.uint64), draw, side="right")
            return np.array([ranks.get(name, -1) for name in names])[chosen]
        numbers = np.array([listed.get(rank, 0) for rank in range(len(ranks))])
        if not numbers.sum():
            return np.full(len(who), -1, np.int64)
        slot = np.asarray(pick(draw, np.uint64(numbers.sum()))).astype(np.int64)  # type: ignore[arg-type]
        return np.searchsorted(np.cumsum(numbers), slot, side="right")

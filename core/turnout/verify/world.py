"""A world: everything that one rollout depends on besides its strategy, as data that is generated, shrunk and saved."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import attrs
import numpy as np

from turnout.simulator.cutting import Cut, SessionIndex
from turnout.simulator.simulate import simulate
from turnout.trace import Trace
from turnout.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Iterable

    from turnout.scenario import Scenario
    from turnout.simulator.simulate import Watch
    from turnout.strategy import Strategy

__all__ = ["Page", "Session", "World"]

Page: TypeAlias = tuple[int, ...]
"""The requests of one page view, the document's first: microseconds from the rollout's start, ascending."""

Session: TypeAlias = tuple[Page, ...]
"""The page views of one session, one after the other."""


def _ordered(sessions: Iterable[Iterable[Iterable[int]]]) -> tuple[Session, ...]:
    return tuple(sorted(tuple(tuple(page) for page in session) for session in sessions))


@attrs.frozen(kw_only=True)
class World:
    """One rollout, whatever the strategy.

    Attributes:
        scenario: What is rolled out, on what, in which weather, with which operator.
        sessions: Who uses it meanwhile; the earliest first.
        seed: Decides start-up times, faults, and where sessions are sent.
    """

    scenario: Scenario
    sessions: tuple[Session, ...] = attrs.field(default=(), converter=_ordered)
    seed: int = 0

    @property
    def begin(self) -> int:
        """The rollout's start on the clock of `traffic`, microseconds."""
        return max(0, -min((page[0] for session in self.sessions for page in session), default=0))

    @property
    def traffic(self) -> Traffic:
        """The sessions as traffic, which does not repeat before the rollout is given up."""
        pages = [page for session in self.sessions for page in session]
        last = max((page[-1] for page in pages), default=0)
        return Traffic(
            page_offset=np.cumsum([0, *map(len, self.sessions)]),
            request_offset=np.cumsum([0, *map(len, pages)]),
            has_document=np.ones(len(pages), np.bool_),
            request_time=np.array([time for page in pages for time in page], np.int64) + self.begin,
            start=0,
            end=self.begin + max(2 * self.scenario.horizon, last + 1),
            label="generated",
        )

    def run(self, strategy: Strategy, watch: Watch | None = None) -> Trace:
        """Roll out, and route the sessions by the plain reference.

        Args:
            strategy: How to roll out.
            watch: As `turnout.simulate` takes it.

        Raises:
            PlanError: If the strategy fails or answers nonsense.
        """
        index = SessionIndex.of(self.traffic)
        history = simulate(
            self.scenario, strategy, traffic=index, begin=self.begin, seed=self.seed, watch=watch
        )
        until = self.begin + history.timeline.end
        blocks = Cut(sessions=index, begin=self.begin, until=until, seed=self.seed)
        sessions = [session for block in blocks for session in block.plain()]
        return Trace.of(history, strategy, sessions, self.scenario.works, self.scenario.weather)

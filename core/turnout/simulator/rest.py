"""Notices a strategy that never comes to rest, so that a simulation of it ends."""

from __future__ import annotations

import attrs

from turnout.controller import PlanError
from turnout.units import SECOND, format_duration

__all__ = ["Unrest"]

_AT_ONE_MOMENT = 10_000
_FOR_EACH_REPLICA = 100
_ASKED_IN_A_ROW = 10_000
_ASKED_A_SECOND = 10


@attrs.define
class Unrest:
    """Counts the steps of one simulation.

    What ends it is no number of steps that a busy fleet could need, but steps that come from the strategy alone: far
    more at one moment than there are replicas to start and end, or being asked again ten times a second on average
    although nothing else happens.

    Attributes:
        strategy: The strategy's name.
    """

    strategy: str
    _moment: int = attrs.field(default=0, init=False)
    _here: int = attrs.field(default=0, init=False)
    _asked: int = attrs.field(default=0, init=False)

    def step(self, now: int, replicas: int) -> None:
        """Count a step.

        Args:
            now: The time, microseconds from the rollout's start.
            replicas: How many replicas are wished for.

        Raises:
            PlanError: If there have been too many at this moment.
        """
        self._here = self._here + 1 if now == self._moment else 1
        self._moment = now
        if self._here > _AT_ONE_MOMENT + _FOR_EACH_REPLICA * replicas:
            fault = f"it never settles: {self._here:,} steps at one moment, {format_duration(now)} into the rollout"
            raise PlanError(self.strategy, fault)

    def asked_again(self, now: int) -> None:
        """Count that the strategy is asked again because it wants to be, and for no other reason.

        Raises:
            PlanError: If it wants that too often.
        """
        self._asked += 1
        if self._asked > _ASKED_IN_A_ROW + _ASKED_A_SECOND * (now // SECOND):
            fault = (
                f"it wants to be asked again too often: {self._asked:,} times within {format_duration(now)}, "
                "though nothing else had happened"
            )
            raise PlanError(self.strategy, fault)

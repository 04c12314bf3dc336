"""Strategies for sweeps that do not end well, where another process can import them."""

from __future__ import annotations

import os
from typing import ClassVar

import attrs

from turnout import Observation, Plan, Strategy
from turnout_strategies.rolling import Rolling

__all__ = ["Failing", "Fatal", "Picky"]


@attrs.frozen(kw_only=True)
class Failing(Strategy):
    """Fails at its first decision."""

    name: ClassVar[str] = "failing"

    def decide(self, seen: Observation) -> Plan:
        raise ZeroDivisionError(f"at {seen.time}")


@attrs.frozen(kw_only=True)
class Picky(Rolling):
    """Fails with one of its parameter's values."""

    name: ClassVar[str] = "picky"
    number: int = 0

    def decide(self, seen: Observation) -> Plan:
        if self.number == 3:
            raise ZeroDivisionError
        return Rolling.decide(self, seen)


@attrs.frozen(kw_only=True)
class Fatal(Strategy):
    """Takes its process with it, unless that is the one that it was made in."""

    name: ClassVar[str] = "fatal"
    home: int = attrs.field(factory=os.getpid)

    def decide(self, seen: Observation) -> Plan:
        if os.getpid() != self.home:
            os._exit(3)
        raise ZeroDivisionError(f"at {seen.time}")

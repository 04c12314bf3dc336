"""Plugins that are objects of this process, and what they provide."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any, ClassVar

import attrs

from turnout.hookspecs import hookimpl
from turnout.invariant import Invariant
from turnout.model import Observation, Plan
from turnout.routing import Spread
from turnout.strategy import Strategy

__all__ = ["Drip", "HandedIn", "Plugin", "Still", "never"]


@attrs.frozen(kw_only=True)
class Still(Strategy):
    """Do nothing."""

    name: ClassVar[str] = "still"
    laps: int = 1

    def decide(self, seen: Observation) -> Plan:
        return Plan(wanted=seen.wanted, routing=Spread())


@attrs.frozen(kw_only=True)
class Drip:
    """Traffic, as far as the host looks at it."""

    name: ClassVar[str] = "drip"
    rate: float

    def load(self, seed: int) -> Any:
        return seed


def never(name: str) -> Invariant:
    """An invariant that never breaks."""
    return Invariant(name=name, statement="Nothing is the matter.", check=lambda _: None)


def _named(*names: str) -> list[type]:
    return [
        attrs.make_class("Named", {}, bases=(Still,), frozen=True, class_body={"name": name})
        for name in names
    ]


@attrs.frozen
class Plugin:
    """A plugin that is an object."""

    strategies: tuple[str, ...] = ()
    invariants: tuple[str, ...] = ()
    traffic: tuple[type, ...] = ()

    @hookimpl
    def turnout_strategies(self) -> list[type]:
        return _named(*self.strategies)

    @hookimpl
    def turnout_invariants(self) -> list[Invariant]:
        return [never(name) for name in self.invariants]

    @hookimpl
    def turnout_traffic(self) -> tuple[type, ...]:
        return self.traffic


class HandedIn(EntryPoint):
    """An entry point whose object is there already."""

    def __init__(self, name: str, plugin: object) -> None:
        super().__init__(name, "nowhere", "turnout")
        vars(self)["plugin"] = plugin

    def load(self) -> object:
        return vars(self)["plugin"]

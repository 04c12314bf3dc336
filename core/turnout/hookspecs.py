"""The hooks that a plugin may implement: one per kind of thing that turnout can be given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from turnout.invariant import Invariant
    from turnout.strategy import Strategy
    from turnout.traffic.source import TrafficSource

__all__ = ["hookimpl", "hookspec", "turnout_invariants", "turnout_strategies", "turnout_traffic"]

hookspec = pluggy.HookspecMarker("turnout")
"""Marks the specifications below; plugins do not need it."""

hookimpl = pluggy.HookimplMarker("turnout")
"""Marks a plugin's implementation of a hook: ``@turnout.hookimpl``."""


@hookspec
def turnout_strategies() -> Iterable[type[Strategy]]:  # type: ignore[empty-body]  # a specification has no body
    """Provide strategies: frozen attrs classes, not instances; their fields are their parameters.

    Example:
        A plugin with one strategy, in a module that the distribution names as an entry point of group ``turnout``::

            @attrs.frozen(kw_only=True)
            class AllAtOnce(turnout.Strategy):
                '''Start every new replica and stop every old one in the same step.'''

                name: ClassVar[str] = "all-at-once"

                def decide(self, seen: turnout.Observation) -> turnout.Plan:
                    wanted = dict.fromkeys(seen.wanted, 0)
                    wanted[seen.rollout.target] = seen.rollout.replicas
                    return turnout.Plan(wanted=wanted, routing=turnout.Spread())


            @turnout.hookimpl
            def turnout_strategies() -> Iterable[type[turnout.Strategy]]:
                return [AllAtOnce]

    Returns:
        Strategy classes, each with a name that no other plugin uses.
    """


@hookspec
def turnout_invariants() -> Iterable[Invariant]:  # type: ignore[empty-body]  # a specification has no body
    """Provide invariants: statements about a history that a strategy can promise and that turnout then checks.

    Example:
        A plugin that provides the invariant ``NEVER_AT_NIGHT``, an instance that it has made elsewhere::

            @turnout.hookimpl
            def turnout_invariants() -> Iterable[turnout.Invariant]:
                return [NEVER_AT_NIGHT]

    Returns:
        Invariants, each with a name that no other plugin uses.
    """


@hookspec
def turnout_traffic() -> Iterable[type[TrafficSource]]:  # type: ignore[empty-body]  # a specification has no body
    """Provide sources of traffic: frozen attrs classes, not instances; their fields are their parameters.

    Example:
        A plugin whose traffic `Recording`, a class with ``name``, parameters and ``load(seed)``, reads::

            @turnout.hookimpl
            def turnout_traffic() -> Iterable[type[turnout.TrafficSource]]:
                return [Recording]

    Returns:
        Traffic source classes, each with a name that no other plugin uses.
    """

"""Which strategies a comparison is between: those asked for, or all; with what the manifest says about each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnout.parameters import describe, parse_spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from turnout.host import Host
    from turnout.strategy import Strategy
    from turnout.workload import Workload

__all__ = ["choose_strategies", "parameters_from"]


def parameters_from(workload: Workload, strategy: type[Strategy]) -> Mapping[str, object]:
    """Return what a manifest says about a strategy's parameters.

    A field that the manifest sets counts for every strategy that has a parameter of that name: ``maxSurge`` for
    rolling, session affinity and two-step alike.
    """
    return {
        each.name: workload.parameters[each.name]
        for each in describe(strategy)
        if each.name in workload.parameters
    }


def choose_strategies(host: Host, workload: Workload, specs: Iterable[str] = ()) -> tuple[Strategy, ...]:
    """Make the strategies to compare.

    Args:
        host: Where they come from.
        workload: Its manifest's parameters are the defaults.
        specs: Texts such as ``"rolling:max_surge=1"``; none for every strategy that the host has.

    Raises:
        InputError: If there is no such strategy, or a parameter is unknown, missing or wrong.
    """
    asked = tuple(specs)
    chosen = []
    for spec in asked or host.strategies:
        name, _ = parse_spec(spec)
        known = parameters_from(workload, host.strategy_class(name))
        chosen.append(host.strategy(spec, known, where="--strategy" if asked else workload.source or None))
    return tuple(chosen)

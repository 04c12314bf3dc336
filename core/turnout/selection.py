"""Which strategies a comparison is between: those asked for, or all; with what the manifest says about each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnout.errors import InputError
from turnout.parameters import describe, parse_spec, to_spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from turnout.host import Host
    from turnout.strategy import Strategy
    from turnout.workload import Workload

__all__ = ["asked_by_manifest", "check_strategies", "choose_strategies", "parameters_from"]


def asked_by_manifest(workload: Workload) -> str:
    """Return the spec of the strategy that a manifest asks for.

    A Deployment behind a Service with ``sessionAffinity: ClientIP`` is a rolling update whose sessions are pinned to a
    replica.
    """
    timeout = workload.affinity_timeout_seconds
    if workload.strategy == "rolling" and timeout is not None:
        return f"session-affinity:to=replica,idle_timeout={timeout}s"
    return workload.strategy


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
        specs: Texts such as ``"rolling:max_surge=1"``; none for every strategy that the host has, and what the manifest
            asks for where that is another one.

    Raises:
        InputError: If there is no such strategy, or none at all, or one twice, or a parameter is unknown, missing or
            wrong.
    """
    asked = tuple(specs)
    chosen = []
    for spec in asked or _every(host, workload):
        name, _ = parse_spec(spec)
        known = parameters_from(workload, host.strategy_class(name))
        chosen.append(host.strategy(spec, known, where="--strategy" if asked else workload.source or None))
    check_strategies(chosen)
    return tuple(chosen)


def _every(host: Host, workload: Workload) -> tuple[str, ...]:
    """All strategies of the host, and the one that the manifest asks for where it is one of them, but set otherwise."""
    own = asked_by_manifest(workload)
    name, parameters = parse_spec(own)
    return (*host.strategies, own) if parameters and name in host.strategies else tuple(host.strategies)


def check_strategies(strategies: Sequence[Strategy]) -> None:
    """Refuse what cannot be compared.

    Raises:
        InputError: If there is no strategy, or the same one twice.
    """
    if not strategies:
        raise InputError(
            "there is no strategy to compare", hint="name one, or switch one on; see turnout plugins"
        )
    specs = [to_spec(strategy) for strategy in strategies]
    twice = next((spec for spec in specs if specs.count(spec) > 1), None)
    if twice is not None:
        raise InputError(f"strategy {twice!r} is given twice", hint="name it once, or with other parameters")

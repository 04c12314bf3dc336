"""Which strategies a comparison is between: those asked for, or all; with what the manifest says about each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnout.arguments import check_held, check_instance, listed
from turnout.errors import InputError
from turnout.host import Host
from turnout.parameters import build, describe, parse_spec, to_spec
from turnout.strategy import Strategy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from turnout.strategy import ManifestStrategy
    from turnout.workload import Workload

__all__ = ["as_strategies", "asked_by_manifest", "check_strategies", "choose_strategies", "parameters_from"]


def asked_by_manifest(host: Host, workload: Workload, *, affinity: bool = True) -> str:
    """Return the spec of the strategy that does what a manifest asks for.

    Args:
        host: Where strategies come from; each says which requests of a manifest it carries out.
        workload: What the manifest says.
        affinity: Whether a rolling update behind a Service with ``sessionAffinity: ClientIP`` is asked for as what pins
            sessions to a replica; otherwise it is a rolling update like any other.

    Raises:
        InputError: If no strategy of the host does so, or more than one.
    """
    asked = _asked(workload, affinity=affinity)
    found = _carrying_out(host, workload, asked)
    if len(found) == 1:
        return found[0]
    which = f"{' and '.join(found)} carry" if found else "no strategy in use carries"
    missing = [
        f"plugin {each.name!r} is {_STATES[each.state]}" for each in host.plugins if each.state != "ok"
    ]
    raise InputError(
        f"{which} out what the manifest asks for, {_WORDS.get(asked, asked)}",
        where=workload.source or None,
        hint="; ".join([f"name a strategy; there are {', '.join(host.strategies) or 'none'}", *missing]),
    )


_STATES = {"off": "switched off", "broken": "broken"}
_WORDS: Mapping[ManifestStrategy, str] = {"ClientIP": "RollingUpdate behind sessionAffinity ClientIP"}


def _asked(workload: Workload, *, affinity: bool = True) -> ManifestStrategy:
    pinned = affinity and workload.affinity_timeout_seconds is not None
    return "ClientIP" if pinned and workload.strategy == "RollingUpdate" else workload.strategy


def _carrying_out(host: Host, workload: Workload, asked: ManifestStrategy) -> tuple[str, ...]:
    """The specs of all strategies that carry out what is asked."""
    found = []
    for cls in host.strategies.values():
        if asked in cls.carries_out:
            parameters = dict(cls.carries_out[asked])
            if asked == "ClientIP":
                parameters["idle_timeout"] = workload.affinity_timeout_seconds
            found.append(to_spec(build(cls, parameters, where=workload.source or None)))
    return tuple(found)


def parameters_from(workload: Workload, strategy: type[Strategy]) -> Mapping[str, object]:
    """Return what a manifest says about a strategy's parameters.

    A field that the manifest sets counts for every strategy that has a parameter of that name, such as ``maxSurge`` for
    each that replaces replicas a few at a time.
    """
    return {
        each.name: workload.parameters[each.name]
        for each in describe(strategy)
        if each.name in workload.parameters
    }


def choose_strategies(
    host: Host, workload: Workload, specs: Iterable[str] = (), *, where: str = "--strategy"
) -> tuple[Strategy, ...]:
    """Make the strategies to compare.

    Args:
        host: Where they come from.
        workload: Its manifest's parameters are the defaults.
        specs: Texts such as ``"rolling:max_surge=1"``; none for every strategy that the host has, and what the manifest
            asks for where that is another one.
        where: Where the texts are given, for the error message.

    Raises:
        InputError: If there is no such strategy, or none at all, or one twice, or a parameter is unknown, missing or
            wrong.
    """
    asked = tuple(specs)
    chosen = []
    for spec in asked or _every(host, workload):
        name, _ = parse_spec(spec)
        known = parameters_from(workload, host.strategy_class(name))
        chosen.append(host.strategy(spec, known, where=where if asked else workload.source or None))
    check_strategies(chosen)
    return tuple(chosen)


def as_strategies(
    host: Host | None, workload: Workload, given: Iterable[Strategy | str] | Strategy | str | None
) -> tuple[Strategy, ...]:
    """Make those strategies that are given as text, and leave the others as they are.

    Args:
        host: Where strategies come from; None for a new host where one is needed.
        workload: Its manifest's parameters are the defaults.
        given: Strategies or texts; one stands for itself, and None for all of the host.

    Raises:
        InputError: If one is neither, or cannot be made, or has a field that its class does not take, or is there
            twice; or if there is none.
    """
    if given is None:
        return choose_strategies(_checked(host), workload)
    right = "it takes strategies, or texts such as 'name:parameter=value'"
    found = listed(given, "strategies", right, single=(str, Strategy))
    for each in found:
        check_instance(each, (str, Strategy), "strategies", right)
        if isinstance(each, type):
            raise InputError(
                f"it cannot be the class {each.__name__}", where="strategies", hint="make one of it"
            )
        if isinstance(each, Strategy):
            check_held(each)
    if any(isinstance(each, str) for each in found):
        known = _checked(host)
        found = tuple(
            choose_strategies(known, workload, [each], where="strategies")[0]
            if isinstance(each, str)
            else each
            for each in found
        )
    check_strategies(found)
    return found


def _checked(host: Host | None) -> Host:
    host = Host() if host is None else host
    check_instance(host, Host, "host", "it takes a Host")
    return host


def _every(host: Host, workload: Workload) -> tuple[str, ...]:
    """All strategies of the host, and what the manifest asks for where that is one of them, but set otherwise."""
    own = _carrying_out(host, workload, _asked(workload))
    return (*host.strategies, *(spec for spec in own if spec not in host.strategies))


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

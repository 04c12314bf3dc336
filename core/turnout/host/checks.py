"""Whether a thing that a plugin provides is what its hook promises."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, get_args

import attrs

from turnout.errors import InputError, nearest, shown
from turnout.host.faults import Fault
from turnout.invariant import WELL_BEHAVED, Invariant
from turnout.parameters import build, describe
from turnout.strategy import ManifestStrategy, Promise, Strategy

if TYPE_CHECKING:
    from collections.abc import Callable

    from turnout.host.plugins import KindOfThing
    from turnout.parameters import Parameter

__all__ = ["CHECKS"]

_ASKED: tuple[str, ...] = get_args(ManifestStrategy)
_KINDS = ("safety", "liveness")
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_MEMBERS = ("decide", "bounds", "promises", "waivers", "deployment_type", "carries_out", "bridges")


def _strategy(thing: Any) -> str:
    name = _class_name(thing, "strategy")
    missing = [each for each in _MEMBERS if not hasattr(thing, each)]
    if missing:
        raise Fault(f"strategy {name} has no {missing[0]}; subclass turnout.Strategy")
    if not callable(thing.decide) or thing.decide is Strategy.decide:
        raise Fault(f"strategy {name} has no decide of its own; write decide(self, seen) -> Plan")
    parameters = _check_parameters(thing)
    if not isinstance(thing.promises, tuple) or not all(isinstance(each, Promise) for each in thing.promises):
        raise Fault(
            f"strategy {name} promises {shown(thing.promises)}; promises is a tuple of turnout.Promise"
        )
    if not isinstance(thing.waivers, Mapping) or not all(
        isinstance(part, str) and part for pair in thing.waivers.items() for part in pair
    ):
        raise Fault(f"strategy {name} waives {shown(thing.waivers)}; waivers map an invariant to a reason")
    for promise in thing.promises:
        _check_promise(promise, name, parameters)
    _check_requests(thing, name)
    return name


def _check_promise(promise: Promise, name: str, parameters: Mapping[str, Parameter]) -> None:
    if not isinstance(promise.invariant, str):
        raise Fault(f"strategy {name} promises {shown(promise.invariant)}; name the invariant")
    for parameter, values in promise.only_if:
        place = f"strategy {name} promises {promise.invariant} only if {shown(parameter)}"
        if parameter not in parameters:
            raise Fault(f"{place}, which it does not have; {nearest(str(parameter), parameters)}")
        for value in values:
            if not parameters[parameter].takes(value):
                hint = f"{parameter} takes {parameters[parameter].sentence}"
                raise Fault(f"{place} is {shown(value)}, which it cannot be; {hint}")


def _check_requests(thing: type[Strategy], name: str) -> None:
    """Check that each request of a manifest can be carried out with the parameters that the strategy names for it."""
    if not isinstance(thing.carries_out, Mapping):
        raise Fault(f"strategy {name} carries out {shown(thing.carries_out)}; carries_out is a mapping")
    for asked, given in thing.carries_out.items():
        place = f"strategy {name} carries out {shown(asked)}"
        if asked not in _ASKED:
            raise Fault(f"{place}, for which no manifest asks; {nearest(str(asked), _ASKED)}")
        if not isinstance(given, Mapping):
            raise Fault(f"{place} with {shown(given)}; write its parameters as a mapping")
        try:
            build(thing, {**given, "idle_timeout": "3h"} if asked == "ClientIP" else given)
        except InputError as error:
            raise Fault(f"{place}: {error}") from error


def _invariant(thing: Any) -> str:
    if not isinstance(thing, Invariant):
        raise Fault(f"{shown(thing)} is not an invariant; give instances of turnout.Invariant")
    given: dict[str, Any] = attrs.asdict(thing, recurse=False)
    name = _well_formed(given["name"], f"the invariant {shown(thing)}")
    if name == WELL_BEHAVED.name:
        raise Fault(f"invariant {name} is what every strategy has to be; give it another name")
    if not isinstance(given["statement"], str) or not given["statement"]:
        raise Fault(f"invariant {name} states {shown(given['statement'])}; write its statement as a sentence")
    for field in ("check", "exercised"):
        if not callable(given[field]):
            raise Fault(f"invariant {name} has no {field}; write a function that takes a trace")
    if given["kind"] not in _KINDS:
        raise Fault(
            f"invariant {name} is of kind {shown(given['kind'])}; {nearest(str(given['kind']), _KINDS)}"
        )
    if not isinstance(given["stepwise"], bool):
        raise Fault(f"invariant {name} has stepwise {shown(given['stepwise'])}; write True or False")
    return name


def _traffic(thing: Any) -> str:
    name = _class_name(thing, "traffic source")
    if not callable(getattr(thing, "load", None)):
        raise Fault(f"traffic source {name} has no load; write load(self, seed) -> Traffic")
    _check_parameters(thing)
    return name


CHECKS: dict[KindOfThing, Callable[[Any], str]] = {
    "strategies": _strategy,
    "invariants": _invariant,
    "traffic": _traffic,
}
"""For each kind of thing, what returns the name of one, or raises `Fault` if it is not one."""


def _class_name(thing: Any, kind: str) -> str:
    if not isinstance(thing, type):
        raise Fault(f"{shown(thing)} is not a {kind} class; give the class itself, not an instance")
    return _well_formed(getattr(thing, "name", None), f"the {kind} class {thing.__name__}")


def _well_formed(name: object, what: str) -> str:
    if not isinstance(name, str):
        raise Fault(f'{what} has no name; write name: ClassVar[str] = "…"')
    if not _NAME.fullmatch(name):
        raise Fault(f"{what} has the name {shown(name)}; write it in lower case, with - between words")
    return name


def _check_parameters(cls: type) -> dict[str, Parameter]:
    try:
        parameters = describe(cls)
        if not any(each.required for each in parameters):
            build(cls, {})
    except InputError as error:
        raise Fault(str(error)) from error
    return {each.name: each for each in parameters}

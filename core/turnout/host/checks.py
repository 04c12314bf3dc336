"""Whether a thing that a plugin provides is what its hook promises."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import attrs

from turnout.errors import InputError
from turnout.host.faults import Fault
from turnout.parameters import build, describe
from turnout.parameters.describe import is_frozen
from turnout.parameters.kinds import shown
from turnout.strategy import Promise, Strategy

if TYPE_CHECKING:
    from collections.abc import Callable

    from turnout.host.plugins import KindOfThing

__all__ = ["CHECKS"]

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_MEMBERS = ("decide", "bounds", "promises", "deployment_type")


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
    for promise in thing.promises:
        unknown = [each for each, _ in promise.only_if if each not in parameters]
        if unknown:
            raise Fault(
                f"strategy {name} promises {promise.invariant} only if {unknown[0]}, which it does not have"
            )
    return name


def _invariant(thing: Any) -> str:
    if isinstance(thing, type) or not attrs.has(type(thing)):
        raise Fault(f"{shown(thing)} is not an invariant; give instances of turnout.Invariant")
    name = _well_formed(getattr(thing, "name", None), f"the invariant {shown(thing)}")
    if not is_frozen(type(thing)):
        raise Fault(f"invariant {name} is not frozen; give instances of turnout.Invariant")
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


def _check_parameters(cls: type) -> frozenset[str]:
    try:
        parameters = describe(cls)
        if not any(each.required for each in parameters):
            build(cls, {})
    except InputError as error:
        raise Fault(str(error)) from error
    return frozenset(each.name for each in parameters)

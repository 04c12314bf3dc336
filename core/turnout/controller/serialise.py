"""The controller's state as JSON, and back: for state files, and for controllers that restart."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import attrs
from cattrs import transform_error
from cattrs.preconf.json import make_converter
from cattrs.strategies import configure_tagged_union

from turnout.controller.state import State
from turnout.controller.wish import check_rollout
from turnout.errors import InputError
from turnout.model import Memory, Rollout
from turnout.routing import Choice, Routing

if TYPE_CHECKING:
    from cattrs import Converter

__all__ = ["state_from_dict", "state_to_dict"]

_HINT = "it is no state that turnout wrote"

Scalar = TypeVar("Scalar", str, int, bool)


def state_to_dict(state: State) -> dict[str, Any]:
    """Return the state as JSON has it: `state_from_dict` reads it back, through any writer of JSON."""
    written: dict[str, Any] = _CONVERTER.unstructure(state)
    return written


def state_from_dict(data: object, *, where: str | None = None) -> State:
    """Read a state that `state_to_dict` wrote.

    Args:
        data: What was read from JSON.
        where: Where it was read from.

    Raises:
        InputError: If it is not a state, or not one that the controller can be in.
    """
    if not isinstance(data, dict):
        raise InputError(f"it is of type {type(data).__name__}", where=where, hint=_HINT)
    try:
        state = _CONVERTER.structure(data, State)
    except Exception as error:  # whatever a foreign file provokes
        problems = transform_error(error, path="state")
        raise InputError(problems[0], where=where, hint=_HINT) from error
    fault = _fault(state)
    if fault is not None:
        raise InputError(fault, where=where, hint=_HINT)
    return attrs.evolve(state, memory=MappingProxyType(dict(state.memory)))


def _fault(state: State) -> str | None:
    """Say what the controller could never have written, though every field has its type."""
    try:
        check_rollout(state.rollout)
    except InputError as error:
        return f"rollout: {error}"
    names = [each.name for each in state.sets]
    numbers = [each.number for each in state.sets]
    orders = [each.order for each in state.sets]
    faults = {
        "a replica set has no name": "" in names,
        "two replica sets have the same name": len(set(names)) < len(names),
        "two replica sets have the same revision": len(set(numbers)) < len(numbers),
        "a replica set wants fewer than 0 replicas": any(each.wanted < 0 for each in state.sets),
        "the replica sets are not in the order of their creation": orders != sorted(set(orders)),
        "the memory holds a number that is not finite": any(
            isinstance(value, float) and not math.isfinite(value) for value in state.memory.values()
        ),
    }
    return next((fault for fault, found in faults.items() if found), None)


def _exactly(value: Any, kind: type[Scalar]) -> Scalar:
    """Take a scalar as it is: what looks like another was not written by us."""
    if type(value) is not kind:
        raise ValueError(f"{value!r} is not of type {kind.__name__}")
    return value


def _number(value: Any, _: object) -> float:
    if type(value) not in (int, float):
        raise ValueError(f"{value!r} is not a number")
    if not math.isfinite(value):
        raise ValueError(f"{value!r} is not a finite number")
    return float(value)


def _converter() -> Converter:
    converter = make_converter(forbid_extra_keys=True)
    for kind in (str, int, bool):
        converter.register_structure_hook(kind, _exactly)
    converter.register_structure_hook(float, _number)
    configure_tagged_union(Choice, converter, tag_name="kind", tag_generator=_kind)
    configure_tagged_union(Routing, converter, tag_name="kind", tag_generator=_kind)
    converter.register_unstructure_hook(
        Routing | None,
        lambda routing: None if routing is None else converter.unstructure(routing, Routing),
    )
    attrs.resolve_types(State, localns={"Memory": Memory, "Rollout": Rollout, "Routing": Routing})
    return converter


def _kind(routing: type) -> str:
    return routing.__name__.lower()


_CONVERTER = _converter()

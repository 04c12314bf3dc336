"""From what a user gave to an instance, and from an instance to JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from turnout.errors import InputError, nearest, shown
from turnout.parameters.describe import Parameter, describe, label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from turnout.parameters.kinds import Plain

__all__ = ["build", "to_dict"]

Built = TypeVar("Built")


def build(cls: type[Built], given: Mapping[str, object], *, where: str | None = None) -> Built:
    """Make an instance from parameters as text, or as JSON, YAML or a manifest has them.

    Args:
        cls: A strategy or traffic source: a frozen attrs class.
        given: Parameters by name. A plain number for a duration is a number of seconds, as it is in text.
        where: Where they were given, such as ``"web.yaml:7"`` or ``"--strategy"``.

    Raises:
        InputError: If a parameter is unknown, missing, of the wrong type or out of its limits, or if the class
            refuses them together. The line names the strategy and the parameter, and what would be right.
    """
    place = f"{where}: {label(cls)}" if where else label(cls)
    parameters = {each.name: each for each in describe(cls)}
    for name in given:
        if name not in parameters:
            raise InputError(
                f"there is no parameter {shown(name)}",
                where=place,
                hint=nearest(str(name), parameters) if parameters else "it takes none",
            )
    for name, parameter in parameters.items():
        if parameter.required and name not in given:
            raise InputError(
                f"parameter {name} is missing", where=place, hint=f"it takes {parameter.sentence}"
            )
    values = {name: _value(parameters[name], value, place) for name, value in given.items()}
    try:
        return cls(**values)
    except InputError as error:
        place = f"{place}: {error.where}" if error.where else place
        raise InputError(error.what, where=place, hint=error.hint) from error
    except Exception as error:  # a validator is somebody else's code
        reason = str(error.args[0]) if error.args else type(error).__name__
        raise InputError(reason, where=place) from error


def _value(parameter: Parameter, value: object, place: str) -> object:
    try:
        return parameter.read(value)
    except InputError as error:
        raise InputError(error.what, where=place, hint=error.hint) from None


def to_dict(instance: Any) -> dict[str, Plain]:
    """Return all parameters of a strategy or traffic source as JSON has them; `build` reads them back."""
    return {each.name: each.type.plain(getattr(instance, each.field)) for each in describe(type(instance))}

"""Generated parameters: from the fields of a strategy's class, by the description that also reads the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from hypothesis import reject
from hypothesis import strategies as st

from turnout.errors import InputError
from turnout.parameters import Parameter, build, describe
from turnout.units import IntOrPercent, seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from turnout.parameters.kinds import Kind

__all__ = ["some", "strategies"]

Built = TypeVar("Built")

_LISTED = '{"examples": ("one", "two")}'
_SPREAD = 8
_LONGEST = 7200


def strategies(cls: type[Built], fixed: Mapping[str, object] | None = None) -> st.SearchStrategy[Built]:
    """Strategies of one class with all kinds of parameters; what the class refuses is left out.

    A field whose type does not say enough, such as text, lists values worth trying in its metadata's ``"examples"``.

    Args:
        cls: A strategy class.
        fixed: Parameters that are not to vary, by name: as text, or as JSON has them.
    """
    given = dict(fixed or {})
    some(cls, given)  # what is fixed has to be right
    varied = {
        each.name: _values(each).map(each.type.plain) for each in describe(cls) if each.name not in given
    }

    @st.composite
    def built(draw: st.DrawFn) -> Built:
        drawn = {name: draw(values) for name, values in varied.items()}
        try:
            return build(cls, {**drawn, **given})
        except InputError:
            return reject()

    return built()


def some(cls: type[Built], fixed: Mapping[str, object]) -> Built:
    """Some strategy of a class with the parameters that are fixed, the others at their defaults where they have one.

    Raises:
        InputError: If what is fixed is not right, or what was made up for a parameter without a default.
    """
    made_up = _required(cls, fixed)
    try:
        return build(cls, {**made_up, **fixed})
    except InputError as error:
        if not made_up:
            raise
        values = ", ".join(f"{name}={value}" for name, value in made_up.items())
        raise InputError(
            f"nothing says which values are good for what has no default; {values} was tried: {error.what}",
            where=error.where or getattr(cls, "name", cls.__name__),
            hint=f"fix it: NAME:{next(iter(made_up))}=…, or list values in the metadata of its field: {_LISTED}",
        ) from error


def _required(cls: type, fixed: Collection[str]) -> dict[str, object]:
    """Some value for each parameter that has no default, and is not fixed."""
    found = {}
    for each in describe(cls):
        if each.name in fixed:
            continue
        if each.required and not each.examples and each.type.kind == "str":
            raise InputError(
                f"nothing is known of parameter {each.name} but that it is text",
                where=getattr(cls, "name", cls.__name__),
                hint=f"list some values in its metadata: {_LISTED}",
            )
        if each.required:
            found[each.name] = _some(each)
    return found


def _some(parameter: Parameter) -> object:
    limits, kind = parameter.limits, parameter.type.kind
    for value in (*parameter.examples, *parameter.type.choices, *(limits.one_of or ())):
        return value
    if kind == "bool":
        return False
    least = limits.least if limits.least is not None else limits.above or 0
    return {
        "int": int(least) + 1,
        "float": float(least) + 0.5,
        "duration": f"{int(least) + 1_000_000}us",
    }.get(kind, 1)


def _values(parameter: Parameter) -> st.SearchStrategy[Any]:
    """What to try for one parameter: mostly its default and what is near the edges of its range."""
    if parameter.examples:
        values: st.SearchStrategy[Any] = st.sampled_from(parameter.examples)
    elif parameter.limits.one_of is not None:
        values = st.sampled_from(parameter.limits.one_of)
    else:
        values = _of_kind(parameter)
    if parameter.type.optional:
        values = st.none() | values
    return values if parameter.required else st.just(parameter.default) | values


def _of_kind(parameter: Parameter) -> st.SearchStrategy[Any]:
    limits, kind = parameter.limits, parameter.type.kind
    low = limits.least if limits.least is not None else limits.above
    high = limits.most if limits.most is not None else limits.below
    least = 0 if low is None else low
    most = least + _SPREAD if high is None else min(high, least + _SPREAD)
    lengths = st.sampled_from((0, 1, 10, 30, 60, 600, 3600, _LONGEST)) | st.integers(0, 120)
    percents = st.integers(0, 100).map(lambda number: IntOrPercent(number, percent=True))
    kinds: dict[Kind, Callable[[], st.SearchStrategy[Any]]] = {
        "choice": lambda: st.sampled_from(parameter.type.choices),
        "bool": st.booleans,
        "int-or-percent": lambda: st.integers(0, 5).map(IntOrPercent) | percents,
        "str": lambda: st.just(parameter.default),
        "float": lambda: st.floats(least, least + _SPREAD if high is None else high).filter(limits.allow),
        "duration": lambda: lengths.map(seconds).filter(limits.allow),
        "int": lambda: st.integers(int(least), int(most)).filter(limits.allow),
    }
    return kinds[kind]()

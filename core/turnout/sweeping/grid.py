"""Grids of strategies: texts such as ``rolling:max_surge=1|25%|50%``, and the points that they stand for."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING

import attrs

from turnout.arguments import check_instance, listed
from turnout.errors import InputError, nearest, shown
from turnout.host import Host
from turnout.parameters import build, describe, parse_spec, to_spec
from turnout.selection import parameters_from
from turnout.strategy import Strategy
from turnout.sweeping.ranges import is_range, range_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from turnout.parameters import Parameter
    from turnout.workload import Workload

__all__ = ["MOST_POINTS", "Grid", "as_grid"]

MOST_POINTS = 1_000
"""Every rollout is simulated with all points together, which takes memory for each of them."""

_RIGHT = "it takes texts such as 'name:parameter=1|2', or strategies"


@attrs.frozen
class Grid:
    """The points of a grid.

    Attributes:
        texts: What it was made from.
        points: The strategies, each once, in the order of the texts; of several parameters, the last varies first.
        labels: What tables and sentences call each point: its name, with the values that the grid gives it.
        left_out: Combinations of values that their strategy refuses together: each as text, and why.
    """

    texts: tuple[str, ...]
    points: tuple[Strategy, ...]
    labels: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]


def as_grid(host: Host | None, workload: Workload, given: Iterable[Strategy | str] | Strategy | str) -> Grid:
    """Read a grid.

    Args:
        host: Where strategies come from; None for a new host where one is needed.
        workload: Its manifest's parameters are the defaults.
        given: Texts, or strategies, which are points; one stands for itself.

    Raises:
        InputError: If one is neither or cannot be read, or there is no point, or too many.
    """
    items = listed(given, "grid", _RIGHT, single=(str, Strategy))
    if not items:
        what, right = "there is no strategy to vary", "give one or more, such as 'name:parameter=1|2|3'"
        raise InputError(what, where="grid", hint=right)
    points: dict[str, tuple[Strategy, str]] = {}
    left_out: dict[str, str] = {}
    for each in items:
        check_instance(each, (str, Strategy), "grid", _RIGHT)
        if isinstance(each, type):
            raise InputError(f"it cannot be the class {each.__name__}", where="grid", hint="make one of it")
        if isinstance(each, str):
            host = Host() if host is None else host
            check_instance(host, Host, "host", "it takes a Host")
            refused = _add(host, workload, each, points)
            left_out.update(refused)
        else:
            points.setdefault(to_spec(each), (each, to_spec(each)))
        _check_size(len(points))
    texts = tuple(each if isinstance(each, str) else to_spec(each) for each in items)
    labels = [label for _, label in points.values()]
    return Grid(
        texts,
        tuple(point for point, _ in points.values()),
        tuple(
            label if labels.count(label) == 1 else spec for spec, label in zip(points, labels, strict=True)
        ),
        tuple(left_out.items()),
    )


def _check_size(count: int) -> None:
    if count > MOST_POINTS:
        raise InputError(
            f"it has {count:,} points" if count < 10**15 else "it has more points than can be counted",
            where="grid",
            hint=f"at most {MOST_POINTS:,} are simulated together; list fewer values, or give ranges fewer points",
        )


def _add(
    host: Host, workload: Workload, text: str, points: dict[str, tuple[Strategy, str]]
) -> dict[str, str]:
    """Add the points of one text; return those that their strategy refuses, each with the reason."""
    name, given = parse_spec(text)
    cls = host.strategy_class(name)
    parameters = {each.name: each for each in describe(cls)}
    for parameter in given:
        if parameter not in parameters:
            hint = nearest(parameter, parameters) if parameters else "it takes none"
            raise InputError(
                f"there is no parameter {shown(parameter)}", where=f"grid {shown(text)}: {name}", hint=hint
            )
    where = f"grid {shown(text)}"
    values = {each: _values(parameters[each], written, where) for each, written in given.items()}
    _check_size(prod(len(each) for each in values.values()))
    known = parameters_from(workload, cls)
    refused: dict[str, InputError] = {}
    found = 0
    for combination in product(*values.values()):
        chosen = dict(zip(values, combination, strict=True))
        try:
            point = build(cls, {**known, **chosen}, where=where)
        except InputError as error:
            refused[_written(name, chosen)] = error
            continue
        found += 1
        points.setdefault(to_spec(point), (point, _written(name, chosen)))
    if not found:
        raise next(iter(refused.values()))
    return {spec: error.what for spec, error in refused.items()}


def _written(name: str, chosen: Mapping[str, str]) -> str:
    return f"{name}:{','.join(f'{each}={value}' for each, value in chosen.items())}" if chosen else name


def _values(parameter: Parameter, written: str, where: str) -> tuple[str, ...]:
    """The values of one parameter, as text."""
    values: list[object] = []
    for part in written.split("|"):
        text = part.strip()
        if is_range(text):
            values.extend(range_values(parameter, text, where))
        else:
            values.append(_value(parameter, text, where))
        _check_size(len(values))
    return tuple(dict.fromkeys(map(parameter.type.write, values)))


def _value(parameter: Parameter, text: str, where: str) -> object:
    try:
        return parameter.read(text)
    except InputError as error:
        raise InputError(error.what, where=where, hint=error.hint) from None

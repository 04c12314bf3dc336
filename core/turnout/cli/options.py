"""What options are made of: sections of a help page, and values that are refused in words of their own."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import click

from turnout.errors import InputError
from turnout.model import MOST_REPLICAS
from turnout.parameters import build
from turnout.units import MILLISECOND, Duration, format_duration, parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from turnout.parameters import Parameter

__all__ = [
    "WORK",
    "CountType",
    "DurationType",
    "FactorType",
    "ReplicasType",
    "SectionedCommand",
    "parameter_option",
    "sectioned",
    "workers_option",
]

WORK = "Where the work is done"
"""The heading of the options that say so."""

_LARGEST_FACTOR = 1_000_000
_LARGEST_COUNT = 10**9


class _SectionedOption(click.Option):
    """An option that stands under a heading of its own on the help page."""

    def __init__(self, *arguments: Any, section: str, **given: Any) -> None:
        super().__init__(*arguments, **given)
        self.section = section


def sectioned(section: str, *names: str, **given: Any) -> Callable[[Any], Any]:
    """Return an option under a heading; otherwise as `click.option`."""
    return click.option(*names, cls=_SectionedOption, section=section, **given)


def workers_option(command: Any) -> Any:
    """Give a command the option that says with how many processes it works."""
    about = (
        "How many processes to work with.  [default: one for each processor, where there is much to simulate]"
    )
    return sectioned(WORK, "--workers", type=CountType(1_000), help=about)(command)


class SectionedCommand(click.Command):
    """A command whose help page lists its options under headings, in the order in which they first come up."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                title = parameter.section if isinstance(parameter, _SectionedOption) else "Options"
                sections.setdefault(title, []).append(record)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records)


class DurationType(click.ParamType[Duration]):
    """A duration such as 90s or 5m; below a millisecond there is only 0s.

    Args:
        least: The shortest.
        signed: Whether it may be negative: a moment, such as -5s, that far before another.
    """

    name = "duration"

    def __init__(self, least: int = 0, *, signed: bool = False) -> None:
        self._least = least
        self._signed = signed

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Duration:
        """Read the text."""
        text = str(value).strip()
        negative = self._signed and text.startswith("-")
        try:
            length = parse_duration(text.removeprefix("-") if negative else text)
        except InputError as error:
            hint = f"{error.hint}, or -5s" if self._signed else error.hint
            self.fail(
                f"{value!r} is not a duration; {hint}" if negative else f"{error.what}; {hint}", param, ctx
            )
        if length < self._least:
            least = format_duration(self._least)
            self.fail(f"it cannot be {value!r}; it takes a duration, at least {least}", param, ctx)
        if 0 < length < MILLISECOND:
            self.fail(f"it cannot be {value!r}; it takes 0s, or a duration of at least 1ms", param, ctx)
        return Duration(-length) if negative else length


class CountType(click.ParamType[int]):
    """A whole number from 1.

    Args:
        most: The greatest.
    """

    name = "number"

    def __init__(self, most: int = _LARGEST_COUNT) -> None:
        self._most = most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read the text."""
        text = str(value)
        if not re.fullmatch("[0-9]{1,10}", text) or not 1 <= int(text) <= self._most:
            self.fail(f"{value!r} is no whole number from 1 to {self._most:,}", param, ctx)
        return int(text)


class ReplicasType(click.ParamType[int]):
    """A number of replicas; of a command that ignores unknown options, so that ``-1`` is a number, and a wrong one."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read the text."""
        text = str(value)
        if re.fullmatch("-[0-9]+", text):
            self.fail(f"the replica count must be greater than or equal to 0, and is {text}", param, ctx)
        if text.startswith("-"):
            raise click.NoSuchOption(text, ctx=ctx)
        if not re.fullmatch("[0-9]{1,9}", text) or int(text) > MOST_REPLICAS:
            self.fail(f"{value!r} is no whole number from 0 to {MOST_REPLICAS}", param, ctx)
        return int(text)


class FactorType(click.ParamType[float]):
    """A number above 0."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read the text."""
        try:
            factor = float(value)
        except ValueError:
            factor = math.nan
        if not 0 < factor <= _LARGEST_FACTOR:
            self.fail(f"{value!r} is no number above 0, and at most {_LARGEST_FACTOR}", param, ctx)
        return factor


class _ParameterType(click.ParamType[Any]):
    """A value of one parameter of a class that describes its own, such as the environment."""

    def __init__(self, cls: type[Any], parameter: Parameter) -> None:
        self.name = "duration" if parameter.type.kind == "duration" else "number"
        self._cls = cls
        self._parameter = parameter

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read the text."""
        try:
            built = build(self._cls, {self._parameter.name: value})
        except InputError as error:
            self.fail(f"it cannot be {value!r}; {error.hint}", param, ctx)
        return getattr(built, self._parameter.field)


def parameter_option(section: str, cls: type[Any], parameter: Parameter) -> Callable[[Any], Any]:
    """Return the option for one parameter of a class such as the environment; None if it is not given."""
    names = f"--{parameter.name.replace('_', '-')}", parameter.name
    about = f"{parameter.doc[:1].upper()}{parameter.doc[1:]}."
    if parameter.type.kind == "bool":
        return sectioned(section, *names, is_flag=True, default=None, help=about)
    default = f"  [default: {parameter.default_text}]" if parameter.default is not None else ""
    return sectioned(section, *names, type=_ParameterType(cls, parameter), help=about + default)

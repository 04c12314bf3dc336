"""Which plugins a user has switched off, and the host without them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import click

from turnout.cli.output import stdout_kept
from turnout.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from turnout import Host

__all__ = ["Switches", "open_host"]

_VARIABLE = "TURNOUT_WITHOUT"


@attrs.frozen
class Switches:
    """Names of plugins that are switched off.

    Attributes:
        options: By the option ``--without``.
        variable: By the environment variable ``TURNOUT_WITHOUT``.
    """

    options: tuple[str, ...] = ()
    variable: tuple[str, ...] = ()

    @classmethod
    def of(cls, options: Iterable[str], environment: Mapping[str, str]) -> Switches:
        """Read the environment variable, too: names with commas between them."""
        names = (name.strip() for name in environment.get(_VARIABLE, "").split(","))
        return cls(tuple(options), tuple(name for name in names if name))

    @property
    def where(self) -> str:
        """Where the names were given, for an error message."""
        given = (("--without", self.options), (_VARIABLE, self.variable))
        return " and ".join(name for name, names in given if names)


def open_host(context: click.Context, *, warn: bool = True) -> Host:
    """Open the host that a command works with.

    Args:
        context: The command's context.
        warn: Whether to say on standard error which plugins are broken.

    Raises:
        InputError: If no plugin has a name that is to be switched off.
    """
    from turnout import Host  # noqa: PLC0415  (--help does without pluggy and every plugin)

    switches = context.find_object(Switches) or Switches()
    try:
        with stdout_kept():
            host = Host(disabled={*switches.options, *switches.variable})
    except InputError as error:
        raise InputError(error.what, where=switches.where, hint=error.hint) from error
    for report in host.plugins if warn else ():
        for problem in report.problems:
            click.echo(f"turnout: plugin {report.name} ({report.origin}) is broken: {problem}", err=True)
    return host

"""The command ``turnout``: its global options, and how every command ends."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

import click

from turnout.cli.lazy import LazyGroup
from turnout.cli.signals import terminated_as_interrupted
from turnout.cli.switches import Switches
from turnout.errors import TurnoutError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main", "root"]

_COMMANDS = {
    "compare": ("turnout.cli.compare:compare", "Say what each strategy would do to your users."),
    "sweep": ("turnout.cli.sweep:sweep", "Find the strategies and parameters that no others beat."),
    "show": ("turnout.cli.show:show", "Show one rollout as a timeline."),
    "verify": ("turnout.cli.verify:verify", "Try a strategy's promises in all kinds of weather."),
    "new": ("turnout.cli.new:new", "Write a plugin with a strategy of your own."),
    "rollout": (
        "turnout.cli.rollout:rollout",
        "Rehearse a rollout without a cluster, or explain a real one.",
    ),
    "strategies": ("turnout.cli.strategies:strategies", "List strategies, their parameters and promises."),
    "plugins": ("turnout.cli.plugins:plugins", "List plugins, where they come from, and which are broken."),
}
_BAD_INPUT = 2
_INTERRUPTED = 130  # 128 and the number of the signal, as shells have it
_BROKEN_PIPE = 141
_TERMINATED = 143


@click.group(
    cls=LazyGroup,
    lazy=_COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="turnout", message="%(prog)s %(version)s")
@click.option(
    "--without",
    metavar="NAME",
    multiple=True,
    help="Switch a plugin off. May be repeated; TURNOUT_WITHOUT=NAME,NAME does the same.",
)
@click.pass_context
def root(context: click.Context, without: tuple[str, ...]) -> None:
    """Know what a rollout does to your users before you roll it out."""
    context.obj = Switches.of(without, os.environ)
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Bad input ends in one line on standard error and 2, an interrupt in one line and 130, or 143 for SIGTERM. Where the
    reader of standard output has gone away, as with ``| head``, it ends quietly.

    Args:
        arguments: The arguments after the name of the command; None for the process's own.

    Returns:
        The exit code.
    """
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")  # what a terminal cannot show is no reason to fail
    try:
        with terminated_as_interrupted() as terminated:
            code = _run(list(sys.argv[1:] if arguments is None else arguments))
        if code == _INTERRUPTED and terminated:
            code = _TERMINATED
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        _give_up_output()
        return _BROKEN_PIPE
    except OSError as error:
        _give_up_output()
        return _fail(": ".join(str(part) for part in (error.filename, error.strerror) if part) or str(error))
    return code


def _run(arguments: list[str]) -> int:
    try:
        with root.make_context("turnout", arguments) as context:
            root.invoke(context)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.UsageError as error:
        return _fail(_usage(error))
    except click.ClickException as error:
        return _fail(error.format_message())
    except TurnoutError as error:
        return _fail(str(error))
    except (KeyboardInterrupt, click.Abort):
        _fail("interrupted")
        return _INTERRUPTED
    return 0


def _usage(error: click.UsageError) -> str:
    text = error.format_message().rstrip(".")
    name = error.option_name if isinstance(error, click.NoSuchOption) else None
    if text.endswith("?"):  # click has asked already whether another was meant
        return text
    if error.ctx is None or error.ctx.parent is None:
        return f"{text}; see turnout --help"
    if any(name in parameter.opts for parameter in root.params):
        return f"{text}; {name} goes before the command: turnout {name} … {error.ctx.info_name}"
    return f"{text}; see {error.ctx.command_path} --help"


def _fail(line: str) -> int:
    click.echo(f"turnout: {' '.join(line.split())}", err=True)
    return _BAD_INPUT


def _give_up_output() -> None:
    """Send what is still buffered nowhere, or the interpreter would try once more on its way out, and complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)

"""The verbs of ``turnout rollout`` that look at it, once or as time goes by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from turnout import controller
from turnout.cli.options import DurationType
from turnout.cli.output import format_option, print_json, print_rich
from turnout.cli.rollout.drawing import Ticker, status_document, status_parts
from turnout.cli.rollout.files import kubectl_exit, state_option
from turnout.cli.switches import open_host
from turnout.errors import InputError
from turnout.rehearsal import commands
from turnout.routing.timeline import FOREVER

if TYPE_CHECKING:
    from turnout.host import Host
    from turnout.rehearsal import Rehearsal, StateFile
    from turnout.units import Duration

__all__ = ["history", "status", "wait"]

_INTERRUPTED = 130


@click.command()
@click.option("--watch", is_flag=True, help="Follow it until it is done, or has failed.")
@format_option
@state_option
@click.pass_context
def status(context: click.Context, /, file: StateFile, watch: bool, output: str) -> None:  # noqa: FBT001  (click's)
    """Say how far the rollout is, or follow it.

    The exit code is 1 if it has made no progress for longer than the progress deadline. With a stopped clock, following
    it moves time.
    """
    host = open_host(context)
    if watch:
        if output != "table":
            raise InputError("a rollout that is followed is not written as JSON", where="--format")
        context.exit(_follow(file, host))
    rehearsal = commands.look(file, host)
    answer = controller.status(rehearsal.state)
    if output == "json":
        print_json(status_document(rehearsal))
        context.exit(answer.exit)
    click.echo(answer.text, err=answer.exit != 0)
    print_rich(*status_parts(rehearsal))
    context.exit(answer.exit)


def _follow(file: StateFile, host: Host) -> int:
    ticker = Ticker()
    try:
        rehearsal = commands.look(file, host)
        if rehearsal.facts.clock == "stopped":
            rehearsal = commands.wait(file, host, _until_done, ticker)
        else:
            for rehearsal in commands.follow(file, host):
                ticker(rehearsal)
                if controller.status(rehearsal.state).done:
                    break
    except KeyboardInterrupt:
        return _INTERRUPTED
    answer = controller.status(rehearsal.state)
    if not answer.done:
        click.echo("error: nothing will change any more without another command", err=True)
        return 1
    return answer.exit


def _until_done(rehearsal: Rehearsal) -> int | None:
    over = controller.status(rehearsal.state).done or rehearsal.next_change == FOREVER
    return None if over else rehearsal.next_change


@click.command()
@click.argument("duration", type=DurationType())
@click.option(
    "--available",
    type=click.IntRange(1),
    help="Wait no longer than until so many replicas of the new version are available.",
)
@state_option
@click.pass_context
def wait(context: click.Context, /, file: StateFile, duration: Duration, available: int | None) -> None:
    """Let time pass at once, and say what happens meanwhile.

    With --available, the exit code is 1 if DURATION was not long enough.
    """
    ends: list[int] = []

    def enough(rehearsal: Rehearsal) -> bool:
        target = rehearsal.statuses.get(rehearsal.state.rollout.target)
        return available is not None and target is not None and target.available >= available

    def until(rehearsal: Rehearsal) -> int | None:
        if not ends:
            ends.append(rehearsal.now + duration)
        return None if enough(rehearsal) else ends[0]

    ticker = Ticker()
    rehearsal = commands.wait(file, open_host(context), until, ticker)
    ticker.close(rehearsal)
    if available is not None and not enough(rehearsal):
        click.echo(
            f"error: timed out waiting for the condition on {rehearsal.state.noun}s/{rehearsal.state.name}",
            err=True,
        )
        context.exit(1)


@click.command()
@click.option("--revision", type=click.IntRange(0), default=0, help="Show this one.  [default: list all]")
@state_option
@click.pass_context
def history(context: click.Context, /, file: StateFile, **given: Any) -> None:
    """List the revisions, or show one."""
    rehearsal = commands.look(file, open_host(context))
    with kubectl_exit(context):
        words = controller.history_words(
            rehearsal.state, given["revision"], causes=rehearsal.causes.of_revisions
        )
        click.echo(words)

"""The verbs of ``turnout rollout`` that change it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from turnout.cli.options import DurationType, ReplicasType
from turnout.cli.rollout.files import kubectl_exit, state_option
from turnout.cli.switches import open_host
from turnout.rehearsal import commands

if TYPE_CHECKING:
    from turnout.rehearsal import StateFile, Verb
    from turnout.rehearsal.commands import Said

__all__ = ["abort", "apply", "pause", "promote", "restart", "resume", "scale", "set_image", "undo"]

_never_ready = click.option("--never-ready", is_flag=True, help="Its replicas never become ready.")


class _TagType(click.ParamType[str]):
    """The tag of an image."""

    name = "tag"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read the text."""
        if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", str(value)):
            self.fail(f"{value!r} is no image tag; write the tag alone, such as 1.2.3", param, ctx)
        return str(value)


@click.command()
@click.argument("manifest")
@click.option("--name", metavar="NAME", help="Which of several workloads in the manifest.")
@click.option(
    "--strategy",
    metavar="NAME[:PARAM=VALUE,…]",
    help="How to roll out. Later manifests keep it.  [default: what the manifest asks for]",
)
@_never_ready
@click.option("--seed", type=int, help="Seeds the start-up times; at the beginning only.  [default: 0]")
@click.option(
    "--startup",
    type=DurationType(),
    help="From a replica's start until its application answers: the median; at the beginning only.  [default: 5s]",
)
@click.option(
    "--clock",
    type=click.Choice(["real", "stopped"]),
    help="Whether time goes on between commands, or moves only with 'wait' and 'status --watch'; "
    "at the beginning only.  [default: real]",
)
@state_option
@click.pass_context
def apply(context: click.Context, /, manifest: str, name: str | None, file: StateFile, **given: Any) -> None:
    """Begin a rollout with a manifest, or change it.

    MANIFEST is a file with a Deployment or an Argo Rollout, or '-' for standard input.
    """
    from turnout.manifest import load_manifest  # noqa: PLC0415  (a YAML reader, which no other verb needs)

    _say(commands.apply(file, open_host(context), load_manifest(manifest, name=name), **given))


@click.command()
@click.argument("tag", type=_TagType())
@click.option(
    "--bridge", metavar="TAG", type=_TagType(), help="The version to pass through, for a strategy that does."
)
@_never_ready
@state_option
@click.pass_context
def set_image(context: click.Context, /, **given: Any) -> None:
    """Roll another version out.

    TAG is the tag of the image. While the rollout is paused it is only noted: of several, the last one is rolled out.
    """
    _carry_out(context, "set-image", **given)


@click.command()
@state_option
@click.pass_context
def pause(context: click.Context, /, **given: Any) -> None:
    """Let the rollout stand still."""
    _carry_out(context, "pause", **given)


@click.command()
@state_option
@click.pass_context
def resume(context: click.Context, /, **given: Any) -> None:
    """Let it go on."""
    _carry_out(context, "resume", **given)


@click.command()
@click.option(
    "--to-revision",
    type=click.IntRange(0),
    default=0,
    help="Its number.  [default: the one before the present]",
)
@state_option
@click.pass_context
def undo(context: click.Context, /, **given: Any) -> None:
    """Go back to the version before, or to a revision."""
    _carry_out(context, "undo", **given)


@click.command()
@state_option
@click.pass_context
def restart(context: click.Context, /, **given: Any) -> None:
    """Replace every replica by one of the same version."""
    _carry_out(context, "restart", **given)


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("replicas", type=ReplicasType())
@state_option
@click.pass_context
def scale(context: click.Context, /, **given: Any) -> None:
    """Want another number of replicas."""
    _carry_out(context, "scale", **given)


@click.command()
@state_option
@click.pass_context
def promote(context: click.Context, /, **given: Any) -> None:
    """Say yes to a version that waits for it."""
    _carry_out(context, "promote", **given)


@click.command()
@state_option
@click.pass_context
def abort(context: click.Context, /, **given: Any) -> None:
    """Go back to the version that was last fully rolled out."""
    _carry_out(context, "abort", **given)


def _carry_out(context: click.Context, verb: Verb, *, file: StateFile, **arguments: Any) -> None:
    with kubectl_exit(context):
        _say(commands.carry_out(file, open_host(context), verb, **arguments))


def _say(said: Said) -> None:
    if said.text:
        click.echo(said.text)
    if said.note:
        click.echo(f"turnout: {said.note}", err=True)

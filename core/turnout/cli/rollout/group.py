"""The group of the rollout's verbs, each of which is imported only when it is used."""

from __future__ import annotations

import click

from turnout.cli.lazy import LazyGroup

__all__ = ["rollout"]

_CHANGES = "turnout.cli.rollout.changes"
_LOOKS = "turnout.cli.rollout.looks"
_VERBS = {
    "apply": (f"{_CHANGES}:apply", "Begin a rollout with a manifest, or change it."),
    "set-image": (f"{_CHANGES}:set_image", "Roll another version out."),
    "pause": (f"{_CHANGES}:pause", "Let the rollout stand still."),
    "resume": (f"{_CHANGES}:resume", "Let it go on."),
    "undo": (f"{_CHANGES}:undo", "Go back to the version before, or to a revision."),
    "restart": (f"{_CHANGES}:restart", "Replace every replica by one of the same version."),
    "scale": (f"{_CHANGES}:scale", "Want another number of replicas."),
    "promote": (f"{_CHANGES}:promote", "Say yes to a version that waits for it."),
    "abort": (f"{_CHANGES}:abort", "Go back to the version that was last fully rolled out."),
    "status": (f"{_LOOKS}:status", "Say how far the rollout is, or follow it."),
    "history": (f"{_LOOKS}:history", "List the revisions, or show one."),
    "wait": (f"{_LOOKS}:wait", "Let time pass at once."),
    "step": ("turnout.cli.rollout.step:step", "Explain what a real cluster does next."),
}


@click.group(cls=LazyGroup, lazy=_VERBS, invoke_without_command=True)
@click.pass_context
def rollout(context: click.Context) -> None:
    """Rehearse a rollout without a cluster, or explain a real one.

    The verbs are those of 'kubectl rollout', 'kubectl apply', 'kubectl set image' and 'kubectl scale', and two of Argo
    Rollouts: promote and abort. They act on one rollout on a simulated cluster, kept in a file, whose time goes on
    between two commands as on the wall. What is refused ends in kubectl's words and exit code 1.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())

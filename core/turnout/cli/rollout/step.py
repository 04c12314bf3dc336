"""``turnout rollout step``: what the controller of a real cluster does next, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from turnout.cli.output import format_option, print_json, print_rich, table
from turnout.cli.switches import open_host
from turnout.errors import InputError
from turnout.observed import load_observed, next_step, parse_time, step_document
from turnout.selection import asked_by_manifest, choose_strategies
from turnout.units import MILLISECOND, format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from turnout.observed import Step

__all__ = ["step"]


class _TimeType(click.ParamType[int]):
    """A time as the API server writes it, as microseconds since 1970."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read the text."""
        try:
            return parse_time(str(value))
        except ValueError:
            self.fail(f"{value!r} is no time; write it as 2026-05-01T12:00:00Z", param, ctx)


@click.command()
@click.option(
    "--observed",
    "path",
    metavar="FILE",
    required=True,
    help="What 'kubectl get deploy,rs -o json' has printed, or '-' to read it from standard input.",
)
@click.option("--name", metavar="NAME", help="Which of several Deployments.")
@click.option("--at", "time", type=_TimeType(), help="When that was.  [default: now]")
@click.option(
    "--strategy",
    metavar="NAME[:PARAM=VALUE,…]",
    help="What another strategy would do.  [default: the Deployment's own]",
)
@format_option
@click.pass_context
def step(
    context: click.Context,
    /,
    path: str,
    name: str | None,
    time: int | None,
    strategy: str | None,
    output: str,
) -> None:
    """Explain what a real cluster does next.

    Reads a Deployment and its ReplicaSets, and says what the Deployment controller does about them: which rule
    applies, with which numbers. A form for programs is read, too.
    """
    try:
        observed = load_observed(path, name=name, time=time)
    except InputError as error:
        if error.where != "time":
            raise
        raise InputError(error.what, where="--at", hint=error.hint) from error
    workload = observed.workload
    host = open_host(context)
    asked = strategy or observed.asked or asked_by_manifest(host, workload, affinity=False)
    chosen = choose_strategies(host, workload, [asked])[0]
    found = next_step(observed, chosen)
    if output == "json":
        print_json(step_document(found))
    else:
        print_rich(*_parts(found))


def _parts(found: Step) -> Iterator[RenderableType]:
    from rich.text import Text  # noqa: PLC0415  (JSON does without)

    said = step_document(found)
    rollout = said["rollout"]
    paused = ", paused" if rollout["paused"] else ""
    yield Text(
        f"{said['name']}: {rollout['replicas']} replicas of {rollout['target']} by {said['strategy']}{paused}"
    )
    yield Text()
    rows = table("revision", "name", "wanted", "next", "there", "ready", "available", "object")
    for column in rows.columns[2:7]:
        column.justify = "right"
    for each in said["replica_sets"]:
        after = each["next_wanted"]
        shown = (
            each["revision"],
            each["name"],
            "-" if each["wanted"] is None else each["wanted"],
            "" if after == each["wanted"] else "deleted" if after is None else after,
            each["replicas"],
            each["ready"],
            each["available"],
            each["object"] or "",
        )
        rows.add_row(*(Text(str(value)) for value in shown))
    yield rows
    yield Text()
    yield Text("Next, because" if said["changes"] else "Nothing changes, because", style="bold")
    why = table("rule", "why")
    why.show_header = False
    for reason in said["reasons"]:
        why.add_row(Text(reason["rule"]), Text(reason["text"]))
    if found.again_at is not None:
        # A microsecond after what is waited for: nobody wants to read of that.
        wait = format_duration(round((found.again_at - found.observed.time) / MILLISECOND) * MILLISECOND)
        again = f"if nothing happens before, the controller looks again in {wait}"
        why.add_row(Text("again"), Text(again))
    for note in said["notes"]:
        why.add_row(Text("note"), Text(note))
    yield why

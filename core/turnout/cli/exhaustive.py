"""``turnout verify --exhaustive``: every interleaving of a small rollout, and how many states that were."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from turnout.cli.options import sectioned
from turnout.cli.output import print_json, stdout_kept
from turnout.errors import InputError
from turnout.parameters import to_spec

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from turnout.invariant import Invariant
    from turnout.strategy import Strategy
    from turnout.verify.exhaustive import Exhaustion

__all__ = ["bound_options", "bounds_given", "walked"]

_BROKEN = 1
_SECTION = "How small the world is, with --exhaustive"
_BOUNDS = {
    "replicas": (1, 2, "replicas are wanted"),
    "sessions": (0, 1, "sessions there are, one of which is judged"),
    "faults": (0, 1, "replicas crash or are killed"),
    "verbs": (0, 1, "verbs an operator says"),
    "delays": (0, 0, "times nothing happens for a while"),
}
_OF_THE_HUNT = ("examples", "seed", "weathers", "stories")
_MOST = 20
_LARGE = 1_000
"""A walk takes as long as so many rollouts, at the least."""


def bound_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say how small the world of an exhaustive walk is."""
    for name, (least, default, what) in reversed(_BOUNDS.items()):
        command = sectioned(
            _SECTION,
            f"--{name}",
            type=click.IntRange(least, _MOST),
            default=default,
            show_default=True,
            metavar="NUMBER",
            help=f"How many {what}.",
        )(command)
    return command


def bounds_given(context: click.Context, *, exhaustive: bool) -> dict[str, int]:
    """Return the bounds of a walk, by name.

    Raises:
        InputError: If an option is given that means nothing with --exhaustive, or without it.
    """
    for name in _OF_THE_HUNT if exhaustive else _BOUNDS:
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            option = next(each.opts[0] for each in context.command.params if each.name == name)
            if exhaustive:
                raise InputError(
                    f"{option} means nothing with --exhaustive",
                    hint="that walks every interleaving; give --replicas, --sessions, --faults, --verbs, --delays",
                )
            raise InputError(f"{option} means nothing without --exhaustive", hint="add --exhaustive")
    return {name: context.params[name] for name in _BOUNDS}


def walked(
    asked: Iterable[tuple[type[Strategy], dict[str, str]]],
    invariants: Mapping[str, Invariant],
    bounds: Mapping[str, int],
    only: Collection[str] | None,
    workers: int | None,
    output: str,
) -> int:
    """Walk, say what was found, and return the exit code.

    Args:
        asked: The strategies, and which of their parameters are fixed.
        invariants: What there is to promise, by name.
        bounds: How small the world is, by name.
        only: The names of the promises to judge; None for all of them.
        workers: With how many processes to work; None for as many as pay for themselves.
        output: ``"table"`` or ``"json"``.
    """
    from turnout.jobs.pieces import side_by_side  # noqa: PLC0415  # numpy and hypothesis, where needed
    from turnout.verify.choices import choices  # noqa: PLC0415
    from turnout.verify.exhaustive import Small, exhaust  # noqa: PLC0415

    small = Small(**bounds)
    strategies = [each for cls, fixed in asked for each in choices(cls, fixed)]
    rules = tuple(invariants.values())
    pieces = [
        (to_spec(each), partial(exhaust, each, rules, small, only=only, progress=_say)) for each in strategies
    ]
    with stdout_kept():
        found = side_by_side(pieces, workers=workers, simulations=len(pieces) * _LARGE)
    if output == "json":
        print_json({"exhaustive": [_to_dict(each) for each in found]})
    else:
        click.echo("\n".join("\n".join([*_lines(each), ""]) for each in found))
    return 0 if all(each.kept for each in found) else _BROKEN


def _say(what: str) -> None:
    click.echo(f"turnout: {what}", err=True)


def _lines(found: Exhaustion) -> list[str]:
    ending = "that is all there are" if found.closed else f"not closed: {found.open_because}"
    lines = [
        f"{to_spec(found.strategy)}: {found.small}",
        f"  {found.states:,} states and {found.steps:,} steps between them: {ending}",
    ]
    if found.held:
        lines.append(f"  hold in all of them: {', '.join(found.held)}")
    elif not found.closed:
        unbroken = [name for name in found.judged if name not in found.broken]
        lines.append(f"  not broken so far, which proves nothing: {', '.join(unbroken)}")
    if found.untried:
        lines.append(f"  never had to be kept, in no state: {', '.join(found.untried)}")
    lines += [f"  not walked: {name} ({reason})" for name, reason in found.skipped.items()]
    for name, story in found.broken.items():
        lines += [f"  {name}:", *(f"    {number:2}  {line}" for number, line in enumerate(story, 1))]
        lines.append(f"    replay  {_replay(found, name)}")
    return lines


def _replay(found: Exhaustion, name: str) -> str:
    """The command that finds the story again: a walk has no chance in it."""
    bounds = " ".join(f"--{each} {getattr(found.small, each)}" for each in _BOUNDS)
    only = (
        "" if name == "well-behaved" else f" --invariant {name}"
    )  # the provisos of others may be what fails
    return f"turnout verify --exhaustive {to_spec(found.strategy)} {bounds}{only}"


def _to_dict(found: Exhaustion) -> dict[str, object]:
    return {
        "strategy": to_spec(found.strategy),
        "bounds": {name: getattr(found.small, name) for name in _BOUNDS},
        "states": found.states,
        "steps": found.steps,
        "closed": found.closed,
        "open_because": found.open_because,
        "kept": found.kept,
        "holds": list(found.held),
        "untried": list(found.untried),
        "not_walked": found.skipped,
        "broken": {
            name: {"story": list(story), "replay": _replay(found, name)}
            for name, story in found.broken.items()
        },
    }

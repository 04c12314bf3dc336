"""``turnout verify --exhaustive``: every interleaving of a small rollout, and how many states that were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from turnout.cli.output import print_json
from turnout.parameters import to_spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from turnout.invariants import Invariant
    from turnout.strategy import Strategy
    from turnout.verify.exhaustive import Exhaustion

__all__ = ["walked"]


def walked(
    asked: Iterable[tuple[type[Strategy], dict[str, str]]], invariants: Mapping[str, Invariant], output: str
) -> int:
    """Walk, say what was found, and return the exit code.

    Args:
        asked: The strategies, and which of their parameters are fixed.
        invariants: What there is to promise, by name.
        output: ``"table"`` or ``"json"``.
    """
    from turnout.verify.exhaustive import exhaust, quick  # noqa: PLC0415  # numpy and hypothesis, where needed

    found = [exhaust(quick(cls, fixed), invariants.values()) for cls, fixed in asked]
    if output == "json":
        print_json({"exhaustive": [_to_dict(each) for each in found]})
    else:
        click.echo("\n\n".join("\n".join(_lines(each)) for each in found))
    return 1 if any(each.broken for each in found) else 0


def _lines(found: Exhaustion) -> list[str]:
    ending = "that is all there are" if found.closed else "there are more"
    lines = [
        f"{to_spec(found.strategy)}: {found.small}",
        f"  {found.states:,} states and {found.steps:,} steps between them: {ending}",
    ]
    if not found.broken:
        lines.append("  every promise holds in all of them")
    for name, story in found.broken.items():
        lines += [f"  {name}:", *(f"    {number:2}  {line}" for number, line in enumerate(story, 1))]
    return lines


def _to_dict(found: Exhaustion) -> dict[str, object]:
    return {
        "strategy": to_spec(found.strategy),
        "bounds": {
            "replicas": found.small.replicas,
            "sessions": found.small.sessions,
            "faults": found.small.faults,
            "verbs": found.small.verbs,
        },
        "states": found.states,
        "steps": found.steps,
        "closed": found.closed,
        "broken": {name: list(story) for name, story in found.broken.items()},
    }

"""The guarantee table of the docs, from a verification run: ``python -m tests.house.guarantees`` makes both anew.

The run leaves a record, and a story of each invariant that a bundled strategy breaks. The page is made of these; it is
stale if it is not what they make, if the record is not of the code as it is, or if a story breaks nothing.
"""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial
from itertools import islice
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

from tests.house.record import read_record, recorded, write_record
from turnout import Host
from turnout.invariant import WELL_BEHAVED
from turnout.jobs.pieces import side_by_side
from turnout.parameters import to_spec
from turnout.verify import Search, judge, read_story, tell, verify_all, write_story
from turnout.verify.choices import choices
from turnout.verify.exhaustive import exhaust

if TYPE_CHECKING:
    from turnout.verify import Story
    from turnout.verify.exhaustive import Exhaustion

__all__ = ["PAGE", "STORIES", "page", "stories"]

_REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
PAGE = _REFERENCE / "guarantees.md"
STORIES = _REFERENCE / "stories"
_FEW_OTHERS = 3

_HEAD = """\
# Guarantees

What each bundled strategy promises, on which condition, and what `turnout verify` found when it held it to that: in
{examples:,} rollouts of each kind of weather, with generated parameters, sessions and operators. *Examples* are those
of them that put the invariant to the test, and in which its condition held. Where a strategy promises nothing, there is
the shortest story that was found in which the invariant breaks.

*Every state* says what `turnout verify --exhaustive` found, which walks every interleaving of a small rollout with each
choice of parameters on which a promise depends, and judges what is promised with it. What is not promised at all is not
judged there (–). While a rollout is paused the controller asks no strategy: *paused-means-still* is its doing.

Made by `python -m tests.house.guarantees --examples {examples}`, with seed {seed}.

"""


def stories() -> dict[tuple[str, str], Story]:
    """Read the saved stories, by strategy and invariant."""
    host = Host()
    found = (read_story(path, host.strategies) for path in sorted(STORIES.glob("*.json")))
    return {(story.strategy.name, story.invariant): story for story in found}


def page(record: dict[str, Any], known: dict[tuple[str, str], Story]) -> str:
    """Write the page."""
    parts = [_HEAD.format(**record)]
    for name, of in record["strategies"].items():
        parts.append(f"## {name}\n\n")
        bounds = of["walks"][0]["bounds"]
        parts.append(f"Every state of a small rollout ({bounds}) has been walked with these parameters:\n\n")
        parts += [
            "- `{strategy}`: {states:,} states, {steps:,} steps between them\n".format(**each)
            for each in of["walks"]
        ]
        parts.append("\n")
        parts.append("| invariant | promised | verdict | every state |\n| --- | --- | --- | --- |\n")
        for invariant, found in of["invariants"].items():
            promised = _promised(of["promises"].get(invariant, []), found)
            verdict = _verdict(name, invariant, found, of["waivers"], record["weathers"])
            parts.append(f"| `{invariant}` | {promised} | {verdict} | {_walked(invariant, of['walks'])} |\n")
        parts.append("\n")
        for invariant in of["invariants"]:
            story = known.get((name, invariant))
            if story is not None:
                parts.append(f"({name}-{invariant})=\n### {name} and {invariant}\n\n```text\n")
                parts.append("\n".join(_lines(story)) + "\n```\n\n")
    return "".join(parts).rstrip() + "\n"


def _promised(promises: list[dict[str, list[str]]], found: dict[str, Any]) -> str:
    """On which conditions, each promise in a line of its own."""
    if not promises:
        return "no" if found["verdict"].startswith("not promised") else "always"
    return "<br>".join(
        ", ".join([*_clause("with", each), *_clause("if", each)]) or "always" for each in promises
    )


def _clause(word: str, promise: dict[str, list[str]]) -> list[str]:
    """One condition as a clause; several, which all have to be met, numbered."""
    parts = promise[word]
    if len(parts) > 1:
        parts = [f"({number}) {part}" for number, part in enumerate(parts, 1)]
    return [f"{word} {' '.join(parts)}"] if parts else []


def _verdict(
    name: str, invariant: str, found: dict[str, Any], waivers: dict[str, str], kinds: list[str]
) -> str:
    if invariant in waivers:
        return f"waived: {waivers[invariant]}"
    if found["story"] is not None:
        return f"**broken**: [a story](#{name}-{invariant})"
    if found["verdict"] == "untried":
        return "**never put to the test**"
    words = "**holds**" if found["verdict"] == "holds" else "not broken"
    return f"{words} ({found['put_to_the_test']:,} examples, {_weather(found['weathers'], kinds)})"


def _walked(invariant: str, walks: list[dict[str, Any]]) -> str:
    if any(invariant in each["broken"] for each in walks):
        return "**broken**"
    if any(invariant in each["holds"] for each in walks):
        return "**holds**"
    return next((each["not_walked"][invariant] for each in walks if invariant in each["not_walked"]), "–")


def _weather(survived: list[str], kinds: list[str]) -> str:
    others = [each for each in kinds if each not in survived]
    if not others:
        return "any weather"
    if len(others) <= _FEW_OTHERS:
        return f"any weather but {', '.join(others)}"
    return f"weather: {', '.join(survived)}" if survived else "no weather"


def _lines(story: Story) -> list[str]:
    invariant = {**Host().invariants, WELL_BEHAVED.name: WELL_BEHAVED}[story.invariant]
    judged = judge(story.world, story.strategy, [invariant])
    return tell(story.world, story.strategy, judged, story.invariant, judged.broken.get(story.invariant))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Verify every bundled strategy, and write down what was found."
    )
    parser.add_argument("--examples", type=int, default=50, help="rollouts in each kind of weather")
    parser.add_argument("--seed", type=int, default=0, help="decides which")
    parser.add_argument(
        "--workers", type=int, help="with how many processes; one for each processor if left out"
    )
    return parser.parse_args()


def _walks(host: Host, workers: int | None) -> list[list[Exhaustion]]:
    """Walk every strategy with every choice of parameters on which a promise depends."""
    invariants = tuple(host.invariants.values())
    chosen = [choices(cls, {}) for cls in host.strategies.values()]
    pieces = [
        (f"{to_spec(each)}: every interleaving", partial(exhaust, each, invariants))
        for those in chosen
        for each in those
    ]
    say = partial(print, file=sys.stderr)
    found = iter(side_by_side(pieces, workers=workers, simulations=10_000, progress=say))
    return [list(islice(found, len(those))) for those in chosen]


def main() -> int:
    """Verify every strategy; write the record, the stories and the page; 1 if a promise is broken or untried."""
    given, host = _arguments(), Host()
    walks = _walks(host, given.workers)
    reports = verify_all(
        [(cls, {}) for cls in host.strategies.values()],
        host.invariants.values(),
        Search(examples=given.examples, seed=given.seed),
        workers=given.workers,
        progress=partial(print, file=sys.stderr),
    )
    for path in STORIES.glob("*.json"):
        path.unlink()
    for report, those in zip(reports, walks, strict=True):
        for verdict in report.verdicts:
            if verdict.story is not None:
                write_story(verdict.story, STORIES)
            if verdict.status in ("broken", "untried", "cannot be checked"):
                sys.stdout.write(f"{report.strategy.name}: {verdict.invariant} is {verdict.status}\n")
        for name in (name for walk in those for name in walk.broken):
            sys.stdout.write(f"{report.strategy.name}: {name} is broken in a small rollout\n")
    write_record(recorded(reports, walks))
    PAGE.write_text(page(read_record(), stories()), encoding="utf-8")
    spent = process_time() + sum(os.times()[2:4])
    sys.stdout.write(f"{sum(each.runs for each in reports):,} rollouts in {spent:.0f} s of processor time\n")
    kept = all(each.kept for each in reports) and all(each.kept for those in walks for each in those)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())

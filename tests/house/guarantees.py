"""The guarantee table of the docs, from a verification run: ``python -m tests.house.guarantees`` makes both anew.

The run leaves a record, and a story of each invariant that a bundled strategy breaks. The page is made of these; it is
stale if it is not what they make, if the record is not of the code as it is, or if a story breaks nothing.
"""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

from tests.house.record import read_record, recorded, write_record
from turnout import Host
from turnout.jobs.pieces import side_by_side
from turnout.verify import Search, judge, read_story, tell, verify_all, write_story
from turnout.verify.durations import quick
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

*Every state* says what `turnout verify --exhaustive` found, which walks every interleaving of a small rollout.

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
        walk = of["exhaustion"]
        parts.append(
            "In a small rollout ({bounds}) there are {states:,} states, and {steps:,} steps between them. "
            "The strategy walked: `{strategy}`.\n\n".format(**walk)
        )
        parts.append("| invariant | promised | verdict | every state |\n| --- | --- | --- | --- |\n")
        for invariant, found in of["invariants"].items():
            promised = "; or ".join(of["promises"].get(invariant, ())) or _otherwise(found)
            verdict = _verdict(name, invariant, found, of["waivers"], record["weathers"])
            parts.append(f"| `{invariant}` | {promised} | {verdict} | {_walked(invariant, walk)} |\n")
        parts.append("\n")
        for invariant in of["invariants"]:
            story = known.get((name, invariant))
            if story is not None:
                parts.append(f"({name}-{invariant})=\n### {name} and {invariant}\n\n```text\n")
                parts.append("\n".join(_lines(story)) + "\n```\n\n")
    return "".join(parts).rstrip() + "\n"


def _otherwise(found: dict[str, Any]) -> str:
    return "no" if found["verdict"].startswith("not promised") else "always"


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


def _walked(invariant: str, walk: dict[str, Any]) -> str:
    if invariant in walk["broken"]:
        return "**broken**"
    return "**holds**" if invariant in walk["holds"] else str(walk["not_walked"].get(invariant, ""))


def _weather(survived: list[str], kinds: list[str]) -> str:
    others = [each for each in kinds if each not in survived]
    if not others:
        return "any weather"
    if len(others) <= _FEW_OTHERS:
        return f"any weather but {', '.join(others)}"
    return f"weather: {', '.join(survived)}" if survived else "no weather"


def _lines(story: Story) -> list[str]:
    invariant = Host().invariants[story.invariant]
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


def _walks(host: Host, workers: int | None) -> list[Exhaustion]:
    invariants = tuple(host.invariants.values())
    pieces = [
        (f"{name}: every interleaving", partial(exhaust, quick(cls, {}), invariants))
        for name, cls in host.strategies.items()
    ]
    say = partial(print, file=sys.stderr)
    return side_by_side(pieces, workers=workers, simulations=10_000, progress=say)


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
    for report, walk in zip(reports, walks, strict=True):
        for verdict in report.verdicts:
            if verdict.story is not None:
                write_story(verdict.story, STORIES)
            if verdict.status in ("broken", "untried", "cannot be checked"):
                sys.stdout.write(f"{report.strategy.name}: {verdict.invariant} is {verdict.status}\n")
        for name in walk.broken:
            sys.stdout.write(f"{report.strategy.name}: {name} is broken in a small rollout\n")
    write_record(recorded(reports, walks))
    PAGE.write_text(page(read_record(), stories()), encoding="utf-8")
    spent = process_time() + sum(os.times()[2:4])
    sys.stdout.write(f"{sum(each.runs for each in reports):,} rollouts in {spent:.0f} s of processor time\n")
    kept = all(each.kept for each in reports) and all(each.kept for each in walks)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())

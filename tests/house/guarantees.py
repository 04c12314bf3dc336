"""The guarantee table of the docs, from a verification run: ``python -m tests.house.guarantees`` writes it anew.

The run leaves a story of each invariant that a bundled strategy does not promise and breaks. The page is made of the
promises in the code and of these stories; it is stale if it is not what they make, or if a story breaks nothing.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from turnout import Host
from turnout.verify import WELL_BEHAVED, judge, read_story, tell, verify, write_story

if TYPE_CHECKING:
    from turnout import Promise, Strategy
    from turnout.verify import Story

__all__ = ["PAGE", "STORIES", "page", "stories"]

_REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
PAGE = _REFERENCE / "guarantees.md"
STORIES = _REFERENCE / "stories"

_HEAD = """\
# Guarantees

What each bundled strategy promises, and on which condition: `turnout verify` holds it to that. Where it promises
nothing, the shortest story that was found in which the invariant breaks. Made by `python -m tests.house.guarantees`.

"""


def stories() -> dict[tuple[str, str], Story]:
    """Read the saved stories, by strategy and invariant."""
    host = Host()
    found = (read_story(path, host.strategies) for path in sorted(STORIES.glob("*.json")))
    return {(story.strategy.name, story.invariant): story for story in found}


def page(known: dict[tuple[str, str], Story]) -> str:
    """Write the page."""
    host = Host()
    names = (WELL_BEHAVED.name, *host.invariants)
    parts = [_HEAD]
    for name, cls in host.strategies.items():
        parts.append(f"## {name}\n\n| invariant | guarantee |\n| --- | --- |\n")
        cells = ((invariant, _cell(cls, invariant, known.get((name, invariant)))) for invariant in names)
        parts += [f"| `{invariant}` | {cell} |\n" for invariant, cell in cells]
        parts.append("\n")
        for invariant in names:
            story = known.get((name, invariant))
            if story is not None:
                lines = _lines(story)
                parts.append(f"({name}-{invariant})=\n### {name} and {invariant}\n\n```text\n")
                parts.append("\n".join(lines) + "\n```\n\n")
    return "".join(parts).rstrip() + "\n"


def _cell(cls: type[Strategy], invariant: str, story: Story | None) -> str:
    promises = [each for each in cls.promises if each.invariant == invariant]
    if invariant == WELL_BEHAVED.name or promises:
        waived = cls.waivers.get(invariant)
        words = "; or ".join(_condition(each) for each in promises) or "always"
        return f"**promised** {words}" if waived is None else f"waived: {waived}"
    if story is not None:
        return f"not promised: [a story that breaks it](#{cls.name}-{invariant})"
    return "not promised; no story is known"


def _condition(promise: Promise) -> str:
    only = [f"with {name}={' or '.join(map(str, values))}" for name, values in promise.only_if]
    when = [f"if {promise.condition}"] if promise.condition else []
    return ", ".join([*only, *when]) or "always"


def _lines(story: Story) -> list[str]:
    invariant = Host().invariants[story.invariant]
    judged = judge(story.world, story.strategy, [invariant])
    return tell(story.world, story.strategy, judged, story.invariant, judged.broken.get(story.invariant))


def main() -> int:
    """Verify every strategy, save the stories, and write the page; 1 if a promise is broken."""
    host, kept = Host(), True
    for path in STORIES.glob("*.json"):
        path.unlink()
    for cls in host.strategies.values():
        report = verify(cls, host.invariants.values())
        kept = kept and report.kept
        for verdict in report.verdicts:
            if verdict.story is not None and not verdict.promised:
                write_story(verdict.story, STORIES)
            if verdict.status in ("broken", "untried"):
                sys.stdout.write(f"{cls.name}: {verdict.invariant} is {verdict.status}\n")
    PAGE.write_text(page(stories()), encoding="utf-8")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())

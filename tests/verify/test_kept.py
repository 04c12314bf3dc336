"""Stories that once broke a promise of a bundled strategy: none of them does any more."""

from __future__ import annotations

from pathlib import Path

import pytest

from turnout import Host
from turnout.verify import judge, read_story

KEPT = sorted((Path(__file__).parent / "kept").glob("*.json"))


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_a_promise_that_was_broken_is_kept(path: Path) -> None:
    host = Host()
    story = read_story(path, host.strategies)
    judged = judge(story.world, story.strategy, host.invariants.values())
    assert judged.trace is not None
    assert not judged.bound & judged.broken.keys()
    assert story.invariant in {"well-behaved", *(each.invariant for each in story.strategy.promises)}

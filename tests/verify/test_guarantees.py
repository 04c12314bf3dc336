"""The guarantee table is what the code promises and the stories show."""

from __future__ import annotations

import pytest

from tests.house.guarantees import PAGE, page, stories
from turnout import Host
from turnout.verify import judge

STORIES = stories()


def test_the_page_is_what_promises_and_stories_make() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(STORIES), "run python -m tests.house.guarantees"


@pytest.mark.parametrize("key", sorted(STORIES), ids="-".join)
def test_a_story_still_breaks_what_it_is_about(key: tuple[str, str]) -> None:
    story = STORIES[key]
    judged = judge(story.world, story.strategy, Host().invariants.values())
    assert judged.broken[story.invariant] == story.violation
    promised = [each for each in story.strategy.promises if each.invariant == story.invariant]
    assert promised == []

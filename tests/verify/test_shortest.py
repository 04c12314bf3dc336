"""The shortest stories are as short as they can be: few replicas, few requests, clear weather, nobody at work."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from typing import TYPE_CHECKING

import pytest

from tests.house.guarantees import stories
from turnout.cli import main
from turnout.host import Host
from turnout.verify import Search, verify

if TYPE_CHECKING:
    from pathlib import Path

    from turnout.verify import Story

STORIES = stories()
PAGE, VISITS, NOBODY = [2], [1, 1], list[int]()
SIZES = {
    ("blue-green", "no-broken-page"): (1, PAGE),
    ("recreate", "no-broken-page"): (1, PAGE),
    ("recreate", "one-version-per-page"): (1, PAGE),
    ("recreate", "one-version-per-session"): (1, VISITS),
    ("rolling", "never-backwards"): (2, VISITS),
    ("rolling", "no-broken-page"): (1, PAGE),
    ("rolling", "one-active-revision"): (2, NOBODY),
    ("rolling", "one-version-per-page"): (1, PAGE),
    ("rolling", "one-version-per-session"): (1, VISITS),
    ("session-affinity", "no-broken-page"): (1, PAGE),
    ("session-affinity", "one-active-revision"): (2, NOBODY),
    ("two-step", "never-backwards"): (2, VISITS),
    ("two-step", "one-active-revision"): (2, NOBODY),
    ("two-step", "one-version-per-page"): (1, PAGE),
    ("two-step", "one-version-per-session"): (1, VISITS),
}
NEEDS_A_FAULT = {("session-affinity", "no-request-to-the-unready")}
BATCHES = {
    "never-backwards": (2, VISITS),
    "no-broken-page": (1, PAGE),
    "one-active-revision": (2, NOBODY),
    "one-version-per-page": (1, PAGE),
    "one-version-per-session": (1, VISITS),
}


def size(story: Story) -> tuple[int, list[int]]:
    """How many replicas, and how many requests on each page."""
    scenario = story.world.scenario
    assert scenario.weather.clear
    assert not scenario.runbook.entries
    return scenario.workload.rollout.replicas, [
        len(page) for session in story.world.sessions for page in session
    ]


def test_each_story_of_the_bundled_strategies_has_a_size_that_is_known() -> None:
    assert set(STORIES) == SIZES.keys() | NEEDS_A_FAULT


@pytest.mark.parametrize("key", sorted(SIZES), ids="-".join)
def test_a_story_in_the_docs_is_as_short_as_can_be(key: tuple[str, str]) -> None:
    assert size(STORIES[key]) == SIZES[key]
    if key != ("session-affinity", "no-broken-page"):  # it takes a pin that is forgotten soon
        assert STORIES[key].spec == key[0]


def test_the_stories_of_the_tutorials_strategy_are_as_short_as_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["new", "batches", "--in", str(tmp_path)]) == 0
    spec = spec_from_file_location("turnout_batches", tmp_path / "turnout-batches" / "turnout_batches.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "turnout_batches", module)
    spec.loader.exec_module(module)
    search = Search(examples=5, weathers=("clear", "storm"))
    report = verify(module.Batches, Host().invariants.values(), search)
    assert {each.invariant: size(each.story) for each in report.verdicts if each.story} == BATCHES

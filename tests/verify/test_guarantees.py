"""The guarantee table is what a recorded run found, of the code as it is; and a smaller run finds nothing else."""

from __future__ import annotations

import pytest

from tests.house.guarantees import PAGE, page, stories
from tests.house.record import differences, read_record
from turnout import Host
from turnout.parameters import to_spec
from turnout.verify import WEATHERS, WELL_BEHAVED, Search, judge, verify
from turnout.verify.choices import choices

HOST = Host()
STORIES = stories()
RECORD = read_record()
ANEW = "run python -m tests.house.guarantees --examples N"


def test_the_record_is_of_the_code_as_it_is() -> None:
    assert list(differences(RECORD)) == [], ANEW
    assert RECORD["weathers"] == list(WEATHERS)
    for of in RECORD["strategies"].values():
        assert list(of["invariants"]) == [WELL_BEHAVED.name, *HOST.invariants]
        assert of["rollouts"] == RECORD["examples"] * len(WEATHERS)


def test_a_record_of_other_code_is_stale() -> None:
    other = {**RECORD, "judges": "", "strategies": {**RECORD["strategies"]}}
    other["strategies"]["rolling"] = {**other["strategies"]["rolling"], "promises": {}, "code": ""}
    found = set(differences(other))
    assert found == {"judges changed", "promises of rolling changed", "code of rolling changed"}


def test_the_page_is_what_record_and_stories_make() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(RECORD, STORIES), ANEW


def test_no_promise_is_recorded_as_broken_or_untried() -> None:
    found = {each["verdict"] for of in RECORD["strategies"].values() for each in of["invariants"].values()}
    assert found <= {"holds", "waived", "not promised, broken", "not promised, unbroken"}


def test_every_promise_is_recorded_to_hold_in_every_state_of_a_small_rollout() -> None:
    for name, of in RECORD["strategies"].items():
        walked = set[str]()
        for walk, strategy in zip(of["walks"], choices(HOST.strategies[name], {}), strict=True):
            promised = {each.invariant for each in strategy.promises if each.applies(strategy)}
            assert walk["strategy"] == to_spec(strategy)
            assert walk["closed"]
            assert set(walk["holds"]) == {WELL_BEHAVED.name, *promised}
            assert walk["broken"] == []
            assert walk["not_walked"] == {}
            walked |= promised
        assert walked == set(of["promises"])


def test_the_stories_are_those_of_the_record() -> None:
    told = {
        (name, invariant): each["story"]
        for name, of in RECORD["strategies"].items()
        for invariant, each in of["invariants"].items()
        if each["story"] is not None
    }
    assert told == {key: story.file_name for key, story in STORIES.items()}
    assert told.keys() == {
        (name, invariant)
        for name, of in RECORD["strategies"].items()
        for invariant, each in of["invariants"].items()
        if each["broken_in"]
    }


@pytest.mark.parametrize("key", sorted(STORIES), ids="-".join)
def test_a_story_still_breaks_what_it_is_about(key: tuple[str, str]) -> None:
    story = STORIES[key]
    judged = judge(story.world, story.strategy, HOST.invariants.values())
    assert judged.broken[story.invariant] == story.violation


@pytest.mark.parametrize("name", sorted(HOST.strategies))
def test_a_smaller_run_finds_nothing_else(name: str) -> None:
    search = Search(examples=5, seed=1, stories=False)
    report = verify(HOST.strategies[name], HOST.invariants.values(), search)
    recorded = RECORD["strategies"][name]["invariants"]
    broken = {each.invariant for each in report.verdicts if each.broken_in}
    assert broken <= {invariant for invariant, each in recorded.items() if each["broken_in"]}, ANEW

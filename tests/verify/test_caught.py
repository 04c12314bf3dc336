"""Every bad strategy is caught with the default settings."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.caught import ALL_BAD, hunted
from turnout import Host
from turnout.controller import sync
from turnout.verify import WELL_BEHAVED, Search, verify
from turnout_strategies.rolling import Rolling

if TYPE_CHECKING:
    from tests.bad_strategies import Bad


@pytest.mark.parametrize("bad", ALL_BAD, ids=lambda bad: bad.name)
def test_a_bad_strategy_is_caught(bad: type[Bad]) -> None:
    assert hunted(bad).found_after is not None


def test_there_is_something_to_catch_for_each_invariant() -> None:
    caught = Counter(bad.breaks for bad in ALL_BAD)
    assert caught.total() >= 30
    unbreakable = {"paused-means-still"}  # the controller asks no strategy while paused: see below
    assert set(caught) | unbreakable == {WELL_BEHAVED.name, *Host().invariants}


def test_a_controller_that_does_not_look_at_paused_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def stepped(work: Any, sets: Any, _: object, progressing: Any) -> Any:
        return work.stepped(sets, progressing)

    monkeypatch.setattr(sync._Work, "scaled", stepped)
    search = Search(only={"paused-means-still"}, first=True, stories=False)
    (verdict,) = verify(Rolling, Host().invariants.values(), search).verdicts
    assert verdict.status == "broken"

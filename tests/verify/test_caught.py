"""Every bad strategy is caught with the default settings."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.caught import ALL_BAD, hunted
from turnout import Host
from turnout.verify import WELL_BEHAVED

if TYPE_CHECKING:
    from tests.bad_strategies import Bad


@pytest.mark.parametrize("bad", ALL_BAD, ids=lambda bad: bad.name)
def test_a_bad_strategy_is_caught(bad: type[Bad]) -> None:
    assert hunted(bad).found_after is not None


def test_there_is_something_to_catch_for_each_invariant() -> None:
    caught = Counter(bad.breaks for bad in ALL_BAD)
    assert caught.total() >= 30
    unbreakable = {"paused-means-still"}  # the controller asks no strategy while paused
    assert set(caught) | unbreakable == {WELL_BEHAVED.name, *Host().invariants}

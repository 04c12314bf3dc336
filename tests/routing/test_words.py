"""Where requests go, in words."""

from __future__ import annotations

import pytest

from turnout.routing import Routing, Split, Spread, Sticky
from turnout.routing.words import routing_words


@pytest.mark.parametrize(
    ("routing", "words"),
    [
        (Spread(), "every request to any ready replica"),
        (Split({"v2": 1}), "every request to v2"),
        (Split({"v1": 3, "v2": 1}), "every request to v1 75%, v2 25%"),
        (Split({"v1": 0, "v2": 7}), "every request to v2"),
        (Split({"v1": 997, "v2": 3}), "every request to v1 99.7%, v2 0.3%"),
        (Split({"v1": 1e9, "v2": 1}), "every request to v1 >99.9%, v2 <0.1%"),
        (Sticky(unit="page", new=Split({"v2": 1})), "documents to v2, assets follow their document"),
        (Sticky(new=Split({"v2": 1})), "new sessions to v2, others stay with their revision"),
        (Sticky(to="replica"), "new sessions to any ready replica, others stay with their replica"),
        (
            Sticky(new=Split({"v2": 1}), released=["v1"]),
            "new sessions to v2, others stay with their revision, but documents leave v1",
        ),
    ],
)
def test_a_routing_in_words(routing: Routing, words: str) -> None:
    assert routing_words(routing) == words

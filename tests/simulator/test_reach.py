"""Which revisions could be met and when, against asking the plain reference at every moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulator.test_simulate import scenario_of
from tests.simulator.worlds import END, REVISIONS, choices, timelines
from turnout import simulate
from turnout.routing import Split, Spread, Sticky
from turnout.routing.draws import thresholds
from turnout.routing.plain import _Router
from turnout.routing.timeline import FOREVER, Slot, Timeline
from turnout.simulator.reach import can_reach, last_reached, mixed_seconds, reachable
from turnout.simulator.segments import Segments
from turnout.units import SECOND, seconds
from turnout_strategies.blue_green import BlueGreen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from turnout.routing import Choice

LATEST = 2 * END + 10  # nothing in a generated timeline changes later
MOMENTS = range(-5, LATEST)


def chosen(router: _Router, choice: Choice, time: int) -> set[int]:
    """The revisions that some draw is sent to."""
    if isinstance(choice, Split):
        draws = [end - 1 for _, end in thresholds(choice)]
        return {
            router.timeline.slots[slot].revision
            for draw in draws
            if (slot := router.choose(choice, time, draw)) is not None
        }
    return {router.timeline.slots[slot].revision for slot in router.pool(time)}


def met(timeline: Timeline, moments: Iterable[int] = MOMENTS) -> dict[int, set[int]]:
    """The revisions that could be met, at every moment: those chosen now, or chosen and held on to since."""
    router = _Router(timeline)
    held: set[int] = set()
    last = None
    found = {}
    for time in moments:
        era, routing = router.in_force(time)
        sticky = isinstance(routing, Sticky)
        if era != last or not sticky:
            held = set()
        choice = routing.new if isinstance(routing, Sticky) else routing
        held = {rank for rank in held if router.pool(time, rank)} | chosen(router, choice, time)
        found[time] = set(held)
        last = era
    return found


@given(timelines())
def test_reachable_is_what_could_be_met(timeline: Timeline) -> None:
    segments = Segments.of(timeline)
    reached = reachable(segments)
    assert reached.shape == (len(segments.since), len(REVISIONS))
    for time, ranks in met(timeline).items():
        segment = int(np.searchsorted(segments.since, time, side="right")) - 1
        assert set(np.nonzero(reached[segment])[0].tolist()) == ranks, time


@given(timelines())
def test_mixed_seconds_are_those_with_two_revisions(timeline: Timeline) -> None:
    segments = Segments.of(timeline)
    mixed = mixed_seconds(segments, reachable(segments), timeline)
    expected = sum(len(ranks) > 1 for time, ranks in met(timeline).items() if 0 <= time < timeline.end)
    assert round(mixed * SECOND) == expected


@given(timelines(), st.integers(0, len(REVISIONS) - 1))
def test_last_reached_is_when_it_could_be_met_no_more(timeline: Timeline, rank: int) -> None:
    segments = Segments.of(timeline)
    times = [time for time, ranks in met(timeline).items() if rank in ranks]
    if not times:
        expected = 0
    elif times[-1] == MOMENTS[-1]:
        expected = FOREVER
    else:
        expected = times[-1] + 1
    assert last_reached(segments, reachable(segments), rank) == expected


@given(timelines())
def test_a_routing_can_reach_what_some_draw_is_sent_to(timeline: Timeline) -> None:
    router = _Router(timeline)
    for time in MOMENTS:
        _, routing = router.in_force(time)
        choice = routing.new if isinstance(routing, Sticky) else routing
        pools = (
            [name for rank, name in enumerate(REVISIONS) if router.pool(time, rank)]
            if isinstance(choice, Split)
            else [REVISIONS[timeline.slots[slot].revision] for slot in router.pool(time)]
        )
        sent = {REVISIONS[rank] for rank in chosen(router, choice, time)}
        assert {name for name in (*REVISIONS, "never") if can_reach(routing, name, pools)} == sent


@pytest.mark.parametrize("switch", ["instant", "page", "drain"])
def test_a_preview_is_listed_and_cannot_be_reached(switch: str) -> None:
    strategy = BlueGreen(switch=switch, auto_promotion_seconds=seconds(60))  # type: ignore[arg-type]  # one of three
    history = simulate(scenario_of(), strategy)
    timeline = history.timeline
    segments = Segments.of(timeline)
    reached = reachable(segments)[:, timeline.revisions.index("new")]
    listed = min(slot.listed for slot in timeline.slots if timeline.revisions[slot.revision] == "new")
    assert listed == seconds(6)
    assert segments.since[np.nonzero(reached)[0][0]] == seconds(66 + 1), (
        "switched to, after the routing delay"
    )
    for since, routing in timeline.routings:
        assert can_reach(routing, "new", {"old", "new"}) == (since == seconds(66 + 1))


@given(choices())
def test_without_pins_a_constant_choice_reaches_what_it_chooses(choice: Choice) -> None:
    timeline = Timeline(
        revisions=REVISIONS,
        slots=[Slot(replica=rank, revision=rank, listed=-FOREVER) for rank in range(len(REVISIONS))],
        routings=((-FOREVER, choice),),
        error_share=(0.0,) * len(REVISIONS),
        end=7,
    )
    segments = Segments.of(timeline)
    reached = reachable(segments)
    names = {REVISIONS[rank] for rank in np.nonzero(reached[0])[0]}
    assert names == (set(choice.shares) & set(REVISIONS) if isinstance(choice, Split) else set(REVISIONS))
    assert mixed_seconds(segments, reached, timeline) == pytest.approx(7 / SECOND if len(names) > 1 else 0)


def test_a_pinned_revision_is_reached_until_it_is_gone() -> None:
    """A drain: new sessions go to the new revision from 10 s on, the old one is there until 25 s."""
    old, new = Sticky(new=Split({"old": 1})), Sticky(new=Split({"new": 1}))
    slots = [
        Slot(replica=1, revision=0, listed=-FOREVER, unlisted=25 * SECOND, dead=30 * SECOND),
        Slot(replica=2, revision=1, listed=5 * SECOND),
    ]
    for pinned, mixed, gone in ((True, 15.0, 25), (False, 0.0, 10)):
        routings = (old, new) if pinned else (old.new, new.new)
        timeline = Timeline(
            revisions=("old", "new"),
            slots=slots,
            routings=((-FOREVER, routings[0]), (10 * SECOND, routings[1])),
            error_share=(0.0, 0.0),
            end=40 * SECOND,
        )
        segments = Segments.of(timeline)
        reached = reachable(segments)
        assert mixed_seconds(segments, reached, timeline) == mixed
        assert last_reached(segments, reached, 0) == gone * SECOND
        assert last_reached(segments, reached, 1) == FOREVER


def test_a_spread_is_mixed_while_both_are_listed() -> None:
    slots = [
        Slot(replica=1, revision=0, listed=-FOREVER, unlisted=20 * SECOND, fallback=60 * SECOND),
        Slot(replica=2, revision=1, listed=5 * SECOND),
    ]
    timeline = Timeline(
        revisions=("old", "new"),
        slots=slots,
        routings=((-FOREVER, Spread()),),
        error_share=(0.0, 0.0),
        end=40 * SECOND,
    )
    segments = Segments.of(timeline)
    assert mixed_seconds(segments, reachable(segments), timeline) == 15
    assert last_reached(segments, reachable(segments), 0) == 20 * SECOND

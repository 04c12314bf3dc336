"""What each routing means, in small stories told to the plain reference."""

from __future__ import annotations

from collections import Counter

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.simulator.worlds import choices, requests, slots, timelines
from turnout.routing import Choice, Routing, Split, Spread, Sticky
from turnout.routing.draws import DRAWS
from turnout.routing.plain import Cause, Request, Served, route_plainly
from turnout.routing.timeline import FOREVER, Slot, Timeline
from turnout.units import Duration

OLD, NEW = "old", "new"
DRAW = st.integers(0, DRAWS - 1)


def slot(revision: int, listed: int = -FOREVER, unlisted: int = FOREVER, **more: int) -> Slot:
    return Slot(
        replica=more.pop("replica", revision), revision=revision, listed=listed, unlisted=unlisted, **more
    )


def timeline(*slots: Slot, routing: Routing, later: tuple[tuple[int, Routing], ...] = ()) -> Timeline:
    return Timeline(
        revisions=(OLD, NEW), slots=slots, routings=((-FOREVER, routing), *later), error_share=(0, 0), end=100
    )


def page(number: int, *times: int, draw: int = 0) -> list[Request]:
    return [
        Request(time=time, page=number, document=place == 0, draw=draw) for place, time in enumerate(times)
    ]


def told(world: Timeline, *pages: list[Request], draw: int = 0) -> tuple[str, list[Served], bool]:
    """Who answered, a letter a request: old, new, nobody (-) or dropped (x); and the rest."""
    served, orphaned = route_plainly(world, draw, [request for each in pages for request in each])
    letters = "".join(
        "-x"[each.cause is Cause.RESTARTED]
        if each.slot is None
        else world.revisions[world.slots[each.slot].revision][0]
        for each in served
    )
    return letters, served, orphaned


def test_spread_goes_to_every_replica_evenly() -> None:
    world = timeline(slot(0, replica=1), slot(0, replica=2), slot(1, replica=3), routing=Spread())
    reached = Counter(
        each.slot
        for each in told(world, *(page(0, 5, draw=(2 * third + 1) * DRAWS // 6) for third in range(3)))[1]
    )
    assert reached == {0: 1, 1: 1, 2: 1}


def test_a_split_does_not_send_a_revisions_share_elsewhere() -> None:
    world = timeline(slot(0), slot(1, listed=10), routing=Split({OLD: 1, NEW: 1}))
    assert told(world, page(0, 9, draw=0), page(1, 9, draw=DRAWS - 1))[0] == "-o"  # in the order of names
    assert told(world, page(0, 10, draw=0))[0] == "n"


def test_the_terminating_serve_if_nobody_else_does() -> None:
    leaving = slot(0, unlisted=10, fallback=20, dead=20)
    assert told(timeline(leaving, routing=Spread()), page(0, 9, 10, 19, 20))[0] == "ooo-"
    beside = timeline(leaving, slot(1, listed=15), routing=Spread())
    assert told(beside, page(0, 14, 15))[0] == "on"
    assert (
        told(attrs.evolve(beside, routings=((-FOREVER, Split({OLD: 1})),)), page(0, 14, 19, 20))[0] == "oo-"
    )


def test_requests_to_the_dead_fail() -> None:
    causes = [each.cause for each in told(timeline(slot(0, dead=10), routing=Spread()), page(0, 9, 10))[1]]
    assert causes == [Cause.SERVED, Cause.TERMINATED]


@given(DRAW)
def test_a_bad_revision_fails_its_share_until_the_weather_clears(draw: int) -> None:
    world = attrs.evolve(timeline(slot(0), routing=Spread()), error_share=(1.0, 0.0), faulty_until=50)
    causes = [each.cause for each in told(world, page(0, 49, 50, draw=draw))[1]]
    assert causes == [Cause.BAD_REVISION, Cause.SERVED]


def test_a_session_stays_and_a_raised_weight_moves_nobody() -> None:
    world = timeline(
        slot(0),
        slot(1),
        routing=Sticky(new=Split({OLD: 1})),
        later=((10, Sticky(new=Split({OLD: 1, NEW: 9}))), (20, Sticky(new=Split({NEW: 1})))),
    )
    letters, _, orphaned = told(world, page(0, 5, 11), page(1, 15, 25), page(2, 30))
    assert (letters, orphaned) == ("ooooo", False)
    assert told(world, page(0, 20, 21))[0] == "nn"


def test_a_pin_is_forgotten_after_its_idle_timeout_and_not_before() -> None:
    sticky = Sticky(new=Split({OLD: 1}), idle_timeout=Duration(10))
    world = timeline(
        slot(0), slot(1), routing=sticky, later=((1, attrs.evolve(sticky, new=Split({NEW: 1}))),)
    )
    letters, _, orphaned = told(world, page(0, 0), page(1, 10), page(2, 20, 21), page(3, 32))
    assert (letters, orphaned) == ("oooon", False)


@pytest.mark.parametrize(
    ("orphans", "letters", "lives"), [("move", "oonn", {0}), ("restart", "ooxn", {0, 1})]
)
def test_an_orphan_is_moved_or_starts_again(orphans: str, letters: str, lives: set[int]) -> None:
    sticky = Sticky(new=Spread(), orphans="restart" if orphans == "restart" else "move")
    world = timeline(slot(0, unlisted=10), slot(1, listed=10), routing=sticky)
    found, served, orphaned = told(world, page(0, 5, 9, 12), page(1, 20))
    assert (found, orphaned) == (letters, True)
    assert {each.life for each in served} == lives


def test_a_lost_pin_does_not_come_back() -> None:
    world = timeline(
        slot(0, unlisted=10), slot(0, listed=20), slot(1), routing=Sticky(to="revision", new=Split({OLD: 1}))
    )
    told_of = told(
        attrs.evolve(world, routings=(*world.routings, (15, Sticky(new=Split({NEW: 1}))))),
        page(0, 5),
        page(1, 25),
    )
    assert told_of[0] == "on"


def test_documents_leave_a_released_revision_and_its_pages_assets_do_not() -> None:
    sticky = Sticky(new=Split({OLD: 1}))
    letting_go = Sticky(new=Split({NEW: 1}), released=(OLD,))
    world = timeline(slot(0), slot(1), routing=sticky, later=((10, letting_go),))
    letters, _, orphaned = told(world, page(0, 5, 11, 14), page(1, 15, 16))
    assert (letters, orphaned) == ("ooonn", True)


def test_what_was_released_once_is_not_held_on_to() -> None:
    """A release that was taken back before the session asked for its next document has let go all the same."""
    sticky = Sticky(new=Split({OLD: 1}))
    letting_go = Sticky(new=Split({NEW: 1}), released=(OLD,))
    back = Sticky(new=Split({NEW: 1}))
    world = timeline(slot(0), slot(1), routing=sticky, later=((10, letting_go), (20, back)))
    assert told(world, page(0, 5), page(1, 25))[0] == "on"
    assert told(world, page(0, 5, 15), page(1, 8, 25))[0] == "oooo"


def test_by_page_documents_follow_the_choice_and_assets_their_document() -> None:
    sticky = Sticky(unit="page", new=Split({OLD: 1}))
    world = timeline(
        slot(0), slot(1), routing=sticky, later=((10, attrs.evolve(sticky, new=Split({NEW: 1}))),)
    )
    letters, _, orphaned = told(world, page(0, 5, 11, 14), page(1, 15, 16))
    assert (letters, orphaned) == ("ooonn", False)


def test_a_change_of_the_kind_of_pin_forgets_all_pins() -> None:
    new = Split({NEW: 1})
    for other in (Sticky(to="replica", new=new), Sticky(unit="page", new=new), Spread()):
        world = timeline(
            slot(0), slot(1), routing=Sticky(new=Split({OLD: 1})), later=((10, other), (20, Sticky(new=new)))
        )
        letters, _, orphaned = told(world, page(0, 5), page(1, 25))
        assert (letters, orphaned) == ("on", False)


@given(timelines(), choices(), st.sampled_from(("revision", "replica")), DRAW, requests())
def test_a_session_is_of_one_revision_until_it_is_orphaned(
    world: Timeline, new: Choice, to: str, draw: int, session: list[Request]
) -> None:
    sticky = Sticky(to="replica" if to == "replica" else "revision", new=new)
    world = attrs.evolve(world, routings=((-FOREVER, sticky),))
    served, orphaned = route_plainly(world, draw, session)
    reached = {each.slot for each in served if each.slot is not None}
    assume(reached)
    if not orphaned:
        held = reached if to == "replica" else {world.slots[each].revision for each in reached}
        assert len(held) == 1


@given(timelines(), choices(), DRAW, requests())
def test_by_page_no_page_is_cut_in_two_unless_it_is_orphaned(
    world: Timeline, new: Choice, draw: int, session: list[Request]
) -> None:
    world = attrs.evolve(world, routings=((-FOREVER, Sticky(unit="page", new=new)),))
    served, orphaned = route_plainly(world, draw, session)
    pages: dict[int, list[int]] = {}
    for request, each in zip(session, served, strict=True):
        if request.document or request.page in pages:
            rank = -1 if each.slot is None else world.slots[each.slot].revision
            pages.setdefault(request.page, []).append(rank)
    assert orphaned or all(len(set(ranks)) == 1 for ranks in pages.values() if ranks[0] >= 0)


@given(st.lists(slots(), max_size=6), timelines(), DRAW, requests())
def test_a_request_reaches_only_who_takes_requests(
    more: list[Slot], world: Timeline, draw: int, session: list[Request]
) -> None:
    world = attrs.evolve(world, slots=(*world.slots, *more))
    served, _ = route_plainly(world, draw, session)
    for request, each in zip(session, served, strict=True):
        if each.slot is not None:
            found = world.slots[each.slot]
            assert found.listed <= request.time < max(found.unlisted, found.fallback)
            assert (each.cause is Cause.TERMINATED) == (request.time >= found.dead)

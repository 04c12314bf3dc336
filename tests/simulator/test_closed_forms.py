"""Through the kernel, shares of pages and sessions come out as the formulas say, within five standard deviations.

While a share p of requests goes to the new revision, each on its own, a page of one document and k assets is

- mixed, unless all k + 1 requests go the same way: 1 - p^(k+1) - (1-p)^(k+1);
- broken, where assets serve documents of their own revision only, if an asset goes the other way than the document:
  p (1 - p^k) + (1-p) (1 - (1-p)^k), which is the same number; where new assets serve old documents too, only the first
  half of it is left.

A session of k unpinned requests has met the new revision with probability 1 - (1-p)^k. A pinned one meets it with p.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from turnout.routing import Split, Spread, Sticky
from turnout.routing.draws import draws, stream
from turnout.routing.timeline import FOREVER, Slot, Timeline
from turnout.simulator.block import Block
from turnout.simulator.measure import compatibility
from turnout.simulator.meter import Exposure, Meter
from turnout.simulator.passes import pass_through

if TYPE_CHECKING:
    from turnout.routing import Routing
    from turnout.simulator.effects import Effects

PAGES = 20_000
OLD, NEW = "old", "new"


def same_pages(seed: int, sessions: int, pages: int, assets: int) -> Block:
    """So many sessions of so many pages of one document and so many assets, a microsecond apart."""
    count = sessions * pages * (1 + assets)
    return Block(
        session_draw=draws(stream(seed), 0, sessions),
        page_session=np.repeat(np.arange(sessions), pages),
        page_has_document=np.ones(sessions * pages, np.bool_),
        request_offset=np.arange(sessions * pages + 1) * (1 + assets),
        time=np.tile(np.arange(pages * (1 + assets)), sessions),
        draw=draws(stream(seed, 1), 0, count),
    )


def measured(
    block: Block, routing: Routing, replicas: tuple[int, int], works: set[tuple[str, str]]
) -> tuple[Effects, int]:
    """The effects on these pages, and how many sessions have met the new revision."""
    ranks = [rank for rank, number in enumerate(replicas) for _ in range(number)]
    timeline = Timeline(
        revisions=(OLD, NEW),
        slots=[Slot(replica=number, revision=rank, listed=-FOREVER) for number, rank in enumerate(ranks)],
        routings=((-FOREVER, routing),),
        error_share=(0.0, 0.0),
        end=10_000,
    )
    meter = Meter(timeline, compatibility(timeline.revisions, works))
    exposure = Exposure(meter.segments, timeline, 1, timeline.end)
    pass_through([block], [meter], [exposure])
    return meter.effects, exposure.sessions


def assert_share(found: int, of: int, expected: float) -> None:
    """Within five standard deviations of a binomial distribution, and exactly where nothing is left to chance."""
    deviation = np.sqrt(of * expected * (1 - expected))
    assert abs(found - of * expected) <= 5 * deviation + 1e-6, f"{found / of:.4f}, not {expected:.4f}"


@pytest.mark.parametrize("by_weight", [True, False])
@pytest.mark.parametrize(("old", "new"), [(9, 1), (5, 5), (1, 3), (7, 0), (99, 1)])
@pytest.mark.parametrize("assets", [0, 1, 10])
def test_pages_mix_and_break_as_often_as_they_must(by_weight: bool, old: int, new: int, assets: int) -> None:  # noqa: FBT001
    p, k = new / (old + new), assets
    routing = Split({OLD: old, NEW: new}) if by_weight else Spread()
    replicas = (3, 2) if by_weight else (old, new)
    block = same_pages(seed=old * 1000 + assets, sessions=PAGES // 4, pages=4, assets=assets)

    effects, exposed = measured(block, routing, replicas, set())
    assert effects.page_views == PAGES
    assert_share(effects.mixed_page_views, PAGES, 1 - p ** (k + 1) - (1 - p) ** (k + 1))
    assert_share(effects.broken_page_views, PAGES, p * (1 - p**k) + (1 - p) * (1 - (1 - p) ** k))
    assert_share(exposed, PAGES // 4, 1 - (1 - p) ** (4 * (k + 1)))
    assert effects.no_endpoint == effects.terminated == effects.orphaned_sessions == 0

    bridged, _ = measured(block, routing, replicas, {(OLD, NEW)})
    assert bridged.mixed_page_views == effects.mixed_page_views
    assert_share(bridged.broken_page_views, PAGES, p * (1 - p**k))


def test_the_example_of_ten_assets_at_ten_percent() -> None:
    effects, _ = measured(same_pages(1, PAGES, 1, 10), Split({OLD: 9, NEW: 1}), (1, 1), set())
    assert_share(effects.broken_page_views, PAGES, 0.686)


@pytest.mark.parametrize("to", ["revision", "replica"])
@pytest.mark.parametrize("weight", [0.05, 0.5, 1.0])
def test_pinned_sessions_split_by_weight_and_do_not_mix(to: str, weight: float) -> None:
    new = Split({OLD: 1 - weight, NEW: weight})
    routing = Sticky(to="replica" if to == "replica" else "revision", new=new)
    effects, exposed = measured(same_pages(7, PAGES, 2, 1), routing, (3, 2), set())
    assert_share(exposed, PAGES, weight)
    assert effects.mixed_sessions == effects.mixed_page_views == effects.orphaned_sessions == 0


@pytest.mark.parametrize("weight", [0.05, 0.5])
def test_pinned_pages_split_by_weight_and_sessions_mix(weight: float) -> None:
    pages = 3
    routing = Sticky(unit="page", new=Split({OLD: 1 - weight, NEW: weight}))
    effects, exposed = measured(same_pages(8, PAGES, pages, 2), routing, (3, 2), set())
    assert effects.mixed_page_views == 0
    assert_share(effects.mixed_sessions, PAGES, 1 - weight**pages - (1 - weight) ** pages)
    assert_share(exposed, PAGES, 1 - (1 - weight) ** pages)


def test_a_revision_fails_its_share() -> None:
    block = same_pages(9, PAGES, 1, 3)
    timeline = Timeline(
        revisions=(OLD, NEW),
        slots=[Slot(replica=rank, revision=rank, listed=-FOREVER) for rank in (0, 1)],
        routings=((-FOREVER, Split({OLD: 3, NEW: 1})),),
        error_share=(0.0, 0.2),
        end=10_000,
    )
    meter = Meter(timeline, compatibility(timeline.revisions, ()))
    pass_through([block], [meter])
    assert_share(meter.effects.bad_revision, meter.effects.requests, 0.25 * 0.2)

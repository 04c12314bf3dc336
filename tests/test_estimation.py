"""Closed forms: exact where they can be checked by going through every case, and within error bounds of the kernel."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.report.samples import host, traffic, workload
from tests.report.test_document import check
from tests.simulator.worlds import blocks, choices, cut, timelines
from turnout import (
    Duration,
    Environment,
    InputError,
    Scenario,
    Split,
    Spread,
    Sticky,
    Weather,
    compare,
    estimate,
    estimate_document,
    seconds,
)
from turnout.estimation import ESTIMATED, expected
from turnout.routing.draws import DRAWS, draws, stream
from turnout.routing.plain import Cause, Request, route_plainly
from turnout.routing.timeline import FOREVER, Slot, Timeline
from turnout.sampling import Sample
from turnout.shares import Shares, pinned_at
from turnout.simulator.block import Block
from turnout.simulator.kernel import route
from turnout.simulator.live import LiveSessions
from turnout.simulator.measure import Gauge, compatibility
from turnout.simulator.segments import Segments
from turnout.simulator.simulate import Simulation

if TYPE_CHECKING:
    from turnout.routing import Choice

OLD, NEW = "old", "new"
_MIXES = ("mixed_sessions", "mixed_page_views", "broken_page_views")
_FAILS = {
    "failed_no_endpoint": Cause.NO_ENDPOINT,
    "failed_not_started": Cause.NOT_STARTED,
    "failed_terminated": Cause.TERMINATED,
    "failed_bad_revision": Cause.BAD_REVISION,
}


@st.composite
def unpinned(draw: st.DrawFn) -> Timeline:
    """A generated data plane with nothing but `Spread` and `Split`."""
    found = draw(timelines())
    since = [-FOREVER, *sorted(draw(st.sets(st.integers(0, 16), max_size=3)))]
    routings: tuple[tuple[int, Choice], ...] = tuple((each, draw(choices())) for each in since)
    return attrs.evolve(found, routings=routings)


def table(timeline: Timeline, works: list[tuple[str, str]]) -> Any:
    return compatibility(timeline.revisions, works)


works_pairs = st.lists(
    st.tuples(st.sampled_from(("v1", "v2", "v3")), st.sampled_from(("v1", "v2", "v3"))), max_size=2
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(unpinned(), blocks(), works_pairs, st.integers(0, 2**40))
def test_routed_many_times_the_average_is_what_was_expected(
    timeline: Timeline, block: Block, pairs: list[tuple[str, str]], seed: int
) -> None:
    """For every generated data plane: with replicas that die, gaps, last resorts and errors."""
    laps = 2000
    works = table(timeline, pairs)
    want = expected(block, Shares.of(timeline), works, end=timeline.end)
    many = repeated(block, laps, seed)
    got = counts(Gauge.of(timeline, works).measure(many, route(Segments.of(timeline), timeline, many)))
    for name in ("sessions", "page_views", "requests"):
        assert got[name] == laps * want[name]
    size = {"mixed_sessions": want["sessions"], "mixed_page_views": want["page_views"]}
    for name in (*_MIXES, *_FAILS):
        of = laps * size.get(name, want["page_views"] if name in _MIXES else want["requests"])
        assert_likely(got[name], laps * want[name], of, name)


def assert_likely(found: float, mean: float, of: float, name: str) -> None:
    """Bernstein's bound on the sum of `of` independent yes-or-no cases, which it passes once in ten thousand million.

    Their variance is at most that of equally likely ones; what is impossible, or certain, is so.
    """
    variance = mean * (1 - mean / of) if of else 0.0
    if variance < 1e-6:
        assert abs(found - mean) < 1e-3, name
        return
    bits = 23 / 3
    assert abs(found - mean) <= bits + np.sqrt(bits**2 + 6 * bits * variance), name


def repeated(block: Block, laps: int, seed: int) -> Block:
    """The same sessions many times over, each with draws of its own."""
    sessions, requests = len(block.session_draw), len(block.time)
    steps = np.arange(laps)
    offset = (block.request_offset[None, :-1] + requests * steps[:, None]).ravel()
    return Block(
        session_draw=draws(stream(seed, 1), 0, sessions * laps),
        page_session=(block.page_session[None, :] + sessions * steps[:, None]).ravel(),
        page_has_document=np.tile(block.page_has_document, laps),
        request_offset=np.append(offset, requests * laps),
        time=np.tile(block.time, laps),
        draw=draws(stream(seed, 2), 0, requests * laps),
    )


def counts(effects: Any) -> dict[str, float]:
    own = attrs.asdict(effects)
    return {name: own.get(name, own.get(name.removeprefix("failed_"), 0)) for name in ESTIMATED}


@settings(max_examples=60)
@given(st.lists(st.sampled_from((0, 0, 1)), min_size=1, max_size=4), st.integers(0, 4))
def test_every_case_counted_one_by_one(ranks: list[int], gone: int) -> None:
    """Few replicas and requests: every way in which the requests can be drawn is routed by the plain reference."""
    slots = [
        Slot(replica=number, revision=rank, listed=-FOREVER, dead=0 if number == gone else FOREVER)
        for number, rank in enumerate(ranks)
    ]
    timeline = Timeline(
        revisions=(OLD, NEW),
        slots=slots,
        routings=((-FOREVER, Spread()),),
        error_share=(0.0, 0.0),
        end=10,
    )
    size = 4
    requests = [Request(time=1, page=0, document=place == 0, draw=0) for place in range(size)]
    even = [(2 * each + 1) * DRAWS // (2 * len(slots)) for each in range(len(slots))]
    mixed = broken = failed = Fraction(0)
    for chosen in product(even, repeat=size):
        served, _ = route_plainly(
            timeline, 0, [attrs.evolve(each, draw=draw) for each, draw in zip(requests, chosen, strict=True)]
        )
        seen = [
            timeline.slots[each.slot].revision
            if each.cause == Cause.SERVED and each.slot is not None
            else None
            for each in served
        ]
        mixed += len(set(seen) - {None}) > 1
        broken += seen[0] is not None and bool({*seen[1:]} - {None, seen[0]})
        failed += seen.count(None)
    cases = len(even) ** size
    block = Block(
        session_draw=np.zeros(1, np.uint32),
        page_session=np.zeros(1, np.int64),
        page_has_document=np.ones(1, bool),
        request_offset=np.array([0, size]),
        time=np.ones(size, np.int64),
        draw=np.zeros(size, np.uint32),
    )
    found = expected(block, Shares.of(timeline), table(timeline, []), end=10)
    assert found["mixed_page_views"] == found["mixed_sessions"] == pytest.approx(float(mixed / cases))
    assert found["broken_page_views"] == pytest.approx(float(broken / cases))
    assert found["failed_requests"] == found["failed_terminated"] == pytest.approx(float(failed / cases))


@pytest.mark.parametrize("by_weight", [True, False])
@pytest.mark.parametrize(("old", "new"), [(9, 1), (5, 5), (1, 3), (7, 0)])
@pytest.mark.parametrize("assets", [0, 1, 10])
def test_with_one_share_for_all_they_are_the_textbook_forms(
    by_weight: bool,  # noqa: FBT001
    old: int,
    new: int,
    assets: int,
) -> None:
    p, k = new / (old + new), assets
    ranks = [rank for rank, number in enumerate((3, 2) if by_weight else (old, new)) for _ in range(number)]
    timeline = Timeline(
        revisions=(OLD, NEW),
        slots=[Slot(replica=number, revision=rank, listed=-FOREVER) for number, rank in enumerate(ranks)],
        routings=((-FOREVER, Split({OLD: old, NEW: new}) if by_weight else Spread()),),
        error_share=(0.0, 0.0),
        end=10_000,
    )
    block = Block(
        session_draw=np.zeros(1, np.uint32),
        page_session=np.zeros(3, np.int64),
        page_has_document=np.ones(3, bool),
        request_offset=np.arange(4) * (k + 1),
        time=np.arange(3 * (k + 1)),
        draw=np.zeros(3 * (k + 1), np.uint32),
    )
    found = expected(block, Shares.of(timeline), table(timeline, []), end=timeline.end)
    # A draw has 32 bits, and so have the shares of a split.
    assert found["mixed_page_views"] == pytest.approx(3 * (1 - p ** (k + 1) - (1 - p) ** (k + 1)), abs=1e-8)
    assert found["broken_page_views"] == pytest.approx(
        3 * (p * (1 - p**k) + (1 - p) * (1 - (1 - p) ** k)), abs=1e-8
    )
    assert found["mixed_sessions"] == pytest.approx(1 - p ** (3 * k + 3) - (1 - p) ** (3 * k + 3), abs=1e-8)
    bridged = expected(block, Shares.of(timeline), table(timeline, [(OLD, NEW)]), end=timeline.end)
    assert bridged["broken_page_views"] == pytest.approx(3 * p * (1 - p**k), abs=1e-8)


@settings(max_examples=50)
@given(unpinned())
def test_in_every_stretch_the_chances_add_up(timeline: Timeline) -> None:
    shares = Shares.of(timeline)
    assert np.allclose(shares.served.sum(axis=1) + shares.failed.sum(axis=1), 1)
    assert (shares.served >= 0).all()
    assert (shares.failed >= 0).all()
    assert pinned_at(timeline) is None


SPECS = ("rolling", "rolling:max_surge=1,max_unavailable=0", "recreate", "blue-green", "two-step")
ENVIRONMENT = Environment(startup_spread=0.0, removal_delay=seconds(8))


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("weather", [Weather(), Weather(error_share=0.2), Weather(never_ready=True)])
def test_a_comparison_comes_out_as_estimated(spec: str, weather: Weather) -> None:
    """Where replicas all take the same time to start, one rollout is as good as any; only the draws are luck."""
    scenario = attrs.evolve(
        Scenario.of(workload()), environment=ENVIRONMENT, weather=weather, horizon=seconds(1800)
    )
    rollouts = 60
    [strategy] = estimate(scenario, traffic(), spec, host=host(), rollouts=1, seed=5).strategies
    assert strategy.why_not == ""
    found = compare(scenario, traffic(), spec, host=host(), rollouts=rollouts, seed=5).strategies[0].rollouts
    want = singles(scenario, spec, rollouts)
    size = {name: "sessions" if "sessions" in name else "page_views" for name in _MIXES}
    for name in ("sessions", "page_views", "requests"):
        assert list(found[name]) == want[name]
    for name in (*_MIXES, *_FAILS, "failed_requests"):
        of = sum(want[size.get(name, "requests")])
        assert_likely(sum(found[name]), sum(want[name]), of, name)


def singles(scenario: Scenario, spec: str, rollouts: int) -> dict[str, list[float]]:
    """The expected numbers of each rollout of a comparison, from that rollout's own timeline."""
    sample = Sample.of(scenario, traffic(), 5)
    numbers: dict[str, list[float]] = {name: [] for name in ESTIMATED}
    for rollout in range(rollouts):
        begin, seed = sample.begins(rollout)
        live = LiveSessions(sample.sessions, begin, seed)
        timeline = Simulation(scenario, host().strategy(spec), live, seed, scenario.runbook).run().timeline
        block = cut(sample.sessions, begin, begin + timeline.end, seed)
        found = expected(block, Shares.of(timeline), table(timeline, list(scenario.works)), end=timeline.end)
        for name, number in found.items():
            numbers[name].append(number)
    return numbers


def test_it_counts_over_the_window_of_a_comparison() -> None:
    """Of all strategies: also of those that pin, which are the longest."""
    scenario = attrs.evolve(Scenario.of(workload()), environment=ENVIRONMENT)
    specs = ["rolling", "session-affinity"]
    estimated = estimate(scenario, traffic(), specs, host=host(), rollouts=1, seed=5).strategies[0].expected
    found = compare(scenario, traffic(), specs, host=host(), rollouts=1, seed=5).strategies[0].outcome
    for name in ("sessions", "page_views", "requests"):
        assert estimated[name].median == found[name].median


def test_what_pins_says_so_in_place_of_a_number() -> None:
    specs = ["session-affinity", "blue-green:switch=page", "blue-green:switch=drain", "recreate"]
    found = estimate(workload(), traffic(), specs, host=host(), rollouts=3)
    for each in found.strategies[:3]:
        assert each.expected == {}
        assert "compare simulates it" in each.why_not
    assert found.strategies[3].expected["sessions"].count == 3
    check("estimate", estimate_document(found))


def test_only_what_pins_is_no_estimate_at_all() -> None:
    found = estimate(workload(), traffic(), "session-affinity", host=host(), rollouts=3)
    assert [each.expected for each in found.strategies] == [{}]
    check("estimate", estimate_document(found))


def test_there_are_no_shares_of_what_is_pinned() -> None:
    timeline = Timeline(
        revisions=(OLD,), slots=[], routings=((-FOREVER, Spread()), (5, Sticky())), error_share=(0.0,), end=9
    )
    assert pinned_at(timeline) == 5
    with pytest.raises(TypeError, match="no closed form"):
        Shares.of(timeline)


@pytest.mark.parametrize(
    ("queue_timeout", "words"),
    [
        (None, "whatever its capacity: that"),
        (seconds(0), "whatever its capacity, and nobody to wait in a queue"),
    ],
)
def test_a_capacity_is_said_to_be_left_out(queue_timeout: Duration | None, words: str) -> None:
    scenario = attrs.evolve(
        Scenario.of(workload()), environment=Environment(capacity=1, queue_timeout=queue_timeout)
    )
    lines = estimate(scenario, traffic(), "recreate", host=host(), rollouts=2).assumptions
    assert any(words in line for line in lines)


@pytest.mark.parametrize("given", [{"rollouts": 0}, {"seed": 1.5}, {"strategies": "roling"}])
def test_bad_arguments(given: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        estimate(workload(), traffic(), **{"host": host(), **given})

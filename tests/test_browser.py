"""What a browser sees that reloads a page meanwhile: the classic warning, and the strategies that heed it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.report.samples import KIADA, SPECS, host, strategy, traffic
from turnout import History, Runbook, Scenario, load_manifest, seconds
from turnout.browser import PARTS, PageLoad, browse, telling_moments
from turnout.routing.plain import Cause
from turnout.selection import choose_strategies
from turnout.simulator.simulate import simulate
from turnout.testing.generators import worlds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from turnout.history import Moment
    from turnout.verify import World

SCENARIO = Scenario.of(load_manifest(KIADA))
OLD, NEW = SCENARIO.previous, SCENARIO.target


def roll_out(spec: str, seed: int, *runbook: str) -> History:
    """Roll kiada out on a little traffic."""
    (chosen,) = choose_strategies(host(), SCENARIO.workload, [spec])
    scenario = attrs.evolve(SCENARIO, runbook=Runbook.parse(runbook))
    return simulate(scenario, chosen, traffic=traffic(), seed=seed)


def load(history: History) -> tuple[PageLoad, ...]:
    return browse(history, telling_moments(history))


@settings(max_examples=40)
@given(worlds(), st.sampled_from(SPECS))
def test_moments_tell_most_and_are_few(world: World, spec: str) -> None:
    history = simulate(
        world.scenario, strategy(spec), traffic=world.traffic, begin=world.begin, seed=world.seed
    )
    moments = telling_moments(history)
    assert 6 <= len(moments) <= 10
    assert list(moments) == sorted(set(moments))
    assert moments[0] == seconds(-10)
    assert moments[-1] == history.end + seconds(10)
    loads = browse(history, moments)
    assert tuple(each.time for each in loads) == moments
    before, after = loads[0], loads[-1]
    assert set(before.revisions) == {"old"}
    for each in loads:
        assert len(each.revisions) == len(each.causes) == len(PARTS)
        for revision, cause in zip(each.revisions, each.causes, strict=True):
            assert (revision is None) == (cause is not Cause.SERVED)
        assert each.mixed == (len(set(each.revisions) - {None}) > 1)
    wish = history.moments[-1].rollout
    if history.completed is not None and world.scenario.weather.clear and wish.replicas:
        assert set(after.revisions) == {history.moments[-1].rollout.target}


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=20), st.integers(0, 5))
def test_pages_are_loaded_when_asked(moments: list[int], seed: int) -> None:
    history = roll_out("rolling", 1)
    loads = browse(history, moments, seed=seed)
    assert [each.time for each in loads] == sorted(set(moments))
    assert loads == browse(history, reversed(moments), seed=seed)
    assert browse(history, moments) == browse(history, moments, seed=history.seed)


def paused(spec: str, seed: int) -> tuple[History, list[PageLoad]]:
    """Pause after the first new replica, and reload the page a hundred times meanwhile."""
    by_itself = "pause_after" in spec
    history = roll_out(
        spec, seed, *(() if by_itself else ("pause when 1 available",)), "resume 10m after held"
    )
    since = next(each.time for each in history.moments if each.rollout.paused)
    moments = range(since + seconds(30), since + seconds(600), seconds(6))
    return history, list(browse(history, moments))


def _during(history: History, time: int) -> Moment:
    return [each for each in history.moments if each.time <= time][-1]


@pytest.mark.parametrize("seed", range(3))
def test_a_paused_rolling_update_mixes_versions_in_one_page(seed: int) -> None:
    """With a share p of new replicas, p^4 of the loads are all new, (1 - p)^4 all old, and the others mixed."""
    history, loads = paused("rolling:pause_after=1", seed)
    numbers = _during(history, loads[0].time).numbers
    new, every = numbers[NEW].ready, sum(each.ready for each in numbers.values())
    assert new == 1
    share = 1 - (new / every) ** 4 - (1 - new / every) ** 4
    spread = (len(loads) * share * (1 - share)) ** 0.5
    assert len(loads) > 90
    assert abs(sum(each.mixed for each in loads) - len(loads) * share) < 4 * spread
    assert not any(None in each.revisions for each in loads)
    told = [each for each in load(history) if each.mixed]
    assert all(0 < each.time < history.end for each in told)


def test_the_moments_chosen_show_the_classic_warning() -> None:
    """At least in most runs: of three reloads during the pause, all are whole in one of six."""
    shown = [any(each.mixed for each in load(roll_out("rolling:pause_after=1", seed))) for seed in range(8)]
    assert sum(shown) >= 5
    assert shown[0]  # what the tutorial shows


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("spec", ["session-affinity", "session-affinity:to=replica"])
def test_with_affinity_a_paused_rollout_shows_one_version(spec: str, seed: int) -> None:
    _, loads = paused(spec, seed)
    assert len({each.revisions for each in loads}) == 1
    assert not any(each.mixed for each in loads)


@pytest.mark.parametrize("seed", range(3))
def test_two_steps_mix_versions_that_work_together(seed: int) -> None:
    loads = load(roll_out("two-step", seed))
    works = SCENARIO.works | {(name, name) for name in (OLD, SCENARIO.bridge, NEW)}
    assert any(each.mixed for each in loads)
    assert all((each.revisions[0], part) in works for each in loads for part in each.revisions)


def _switch(history: History) -> int:
    (switch,) = (since for since, _ in history.timeline.routings if since > 0)
    return switch


@pytest.mark.parametrize("seed", range(3))
def test_an_instant_switch_cuts_the_page_that_loads_across_it_and_no_other(seed: int) -> None:
    history = roll_out("blue-green", seed)
    switch = _switch(history)
    for each in load(history):
        across = each.time < switch <= each.time + seconds(1)
        assert each.mixed == across
        if across:
            assert each.revisions == (OLD, NEW, NEW, NEW)
        else:
            assert set(each.revisions) == {OLD if each.time < switch else NEW}
    assert sum(each.mixed for each in load(history)) == 1


@pytest.mark.parametrize("seed", range(3))
def test_a_switch_by_page_cuts_no_page(seed: int) -> None:
    history = roll_out("blue-green:switch=page", seed)
    switch = _switch(history)
    loads = load(history)
    assert any(each.time < switch < each.time + seconds(1) for each in loads)
    assert all(set(each.revisions) == {OLD if each.time < switch else NEW} for each in loads)


@pytest.mark.parametrize("seed", range(3))
def test_a_drained_session_stays_old_to_its_end(seed: int) -> None:
    history = roll_out("blue-green:switch=drain,drain_timeout=5m,idle_timeout=20m", seed)
    loads = load(history)
    assert not any(each.mixed for each in loads)
    ranks = [(OLD, NEW).index(str(each.revisions[0])) for each in loads]
    assert ranks == sorted(ranks)
    assert set(ranks) == {0, 1}


def test_recreate_shows_the_downtime() -> None:
    loads = load(roll_out("recreate", 0))
    assert any(set(each.revisions) == {None} for each in loads)
    assert {cause for each in loads for cause in each.causes} == {Cause.SERVED, Cause.NO_ENDPOINT}
    assert not any(each.mixed for each in loads)


def _whole(loads: Sequence[PageLoad]) -> bool:
    return not any(each.mixed for each in loads)


@settings(max_examples=30)
@given(
    worlds("clear"),
    st.sampled_from(["session-affinity", "blue-green:switch=page", "blue-green:switch=drain", "recreate"]),
    st.lists(st.integers(0, 3600), min_size=1, max_size=20),
)
def test_what_promises_whole_pages_shows_whole_pages(world: World, spec: str, when: list[int]) -> None:
    history = simulate(
        world.scenario, strategy(spec), traffic=world.traffic, begin=world.begin, seed=world.seed
    )
    loads = browse(history, map(seconds, when))
    if spec == "recreate":  # it promises one active revision, and a page may load across the downtime
        loads = tuple(each for each in loads if None not in each.revisions)
    assert _whole(loads)


def test_a_pause_that_never_ends_is_looked_into() -> None:
    scenario = attrs.evolve(SCENARIO, runbook=Runbook.parse(["pause at 12s"]), patience=seconds(10**6))
    history = simulate(scenario, strategy("rolling"), seed=0)
    assert history.end == scenario.horizon
    quarter = (history.end - seconds(12)) // 4
    assert {seconds(12) + part * quarter for part in (1, 2, 3)} <= set(telling_moments(history))

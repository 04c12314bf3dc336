"""What a sceptical engineer would expect: on the example, and on real manifests and real logs."""

from __future__ import annotations

from functools import cache
from math import inf, isnan
from typing import TYPE_CHECKING

import attrs
import numpy as np
import pytest

from tests.report.samples import DATA, KIADA, host
from turnout import (
    Environment,
    InputError,
    Scenario,
    Synthetic,
    compare,
    load_manifest,
    load_traffic,
    scale_traffic,
    seconds,
)
from turnout.metrics import METRICS
from turnout.sampling import Sample
from turnout.simulator.cutting import SessionIndex
from turnout.simulator.simulate import simulate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from turnout import Traffic, Workload
    from turnout.results import StrategyOutcome

SURGE = "max_surge=25%,max_unavailable=0"
ROLLING, TWO_STEP = f"rolling:{SURGE}", f"two-step:{SURGE}"
BY_REVISION, BY_REPLICA = f"session-affinity:{SURGE}", f"session-affinity:to=replica,{SURGE}"
SWITCHES = "blue-green", "blue-green:switch=page", "blue-green:switch=drain"
RECREATE = "recreate"
EVERY = ROLLING, TWO_STEP, BY_REVISION, BY_REPLICA, *SWITCHES, RECREATE
REPLICAS, ROLLOUTS = 6, 8

needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"needs the real inputs in {DATA.name}, beside the checkout"
)


@cache
def made_up() -> Traffic:
    return Synthetic(duration=seconds(8 * 3600)).load(0)


@cache
def logged(name: str) -> Traffic:
    return load_traffic(DATA / "logs" / name).traffic


@cache
def workload(name: str) -> Workload:
    """The example, or a real manifest at the example's size."""
    found = load_manifest(KIADA if name == "kiada" else DATA / "manifests" / f"{name}.yaml")
    return attrs.evolve(found, rollout=attrs.evolve(found.rollout, replicas=REPLICAS))


@cache
def outcomes(name: str) -> Mapping[str, StrategyOutcome]:
    """Every strategy on the example and made-up traffic, or on podinfo and the busier NASA log."""
    busy = made_up() if name == "kiada" else scale_traffic(logged("nasa-1995-08-01.log.gz"), 10, 0)
    found = compare(workload(name), busy, EVERY, host=host(), rollouts=ROLLOUTS, seed=1)
    return dict(zip(EVERY, found.strategies, strict=True))


@pytest.fixture(params=["kiada", pytest.param("podinfo", marks=needs_data)])
def found(request: pytest.FixtureRequest) -> Mapping[str, StrategyOutcome]:
    """The outcome of each strategy, by spec."""
    return outcomes(request.param)


def each(outcome: StrategyOutcome, metric: str) -> tuple[float, ...]:
    return outcome.rollouts[metric]


def busy(outcome: StrategyOutcome, metric: str) -> bool:
    """Whether it happens in almost all rollouts; where traffic begins or ends, there may be too little of it."""
    return sum(number > 0 for number in each(outcome, metric)) >= ROLLOUTS - 2


def test_rolling_mixes_and_goes_back_and_forth(found: Mapping[str, StrategyOutcome]) -> None:
    rolling = found[ROLLING]
    assert busy(rolling, "mixed_page_views")
    assert busy(rolling, "backward_sessions")
    for index in range(ROLLOUTS):
        mixed, broken = (each(rolling, metric)[index] for metric in ("mixed_page_views", "broken_page_views"))
        assert broken == mixed or (broken < mixed and each(rolling, "failed_requests")[index])
    assert set(each(rolling, "orphaned_sessions")) == {0}
    assert set(each(rolling, "min_available")) == {REPLICAS}
    surge = 2
    assert all(REPLICAS < peak <= REPLICAS + surge + REPLICAS for peak in each(rolling, "peak_replicas"))
    typical, own = rolling.outcome["mixed_page_views"].median, rolling.own_page_views.median
    assert typical is not None
    assert own is not None
    assert typical > own / 4, (
        "of those that load while it goes on; the window is that of the slowest strategy"
    )


@pytest.mark.parametrize("spec", SWITCHES)
def test_blue_green_has_two_fleets_and_never_goes_back(
    found: Mapping[str, StrategyOutcome], spec: str
) -> None:
    green = found[spec]
    assert set(each(green, "backward_sessions")) == {0}
    assert set(each(green, "peak_replicas")) == {2 * REPLICAS}
    assert set(each(green, "min_available")) == {REPLICAS}
    assert set(each(green, "failed_no_endpoint")) == {0}
    assert min(each(green, "extra_replica_seconds")) > REPLICAS * 30  # scale_down_delay_seconds


def test_what_is_switched_by_page_or_drained_cuts_no_page(found: Mapping[str, StrategyOutcome]) -> None:
    for spec in SWITCHES[1:]:
        assert set(each(found[spec], "mixed_page_views")) == {0}
        assert set(each(found[spec], "broken_page_views")) == {0}
    assert max(each(found[SWITCHES[0]], "mixed_page_views")) > 0
    assert (
        sum(each(found[SWITCHES[0]], "mixed_page_views")) < sum(each(found[ROLLING], "mixed_page_views")) / 2
    )


def test_sessions_that_are_pinned_mix_only_if_they_are_orphaned(found: Mapping[str, StrategyOutcome]) -> None:
    for spec in (BY_REVISION, BY_REPLICA, SWITCHES[2]):
        pairs = zip(each(found[spec], "mixed_sessions"), each(found[spec], "orphaned_sessions"), strict=True)
        assert all(mixed <= orphaned for mixed, orphaned in pairs)
    for spec in (BY_REVISION, SWITCHES[2]):
        assert set(each(found[spec], "mixed_page_views")) == {0}
        few = sum(each(found[spec], "mixed_sessions")) / sum(each(found[spec], "sessions"))
        assert few < 0.06


def test_affinity_to_a_replica_moves_every_session_that_lasts(found: Mapping[str, StrategyOutcome]) -> None:
    pinned, rolling = found[BY_REPLICA], found[ROLLING]
    assert busy(pinned, "orphaned_sessions")
    assert busy(pinned, "mixed_sessions")
    assert set(each(pinned, "backward_sessions")) == {0}
    assert sum(each(pinned, "mixed_page_views")) < sum(each(rolling, "mixed_page_views")) / 2
    assert each(pinned, "duration_seconds") == each(rolling, "duration_seconds")


def test_two_steps_mix_without_breaking(found: Mapping[str, StrategyOutcome]) -> None:
    two = found[TWO_STEP]
    assert busy(two, "mixed_page_views")
    assert set(each(two, "broken_page_views")) == {0}
    pairs = zip(each(two, "duration_seconds"), each(found[ROLLING], "duration_seconds"), strict=True)
    assert all(both > 1.5 * one for both, one in pairs)


def test_recreate_fails_requests_and_mixes_nothing_at_once(found: Mapping[str, StrategyOutcome]) -> None:
    recreate = found[RECREATE]
    assert set(each(recreate, "min_available")) == {0}
    assert set(each(recreate, "peak_replicas")) == {REPLICAS}
    assert set(each(recreate, "extra_replica_seconds")) == {0}
    assert busy(recreate, "failed_no_endpoint")
    assert set(each(recreate, "mixed_seconds")) == {0}
    assert set(each(recreate, "backward_sessions")) == {0}


def test_patience_with_sessions_costs_time(found: Mapping[str, StrategyOutcome]) -> None:
    for slow, quick in ((SWITCHES[2], SWITCHES[0]), (BY_REVISION, ROLLING)):
        pairs = zip(
            each(found[slow], "duration_seconds"), each(found[quick], "duration_seconds"), strict=True
        )
        assert all(one > other for one, other in pairs)
    assert all(number < inf for spec in EVERY for number in each(found[spec], "duration_seconds"))


def test_a_bad_revision_reaches_fewest_where_sessions_are_pinned(
    found: Mapping[str, StrategyOutcome],
) -> None:
    pinned, rolling = (np.array(each(found[spec], "exposed_sessions")) for spec in (BY_REVISION, ROLLING))
    assert 0 < pinned.sum() < rolling.sum()
    for spec in EVERY:
        assert all(0 < number < 3600 for number in each(found[spec], "rollback_seconds"))


@pytest.mark.parametrize("seed", range(3))
def test_an_instant_switch_cuts_exactly_the_pages_that_load_across_it(seed: int) -> None:
    """Restated from the traffic alone: a page is cut if its document comes before the switch and an asset after."""
    scenario, traffic = Scenario.of(workload("kiada")), made_up()
    strategy = host().strategy("blue-green")
    sessions = SessionIndex.of(traffic)
    found = compare(scenario, traffic, [strategy], rollouts=4, seed=seed).strategies[0]
    for index in range(4):
        begin, own = Sample(sessions, seed, 1.0).begins(index)
        history = simulate(scenario, strategy, traffic=sessions, begin=begin, seed=own)
        (switch,) = (since for since, _ in history.timeline.routings if since > 0)
        first = traffic.request_time[traffic.request_offset[:-1]]
        last = traffic.request_time[traffic.request_offset[1:] - 1]
        assert begin + history.end < traffic.end
        cut = int(((first < begin + switch) & (last >= begin + switch)).sum())
        assert found.rollouts["mixed_page_views"][index] == cut


def test_while_the_old_fleet_stands_going_back_takes_a_new_routing() -> None:
    """Found out within the delay, blue-green switches back; later, a fleet has to start first."""
    scenario = attrs.evolve(Scenario.of(workload("kiada")), detect=seconds(20))
    quick, slow = (
        compare(scenario, made_up(), [f"blue-green:scale_down_delay_seconds={delay}"], rollouts=3).strategies[
            0
        ]
        for delay in ("10m", "0s")
    )
    assert set(quick.rollouts["rollback_seconds"]) == {scenario.environment.routing_delay / seconds(1)}
    assert min(slow.rollouts["rollback_seconds"]) > 10  # minReadySeconds, and the start-up before
    assert sum(quick.rollouts["exposed_sessions"]) < sum(slow.rollouts["exposed_sessions"])


def test_without_a_pre_stop_hook_late_endpoints_cost_requests() -> None:
    lifecycle = attrs.evolve(workload("kiada").lifecycle, pre_stop_seconds=0.0)
    bare = attrs.evolve(workload("kiada"), lifecycle=lifecycle)
    failed = []
    for found, delay in ((workload("kiada"), 3), (bare, 0), (bare, 3), (bare, 9)):
        scenario = attrs.evolve(Scenario.of(found), environment=Environment(removal_delay=seconds(delay)))
        outcome = compare(scenario, made_up(), [ROLLING], rollouts=6).strategies[0]
        assert outcome.rollouts["failed_requests"] == outcome.rollouts["failed_terminated"]
        failed.append(sum(outcome.rollouts["failed_requests"]))
    hooked, at_once, late, later = failed
    assert hooked == at_once == 0 < late < later


def test_capacity_is_what_a_rollout_eats_up() -> None:
    scenario = attrs.evolve(Scenario.of(workload("kiada")), environment=Environment(capacity=6))
    missing = f"rolling:max_surge=0,max_unavailable={REPLICAS - 1}"
    found = compare(scenario, scale_traffic(made_up(), 2, 0), [missing, SWITCHES[0]], rollouts=6)
    squeezed, doubled = (sum(one.rollouts["failed_overloaded"]) for one in found.strategies)
    assert squeezed > 2 * doubled


def test_who_waits_in_a_queue_is_late_instead_of_lost() -> None:
    """The longer requests may wait, the fewer fail and the longer the longest of them waits; never beyond the limit."""
    scenario = Scenario.of(workload("kiada"))
    missing = f"rolling:max_surge=0,max_unavailable={REPLICAS - 1}"
    found = []
    for timeout in (0, 0.5, 2, 3600):
        environment = Environment(capacity=6, queue_timeout=seconds(timeout))
        queued = attrs.evolve(scenario, environment=environment)
        [outcome] = compare(queued, scale_traffic(made_up(), 2, 0), [missing], rollouts=3).strategies
        waits = outcome.rollouts["longest_wait_seconds"]
        assert all(0 <= each <= timeout for each in waits)
        found.append((-sum(outcome.rollouts["failed_overloaded"]), sum(waits)))
    assert found == sorted(found)
    assert found[0][0] < found[1][0] < found[-1][0] == 0
    assert found[0][1] == 0 < found[1][1] < found[-1][1]


def _manifests() -> list[Path]:
    return sorted((DATA / "manifests").glob("*.yaml"))


@cache
def _logs() -> tuple[str, ...]:
    return tuple(sorted(path.name for path in (DATA / "logs").glob("*.log.gz")))


@needs_data
def test_the_data_is_all_there() -> None:
    assert len(_manifests()) == 10
    assert len(_logs()) == 3


# Without a rollback, a capacity and a queue there is nothing to measure.
UNMEASURED = ("rollback_seconds", "peak_utilisation", "longest_wait_seconds")


@needs_data
@pytest.mark.parametrize("log", _logs())
@pytest.mark.parametrize("path", _manifests(), ids=lambda path: path.stem)
def test_every_manifest_on_every_log(path: Path, log: str) -> None:
    if path.stem == "argo-rollout-canary":
        with pytest.raises(InputError, match=r"spec\.strategy\.canary\.steps"):
            load_manifest(path)
        return
    workload, traffic = load_manifest(path), logged(log)
    replicas = workload.rollout.replicas
    comparison = compare(workload, traffic, host=host(), rollouts=2)
    assert {one.name for one in comparison.strategies} >= set(host().strategies)
    for outcome in comparison.strategies:
        for metric in METRICS:
            for index, number in enumerate(outcome.rollouts[metric]):
                assert 0 <= number < inf or (isnan(number) and metric in UNMEASURED)
                share_of = METRICS[metric].share_of
                assert share_of is None or number <= outcome.rollouts[share_of][index]
        assert max(outcome.rollouts["min_available"]) <= replicas
        assert min(outcome.rollouts["peak_replicas"]) >= replicas
        assert max(outcome.rollouts["sessions"]) < traffic.sessions / 2
        # Sessions may hold up the steps for drain_timeout, an hour, and then stay on their revision for another.
        assert max(outcome.rollouts["duration_seconds"]) <= 7600
        peak = {"recreate": replicas, "blue-green": 2 * replicas}.get(outcome.name)
        assert peak is None or set(outcome.rollouts["peak_replicas"]) == {peak}
        if outcome.name in ("blue-green", "session-affinity"):
            assert set(outcome.rollouts["backward_sessions"]) == {0}
        if outcome.name == "two-step":
            assert set(outcome.rollouts["broken_page_views"]) == {0}
    assert comparison.verdict

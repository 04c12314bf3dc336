"""One number for every metric: they fit together, and the fleet's are those of its replicas over time."""

from __future__ import annotations

from collections import Counter
from math import inf, isinf, isnan
from typing import TYPE_CHECKING

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulator.test_simulate import STRATEGIES, scenario_of
from tests.simulator.worlds import traffics
from tests.strategies.worlds import World, worlds
from turnout import Lifecycle, Synthetic, Weather, simulate
from turnout.metrics import METRICS
from turnout.simulator.block import SessionIndex
from turnout.simulator.outcome import busiest_second, outcome
from turnout.units import SECOND, seconds
from turnout_strategies.blue_green import BlueGreen
from turnout_strategies.recreate import Recreate
from turnout_strategies.rolling import Rolling
from turnout_strategies.session_affinity import SessionAffinity

if TYPE_CHECKING:
    from turnout import History, Strategy
    from turnout.traffic import Traffic


def found(world: World, strategy: Strategy) -> dict[str, float]:
    sessions = SessionIndex.of(world.traffic)
    return outcome(world.scenario, strategy, sessions, begin=world.begin, seed=world.seed, full_load=2.0)


@settings(max_examples=max(1, settings().max_examples // 2))
@given(worlds(), STRATEGIES)
def test_the_numbers_fit_together(world: World, strategy: Strategy) -> None:
    numbers = found(world, strategy)
    assert set(numbers) == set(METRICS)
    for name, metric in METRICS.items():
        assert numbers[name] >= 0 or (isnan(numbers[name]) and name == "rollback_seconds")
        if metric.share_of:
            assert numbers[name] <= numbers[metric.share_of]
    causes = ("no_endpoint", "terminated", "overloaded", "bad_revision")
    assert numbers["failed_requests"] == sum(numbers[f"failed_{cause}"] for cause in causes)
    assert numbers["failed_requests"] <= numbers["requests"]
    assert numbers["backward_sessions"] <= numbers["mixed_sessions"]
    assert numbers["broken_page_views"] <= numbers["mixed_page_views"] <= numbers["page_views"]
    assert numbers["min_available"] <= numbers["peak_replicas"]
    assert not numbers["mixed_page_views"] or numbers["mixed_seconds"] or not world.scenario.weather.clear
    assert found(world, strategy) == pytest.approx(numbers, nan_ok=True)


def replicas_over_time(history: History) -> list[tuple[int, int, int]]:
    """How many replicas existed and how many were available, and since when, retold from what happened to each."""
    existing, available = Counter[int](), Counter[int]()
    found = []
    for each in history.happenings:
        if each.what == "created":
            existing[each.replica] = 1
        elif each.what in ("gone", "crashed"):
            existing[each.replica] = 0
        if each.what == "available":
            available[each.replica] = 1
        elif each.what in ("terminating", "crashed", "not ready"):
            available[each.replica] = 0
        found.append((max(0, each.time), existing.total(), available.total()))
    settled = {time: (time, total, ready) for time, total, ready in found}
    return list(settled.values())


@given(worlds(back=False), STRATEGIES)
def test_a_fleets_numbers_are_those_of_its_replicas(world: World, strategy: Strategy) -> None:
    scaled = any(entry.verb == "scale" for entry in world.scenario.runbook.entries)
    numbers = found(world, strategy)
    history = simulate(world.scenario, strategy, traffic=world.traffic, begin=world.begin, seed=world.seed)
    told = replicas_over_time(history)
    assert numbers["min_available"] == min(available for _, _, available in told)
    assert numbers["peak_replicas"] == max(existing for _, existing, _ in told)
    if not scaled:
        wanted, extra = world.scenario.workload.rollout.replicas, 0
        for (since, existing, _), (until, *_) in zip(told, [*told[1:], (history.end, 0, 0)], strict=True):
            extra += max(0, existing - wanted) * (until - since)
        assert numbers["extra_replica_seconds"] == extra / SECOND
    completed = history.completed
    assert numbers["duration_seconds"] == (inf if completed is None else completed / SECOND)


@given(traffics(), st.sampled_from((1, SECOND // 3, SECOND)))
def test_the_busiest_second(traffic: Traffic, tick: int) -> None:
    times = traffic.request_time * tick
    traffic = attrs.evolve(traffic, request_time=times, start=traffic.start * tick, end=traffic.end * tick)
    counted = Counter((int(time) - traffic.start) // SECOND for time in times)
    assert busiest_second(SessionIndex.of(traffic)) == max(counted.values())


TRAFFIC = SessionIndex.of(Synthetic(sessions_per_minute=20, duration=seconds(3600)).load(3))


def typical(strategy: Strategy, weather: Weather | None = None, pre_stop: float = 2.0) -> dict[str, float]:
    scenario = scenario_of(weather=weather)
    workload = attrs.evolve(scenario.workload, lifecycle=Lifecycle(pre_stop_seconds=pre_stop))
    scenario = attrs.evolve(scenario, workload=workload)
    return outcome(scenario, strategy, TRAFFIC, begin=0, seed=9, full_load=10.0)


def test_what_each_strategy_is_known_for() -> None:
    rolling, recreate = typical(Rolling(max_surge=1, max_unavailable=0)), typical(Recreate())
    instant, page, drain = (typical(BlueGreen(switch=each)) for each in ("instant", "page", "drain"))
    affinity, replica = typical(SessionAffinity()), typical(SessionAffinity(to="replica"))
    assert rolling["mixed_sessions"] > 0 < rolling["backward_sessions"]
    assert rolling["min_available"] == 4
    assert rolling["peak_replicas"] == 6, "the terminating one counts"
    assert recreate["failed_no_endpoint"] > 0 == recreate["min_available"]
    assert recreate["mixed_seconds"] == 0
    assert instant["mixed_seconds"] == 0
    assert instant["peak_replicas"] == drain["peak_replicas"] == 8
    assert page["mixed_page_views"] == drain["mixed_page_views"] == affinity["mixed_page_views"] == 0
    assert page["mixed_sessions"] > 0 == drain["mixed_sessions"] == affinity["mixed_sessions"]
    assert replica["orphaned_sessions"] > 0 == affinity["orphaned_sessions"]
    assert affinity["duration_seconds"] > rolling["duration_seconds"] >= 20
    for numbers in (rolling, instant, page, drain, affinity):
        assert numbers["failed_requests"] == 0
        assert numbers["rollback_seconds"] < 60
        assert numbers["exposed_sessions"] > 0


def test_a_replica_that_stops_at_once_still_gets_requests() -> None:
    rolling = typical(Rolling(max_surge=1, max_unavailable=0), pre_stop=0)
    assert rolling["failed_requests"] == rolling["failed_terminated"] > 0


def test_a_rollout_that_never_ends_says_so() -> None:
    numbers = typical(Rolling(), Weather(never_ready=True))
    assert isinf(numbers["duration_seconds"])
    assert isnan(numbers["rollback_seconds"])
    assert numbers["exposed_sessions"] == numbers["mixed_sessions"] == 0

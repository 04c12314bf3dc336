"""One replica: start-up times, times between faults, the end of a container, who goes first."""

from __future__ import annotations

from math import exp, floor, log2
from statistics import fmean, median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnout import Environment, Lifecycle
from turnout.routing.draws import uniform
from turnout.simulator.chance import exponential, log_normal
from turnout.simulator.replica import Replica, deletion_order, serves_after_deletion
from turnout.units import SECOND, seconds

DRAW = st.floats(0, 1, exclude_max=True)


@given(st.floats(1_000, 10**9), st.floats(0, 3), DRAW, DRAW)
def test_start_up_is_log_normal_around_its_median(
    middle: float, spread: float, one: float, other: float
) -> None:
    assert log_normal(middle, spread, 0.5) == pytest.approx(middle, abs=1)
    assert log_normal(middle, spread, min(one, other)) <= log_normal(middle, spread, max(one, other))
    # One standard deviation up and down, by the normal distribution's quantiles.
    for draw, deviations in ((0.15865525393145707, -1), (0.8413447460685429, 1), (0.9772498680518208, 2)):
        expected = middle * exp(deviations * spread)
        assert log_normal(middle, spread, draw) == pytest.approx(expected, rel=1e-6, abs=1)
    if not spread:
        assert log_normal(middle, spread, one) == log_normal(middle, spread, other)


@given(st.integers(1, 10**12), DRAW, DRAW)
def test_times_between_faults_are_exponential(mean: int, one: float, other: float) -> None:
    assert 1 <= exponential(mean, min(one, other)) <= exponential(mean, max(one, other))
    assert exponential(mean, 1 - 1 / exp(1)) == pytest.approx(mean, rel=1e-9, abs=1)


def test_the_mean_time_between_faults_is_what_it_is_called() -> None:
    sample = [exponential(1000 * SECOND, uniform(5, each)) for each in range(10_000)]
    assert abs(fmean(sample) / (1000 * SECOND) - 1) < 5 / 100
    assert abs(median(sample) / (1000 * SECOND) - 0.6931) < 5 / 100


HALVES = st.integers(0, 80).map(lambda half: half / 2)


@given(st.none() | HALVES, st.integers(0, 40), HALVES, HALVES)
def test_a_deleted_replica_serves_until_its_process_ends(
    pre_stop: float | None, grace: int, assumed: float, shutdown: float
) -> None:
    environment = Environment(pre_stop=seconds(assumed), shutdown=seconds(shutdown))
    hook = assumed if pre_stop is None else pre_stop
    sigterm = min(hook, grace)  # the hook is cut off when the grace period is over
    sigkill = grace if hook + 2 <= grace else sigterm + 2  # at least two seconds from SIGTERM to SIGKILL
    sigkill = max(sigkill, grace)
    lifecycle = Lifecycle(pre_stop_seconds=pre_stop, grace_seconds=grace)
    assert serves_after_deletion(lifecycle, environment) == seconds(min(sigterm + shutdown, sigkill))


NOW = seconds(100_000)
POWERS = [
    2**power // 1000 + off for power in range(12, 45) for off in (0, 1)
]  # of nanoseconds, in microseconds
AGES = st.integers(1, 50_000).map(seconds) | st.sampled_from(POWERS)


@st.composite
def replicas(draw: st.DrawFn) -> Replica:
    created = draw(AGES)
    ready = draw(st.booleans())
    return Replica(
        number=draw(st.integers(1, 9)),
        ordinal=1,
        revision=0,
        created=NOW - created,
        restarts=draw(st.integers(0, 2)),
        ready=ready,
        ready_since=NOW - min(created, draw(AGES)) if ready else 0,
        uid=draw(st.floats(0, 1)),
    )


def goes_before(one: Replica, other: Replica) -> bool:
    """Compare as the ReplicaSet controller does, one criterion after the other."""
    if one.ready != other.ready:
        return other.ready
    if not one.ready and one.restarts != other.restarts:
        return one.restarts > other.restarts
    since = [each.ready_since if each.ready else each.created for each in (one, other)]
    ages = [floor(log2((NOW - each) * 1000)) for each in since]
    return one.uid < other.uid if ages[0] == ages[1] else ages[0] < ages[1]


@given(replicas(), replicas())
def test_who_goes_first(one: Replica, other: Replica) -> None:
    assert (deletion_order(one, NOW) < deletion_order(other, NOW)) == goes_before(one, other)


def test_the_young_go_first_and_the_unready_before_them() -> None:
    ages = {"unready": None, "0 s": 0, "40 s": 40, "400 s": 400}
    group = {
        name: Replica(
            number=0,
            ordinal=0,
            revision=0,
            created=NOW - seconds(1000),
            uid=0.5,
            ready=age is not None,
            ready_since=NOW - seconds(age or 0),
        )
        for name, age in ages.items()
    }
    assert sorted(group, key=lambda name: deletion_order(group[name], NOW)) == list(ages)

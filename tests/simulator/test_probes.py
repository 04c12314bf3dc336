"""Probes, asked one after the other as the kubelet asks them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnout import Lifecycle, Probe
from turnout.simulator.probes import given_up_after, noticed_at, ready_after, ready_again, restart_delay
from turnout.units import SECOND, seconds

if TYPE_CHECKING:
    from collections.abc import Callable

SOME = st.builds(
    Probe,
    initial_delay_seconds=st.integers(0, 12),
    period_seconds=st.integers(1, 7),
    success_threshold=st.integers(1, 3),
    failure_threshold=st.integers(1, 4),
)
STARTUP = st.builds(
    Probe,
    initial_delay_seconds=st.integers(0, 12),
    period_seconds=st.integers(1, 7),
    failure_threshold=st.integers(1, 4),
)
TIMES = st.integers(0, 40 * SECOND) | st.integers(0, 40).map(seconds)


def succeeds(probe: Probe, first: int, works: Callable[[int], bool]) -> int:
    """Ask then and every period, but not within the initial delay, until it has worked so often in a row."""
    time, row = first, 0
    while True:
        if time >= probe.initial_delay_seconds * SECOND:
            row = row + 1 if works(time) else 0
            if row == probe.success_threshold:
                return time
        time += probe.period_seconds * SECOND


@given(st.none() | STARTUP, st.none() | SOME, TIMES)
def test_probes_decide_when_a_container_is_ready(
    startup: Probe | None, readiness: Probe | None, answers: int
) -> None:
    started = 0
    if startup is not None:
        started = succeeds(startup, startup.initial_delay_seconds * SECOND, lambda time: time >= answers)
    ready = started
    if readiness is not None:
        first = started if startup is not None else readiness.initial_delay_seconds * SECOND
        ready = succeeds(readiness, first, lambda time: time >= answers)
    assert ready_after(Lifecycle(readiness=readiness, startup=startup), answers) == ready


def test_without_probes_a_container_is_ready_before_it_answers() -> None:
    assert ready_after(Lifecycle(), seconds(60)) == 0


@pytest.mark.parametrize(
    ("answers", "ready"), [(0, 5), (5, 5), (5.000001, 15), (12, 15), (15, 15), (15.5, 25)]
)
def test_a_usual_readiness_probe(answers: float, ready: int) -> None:
    lifecycle = Lifecycle(readiness=Probe(initial_delay_seconds=5, period_seconds=10))
    assert ready_after(lifecycle, seconds(answers)) == seconds(ready)


@pytest.mark.parametrize(("successes", "ready"), [(1, 9), (2, 19)])
def test_readiness_is_asked_as_soon_as_the_startup_probe_has_succeeded(successes: int, ready: int) -> None:
    startup = Probe(period_seconds=3, failure_threshold=10)
    readiness = Probe(period_seconds=10, success_threshold=successes)
    assert ready_after(Lifecycle(startup=startup, readiness=readiness), seconds(8)) == seconds(ready)


@given(STARTUP, TIMES)
def test_a_startup_probe_that_does_not_succeed_in_time_gives_the_container_up(
    probe: Probe, answers: int
) -> None:
    lifecycle = Lifecycle(startup=probe)
    patience = (probe.initial_delay_seconds + probe.failure_threshold * probe.period_seconds) * SECOND
    in_time = ready_after(lifecycle, answers) <= patience
    assert given_up_after(lifecycle, answers) == (None if in_time else patience)
    assert given_up_after(Lifecycle(readiness=probe), answers) is None


def test_a_container_that_is_given_up_again_and_again_waits_longer_and_longer() -> None:
    delays = [restart_delay(restarts, seconds(30)) for restarts in range(10)]
    assert delays == [seconds(each) for each in (0, 10, 20, 40, 80, 160, 300, 300, 300, 300)]
    assert restart_delay(10_000, seconds(600)) == seconds(300)
    assert restart_delay(5, seconds(601)) == 0


@given(SOME, TIMES, st.integers(1, 60 * SECOND), st.integers(0, 60 * SECOND))
def test_a_replica_is_not_ready_after_failures_in_a_row(
    probe: Probe, ready_since: int, later: int, lasts: int
) -> None:
    fails = ready_since + later
    recovers = fails + lasts
    time, row, noticed = ready_since, 0, None
    while time < recovers and noticed is None:
        row = row + 1 if time >= fails else 0
        noticed = time if row == probe.failure_threshold else None
        time += probe.period_seconds * SECOND
    assert noticed_at(Lifecycle(readiness=probe), ready_since, fails, recovers) == noticed
    assert noticed_at(Lifecycle(), ready_since, fails, recovers) is None


@given(SOME, TIMES, TIMES)
def test_it_is_ready_again_after_successes_in_a_row(probe: Probe, asked: int, lasts: int) -> None:
    time, row = asked, 0
    while True:
        row += time >= asked + lasts
        if row == probe.success_threshold:
            break
        time += probe.period_seconds * SECOND
    assert ready_again(Lifecycle(readiness=probe), asked, asked + lasts) == time

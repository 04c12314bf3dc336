"""Scaling: whole sessions are repeated or left out, and nothing within a session changes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.traffic.formats import Entry, lines
from tests.traffic.logs import check_traffic, log_file, visits
from turnout.errors import InputError
from turnout.traffic import Synthetic, Traffic, load_traffic, scale_traffic
from turnout.units import seconds

if TYPE_CHECKING:
    from numpy.typing import NDArray


def _traffic(records: list[Entry]) -> Traffic:
    with log_file(lines(records)) as path:
        return load_traffic(path).traffic


def _shapes(traffic: Traffic) -> list[tuple[object, ...]]:
    """Each session without when it begins."""
    shapes: list[tuple[object, ...]] = []
    for session in range(traffic.sessions):
        pages = slice(traffic.page_offset[session], traffic.page_offset[session + 1])
        bounds = traffic.request_offset[pages.start : pages.stop + 1]
        times = traffic.request_time[bounds[0] : bounds[-1]]
        shapes.append(
            (
                tuple(np.diff(bounds).tolist()),
                tuple(traffic.has_document[pages].tolist()),
                tuple((times - times[0]).tolist()),
            )
        )
    return shapes


@given(visits(), st.floats(0.1, 12.0), st.integers(0, 5))
def test_sessions_keep_their_shape_and_stay_inside(records: list[Entry], factor: float, seed: int) -> None:
    traffic = _traffic(records)
    try:
        scaled = scale_traffic(traffic, factor, seed)
    except InputError as error:
        assert factor < 1
        assert "leaves no session" in str(error)  # noqa: PT017
        return
    check_traffic(scaled)
    assert (scaled.start, scaled.end, scaled.epoch) == (traffic.start, traffic.end, traffic.epoch)
    before, after = Counter(_shapes(traffic)), Counter(_shapes(scaled))
    assert set(after) <= set(before)
    for shape, count in before.items():
        assert int(factor) * count <= after[shape] <= (int(factor) + 1) * count


@given(visits(), st.integers(0, 5))
def test_once_is_the_traffic_itself(records: list[Entry], seed: int) -> None:
    traffic = _traffic(records)
    assert scale_traffic(traffic, 1.0, seed) is traffic


@given(visits(), st.integers(1, 5), st.integers(0, 5))
def test_what_was_there_stays_where_it_was(records: list[Entry], factor: int, seed: int) -> None:
    traffic = _traffic(records)
    scaled = scale_traffic(traffic, factor, seed)
    left = Counter(traffic.request_time.tolist())
    left.subtract(Counter(scaled.request_time.tolist()))
    assert max(left.values()) <= 0
    again = scale_traffic(traffic, factor, seed)
    assert np.array_equal(scaled.request_time, again.request_time)


def _begins(traffic: Traffic) -> NDArray[np.int64]:
    return traffic.request_time[traffic.request_offset[traffic.page_offset[:-1]]]


def test_repetitions_are_spread_evenly_and_fractions_are_met() -> None:
    # All sessions at the very beginning: what is anywhere else has been put there.
    short = Synthetic(
        sessions_per_minute=6_000, pages_per_session=1, assets_per_page=0, duration=seconds(60)
    ).load(1)
    traffic = Traffic(
        page_offset=short.page_offset,
        request_offset=short.request_offset,
        has_document=short.has_document,
        request_time=short.request_time,
        start=0,
        end=seconds(6_000),
        label="a minute",
    )
    scaled = scale_traffic(traffic, 3.25, 7)
    expected = 3.25 * traffic.sessions
    deviation = (traffic.sessions * 0.25 * 0.75) ** 0.5
    assert abs(scaled.sessions - expected) < 5 * deviation
    moved = np.sort(_begins(scaled))[traffic.sessions :]
    per_tenth = np.histogram(moved, bins=10, range=(0, scaled.end))[0]
    assert (abs(per_tenth - len(moved) / 10) < 5 * (len(moved) / 10) ** 0.5 + 0.01 * len(moved)).all()
    assert scaled.label == "derived: 3.25 × a minute"
    assert "derived" in scaled.notes[-1]

    thinned = scale_traffic(traffic, 0.2, 7)
    assert abs(thinned.sessions - 0.2 * traffic.sessions) < 5 * (traffic.sessions * 0.2 * 0.8) ** 0.5
    assert set(thinned.request_time.tolist()) <= set(traffic.request_time.tolist())
    assert "left out" in thinned.notes[-1]


def test_a_session_that_fills_the_span_can_only_stay() -> None:
    records = [Entry(client="a", time=10**15 + second * 1_000_000) for second in (0, 1_000, 2_000)]
    traffic = _traffic(records)
    scaled = scale_traffic(traffic, 40, 3)
    check_traffic(scaled)
    assert scaled.sessions == 40


@pytest.mark.parametrize("factor", [0.0, -1.0, float("nan"), float("inf"), 1e300])
def test_factors_that_make_no_sense(factor: float) -> None:
    with pytest.raises(InputError, match=r"cannot be scaled|more than 20,000,000"):
        scale_traffic(Synthetic(duration=seconds(600)).load(0), factor, 0)


def test_nothing_left() -> None:
    with pytest.raises(InputError, match="leaves no session of 1;"):
        scale_traffic(_traffic([Entry(client="a", time=10**15)]), 1e-9, 0)

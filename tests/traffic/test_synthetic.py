"""Synthetic traffic: what it is asked for on average, the same for the same seed, and nothing absurd."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.traffic.logs import check_traffic
from turnout.errors import InputError
from turnout.parameters import build, describe
from turnout.traffic import Synthetic, Traffic, TrafficSource
from turnout.units import MILLISECOND, SECOND, Duration, seconds


def _gaps(traffic: Traffic) -> tuple[np.ndarray, np.ndarray]:
    """Times between pages of a session, and between requests of a page, microseconds."""
    gap = np.diff(traffic.request_time)
    page = np.repeat(np.arange(traffic.page_views), np.diff(traffic.request_offset))
    session = np.repeat(np.arange(traffic.sessions), np.diff(traffic.page_offset))[page]
    return gap[(np.diff(page) > 0) & (np.diff(session) == 0)], gap[np.diff(page) == 0]


def _near(values: np.ndarray, mean: float) -> bool:
    """Whether the mean of a sample is within five standard errors."""
    return bool(abs(values.mean() - mean) <= 5 * values.std() / len(values) ** 0.5 + 1e-9)


@pytest.mark.parametrize("seed", [0, 1, 2**70, -5])
def test_means(seed: int) -> None:
    wanted = Synthetic(
        sessions_per_minute=120,
        pages_per_session=3.5,
        think_time=seconds(12),
        assets_per_page=4.25,
        asset_spacing=seconds(0.05),
        duration=seconds(3_600),
    )
    traffic = wanted.load(seed)
    check_traffic(traffic)
    assert abs(traffic.sessions - 7_200) < 5 * 7_200**0.5
    pages = np.diff(traffic.page_offset)
    assert _near(pages, 3.5)
    assert abs((pages == 1).mean() - 1 / 3.5) < 0.03  # geometric
    assets = np.diff(traffic.request_offset) - 1
    assert _near(assets, 4.25)
    assert set(assets.tolist()) == {4, 5}
    thinking, spacing = _gaps(traffic)
    assert _near(thinking, 12 * SECOND)
    assert _near(spacing, 0.05 * SECOND)
    assert thinking.std() == pytest.approx(12 * SECOND, rel=0.1)  # exponential
    begins = traffic.request_time[traffic.request_offset[traffic.page_offset[:-1]]]
    assert begins.max() < wanted.duration
    assert _near(begins, wanted.duration / 2)
    assert traffic.has_document.all()
    assert traffic.end >= wanted.duration


def test_the_default_is_worth_many_rollouts() -> None:
    traffic = Synthetic().load(0)
    check_traffic(traffic)
    assert traffic.end - traffic.start >= 100 * 600 * SECOND
    assert set(np.diff(traffic.request_offset).tolist()) == {10}
    assert traffic.label == "synthetic"
    assert traffic.epoch is None
    assert "10 sessions a minute" in traffic.notes[0]


@given(
    st.floats(0.5, 50),
    st.floats(1, 20),
    st.just(0) | st.integers(MILLISECOND, 60 * SECOND),
    st.floats(0, 20),
    st.just(0) | st.integers(MILLISECOND, SECOND),
    st.integers(SECOND, 300 * SECOND),
    st.integers(),
)
def test_any_parameters(
    rate: float, pages: float, think: int, assets: float, spacing: int, duration: int, seed: int
) -> None:
    source = Synthetic(
        sessions_per_minute=rate,
        pages_per_session=pages,
        think_time=Duration(think),
        assets_per_page=assets,
        asset_spacing=Duration(spacing),
        duration=Duration(duration),
    )
    try:
        traffic = source.load(seed)
    except InputError as error:
        assert "no session arrives" in str(error)  # noqa: PT017
        assert rate * duration / (60 * SECOND) < 50
        return
    check_traffic(traffic)
    again = source.load(seed)
    for field in attrs.fields(Traffic):
        assert np.array_equal(getattr(traffic, field.name), getattr(again, field.name))


def test_another_seed_is_another_traffic() -> None:
    source = Synthetic(duration=seconds(600))
    assert not np.array_equal(source.load(0).request_time[:5], source.load(1).request_time[:5])


@pytest.mark.parametrize(
    "given_parameters",
    [
        {"sessions_per_minute": 1_000_000},
        {"assets_per_page": 1_000, "pages_per_session": 1_000},
        {"duration": "366d", "sessions_per_minute": "1000"},
    ],
)
def test_too_much_is_refused_before_it_is_made(given_parameters: dict[str, object]) -> None:
    with pytest.raises(InputError, match="more than 20,000,000"):
        build(Synthetic, given_parameters).load(0)


@pytest.mark.parametrize(
    "given_parameters",
    [
        {"sessions_per_minute": 0},
        {"sessions_per_minute": "nan"},
        {"sessions_per_minute": 1e9},
        {"pages_per_session": 0.5},
        {"assets_per_page": -1},
        {"think_time": "2h"},
        {"duration": "0s"},
        {"duration": "367d"},
    ],
)
def test_parameters_out_of_range(given_parameters: dict[str, object]) -> None:
    with pytest.raises(InputError, match=f"parameter {next(iter(given_parameters))} cannot be"):
        build(Synthetic, given_parameters)


def test_too_little_is_refused() -> None:
    with pytest.raises(InputError, match="no session arrives within 1s"):
        Synthetic(sessions_per_minute=1e-6, duration=seconds(1)).load(0)


def test_each_parameter_is_documented() -> None:
    assert isinstance(Synthetic(), TrafficSource)
    assert all(each.doc and not each.required for each in describe(Synthetic))


def test_a_number_of_seconds_that_nobody_has_made_a_duration_is_refused() -> None:
    """As everywhere else: 30 microseconds are meant by nobody."""
    for field in ("think_time", "asset_spacing"):
        with pytest.raises(
            InputError, match=rf"synthetic\.{field}: it cannot be 30; .* above 0s at least 1ms"
        ):
            Synthetic(**{field: Duration(30)})

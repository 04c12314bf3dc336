"""Arrays that are no traffic are refused, in one line, wherever traffic is handed in."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any
from unittest.mock import patch

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import turnout
from tests.simulator.worlds import traffics
from tests.traffic.logs import check_traffic
from turnout import InputError, Traffic, seconds
from turnout.traffic.order import check_order

KIADA = Path(__file__).parents[2] / "docs" / "examples" / "kiada" / "deployment.yaml"
TWO = Traffic(
    page_offset=np.array([0, 2, 3], np.int64),
    request_offset=np.array([0, 3, 5, 6], np.int64),
    has_document=np.array([True, True, True]),
    request_time=np.array([seconds(t) for t in (0, 0.4, 0.5, 30, 30.3, 12)], np.int64),
    start=0,
    end=seconds(60),
    label="two visitors",
)


def array(*values: int) -> Any:
    return np.array(values, np.int64)


def moved(*places_and_times: tuple[int, float]) -> Any:
    time = TWO.request_time.copy()
    for place, value in places_and_times:
        time[place] = seconds(value) if value >= 0 else -1
    return time


WRONG = {
    "page_offset": [
        ([0, 2, 3], "page_offset cannot be [0, 2, 3]; give a NumPy array of int64 with one dimension"),
        (np.array([0.0, 2.0, 3.0]), "page_offset is of float64 and shape (3,)"),
        (array(), "page_offset does not begin with 0"),
        (array(1, 2, 3), "page_offset does not begin with 0"),
        (array(0, 2, 4), "page_offset ends with 4; there are 3 page views"),
        (array(0, 2), "page_offset ends with 2; there are 3 page views"),
        (array(0, 0, 3), "page_offset does not rise after session 0; each session has at least one"),
        (array(0, 4, 3), "page_offset does not rise after session 1"),
    ],
    "request_offset": [
        (array(0, 3, 5, 7), "request_offset ends with 7; there are 6 requests"),
        (array(0, 5, 5, 6), "request_offset does not rise after page view 1"),
        (array(0, 3, 6), "request_offset has 3 entries; give one more than the 3 of has_document"),
        (array(0, -1, 5, 6), "request_offset does not rise after page view 0"),
    ],
    "has_document": [
        (np.array([1, 1, 1]), "has_document is of int64 and shape (3,); give a NumPy array of bool"),
        (np.array([[True, True, True]]), "has_document is of bool and shape (1, 3)"),
    ],
    "request_time": [
        (
            moved((1, 0.6)),
            "request_time falls from request 1 to 2; requests are in the order of time within a page",
        ),
        (moved((0, 31), (1, 31), (2, 31)), "request_time falls from page view 0 to 1"),
        (
            moved((0, 13), (1, 13), (2, 13)),
            "request_time falls from session 0 to 1; sessions are in the order of time",
        ),
        (moved((4, 60)), "request_time is 60000000 for request 4; give times from 0 to before 60000000"),
        (moved((0, -1)), "request_time is -1 for request 0"),
        (TWO.request_time.astype(float), "request_time is of float64"),
    ],
    "start": [
        ("noon", "start cannot be 'noon'"),
        (seconds(60), "end is 60000000; give a time after start, 60000000"),
    ],
    "end": [(30.5, "end cannot be 30.5"), (1 << 62, "clock goes from 0 to 4611686018427387904")],
}


@pytest.mark.parametrize(
    ("field", "value", "says"), [(field, *each) for field, wrong in WRONG.items() for each in wrong]
)
def test_what_is_no_traffic_is_refused(field: str, value: Any, says: str) -> None:
    wrong = attrs.evolve(TWO, **{field: value})
    with pytest.raises(InputError) as caught:
        check_order(wrong)
    assert str(caught.value).startswith(f"Traffic('two visitors'): {says}")
    with pytest.raises(InputError) as again:
        _ = wrong.known
    assert str(again.value) == str(caught.value)


BLOCKS = st.sampled_from((1, 2, 3, 1 << 16))


def accepted(traffic: Traffic, block: int) -> bool:
    try:
        with patch("turnout.traffic.order._BLOCK", block):
            check_order(traffic)
    except InputError:
        return False
    return True


def in_order(traffic: Traffic) -> bool:
    """By the plain statement of what `Traffic` promises."""
    try:
        check_traffic(traffic)
    except (AssertionError, IndexError, ValueError):
        return False
    return True


@given(
    st.data(),
    traffics(),
    st.sampled_from(("page_offset", "request_offset", "request_time")),
    st.sampled_from((-(1 << 62), -5, -1, 0, 1, 2, 5, 1 << 62)),
    BLOCKS,
)
def test_one_number_changed_is_taken_if_and_only_if_the_order_is_kept(
    data: st.DataObject, traffic: Traffic, name: str, by: int, block: int
) -> None:
    array: Any = getattr(traffic, name).copy()
    array[data.draw(st.integers(0, len(array) - 1))] += by
    changed = attrs.evolve(traffic, **{name: array})
    assert accepted(changed, block) == in_order(changed)


@given(st.data(), traffics(), BLOCKS)
def test_requests_that_are_shuffled_are_taken_if_and_only_if_the_order_is_kept(
    data: st.DataObject, traffic: Traffic, block: int
) -> None:
    time = np.array(data.draw(st.permutations(traffic.request_time.tolist())), np.int64)
    changed = attrs.evolve(traffic, request_time=time)
    assert accepted(changed, block) == in_order(changed)


def test_memory_does_not_grow_with_the_traffic() -> None:
    count = 4_000_000
    large = Traffic(
        page_offset=np.arange(0, count + 1, 100),
        request_offset=np.arange(0, count + 1),
        has_document=np.ones(count, np.bool_),
        request_time=np.arange(count),
        start=0,
        end=count,
        label="large",
    )
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    check_order(large)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak - before < 4_000_000, "a byte for each request would be as much"


def test_wherever_traffic_is_handed_in_it_is_looked_at() -> None:
    workload = turnout.load_manifest(KIADA)
    wrong = attrs.evolve(TWO, request_time=TWO.request_time[::-1])
    for use in (
        lambda: turnout.compare(workload, wrong, rollouts=1),
        lambda: turnout.simulate(workload, "rolling", traffic=wrong),
        lambda: turnout.sweep(workload, wrong, ["rolling:max_surge=1|2"], rollouts=1),
        lambda: turnout.scale_traffic(wrong, 2.0, 0),
        lambda: turnout.estimate(workload, wrong),
    ):
        with pytest.raises(InputError, match="request_time falls from request 1 to 2"):
            use()


@given(traffics())
def test_all_other_traffic_is_taken(traffic: Traffic) -> None:
    check_order(traffic)


@given(st.integers(0, 3), st.integers(1, 5))
def test_made_up_traffic_is_in_order(seed: int, rate: int) -> None:
    check_order(turnout.Synthetic(sessions_per_minute=float(rate)).load(seed))

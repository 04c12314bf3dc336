"""The routing algebra is data: what it refuses, and what it takes as the same."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnout.errors import InputError
from turnout.routing import Split, Spread, Sticky
from turnout.units import Duration

NAMES = st.text("abc", min_size=1, max_size=3)
WEIGHTS = st.integers(0, 1000) | st.floats(0, 1e9, allow_subnormal=False)


@given(st.dictionaries(NAMES, WEIGHTS, min_size=1).filter(lambda weights: sum(weights.values()) > 0))
def test_shares_are_the_weights_over_their_sum(weights: dict[str, float]) -> None:
    split = Split(weights)
    total = sum(Fraction(weight) for weight in weights.values())
    assert list(split.shares) == sorted(name for name, weight in weights.items() if weight > 0)
    for name, share in split.shares.items():
        assert share == pytest.approx(float(Fraction(weights[name]) / total), rel=1e-9)
    assert sum(split.shares.values()) == pytest.approx(1)


@given(st.dictionaries(NAMES, st.integers(1, 9), min_size=1), st.randoms())
def test_a_split_is_the_same_in_whatever_order_it_is_given(weights: dict[str, int], random: Any) -> None:
    pairs = list(weights.items())
    random.shuffle(pairs)
    assert Split(pairs) == Split(weights)
    assert hash(Split(pairs)) == hash(Split(weights))
    assert Split(Split(weights).weights) == Split(weights)


@pytest.mark.parametrize(
    "weights",
    [
        {},
        {"a": 0},
        {"a": 0, "b": 0.0},
        {"a": -1, "b": 2},
        {"a": float("nan")},
        {"a": float("inf")},
        {"a": 1.7e308, "b": 1.7e308},
        {"a": 1.0, "b": 10**400},
        {"a": 10**308, "b": 10**308, "c": 1.0},
        {"a": 1, "b": 10**5000},
        [("a", 1), ("a", 2)],
        {"a": True},
        {"a": "1"},
        {"a": None},
        {1: 1},
        ["a"],
        "a",
        None,
        3,
    ],
)
def test_weights_that_mean_nothing_are_refused(weights: Any) -> None:
    with pytest.raises(InputError) as refusal:
        Split(weights)
    assert re.match(r"Split\.weights: .*; give a mapping of names to weights", str(refusal.value))


@pytest.mark.parametrize(
    "fields",
    [
        {"to": "node"},
        {"to": 1},
        {"unit": "request"},
        {"orphans": "drop"},
        {"new": Sticky()},
        {"new": None},
        {"idle_timeout": "30m"},
        {"idle_timeout": -1},
        {"released": [1]},
        {"released": 1},
    ],
)
def test_sticky_takes_nothing_else(fields: dict[str, Any]) -> None:
    (field,) = fields
    with pytest.raises(InputError, match=rf"Sticky\.{field}: it cannot be .*; it takes "):
        Sticky(**fields)


def test_a_page_has_no_idle_timeout() -> None:
    """Nothing would heed it: assets follow their document however late they come."""
    with pytest.raises(InputError, match=r"Sticky\.idle_timeout: .*; leave it out with unit='page'"):
        Sticky(unit="page", idle_timeout=Duration(5))
    assert Sticky(unit="page").idle_timeout is None
    assert Sticky(unit="session", idle_timeout=Duration(5)).idle_timeout == 5
    with pytest.raises(InputError):
        attrs.evolve(Sticky(idle_timeout=Duration(5)), unit="page")


def test_releasing_is_a_set_of_names() -> None:
    assert Sticky(released=("b", "a", "b")) == Sticky(released=["a", "b"])
    assert Sticky(released=("a",)) != Sticky()


@pytest.mark.parametrize("routing", [Spread(), Split({"a": 1}), Sticky()])
def test_a_routing_is_a_value(routing: Any) -> None:
    assert routing == attrs.evolve(routing)
    assert len({routing, attrs.evolve(routing)}) == 1
    for field in attrs.fields(type(routing)):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(routing, field.name, None)

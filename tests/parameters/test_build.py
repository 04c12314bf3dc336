"""Whatever a user gives is either read exactly or refused in one line."""

from __future__ import annotations

import json
from typing import Any, ClassVar, get_type_hints

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.parameters.samples import Every, Limited, everything, refusal, texts
from turnout.errors import InputError
from turnout.parameters import ValueType, build, describe, to_dict
from turnout.units import seconds


@given(everything)
def test_json_reads_back(instance: Every) -> None:
    through = json.loads(json.dumps(to_dict(instance), allow_nan=False))
    assert set(through) == {field.name for field in attrs.fields(Every)}
    assert build(Every, through) == instance


@given(st.sampled_from([field.name for field in attrs.fields(Every)]), st.text() | texts)
def test_any_text_is_read_or_refused(name: str, text: str) -> None:
    line = refusal(lambda: build(Every, {name: text}))
    if line is None:
        assert ValueType.of(get_type_hints(Every)[name]).holds(getattr(build(Every, {name: text}), name))
    else:
        assert line.startswith(f"every: parameter {name} cannot be ")
        assert len(line.splitlines()) == 1


anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.dictionaries(
        st.sampled_from([field.name for field in attrs.fields(Every)]) | st.text(max_size=5), anything
    )
)
def test_any_value_is_read_or_refused(parameters: dict[str, Any]) -> None:
    try:
        instance = build(Every, parameters)
    except InputError:
        return
    for parameter in describe(Every):
        assert parameter.type.holds(getattr(instance, parameter.field))


@pytest.mark.parametrize(
    "hostile", ["9" * 5000, "9" * 5000 + "%", "1e" + "9" * 50, "-0", "²", "1_000", "nan", "inf", "0x1"]
)
@pytest.mark.parametrize("name", ["count", "share", "wait", "amount", "maybe_count"])
def test_hostile_numbers(name: str, hostile: str) -> None:
    line = refusal(lambda: build(Every, {name: hostile}))
    if line is None:
        assert hostile == "-0"
        assert getattr(build(Every, {name: hostile}), name) == 0
    else:
        assert len(line) < 300


class Unspeakable:
    def __repr__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"coutn": 1}, "every: there is no parameter 'coutn'; did you mean 'count'?"),
        ({"count": "many"}, "every: parameter count cannot be 'many'; it takes a whole number such as 3"),
        ({"count": True}, "every: parameter count cannot be True"),
        ({"count": 1.5}, "every: parameter count cannot be 1.5"),
        ({"on": "yes"}, "every: parameter on cannot be 'yes'; it takes true or false"),
        ({"on": 1}, "every: parameter on cannot be 1"),
        ({"label": 1}, "every: parameter label cannot be 1; it takes text"),
        ({"mode": "fats"}, "every: parameter mode cannot be 'fats'; it takes one of fast, slow, 7, true"),
        ({"mode": 1}, "every: parameter mode cannot be 1"),
        ({"maybe_mode": "c"}, "it takes one of a, b, or none"),
        ({"wait": "-5"}, "every: parameter wait cannot be '-5'; it takes a duration such as"),
        ({"wait": True}, "every: parameter wait cannot be True"),
        ({"wait": None}, "every: parameter wait cannot be None"),
        (
            {"wait": "500us"},
            "every: parameter wait cannot be '500us'; it takes 0s, or a duration of at least 1ms",
        ),
        (
            {"maybe_wait": 0.0005},
            "parameter maybe_wait cannot be 0.0005; it takes 0s, or a duration of at least 1ms, or none",
        ),
        ({"amount": "12.5%"}, "it takes a whole number or percentage such as 3 or 25%"),
        ({"amount": Unspeakable()}, "every: parameter amount cannot be a Unspeakable"),
    ],
)
def test_refused_values(parameters: dict[str, object], complaint: str) -> None:
    with pytest.raises(InputError) as caught:
        build(Every, parameters)
    assert complaint in str(caught.value)


def test_where_comes_first() -> None:
    with pytest.raises(InputError, match=r"x\.yaml:7: every: parameter count cannot be 'x'") as caught:
        build(Every, {"count": "x"}, where="x.yaml:7")
    assert str(caught.value).startswith("x.yaml:7: every: ")


def test_plain_numbers_for_durations_are_seconds() -> None:
    assert build(Every, {"wait": 5, "maybe_wait": 1.5}) == Every(wait=seconds(5), maybe_wait=seconds(1.5))


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({}, "limited: parameter needed is missing; it takes a whole number such as 3"),
        ({"needed": 1, "low": 0}, "parameter low cannot be 0; it takes a whole number, at least 1"),
        ({"needed": 1, "open_low": "0"}, "it takes a number, more than 0"),
        ({"needed": 1, "both": "11"}, "it takes a whole number, at least 2, at most 10"),
        ({"needed": 1, "both": 1}, "it takes a whole number, at least 2, at most 10"),
        ({"needed": 1, "nested": 1}, "it takes a number, at least 0, less than 1, or none"),
        ({"needed": 1, "wait": "61s"}, "parameter wait cannot be '61s'; it takes a duration, at most 1m"),
        ({"needed": 1, "size": 3}, "it takes a whole number, one of 2, 4, 8"),
        ({"needed": 1, "derived": 3}, "there is no parameter 'derived'"),
        ({"needed": 1, "_hidden": 3}, "did you mean 'hidden'?"),
    ],
)
def test_limits_and_requirements(parameters: dict[str, object], complaint: str) -> None:
    with pytest.raises(InputError) as caught:
        build(Limited, parameters)
    assert complaint in str(caught.value)


@attrs.frozen(kw_only=True)
class Fussy:
    name: ClassVar[str] = "fussy"
    low: int = 0
    high: int = attrs.field(default=9)
    how: str = "input"

    @high.validator
    def _check(self, attribute: object, value: int) -> None:
        del attribute
        if value > 100:
            raise ValueError

    def __attrs_post_init__(self) -> None:
        if self.low > self.high:
            if self.how == "value":
                raise ValueError("low is above high")
            if self.how == "other":
                raise ZeroDivisionError
            raise InputError("low is above high", where="low", hint="swap them")


@pytest.mark.parametrize(
    ("parameters", "line"),
    [
        ({"low": 10}, "fussy: low: low is above high; swap them"),
        ({"low": 10, "how": "value"}, "fussy: low is above high"),
        ({"low": 10, "how": "other"}, "fussy: ZeroDivisionError"),
        ({"high": 101}, "fussy: ValueError"),
    ],
)
def test_a_class_that_refuses(parameters: dict[str, object], line: str) -> None:
    with pytest.raises(InputError) as caught:
        build(Fussy, parameters)
    assert str(caught.value) == line


@pytest.mark.parametrize("name", ["count", "share", "wait", "amount"])
def test_numbers_beyond_all_bounds(name: str) -> None:
    line = refusal(lambda: build(Every, {name: 10**5000}))
    assert (line is None) == (name == "count")
    assert line is None or line.startswith(f"every: parameter {name} cannot be ")

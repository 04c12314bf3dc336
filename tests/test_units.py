"""Durations and amounts: read as written, written as read, refused in one line."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnout.errors import InputError
from turnout.units import SECOND, IntOrPercent, format_duration, parse_duration, seconds

if TYPE_CHECKING:
    from decimal import Decimal

HUNDRED_YEARS = 100 * 365 * 86_400 * SECOND
LENGTHS = st.one_of(
    st.integers(0, HUNDRED_YEARS),
    st.integers(0, 10**8),
    st.builds(
        lambda count, unit, off: max(0, count * unit + off),
        st.integers(0, 1000),
        st.sampled_from([1, 1000, SECOND, 60 * SECOND, 3600 * SECOND, 86_400 * SECOND]),
        st.integers(-2, 2),
    ),
)
UNITS = {"us": 1, "ms": 1000, "s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND, "d": 86_400 * SECOND}


@given(LENGTHS)
def test_a_duration_is_read_as_it_was_written(length: int) -> None:
    text = format_duration(length)
    assert parse_duration(text) == length
    assert text == "".join(text.split())


@given(LENGTHS, LENGTHS)
def test_two_durations_are_written_differently(one: int, other: int) -> None:
    assert (format_duration(one) == format_duration(other)) == (one == other)
    assert format_duration(-one) == ("-" if one else "") + format_duration(one)


@given(st.lists(st.tuples(st.decimals(0, 1000, places=3), st.sampled_from(sorted(UNITS))), min_size=1))
def test_parts_add_up(parts: list[tuple[Decimal, str]]) -> None:
    text = " ".join(f"{number:f}{unit}" for number, unit in parts)
    exact = sum(Fraction(number) * UNITS[unit] for number, unit in parts)
    if exact > HUNDRED_YEARS:
        with pytest.raises(InputError):
            parse_duration(text)
    else:
        assert parse_duration(text) == floor(exact)


@given(st.integers(0, 10**6), st.sampled_from(["", "{}.0", "{}.000"]))
def test_a_plain_number_is_seconds(number: int, form: str) -> None:
    for written in (number, str(number), form.format(number) if form else float(number)):
        assert parse_duration(written) == seconds(number) == number * SECOND


@pytest.mark.parametrize(
    ("length", "text"),
    [(0, "0s"), (1, "0.000001s"), (250_000, "0.25s"), (5_400 * SECOND, "1h30m"), (86_461 * SECOND, "1d1m1s")],
)
def test_durations_are_short(length: int, text: str) -> None:
    assert format_duration(length) == text


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "s",
            "5x",
            "-5s",
            "1h-5m",
            "5 m x",
            "1e5",
            "1.s",
            ".5s",
            "½h",
            "٣s",
            "inf",
            "nan",
            "5S",
            "1,5s",
        ),
        *("36501d", "9" * 13, "9" * 5000 + "s", 1e300, float("nan"), None, True, b"5s", [5]),
    ],
)
def test_what_is_no_duration_is_refused_in_one_line(text: Any) -> None:
    with pytest.raises(InputError) as caught:
        parse_duration(text)
    assert caught.value.hint
    assert "\n" not in str(caught.value)


@given(st.text(max_size=12) | st.text("0123456789.smhdu ", max_size=12))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        length = parse_duration(text)
    except InputError:
        return
    assert 0 <= length <= HUNDRED_YEARS
    assert parse_duration(format_duration(length)) == length


AMOUNTS = st.builds(IntOrPercent, st.integers(0, 10**9 - 1), st.booleans())


@given(AMOUNTS)
def test_an_amount_is_read_as_it_was_written(amount: IntOrPercent) -> None:
    assert IntOrPercent.parse(str(amount)) == amount
    assert IntOrPercent.parse(f" {amount} ") == amount
    assert IntOrPercent.parse(amount) is amount
    if not amount.percent:
        assert IntOrPercent.parse(amount.value) == amount


@given(st.integers(0, 400), st.integers(0, 10_000))
def test_percentages_are_rounded_like_kubernetes_does(percent: int, replicas: int) -> None:
    amount, exact = IntOrPercent(percent, percent=True), Fraction(percent * replicas, 100)
    assert amount.round_up(replicas) == ceil(exact)
    assert amount.round_down(replicas) == floor(exact)
    assert IntOrPercent(percent).round_up(replicas) == IntOrPercent(percent).round_down(replicas) == percent


@pytest.mark.parametrize(
    "text",
    [
        -1,
        "-1",
        "+1",
        "12.5%",
        1.5,
        "1.0",
        "%",
        "5%%",
        "5 %",
        "",
        True,
        False,
        None,
        "٣",
        "²",
        "1_000",
        "9" * 5000,
    ],
)
def test_what_is_no_amount_is_refused_in_one_line(text: Any) -> None:
    with pytest.raises(InputError) as caught:
        IntOrPercent.parse(text)
    assert caught.value.hint

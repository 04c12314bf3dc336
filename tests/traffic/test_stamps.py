"""Stamps: every way of writing a time gives the same moment, and days that do not exist give none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.traffic.formats import Entry
from turnout.traffic.stamps import parse_stamp


@given(st.integers(-(10**15), 4 * 10**15), st.integers(-23 * 60 - 59, 23 * 60 + 59))
def test_all_forms_agree(time: int, zone: int) -> None:
    entry = Entry(client="a", time=time, zone=zone)
    second = time // 1_000_000 * 1_000_000
    assert parse_stamp(entry.common_time.encode()) == (second, True)
    iso = entry.local.isoformat(timespec="seconds").encode()
    assert parse_stamp(iso) == (second, True)
    assert parse_stamp(iso.replace(b"T", b" ")) == (second, True)
    assert parse_stamp(entry.local.isoformat(timespec="microseconds").encode()) == (time, False)
    utc = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time)).isoformat(timespec="microseconds")
    assert parse_stamp(utc.replace("+00:00", "Z").encode()) == (time, False)
    assert parse_stamp(utc.removesuffix("+00:00").encode()) == (time, False)


@given(st.integers(10**9, 9 * 10**9), st.integers(0, 999_999))
def test_numbers_by_their_size(second: int, micro: int) -> None:
    time = second * 1_000_000 + micro
    assert parse_stamp(f"{second}.{micro:06}".encode()) == (time, False)
    assert parse_stamp(f"{second}".encode()) == (second * 1_000_000, True)
    assert parse_stamp(f"{time}".encode()) == (time, False)
    assert parse_stamp(f"{time // 1_000}".encode()) == (time // 1_000 * 1_000, False)
    assert parse_stamp(f"{time * 1_000 + 7}".encode()) == (time, False)


@given(st.binary(max_size=40) | st.text("0123456789-/:.,TZ+ JanFeb", max_size=40).map(str.encode))
def test_nothing_makes_it_fail(text: bytes) -> None:
    stamp = parse_stamp(text)
    assert stamp is None or abs(stamp[0]) < 2**62


@pytest.mark.parametrize(
    "text",
    [
        b"30/Feb/2024:10:00:00 +0000",
        b"29/Feb/2023:10:00:00 +0000",
        b"00/Jan/2024:10:00:00 +0000",
        b"01/Foo/2024:10:00:00 +0000",
        b"01/Jan/0000:10:00:00 +0000",
        b"01/Jan/2024:24:00:00 +0000",
        b"01/Jan/2024:10:60:00 +0000",
        b"01/Jan/2024:10:00:61 +0000",
        b"01/Jan/2024:10:00:00 +2400",
        b"01/Jan/2024:10:00:00 +0060",
        b"01/Jan/0001:00:00:00 +0100",
        b"31/Dec/9999:23:59:59 -0100",
        b"2024-13-01T00:00:00Z",
        b"999999999999999999999",
        b"-1",
        b"1e9",
        b"",
        b"-",
    ],
)
def test_what_does_not_exist(text: bytes) -> None:
    assert parse_stamp(text) is None


def test_known_moments() -> None:
    assert parse_stamp(b"01/Aug/1995:02:00:00 -0400") == (807_256_800_000_000, True)
    assert parse_stamp(b"31/Dec/2016:23:59:60 +0000") == parse_stamp(b"01/Jan/2017:00:00:00 +0000")
    assert parse_stamp(b"1/Jan/1970:05:30:00 +0530") == (0, True)
    assert parse_stamp(b"2024/05/06 07:08:09.25") == parse_stamp(b"2024-05-06T07:08:09,25Z")

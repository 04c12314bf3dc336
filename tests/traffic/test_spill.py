"""Rows put aside and read again: all of them, in the order in which they came."""

from __future__ import annotations

import tracemalloc
from contextlib import ExitStack
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from turnout.traffic.mapped import bytes_of, give_back, pieces
from turnout.traffic.spill import Column, Spill, groups

_ROW = np.dtype([("bucket", np.uint8), ("number", np.int64)])
_BUCKETS = 5


@given(st.lists(st.lists(st.integers(0, _BUCKETS - 1), max_size=8), max_size=8), st.integers(1, 300))
def test_buckets_hold_what_was_added(parts: list[list[int]], in_memory: int) -> None:
    files = ExitStack()
    added: list[tuple[int, int]] = []
    spill = Spill(files, _ROW, _BUCKETS, in_memory)
    for part in parts:
        rows = np.array([(bucket, len(added) + place) for place, bucket in enumerate(part)], _ROW)
        added += rows.tolist()
        spill.add(np.array(part, np.int64), rows)
    assert spill.totals().tolist() == [sum(row[0] == bucket for row in added) for bucket in range(_BUCKETS)]
    for bucket in range(_BUCKETS):
        assert spill.read(bucket, bucket + 1).tolist() == [row for row in added if row[0] == bucket]
    assert sorted(spill.read(1, 4).tolist()) == sorted(row for row in added if 1 <= row[0] < 4)
    spill.clear()
    assert not spill.totals().any()
    files.close()


def held(rows: int) -> int:
    """The bytes that a spill with many buckets holds on to."""
    files, part = ExitStack(), np.zeros(10_000, _ROW)
    spill = Spill(files, _ROW, 4096, in_memory=100_000)
    tracemalloc.start()
    try:
        for _ in range(0, rows, len(part)):
            spill.add(np.arange(len(part)) % 4096, part)
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
        files.close()


def test_what_is_put_aside_takes_no_memory() -> None:
    assert held(1_000_000) < held(100_000) + 10_000, "an offset for each bucket would take thirty megabytes"


@given(st.lists(st.lists(st.integers(-(2**60), 2**60), max_size=8), max_size=8), st.integers(1, 200))
def test_a_column_is_its_parts(parts: list[list[int]], in_memory: int) -> None:
    with ExitStack() as files:
        column = Column(files, np.dtype(np.int64), in_memory)
        for part in parts:
            column.add(np.array(part, np.int64))
        array = column.array()
    expected = [number for part in parts for number in part]
    assert array.tolist() == expected
    mapped = len(expected) * 8 >= in_memory
    assert array.flags.writeable != mapped or not expected
    give_back(array)  # and it is still there
    assert b"".join(pieces(array)) == bytes_of(np.array(expected, np.int64))
    assert array.tolist() == expected


@given(st.lists(st.integers(0, 9), max_size=20), st.integers(1, 15))
def test_groups_are_as_large_as_they_may_be(totals: list[int], most: int) -> None:
    found = groups(np.array(totals, np.int64), most)
    assert sum(sum(totals[low:high]) for low, high in found) == sum(totals)
    assert all(before[1] == after[0] for before, after in pairwise(found))
    for place, (low, high) in enumerate(found):
        rows = [each for each in totals[low:high] if each]
        assert rows
        assert sum(rows) <= most or len(rows) == 1
        if place + 1 < len(found):
            assert sum(rows) + totals[found[place + 1][0]] > most

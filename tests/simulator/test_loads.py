"""Crowded seconds: what is remembered of them does not grow with the requests."""

from __future__ import annotations

import tracemalloc
from unittest.mock import patch

import numpy as np

from turnout.simulator.loads import Crowd
from turnout.units import SECOND

CAPACITY = 50
PER_SECOND = 4 * CAPACITY
SECONDS = 20
"""In a block."""


def crowded(blocks: int) -> tuple[int, int]:
    """Overload one replica throughout: the peak of memory, and how many requests come too late."""
    random = np.random.default_rng(7)
    times = [
        np.sort(random.integers(begin * SECOND, (begin + SECONDS) * SECOND, SECONDS * PER_SECOND))
        for begin in range(0, blocks * SECONDS, SECONDS)
    ]
    seconds = [time // SECOND for time in times]
    tracemalloc.start()
    try:
        crowd = Crowd(np.arange(blocks * SECONDS), CAPACITY)
        for cell, time in zip(seconds, times, strict=True):
            crowd.meet(cell, time, int(cell[0]))
        crowd.again()
        peak = tracemalloc.get_traced_memory()[1]
        late = sum(len(crowd.overloaded(*each)) for each in zip(seconds, times, strict=True))
    finally:
        tracemalloc.stop()
    return peak, late


def test_what_is_remembered_of_crowded_seconds_does_not_grow_with_the_requests_in_them() -> None:
    with patch("turnout.simulator.loads.KEPT", 1000):
        few, many = crowded(10), crowded(100)
    assert many[0] < 2 * few[0]
    for blocks, (_, late) in ((10, few), (100, many)):
        assert late == blocks * SECONDS * (PER_SECOND - CAPACITY), "a random second has more than it serves"

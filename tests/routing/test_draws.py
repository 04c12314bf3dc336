"""Draws: bijective where they must be, even where they must be, the same for arrays and numbers, whoever asks."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnout.routing import Split
from turnout.routing.draws import (
    DRAWS,
    draws,
    error_draw,
    mix32,
    pick,
    pin_draw,
    slot_draw,
    stream,
    thresholds,
    uniform,
)

DRAW = st.integers(0, DRAWS - 1)
SEED = st.integers(-(2**70), 2**70)
STREAM = st.integers(0, 2**64 - 1)


def unmix32(value: int) -> int:
    """Undo the three xor-shifts and the two multiplications by odd numbers, the last one first."""
    value ^= value >> 16
    value = value * pow(0xC2B2_AE35, -1, DRAWS) % DRAWS
    value ^= (value >> 13) ^ (value >> 26)
    value = value * pow(0x85EB_CA6B, -1, DRAWS) % DRAWS
    return value ^ (value >> 16)


@given(DRAW)
def test_mixing_can_be_undone(draw: int) -> None:
    assert 0 <= mix32(draw) < DRAWS
    assert unmix32(mix32(draw)) == draw


def test_mixing_gives_a_sample_as_many_values() -> None:
    sample = np.arange(1 << 16, dtype=np.uint64)
    assert len(np.unique(mix32(sample))) == len(sample)  # type: ignore[arg-type]  # of arrays alike


@given(st.lists(DRAW, min_size=1, max_size=20), st.integers(0, 100), st.integers(1, 5000))
def test_arrays_and_numbers_agree(sample: list[int], attempt: int, count: int) -> None:
    array: Any = np.array(sample, np.uint64)
    derived: list[tuple[Any, Any]] = [
        (mix32(array), [mix32(each) for each in sample]),
        (slot_draw(array), [slot_draw(each) for each in sample]),
        (error_draw(array), [error_draw(each) for each in sample]),
        (pin_draw(array, np.uint64(attempt)), [pin_draw(each, attempt) for each in sample]),  # type: ignore[arg-type]
        (pick(array, np.uint64(count)), [pick(each, count) for each in sample]),  # type: ignore[arg-type]
    ]
    for fast, plain in derived:
        assert fast.tolist() == plain


@given(DRAW, st.integers(0, 10_000), st.integers(0, 10_000))
def test_each_attempt_draws_another_pin(draw: int, one: int, other: int) -> None:
    assert (pin_draw(draw, one) == pin_draw(draw, other)) == (one == other)


@given(st.integers(1, 100_000), st.data())
def test_pick_cuts_the_draws_into_even_stretches(count: int, data: st.DataObject) -> None:
    chosen = data.draw(st.integers(0, count - 1))
    first, after = -(-chosen * DRAWS // count), -(-(chosen + 1) * DRAWS // count)
    assert pick(first, count) == pick(after - 1, count) == chosen
    assert first == 0 or pick(first - 1, count) == chosen - 1
    assert after - first in (DRAWS // count, DRAWS // count + 1)


@given(st.dictionaries(st.sampled_from("abcd"), st.integers(0, 1000), min_size=1))
def test_thresholds_share_out_the_draws_by_weight(weights: dict[str, int]) -> None:
    if not any(weights.values()):
        weights = {**weights, "a": 1}
    total, begin = sum(weights.values()), 0
    ends = thresholds(Split(weights))
    assert [name for name, _ in ends] == sorted(name for name in weights if weights[name])
    for name, end in ends:
        assert abs(Fraction(end - begin, DRAWS) - Fraction(weights[name], total)) <= Fraction(2, DRAWS)
        begin = end
    assert begin == DRAWS


@given(STREAM, st.integers(0, 2**50), st.integers(0, 30), st.data())
def test_a_draw_depends_on_its_stream_and_index_alone(
    own: int, first: int, count: int, data: st.DataObject
) -> None:
    drawn = draws(own, first, count)
    assert drawn.shape == (count,)
    assert drawn.dtype == np.uint32
    skipped = data.draw(st.integers(0, count))
    length = data.draw(st.integers(0, count - skipped))
    some = draws(own, first + skipped, length)
    assert some.tolist() == drawn[skipped : skipped + length].tolist()


def test_the_draws_of_a_stream_are_the_same_everywhere() -> None:
    """On every machine and with every NumPy: a stored story means what it has always meant."""
    assert draws(stream(1), 0, 4).tolist() == [3239355747, 652147063, 1305918866, 3903363637]


def spread_of(sample: Any, buckets: int) -> float:
    """How far a sample is from even, in standard deviations of the chi-squared statistic."""
    found = np.bincount((sample.astype(np.uint64) * np.uint64(buckets) >> np.uint64(32)).astype(int))
    even = len(sample) / buckets
    assert len(found) == buckets
    return float((((found - even) ** 2 / even).sum() - (buckets - 1)) / np.sqrt(2 * (buckets - 1)))


@pytest.mark.parametrize("seed", [0, 1, 2**64 - 1])
def test_draws_are_even_and_so_is_what_is_derived_from_them(seed: int) -> None:
    sample: Any = draws(stream(seed), 0, 100_000).astype(np.uint64)
    low = sample[sample < DRAWS // 10]
    fifth: Any = np.uint64(5)
    for each in (
        sample,
        slot_draw(low),
        error_draw(low),
        pin_draw(sample, fifth),
        sample ^ slot_draw(sample),
    ):
        assert abs(spread_of(each, 50)) < 5


def test_neighbours_draw_independently() -> None:
    sample: Any = [draws(stream(seed), 0, 20_000).astype(np.uint64) for seed in (7, 8)]
    pairs = [(sample[0], sample[1]), (sample[0][1:], sample[0][:-1]), (pin_draw(sample[0], 1), sample[0])]
    for one, other in pairs:
        first, second = (np.asarray(each, float) / DRAWS - 0.5 for each in (one, other))
        correlation = float((first * second).mean() * 12)
        assert abs(correlation) < 5 / np.sqrt(len(first))


@given(SEED, st.lists(st.integers(-(2**70), 2**70), min_size=1, max_size=4))
def test_uniform_draws_a_number_below_one_for_its_keys(seed: int, keys: list[int]) -> None:
    assert 0 <= uniform(seed, *keys) < 1
    assert uniform(seed, *keys) == uniform(seed, *keys)


KEYS = st.lists(st.integers(-(2**70), 2**70), max_size=4)


@given(SEED, KEYS, SEED, KEYS)
def test_no_two_seeds_share_a_stream_with_their_keys(
    one: int, keys: list[int], other: int, others: list[int]
) -> None:
    assert (stream(one, *keys) == stream(other, *others)) == ((one, keys) == (other, others))


@given(SEED, st.integers(0, 100), st.integers(0, 100), st.lists(st.integers(0, 100), max_size=2))
def test_no_arithmetic_between_seed_and_purpose_leads_to_another_stream(
    seed: int, purpose: int, other: int, keys: list[int]
) -> None:
    """What has gone wrong: `seed ^ purpose` is the same for another pair, and 2**64 was the same seed as 0."""
    drawn = uniform(seed, purpose, *keys)
    if purpose != other:
        assert uniform(seed ^ purpose ^ other, other, *keys) != drawn
        assert uniform(seed + purpose - other, other, *keys) != drawn
    for far in (2**32, 2**64):
        assert uniform(seed + far, purpose, *keys) != drawn
    assert uniform(seed, purpose, *keys, 0) != drawn


def test_zeros_draw_like_all_others() -> None:
    assert len({uniform(*[0] * length) for length in range(1, 20)} | {0.0}) == 20


def test_uniform_is_even_over_each_key() -> None:
    for sample in (
        [uniform(3, 1, each) for each in range(5000)],
        [uniform(3, each, 1) for each in range(5000)],
        [uniform(each, 1, 1) for each in range(5000)],
    ):
        assert len(set(sample)) == len(sample)
        assert abs(spread_of(np.array(sample) * DRAWS, 20)) < 5

"""A stream of random numbers for each seed and purpose, and no two of them the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from turnout.traffic.randomness import generator

SEEDS = st.integers(-(2**70), 2**70)
PURPOSES = st.integers(0, 2**33)


@given(SEEDS, PURPOSES, SEEDS, PURPOSES)
def test_no_two_pairs_share_their_numbers(one: int, purpose: int, other: int, another: int) -> None:
    same = generator(one, purpose).integers(2**62) == generator(other, another).integers(2**62)
    assert same == ((one, purpose) == (other, another))


@given(SEEDS, st.integers(0, 2**32 - 1))
def test_a_seed_written_in_two_words_is_no_seed_with_a_purpose(seed: int, purpose: int) -> None:
    """What has gone wrong: the words of a long seed stood where a short seed's purpose stands."""
    short = seed % 2**32
    drawn = generator(short, purpose).integers(2**62)
    assert purpose == 0 or drawn != generator(short + (purpose << 32), 0).integers(2**62)
    assert drawn != generator(short + 2**64, purpose).integers(2**62)

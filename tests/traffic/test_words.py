"""Many places of a text at once: as if they were looked at one after the other."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from turnout.traffic.words import HIGH, LOW, Text, begins_with, find_first, keep_first, keys, keys_of, word

_SEMICOLONS = np.uint64(ord(";")) * LOW


def _semicolons(
    words: np.ndarray[tuple[int, ...], np.dtype[np.uint64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint64]]:
    other = words ^ _SEMICOLONS
    marked: np.ndarray[tuple[int, ...], np.dtype[np.uint64]] = (other - LOW) & ~other & HIGH
    return marked


@st.composite
def _stretches(draw: st.DrawFn) -> tuple[bytes, list[tuple[int, int]]]:
    text = draw(st.text(";:<ab\x00\x7f", max_size=80)).encode() + draw(st.binary(max_size=40))
    places = st.integers(0, len(text))
    return text, draw(st.lists(st.tuples(places, places), min_size=1, max_size=30))


@given(_stretches())
def test_the_first_of_a_kind(case: tuple[bytes, list[tuple[int, int]]]) -> None:
    text, stretches = case
    begin, end = np.array(stretches, np.int64).T
    found = find_first(Text.of(text), begin, end, _semicolons).tolist()
    for place, (first, last) in zip(found, stretches, strict=True):
        at = text.find(b";", first, last)
        assert place == (last if at < 0 else at)


@given(_stretches())
def test_the_same_bytes_have_the_same_key_and_no_others(case: tuple[bytes, list[tuple[int, int]]]) -> None:
    text, stretches = case
    pairs = [(first, max(0, last - first)) for first, last in stretches]
    begin, length = np.array(pairs, np.int64).T
    found = keys(Text.of(text), begin, length).tolist()
    parts = [text[first : first + size] for first, size in pairs]
    assert found == keys_of(parts).tolist()
    assert len(set(found)) == len(set(parts))


@given(st.lists(st.binary(max_size=20), unique=True, min_size=2, max_size=50))
def test_every_bit_of_a_key_is_used(texts: list[bytes]) -> None:
    found = keys_of([text * count for text in texts for count in (1, 2, 3)])
    if len(found) > 60:
        assert 0.3 < np.mean((found >> np.uint64(63)).astype(int)) < 0.7


@given(st.binary(min_size=8, max_size=8), st.binary(max_size=8), st.integers(0, 8))
def test_words(text: bytes, begin: bytes, count: int) -> None:
    words = np.array([word(text)])
    assert begins_with(words, begin).tolist() == [text.startswith(begin)]
    assert keep_first(words, count).tolist() == [word(text[:count])]

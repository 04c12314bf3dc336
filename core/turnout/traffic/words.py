"""Bytes at many places of a text at once: eight at a time, as numbers, so that NumPy can compare and hash them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = [
    "HIGH",
    "LOW",
    "Text",
    "begins_with",
    "find_first",
    "keep_first",
    "keys",
    "keys_of",
    "pair_keys",
    "word",
]

LOW = np.uint64(0x0101_0101_0101_0101)
"""The lowest bit of each byte of a word."""

HIGH = np.uint64(0x8080_8080_8080_8080)
"""The highest."""

_WORD = 8
_PADDING = 32
_FEW = 8
_FIRST = np.array([(1 << 8 * count) - 1 for count in range(_WORD + 1)], np.uint64)
# Odd numbers without a pattern.
_MIX, _FINISH, _LENGTH = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F))
_HALF = np.uint64(32)


@attrs.frozen(eq=False)
class Text:
    """A text, and the words that begin at each of its places.

    Attributes:
        raw: The text.
        data: Shape (N + 32,), uint8: the text, and zeros behind it.
        words: Shape (N + 24,), uint64: the eight bytes from each place on, the first one lowest.
    """

    raw: bytes
    data: NDArray[np.uint8]
    words: NDArray[np.uint64]

    @classmethod
    def of(cls, text: bytes) -> Text:
        """Take a text."""
        data = np.frombuffer(text + bytes(_PADDING), np.uint8)
        return cls(text, data, np.ndarray((len(data) - _WORD,), "<u8", data, 0, (1,)))


def word(text: bytes) -> np.uint64:
    """Return up to eight bytes as the number that `Text.words` has for them."""
    return np.uint64(int.from_bytes(text, "little"))


def keep_first(words: NDArray[np.uint64], count: int | NDArray[np.int64]) -> NDArray[np.uint64]:
    """Keep the first bytes of words, from 0 to 8 of them, and make the others 0."""
    kept: NDArray[np.uint64] = words & _FIRST[count]
    return kept


def begins_with(words: NDArray[np.uint64], text: bytes) -> NDArray[np.bool_]:
    """Whether words begin with these bytes, at most eight."""
    begins: NDArray[np.bool_] = keep_first(words, len(text)) == word(text)
    return begins


def find_first(
    text: Text,
    begin: NDArray[np.int64],
    end: NDArray[np.int64],
    marks: Callable[[NDArray[np.uint64]], NDArray[np.uint64]],
) -> NDArray[np.int64]:
    """Find the first byte of a kind in each of many stretches of a text.

    Args:
        text: The text.
        begin: Shape (N,), where each stretch begins.
        end: Shape (N,), where it ends; before its beginning for none.
        marks: Says of words which of their bytes are of that kind: the lowest bit that it sets, if any, lies in the
            first of them.

    Returns:
        Shape (N,): the place of the first one, or `end` where there is none.
    """
    found = end.copy()
    left = np.flatnonzero(begin < end)
    at, last = begin[left], end[left]
    while len(left) > _FEW:
        marked = marks(text.words[at])
        hit = marked != 0
        found[left[hit]] = at[hit] + _first_byte(marked[hit])
        at += _WORD
        on = ~hit & (at < last)
        left, at, last = left[on], at[on], last[on]
    for each, first, behind in zip(left.tolist(), at.tolist(), last.tolist(), strict=True):
        marked = marks(text.words[first:behind:_WORD])  # of a few long ones, each at once
        hits = np.flatnonzero(marked)
        if len(hits):
            found[each] = first + _WORD * hits[0] + _first_byte(marked[hits[0]])
    return np.minimum(found, end)


def keys(text: Text, begin: NDArray[np.int64], length: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Give each of many stretches of a text a number that stands for its bytes: the same for the same, wherever it is.

    Different bytes have different numbers but for a chance of 1 in 2**64: 3 in a million that among 10 million
    different ones there are two alike.

    Args:
        text: The text.
        begin: Shape (N,), where each stretch begins.
        length: Shape (N,), its length; 0 for none.
    """
    # All words but the last from the beginning on; the last up to the end, which may overlap.
    order, counts = _longest_first((length - 1) // _WORD)
    at, size = begin[order], length[order]
    key = size.astype(np.uint64) * _LENGTH
    for step, count in enumerate(counts):
        _mix(key[:count], text.words[at[:count] + _WORD * step])
    short = size < _WORD
    last = text.words[np.where(short, at, at + size - _WORD)]
    _mix(key, np.where(short, keep_first(last, np.minimum(size, _WORD)), last))
    result = np.empty_like(key)
    result[order] = key
    return _finished(result)


def keys_of(texts: list[bytes]) -> NDArray[np.uint64]:
    """Return the `keys` of texts that stand for themselves."""
    length = np.fromiter(map(len, texts), np.int64, len(texts))
    return keys(Text.of(b"".join(texts)), np.cumsum(length) - length, length)


def pair_keys(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Give each pair of keys a key."""
    pair = one * _LENGTH
    _mix(pair, other)
    return _finished(pair)


def _first_byte(marked: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the place of the first byte with a bit set, from 0 to 7, in words that have one."""
    return np.bitwise_count(~marked & (marked - np.uint64(1))).astype(np.int64) >> 3


def _longest_first(steps: NDArray[np.int64]) -> tuple[NDArray[np.int64], list[int]]:
    """Order stretches by the number of steps that each takes, the longest first.

    Returns:
        The order, and for each step how many take it: the first so many.
    """
    steps = np.maximum(steps, 0)
    # As 16 bits, which NumPy sorts fastest; a line is not so long.
    order = np.argsort((steps.max(initial=0) - steps).astype(np.uint16), kind="stable")
    taking = len(steps) - np.cumsum(np.bincount(steps))
    return order, taking[:-1].tolist()


def _mix(key: NDArray[np.uint64], words: NDArray[np.uint64]) -> None:
    """Take one more word into each key, in place."""
    key ^= words
    key *= _MIX
    key ^= key >> _HALF


def _finished(key: NDArray[np.uint64]) -> NDArray[np.uint64]:
    key = key * _FINISH
    return key ^ (key >> _HALF)

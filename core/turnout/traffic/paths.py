"""Paths of many requests at once: where each ends, whose key it is, and whether it is an asset's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.traffic.records import NO_PATH
from turnout.traffic.targets import ASSET_TYPES
from turnout.traffic.words import HIGH, LOW, begins_with, find_first, keys, keys_of, word

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from turnout.traffic.words import Text

__all__ = ["Paths", "find_paths", "find_referers"]

# Two bytes that differ in one bit are looked for as one.
_QUERY_OR_PARAMETER, _BUT_FOUR = np.uint64(ord(";")) * LOW, ~(np.uint64(ord("?") ^ ord(";")) * LOW)
_SLASH_OR_QUERY, _BUT_SIXTEEN = np.uint64(ord("/")) * LOW, ~(np.uint64(ord("?") ^ ord("/")) * LOW)
_FRAGMENT = np.uint64(ord("#")) * LOW
_SCHEMES = (b"http://", b"https://")

_LONGEST_TYPE = 5
_OTHER_TYPES = tuple(each for each in ASSET_TYPES if len(each) > _LONGEST_TYPE)
_TYPES = {
    length: np.sort(np.array([word(b"." + each) for each in ASSET_TYPES if len(each) == length], np.uint64))
    for length in sorted({len(each) for each in ASSET_TYPES} - {len(each) for each in _OTHER_TYPES})
}
_CASE = 0x20


@attrs.frozen(eq=False)
class Paths:
    """The paths of N requests or referers.

    Attributes:
        key: Shape (N,), uint64: its key; `NO_PATH` where there is none.
        asset: Shape (N,), bool: it ends as an asset's does.
        certain: Shape (N,), bool: whether that is certainly so.
    """

    key: NDArray[np.uint64]
    asset: NDArray[np.bool_]
    certain: NDArray[np.bool_]


def find_paths(text: Text, begin: NDArray[np.int64], end: NDArray[np.int64]) -> Paths:
    """Find the paths of targets that begin with a slash, or are empty, which stands for a slash.

    Args:
        text: The text.
        begin: Shape (N,), where each target begins.
        end: Shape (N,), where it ends.
    """
    stop = find_first(text, begin, end, _after_path)
    length = np.maximum(stop - begin, 0)
    empty = length == 0
    key = keys(text, begin, length)
    key[empty] = keys_of([b"/"])[0]
    asset, certain = _are_assets(text, stop)
    parameters = (stop < end) & (text.data[stop] == ord(";"))  # they may end within the path
    return Paths(key, asset & ~empty, (certain | empty) & ~parameters)


def find_referers(text: Text, begin: NDArray[np.int64], end: NDArray[np.int64]) -> Paths:
    """Find the paths of referers.

    Args:
        text: The text.
        begin: Shape (N,), where each referer begins.
        end: Shape (N,), where it ends; the same, or ``-``, for none.
    """
    none = (end <= begin) | ((end - begin == 1) & (text.data[begin] == ord("-")))
    words = text.words[begin]
    host, known = begin.copy(), none.copy()
    for scheme in _SCHEMES:
        is_it = ~none & begins_with(words, scheme)
        host[is_it] += len(scheme)
        known |= is_it
    last = np.where(none, begin, end)
    host = np.minimum(host, last)
    found = find_paths(text, find_first(text, host, last, _after_host), last)
    return Paths(np.where(none, NO_PATH, found.key), found.asset & ~none, known & (found.certain | none))


def _after_path(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return _zeros((words & _BUT_FOUR) ^ _QUERY_OR_PARAMETER) | _zeros(words ^ _FRAGMENT)


def _after_host(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return _zeros((words & _BUT_SIXTEEN) ^ _SLASH_OR_QUERY) | _zeros(words ^ _FRAGMENT)


def _zeros(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Mark the zero bytes of words: the first of them, and perhaps others after it."""
    marked: NDArray[np.uint64] = (words - LOW) & ~words & HIGH
    return marked


def _are_assets(text: Text, end: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Say of paths by their ends whether they are assets', and whether that is certain."""
    tail = _lower(text.words[np.maximum(end - 8, 0)])
    asset = np.zeros(len(end), bool)
    for length, types in _TYPES.items():
        ending = tail >> np.uint64(8 * (7 - length))
        place = np.searchsorted(types, ending)
        asset |= types[np.minimum(place, len(types) - 1)] == ending
    certain = np.ones(len(end), bool)
    for each in _OTHER_TYPES:
        certain &= tail != word(each[-8:])
    return asset, certain


def _lower(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Make the letters A to Z of words small."""
    seven = words & ~HIGH
    from_a = seven + np.uint64(0x80 - ord("A")) * LOW
    after_z = seven + np.uint64(0x7F - ord("Z")) * LOW
    capital = (from_a ^ after_z) & ~words & HIGH
    return words | (capital >> np.uint64(2))

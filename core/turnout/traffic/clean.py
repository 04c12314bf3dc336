"""Clean lines of the common and combined formats, many at once: what the careful way says of them one by one.

A line is clean if it is written as Apache and nginx write it for an everyday request: no identity, no backslash, no
quote too many; a method, a path and a version with one space between them. What is not clean is not wrong: it is left
to the careful way. So what is found here must be exactly what would be found there, and a line in doubt is not clean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.traffic.paths import find_paths, find_referers
from turnout.traffic.records import (
    ASSET,
    REFERER_ASSET,
    SHOWS_PAGE,
    WHOLE_SECONDS,
    make_requests,
)
from turnout.traffic.stamps import parse_stamp
from turnout.traffic.targets import DOCUMENTS, METHODS, NAVIGATING
from turnout.traffic.words import HIGH, LOW, Text, begins_with, find_first, keep_first, keys, pair_keys, word
from turnout.units import SECOND

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["CleanLines", "Lines"]

_NO_IDENTITY, _BEFORE_REQUEST = b" - - [", b'] "'
_DATE, _CLOCK, _ZONE = len("01/Aug/1995:"), len("02:00:00"), len(" -0400")
_STAMP = _DATE + _CLOCK + _ZONE
_COMMON, _COMBINED = 2, 6  # quotes in a line

_LONGEST = 2_048  # bytes; a few long lines among many short ones are faster one by one

_ZEROS = word(b"0" * 8)
_ABOVE_NINE = np.uint64(0x80 - 10) * LOW
_PRINTED = np.uint64(ord(" ") + 1) * LOW
_COLONS = word(b"\0\0:\0\0:\0\0")
_NOT_COLONS = word(b"\xff\xff\0\xff\xff\0\xff\xff")
_VERSION = b" HTTP/1.0"
_VERSION_MARKS, _VERSION_DIGITS = word(b"HTTP/\0.\0"), word(b"\0\0\0\0\0\xff\0\xff")
_METHODS = (b"GET", *sorted(METHODS - {b"GET"}))  # the commonest first

_FIRST_DAY, _LAST_DAY = -62_000_000_000 * SECOND, 253_000_000_000 * SECOND
"""Days between these are nowhere near the ends of the calendar."""
_MOST_DAYS = 4_096


@attrs.frozen(eq=False)
class Lines:
    """A block of whole lines.

    Attributes:
        text: The block, each line with its line feed.
        begin: Shape (L,), where each line begins.
        end: Shape (L,), its line feed.
    """

    text: Text
    begin: NDArray[np.int64]
    end: NDArray[np.int64]

    @classmethod
    def of(cls, block: bytes) -> Lines:
        """Find the lines of a block, which ends with a line feed."""
        text = Text.of(block)
        end = np.flatnonzero(text.data == ord("\n"))
        return cls(text, np.concatenate([np.zeros(1, np.int64), end[:-1] + 1]), end)


@attrs.frozen(eq=False)
class _Outline:
    """Where the parts of lines are that may be clean; each of shape (C,).

    Attributes:
        line: Which line it is, rising.
        begin: Where it begins.
        client: The end of its client.
        request: The beginning of its request, after the quote.
        answer: The end of its request, before the quote.
        referer: The beginning of its referer; where it has none, the same as its end.
        referer_end: The end of its referer.
        agent: The beginning of its user agent; where it has none, the same as its end.
        agent_end: The end of its user agent.
    """

    line: NDArray[np.int64]
    begin: NDArray[np.int64]
    client: NDArray[np.int64]
    request: NDArray[np.int64]
    answer: NDArray[np.int64]
    referer: NDArray[np.int64]
    referer_end: NDArray[np.int64]
    agent: NDArray[np.int64]
    agent_end: NDArray[np.int64]

    def take(self, which: NDArray[np.bool_]) -> _Outline:
        """Leave only some of the lines."""
        if which.all():
            return self
        return _Outline(**{field.name: getattr(self, field.name)[which] for field in attrs.fields(_Outline)})


@attrs.frozen
class CleanLines:
    """Finds clean lines, and keeps in mind what the careful way says of their days."""

    _days: dict[bytes, tuple[int, bool] | None] = attrs.field(factory=dict)

    def find(self, lines: Lines) -> tuple[NDArray[np.int64], NDArray[np.void]]:
        """Find the clean lines of a block, and what they ask for.

        Returns:
            Shape (C,), rising: which lines are clean. And their requests, of dtype `records.REQUEST`, not yet numbered.
        """
        text, found = lines.text, _outline(lines)
        time, whole, clean = self._times(text, found.request - len(_BEFORE_REQUEST) - _STAMP)
        path_begin, path_end, shows, asset = _requests(text, found)
        path = find_paths(text, path_begin, path_end)
        referer = find_referers(text, found.referer, found.referer_end)
        agent_length = found.agent_end - found.agent
        agent_length[(agent_length == 1) & (text.data[found.agent] == ord("-"))] = 0
        asset |= path.asset
        flags = whole * np.uint8(WHOLE_SECONDS) | asset * np.uint8(ASSET)
        flags |= (shows & ~asset) * np.uint8(SHOWS_PAGE) | referer.asset * np.uint8(REFERER_ASSET)
        requests = make_requests(
            client=pair_keys(
                keys(text, found.begin, found.client - found.begin), keys(text, found.agent, agent_length)
            ),
            time=time,
            path=path.key,
            referer=referer.key,
            flags=flags,
        )
        clean &= (path_begin < path_end) & path.certain & referer.certain & _is_client(text, found)
        return found.line[clean], requests[clean]

    def _times(
        self, text: Text, stamp: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
        """Read stamps: microseconds since 1970, whether they are whole seconds, and whether that is certain."""
        words = text.words
        dates, zones = stamp, stamp + _DATE + _CLOCK
        # Lines of one day lie together, mostly.
        same = np.zeros(len(stamp), bool)
        same[1:] = True
        for column in (words[dates], words[dates + _DATE - 8], keep_first(words[zones], _ZONE)):
            same[1:] &= column[1:] == column[:-1]
        new = np.flatnonzero(~same)
        days = [
            self._day(text.data[d : d + _DATE].tobytes(), text.data[z : z + _ZONE].tobytes())
            for d, z in zip(dates[new].tolist(), zones[new].tolist(), strict=True)
        ]
        day = np.cumsum(~same) - 1
        clock = words[stamp + _DATE]
        digits = (clock ^ _ZEROS) & _NOT_COLONS
        tens_and_ones = digits * np.uint64(10) + (digits >> np.uint64(8))  # of hours, minutes and seconds
        hour, minute, second = (
            ((tens_and_ones >> np.uint64(shift)) & np.uint64(0xFF)).astype(np.int64) for shift in (0, 24, 48)
        )
        certain = _are_digits(digits) & ((clock & ~_NOT_COLONS) == _COLONS)
        certain &= (hour <= 23) & (minute <= 59) & (second <= 60)
        begin = np.array([each[0] if each else 0 for each in days], np.int64)
        whole = np.array([each[1] if each else False for each in days], bool)
        certain &= np.array([each is not None for each in days], bool)[day]
        return begin[day] + (hour * 3_600 + minute * 60 + second) * SECOND, whole[day], certain

    def _day(self, date: bytes, zone: bytes) -> tuple[int, bool] | None:
        """Find when a day begins, and whether its stamps are whole seconds; None if its hours may be no times."""
        name = date + zone
        if name not in self._days:
            if len(self._days) >= _MOST_DAYS:
                self._days.clear()
            moment = parse_stamp(date + b"00:00:00" + zone)
            near = moment is not None and _FIRST_DAY <= moment[0] <= _LAST_DAY
            self._days[name] = moment if near else None
        return self._days[name]


def _outline(lines: Lines) -> _Outline:
    """Find the lines whose quotes, client, brackets, status and size are where they are in a clean line."""
    data, words = lines.text.data, lines.text.words
    quotes = np.flatnonzero(data == ord('"'))
    after = np.searchsorted(quotes, lines.end)
    count = np.diff(after, prepend=0)
    fit = ((count == _COMMON) | (count == _COMBINED)) & (lines.end - lines.begin <= _LONGEST)
    for other in (b"{", b"\xef"):  # JSON, and what may be a byte order mark
        fit &= data[lines.begin] != ord(other)
    if b"\\" in lines.text.raw:
        fit[np.searchsorted(lines.end, np.flatnonzero(data == ord("\\")))] = False
    line = np.flatnonzero(fit)
    end = lines.end[line]
    end -= data[np.maximum(end - 1, 0)] == ord("\r")
    first, combined = after[line] - count[line], count[line] == _COMBINED
    request, answer = quotes[first] + 1, quotes[first + 1]
    referer, referer_end, agent, agent_end = (
        np.where(combined, quotes[np.where(combined, first + place, 0)], answer) for place in (2, 3, 4, 5)
    )
    found = _Outline(
        line=line,
        begin=lines.begin[line],
        client=request - len(_BEFORE_REQUEST) - _STAMP - len(_NO_IDENTITY),
        request=request,
        answer=answer,
        referer=referer + combined,
        referer_end=referer_end,
        agent=agent + combined,
        agent_end=agent_end,
    )
    fit = found.client > found.begin
    fit &= begins_with(words[np.maximum(found.client, 0)], _NO_IDENTITY)
    fit &= begins_with(words[np.maximum(request - len(_BEFORE_REQUEST), 0)], _BEFORE_REQUEST)
    fit &= data[answer + 1] == ord(" ")
    fit &= _are_digits(keep_first((words[answer + 2]) ^ _ZEROS, 3))
    fit &= (answer + 5 == end) | (data[answer + 5] == ord(" "))
    # In a combined line: a size, as digits or as a dash, then the referer and the user agent.
    size, length = answer + 6, referer - 1 - (answer + 6)
    digits = (
        _are_digits(keep_first(words[size] ^ _ZEROS, np.clip(length, 0, 8))) & (length >= 1) & (length <= 8)
    )
    sized = digits | ((length == 1) & (data[size] == ord("-")))
    sized &= (answer + 5 < end) & (data[referer - 1] == ord(" "))
    fit &= ~combined | (sized & (data[referer_end + 1] == ord(" ")) & (agent == referer_end + 2))
    return found.take(fit)


def _is_client(text: Text, found: _Outline) -> NDArray[np.bool_]:
    """Whether clients are single words, and no dashes or members of a list."""
    single: NDArray[np.bool_] = find_first(text, found.begin, found.client, _not_printed) == found.client
    last = text.data[found.client - 1]
    single &= (last != ord(",")) & ((found.client - found.begin > 1) | (last != ord("-")))
    return single


def _requests(
    text: Text, found: _Outline
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Take request lines apart.

    Returns:
        Where each target begins and where it ends: nowhere, where a request is not clean. Whether a page is shown,
        unless the target is an asset; whether it is an asset by its method.
    """
    begin, end = found.answer.copy(), found.answer - len(_VERSION)
    shows, asset = np.zeros(len(begin), bool), np.zeros(len(begin), bool)
    start, status = text.words[found.request], keep_first(text.words[found.answer + 2], 3)
    left = np.arange(len(begin))
    for method in _METHODS:
        which = left[begins_with(start[left], method + b" /")]
        begin[which] = found.request[which] + len(method) + 1
        shows[which] = method in NAVIGATING
        asset[which] = method not in DOCUMENTS
        if len(which) == len(left):
            break
        left = left[~begins_with(start[left], method + b" /")]
    version = text.words[np.maximum(end + 1, 0)]
    digits = (version ^ _ZEROS) & _VERSION_DIGITS
    clean = ((version & ~_VERSION_DIGITS) == _VERSION_MARKS) & _are_digits(digits)
    clean &= (text.data[end] == ord(" ")) & (text.data[end - 1] != ord(" "))
    redirected = begins_with(status, b"3") & (status != word(b"304"))
    shows &= ~redirected & (status != word(b"204")) & (status != word(b"205"))
    return np.where(clean, begin, end), end, shows, asset


def _are_digits(digits: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Whether the bytes of words are all from 0 to 9."""
    are: NDArray[np.bool_] = (((digits + _ABOVE_NINE) | digits) & HIGH) == 0
    return are


def _not_printed(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Mark white space and control characters; see `find_first`."""
    marked: NDArray[np.uint64] = (words - _PRINTED) & ~words & HIGH
    return marked

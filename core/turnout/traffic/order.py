"""Whether arrays are a traffic: everything that looks at them relies on their order, and nothing else would notice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from turnout.errors import InputError, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from turnout.traffic.traffic import Traffic

__all__ = ["check_order"]

_BLOCK = 1 << 16
"""How many are looked at at once: few, as each one's first request may lie in a mapped page of its own."""

_FURTHEST = 1 << 59
"""Microseconds: from there a rollout's clock can go on, lap after lap of the traffic, and is still one of 64 bits."""


def check_order(traffic: Traffic) -> None:
    """Refuse arrays that are no traffic.

    Every request is looked at, block by block: what that takes of memory does not grow with the traffic.

    Raises:
        InputError: If an array is of another kind or length, offsets do not rise from 0 to the end, or requests, page
            views or sessions are not in the order of time, or outside of the time that the traffic covers.
    """
    offsets = {"page_offset": traffic.page_offset, "request_offset": traffic.request_offset}
    for name, array in {**offsets, "request_time": traffic.request_time}.items():
        _check_kind(traffic, name, array, np.int64)
    _check_kind(traffic, "has_document", traffic.has_document, np.bool_)
    _check_offsets(
        traffic, "page_offset", traffic.page_offset, "session", len(traffic.has_document), "page views"
    )
    _check_offsets(
        traffic, "request_offset", traffic.request_offset, "page view", len(traffic.request_time), "requests"
    )
    views = len(traffic.request_offset) - 1
    if views != len(traffic.has_document):
        hint = f"give one more than the {len(traffic.has_document)} of has_document"
        raise _refused(traffic, "request_offset", f"has {views + 1} entries", hint)
    _check_times(traffic)


def _check_times(traffic: Traffic) -> None:
    for name in ("start", "end"):
        value: object = getattr(traffic, name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise _refused(traffic, name, f"cannot be {shown(value)}", "give microseconds as a whole number")
    if traffic.start >= traffic.end:
        raise _refused(traffic, "end", f"is {traffic.end}", f"give a time after start, {traffic.start}")
    if traffic.start <= -_FURTHEST or traffic.end >= _FURTHEST:
        raise _refused(
            traffic, "clock", f"goes from {traffic.start} to {traffic.end}", "give microseconds nearer to 0"
        )
    for begin, after in _blocks(traffic.requests):
        time = traffic.request_time[begin:after]
        outside = np.flatnonzero((time < traffic.start) | (time >= traffic.end))
        if len(outside):
            text = f"is {time[outside[0]]} for request {begin + outside[0]}"
            raise _refused(
                traffic, "request_time", text, f"give times from {traffic.start} to before {traffic.end}"
            )
        traffic.release()
    offsets = traffic.page_offset, traffic.request_offset
    _check_rising(traffic, (), offsets[1], "request", "within a page view")
    _check_rising(traffic, offsets[1:], offsets[0], "page view", "within a session")
    _check_rising(traffic, offsets, None, "session", "of their first requests")


def _check_kind(traffic: Traffic, name: str, array: object, kind: type[np.generic]) -> None:
    if not isinstance(array, np.ndarray) or array.dtype != np.dtype(kind) or array.ndim != 1:
        text = f"cannot be {shown(array)}"
        if isinstance(array, np.ndarray):
            text = f"is of {array.dtype} and shape {array.shape}"
        raise _refused(traffic, name, text, f"give a NumPy array of {np.dtype(kind)} with one dimension")


def _check_offsets(  # the words of a message
    traffic: Traffic, name: str, offset: NDArray[np.int64], of: str, end: int, what: str
) -> None:
    if not len(offset) or offset[0] != 0:
        raise _refused(traffic, name, "does not begin with 0", f"give where each {of} begins, and the end")
    if offset[-1] != end:
        raise _refused(traffic, name, f"ends with {offset[-1]}", f"there are {end} {what}")
    for begin, after in _blocks(len(offset)):
        empty = np.flatnonzero(np.diff(offset[begin:after]) <= 0)
        if len(empty):
            place = begin + empty[0]
            raise _refused(traffic, name, f"does not rise after {of} {place}", f"each {of} has at least one")
        traffic.release()


def _check_rising(
    traffic: Traffic,
    offsets: tuple[NDArray[np.int64], ...],
    begins: NDArray[np.int64] | None,
    what: str,
    where: str,
) -> None:
    """Check that times never fall but where something else begins.

    Args:
        traffic: One whose offsets lead to where something is.
        offsets: What leads, one after the other, to the first request of each.
        begins: Where a time may fall, ascending; None for nowhere.
        what: Of what the times are.
        where: Within what they do not fall.
    """
    count = len(offsets[0]) - 1 if offsets else traffic.requests
    for begin, after in _blocks(count):
        place: slice | NDArray[np.int64] = slice(begin, after)
        for offset in offsets:
            place = offset[place]
        time = traffic.request_time[place]
        falls = begin + 1 + np.flatnonzero(time[1:] < time[:-1])
        if begins is not None:
            falls = falls[begins[np.searchsorted(begins, falls)] != falls]
        if len(falls):
            text = f"falls from {what} {falls[0] - 1} to {falls[0]}"
            raise _refused(traffic, "request_time", text, f"{what}s are in the order of time {where}")
        traffic.release()


def _blocks(count: int) -> Iterator[tuple[int, int]]:
    """Cut so many things into blocks, each with the first one of the next: the first, and the one after the last."""
    for begin in range(0, count, _BLOCK):
        yield begin, min(begin + _BLOCK + 1, count)


def _refused(traffic: Traffic, name: str, what: str, hint: str) -> InputError:
    return InputError(f"{name} {what}", where=f"Traffic({shown(traffic.label)})", hint=hint)

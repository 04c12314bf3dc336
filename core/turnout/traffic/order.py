"""Whether arrays are a traffic: everything that looks at them relies on their order, and nothing else would notice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from turnout.errors import InputError, shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from turnout.traffic.traffic import Traffic

__all__ = ["check_order"]


def check_order(traffic: Traffic) -> None:
    """Refuse arrays that are no traffic.

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
    time, first = traffic.request_time, traffic.request_offset[:-1]
    outside = np.flatnonzero((time < traffic.start) | (time >= traffic.end))
    if len(outside):
        text = f"is {time[outside[0]]} for request {outside[0]}"
        raise _refused(
            traffic, "request_time", text, f"give times from {traffic.start} to before {traffic.end}"
        )
    _check_rising(traffic, time, first, "request", "within a page view")
    _check_rising(traffic, time[first], traffic.page_offset[:-1], "page view", "within a session")
    _check_rising(traffic, time[first[traffic.page_offset[:-1]]], None, "session", "of their first requests")


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
    empty = np.flatnonzero(np.diff(offset) <= 0)
    if len(empty):
        raise _refused(traffic, name, f"does not rise after {of} {empty[0]}", f"each {of} has at least one")


def _check_rising(
    traffic: Traffic, time: NDArray[np.int64], begins: NDArray[np.int64] | None, what: str, where: str
) -> None:
    """Check that times never fall but where something else begins."""
    falls = np.diff(time, prepend=time[:1]) < 0
    if begins is not None:
        falls[begins] = False
    place = np.flatnonzero(falls)
    if len(place):
        text = f"falls from {what} {place[0] - 1} to {place[0]}"
        raise _refused(traffic, "request_time", text, f"{what}s are in the order of time {where}")


def _refused(traffic: Traffic, name: str, what: str, hint: str) -> InputError:
    return InputError(f"{name} {what}", where=f"Traffic({shown(traffic.label)})", hint=hint)

"""More traffic, or less, out of the traffic that there is: sessions repeated at other times, or left out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.arguments import check_instance, check_seed
from turnout.errors import InputError, shown
from turnout.traffic.assembly import stretches
from turnout.traffic.randomness import SCALING, generator
from turnout.traffic.size import check_size
from turnout.traffic.traffic import Traffic

if TYPE_CHECKING:
    from numpy.typing import NDArray


__all__ = ["check_factor", "scale_traffic"]


_LARGEST = 10**9


def check_factor(factor: object, where: str) -> None:
    """Refuse what traffic cannot be scaled by.

    Raises:
        InputError: If it is no finite number above 0.
    """
    number = isinstance(factor, (int, float)) and not isinstance(factor, bool)
    if not number or not 0 < factor <= _LARGEST:  # type: ignore[operator]  # it is a number by then
        what = f"traffic cannot be scaled by {shown(factor)}"
        raise InputError(what, where=where, hint="give a number above 0")


def scale_traffic(traffic: Traffic, factor: float, seed: int) -> Traffic:
    """Repeat whole sessions at random times, or leave some out, until there are `factor` times as many.

    Each session is there as often as the factor's whole part says, and once more with its fraction as the probability.
    Once it stays where it was; the repetitions begin at a time of their own, drawn evenly from all at which the
    whole session fits into the traffic's span, so that none is cut and none lies outside. Within a session
    nothing changes. Repetitions spread the load evenly over the span: a large factor flattens its peaks.

    Args:
        traffic: The traffic.
        factor: How much of it there should be, above 0; 1 returns `traffic` itself, below 1 sessions are left out.
        seed: The same seed gives the same traffic.

    Raises:
        InputError: If the factor is not above 0 or leaves no session, if the result is too large, or if the traffic
            is not in order.
    """
    check_instance(traffic, Traffic, "traffic", "it takes Traffic, as in load_traffic(path).traffic")
    check_factor(factor, "factor")
    check_seed(seed)
    _ = traffic.known
    if factor == 1:
        return traffic
    check_size(factor * traffic.requests, what=f"{factor:g} times this traffic", hint="scale by less")
    random = generator(seed, SCALING)
    whole = math.floor(factor)
    copies = whole + (random.random(traffic.sessions) < factor - whole)
    if not copies.any():
        raise InputError(
            f"{factor:g} times this traffic leaves no session of {traffic.sessions:,}", hint="scale by more"
        )
    source = np.repeat(np.arange(traffic.sessions), copies)
    repeated = np.zeros(len(source), bool)
    repeated[1:] = source[1:] == source[:-1]
    first, last = _extents(traffic)
    too_late = traffic.end - (last - first)[source]  # from then on, the session would cross the end
    begin = np.where(repeated, random.integers(traffic.start, too_late), first[source])
    order = np.argsort(begin, kind="stable")
    return _rearranged(traffic, source[order], (begin - first[source])[order], factor)


def _extents(traffic: Traffic) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The times of each session's first and last request."""
    begins = traffic.request_offset[traffic.page_offset[:-1]]
    return traffic.request_time[begins], np.maximum.reduceat(traffic.request_time, begins)


def _rearranged(
    traffic: Traffic, source: NDArray[np.int64], shift: NDArray[np.int64], factor: float
) -> Traffic:
    """Put together the sessions `source`, each of them moved by `shift`."""
    page_offset, page = stretches(traffic.page_offset, source)
    request_offset, request = stretches(traffic.request_offset, page)
    request_shift = np.repeat(shift, np.diff(request_offset[page_offset]))
    number = f"{factor:g}"
    if factor > 1:
        how = "sessions are repeated at random times, evenly over the span"
    else:
        how = "sessions are left out at random"
    return attrs.evolve(
        traffic,
        page_offset=page_offset,
        request_offset=request_offset,
        has_document=traffic.has_document[page],
        request_time=traffic.request_time[request] + request_shift,
        label=f"derived: {number} × {traffic.label}",
        scale=factor * traffic.scale,
        notes=(*traffic.notes, f"The traffic is derived: {number} times what was given; {how}."),
    )

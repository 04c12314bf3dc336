"""Where within its second a request falls, if its log says the second only: a model, as good as any without data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from turnout.units import SECOND

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["spread_seconds"]


def spread_seconds(
    *,
    session: NDArray[np.int64],
    time: NDArray[np.int64],
    whole_seconds: NDArray[np.bool_],
    head: NDArray[np.int64],
    generator: np.random.Generator,
) -> NDArray[np.int64]:
    """Spread the requests of one session that carry the same whole second over that second.

    Their times are independent and uniform within the second, put in order: a document before its assets, and
    otherwise as they were logged. Requests whose time is finer keep it. A document that was logged after one of its
    assets is moved back to it: it was asked for by then.

    Args:
        session: Shape (R,), the number of the session, never falling.
        time: Shape (R,), microseconds, never falling within a session.
        whole_seconds: Shape (R,), whether the time is known in whole seconds only.
        head: Shape (R,), the index of the page view's document or first asset.
        generator: What to draw from.

    Returns:
        Shape (R,), int64, microseconds; within a page view none is earlier than its head's.
    """
    index = np.arange(len(time))
    new = np.ones(len(time), bool)
    new[1:] = (np.diff(session) != 0) | (np.diff(time) != 0) | (np.diff(whole_seconds.astype(np.int8)) != 0)
    second = np.cumsum(new)
    order = np.lexsort((index, head != index, np.maximum(index, head), second))
    draw = generator.integers(0, SECOND, len(time))
    draw = draw[np.lexsort((draw, second))]  # rising within each second, like `order`
    spread = np.empty_like(time)
    spread[order] = time[order] + np.where(whole_seconds[order], draw, 0)
    earliest = spread.copy()
    np.minimum.at(earliest, head, spread)
    return np.where(head == index, earliest, spread)

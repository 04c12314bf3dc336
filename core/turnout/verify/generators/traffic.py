"""Generated traffic: a few sessions around a rollout's start, each of a few pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from turnout.units import SECOND

if TYPE_CHECKING:
    from turnout.verify.world import Session

__all__ = ["sessions"]


@st.composite
def sessions(
    draw: st.DrawFn, *, most: int = 5, earliest: int = -1800, latest: int = 600, loads_within: int = 20
) -> tuple[Session, ...]:
    """A few sessions, half an hour long at most.

    Args:
        draw: Hypothesis' own.
        most: How many, at most; one at least.
        earliest: When the first may begin, seconds from the rollout's start.
        latest: When the last may begin.
        loads_within: How long after its document a page may still ask for assets, in seconds.
    """
    found = []
    # Most of what happens in a rollout happens in its first minutes.
    starts = st.integers(-30, 120) | st.integers(earliest, latest)
    for start in draw(st.lists(starts, min_size=1, max_size=most)):
        clock, pages = start, []
        for _ in range(draw(st.integers(1, 5))):
            offsets = sorted(draw(st.lists(st.integers(0, loads_within), max_size=3)))
            pages.append(tuple(SECOND * (clock + offset) for offset in (0, *offsets)))
            clock += draw(st.integers(1, loads_within) | st.integers(loads_within, 300))
        found.append(tuple(pages))
    return tuple(found)

"""What can happen to a simulated replica."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Kind"]


class Kind(IntEnum):
    """What happens to a replica at some moment."""

    READY = 0
    AVAILABLE = 1
    LISTED = 2
    UNLISTED = 3
    FLAP = 4
    CRASH = 5
    GONE = 6

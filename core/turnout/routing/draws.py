"""Draws: the 32 random bits that decide one request, and what is derived from them.

Both engines, the plain reference and the vectorised kernel, take every random decision from these functions, so they
can be asked to agree to the last request. All of them work on Python integers and on NumPy arrays alike.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from turnout.routing.algebra import Split

__all__ = [
    "DRAWS",
    "draws",
    "error_draw",
    "mix32",
    "pick",
    "pin_draw",
    "slot_draw",
    "stream",
    "thresholds",
    "uniform",
]

DRAWS = 1 << 32
"""A draw is a whole number below this one."""

_LOW = 0xFFFF_FFFF
_GOLDEN = 0x9E37_79B9


def mix32(value: int) -> int:
    """Scramble 32 bits: the finalizer of MurmurHash3 (Appleby, public domain), a bijection.

    Args:
        value: A number below 2**32, or an unsigned array of them.
    """
    value = (value ^ (value >> 16)) * 0x85EB_CA6B & _LOW
    value = (value ^ (value >> 13)) * 0xC2B2_AE35 & _LOW
    return value ^ (value >> 16)


def slot_draw(draw: int) -> int:
    """Derive the draw that picks a replica, where the draw itself has already picked the revision."""
    return mix32(draw ^ 0x9E37_79B9)


def error_draw(draw: int) -> int:
    """Derive the draw that decides whether a faulty revision fails this request."""
    return mix32(draw ^ 0x7F4A_7C15)


def pin_draw(session_draw: int, attempt: int) -> int:
    """Derive the draw for a session's next pin from the session's own draw.

    Args:
        session_draw: The session's draw.
        attempt: How many pins the session has asked for before.
    """
    return mix32((session_draw + attempt * _GOLDEN) & _LOW)


def pick(draw: int, count: int) -> int:
    """Turn a draw into an even choice between `count` things: 0 up to count - 1."""
    return draw * count >> 32


def thresholds(split: Split) -> tuple[tuple[str, int], ...]:
    """Cut the range of a draw into one stretch per revision of weight above zero.

    Args:
        split: The weights.

    Returns:
        Name and upper end (exclusive, out of 2**32) of each revision's stretch, in the order of names. The last end
        is exactly 2**32.
    """
    ends, sum_so_far = [], 0.0
    for name, share in split.shares.items():
        sum_so_far += share
        ends.append((name, round(sum_so_far * DRAWS)))
    ends[-1] = (ends[-1][0], DRAWS)
    return tuple(ends)


def stream(seed: int, *keys: int) -> int:
    """Give each seed and purpose a stream of random numbers of its own: 64 bits that stand for it.

    A hash of the numbers as they are written, so that no arithmetic between a seed and a key leads from one stream to
    another: what a seed draws for one purpose, no other seed draws for another one.

    Args:
        seed: Any whole number.
        keys: What the numbers are for; any whole numbers.
    """
    written = ",".join(map(str, (seed, *keys)))
    return int.from_bytes(blake2b(written.encode(), digest_size=8).digest(), "little")


def draws(begin: int, first: int, count: int) -> NDArray[np.uint32]:
    """Draw 32 bits for each of a stretch of indices, the same for the same stream and index in whatever stretch.

    The words of a PCG64 stream (O'Neill, 2014), two of 64 bits each, which can be entered anywhere. That a draw depends
    on nothing but its index is what gives all strategies the same random numbers, however the traffic is cut up.

    Args:
        begin: Where the stream begins, 64 bits: see `stream`.
        first: The first index, from 0.
        count: How many indices.

    Returns:
        Shape (count,).
    """
    words = np.random.PCG64(begin).advance(first // 2).random_raw((count + first % 2 + 1) // 2)
    return np.asarray(words, "<u8").view("<u4")[first % 2 : first % 2 + count]


def uniform(seed: int, *keys: int) -> float:
    """Draw one number, evenly from [0, 1), for this seed and these keys: the same whoever asks, and in any order."""
    return (stream(seed, *keys) >> 11) / (1 << 53)

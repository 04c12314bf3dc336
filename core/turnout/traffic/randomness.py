"""Random numbers for traffic: from the user's seed, a stream of its own for each purpose."""

from __future__ import annotations

import numpy as np

from turnout.routing.draws import stream

__all__ = ["SCALING", "SPREADING", "SYNTHETIC", "generator"]

SPREADING, SCALING, SYNTHETIC = range(3)


def generator(seed: int, purpose: int) -> np.random.Generator:
    """Return a generator that gives the same numbers for the same seed and purpose.

    Args:
        seed: Any whole number.
        purpose: What the numbers are for; what shares a seed must not share its numbers.
    """
    return np.random.Generator(np.random.PCG64(stream(seed, purpose)))

"""How much traffic is too much: absurd sizes are refused before they eat the memory."""

from __future__ import annotations

from turnout.errors import InputError

__all__ = ["MOST_REQUESTS", "check_size"]

MOST_REQUESTS = 20_000_000
"""What a laptop holds and routes in seconds; a week of 30 requests a second."""


def check_size(requests: float, *, what: str, hint: str) -> None:
    """Refuse more than `MOST_REQUESTS`.

    Args:
        requests: How many requests there would be.
        what: Of what, to begin a sentence with.
        hint: How to get fewer.

    Raises:
        InputError: If there would be too many.
    """
    if requests > MOST_REQUESTS:
        raise InputError(f"{what} would be {requests:,.0f} requests, more than {MOST_REQUESTS:,}", hint=hint)

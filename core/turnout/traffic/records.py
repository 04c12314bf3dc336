"""What is kept of a line of a log: one request as a record, small enough to be put aside by the million."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ASSET", "NO_PATH", "REFERER_ASSET", "REQUEST", "SHOWS_PAGE", "WHOLE_SECONDS", "make_requests"]

WHOLE_SECONDS, ASSET, SHOWS_PAGE, REFERER_ASSET = (1 << bit for bit in range(4))
"""Bits of a request's flags; see `LoggedRequests` for what they mean."""

NO_PATH = np.uint64(0)
"""Stands for the path of a referer that is none. A path has this key with a chance of 1 in 2**64."""

REQUEST = np.dtype(
    [
        ("client", np.uint64),
        ("number", np.int64),
        ("time", np.int64),
        ("path", np.uint64),
        ("referer", np.uint64),
        ("flags", np.uint8),
    ]
)
"""A request: keys of its client, path and referer's path, see `turnout.traffic.words.keys`; its place among the log's
requests, from 0; its time in microseconds since 1970 (UTC); its flags."""


def make_requests(
    *,
    client: NDArray[np.uint64],
    time: NDArray[np.int64],
    path: NDArray[np.uint64],
    referer: NDArray[np.uint64],
    flags: NDArray[np.uint8],
) -> NDArray[np.void]:
    """Put columns of shape (N,) together as records, not yet numbered."""
    records = np.zeros(len(time), REQUEST)
    for name, column in (
        ("client", client),
        ("time", time),
        ("path", path),
        ("referer", referer),
        ("flags", flags),
    ):
        records[name] = column
    return records

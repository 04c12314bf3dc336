"""Synthetic traffic: sessions from a handful of numbers, for where there is no log."""

from __future__ import annotations

from typing import ClassVar

import attrs
import numpy as np

from turnout.arguments import check_fields, check_seed
from turnout.errors import InputError
from turnout.traffic.assembly import offsets
from turnout.traffic.randomness import SYNTHETIC, generator
from turnout.traffic.size import check_size
from turnout.traffic.source import TrafficSource
from turnout.traffic.traffic import Traffic
from turnout.units import MILLISECOND, SECOND, Duration, format_duration, seconds

__all__ = ["Synthetic"]

_HOUR = seconds(3_600)
_YEAR = seconds(366 * 86_400)


@attrs.frozen(kw_only=True)
class Synthetic(TrafficSource):
    """Sessions that arrive at random at an even rate, and read page after page.

    Sessions arrive as a Poisson process for `duration`; the traffic ends when the last of them does. The
    number of pages in a session is geometric, at least one. The time between a page's last request and the next page,
    and the time from one request of a page to the next, are exponential. A number of assets that is not whole is the
    whole number below or above it, such that it is right on average. These are the simplest distributions with the
    given means; a log of one's own is better than any of them.
    """

    name: ClassVar[str] = "synthetic"

    sessions_per_minute: float = attrs.field(
        default=10.0,
        validator=[attrs.validators.gt(0), attrs.validators.le(1_000_000)],
        metadata={"doc": "How many sessions begin in a minute, on average."},
    )
    pages_per_session: float = attrs.field(
        default=5.0,
        validator=[attrs.validators.ge(1), attrs.validators.le(1_000)],
        metadata={"doc": "How many page views a session has, on average."},
    )
    think_time: Duration = attrs.field(
        default=seconds(30),
        validator=[attrs.validators.ge(Duration(0)), attrs.validators.le(_HOUR)],
        metadata={"doc": "From a page's last request to the session's next page, on average."},
    )
    assets_per_page: float = attrs.field(
        default=9.0,
        validator=[attrs.validators.ge(0), attrs.validators.le(1_000)],
        metadata={"doc": "How many assets each page has; on average, if it is no whole number."},
    )
    asset_spacing: Duration = attrs.field(
        default=seconds(0.1),
        validator=[attrs.validators.ge(Duration(0)), attrs.validators.le(_HOUR)],
        metadata={"doc": "From one request of a page to its next, on average."},
    )
    duration: Duration = attrs.field(
        default=seconds(24 * 3_600),
        validator=[attrs.validators.ge(seconds(1)), attrs.validators.le(_YEAR)],
        metadata={"doc": "For how long sessions go on arriving."},
    )

    def __attrs_pre_init__(self, **given: object) -> None:
        check_fields(type(self), given, shortest=MILLISECOND)

    def load(self, seed: int) -> Traffic:
        """Draw the sessions.

        Args:
            seed: The same seed gives the same traffic.

        Raises:
            InputError: If there would be too many requests, or no session at all.
        """
        check_seed(seed)
        mean_sessions = self.sessions_per_minute * self.duration / (60 * SECOND)
        check_size(
            mean_sessions * self.pages_per_session * (1 + self.assets_per_page),
            what=f"{format_duration(self.duration)} of this synthetic traffic",
            hint="lower sessions_per_minute or duration",
        )
        random = generator(seed, SYNTHETIC)
        arrival = np.sort(random.integers(0, self.duration, random.poisson(mean_sessions)))
        if not len(arrival):
            raise InputError(
                f"no session arrives within {format_duration(self.duration)}",
                where="synthetic",
                hint="raise sessions_per_minute or duration",
            )
        page_offset = offsets(random.geometric(1 / self.pages_per_session, len(arrival)))
        page_views = int(page_offset[-1])
        whole = int(self.assets_per_page)
        assets = whole + (random.random(page_views) < self.assets_per_page - whole)
        request_offset = offsets(1 + assets)

        wait = _exponential(random, self.asset_spacing, int(request_offset[-1]))
        wait[request_offset[:-1]] = _exponential(random, self.think_time, page_views)
        first = request_offset[page_offset[:-1]]
        wait[first] = arrival - np.concatenate([[0], arrival[:-1]])
        clock = np.cumsum(
            wait
        )  # of all sessions one after the other; what each has waited in all is taken off the next
        time = clock - np.repeat(clock[first] - arrival, np.diff(request_offset[page_offset]))
        return Traffic(
            page_offset=page_offset,
            request_offset=request_offset,
            has_document=np.ones(page_views, bool),
            request_time=time,
            start=0,
            end=max(self.duration, int(time.max()) + 1),
            label="synthetic",
            notes=(self._note,),
        )

    @property
    def _note(self) -> str:
        return (
            f"The traffic is synthetic: {self.sessions_per_minute:g} sessions a minute (Poisson) for "
            f"{format_duration(self.duration)}, {self.pages_per_session:g} pages a session (geometric), "
            f"{format_duration(self.think_time)} between pages (exponential), {self.assets_per_page:g} assets a page, "
            f"{format_duration(self.asset_spacing)} apart (exponential)."
        )


def _exponential(
    random: np.random.Generator, mean: Duration, count: int
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Draw whole microseconds, shape (count,)."""
    return np.rint(random.exponential(mean, count)).astype(np.int64)

"""What was found in an access log, for a report: what was used, what was not and why, what it was taken for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs

from turnout.traffic.rejected import Unusable  # noqa: TC001  (cattrs reads the annotation)
from turnout.units import SECOND, Duration, format_duration

__all__ = ["LogSummary", "timestamp"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def timestamp(time: int) -> str:
    """Write a time, microseconds since 1970 (UTC), to the second, as in ``"1995-08-01T06:00:00Z"``."""
    return (_EPOCH + timedelta(seconds=time // SECOND)).isoformat().replace("+00:00", "Z")


@attrs.frozen(kw_only=True)
class LogSummary:
    """What was found in an access log, before any scaling.

    Attributes:
        source: What was read.
        lines: How many lines it has; blank ones are not counted.
        requests: How many of them could be used, a request each.
        unusable: The others by reason, the commonest first, with examples.
        hosts: How many different virtual hosts are named; all are taken for one service.
        clients: How many different clients: addresses, with the user agent where there is one.
        sessions: How many sessions.
        page_views: How many page views, with and without a document.
        asset_share: The share of requests that ask for parts of pages, between 0 and 1.
        by_referer: The share of assets that were attached to a document by their referer.
        by_time: The share of assets that were attached to a document by time.
        unattached: The share of assets whose document is not in the log; they form page views without one.
        coarse_share: The share of requests whose time is known in whole seconds only, between 0 and 1.
        moved_documents: How many documents were logged after one of their assets, and moved back to it.
        session_gap: The longest idle time within a session.
        page_window: How long after its document an asset without a referer may come.
        first: The time of the first request, such as ``"1995-08-01T06:00:00Z"``.
        last: The time of the last one.
    """

    source: str
    lines: int
    requests: int
    unusable: tuple[Unusable, ...]
    hosts: int
    clients: int
    sessions: int
    page_views: int
    asset_share: float
    by_referer: float
    by_time: float
    unattached: float
    coarse_share: float
    moved_documents: int
    session_gap: Duration
    page_window: Duration
    first: str
    last: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it, durations in seconds."""
        record = attrs.asdict(self, filter=attrs.filters.exclude("session_gap", "page_window"))
        record["session_gap_seconds"] = self.session_gap / SECOND
        record["page_window_seconds"] = self.page_window / SECOND
        return record

    def describe(self) -> tuple[str, ...]:
        """Say what was found, in a few lines."""
        skipped = self.lines - self.requests
        lines = [
            (
                f"{self.source}: {_many(self.requests, 'request')} from {self.first} to {self.last}, "
                f"of {_many(self.clients, 'client')} in {_many(self.sessions, 'session')} "
                f"and {_many(self.page_views, 'page view')}."
            ),
            *self.notes(),
        ]
        if skipped:
            lines += [f"{skipped:,} of {_many(self.lines, 'line')} cannot be used:"]
            lines += [
                f"  {each.count:,}: {each.reason}, such as line {each.examples[0].line}: {each.examples[0].text}"
                for each in self.unusable
            ]
        return tuple(lines)

    def notes(self) -> tuple[str, ...]:
        """Say what was assumed, a sentence each."""
        notes = [
            f"A session is a client with no gap over {format_duration(self.session_gap)}.",
            (
                f"{self.asset_share:.0%} of the requests are assets, told by their paths; "
                f"{self.by_referer:.0%} of them were attached to a document by referer, "
                f"{self.by_time:.0%} by time (at most {format_duration(self.page_window)} after it), "
                f"{self.unattached:.0%} have none in the log."
            ),
        ]
        if self.coarse_share:
            notes.append(
                f"{self.coarse_share:.0%} of the times are known to the second only; where in their second the "
                "requests of a session fell was drawn at random, documents before their assets."
            )
        if self.moved_documents:
            notes.append(
                f"{_many(self.moved_documents, 'document')} logged after one of their assets were moved back to it."
            )
        if self.hosts > 1:
            notes.append(f"{self.hosts:,} virtual hosts are taken for one service.")
        return tuple(notes)


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"

"""An access log as traffic: read it, find its sessions and page views, and say what was found and assumed."""

from __future__ import annotations

from pathlib import Path

import attrs

from turnout.arguments import check_instance, check_path, check_seed
from turnout.errors import InputError
from turnout.traffic.assembly import lay_out
from turnout.traffic.log import read_log
from turnout.traffic.pages import BY_REFERER, BY_TIME, PAGE_WINDOW, find_pages
from turnout.traffic.randomness import SPREADING, generator
from turnout.traffic.scaling import check_factor, scale_traffic
from turnout.traffic.sessions import SESSION_GAP, find_sessions
from turnout.traffic.spreading import spread_seconds
from turnout.traffic.summary import LogSummary, timestamp
from turnout.traffic.traffic import Traffic
from turnout.units import MILLISECOND, SECOND, Duration, format_duration, seconds

__all__ = ["LONGEST", "LoadedTraffic", "load_traffic"]

LONGEST: Duration = seconds(365 * 86_400)
"""The longest session gap and page window."""


@attrs.frozen
class LoadedTraffic:
    """What `load_traffic` returns.

    Attributes:
        traffic: The traffic.
        summary: What was found in the log, before any scaling.
    """

    traffic: Traffic
    summary: LogSummary


def load_traffic(
    path: str | Path,
    *,
    session_gap: Duration = SESSION_GAP,
    page_window: Duration = PAGE_WINDOW,
    seed: int = 0,
    scale: float = 1.0,
) -> LoadedTraffic:
    """Read an access log as traffic.

    Understood are Apache's and nginx's text formats (common, combined, with a virtual host or another prefix before)
    and JSON lines of nginx and Caddy, plain or gzip; lines may be in any order.

    Args:
        path: The log, or ``"-"`` for standard input.
        session_gap: A client that was idle for longer begins a new session; microseconds, see `turnout.seconds`.
        page_window: How long after its document an asset without a referer may come; microseconds.
        seed: Decides where in their second requests fall whose log says no more, and which sessions are repeated.
        scale: Repeat sessions (above 1) or leave some out (below 1); see `scale_traffic`.

    Raises:
        InputError: If the log cannot be read or has no usable line, or if an argument is out of its range.
    """
    check_path(path)
    check_seed(seed)
    check_factor(scale, "scale")
    for name, value in (("session_gap", session_gap), ("page_window", page_window)):
        check_instance(value, int, name, "it takes whole microseconds, as turnout.seconds(1800) gives them")
        if not MILLISECOND <= value <= LONGEST:
            raise InputError(
                f"{name} cannot be {format_duration(value)}",
                hint=f"give at least 0.001s and at most {format_duration(LONGEST)}, as turnout.seconds(1800)",
            )
    content = read_log(path)
    sessions = find_sessions(content.requests.client, content.requests.time, session_gap)
    session, requests = sessions.session, content.requests.take(sessions.order)
    pages = find_pages(session, requests, page_window)
    epoch = int(requests.time.min()) // SECOND * SECOND
    time = spread_seconds(
        session=session,
        time=requests.time - epoch,
        whole_seconds=requests.whole_seconds,
        head=pages.head,
        generator=generator(seed, SPREADING),
    )
    layout = lay_out(session, pages.head, requests.asset, time)
    assets = max(1, int(requests.asset.sum()))
    attached = {way: int((pages.way == way).sum()) for way in (BY_REFERER, BY_TIME)}
    first, last = int(requests.time.min()), int(requests.time.max())
    summary = LogSummary(
        source=content.source,
        lines=content.lines,
        requests=len(time),
        unusable=content.unusable,
        hosts=content.hosts,
        clients=content.clients,
        sessions=len(layout.page_offset) - 1,
        page_views=len(layout.request_offset) - 1,
        asset_share=float(requests.asset.mean()),
        by_referer=attached[BY_REFERER] / assets,
        by_time=attached[BY_TIME] / assets,
        unattached=(int(requests.asset.sum()) - sum(attached.values())) / assets,
        coarse_share=float(requests.whole_seconds.mean()),
        moved_documents=int((time < requests.time - epoch).sum()),
        session_gap=session_gap,
        page_window=page_window,
        first=timestamp(first),
        last=timestamp(last),
    )
    traffic = Traffic(
        page_offset=layout.page_offset,
        request_offset=layout.request_offset,
        has_document=layout.has_document,
        request_time=layout.request_time,
        start=0,
        end=(last // SECOND + 1) * SECOND - epoch,
        label=Path(content.source).name,
        epoch=epoch,
        notes=summary.notes(),
    )
    return LoadedTraffic(scale_traffic(traffic, scale, seed), summary)

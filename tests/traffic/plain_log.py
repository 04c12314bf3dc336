"""An access log read line by line into memory, with nothing clever in it: what the streamed way must agree with."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.traffic.assembly import Layout, lay_out
from turnout.traffic.lines import split_line
from turnout.traffic.logged import LoggedRequests
from turnout.traffic.pages import BY_REFERER, BY_TIME, find_pages
from turnout.traffic.randomness import SPREADING, generator
from turnout.traffic.reading import LONGEST_LINE
from turnout.traffic.rejected import Reason, Rejected, Unusable
from turnout.traffic.sessions import find_sessions
from turnout.traffic.spreading import spread_seconds
from turnout.traffic.stamps import parse_stamp
from turnout.traffic.summary import LogSummary, timestamp
from turnout.traffic.targets import is_asset, parse_request, path_of_referer, shows_page
from turnout.units import SECOND, Duration

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["PlainLog", "plain_layout", "plain_log", "plain_summary"]


@attrs.frozen(kw_only=True, eq=False)
class PlainLog:
    lines: int
    requests: LoggedRequests
    unusable: tuple[Unusable, ...]
    clients: int
    hosts: int


def plain_log(content: bytes) -> PlainLog:
    """Read a log, plain or gzip."""
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    rejected = Rejected()
    rows: list[tuple[int, bool, int, bool, bool, int, int, bool]] = []
    clients: dict[tuple[bytes, bytes], int] = {}
    paths: dict[bytes, int] = {}
    hosts: set[bytes] = set()
    lines = 0
    for number, raw in enumerate(content.split(b"\n"), start=1):
        line = raw.strip(b" \t\r\v\f\0")
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if not line:
            continue
        lines += 1
        row = Reason.TOO_LONG if len(raw) > LONGEST_LINE else _row(line, clients, paths, hosts)
        if isinstance(row, Reason):
            rejected.add(row, number, raw)
        else:
            rows.append(row)
    columns = list(zip(*rows, strict=True)) or [()] * 8
    kinds = (np.int64, bool, np.int64, bool, bool, np.int64, np.int64, bool)
    time, whole, client, asset, shows, path, referer, by_asset = (
        np.array(column, kind) for column, kind in zip(columns, kinds, strict=True)
    )
    return PlainLog(
        lines=lines,
        requests=LoggedRequests(
            time=time,
            whole_seconds=whole,
            client=client,
            asset=asset,
            shows_page=shows,
            path=path,
            referer=referer,
            referer_asset=by_asset,
        ),
        unusable=rejected.counts(),
        clients=len(clients),
        hosts=len(hosts),
    )


def _row(  # noqa: PLR0911  (a reason each)
    line: bytes, clients: dict[tuple[bytes, bytes], int], paths: dict[bytes, int], hosts: set[bytes]
) -> Reason | tuple[int, bool, int, bool, bool, int, int, bool]:
    fields = split_line(line)
    if fields is None:
        return Reason.NO_LOG_LINE
    if not fields.client:
        return Reason.NO_CLIENT
    moment = parse_stamp(fields.stamp)
    if moment is None:
        return Reason.NO_TIME
    if not fields.request:
        return Reason.NO_REQUEST
    target = parse_request(fields.request)
    if target is None:
        return Reason.NOT_HTTP
    if not target.counts:
        return Reason.METHOD
    if fields.host:
        hosts.add(fields.host)
    referer = path_of_referer(fields.referer)
    return (
        *moment,
        clients.setdefault((fields.client, fields.agent), len(clients)),
        target.asset,
        not target.asset and shows_page(target.method, fields.status),
        paths.setdefault(target.path, len(paths)),
        paths.setdefault(referer, len(paths)) if referer else -1,
        is_asset(referer),
    )


def plain_layout(
    log: PlainLog, gap: Duration, window: Duration, seed: int
) -> tuple[Layout, dict[str, object]]:
    """Find sessions and page views of the whole log at once, and what a summary says of them."""
    sessions = find_sessions(log.requests.client, log.requests.time, gap)
    session, requests = sessions.session, log.requests.take(sessions.order)
    pages = find_pages(session, requests, window)
    first, last = int(requests.time.min()), int(requests.time.max())
    epoch = first // SECOND * SECOND
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
    return layout, {
        "requests": len(time),
        "sessions": len(layout.page_offset) - 1,
        "page_views": len(layout.request_offset) - 1,
        "asset_share": float(requests.asset.mean()),
        "by_referer": attached[BY_REFERER] / assets,
        "by_time": attached[BY_TIME] / assets,
        "unattached": (int(requests.asset.sum()) - sum(attached.values())) / assets,
        "coarse_share": float(requests.whole_seconds.mean()),
        "moved_documents": int((time < requests.time - epoch).sum()),
        "first": timestamp(first),
        "last": timestamp(last),
    }


def plain_summary(
    path: Path, log: PlainLog, found: dict[str, object], gap: Duration, window: Duration
) -> LogSummary:
    return LogSummary(
        source=str(path),
        lines=log.lines,
        unusable=log.unusable,
        hosts=log.hosts,
        clients=log.clients,
        session_gap=gap,
        page_window=window,
        **found,  # type: ignore[arg-type]  # as plain_layout says it
    )

"""An access log as traffic: read it, find its sessions and page views, and say what was found and assumed."""

from __future__ import annotations

from pathlib import Path

import attrs

from turnout.arguments import check_instance, check_path, check_seed
from turnout.errors import InputError
from turnout.traffic.opening import name_of, opened
from turnout.traffic.pages import PAGE_WINDOW
from turnout.traffic.parse import Parsed, Shape, parse, whole_second
from turnout.traffic.reading import read_blocks
from turnout.traffic.scaling import check_factor, scale_traffic
from turnout.traffic.sessions import SESSION_GAP
from turnout.traffic.summary import LogSummary, timestamp
from turnout.traffic.traffic import Known, Traffic
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
    shape = Shape(session_gap=session_gap, page_window=page_window, seed=seed)
    with opened(path) as stream:
        parsed = parse(read_blocks(stream, name_of(path)), name_of(path), shape)
    loaded = _loaded(parsed, shape, name_of(path))
    return attrs.evolve(loaded, traffic=scale_traffic(loaded.traffic, scale, seed))


def _loaded(parsed: Parsed, shape: Shape, name: str) -> LoadedTraffic:
    """Say in words and arrays what a log holds."""
    merged, found = parsed.merged, parsed.found
    requests, assets = len(merged.request_time), max(1, found.assets)
    summary = LogSummary(
        source=name,
        lines=parsed.lines,
        requests=requests,
        unusable=parsed.unusable,
        hosts=parsed.hosts,
        clients=found.clients,
        sessions=len(merged.page_offset) - 1,
        page_views=len(merged.request_offset) - 1,
        asset_share=found.assets / requests,
        by_referer=found.by_referer / assets,
        by_time=found.by_time / assets,
        unattached=(found.assets - found.by_referer - found.by_time) / assets,
        coarse_share=found.coarse / requests,
        moved_documents=merged.moved,
        session_gap=shape.session_gap,
        page_window=shape.page_window,
        first=timestamp(parsed.first),
        last=timestamp(parsed.last),
    )
    traffic = Traffic(
        page_offset=merged.page_offset,
        request_offset=merged.request_offset,
        has_document=merged.has_document,
        request_time=merged.request_time,
        start=0,
        end=whole_second(parsed.last) + SECOND - parsed.epoch,
        label=Path(name).name,
        epoch=parsed.epoch,
        notes=summary.notes(),
    )
    known = Known(
        session_start=merged.session_start,
        session_end=merged.session_end,
        busiest_second=merged.busiest_second,
    )
    return LoadedTraffic(traffic.knowing(known), summary)

"""An access log as traffic: read it, find its sessions and page views, and say what was found and assumed."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, cast

import attrs

from turnout.arguments import check_instance, check_path, check_seed
from turnout.errors import InputError
from turnout.traffic.cache import Cache
from turnout.traffic.opening import Hashing, Source, name_of, opened, settled
from turnout.traffic.pages import PAGE_WINDOW
from turnout.traffic.parse import Parsed, Shape, parse, whole_second
from turnout.traffic.reading import read_blocks
from turnout.traffic.scaling import check_factor, scale_traffic
from turnout.traffic.sessions import SESSION_GAP
from turnout.traffic.summary import LogSummary, timestamp
from turnout.traffic.traffic import Known, Traffic
from turnout.units import MILLISECOND, SECOND, Duration, format_duration, seconds

if TYPE_CHECKING:
    from typing import BinaryIO

__all__ = ["LONGEST", "LoadedTraffic", "in_words", "load_traffic"]

LONGEST: Duration = seconds(365 * 86_400)
"""The longest session gap and page window."""


@attrs.frozen
class LoadedTraffic:
    """What `load_traffic` returns.

    Attributes:
        traffic: The traffic.
        summary: What was found in the log, before any scaling.
        remark: Why what was read of the log could not be kept in the cache, if so.
    """

    traffic: Traffic
    summary: LogSummary
    remark: str | None = None


def load_traffic(
    path: str | Path,
    *,
    session_gap: Duration = SESSION_GAP,
    page_window: Duration = PAGE_WINDOW,
    seed: int = 0,
    scale: float = 1.0,
    cache: str | Path | None = None,
) -> LoadedTraffic:
    """Read an access log as traffic.

    Understood are Apache's and nginx's text formats (common, combined, with a virtual host or another prefix before)
    and JSON lines of nginx and Caddy, plain or gzip; lines may be in any order. A log may be larger than the memory: it
    is read once, what is kept of each request is put aside in files without a name, and the arrays of the traffic are
    mapped from such a file where they are large.

    Args:
        path: The log, or ``"-"`` for standard input.
        session_gap: A client that was idle for longer begins a new session; microseconds, see `turnout.seconds`.
        page_window: How long after its document an asset without a referer may come; microseconds.
        seed: Decides where in their second requests fall whose log says no more, and which sessions are repeated.
        scale: Repeat sessions (above 1) or leave some out (below 1); see `scale_traffic`.
        cache: A directory in which to keep what was read, such as `default_cache()`: the next time the same bytes are
            read with the same session gap, page window and seed, they are not parsed again. Nothing is kept if it is
            left out.

    Raises:
        InputError: If the log cannot be read or has no usable line, or if an argument is out of its range.
    """
    check_path(path)
    if cache is not None:
        check_path(cache, "cache")
        if "\0" in str(cache):
            raise InputError("a path has no zero byte in it", where="cache")
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
    name = name_of(path)
    with opened(path) as stream:
        if cache is None:
            parsed, remark = _parsed(stream, name, shape), None
        else:
            with settled(stream, name) as source:
                parsed, remark = _cached(source, shape, Cache(Path(cache)))
    traffic, summary = in_words(parsed, shape, name)
    return LoadedTraffic(scale_traffic(traffic, scale, seed), summary, remark)


def _cached(source: Source, shape: Shape, cache: Cache) -> tuple[Parsed, str | None]:
    """Find what was parsed of a log, or parse and keep it; and say why it cannot be kept."""
    known = source.known is not None or cache.may_hold(source.size)
    found = cache.find(source.size, source.digest(), shape) if known else None
    if found is not None:
        return found, None
    # A file may change meanwhile: what is kept is kept for the bytes that were read.
    hashing = Hashing(source.stream)
    parsed = _parsed(cast("BinaryIO", hashing), source.name, shape)
    return parsed, cache.keep(hashing.size, hashing.digest(), shape, parsed)


def _parsed(stream: BinaryIO, name: str, shape: Shape) -> Parsed:
    with closing(read_blocks(stream, name)) as blocks:
        return parse(blocks, name, shape)


def in_words(parsed: Parsed, shape: Shape, name: str) -> tuple[Traffic, LogSummary]:
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
    return traffic.knowing(known), summary

"""The three real logs, held against what is known of them."""

from __future__ import annotations

import gzip
import random
from itertools import pairwise
from typing import TYPE_CHECKING

import attrs
import numpy as np
import pytest

from tests.traffic.logs import LOGS, check_traffic
from turnout.traffic import LoadedTraffic, load_traffic
from turnout.traffic.rejected import Reason

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not LOGS.is_dir(), reason="../shared/data/logs is not here")


def _load(name: str) -> LoadedTraffic:
    loaded = load_traffic(LOGS / f"{name}.log.gz")
    check_traffic(loaded.traffic)
    return loaded


def test_nasa() -> None:
    loaded = _load("nasa-1995-08-01")
    summary = loaded.summary
    assert (summary.lines, summary.requests, summary.clients) == (30_969, 30_969, 2_365)
    assert summary.sessions == 2_989
    assert summary.asset_share == pytest.approx(0.68, abs=0.01)
    assert summary.by_referer == 0  # there is none in the log
    assert summary.by_time > 0.8
    assert loaded.traffic.end / 3.6e9 == pytest.approx(12.9, abs=0.05)
    begin, end = loaded.traffic.page_offset, loaded.traffic.request_offset
    last = np.maximum.reduceat(loaded.traffic.request_time, end[begin[:-1]])
    first = loaded.traffic.request_time[end[begin[:-1]]]
    at_once = max(int(((first <= each) & (each <= last)).sum()) for each in first)
    assert 50 <= at_once <= 70  # "up to 58 at once"


def test_hurence() -> None:
    summary = _load("hurence-2013-10-13").summary
    assert (summary.lines, summary.requests) == (12_893, 12_452)
    assert {each.reason: each.count for each in summary.unusable} == {
        str(Reason.METHOD): 439,  # OPTIONS * of Apache to itself above all
        str(Reason.NOT_HTTP): 2,
    }
    # About 2,235 with the OPTIONS of the server's own, which are no user's.
    assert 2_150 <= summary.sessions <= 2_235
    assert 0.86 <= summary.by_referer <= 0.95
    assert summary.asset_share == pytest.approx(0.53 * 12_893 / 12_452, abs=0.01)


def test_semicomplete() -> None:
    loaded = _load("semicomplete-2015-05")
    summary = loaded.summary
    assert (summary.lines, summary.requests) == (10_000, 9_999)
    assert summary.asset_share == pytest.approx(0.54, abs=0.01)
    assert loaded.traffic.end / 86.4e9 == pytest.approx(3.5, abs=0.1)
    # Every stamp is in minute 5 of its hour, so a session is within one hour.
    first = loaded.traffic.request_offset[loaded.traffic.page_offset]
    assert all(np.ptp(loaded.traffic.request_time[a:b]) < 60_000_000 for a, b in pairwise(first))
    # Stamps are shuffled within the minute; many assets come before their documents.
    assert summary.moved_documents > 100
    assert summary.by_referer > 0.5


def test_lines_in_any_order_give_the_same_sessions(tmp_path: Path) -> None:
    with gzip.open(LOGS / "hurence-2013-10-13.log.gz") as log:
        lines = log.readlines()
    random.Random(5).shuffle(lines)  # noqa: S311  (a shuffle, no secret)
    shuffled = tmp_path / "shuffled.log"
    shuffled.write_bytes(b"".join(lines))
    one, other = _load("hurence-2013-10-13").summary, load_traffic(shuffled).summary
    assert one.sessions == other.sessions
    assert abs(one.page_views - other.page_views) < 50  # lines of one second lost their order
    same = ("lines", "requests", "clients", "asset_share", "first", "last")
    fields = attrs.filters.include(*same)
    assert attrs.asdict(one, filter=fields) == attrs.asdict(other, filter=fields)

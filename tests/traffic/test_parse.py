"""Logs read in parts: the same, to the last bit, as when all of it is in memory at once."""

from __future__ import annotations

import gzip
import io
import random
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.traffic.formats import FORMATS, Entry
from tests.traffic.logs import LOGS, check_traffic, visits
from tests.traffic.plain_log import plain_layout, plain_log, plain_summary
from turnout.errors import InputError
from turnout.traffic.load import in_words
from turnout.traffic.parse import LIMITS, Limits, Shape, _Sample, parse
from turnout.traffic.reading import read_blocks
from turnout.traffic.sessionise import sessionise
from turnout.traffic.traffic import Known
from turnout.units import SECOND, Duration, seconds

if TYPE_CHECKING:
    from turnout.traffic import LogSummary, Traffic

_NAME = "a log"
_ARRAYS = ("page_offset", "request_offset", "has_document", "request_time")


def _parsed(content: bytes, shape: Shape, limits: Limits, block: int) -> tuple[Traffic, LogSummary]:
    parsed = parse(read_blocks(io.BytesIO(content), _NAME, block=block), _NAME, shape, limits)
    return in_words(parsed, shape, _NAME)


def _check(content: bytes, shape: Shape, limits: Limits, block: int) -> None:
    log = plain_log(content)
    layout, found = plain_layout(log, shape.session_gap, shape.page_window, shape.seed)
    traffic, summary = _parsed(content, shape, limits, block)
    for name in _ARRAYS:
        assert np.array_equal(getattr(traffic, name), getattr(layout, name)), name
    assert summary == plain_summary(Path(_NAME), log, found, shape.session_gap, shape.page_window)
    check_traffic(traffic)
    known = Known.of(traffic)
    assert np.array_equal(traffic.session_start, known.session_start)
    assert np.array_equal(traffic.session_end, known.session_end)
    assert traffic.busiest_second == known.busiest_second


_SHAPES = st.builds(
    Shape,
    session_gap=st.sampled_from((seconds(1_800), seconds(20), seconds(1), Duration(1_000))),
    page_window=st.sampled_from((seconds(30), seconds(1), Duration(1_000))),
    seed=st.integers(0, 3),
)
_LIMITS = st.builds(Limits, in_memory=st.sampled_from((1, 100, 1_000, 1 << 22)), requests=st.integers(1, 12))


@st.composite
def _logs(draw: st.DrawFn) -> bytes:
    """Lines in any order and of several formats, some of no use; many sessions, or few."""
    records = draw(visits())
    clients = draw(st.integers(1, 20))
    records = [
        attrs.evolve(
            each,
            client=f"10.0.{draw(st.integers(1, clients))}.1",
            time=each.time + draw(st.sampled_from((0, 0, 1, 999_999, 500_000))),
        )
        for each in records
    ]
    name = draw(st.sampled_from(("combined", "combined", "caddy", "vhost_combined", "mixed")))
    lines = [
        FORMATS[("caddy", "combined")[place % 2] if name == "mixed" else name](each)
        for place, each in enumerate(records)
    ]
    lines += draw(
        st.lists(
            st.sampled_from(("", "garbled", FORMATS["combined"](attrs.evolve(records[0], method="LOCK")))),
            max_size=3,
        )
    )
    return "\n".join(draw(st.permutations(lines))).encode()


@given(_logs(), _SHAPES, _LIMITS, st.sampled_from((1, 200, 3_000)))
def test_parts_are_as_good_as_the_whole(content: bytes, shape: Shape, limits: Limits, block: int) -> None:
    _check(content, shape, limits, block)


@given(_logs(), st.randoms())
def test_the_parts_do_not_matter(content: bytes, chance: random.Random) -> None:
    shape = Shape(session_gap=seconds(60), page_window=seconds(5), seed=1)
    first, second = (
        _parsed(
            content,
            shape,
            Limits(in_memory=chance.choice((1, 500, 1 << 22)), requests=chance.randrange(1, 40)),
            chance.randrange(1, 5_000),
        )
        for _ in range(2)
    )
    assert first[1] == second[1]
    assert all(np.array_equal(getattr(first[0], name), getattr(second[0], name)) for name in _ARRAYS)


@pytest.mark.skipif(not LOGS.is_dir(), reason="../shared/data/logs is not here")
@pytest.mark.parametrize("name", ["nasa-1995-08-01", "semicomplete-2015-05", "hurence-2013-10-13"])
def test_real_logs_in_order_and_out_of_it(name: str) -> None:
    shape = Shape(session_gap=seconds(1_800), page_window=seconds(30), seed=7)
    content = (LOGS / f"{name}.log.gz").read_bytes()
    _check(content, shape, LIMITS, 1 << 21)
    lines = gzip.decompress(content).split(b"\n")
    random.Random(name).shuffle(lines)  # noqa: S311  (a shuffle, no secret)
    for each in (content, b"\n".join(lines)):
        _check(each, shape, Limits(in_memory=50_000, requests=1_000), 30_000)


@given(st.lists(st.integers(0, 300), min_size=1, max_size=50), st.integers(1, 100))
def test_a_sample_stays_small_and_is_one_in_so_many(sizes: list[int], most: int) -> None:
    sample, time = _Sample(one_in=1), np.arange(sum(sizes))
    with patch("turnout.traffic.parse._MOST_SAMPLED", most):
        for part in np.split(time, np.cumsum(sizes)[:-1]):
            sample.add(part)
            assert sample._held == sum(map(len, sample._parts)) <= most
    assert np.concatenate(sample._parts).tolist() == time[:: sample.one_in].tolist()
    assert sample.one_in < max(2, 4 * len(time) / most)


def test_no_more_requests_at_a_time_than_asked_but_for_a_long_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[int] = []

    def watched(*arguments: object, **options: object) -> object:
        for session, placed in sessionise(*arguments, **options):  # type: ignore[arg-type]  # passed through
            seen.append(len(placed))
            yield session, placed

    monkeypatch.setattr("turnout.traffic.parse.sessionise", watched)
    records = [Entry(client=f"10.0.0.{place % 9}", time=10**15 + place * 700 * SECOND) for place in range(90)]
    records += [Entry(client="monitor", time=10**15 + place * SECOND) for place in range(25)]
    content = "\n".join(map(FORMATS["common"], records)).encode()
    shape = Shape(session_gap=seconds(1_800), page_window=seconds(30), seed=0)
    _check(content, shape, Limits(in_memory=1_000, requests=10), 2_000)
    assert max(seen) == 25  # the monitor's one session
    assert sorted(seen)[-2] <= 10
    assert sum(seen) == 115


def test_a_full_disk_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    content = FORMATS["common"](Entry(client="a", time=10**15)).encode()
    shape = Shape(session_gap=seconds(1_800), page_window=seconds(30), seed=0)
    with pytest.raises(InputError, match="No space left on device") as caught:
        _parsed(content, shape, Limits(in_memory=1, requests=10), 2_000)
    assert "TMPDIR" in str(caught.value)


@given(st.lists(st.sets(st.integers(0, 50)), max_size=20))
def test_hosts_are_counted_however_many(named: list[set[int]]) -> None:
    lines = [
        f"host{host} " + FORMATS["combined"](Entry(client="a", time=10**15))
        for hosts in named
        for host in hosts
    ]
    content = "\n".join([*lines, FORMATS["combined"](Entry(client="a", time=10**15))]).encode()
    shape = Shape(session_gap=seconds(1_800), page_window=seconds(30), seed=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("turnout.traffic.parse._Distinct._KNOWN", 3)
        assert _parsed(content, shape, LIMITS, 500)[1].hosts == len(set().union(*named))

"""Logs as traffic: every usable request is in one page view of one session, whatever the order of the lines."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.traffic.formats import Entry, lines
from tests.traffic.logs import check_traffic, log_file, session_lists, visits
from turnout.errors import InputError
from turnout.traffic import LoadedTraffic, Traffic, load_traffic
from turnout.units import SECOND, Duration, seconds

if TYPE_CHECKING:
    from random import Random

_ARRAYS = ("page_offset", "request_offset", "has_document", "request_time")


def _loaded(
    records: list[Entry], name: str = "combined", seed: int = 0, page_window: int = 30 * SECOND
) -> LoadedTraffic:
    with log_file(lines(records, name)) as path:
        return load_traffic(path, page_window=Duration(page_window), seed=seed)


def _same(one: Traffic, other: Traffic) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in _ARRAYS)


@given(visits(), st.sampled_from(("common", "combined", "nginx json", "caddy")), st.integers(0, 9))
def test_every_request_is_in_one_page_view_of_one_session(records: list[Entry], name: str, seed: int) -> None:
    loaded = _loaded(records, name, seed=seed)
    traffic, summary = loaded.traffic, loaded.summary
    check_traffic(traffic)
    assert traffic.requests == summary.requests == len(records)
    assert (traffic.sessions, traffic.page_views) == (summary.sessions, summary.page_views)
    assert (traffic.start, traffic.end % SECOND) == (0, 0)
    assert traffic.epoch is not None
    documents = sum(each.target in ("/", "/a", "/b") for each in records)
    assert traffic.has_document.sum() == documents
    shares = summary.by_referer + summary.by_time + summary.unattached
    assert shares == pytest.approx(1 if documents < len(records) else 0)
    if not summary.moved_documents:
        logged = Counter(each.time // SECOND for each in records)
        assert Counter(((traffic.request_time + traffic.epoch) // SECOND).tolist()) == logged
        slack = SECOND
    else:
        slack = SECOND + summary.page_window
    for session in session_lists(traffic):
        assert all(later - earlier <= summary.session_gap + slack for earlier, later in pairwise(session))


@given(visits(least=2), st.randoms())
def test_the_order_of_the_lines_does_not_matter(records: list[Entry], random: Random) -> None:
    # Lines of one second have nothing but their order; theirs is kept.
    shuffled = list(records)
    random.shuffle(shuffled)
    waiting = {
        second: [each for each in records if each.time == second] for second in {e.time for e in records}
    }
    shuffled = [waiting[each.time].pop(0) for each in shuffled]
    one, other = _loaded(sorted(records, key=lambda each: each.time)), _loaded(shuffled)
    assert _same(one.traffic, other.traffic)
    assert attrs.evolve(one.summary, source="") == attrs.evolve(other.summary, source="")


@given(visits(least=2), st.permutations(range(30)))
def test_no_order_changes_the_sessions(records: list[Entry], order: list[int]) -> None:
    shuffled = [records[place] for place in order if place < len(records)]

    def stamps(traffic: Traffic) -> Counter[tuple[int, ...]]:
        return Counter(tuple(time // SECOND for time in session) for session in session_lists(traffic))

    # Without referers no document is moved.
    records = [attrs.evolve(each, referer="") for each in records]
    shuffled = [attrs.evolve(each, referer="") for each in shuffled]
    assert stamps(_loaded(records).traffic) == stamps(_loaded(shuffled).traffic)


@given(visits(), st.integers(0, 3), st.integers(0, 3))
def test_the_seed_moves_requests_within_their_second_only(records: list[Entry], one: int, other: int) -> None:
    first, second = _loaded(records, seed=one), _loaded(records, seed=other)
    assert first.summary.page_views == second.summary.page_views
    assert one != other or _same(first.traffic, second.traffic)


@given(visits())
def test_times_finer_than_a_second_are_kept(records: list[Entry]) -> None:
    records = [attrs.evolve(each, time=each.time + 1_000 * place + 1) for place, each in enumerate(records)]
    loaded = _loaded(records, "caddy")
    assert loaded.summary.coarse_share == 0
    if not loaded.summary.moved_documents:
        epoch = loaded.traffic.epoch
        assert epoch is not None
        got = sorted((loaded.traffic.request_time + epoch).tolist())
        assert got == pytest.approx(sorted(each.time for each in records), abs=1)
    assert not any("known to the second" in note for note in loaded.traffic.notes)


def test_within_a_second_documents_come_first_and_order_is_kept() -> None:
    site = "https://www.example.org"
    targets = ["/a.css", "/", "/b.css", "/c.css", "/two", "/d.css"]
    referers = [f"{site}/", "", f"{site}/", f"{site}/", "", f"{site}/two"]
    records = [
        Entry(client="a", time=10**15, target=target, referer=referer)
        for target, referer in zip(targets, referers, strict=True)
    ]
    times = []
    for seed in range(50):
        traffic = _loaded(records, seed=seed).traffic
        assert np.diff(traffic.request_offset).tolist() == [4, 2]
        assert traffic.has_document.all()
        # "/", its three assets in the order of the log, then "/two": one second, six different times.
        assert (np.diff(traffic.request_time) > 0).all()
        times.append(traffic.request_time)
    assert np.mean(times) == pytest.approx(500_000, abs=60_000)
    assert np.mean(times, axis=0) == pytest.approx(np.arange(1, 7) / 7 * 1e6, abs=100_000)


def test_summary_as_json_and_as_words() -> None:
    records = [Entry(client=f"10.0.0.{place}", time=10**15 + place * SECOND) for place in range(3)]
    bad = attrs.evolve(records[0], method="OPTIONS")
    mixed = lines([*records, bad], "vhost_combined") + lines(
        [attrs.evolve(records[0], host="two")], "nginx vhost"
    )
    with log_file(mixed) as path:
        summary = load_traffic(path, session_gap=seconds(600)).summary
    record = json.loads(json.dumps(summary.to_dict()))
    assert (record["lines"], record["requests"], record["clients"], record["hosts"]) == (5, 4, 3, 2)
    assert (record["session_gap_seconds"], record["page_window_seconds"]) == (600.0, 30.0)
    assert record["unusable"][0]["count"] == 1
    assert record["unusable"][0]["examples"][0]["line"] == 4
    assert (record["first"], record["last"]) == ("2001-09-09T01:46:40Z", "2001-09-09T01:46:42Z")
    words = "\n".join(summary.describe())
    for said in (
        "4 requests",
        "3 clients",
        "no gap over 10m",
        "1 of 5 lines cannot be used",
        "OPTIONS",
        "2 virtual hosts",
    ):
        assert said in words
    assert "[page" not in words


def test_label_and_scale() -> None:
    with log_file(lines([Entry(client=f"10.0.0.{place}", time=10**15) for place in range(9)])) as path:
        assert load_traffic(path).traffic.label == "access.log"
        scaled = load_traffic(path, scale=3).traffic
    assert scaled.label == "derived: 3 × access.log"
    assert scaled.sessions == 27


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"session_gap": Duration(0)}, "session_gap cannot be 0s"),
        ({"page_window": seconds(-1)}, "page_window cannot be -1s"),
        ({"session_gap": Duration(2**60)}, "at most 365d"),
        ({"scale": 0.0}, "cannot be scaled by 0"),
    ],
)
def test_arguments_out_of_range(arguments: dict[str, object], said: str) -> None:
    with log_file(lines([Entry(client="a", time=10**15)])) as path, pytest.raises(InputError, match=said):
        load_traffic(path, **arguments)  # type: ignore[arg-type]

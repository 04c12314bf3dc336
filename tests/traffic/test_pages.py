"""Page views: the fast way and the plain way agree, and a page is what a person would call one."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.traffic.formats import Entry, lines
from tests.traffic.logs import log_file
from tests.traffic.reference import plain_pages
from turnout.traffic import load_traffic
from turnout.traffic.logged import LoggedRequests
from turnout.traffic.pages import BY_REFERER, BY_TIME, UNATTACHED, find_pages
from turnout.units import Duration, seconds

_WAYS = {"": UNATTACHED, "referer": BY_REFERER, "time": BY_TIME}
_row = st.tuples(
    st.integers(0, 3),  # later by
    st.sampled_from(("page", "page", "hidden", "asset", "asset", "asset")),
    st.integers(0, 1),  # path
    st.integers(-1, 1),  # referer
    st.integers(0, 2).map(lambda number: number == 0),  # which is an asset
)


@settings(max_examples=500)
@given(st.lists(st.lists(_row, min_size=1, max_size=8), min_size=1, max_size=4), st.integers(0, 6))
def test_fast_equals_plain(sessions: list[list[tuple[int, str, int, int, bool]]], window: int) -> None:
    rows = [row for session in sessions for row in session]
    _, kinds, path, referer, by_asset = (list(column) for column in zip(*rows, strict=True))
    session = np.repeat(np.arange(len(sessions)), [len(each) for each in sessions])
    time = np.concatenate([np.cumsum([row[0] for row in each]) for each in sessions])
    requests = LoggedRequests(
        time=time,
        whole_seconds=np.ones(len(rows), bool),
        client=session,
        asset=np.array([kind == "asset" for kind in kinds], bool),
        shows_page=np.array([kind == "page" for kind in kinds], bool),
        path=np.array(path, np.int64),
        referer=np.array(referer, np.int64),
        referer_asset=np.array(by_asset, bool) & (np.array(referer, np.int64) >= 0),
    )
    fast = find_pages(session, requests, Duration(window))
    head, way = plain_pages(session.tolist(), requests, window)
    assert fast.head.tolist() == head
    assert fast.way.tolist() == [_WAYS[each] for each in way]


_SITE = "https://www.example.org"


def _entry(second: float, target: str, referer: str = "", *, status: int = 200, method: str = "GET") -> Entry:
    time = round((1_700_000_000 + second) * 1_000_000)
    return Entry(
        client="a", time=time, target=target, referer=referer, status=status, method=method, agent="x"
    )


def _pages(*records: Entry, window: int = 30, name: str = "combined") -> list[tuple[bool, int]]:
    """Of each page view: whether it has a document, and how many requests."""
    with log_file(lines(list(records), name)) as path:
        traffic = load_traffic(path, page_window=seconds(window)).traffic
    return list(zip(traffic.has_document.tolist(), np.diff(traffic.request_offset).tolist(), strict=True))


def test_assets_follow_their_referers_across_tabs() -> None:
    records = (
        _entry(0, "/one"),
        _entry(1, "/two"),
        _entry(2, "/1.css", f"{_SITE}/one?utm=3#top"),
        _entry(2, "/2.css", f"{_SITE}/two"),
        _entry(3, "/1.png", f"{_SITE}/1.css"),
        _entry(3, "/1.woff", f"{_SITE}/1.css?v=2"),
        _entry(900, "/late.js", f"{_SITE}/one"),
    )
    assert _pages(*records) == [(True, 5), (True, 2)]


def test_the_latest_of_two_visits_gets_the_asset() -> None:
    reload = (
        _entry(0, "/"),
        _entry(1, "/a.css", f"{_SITE}/"),
        _entry(60, "/"),
        _entry(61, "/b.css", f"{_SITE}/"),
    )
    assert _pages(*reload) == [(True, 2), (True, 2)]
    assert _pages(*reload, _entry(62, "/c.png", f"{_SITE}/"), _entry(63, "/d.png", f"{_SITE}/b.css")) == [
        (True, 2),
        (True, 4),
    ]


def test_without_referers_time_decides() -> None:
    records = (
        _entry(0, "/"),
        _entry(30, "/a.gif"),
        _entry(61, "/b.gif"),
        _entry(91, "/c.gif"),
        _entry(122, "/d.gif"),
    )
    assert _pages(*records) == [(True, 2), (False, 2), (False, 1)]
    assert _pages(*records, window=130) == [(True, 5)]


def test_a_document_that_comes_too_long_after_is_another_page_view() -> None:
    for later, expected in ((30, [(True, 2)]), (31, [(False, 1), (True, 1)])):
        assert _pages(_entry(0, "/a.css", f"{_SITE}/"), _entry(later, "/")) == expected


def test_a_page_view_that_is_moved_back_comes_before_those_in_between() -> None:
    records = (_entry(0, "/a.css", f"{_SITE}/two"), _entry(2, "/"), _entry(4, "/two"))
    assert _pages(*records) == [(True, 2), (True, 1)]


def test_a_redirect_a_monitor_and_a_call_show_no_page() -> None:
    records = (
        _entry(0, "/old"),
        _entry(1, "/go", status=302),
        _entry(2, "/", method="HEAD"),
        _entry(3, "/cart", method="PUT"),
        _entry(4, "/a.png"),
    )
    assert _pages(*records) == [(True, 3), (True, 1), (True, 1)]


def test_a_document_in_the_cache_leaves_a_page_view_without_it() -> None:
    records = (
        _entry(0, "/"),
        _entry(5, "/a.css", f"{_SITE}/elsewhere"),
        _entry(6, "/b.css", f"{_SITE}/elsewhere"),
        _entry(6, "/c.css", f"{_SITE}/other"),
        _entry(7, "/d.png", f"{_SITE}/b.css"),
    )
    assert _pages(*records) == [(True, 1), (False, 3), (False, 1)]


def test_a_stylesheet_in_the_cache_leaves_time_to_decide() -> None:
    records = (_entry(0, "/"), _entry(1, "/d.png", f"{_SITE}/cached.css"))
    assert _pages(*records) == [(True, 2)]


def test_a_document_that_is_logged_when_it_is_done_gets_its_assets() -> None:
    records = (_entry(0.5, "/a.css", f"{_SITE}/"), _entry(0.7, "/"), _entry(0.8, "/b.css", f"{_SITE}/"))
    assert _pages(*records, name="nginx json parts") == [(True, 3)]
    with log_file(lines(list(records), "nginx json parts")) as path:
        loaded = load_traffic(path)
    assert loaded.traffic.request_time.tolist() == [500_000, 500_000, 800_000]
    assert loaded.summary.moved_documents == 1
    assert any("moved back" in note for note in loaded.traffic.notes)

"""Logs as files, and the checks that every `Traffic` must pass."""

from __future__ import annotations

import tempfile
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import strategies as st

from tests.traffic.formats import Entry
from tests.traffic.plain_log import PlainLog
from turnout.traffic.log import LogReader
from turnout.traffic.logged import LoggedRequests
from turnout.traffic.opening import name_of, opened
from turnout.traffic.reading import BLOCK, read_blocks
from turnout.traffic.records import ASSET, NO_PATH, REFERER_ASSET, SHOWS_PAGE, WHOLE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from turnout.traffic import Traffic

__all__ = ["LOGS", "check_traffic", "log_file", "read_log", "session_lists", "visits"]

LOGS = Path(__file__).parents[2].parent / "shared" / "data" / "logs"
"""The real logs, which lie beside the repository; not everywhere."""


@contextmanager
def log_file(content: bytes) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "access.log")
        path.write_bytes(content)
        yield path


def read_log(path: str | Path, block: int = BLOCK) -> PlainLog:
    """Read a log block by block, as turnout does, and number what it knows by keys as `plain_log` does."""
    reader, rows, hosts = LogReader(), [], set()
    with opened(path) as stream, closing(read_blocks(stream, name_of(path), block=block)) as blocks:
        for each in blocks:
            found, named = reader.read(each)
            rows.append(found)
            hosts |= named
            if reader.hopeless and len(each) > BLOCK // 2:  # small ones say nothing about the whole
                break
    if not reader.requests:
        raise reader.rejected.nothing_usable(reader.lines, name_of(path))
    requests = np.concatenate(rows)
    assert requests["number"].tolist() == list(range(reader.requests))
    client = _numbers(requests["client"].tolist())
    both = _numbers([key for row in requests for key in (int(row["path"]), int(row["referer"]))])
    path_number, referer = np.array(both, np.int64).reshape(-1, 2).T
    flags = requests["flags"]
    return PlainLog(
        lines=reader.lines,
        requests=LoggedRequests(
            time=requests["time"],
            whole_seconds=(flags & WHOLE_SECONDS) != 0,
            client=np.array(client, np.int64),
            asset=(flags & ASSET) != 0,
            shows_page=(flags & SHOWS_PAGE) != 0,
            path=path_number,
            referer=referer,
            referer_asset=(flags & REFERER_ASSET) != 0,
        ),
        unusable=reader.rejected.counts(),
        clients=len(set(client)),
        hosts=len(hosts),
    )


def _numbers(keys: Iterable[int]) -> list[int]:
    """Number keys in the order in which they first come; none is -1."""
    known: dict[int, int] = {}
    return [-1 if key == int(NO_PATH) else known.setdefault(key, len(known)) for key in keys]


# Few paths and clients, close in time: rich in coincidences. 1800 is the session gap.
_PATHS = ("/", "/a", "/b", "/style.css?v=2", "/font.woff2", "/logo.png")
_REFERERS = (
    "",
    "",
    "https://www.example.org/",
    "https://www.example.org/a?x=1",
    "https://www.example.org/style.css?v=2",
    "https://search.example/",
)


@st.composite
def visits(draw: st.DrawFn, *, least: int = 1) -> list[Entry]:
    """Requests in no particular order."""
    seconds = st.integers(0, 5) | st.integers(25, 35) | st.integers(1_790, 1_810) | st.integers(0, 10_000)
    return draw(
        st.lists(
            st.builds(
                Entry,
                client=st.sampled_from(("10.0.0.1", "10.0.0.2")),
                time=seconds.map(lambda second: (1_700_000_000 + second) * 1_000_000),
                method=st.sampled_from(("GET", "GET", "GET", "POST", "HEAD")),
                target=st.sampled_from(_PATHS),
                status=st.sampled_from((200, 200, 304, 302, 404)),
                referer=st.sampled_from(_REFERERS),
                agent=st.sampled_from(("Firefox", "Safari")),
            ),
            min_size=least,
            max_size=30,
        )
    )


def check_traffic(traffic: Traffic) -> None:
    """What `Traffic` promises of its arrays."""
    pages, requests, time = traffic.page_offset, traffic.request_offset, traffic.request_time
    assert pages.dtype == requests.dtype == time.dtype == np.int64
    assert traffic.has_document.dtype == np.bool_
    assert len(traffic.has_document) == traffic.page_views == pages[-1]
    assert traffic.requests == requests[-1]
    assert pages[0] == requests[0] == 0
    assert (np.diff(pages) > 0).all()
    assert (np.diff(requests) > 0).all()
    assert traffic.start <= time.min()
    assert time.max() < traffic.end
    page = np.repeat(np.arange(traffic.page_views), np.diff(requests))
    assert (np.diff(time)[np.diff(page) == 0] >= 0).all()  # never falling within a page view
    begins = time[requests[:-1]]
    session = np.repeat(np.arange(traffic.sessions), np.diff(pages))
    assert (
        np.diff(begins)[np.diff(session) == 0] >= 0
    ).all()  # page views in the order of their first request
    assert (np.diff(begins[pages[:-1]]) >= 0).all()  # sessions in the order of theirs


def session_lists(traffic: Traffic) -> list[tuple[int, ...]]:
    """The times of each session's requests, in order."""
    bounds = traffic.request_offset[traffic.page_offset]
    return [tuple(sorted(traffic.request_time[begin:end].tolist())) for begin, end in pairwise(bounds)]

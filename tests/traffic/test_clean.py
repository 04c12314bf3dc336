"""Clean lines read many at once: whatever a line holds, it is what the line by line way says of it."""

from __future__ import annotations

import gzip
import random
from itertools import product
from typing import TYPE_CHECKING

import attrs
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.traffic.formats import FORMATS, Entry, entries
from tests.traffic.logs import LOGS, log_file, read_log
from tests.traffic.plain_log import PlainLog, plain_log
from turnout.errors import InputError
from turnout.traffic.clean import CleanLines, Lines
from turnout.traffic.logged import LoggedRequests

if TYPE_CHECKING:
    from collections.abc import Callable

_COMMON = b'10.0.0.1 - - [01/Aug/1995:02:00:00 -0400] "GET /a/b.css?x=1 HTTP/1.0" 200 17'
_COMBINED = _COMMON + b' "https://www.example.org/a/style.css#x" "Mozilla/5.0 (X11; Linux)"'


def _check(content: bytes, block: int = 1 << 21) -> None:
    """Both ways must agree in everything."""
    plain = plain_log(content)
    with log_file(content) as path:
        try:
            fast = read_log(path, block)
        except InputError:
            assert not len(plain.requests.time)
            return
    for field in attrs.fields(PlainLog):
        if field.name != "requests":
            assert getattr(fast, field.name) == getattr(plain, field.name), field.name
    for field in attrs.fields(LoggedRequests):
        one, other = getattr(fast.requests, field.name), getattr(plain.requests, field.name)
        assert one.tolist() == other.tolist(), field.name


def _clean(*lines: bytes) -> list[int]:
    """Which of these lines are read many at once."""
    found, _ = CleanLines().find(Lines.of(b"".join(line + b"\n" for line in lines)))
    return [int(each) for each in found]


# What matters to any of the patterns, and what is near it.
_BYTES = st.sampled_from(
    [bytes([each]) for each in b' "\\[]/?#;:.,-+\r\t\0\x0b\x7f\xef{}09azAZ'] + [b"HTTP/", b"://", b"- "]
)


@st.composite
def _mutated(draw: st.DrawFn, line: bytes) -> bytes:
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(line)))
        removed = draw(st.integers(0, 2))
        line = line[:place] + draw(st.just(b"") | _BYTES | st.binary(max_size=1)) + line[place + removed :]
    return line.replace(b"\n", b"")


_LINES = st.one_of(
    st.sampled_from((_COMMON, _COMBINED)),
    st.builds(
        lambda entry, name: FORMATS[name](entry).encode(),
        entries(),
        st.sampled_from(
            ("common", "combined", "combined", "with referer", "vhost_combined", "forwarded for", "caddy")
        ),
    ),
)


@given(st.lists(_LINES.flatmap(_mutated), min_size=1, max_size=12), st.sampled_from((1, 50, 700, 1 << 21)))
@example([b"\xef\xbb\xbf" + _COMMON, _COMMON], 1 << 21)
@example([_COMMON, b"", b" " + _COMMON + b"  \r", _COMBINED + b"\r"], 1 << 21)
@example([_COMBINED.replace(b" 17 ", b" 17x "), _COMBINED.replace(b" 17 ", b" - ")], 1 << 21)
@example([_COMBINED + b' "203.0.113.9"', _COMBINED + b" 0.013 .", _COMBINED[:-1]], 1 << 21)
@example([_COMMON.replace(b":00:00 -", b":00:60 -"), _COMMON.replace(b"02:00:00", b"24:00:00")], 1 << 21)
@example([_COMMON.replace(b"01/Aug/1995", b"31/Dec/9999"), _COMMON.replace(b"01/Aug", b"31/Jun")], 1 << 21)
@example([_COMMON.replace(b" -0400", b".12345"), _COMMON.replace(b" -0400", b"-04:00")], 1 << 21)
@example([_COMMON.replace(b"10.0.0.1", b"-"), _COMMON.replace(b"10.0.0.1", b"10.0.0.1,")], 1 << 21)
def test_it_is_what_the_careful_way_says(lines: list[bytes], block: int) -> None:
    _check(b"\n".join(lines), block)


def _with_path(path: str) -> bytes:
    return _COMMON.replace(b"/a/b.css?x=1", path.encode())


def _with_referer(referer: str) -> bytes:
    return _COMMON + f' "{referer}" "-"'.encode()


_HOSTS = ("a", "a.ts", "a.css/")
_BEGINNINGS = ("/", "", *("://".join(parts) for parts in product(("http", "https", "HTTP", "app"), _HOSTS)))


@pytest.mark.parametrize("wrap", [_with_path, _with_referer])
@given(
    st.lists(
        st.builds(
            "{}{}{}".format,
            st.sampled_from(_BEGINNINGS),
            st.text("aT./;?#s", max_size=20),
            st.sampled_from(
                ("", ".css", ".JS", ".ts", ".woff2", ".webmanifest", ".manifest", "css", ".c.gz", "/.png")
            ),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_paths_and_kinds(wrap: Callable[[str], bytes], texts: list[str]) -> None:
    _check(b"\n".join(map(wrap, texts)))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "get")), st.integers(100, 599)
        ),
        min_size=1,
    )
)
def test_methods_and_statuses(asked: list[tuple[str, int]]) -> None:
    records = [Entry(client="a", time=10**15, method=method, status=status) for method, status in asked]
    _check("\n".join(map(FORMATS["combined"], records)).encode())


def test_everyday_lines_are_clean() -> None:
    everyday = [_COMMON, _COMBINED, _COMMON + b"\r", _COMMON.replace(b"GET", b"DELETE")]
    everyday += [
        _with_referer("-"),
        _with_referer(""),
        _COMMON.replace(b" 17", b" -"),
        _with_path("/" + "x" * 900),
    ]
    assert _clean(*everyday) == list(range(len(everyday)))


def test_lines_in_doubt_are_not_clean() -> None:
    doubtful = [
        b"",
        b"x",
        _COMBINED.replace(b"/a/", b"/a;b/"),
        _COMMON + b'"',
        _COMMON.replace(b"- -", b"- me"),
        _with_path("/\\x22"),
    ]
    doubtful += [
        _with_path("/a b;c"),
        _with_path("/" + "x" * 3_000),
        b"{" + _COMMON,
        _with_referer(_BEGINNINGS[-1]),
    ]
    assert _clean(*doubtful, _COMMON) == [len(doubtful)]


@pytest.mark.skipif(not LOGS.is_dir(), reason="../shared/data/logs is not here")
@pytest.mark.parametrize("name", ["nasa-1995-08-01", "semicomplete-2015-05", "hurence-2013-10-13"])
def test_real_lines_whole_and_damaged(name: str) -> None:
    content = gzip.decompress((LOGS / f"{name}.log.gz").read_bytes())
    _check(content)
    clean = sum(len(_clean(line)) for line in content.split(b"\n")[:300])
    assert clean > 250
    chance = random.Random(name)  # noqa: S311  (no secret)
    damaged = [bytearray(line) for line in chance.sample(content.split(b"\n"), 3_000)]
    for line in damaged:
        if line:
            line[chance.randrange(len(line))] = chance.choice(b' "\\[]/?#;:.,-\r\0{09A')
    _check(b"\n".join(damaged), 50_000)


def test_an_empty_block() -> None:
    assert _clean() == []
    assert np.concatenate([CleanLines().find(Lines.of(b"\n\n"))[1]]).size == 0

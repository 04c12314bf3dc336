"""Reading logs: any file gives requests, counts of what cannot be used, or one clear line."""

from __future__ import annotations

import gzip
import hashlib
import io
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.traffic.formats import FORMATS, Entry, entries, lines
from tests.traffic.logs import log_file, read_log
from turnout.errors import InputError
from turnout.traffic.reading import BLOCK, LONGEST_LINE, read_blocks
from turnout.traffic.rejected import Reason

_GOOD = b'10.0.0.1 - - [01/Aug/1995:02:00:00 -0400] "GET / HTTP/1.0" 200 1\n'


def _refusal(path: str | Path) -> str:
    with pytest.raises(InputError) as caught:
        read_log(path)
    text = str(caught.value)
    assert "\n" not in text
    assert text.isprintable()
    return text


def _refused(content: bytes) -> str:
    with log_file(content) as path:
        text = _refusal(path)
        assert str(path) in text
    return text


@given(st.lists(st.tuples(entries(), st.sampled_from(sorted(FORMATS))), min_size=1, max_size=12))
def test_mixed_formats(records: list[tuple[Entry, str]]) -> None:
    content = "".join(f"{FORMATS[name](entry)}\n" for entry, name in records).encode()
    used = [entry for entry, _ in records if entry.method != "OPTIONS"]
    with log_file(content) as path:
        if not used:
            assert "a method that no page view uses" in _refusal(path)
            return
        log = read_log(path)
    assert log.lines == len(records)
    assert len(log.requests.time) == len(used)
    assert [each.count for each in log.unusable] == [len(records) - len(used)] * (len(records) > len(used))


@given(st.binary(max_size=400) | st.lists(st.binary(max_size=30) | st.just(_GOOD), max_size=8).map(b"".join))
@example(b"\x1f\x8b")
@example(b"\n\r\n \n")
def test_no_bytes_make_it_fail(content: bytes) -> None:
    with log_file(content) as path:
        try:
            log = read_log(path)
        except InputError as error:
            assert str(error).isprintable()  # noqa: PT017  (both ends are fine)
        else:
            assert log.lines == len(log.requests.time) + sum(each.count for each in log.unusable)
            assert all(example.text.isprintable() for each in log.unusable for example in each.examples)


@given(st.lists(st.text("ab\r", max_size=6).map(str.encode), max_size=10), st.booleans(), st.integers(1, 20))
def test_blocks_hold_the_lines_whatever_their_size(
    content: list[bytes],
    ends: bool,  # noqa: FBT001  (Hypothesis passes it by name)
    block: int,
) -> None:
    data = b"\n".join(content) + b"\n" * ends
    expected = data.split(b"\n")
    blocks = list(read_blocks(io.BytesIO(data), "a log", block=block))
    assert all(each.endswith(b"\n") for each in blocks)
    assert b"".join(blocks).split(b"\n")[:-1] == (expected if expected[-1] else expected[:-1])


@given(entries().filter(lambda entry: entry.method != "OPTIONS"), st.sampled_from(sorted(FORMATS)))
def test_byte_order_mark_and_windows_line_ends(entry: Entry, name: str) -> None:
    line = FORMATS[name](entry).encode()
    with log_file(b"\xef\xbb\xbf" + line + b"\r\n" + b"\r\n" + line + b"\r\n") as path:
        log = read_log(path)
    assert log.lines == 2
    assert log.clients == 1
    assert log.unusable == ()


def test_each_reason_is_counted_with_three_examples() -> None:
    head = b"10.0.0.1 - - [01/Aug/1995:02:00:00 -0400] "
    bad = {
        Reason.NO_LOG_LINE: [b"hello \x1b[31mworld"] * 5,
        Reason.NO_CLIENT: [b'- - - [01/Aug/1995:02:00:00 -0400] "GET / HTTP/1.0" 200 1'],
        Reason.NO_TIME: [
            b'a - - [30/Feb/1995:02:00:00 -0400] "GET / HTTP/1.0" 200 1',
            b'{"remote_addr":"a"}',
        ],
        Reason.NO_REQUEST: [head + b'"-" 408 -', head + b'"" 400 -'],
        Reason.NOT_HTTP: [head + b'"\\x16\\x03\\x01" 400 -', head + b'"hello" 400 -'],
        Reason.METHOD: [head + b'"OPTIONS * HTTP/1.0" 200 -', head + b'"CONNECT a:443 HTTP/1.1" 405 -'],
        Reason.TOO_LONG: [head + b'"GET /' + b"x" * LONGEST_LINE + b' HTTP/1.0" 200 1'],
    }
    with log_file(b"".join(line + b"\n" for each in bad.values() for line in each) + _GOOD) as path:
        log = read_log(path)
    assert {each.reason: each.count for each in log.unusable} == {
        str(r): len(each) for r, each in bad.items()
    }
    assert log.unusable[0].reason == str(Reason.NO_LOG_LINE)
    assert [example.line for example in log.unusable[0].examples] == [1, 2, 3]
    assert log.unusable[0].examples[0].text == "hello \\x1b[31mworld"
    assert all(len(example.text) <= 120 for each in log.unusable for example in each.examples)
    assert len(log.requests.time) == 1


def test_an_overlong_line_without_end_takes_no_memory() -> None:
    data = b"x" * 3_000_000 + b"\n" + _GOOD
    assert max(map(len, read_blocks(io.BytesIO(data), "a log", block=1_000))) <= LONGEST_LINE + 1_001
    with log_file(data) as path:
        log = read_log(path)
    assert [each.reason for each in log.unusable] == [str(Reason.TOO_LONG)]
    assert log.unusable[0].examples[0].line == 1


def test_the_same_client_in_different_clothes() -> None:
    one = Entry(client="10.0.0.1", time=10**15, agent="Firefox")
    two = Entry(client="10.0.0.1", time=10**15, agent="Safari")
    log = lines([one, two, one], "combined") + lines([one, two], "caddy") + lines([one], "common")
    with log_file(log) as path:
        read = read_log(path)
    assert read.clients == 3  # with the one, with the other, with none
    assert read.requests.client.tolist() == [0, 1, 0, 0, 1, 2]
    assert read.hosts == 1


def test_gzip_by_content_not_by_name() -> None:
    content = _GOOD * 1_000
    for data in (gzip.compress(content), gzip.compress(content[:700]) + gzip.compress(content[700:])):
        with log_file(data) as path:
            assert read_log(path).lines == 1_000
    with log_file(content) as path:
        renamed = path.rename(path.with_suffix(".gz"))
        assert read_log(renamed).lines == 1_000


@given(st.integers(0, 200), st.integers(0, 255))
def test_damaged_gzip_gives_no_half_result(place: int, byte: int) -> None:
    content = _GOOD * 50 + hashlib.sha512(_GOOD).hexdigest().encode()  # the latter is hard to compress
    data = bytearray(gzip.compress(content, mtime=0))
    place %= len(data)
    if place < 2 or data[place] == byte:
        return
    data[place] = byte
    with log_file(bytes(data)) as path:
        try:
            log = read_log(path)
        except InputError as error:
            assert "gzip" in str(error)  # noqa: PT017  (both ends are fine)
        else:
            # Nothing protects flags, time and system in the header, nor the bits between the last block and its sum.
            assert place < 10 or gzip.decompress(bytes(data)) == content
            assert len(log.requests.time) == 50


@pytest.mark.parametrize("cut", [3, 15, 60, -9, -1])
def test_truncated_gzip(cut: int) -> None:
    assert "this gzip file is truncated" in _refused(gzip.compress(_GOOD * 200)[:cut])


def test_corrupt_gzip() -> None:
    assert "this gzip file is corrupt" in _refused(gzip.compress(_GOOD) + b"garbage")
    assert "this gzip file is corrupt" in _refused(b"\x1f\x8b\x08\x00" + b"\0" * 6 + b"\xff" * 50)


def test_empty() -> None:
    assert "this log is empty" in _refused(b"")
    assert "this log is empty" in _refused(b"\n\r\n  \n")
    assert "this log is empty" in _refused(gzip.compress(b""))
    assert "this log is empty" in _refused(b"\0" * 3_000_000)  # what a crash leaves of a file


def test_no_usable_line() -> None:
    text = _refused(b"hello\nworld\n" + _GOOD.replace(b"GET", b"OPTIONS"))
    assert "none of its 3 lines can be used; 2 for this reason: not in a known log format" in text
    assert "line 1: hello" in text


@pytest.mark.parametrize(
    "content",
    [
        bytes(range(256)) * 20,
        b"\x7fELF\x02\x01\x01" + b"\0" * 100,
        _GOOD.decode().encode("utf-16"),
        b"\x28\xb5\x2f\xfd\x00\x58\x11\n\x00" * 9,
        b"\x01\x02\x03\n" * (BLOCK // 4) + _GOOD,  # the first block of it is enough
    ],
)
def test_binary(content: bytes) -> None:
    assert "this is binary, not an access log" in _refused(content)


def test_a_log_that_was_rotated_under_its_writer_begins_with_zeros() -> None:
    with log_file(b"\0" * 5_000 + _GOOD * 3) as path:
        assert len(read_log(path).requests.time) == 3
    with log_file(b"\0" * 3_000_000 + _GOOD * 3) as path:
        assert len(read_log(path).requests.time) == 2


def test_what_is_not_there(tmp_path: Path) -> None:
    assert "no such file" in _refusal(tmp_path / "nothing.log")
    assert "this is a directory" in _refusal(tmp_path)
    assert "zero byte" in _refusal("a\0b")
    file = tmp_path / "file"
    file.write_bytes(_GOOD)
    assert "cannot be read" in _refusal(file / "below")
    assert "cannot be read" in _refusal(tmp_path / ("x" * 5_000))


def test_what_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert "cannot be read: Permission denied" in _refusal(tmp_path / "secret.log")


@pytest.mark.parametrize("content", [_GOOD * 3, gzip.compress(_GOOD * 3)], ids=["plain", "gzip"])
def test_standard_input(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    given_bytes = io.BytesIO(content)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(given_bytes))
    log = read_log("-")
    assert log.lines == 3
    assert not given_bytes.closed


@pytest.mark.parametrize("stdin", [None, io.StringIO("text")])
def test_no_standard_input(stdin: io.StringIO | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", stdin)
    assert "there is no standard input" in _refusal("-")


def test_standard_input_is_named_when_it_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    assert _refusal("-").startswith("standard input: this log is empty")


def test_the_arrays_are_those_of_the_lines() -> None:
    site = "https://www.example.org"
    records = [
        Entry(client="b", time=5_000_000, target="/a.css?x", referer=f"{site}/?q", agent="x"),
        Entry(client="a", time=4_000_000, target="/", referer="https://search.example/", agent="x"),
        Entry(client="a", time=4_000_000, target="/f.woff", referer=f"{site}/a.css", agent="x", status=404),
        Entry(client="b", time=6_000_000, target="/go", status=302),
    ]
    with log_file(lines(records[:3]) + lines(records[3:], "caddy")) as path:
        found = read_log(path).requests
    assert found.time.tolist() == [5_000_000, 4_000_000, 4_000_000, 6_000_000]
    assert found.whole_seconds.tolist() == [True, True, True, False]
    assert found.client.tolist() == [0, 1, 1, 2]
    assert found.asset.tolist() == [True, False, True, False]
    assert found.shows_page.tolist() == [False, True, False, False]
    assert found.referer_asset.tolist() == [False, False, True, False]
    assert found.referer[0] == found.path[1]  # "/"
    assert found.referer[2] == found.path[0]
    assert found.referer[3] == -1
    assert len(np.unique(found.path)) == 4

"""The cache: the same traffic with it as without, whatever happens to its files."""

from __future__ import annotations

import gzip
import io
import os
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.traffic.formats import Entry, lines
from tests.traffic.logs import log_file
from turnout.errors import InputError
from turnout.traffic import LoadedTraffic, default_cache, load, load_traffic, opening, stored
from turnout.traffic import parse as parsing
from turnout.traffic.cache import Cache
from turnout.traffic.reading import BLOCK
from turnout.units import SECOND, seconds

_ARRAYS = ("page_offset", "request_offset", "has_document", "request_time", "session_start", "session_end")
_LOG = (
    lines(
        [
            Entry(
                client=f"10.0.0.{place % 7}",
                time=10**15 + place * 40 * SECOND,
                target="/a" if place % 3 else "/a.css",
                referer="" if place % 3 else "https://www.example.org/a",
                agent="Firefox",
            )
            for place in range(60)
        ]
    )
    + b"garbled\n"
)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.write_bytes(_LOG)
    return path


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "kept"


@pytest.fixture
def parses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what was really parsed."""
    names: list[str] = []
    parse = parsing.parse

    def watched(blocks: Any, name: str, *more: Any) -> Any:
        names.append(name)
        return parse(blocks, name, *more)

    monkeypatch.setattr(load, "parse", watched)
    return names


def _same(one: LoadedTraffic, other: LoadedTraffic) -> bool:
    a, b = one.traffic, other.traffic
    assert one.summary == other.summary
    assert (a.start, a.end, a.label, a.epoch, a.notes, a.busiest_second) == (
        b.start,
        b.end,
        b.label,
        b.epoch,
        b.notes,
        b.busiest_second,
    )
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in _ARRAYS)


def _entries(directory: Path) -> list[Path]:
    return sorted(directory.iterdir())


def test_the_second_time_nothing_is_parsed(log: Path, kept: Path, parses: list[str]) -> None:
    plain = load_traffic(log)
    first, second = (load_traffic(log, cache=kept) for _ in range(2))
    assert len(parses) == 2
    assert _same(plain, first)
    assert _same(plain, second)
    assert (first.remark, second.remark) == (None, None)
    assert not second.traffic.request_time.flags.writeable
    second.traffic.release()
    assert _same(plain, second)


def test_content_counts_and_not_the_name(log: Path, kept: Path, parses: list[str]) -> None:
    load_traffic(log, cache=kept)
    other = log.rename(log.with_name("renamed.log"))
    found = load_traffic(str(other), cache=str(kept))
    assert parses == [str(log)]
    assert (found.traffic.label, found.summary.source) == ("renamed.log", str(other))
    other.write_bytes(_LOG.replace(b"10.0.0.1 ", b"10.0.0.2 "))  # of the same size
    assert load_traffic(other, cache=kept).summary.clients == 6
    assert len(parses) == 2
    with other.open("ab") as grown:
        grown.write(_LOG)
    assert load_traffic(other, cache=kept).summary.lines == 122
    assert len(_entries(kept)) == 3


@pytest.mark.parametrize("options", [{"session_gap": seconds(60)}, {"page_window": seconds(1)}, {"seed": 1}])
def test_what_shapes_the_result_counts(
    log: Path, kept: Path, parses: list[str], options: dict[str, Any]
) -> None:
    load_traffic(log, cache=kept)
    changed = load_traffic(log, cache=kept, **options)
    assert len(parses) == 2
    assert _same(changed, load_traffic(log, **options))
    assert _same(load_traffic(log, cache=kept, scale=3), load_traffic(log, scale=3))
    assert len(parses) == 4


def test_another_version_does_not_count(
    log: Path, kept: Path, parses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    load_traffic(log, cache=kept)
    monkeypatch.setattr(stored, "VERSION", stored.VERSION + 1)
    load_traffic(log, cache=kept)
    assert len(parses) == 2


@pytest.mark.parametrize("content", [_LOG, gzip.compress(_LOG), _LOG * 2_000], ids=["plain", "gzip", "long"])
@pytest.mark.parametrize("block", [BLOCK, 1_000])
def test_standard_input(
    content: bytes, block: int, kept: Path, parses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("turnout.traffic.opening.BLOCK", block)
    monkeypatch.setattr(opening, "_IN_MEMORY", 100_000)
    found = []
    for _ in range(2):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        found.append(load_traffic("-", cache=kept))
    assert parses == ["standard input"]
    assert _same(*found)
    assert found[0].summary.source == "standard input"


def test_a_file_and_standard_input_share_what_is_kept(
    log: Path, kept: Path, parses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    load_traffic(log, cache=kept)
    with log.open() as given:
        monkeypatch.setattr(sys, "stdin", given)
        load_traffic("-", cache=kept)
    assert parses == [str(log)]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe(tmp_path: Path, kept: Path, parses: list[str]) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    found = []
    for _ in range(2):
        writer = threading.Thread(target=pipe.write_bytes, args=(_LOG,))
        writer.start()
        found.append(load_traffic(pipe, cache=kept))
        writer.join()
    assert parses == [str(pipe)]
    assert _same(*found)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_in_the_place_of_what_is_kept(log: Path, kept: Path, parses: list[str]) -> None:
    first = load_traffic(log, cache=kept)
    [entry] = _entries(kept)
    entry.unlink()
    os.mkfifo(entry)
    assert _same(first, load_traffic(log, cache=kept))
    assert entry.is_file(), "what was parsed again has taken its place"
    assert _same(first, load_traffic(log, cache=kept))
    assert parses == [str(log)] * 2


def test_standard_input_that_never_ends_but_is_binary(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            buffer[:] = (b"\x01\x02\x03\n" * (len(buffer) // 4 + 1))[: len(buffer)]
            return len(buffer)

    class Given:
        closed = False
        buffer = Endless()

    monkeypatch.setattr(sys, "stdin", Given())
    with pytest.raises(InputError, match="this is binary"):
        load_traffic("-", cache=kept)
    assert not kept.exists()


@given(data=st.data(), kind=st.sampled_from(("cut", "changed", "longer", "replaced")))
def test_damage_is_noticed_and_mended(data: st.DataObject, kind: str) -> None:
    with log_file(_LOG) as log:
        kept = log.with_name("kept")
        good = load_traffic(log, cache=kept)
        (entry,) = _entries(kept)
        content = entry.read_bytes()
        place = data.draw(st.integers(0, len(content) - 1))
        damaged = bytearray(content)
        damaged[place] ^= data.draw(st.integers(1, 255))
        entry.write_bytes(
            {
                "cut": content[:place],
                "changed": bytes(damaged),
                "longer": content + data.draw(st.binary(min_size=1, max_size=40)),
                "replaced": data.draw(st.binary(max_size=200)),
            }[kind]
        )
        assert _same(load_traffic(log, cache=kept), good)
        assert entry.read_bytes() == content
        assert _entries(kept) == [entry]


@pytest.mark.parametrize("fails", ["mkdir", "mkstemp", "fsync", "replace"])
def test_a_cache_that_cannot_be_written_is_no_error(
    log: Path, kept: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    owner = {"mkdir": Path, "mkstemp": tempfile, "fsync": os, "replace": Path}[fails]
    monkeypatch.setattr(owner, fails, refuse)
    found = load_traffic(log, cache=kept)
    assert found.remark == f"{kept}: what was read of the log cannot be kept: Read-only file system"
    assert not kept.exists() or not _entries(kept)
    assert _same(found, load_traffic(log))


def test_a_directory_in_place_of_what_is_kept(log: Path, kept: Path) -> None:
    good = load_traffic(log, cache=kept)
    (entry,) = _entries(kept)
    entry.unlink()
    entry.mkdir()
    found = load_traffic(log, cache=kept)
    assert _same(found, good)
    assert found.remark is not None
    assert "\n" not in found.remark
    assert _entries(kept) == [entry]


def test_what_may_not_be_looked_at_is_not_there(
    log: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A directory that somebody else has closed: whoever is root sees into it nevertheless."""
    good = load_traffic(log, cache=kept)
    (entry,) = _entries(kept)
    look = Path.stat

    def refuse(path: Path, **more: bool) -> os.stat_result:
        if path == entry:
            raise PermissionError(13, "Permission denied")
        return look(path, **more)

    monkeypatch.setattr(Path, "stat", refuse)
    assert _same(load_traffic(log, cache=kept), good)


def test_a_file_where_the_directory_should_be(log: Path, kept: Path) -> None:
    kept.write_text("in the way")
    for _ in range(2):
        found = load_traffic(log, cache=kept / "below")
        assert found.remark is not None
        assert "\n" not in found.remark
    assert kept.read_text() == "in the way"


@pytest.mark.parametrize("moment", ["parse", "fsync"])
def test_an_interrupt_leaves_nothing(
    log: Path, kept: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(*{"parse": (load, "parse", interrupt), "fsync": (os, "fsync", interrupt)}[moment])
    with pytest.raises(KeyboardInterrupt):
        load_traffic(log, cache=kept)
    assert not kept.exists() or not _entries(kept)


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\x01\x02\n", b"garbled\n", gzip.compress(_LOG)[:90]],
    ids=["empty", "binary", "garbled", "cut"],
)
def test_bad_input_is_refused_and_not_kept(content: bytes, log: Path, kept: Path) -> None:
    log.write_bytes(content)
    with pytest.raises(InputError) as plain:
        load_traffic(log)
    for _ in range(2):
        with pytest.raises(InputError) as caught:
            load_traffic(log, cache=kept)
        assert str(caught.value) == str(plain.value)
    assert not kept.exists()


def test_many_at_once(log: Path, kept: Path) -> None:
    plain = load_traffic(log)
    found: list[LoadedTraffic] = []
    failed: list[BaseException] = []

    def run(seed: int) -> None:
        try:
            found.extend(load_traffic(log, cache=kept, seed=seed) for _ in range(5))
        except BaseException as error:  # noqa: BLE001  (whatever it is, the test is to fail)
            failed.append(error)

    threads = [threading.Thread(target=run, args=(place % 2,)) for place in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not failed
    assert all(each.summary == plain.summary and each.remark is None for each in found)
    assert len(_entries(kept)) == 2


def test_what_was_not_used_for_longest_goes_first(
    log: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_traffic(log, cache=kept)
    (first,) = _entries(kept)
    size = first.stat().st_size
    small = Cache(kept, most_bytes=int(size * 2.5))
    monkeypatch.setattr(load, "Cache", lambda directory: small if directory == kept else None)
    os.utime(first, (1, 1))
    load_traffic(log, cache=kept, seed=1)
    (second,) = [each for each in _entries(kept) if each != first]
    os.utime(second, (2, 2))
    load_traffic(log, cache=kept)  # the first is used again
    abandoned, strange = kept / "x.unfinished", kept / "notes.txt"
    for each in (abandoned, strange):
        each.write_text("x" * 10_000)
        os.utime(each, (3, 3))
    load_traffic(log, cache=kept, seed=2)
    left = _entries(kept)
    assert first in left
    assert second not in left
    assert abandoned not in left
    assert strange in left  # it is none of ours


def test_a_log_too_large_to_keep_is_not_kept(log: Path, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "Cache", lambda directory: Cache(directory, most_bytes=10))
    remark = load_traffic(log, cache=kept).remark
    assert remark is not None
    assert "the cache keeps 10 bytes at most" in remark
    assert not kept.exists()


def test_the_directory_is_the_platforms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform == "linux":
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        assert default_cache() == tmp_path / "turnout" / "traffic"
    assert default_cache().parts[-1] == "traffic"


def test_what_is_kept_is_for_its_owner_only(log: Path, kept: Path) -> None:
    load_traffic(log, cache=kept)
    if os.name == "posix":
        assert kept.stat().st_mode & 0o077 == 0
        assert all(each.stat().st_mode & 0o077 == 0 for each in _entries(kept))


def test_a_zero_byte_in_its_name(log: Path) -> None:
    with pytest.raises(InputError, match="zero byte"):
        load_traffic(log, cache="a\0b")


def test_the_version_goes_with_the_results(log: Path) -> None:
    """If this fails, the same log is parsed to something else: raise `stored.VERSION`, and put the new sum here."""
    traffic = load_traffic(log, seed=5).traffic
    arrays = [getattr(traffic, name).astype(np.int64) for name in _ARRAYS]
    assert (stored.VERSION, [int(each @ np.arange(len(each))) for each in arrays]) == (
        1,
        [877, 38220, 847, 2213371999233, 3649161104, 46490420259],
    )

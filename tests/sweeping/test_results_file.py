"""The file of results: whatever is cut off it, what is left is used, and nothing of anybody else's is written over."""

from __future__ import annotations

import errno
import json
import os
from functools import cache
from math import inf, nan
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.report.samples import traffic, workload
from tests.sweeping.samples import ROLLOUTS, job, swept
from turnout import Environment, InputError, Scenario, TurnoutError, seconds, sweep_document
from turnout.jobs.job import Row
from turnout.simulator.outcome import Outcome
from turnout.sweeping.results_file import opened

if TYPE_CHECKING:
    from turnout.jobs.job import Job

NUMBERS = st.floats(0, 1e18) | st.sampled_from((0.0, inf, nan, 0.1, 1e-300))


def rows(of: Job) -> st.SearchStrategy[list[Row]]:
    outcome = st.builds(
        Outcome,
        numbers=st.lists(NUMBERS, min_size=len(of.metrics), max_size=len(of.metrics)).map(
            lambda numbers: dict(zip(of.metrics, numbers, strict=True))
        ),
        own_page_views=st.integers(0, 10**15),
        own_end=st.integers(0, 10**15),
        not_done=st.lists(st.text(max_size=9), max_size=2).map(tuple),
    )
    points = st.lists(outcome, min_size=len(of.strategies), max_size=len(of.strategies)).map(tuple)
    return st.lists(st.integers(0, 999), unique=True, max_size=3).flatmap(
        lambda which: st.tuples(
            *(st.builds(Row.of, st.just(each), points, st.just(of.metrics)) for each in which)
        ).map(list)
    )


@settings(max_examples=30)
@given(st.data())
def test_what_is_kept_is_read_back_to_the_last_bit(data: st.DataObject) -> None:
    kept = data.draw(rows(job()))
    with TemporaryDirectory() as directory:
        path = Path(directory) / "results.jsonl"
        with opened(path, job()) as file:
            assert file.rows == {}
            for each in kept:
                file.add(each)
        with opened(path, job()) as file:
            assert file.rows.keys() == {each.rollout for each in kept}
            for each in kept:
                found = file.rows[each.rollout]
                assert found.table.tobytes() == each.table.tobytes()
                assert found.not_done == each.not_done
                assert [*found.outcomes(job().metrics)] == [*each.outcomes(job().metrics)]
        for line in path.read_text().splitlines():
            json.loads(line, parse_constant=lambda _: pytest.fail("no strict JSON"))


@cache
def whole() -> tuple[bytes, str]:
    """A finished file, and what its sweep found."""
    with TemporaryDirectory() as directory:
        path = Path(directory) / "results.jsonl"
        found = sweep_document(swept(results=path))
        return path.read_bytes(), json.dumps(found)


@settings(max_examples=25)
@given(st.data())
def test_cut_off_anywhere_it_goes_on_and_finds_the_same(data: st.DataObject) -> None:
    content, found = whole()
    kept = data.draw(
        st.integers(0, len(content)) | st.sampled_from([0, 1, content.index(b"\n"), len(content)])
    )
    rest = data.draw(st.sampled_from((b"", b"\0" * 7, b'{"rollout":0', b"\xff\xfe")))
    ours = kept > content.index(b"\n") or not rest  # else it is somebody else's
    done: list[tuple[int, int]] = []
    with TemporaryDirectory() as directory:
        path = Path(directory) / "results.jsonl"
        path.write_bytes(content[:kept] + rest)
        if not ours:
            with pytest.raises(InputError, match="no file of a sweep's results"):
                swept(results=path)
            assert path.read_bytes() == content[:kept] + rest
            return
        again = swept(results=path, progress=lambda *each: done.append(each))
        assert json.dumps(sweep_document(again)) == found
        lines = content[:kept].count(b"\n")
        assert done[0] == (max(0, lines - 1), 4)
        assert sorted(path.read_bytes().splitlines()) == sorted(content.splitlines())


def test_damage_before_the_last_line_is_refused_and_left_alone(tmp_path: Path) -> None:
    content, _ = whole()
    lines = content.splitlines(keepends=True)
    for index in range(1, len(lines) - 1):
        wrong = lines[index].replace(b"0.0", b"1.0", 1)
        assert wrong != lines[index]
        path = tmp_path / f"{index}.jsonl"
        path.write_bytes(b"".join([*lines[:index], wrong, *lines[index + 1 :]]))
        before = path.read_bytes()
        with pytest.raises(InputError, match=f"line {index + 1} is damaged"):
            swept(results=path)
        assert path.read_bytes() == before


def test_a_changed_number_in_the_last_line_is_found_and_done_again(tmp_path: Path) -> None:
    content, found = whole()
    lines = content.splitlines(keepends=True)
    path = tmp_path / "results.jsonl"
    path.write_bytes(b"".join([*lines[:-1], lines[-1].replace(b"0.0", b"1.0", 1)]))
    assert json.dumps(sweep_document(swept(results=path))) == found


def test_a_line_of_another_sweep_is_none_of_this_one(tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    swept(results=other, seed=4)
    content, found = whole()
    path = tmp_path / "results.jsonl"
    path.write_bytes(content + other.read_bytes().splitlines(keepends=True)[-1])
    assert json.dumps(sweep_document(swept(results=path))) == found


def test_more_rollouts_go_on_and_fewer_need_nothing(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    swept(results=path, rollouts=2)
    steps: list[tuple[int, int]] = []
    assert swept(results=path, rollouts=5, progress=lambda *each: steps.append(each)) == swept(rollouts=5)
    assert steps == [(2, 5), (3, 5), (4, 5), (5, 5)]
    before = path.read_bytes()
    assert swept(results=path, rollouts=3) == swept(rollouts=3)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"seed": 4}, "another seed"),
        ({"grid": "recreate"}, "another grid"),
        ({"metrics": "rollback_seconds"}, "other metrics"),
    ],
)
def test_the_results_of_another_sweep_are_refused(
    given: dict[str, object], says: str, tmp_path: Path
) -> None:
    path = tmp_path / "results.jsonl"
    content, _ = whole()
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"another sweep: {says}"):
        swept(results=path, **given)
    assert path.read_bytes() == content


def test_another_scenario_and_other_traffic_are_another_sweep_and_other_names_are_not(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    own = job()
    with opened(path, own) as file:
        file.add(own.run(0))
    scenario = Scenario.of(attrs.evolve(workload(), source="elsewhere.yaml:7", notes=("a note",)))
    renamed = attrs.evolve(traffic(), label="copy.log", notes=())
    with opened(path, attrs.evolve(own, scenario=scenario, traffic=renamed)) as file:
        assert list(file.rows) == [0]
    slower = attrs.evolve(own.scenario, environment=Environment(startup=seconds(6)))
    later = attrs.evolve(traffic(), request_time=traffic().request_time + 1)
    for other, says in (
        (attrs.evolve(own, scenario=slower), "another scenario"),
        (attrs.evolve(own, traffic=later), "other traffic"),
    ):
        with pytest.raises(InputError, match=says), opened(path, other):
            pass


@pytest.mark.parametrize(
    "content",
    [b"once upon a time\n", b"{}\n", b"[1]\n", b"\n", b'{"turnout":"sweep results"}\n', b"\0\1\2", b"["],
)
def test_a_foreign_file_is_left_alone(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        swept(results=path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == content


def test_what_cannot_be_a_file_of_results(tmp_path: Path) -> None:
    too_long = tmp_path / ("x" * 300)
    for path in (tmp_path, tmp_path / "no" / "where.jsonl", os.devnull, "", f"{tmp_path}/a\0b", too_long):
        with pytest.raises(InputError) as caught:
            swept(results=path)
        assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_file_may_have_as_long_a_name_as_files_have(tmp_path: Path) -> None:
    path = tmp_path / ("ä" * 127)
    assert swept(results=path).count == ROLLOUTS
    assert path.exists()
    with pytest.raises(InputError, match="it takes the path of a file"):
        swept(results=7)


def test_what_cannot_be_written_is_refused() -> None:
    path = Path("/proc/results.jsonl")
    if not path.parent.is_dir():
        pytest.skip("there is no directory here that nobody may write to, whoever the tests run as")
    with pytest.raises(InputError, match="cannot be used"):
        swept(results=path)


def test_what_was_found_before_the_disk_was_full_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, lines, write = tmp_path / "results.jsonl", 0, os.write

    def full(descriptor: int, line: bytes) -> int:
        nonlocal lines
        lines += 1
        if lines > 3:  # the header, and two rollouts
            write(descriptor, line[:20])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, line)

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(TurnoutError) as caught:
            swept(results=path)
    assert "it cannot be written: No space left on device; 2 of 4 rollouts are in" in str(caught.value)
    assert not isinstance(caught.value, InputError)
    done: list[int] = []
    again = swept(results=path, progress=lambda number, _: done.append(number))
    assert done[0] == 2
    assert json.dumps(sweep_document(again)) == json.dumps(sweep_document(swept()))


def test_two_at_once_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    with opened(path, job()), pytest.raises(InputError, match="another sweep is writing to it"):
        swept(results=path)


@pytest.mark.parametrize("path", ["-", "/dev/stdout", "/dev/null", "/dev/fd/1", "/proc/self/fd/1"])
def test_results_do_not_go_where_the_table_goes(path: str) -> None:
    with pytest.raises(InputError, match="it is no file of its own; name one"):
        swept(results=path)

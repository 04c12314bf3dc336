"""The compiled walk counts exactly what the arrays count, for whatever sessions meet whatever rollout."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata
from importlib.util import find_spec
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.benchmarks.workload import ROUTINGS, SPAN, Workload, rollout, several
from tests.simulator.test_measure import PAIRS
from tests.simulator.worlds import END, blocks, in_parts, timelines
from turnout.errors import InputError
from turnout.routing import Split, Sticky
from turnout.routing.timeline import FOREVER, Timeline
from turnout.simulator import compiled
from turnout.simulator.block import Block
from turnout.simulator.measure import compatibility
from turnout.simulator.meter import Meter
from turnout.simulator.passes import pass_through
from turnout.units import SECOND, Duration

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from turnout.routing import Routing
    from turnout.simulator.compiled import Walk
    from turnout.simulator.effects import Effects

MOST_REVISIONS = 62

pytestmark = pytest.mark.skipif(find_spec("numba") is None, reason="Numba is not installed")


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("compiled")
    compiled.compile_walk(made)
    return made


@pytest.fixture(scope="module")
def walk(directory: Path) -> Walk:
    found = compiled.load(directory)
    assert found is not None
    return found


@attrs.define
class Seen:
    """Passes calls on to a walk, and keeps which page views each left out."""

    walk: Walk
    left: list[NDArray[np.uint8]] = attrs.field(factory=list)

    def __call__(self, *arguments: Any) -> None:
        self.walk(*arguments)
        self.left.append(arguments[-2].copy())


def counted(
    parts: Iterable[Block],
    timeline: Timeline,
    works: NDArray[np.bool_],
    *,
    capacity: int | None,
    walk: Walk | None,
    since: int = 0,
) -> tuple[Effects, int]:
    """What the sessions met, by the walk from so many requests on, if one is given: then it has to have been called."""
    meter, parts = Meter(timeline, works, capacity=capacity), list(parts)
    seen = None if walk is None else Seen(walk)
    with patch("turnout.simulator.passes.FAST_FROM", since):
        pass_through(parts, [meter], accelerator=lambda: seen)
    if seen is not None and sum(len(each.time) for each in parts) > since:
        assert bool(seen.left) == (len(timeline.revisions) <= MOST_REVISIONS)
    return meter.effects, meter.peak_load


@settings(max_examples=4 * settings().max_examples)
@given(
    st.data(),
    timelines(),
    blocks(),
    PAIRS,
    st.sampled_from((1, 2, 3, None)),
    st.integers(0, 8),
    st.sampled_from((1, SECOND // 4)),
)
def test_it_counts_what_arrays_count(
    walk: Walk,
    data: st.DataObject,
    timeline: Timeline,
    block: Block,
    works: frozenset[tuple[str, str]],
    capacity: int | None,
    since: int,
    tick: int,
) -> None:
    block = attrs.evolve(block, time=block.time * tick)
    timeline = slower(timeline, tick)
    timeline = attrs.evolve(timeline, end=data.draw(st.sampled_from((END, END, 3))) * tick)
    table = compatibility(timeline.revisions, works)
    parts = in_parts(block, data.draw(st.integers(1, 3)))
    cells, wide = data.draw(st.sampled_from((2, 3, 64))), data.draw(st.sampled_from((1, 3, 1 << 20)))
    expected = counted(parts, timeline, table, capacity=capacity, walk=None)
    with patch("turnout.simulator.loads.CELLS", cells), patch("turnout.simulator.pools.CELLS", wide):
        found = counted(parts, timeline, table, capacity=capacity, walk=walk, since=since)
    assert found == expected


def slower(timeline: Timeline, tick: int) -> Timeline:
    """The same timeline with so many microseconds for one."""

    def times(value: int) -> int:
        return value if abs(value) >= FOREVER else value * tick

    moments = ("listed", "unlisted", "fallback", "answers", "dead")
    return attrs.evolve(
        timeline,
        slots=[
            attrs.evolve(slot, **{name: times(getattr(slot, name)) for name in moments})
            for slot in timeline.slots
        ],
        routings=tuple((times(since), patient(routing, tick)) for since, routing in timeline.routings),
        faulty_until=times(timeline.faulty_until),
        end=timeline.end * tick,
    )


def patient(routing: Routing, tick: int) -> Routing:
    if not isinstance(routing, Sticky) or routing.idle_timeout is None:
        return routing
    return attrs.evolve(routing, idle_timeout=Duration(routing.idle_timeout * tick))


@pytest.mark.parametrize("routing", ROUTINGS)
@pytest.mark.parametrize("replicas", [1, 20, 300])
def test_it_does_so_for_many_requests(walk: Walk, routing: str, replicas: int) -> None:
    """Large enough that whole page views are counted the short way; with capacity, that some are overloaded."""
    timeline = rollout(routing, replicas)
    table = compatibility(timeline.revisions, ())
    expected, peak = counted(Workload(100_000), timeline, table, capacity=None, walk=None)
    for capacity, wide in ((None, 1 << 20), (None, 1000), (max(1, peak - 1), 1 << 20)):
        with patch("turnout.simulator.pools.CELLS", wide):
            found = counted(Workload(100_000), timeline, table, capacity=capacity, walk=walk)
        if capacity is None:
            assert found == (expected, peak)
        else:
            assert found == counted(Workload(100_000), timeline, table, capacity=capacity, walk=None)
            assert found[0].overloaded


def test_it_leaves_out_sessions_whose_page_views_overlap(walk: Walk) -> None:
    """Those, and no others: what it leaves out is counted in arrays."""
    timeline = rollout("sticky to replica", 5)
    [block, *_] = Workload(5_000)
    first, second, third = block.request_offset[:3]
    times = block.time.copy()
    times[second:third] = times[first]
    overlapping = attrs.evolve(block, time=times)
    for each, left in ((block, set[int]()), (overlapping, {0})):
        seen = Seen(walk)
        meter = Meter(timeline, compatibility(timeline.revisions, ()))
        meter.hasten(seen)
        meter.add(each)
        [found] = seen.left
        assert set(each.page_session[found.nonzero()[0]].tolist()) == left
        assert set(found.nonzero()[0].tolist()) == set(
            (each.page_session == 0).nonzero()[0].tolist() if left else ()
        )


@pytest.mark.parametrize("moments", [(0, 5, 5), (0, 5, 6), (0, 0, 5)])
@pytest.mark.parametrize("second", [1, 2])
def test_who_served_strictly_before_is_known_where_page_views_touch(
    walk: Walk, moments: tuple[int, ...], second: int
) -> None:
    """Three requests, the second page view from the second or the third of them on, each of one revision."""
    halves = Sticky(unit="page", new=Split({"old": 0.5, "new": 0.5}))
    timeline = attrs.evolve(rollout("spread", 2), routings=((-FOREVER, halves),))
    low, high = 0, (1 << 32) - 1
    block = Block(
        session_draw=np.zeros(2, np.uint32),
        page_session=np.array([0, 0, 1, 1]),
        page_has_document=np.ones(4, np.bool_),
        request_offset=np.array([0, second, 3, 3 + second, 6]),
        time=np.tile(moments, 2) + SPAN // 2,
        draw=np.array([low, low, low, high, high, high], np.uint32),
    )
    block.draw[second:3] = high
    block.draw[3 + second :] = low
    works = compatibility(timeline.revisions, ())
    found = counted([block], timeline, works, capacity=None, walk=walk)
    assert found == counted([block], timeline, works, capacity=None, walk=None)
    assert found[0].backward_sessions == 1


@pytest.mark.parametrize("revisions", [2, 62, 63, 70])
def test_more_revisions_than_bits_are_left_to_arrays(walk: Walk, revisions: int) -> None:
    timeline = several(2, revisions)
    table = compatibility(timeline.revisions, ())
    found = counted(Workload(20_000), timeline, table, capacity=None, walk=walk)
    assert found == counted(Workload(20_000), timeline, table, capacity=None, walk=None)


def test_what_was_compiled_is_used_after_some_requests(directory: Path) -> None:
    compiled.loaded.cache_clear()
    try:
        with patch("turnout.simulator.compiled.default_directory", lambda: directory):
            found = compiled.loaded()
        assert found is not None
        timeline = rollout("spread", 5)
        seen, meter = Seen(found), Meter(timeline, compatibility(timeline.revisions, ()))
        with patch("turnout.simulator.passes.FAST_FROM", 10_000):
            pass_through(Workload(100_000), [meter], accelerator=lambda: seen)
        assert seen.left
    finally:
        compiled.loaded.cache_clear()


@pytest.mark.parametrize("damage", [b"", b"x", b"\0" * 40])
def test_damaged_code_is_not_run(directory: Path, tmp_path: Path, damage: bytes) -> None:
    [file] = directory.iterdir()
    for content in (damage, file.read_bytes()[:-1], file.read_bytes()[:-1] + b"\xff"):
        (tmp_path / file.name).write_bytes(content)
        assert compiled.load(tmp_path) is None
    (tmp_path / file.name).write_bytes(file.read_bytes())
    assert compiled.load(tmp_path) is not None


def test_code_of_another_version_is_not_run(directory: Path) -> None:
    with patch("turnout.simulator.compiled.metadata.version", lambda _: "0"):
        assert compiled.load(directory) is None


def test_code_for_other_arguments_is_not_run(directory: Path) -> None:
    with patch("turnout.simulator.compiled._KINDS", ("int32", *compiled._KINDS[1:])):
        assert compiled.load(directory) is None


def test_what_was_compiled_is_run_where_there_is_no_numba(directory: Path) -> None:
    def version(name: str) -> str:
        if name == "numba":
            raise metadata.PackageNotFoundError(name)
        return metadata.version(name)

    with patch("turnout.simulator.compiled.metadata", SimpleNamespace(version=version)):
        assert compiled.load(directory) is not None


def test_one_command_compiles_for_all_that_follow(tmp_path: Path) -> None:
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path), "HOME": str(tmp_path)}

    def python(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], env=environment, check=True, capture_output=True, text=True
        )
        return done.stdout

    asked = (
        "import sys; from turnout.simulator.compiled import loaded; print(loaded() is not None, *sys.modules)"
    )
    assert python("-c", asked).startswith("False ")
    said = python("-m", "turnout.simulator.compiled")
    assert said.startswith("compiled: ")
    assert str(tmp_path) in said
    found, *modules = python("-c", asked).split()
    assert found == "True"
    assert "numba" not in modules


def test_the_command_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    with patch.dict(sys.modules, {"numba": None}):
        assert compiled.main() == 2
    assert capsys.readouterr().err.startswith("Numba cannot be imported: ")


def test_code_that_is_not_there_is_not_run(tmp_path: Path) -> None:
    assert compiled.load(tmp_path) is None
    assert compiled.load(tmp_path / "nowhere") is None


def test_a_broken_extra_breaks_nothing(directory: Path) -> None:
    def broken(name: str) -> object:
        raise OSError(f"{name}: cannot open shared object file")

    with patch("turnout.simulator.compiled.import_module", broken):
        assert compiled.load(directory) is None
        with pytest.raises(InputError, match="Numba cannot be imported"):
            compiled.compile_walk(directory)
    with patch.dict(sys.modules, {"llvmlite.binding": None}):
        assert compiled.load(directory) is None


def test_where_it_cannot_be_kept_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        compiled.compile_walk(tmp_path / "file")

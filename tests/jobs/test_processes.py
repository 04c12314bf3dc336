"""A comparison is the same in one process and in several; and none of them is left behind."""

from __future__ import annotations

import multiprocessing
import os
from typing import TYPE_CHECKING, Any, ClassVar

import attrs
import pytest

from tests.report.samples import host, traffic, workload
from tests.sweeping.failing import Failing, Fatal
from turnout import Comparison, InputError, Plan, PlanError, Strategy, TurnoutError, compare
from turnout.jobs import processes
from turnout.jobs.processes import processors, run_on_this_machine
from turnout.report import comparison_document

if TYPE_CHECKING:
    from pathlib import Path

    from turnout import Observation


def compared(**given: Any) -> Comparison:
    return compare(
        workload(),
        traffic(),
        **{"strategies": ["rolling", "recreate"], "host": host(), "rollouts": 21, **given},
    )


@attrs.frozen(kw_only=True)
class Process:
    """Work that says which process has done it."""

    def run(self, number: int, /) -> tuple[int, int]:
        return number, os.getpid()


def who(workers: int | None, *, simulations: int) -> tuple[list[int], set[int]]:
    found: list[tuple[int, int]] = []
    run_on_this_machine(Process(), range(9), found.append, workers=workers, simulations=simulations)
    return [number for number, _ in found], {process for _, process in found}


@pytest.mark.parametrize("workers", [2, 3, None])
def test_the_numbers_are_the_same(workers: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """With alternatives, in which the last rollouts are done beside the first ones of the next scenario."""
    monkeypatch.setattr(processes, "_PAYS", 10)
    assert comparison_document(compared(workers=workers)) == comparison_document(compared())


def test_by_default_processes_are_begun_where_they_pay() -> None:
    here = {os.getpid()}
    assert who(None, simulations=300) == (list(range(9)), here)
    numbers, done_by = who(None, simulations=10**6)
    assert sorted(numbers) == list(range(9))
    assert len(done_by) <= processors()
    assert (done_by == here) == (processors() == 1)
    assert not who(2, simulations=1)[1] & here


def test_what_cannot_leave_this_process_is_done_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_PAYS", 1)

    @attrs.frozen(kw_only=True)
    class Local(Strategy):
        name: ClassVar[str] = "local"

        def decide(self, seen: Observation) -> Plan:
            return host().strategy("rolling").decide(seen)

    assert compared(strategies=[Local()], rollouts=3, workers=None).count == 3
    with pytest.raises(InputError, match=r"^workers: the work cannot be handed to another process"):
        compared(strategies=[Local()], workers=2)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_strategy_that_fails_is_told(workers: int) -> None:
    with pytest.raises(PlanError, match="failing"):
        compared(strategies=["recreate", Failing()], workers=workers)


def test_a_worker_that_dies_is_told() -> None:
    with pytest.raises(TurnoutError, match="a worker process was killed"):
        compared(strategies=[Fatal()], workers=2)


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupt_ends_all_of_it(workers: int) -> None:
    others = set(multiprocessing.active_children())

    def stop(done: int, _: int) -> None:
        if done > 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compared(workers=workers, progress=stop)
    assert not set(multiprocessing.active_children()) - others


@pytest.mark.parametrize("workers", [0, -1, 1001, 2.0, "2", True])
def test_a_number_of_workers_that_is_none_is_refused(workers: Any) -> None:
    with pytest.raises(InputError, match="workers"):
        compared(workers=workers)


@pytest.mark.parametrize(
    ("limit", "most"), [("max 100000", 4), ("150000 100000", 2), ("50000 100000", 1), ("800000 100000", 4)]
)
def test_a_container_works_with_no_more_processors_than_it_has_time_on(
    limit: str, most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(4), raising=False)
    monkeypatch.setattr(processes, "_CPU_MAX", tmp_path / "cpu.max")
    assert processors() == 4, "there is no such file outside of a container"
    (tmp_path / "cpu.max").write_text(f"{limit}\n", encoding="ascii")
    assert processors() == most
    (tmp_path / "cpu.max").write_text("of another kind\n", encoding="ascii")
    assert processors() == 4


def test_where_there_is_no_room_to_lay_work_out_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = pytest.importorskip("resource", reason="limits of this kind are POSIX'")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, before[1]))
    try:
        with pytest.raises(
            TurnoutError, match=f"{tmp_path}: the traffic cannot be laid out .*: File too large"
        ):
            compared(workers=2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(tmp_path.iterdir())

"""On a real Dask scheduler with workers in processes of their own: the same numbers, whoever is killed."""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import turnout
from tests.sweeping.failing import Failing, Fatal
from tests.sweeping.samples import swept
from turnout import InputError, PlanError, SweepInterrupted, TurnoutError, sweep_document
from turnout.sweeping import cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

needs_dask = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None,
    reason="Dask is not installed: pip install 'turnout[dask]'",
)
ROOT = Path(__file__).parents[2]
ROLLOUTS = 30


def started(*arguments: str, path: str = "") -> subprocess.Popen[bytes]:
    paths = os.pathsep.join(filter(None, [path, str(ROOT), os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_" + arguments[0], *arguments[1:], "--no-dashboard"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": paths},
    )


@contextmanager
def scheduler(
    directory: Path, workers: int, path: str = ""
) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Give the address of a scheduler, and the processes: its own, and of its workers, each of one thread."""
    file = directory / "scheduler.json"
    options = ("--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file))
    processes = [started("scheduler", *options, path=path)]
    try:
        deadline = time.monotonic() + 60
        while not (file.exists() and file.read_text(encoding="utf-8").endswith("}")):
            assert time.monotonic() < deadline, "the scheduler does not start"
            time.sleep(0.05)
        address = json.loads(file.read_text(encoding="utf-8"))["address"]
        worker = ("worker", address, "--nthreads", "1", "--no-nanny")
        processes += [started(*worker, path=path) for _ in range(workers)]
        yield address, processes
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()


def document(**given: Any) -> str:
    return json.dumps(sweep_document(swept(**given)))


@needs_dask
def test_a_worker_is_killed_and_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    with scheduler(tmp_path, 2) as (address, (_, first, second)):
        steps: list[int] = []

        def kill(done: int, total: int) -> None:
            steps.append(done)
            if done == total // 3:
                first.kill()
                first.wait()

        found = document(rollouts=ROLLOUTS, scheduler=address, results=path, progress=kill)
        assert first.poll() is not None
        assert second.poll() is None
        assert steps == list(range(ROLLOUTS + 1))
    assert found == document(rollouts=ROLLOUTS)
    numbers = [json.loads(line)["rollout"] for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    assert sorted(numbers) == list(range(ROLLOUTS))


@needs_dask
def test_all_workers_are_killed_and_others_come(tmp_path: Path) -> None:
    with scheduler(tmp_path, 1) as (address, processes):

        def replace(done: int, total: int) -> None:
            del total
            if done == 5:
                processes[1].kill()
                processes.append(started("worker", address, "--nthreads", "1", "--no-nanny"))

        found = document(rollouts=12, scheduler=address, progress=replace)
    assert found == document(rollouts=12)


@needs_dask
def test_who_comes_later_gets_work_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_MOMENT", 0)
    with scheduler(tmp_path, 1) as (address, processes), cluster._connected(address) as client:
        watch = cluster._Watch(client, address)
        assert watch.width() == 8
        processes.append(started("worker", address, "--nthreads", "9", "--no-nanny"))
        deadline = time.monotonic() + 60
        while watch.width() != 40:
            assert time.monotonic() < deadline, "nine threads more make no difference"
            time.sleep(0.05)


@needs_dask
def test_that_no_worker_is_left_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    said = "no worker is left; the work waits for another one"
    with scheduler(tmp_path, 1) as (address, processes):
        watching = threading.Event()

        def come_back() -> None:
            while said not in caplog.text:
                if watching.wait(0.1):
                    return
            processes.append(started("worker", address, "--nthreads", "1", "--no-nanny"))

        def kill(done: int, total: int) -> None:
            del total
            if done == 5:
                processes[1].kill()

        other = threading.Thread(target=come_back)
        other.start()
        try:
            found = document(rollouts=12, scheduler=address, progress=kill)
        finally:
            watching.set()
            other.join()
    assert found == document(rollouts=12)
    assert caplog.text.count(said) == 1


def test_what_an_interrupt_breaks_off_is_not_told_with_tracebacks(caplog: pytest.LogCaptureFixture) -> None:
    names = ("distributed", "distributed.client", "tornado.application", "asyncio")
    with cluster._silent("distributed", "tornado", "asyncio"):
        for name in names:
            logging.getLogger(name).error("Exception in callback")
    assert not caplog.records
    for name in names:
        logging.getLogger(name).error("anything else")
    assert [each.name for each in caplog.records] == list(names)


@needs_dask
def test_a_worker_with_other_code_is_refused(tmp_path: Path) -> None:
    """The same version, of which somebody has changed a line."""
    other = tmp_path / "other"
    shutil.copytree(Path(turnout.__file__).parent, other / "turnout")
    with (other / "turnout" / "simulator" / "chance.py").open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    path = tmp_path / "results.jsonl"
    with (
        scheduler(tmp_path, 1, path=str(other)) as (address, _),
        pytest.raises(
            InputError, match=r"worker on .*, process .*: it runs other code than this sweep; install"
        ),
    ):
        swept(scheduler=address, results=path)
    assert path.read_bytes().count(b"\n") == 1


@needs_dask
def test_what_goes_wrong_on_a_cluster_is_one_line(tmp_path: Path) -> None:
    with scheduler(tmp_path, 1) as (address, _):
        with pytest.raises(PlanError, match="failing"):
            swept(grid=[Failing()], scheduler=address)

        def stop(done: int, total: int) -> None:
            del total
            if done == 2:
                raise KeyboardInterrupt

        with pytest.raises(SweepInterrupted) as interrupted:
            swept(scheduler=address, progress=stop)
        assert interrupted.value.sweep is not None
        assert document(scheduler=address) == document()
        with pytest.raises(InputError, match="no Dask scheduler answers there"):
            swept(scheduler=address.replace("tcp://", "tls://"))


@needs_dask
def test_a_scheduler_that_is_lost_is_one_line_and_what_is_done_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    script = tmp_path / "lost.py"
    script.write_text(_LOST, encoding="utf-8")
    with scheduler(tmp_path, 1) as (address, processes):
        paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        done = subprocess.run(
            [sys.executable, str(script), address, str(path), str(processes[0].pid)],
            capture_output=True,
            check=False,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": paths},
        )
    kept = path.read_bytes().count(b"\n") - 1
    assert kept >= 3
    done_so_far = f"{kept} of 500 rollouts are in {path}: the same sweep goes on from there"
    assert (done.stdout, done.stderr) == (f"the scheduler at {address} was lost; {done_so_far}\n", "")
    assert document(rollouts=5, results=path) == document(rollouts=5)


_LOST = """
import os, signal, sys
from tests.sweeping.samples import swept
from turnout import TurnoutError

def lose(done, total):
    if done == 3:
        os.kill(int(sys.argv[3]), signal.SIGKILL)

try:
    swept(rollouts=500, scheduler=sys.argv[1], results=sys.argv[2], progress=lose)
except TurnoutError as error:
    print(error)
"""


@needs_dask
def test_a_cluster_without_this_turnout_is_told(tmp_path: Path) -> None:
    other = tmp_path / "other" / "turnout"
    other.mkdir(parents=True)
    (other / "__init__.py").touch()
    with (
        scheduler(tmp_path, 1, path=str(other.parent)) as (address, _),
        pytest.raises(InputError, match="it cannot import what is to be done"),
    ):
        swept(scheduler=address)


@needs_dask
def test_a_scheduler_without_workers_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_WORKERS_PATIENCE", 1)
    with (
        scheduler(tmp_path, 0) as (address, _),
        pytest.raises(InputError, match="it has had no worker for 1 s"),
    ):
        swept(scheduler=address)


@needs_dask
@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "", "nowhere", "no://such:1", "127.0.0.1:99999"])
def test_nobody_answers(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_PATIENCE", 1)
    with pytest.raises(InputError, match="no Dask scheduler answers there") as caught:
        swept(scheduler=address)
    assert "\n" not in str(caught.value)


def test_without_dask_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"Dask is not installed here; pip install 'turnout\[dask\]'"):
        swept(scheduler="tcp://127.0.0.1:8786")


def test_dask_is_not_imported_without_a_scheduler() -> None:
    script = "import sys, turnout.sweeping.search, turnout.cli.sweep; print('distributed' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, encoding="utf-8")
    assert done.stdout == "False\n"


@needs_dask
def test_work_that_kills_every_worker_is_told(tmp_path: Path) -> None:
    with scheduler(tmp_path, 4) as (address, _), pytest.raises(TurnoutError, match="died of the work"):
        swept(grid=[Fatal()], rollouts=1, scheduler=address)

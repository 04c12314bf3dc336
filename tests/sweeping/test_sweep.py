"""A sweep says what a comparison of its points says: however many workers, in one go or in several."""

from __future__ import annotations

import json
import math
import multiprocessing
import os
import signal
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import attrs
import pytest

from tests.report.samples import host, traffic, workload
from tests.report.test_document import check
from tests.sweeping.failing import Failing, Fatal, Picky
from tests.sweeping.samples import GRID, ROLLOUTS, job, swept
from turnout import (
    InputError,
    Observation,
    Plan,
    PlanError,
    Scenario,
    Strategy,
    SweepInterrupted,
    TurnoutError,
    compare,
    sweep_document,
)
from turnout.jobs.job import Row
from turnout.parameters import to_spec
from turnout.sweeping.grid import as_grid

if TYPE_CHECKING:
    from typing import Any


def same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


@pytest.mark.parametrize("metrics", [(), ("rollback_seconds", "mixed_page_views")])
def test_the_numbers_are_those_of_a_comparison(metrics: tuple[str, ...]) -> None:
    limits = ("failed_requests<=0", "mixed_sessions<=50%")
    found = swept(metrics=metrics, require=limits)
    points = as_grid(host(), workload(), GRID).points
    expected = compare(
        Scenario.of(workload()), traffic(), points, rollouts=ROLLOUTS, seed=3, require=limits
    ).strategies
    assert [each.spec for each in found.points] == [to_spec(each) for each in points]
    for own, theirs in zip(found.points, expected, strict=True):
        missing = set() if metrics else {"rollback_seconds", "exposed_sessions"}
        assert set(own.rollouts) == set(theirs.rollouts) - missing
        for name, numbers in own.rollouts.items():
            assert all(map(same, numbers, theirs.rollouts[name]))
            assert own.outcome[name] == theirs.outcome[name]
        assert (own.meets, own.parameters, own.promises) == (theirs.meets, theirs.parameters, theirs.promises)
        assert (own.own_seconds, own.not_done) == (theirs.own_seconds, theirs.not_done)
        assert own.own_page_views == theirs.own_page_views
    met = {each.spec for each in found.met}
    assert met == {each.spec for each in expected if all(share >= 0.95 for share in each.meets.values())}
    assert {each.spec for each in found.front} <= met


def test_the_numbers_do_not_depend_on_the_workers() -> None:
    documents = [json.dumps(sweep_document(swept(workers=number))) for number in (1, 2, 3)]
    assert documents[0] == documents[1] == documents[2]


def test_the_document_is_what_the_schema_says() -> None:
    document = sweep_document(
        swept(
            grid=["rolling:max_surge=0|1,max_unavailable=0|1"],
            metrics="min_available",
            require="min_available>=3",
        )
    )
    check("sweep", document)
    assert document["left_out"] == [
        {
            "point": "rolling:max_surge=0,max_unavailable=0",
            "reason": "max_surge and max_unavailable are both 0",
        }
    ]
    assert [each["label"] for each in document["points"] if each["meets_all"]] == [
        "rolling:max_surge=1,max_unavailable=0"
    ]


def test_the_schemas_agree_where_they_say_the_same() -> None:
    reference = Path(__file__).parents[2] / "docs" / "reference"
    names = ("comparison", "sweep", "estimate")
    schemas = {
        name: json.loads((reference / f"{name}.schema.json").read_text(encoding="utf-8")) for name in names
    }
    own = {"rollouts", "rollouts_asked", "seed", "requirements"}

    def shared(name: str) -> dict[str, Any]:
        properties: dict[str, Any] = schemas[name]["properties"]["scenario"]["properties"]
        return {key: value for key, value in properties.items() if key not in own}

    assert shared("comparison") == shared("sweep") == shared("estimate")
    for name in names[1:]:
        definitions = schemas[name]["$defs"]
        assert definitions == {key: schemas["comparison"]["$defs"][key] for key in definitions}


def test_nobody_meets_what_nobody_can() -> None:
    found = swept(require="min_available>=7")
    assert (found.met, found.front) == ((), ())
    assert (
        found.verdict[0] == "Limits: min_available>=7. No point meets them, in at least 95% of the rollouts."
    )


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupt_keeps_what_is_done(workers: int, tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    others = set(multiprocessing.active_children())

    def stop(done: int, total: int) -> None:
        assert total == 6
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(SweepInterrupted) as caught:
        swept(rollouts=6, workers=workers, results=path, progress=stop)
    partial = caught.value.sweep
    assert partial is not None
    assert (partial.count, partial.asked) == (3, 6)
    assert all(len(each.rollouts["requests"]) == 3 for each in partial.points)
    check("sweep", sweep_document(partial))
    assert not set(multiprocessing.active_children()) - others
    assert len(path.read_bytes().splitlines()) == 4
    again = swept(rollouts=6, workers=workers, results=path)
    assert json.dumps(sweep_document(again)) == json.dumps(sweep_document(swept(rollouts=6)))


def test_an_interrupt_before_anything_is_done() -> None:
    def stop(*_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(SweepInterrupted) as caught:
        swept(progress=stop)
    assert caught.value.sweep is None


_KILLED = """
import sys
from tests.sweeping.samples import swept

def die(done, total):
    print(done, flush=True)

if __name__ == "__main__":
    swept(rollouts=40, workers=int(sys.argv[2]), results=sys.argv[1], progress=die)
"""


@pytest.mark.parametrize("workers", [1, 2])
def test_killed_at_any_moment_it_goes_on_and_leaves_nobody_behind(workers: int, tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    script = tmp_path / "sweep.py"
    script.write_text(_KILLED, encoding="utf-8")
    root = Path(__file__).parents[2]
    paths = os.pathsep.join([str(root), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = 0
    for kill_at in (1, 4, 6):
        process = subprocess.Popen(
            [sys.executable, str(script), str(path), str(workers)],
            stdout=subprocess.PIPE,
            encoding="utf-8",
            cwd=root,
            env={**os.environ, "PYTHONPATH": paths, "TMPDIR": str(tmp_path)},
            start_new_session=True,
        )
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) >= done + kill_at:
                break
        os.kill(process.pid, signal.SIGKILL)  # the one process: nobody tells its workers
        process.wait()
        process.stdout.close()
        deadline = time.monotonic() + 20
        while alive(process.pid):
            assert time.monotonic() < deadline, "its workers go on without it"
            time.sleep(0.05)
        assert list(tmp_path.glob("turnout-*")) == []
        now = path.read_bytes().count(b"\n") - 1
        assert now >= done + kill_at
        done = now
    assert json.dumps(sweep_document(swept(rollouts=done + 1, results=path))) == json.dumps(
        sweep_document(swept(rollouts=done + 1))
    )


def alive(session: int) -> bool:
    try:
        os.killpg(session, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@pytest.mark.parametrize("workers", [1, 2])
def test_a_strategy_that_fails_is_told_and_its_rollout_is_not_kept(workers: int, tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    with pytest.raises(PlanError, match="failing"):
        swept(grid=["recreate", Failing()], workers=workers, results=path)
    assert path.read_bytes().count(b"\n") == 1  # what the file is of


def test_of_several_points_the_one_that_fails_is_named() -> None:
    with pytest.raises(PlanError, match="strategy 'picky:number=3': it fails to decide"):
        swept(grid=[Picky(number=number) for number in range(5)])


def test_a_worker_that_dies_is_told() -> None:
    with pytest.raises(TurnoutError, match="a worker process was killed"):
        swept(grid=[Fatal()], workers=2)


def test_what_cannot_go_to_another_process_is_told() -> None:
    @attrs.frozen(kw_only=True)
    class Local(Strategy):
        name: ClassVar[str] = "local"

        def decide(self, seen: Observation) -> Plan:
            raise NotImplementedError

    with pytest.raises(InputError, match="cannot be handed to another process") as caught:
        swept(grid=[Local()], workers=2)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"rollouts": 0}, "rollouts: it cannot be 0"),
        ({"workers": 0}, "workers: it cannot be 0"),
        ({"workers": 2.0}, "workers: it cannot be 2.0"),
        ({"workers": 10_000}, "workers: it cannot be 10000"),
        ({"scheduler": 8786}, "scheduler: it cannot be 8786"),
        ({"scheduler": "tcp://127.0.0.1:8786", "workers": 2}, "without workers of one's own"),
        ({"seed": "x"}, "seed: it cannot be 'x'"),
        ({"progress": 3}, "progress: it cannot be 3"),
        ({"grid": ()}, "no strategy to vary"),
        ({"metrics": "mixed_session"}, "did you mean 'mixed_sessions'?"),
        ({"require": ["mixed_sessions<=1", "mixed_sessions>=2"]}, "contradict"),
        ({"host": 3}, "host: it cannot be 3"),
    ],
)
def test_bad_arguments_are_one_line(given: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError) as caught:
        swept(**given)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_kept_of_a_rollout_is_a_number_for_each_metric() -> None:
    """A sweep of a thousand points keeps millions of numbers."""
    metrics, points = job().metrics, 1000
    outcome = job().run(0).outcome(0, metrics)
    tracemalloc.start()
    try:
        many = [Row.of(number, [outcome] * points, metrics) for number in range(10)]
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(many) == 10
    assert held < 10 * points * (8 * (len(metrics) + 2) + 16)

"""``turnout sweep``: one call of the library, exit codes, what an interrupt leaves, and bad input in one line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.console import TURNOUT, environment
from tests.report.samples import KIADA, host
from tests.report.test_document import check
from turnout import Scenario, Synthetic, load_manifest, seconds, sweep, sweep_document
from turnout.cli import main

if TYPE_CHECKING:
    from pathlib import Path

GRID = ("rolling:max_surge=1|50%", "recreate")
QUICK = ("--traffic", "synthetic:duration=1h", "--rollouts", "2")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["sweep", str(KIADA), *arguments])
    written = capsys.readouterr()
    return code, written.out, written.err


def test_the_command_says_what_the_library_says(capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--seed", "5", "--metric", "mixed_page_views", "--metric", "min_available")
    code, out, err = run(capsys, *GRID, *QUICK, *options, "--workers", "2", "--format", "json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    check("sweep", found)
    assert found == sweep_document(
        sweep(
            Scenario.of(load_manifest(KIADA)),
            Synthetic(duration=seconds(3600)).load(5),
            GRID,
            host=host(),
            rollouts=2,
            seed=5,
            metrics=("mixed_page_views", "min_available"),
        )
    )


def test_the_table_on_100_columns(capsys: pytest.CaptureFixture[str]) -> None:
    grid = (
        "session-affinity:drain_timeout=5m|10m,idle_timeout=29m..31m/2,max_surge=1|50%,max_unavailable=1",
        "rolling:max_surge=0..3,max_unavailable=0..3",
    )
    metrics = [
        word
        for each in (
            "mixed_sessions",
            "extra_replica_seconds",
            "duration_seconds",
            "min_available",
            "peak_replicas",
        )
        for word in ("--metric", each)
    ]
    code, out, err = run(capsys, *grid, *QUICK, *metrics, "--workers", "1", "--require", "failed_requests<=0")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert all(len(line) <= 100 and line == line.rstrip() for line in lines)
    for heading in ("On the Pareto front", "Beaten", "Verdict", "This rests on"):
        assert heading in lines
    assert "rolling:max_surge=0,max_unavailable=0 (" in out


@pytest.mark.parametrize(
    ("require", "code"), [((), 0), (("failed_requests<=1000000",), 0), (("min_available>=9",), 1)]
)
def test_exit_codes(require: tuple[str, ...], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    options = [word for each in require for word in ("--require", each)]
    assert run(capsys, *GRID, *QUICK, "--workers", "1", *options)[0] == code


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "grid: there is no strategy to vary"),
        (("roling",), "did you mean 'rolling'?"),
        (("rolling:max_surg=1|2",), "did you mean 'max_surge'?"),
        (("rolling:max_surge=5..1",), "'5..1' runs backwards"),
        (("blue-green:switch=page..drain",), "it is no number"),
        (("rolling:max_surge=0..999/1000,max_unavailable=0..9/10",), "it has 10,000 points"),
        (("recreate", "--metric", "mixed_session"), "did you mean 'mixed_sessions'?"),
        (("recreate", "--metric", "sessions"), "neither less nor more sessions is better"),
        (("recreate", "--require", "mixed_sessions<=1", "--require", "mixed_sessions>=2"), "contradict"),
        (("recreate", "--workers", "0"), "'0' is no whole number from 1 to 1,000"),
        (
            ("recreate", "--workers", "2", "--scheduler", "tcp://127.0.0.1:1"),
            "--scheduler: it goes without --workers",
        ),
        (("recreate", "--results", "no/where.jsonl"), "there is no directory"),
        (("recreate", "--results", str(KIADA)), "it is no file of a sweep's results"),
    ],
)
def test_bad_input_is_one_line(
    arguments: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = KIADA.read_bytes()
    code, out, err = run(capsys, *arguments, *QUICK)
    assert (code, out) == (2, "")
    assert err.startswith("turnout: ")
    assert err.count("\n") == 1
    assert says in err
    assert KIADA.read_bytes() == before


def test_links_that_lead_nowhere_are_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "here").symlink_to("there")
    (tmp_path / "there").symlink_to("here")
    code, out, err = run(capsys, "recreate", "--results", str(tmp_path / "here"), *QUICK)
    assert (code, out) == (2, "")
    assert "its links lead nowhere" in err


@pytest.mark.parametrize(
    "wrong",
    [("--results", "no/where.jsonl"), ("--metric", "longest_wait_seconds"), ("--require", "sessions<=1x")],
)
def test_what_is_quickly_found_is_told_before_a_log_is_read(
    wrong: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "recreate", *wrong, "--traffic", str(tmp_path / "no.log"))
    assert (code, out) == (2, "")
    assert "no.log" not in err


def started(results: Path, *options: str, **variables: str) -> subprocess.Popen[bytes]:
    command = [
        str(TURNOUT),
        "sweep",
        str(KIADA),
        *GRID,
        "--traffic",
        "synthetic:duration=1h",
        "--rollouts",
        "3000",
    ]
    return subprocess.Popen(
        [*command, "--results", str(results), "--format", "json", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**environment(), **variables},
        start_new_session=True,
    )


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_keeps_what_is_done_and_leaves_nothing_behind(
    workers: str, sent: signal.Signals, code: int, tmp_path: Path
) -> None:
    results, laid_out = tmp_path / "results.jsonl", tmp_path / "shared"
    laid_out.mkdir()
    process = started(results, "--workers", workers, TMPDIR=str(laid_out))
    while not results.exists() or results.read_bytes().count(b"\n") < 4:
        assert process.poll() is None
    assert bool(list(laid_out.iterdir())) == (workers == "2")
    os.killpg(process.pid, sent)  # as a terminal does, or a batch scheduler: everybody gets it
    out, err = process.communicate(timeout=60)
    found: Any = json.loads(out)
    check("sweep", found)
    done = found["scenario"]["rollouts"]
    assert process.returncode == code
    assert not list(laid_out.iterdir())
    assert err.decode() == (
        f"turnout: interrupted after {done} of 3000 rollouts; "
        f"they are in {results}: the same command goes on from there\n"
    )
    kept = results.read_bytes().count(b"\n") - 1
    assert 3 <= kept < 3000
    assert kept - done in (0, 1)  # the interrupt may come between writing one and counting it


def test_without_a_file_an_interrupt_says_how_there_would_be_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("turnout.sweeping.search.run_on_this_machine", stop)
    code, out, err = run(capsys, *GRID, *QUICK, "--workers", "1")
    assert (code, out) == (130, "")
    assert err == (
        "turnout: interrupted before any rollout was done; with --results FILE, the same command would go on "
        "from there\n"
    )

"""``turnout compare``: a thin shell around the library, with honest exit codes and a clean standard output."""

from __future__ import annotations

import io
import itertools
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from click import Context

from tests.cli.console import TURNOUT, environment, shell
from tests.manifest.samples import DEPLOYMENT
from tests.report.samples import KIADA, host
from tests.report.test_document import check
from turnout import (
    Scenario,
    Synthetic,
    compare,
    default_cache,
    estimate,
    estimate_document,
    load_manifest,
    load_traffic,
)
from turnout.cli import main
from turnout.cli.compare import compare as command
from turnout.cli.root import root
from turnout.environment import Environment, Weather
from turnout.parameters import describe
from turnout.report import comparison_document

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LOG = "".join(
    f'192.0.2.{host} - - [01/Aug/1995:00:{minute:02}:{second:02} +0000] "GET {path} HTTP/1.0" 200 10\n'
    for minute in range(0, 60, 4)
    for host in range(1, 9)
    for second, path in ((host, "/"), (host + 1, "/style.css"), (host + 2, "/logo.png"))
)
MADE_UP = ("--traffic", "synthetic:duration=1h")
QUICK = ("--strategy", "recreate", "--rollouts", "2", *MADE_UP)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["compare", str(KIADA), *arguments])
    written = capsys.readouterr()
    return code, written.out, written.err


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    code, out, err = run(capsys, *arguments, "--format", "json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    check("comparison", found)
    return found


def test_the_command_says_what_the_library_says(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "--rollouts", "2", "--seed", "5", *MADE_UP)
    scenario = Scenario.of(load_manifest(KIADA))
    traffic = Synthetic(duration=3_600_000_000).load(5)  # type: ignore[arg-type]  # a plain number will do
    expected = comparison_document(compare(scenario, traffic, host=host(), rollouts=2, seed=5))
    assert found == expected
    assert [each["name"] for each in found["strategies"]] == sorted(host().strategies)


def test_the_same_command_prints_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (("--seed", "3"), ("--seed", "3", "--format", "json")):
        assert run(capsys, *QUICK, *arguments) == run(capsys, *QUICK, *arguments)
    assert run(capsys, *QUICK, "--seed", "3") != run(capsys, *QUICK, "--seed", "4")


def test_the_table_on_100_columns(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "--rollouts", "2", *MADE_UP)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert all(len(line) <= 100 and line == line.rstrip() for line in lines)
    assert "\x1b" not in out
    assert out.endswith(".\n")
    assert lines[0] == "Deployment kiada: previous -> 0.5 on 6 replicas, 2 rollouts each, seed 0"
    for heading in ("Verdict", "This rests on"):
        assert heading in lines


@pytest.mark.parametrize(
    ("require", "code"),
    [
        ((), 0),  # recreate meets none of the limits that are taken for want of any, but nobody asked
        (("failed_requests<=1000000",), 0),
        (("failed_requests<=0%",), 1),
        (("mixed_page_views<=0", "failed_requests<=0"), 1),
        (("min_available>=0", "peak_replicas<=6"), 0),
    ],
)
def test_exit_codes(require: Sequence[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    options = [word for each in require for word in ("--require", each)]
    returned, out, err = run(capsys, *QUICK, *options)
    assert (returned, err) == (code, "")
    said = "No strategy meets the limits." in out
    assert said == (code == 1 or not require)


def test_one_strategy_that_meets_all_is_enough(capsys: pytest.CaptureFixture[str]) -> None:
    two = (*QUICK, "--strategy", "blue-green")
    assert run(capsys, *two, "--require", "failed_requests<=0")[0] == 0
    both = ("--require", "failed_requests<=0", "--require", "peak_replicas<=6")
    assert run(capsys, *two, *both)[0] == 1


def test_options_end_up_in_the_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    given = {
        "--replicas": "4",
        "--previous": "old",
        "--bridge": "between",
        "--serves": "0.5=old",
        "--do": "resume 10m later",
        "--patience": "7s",
        "--detect": "1.5s",
        "--horizon": "2h",
        "--container-start": "4s",
        "--startup": "8s",
        "--startup-spread": "0.5",
        "--endpoint-delay": "0s",
        "--removal-delay": "3s",
        "--routing-delay": "2s",
        "--pre-stop": "4s",
        "--shutdown": "250ms",
        "--capacity": "50",
        "--queue-timeout": "6s",
        "--crash-every": "1h",
        "--error-share": "0.01",
        "--slow-start": "2",
        "--flap-every": "2h",
        "--flap-for": "5s",
        "--node-loss-every": "3h",
        "--kill-every": "4h",
        "--stale": "2s",
        "--clears-after": "30m",
    }
    words = itertools.chain.from_iterable(given.items())
    scenario = document(capsys, *QUICK, *words, "--never-ready")["scenario"]
    assert (scenario["replicas"], scenario["previous"], scenario["bridge"]) == (4, "old", "between")
    assert scenario["serves"] == [{"asset": "0.5", "document": "old"}]
    assert scenario["runbook"] == ["resume 10m later"]
    seconds = [scenario[f"{name}_seconds"] for name in ("patience", "detect", "horizon")]
    assert seconds == [7, 1.5, 7200]
    for name, cls in (("environment", Environment), ("weather", Weather)):
        for each in describe(cls):
            expected = given.get(f"--{each.name.replace('_', '-')}")
            if each.type.kind == "duration":
                assert scenario[name][each.name] == expected.replace("250ms", "0.25s")  # type: ignore[union-attr]
            elif each.type.kind != "bool":
                assert scenario[name][each.name] == float(str(expected))
    assert scenario["weather"]["never_ready"] is True


def test_a_manifest_from_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(DEPLOYMENT.encode())))
    assert main(["compare", "-", *QUICK]) == 0
    assert capsys.readouterr().out.startswith("Deployment web: previous -> 1.2.3 on 3 replicas")


def test_a_log_from_standard_input_and_from_a_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "access.log"
    path.write_text(LOG, encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(LOG.encode())))
    options = ("--strategy", "recreate", "--rollouts", "2", "--format", "json", "--traffic")
    found = []
    for log in ("-", str(path)):
        code, out, err = run(capsys, *options, log)
        assert code == 0
        assert "360 requests from 1995-08-01T00:00:01Z" in err.splitlines()[0]
        assert not any(line.startswith("turnout: ") for line in err.splitlines())
        found.append(json.loads(out))
    piped, filed = found
    assert filed["scenario"]["traffic"]["label"] == "access.log"
    del piped["scenario"]["traffic"]["label"], filed["scenario"]["traffic"]["label"]
    assert piped == filed
    traffic = load_traffic(path).traffic
    expected = compare(load_manifest(KIADA), traffic, ["recreate"], host=host(), rollouts=2)
    assert filed["strategies"] == comparison_document(expected)["strategies"]


def test_a_log_is_parsed_once_unless_no_cache_is_wanted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "access.log"
    path.write_text(LOG, encoding="utf-8")
    options = ("--strategy", "recreate", "--rollouts", "2", "--traffic", str(path))
    without = run(capsys, *options, "--no-cache")
    assert not (tmp_path / "cache").exists()
    first = run(capsys, *options)
    assert len(list(default_cache().iterdir())) == 1
    monkeypatch.setattr("turnout.traffic.load.parse", None)
    assert run(capsys, *options) == first == without


def test_a_cache_that_cannot_be_written_takes_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "access.log"
    path.write_text(LOG, encoding="utf-8")
    options = ("--strategy", "recreate", "--rollouts", "2", "--traffic", str(path))
    code, out, err = run(capsys, *options)
    assert (code, out) == run(capsys, *options, "--no-cache")[:2]
    (said,) = [line for line in err.splitlines() if line.startswith("turnout: ")]
    assert "cannot be kept" in said
    assert len(err.splitlines()) == 1 + len(run(capsys, *options, "--no-cache")[2].splitlines())


def test_scaled_traffic_is_labelled(capsys: pytest.CaptureFixture[str]) -> None:
    once, often = (document(capsys, *QUICK, "--scale-traffic", factor) for factor in ("1", "3"))
    before, after = (each["scenario"]["traffic"] for each in (once, often))
    assert after["requests"] == 3 * before["requests"]
    assert (before["label"], after["label"]) == ("synthetic", "derived: 3 × synthetic")
    assert any(line.startswith("The traffic is derived: 3 times") for line in often["assumptions"])


def test_progress_goes_to_standard_error_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet = run(capsys, *QUICK)
    clock = itertools.count(step=8)
    monkeypatch.setattr("turnout.cli.progress.monotonic", lambda: next(clock))
    code, out, err = run(capsys, *QUICK, "--rollouts", "12")
    assert code == 0
    lines = [re.fullmatch(r"turnout: (\d+) of 12 simulations", line) for line in err.splitlines()]
    done = [int(line[1]) for line in lines if line]
    assert len(done) == len(lines) >= 3
    assert done == sorted(set(done))
    assert "simulated" not in out
    assert quiet[2] == ""


def test_progress_on_a_terminal_leaves_no_trace(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, quiet, _ = run(capsys, *QUICK)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    code, out, _ = run(capsys, *QUICK)
    assert (code, out) == (0, quiet)


def test_the_help_page_is_in_sections(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= 100 for line in lines)
    headings = [line for line in lines if re.fullmatch(r"[A-Z][^:]*:", line)]
    assert headings == [
        "Options:",
        "Where the work is done:",
        "The rollout, and what an operator does:",
        "The cluster, where the manifest does not say:",
        "Faults thrown at the rollout:",
    ]
    listed = [line.split()[0].rstrip(",") for line in lines if line.startswith("  -")]
    with Context(command, parent=Context(root, **root.context_settings)) as context:
        known = {name for parameter in command.get_params(context) for name in parameter.opts}
    assert set(listed) == known - {"manifest", "--help"}  # which stands beside -h
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize(
    "options",
    [("--never-ready",), ("--do", "pause at 1s"), ("--startup", "5h"), ("--horizon", "1s")],
)
def test_a_rollout_that_never_ends_meets_no_requirement(
    options: Sequence[str], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("--strategy", "rolling", "--rollouts", "2", *MADE_UP, "--require", "failed_requests<=100%")
    code, out, err = run(capsys, *asked, *options)
    assert (code, err) == (1, "")
    assert "2 of its 2 rollouts never end." in " ".join(out.split())


@pytest.mark.parametrize("name", ["compare", "show"])
def test_the_help_page_needs_no_numpy(name: str) -> None:
    program = (
        "import sys; from turnout.cli import main; main(sys.argv[1:]); "
        "print([each for each in ('numpy', 'hypothesis', 'rich') if each in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, name, "--help"], capture_output=True, encoding="utf-8", check=True
    )
    assert done.stderr.strip() == "[]"


def _words(*arguments: str) -> str:
    return shlex.join(["turnout", "compare", str(KIADA), *arguments])


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ((), 0),
        (("--require", "failed_requests<=0"), 1),
        (("--require", "failed_requests<=0", "--format", "json"), 1),
        (("--require", "failures<=0"), 2),
    ],
)
def test_the_console_script_s_exit_codes(more: tuple[str, ...], code: int) -> None:
    done = shell(_words(*QUICK, *more))
    assert done.returncode == code
    assert (done.stdout == b"") == (code == 2)
    assert (done.stderr == b"") == (code != 2)
    assert done.stderr.count(b"\n") == (code == 2)


def test_both_inputs_through_pipes(tmp_path: Path) -> None:
    path = tmp_path / "access.log.gz"
    done = shell(f"gzip > {path}; gzip -cd {path} | {_words(*QUICK, '--traffic', '-')}", LOG.encode())
    assert (done.returncode, done.stdout[:17]) == (0, b"Deployment kiada:")
    done = shell(f"cat {KIADA} | turnout compare - {shlex.join(QUICK)} --traffic {path}")
    assert (done.returncode, done.stdout[:17]) == (0, b"Deployment kiada:")


def test_head_is_quiet() -> None:
    done = shell(f"{_words(*QUICK)} | head -1")
    assert done.stdout == b"Deployment kiada: previous -> 0.5 on 6 replicas, 2 rollouts each, seed 0\n"
    assert done.stderr == b""
    assert done.returncode in (0, 141)


@pytest.mark.parametrize("form", ["table", "json"])
def test_a_reader_that_has_gone_is_no_trouble(form: str) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            [TURNOUT, "compare", KIADA, *QUICK, "--format", form],
            stdout=write,
            stderr=subprocess.PIPE,
            env=environment(),
            timeout=60,
            check=False,
        )
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


def test_without_standard_error_it_goes_on() -> None:
    done = shell(f"{_words(*QUICK)} 2>&-")
    assert (done.returncode, done.stdout[:17]) == (0, b"Deployment kiada:")


def test_json_is_utf_8_where_nothing_says_otherwise() -> None:
    done = shell(_words(*QUICK, "--scale-traffic", "2", "--format", "json"), LC_ALL="C")
    assert done.returncode == 0
    assert json.loads(done.stdout.decode())["scenario"]["traffic"]["label"] == "derived: 2 × synthetic"


def test_an_interrupt_is_one_line_and_nothing_half_written(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_text(LOG, encoding="utf-8")
    arguments: list[str | Path] = [TURNOUT, "compare", KIADA, "--rollouts", "10000000", "--traffic", path]
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    ) as process:
        stdout, stderr = process.stdout, process.stderr
        assert stdout is not None
        assert stderr is not None
        first = stderr.readline()  # what was found in the log: from now on, it simulates
        process.send_signal(signal.SIGINT)
        rest = stderr.read().splitlines()
        assert b"360 requests" in first
        assert rest[-1] == b"turnout: interrupted"
        assert not any(b"Traceback" in line for line in rest)
        assert sum(line.startswith(b"turnout: ") for line in rest) == 1
        assert stdout.read() == b""
    assert process.returncode == 130


def test_an_estimate_is_what_the_library_says(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "--estimate", "--rollouts", "5", "--seed", "5", *MADE_UP, "--format", "json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    check("estimate", found)
    scenario = Scenario.of(load_manifest(KIADA))
    traffic = Synthetic(duration=3_600_000_000).load(5)  # type: ignore[arg-type]  # a plain number will do
    assert found == estimate_document(estimate(scenario, traffic, host=host(), rollouts=5, seed=5))


def test_the_estimate_on_100_columns_says_what_it_cannot(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "--estimate", "--rollouts", "5", *MADE_UP)
    assert (code, err) == (0, "")
    assert all(len(line) <= 100 and line == line.rstrip() for line in out.splitlines())
    assert "Not estimated" in out.splitlines()
    assert "session-affinity: it pins sessions" in out


def test_an_estimate_keeps_no_limit(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "--estimate", "--require", "mixed_sessions<=0", *MADE_UP)
    assert (code, out) == (2, "")
    assert err.startswith("turnout: --require: a limit is kept by single rollouts")


def test_an_estimate_is_made_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "--estimate", "--workers", "2", *MADE_UP)
    assert (code, out) == (2, "")
    assert err.startswith("turnout: --workers: an estimate is made at once")

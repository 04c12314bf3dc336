"""``turnout show``: one rollout as a timeline, the classic warning, and the same as JSON."""

from __future__ import annotations

import io
import json
import re
import shlex
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.console import shell
from tests.manifest.samples import DEPLOYMENT, ROLLOUT, SERVICE, swap
from tests.report.samples import KIADA, host
from tests.report.test_document import check
from turnout import Scenario, Synthetic, load_manifest, simulate
from turnout.browser import browse, telling_moments
from turnout.cli import main
from turnout.report import history_document
from turnout.selection import choose_strategies

if TYPE_CHECKING:
    from pathlib import Path

MADE_UP = ("--traffic", "synthetic:duration=1h")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    code = main(["show", str(KIADA), *MADE_UP, *arguments])
    written = capsys.readouterr()
    assert (code, written.err) == (0, "")
    lines = written.out.splitlines()
    assert all(len(line) <= 100 and line == line.rstrip() for line in lines)
    assert "\x1b" not in written.out
    return written.out


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    found = json.loads(run_json(capsys, *arguments))
    check("history", found)
    return found


def run_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["show", str(KIADA), *MADE_UP, *arguments, "--format", "json"]) == 0
    written = capsys.readouterr()
    assert written.err == ""
    return written.out


def loads(found: Any) -> list[list[str | None]]:
    return [each["revisions"] for each in found["page_loads"]]


def mixed(found: Any) -> int:
    return sum(len({part for part in each if part is not None}) > 1 for each in loads(found))


@pytest.mark.parametrize("seed", ["0", "1", "2"])
def test_the_classic_warning_and_what_heeds_it(seed: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Pause after the first new replica and reload: rolling mixes a page; what pins or switches does not, by page."""
    reloads = [word for second in range(60, 600, 30) for word in ("--at", f"{second}s")]
    held = ("--do", "pause when 1 available", "--do", "resume 10m later")
    rolling = document(capsys, "--seed", seed, "--strategy", "rolling:pause_after=1", *reloads)
    assert any(moment["paused"] for moment in rolling["moments"])
    assert mixed(rolling) >= 2
    for strategy in ("session-affinity", "blue-green:switch=page", "blue-green:switch=drain"):
        found = document(capsys, "--seed", seed, "--strategy", strategy, *held, *reloads)
        assert any(moment["paused"] for moment in found["moments"])
        assert mixed(found) == 0
    two = document(capsys, "--seed", seed, "--strategy", "two-step", *reloads)
    assert all(len(set(each) & {"previous", "0.5"}) < 2 for each in loads(two))


def test_the_table_shows_the_pause_and_the_mixed_page(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "--strategy", "rolling:pause_after=1")
    assert out.startswith("rolling:max_unavailable=0,pause_after=1: the rollout of 0.5 is completed after ")
    assert re.search(r"^ +20s .* paused$", out, re.MULTILINE)
    assert re.search(r"^10m20s .* resume: deployment.apps/kiada resumed$", out, re.MULTILINE)
    assert re.search(r"  mixed$", out, re.MULTILINE)
    assert re.search(r"^[1-6] of 6 page loads (is|are) mixed from two revisions\.$", out, re.MULTILINE)


@pytest.mark.parametrize(
    ("strategy", "said"),
    [
        ("blue-green", "1 of 6 page loads is mixed from two revisions."),
        ("blue-green:switch=page", "0 of 6 page loads are mixed from two revisions."),
        ("blue-green:switch=drain", "0 of 6 page loads are mixed from two revisions."),
        ("session-affinity", "0 of 10 page loads are mixed from two revisions."),
        ("recreate", "0 of 6 page loads are mixed from two revisions, 1 has parts that failed."),
    ],
)
def test_what_each_strategy_does_to_a_browser(
    strategy: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "--strategy", strategy).splitlines()[-1] == said


@pytest.mark.parametrize("start", [None, "7m30s"])
def test_the_command_shows_what_the_library_does(
    start: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    options = () if start is None else ("--start", start)
    found = document(capsys, "--strategy", "session-affinity", "--seed", "4", *options)
    scenario = Scenario.of(load_manifest(KIADA))
    (strategy,) = choose_strategies(host(), scenario.workload, ["session-affinity"])
    traffic = Synthetic(duration=3_600_000_000).load(4)  # type: ignore[arg-type]  # a plain number will do
    begin = traffic.start + (450_000_000 if start else 0)
    history = simulate(scenario, strategy, traffic=traffic, begin=begin, seed=4)
    expected = browse(history, telling_moments(history))
    assert found.pop("page_loads") == [
        {
            "seconds": each.time / 1e6,
            "revisions": list(each.revisions),
            "causes": [cause.name.lower() for cause in each.causes],
        }
        for each in expected
    ]
    assert found == history_document(history)


def test_the_same_command_shows_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "--seed", "3") == run(capsys, "--seed", "3")
    assert run_json(capsys, "--seed", "3") == run_json(capsys, "--seed", "3")
    assert run(capsys, "--seed", "3") != run(capsys, "--seed", "4")


def test_a_moment_may_be_before_the_rollout(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "--at", "-5s", "--at=-1m30s", "--at", "-0s")
    assert [each["seconds"] for each in found["page_loads"]] == [-90, -5, 0]
    assert loads(found)[:2] == [["previous"] * 4] * 2
    for wrong in ("-x", "-", "--5s", "-5s-"):
        assert main(["show", str(KIADA), "--at", wrong]) == 2
        err = capsys.readouterr().err
        assert f"'--at': {wrong!r} is not a duration; write it as 90s, 5m, 1h30m or 250ms, or -5s" in err


def test_the_moments_asked_for_are_the_moments_shown(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "--at", "5m", "--at", "0s", "--at", "12.5s", "--at", "5m", "--at", "30d")
    assert [each["seconds"] for each in found["page_loads"]] == [0, 12.5, 300, 30 * 86_400]
    assert loads(found)[-1] == ["0.5"] * 4


STRATEGY = DEPLOYMENT[DEPLOYMENT.index("    type: Rolling") : DEPLOYMENT.index("  selector:")]
CLIENT_IP = swap(
    swap(SERVICE, "spec:\n", "spec:\n  sessionAffinity: ClientIP\n"),
    "  name: web\n",
    "  name: web\n  namespace: shop\n",
)


@pytest.mark.parametrize(
    ("manifest", "strategy"),
    [
        (DEPLOYMENT, "rolling:max_unavailable=1"),
        (swap(DEPLOYMENT, STRATEGY, "    type: Recreate\n"), "recreate"),
        (ROLLOUT, "blue-green"),
        (DEPLOYMENT + CLIENT_IP, "session-affinity:to=replica,max_unavailable=1,idle_timeout=3h"),
    ],
)
def test_without_a_strategy_it_is_the_manifest_s(
    manifest: str, strategy: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(manifest.encode())))
    assert main(["show", "-", *MADE_UP]) == 0
    assert capsys.readouterr().out.splitlines()[0].split(": the rollout of ")[0] == strategy


def test_what_the_runbook_could_not_do_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    entries = ("pause when 7 available", "scale 3 1s later")
    options = [word for entry in entries for word in ("--do", entry)]
    said = "\nNot done, as the moment did not come: pause when 7 available; scale 3 1s later\n"
    assert said in run(capsys, *options)
    assert document(capsys, *options)["not_done"] == list(entries)
    done = ("--do", "pause when 1 available", "--do", "resume 1s later")
    assert "Not done" not in run(capsys, *done)
    assert document(capsys, *done)["not_done"] == []


def test_a_log_is_summed_up_on_standard_error(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    line = '192.0.2.7 - - [01/Aug/1995:00:{:02}:01 +0000] "GET / HTTP/1.0" 200 10\n'
    path.write_text("".join(line.format(minute) for minute in range(60)), encoding="utf-8")
    assert main(["show", str(KIADA), "--traffic", str(path), "--start", "20m"]) == 0
    written = capsys.readouterr()
    assert written.out.startswith("rolling:max_unavailable=0: the rollout of 0.5 is completed")
    assert "60 requests" in written.err.splitlines()[0]


def test_the_console_script() -> None:
    words = shlex.join(["turnout", "show", str(KIADA), *MADE_UP, "--strategy", "blue-green"])
    done = shell(f"{words}; echo $?; {words} | head -1; {words} --strategy zzz; echo $?")
    lines = done.stdout.decode().splitlines()
    assert lines[lines.index("0") - 1] == "1 of 6 page loads is mixed from two revisions."
    assert lines[-2] == lines[0]
    assert lines[-1] == "2"
    assert done.stderr.decode() == (
        "turnout: there is no strategy 'zzz'; known are: blue-green, recreate, rolling, session-affinity, two-step\n"
    )

"""``turnout verify`` ends with 0, 1 or 2, saves stories that replay, and refuses in one line."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from tests.cli.console import shell
from tests.host.site import install
from tests.report.samples import KIADA
from turnout.cli import main
from turnout.verify import exhaustive

if TYPE_CHECKING:
    from pathlib import Path

QUICK = ("--examples", "2", "--weather", "clear")


def test_a_promise_that_holds_ends_with_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("--invariant", "surge-ceiling", "--stories", str(tmp_path))
    assert main(["verify", "rolling:max_surge=1", *asked, *QUICK]) == 0
    said = capsys.readouterr().out
    assert "rolling: 2 rollouts, seed 0" in said
    assert "surge-ceiling" in said
    assert "holds" in said
    assert not list(tmp_path.iterdir())


def test_a_story_is_saved_and_replays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--invariant", "one-active-revision", "--stories", str(tmp_path), "--format", "json", *QUICK]
    assert main(["verify", "rolling", *asked]) == 0, "it is not promised"
    document = json.loads(capsys.readouterr().out)
    ((found,),) = ([each["invariants"] for each in document["strategies"]],)
    assert found[0]["verdict"] == "not promised, broken"
    path = tmp_path / "rolling.one-active-revision.json"
    assert json.loads(path.read_text(encoding="utf-8")) == found[0]["story"]
    assert main(["verify", "--replay", str(path)]) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("rolling:")
    assert "one-active-revision is broken" in told[-1]


def test_stories_of_other_parameters_are_other_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("--invariant", "one-active-revision", "--stories", str(tmp_path), *QUICK)
    specs = ("rolling:max_surge=1", "rolling:max_surge=2", "rolling")
    assert main(["verify", *specs, *asked]) == 0
    replays = [line.split()[-1] for line in capsys.readouterr().out.splitlines() if "--replay" in line]
    assert len(set(replays)) == 3
    for spec, path in zip(specs, replays, strict=True):
        assert main(["verify", "--replay", path]) == 1
        assert capsys.readouterr().out.startswith(f"{spec}: ")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ((), "it is not said what to verify; give the names of strategies, or --all"),
        (("rolling", "--all"), "--all goes without names; give the names of strategies, or --all"),
        (("roling",), "there is no strategy 'roling'; did you mean 'rolling'?"),
        (("rolling:x=1",), "rolling: there is no parameter 'x'"),
        (("rolling", "--weather", "hail"), "--weather: there is no weather 'hail'"),
        (("rolling", "--invariant", "luck"), "--invariant: there is no invariant 'luck'"),
        (("rolling", "--examples", "0"), "'0' is no whole number from 1"),
        (("--replay", "nowhere.json"), "nowhere.json: No such file or directory"),
        (("rolling", "--replay", "nowhere.json"), "--replay goes without names"),
        (
            ("--all", "--replay", "nowhere.json"),
            "--replay goes without --all; the story says all that there is",
        ),
        (("--replay", "nowhere.json", "--exhaustive"), "--replay goes without --exhaustive"),
        (("--replay", "nowhere.json", "--weather", "clear"), "--replay goes without --weather"),
        (("--replay", "nowhere.json", "--workers", "2"), "--replay goes without --workers"),
        (("--replay", "nowhere.json", "--faults", "1"), "--replay goes without --faults"),
        (("rolling", "--exhaustive", "--examples", "5"), "--examples means nothing with --exhaustive"),
        (("rolling", "--exhaustive", "--seed", "0"), "--seed means nothing with --exhaustive"),
        (("rolling", "--exhaustive", "--weather", "clear"), "--weather means nothing with --exhaustive"),
        (("rolling", "--exhaustive", "--stories", "x"), "--stories means nothing with --exhaustive"),
        (("rolling", "--faults", "2"), "--faults means nothing without --exhaustive; add --exhaustive"),
        (("rolling", "--exhaustive", "--replicas", "0"), "'--replicas': 0 is not in the range"),
    ],
)
def test_bad_input_is_one_line_and_2(
    arguments: tuple[str, ...], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert line in said.err


def test_an_exhaustive_walk_says_what_it_visited(capsys: pytest.CaptureFixture[str]) -> None:
    bounds = {"replicas": 1, "sessions": 1, "faults": 0, "verbs": 0, "delays": 0}
    asked = [text for name, number in bounds.items() for text in (f"--{name}", str(number))]
    assert main(["verify", "--exhaustive", "recreate", *asked]) == 0
    said = capsys.readouterr().out
    assert "recreate: 1 replica, 1 session, 0 faults, 0 verbs" in said
    assert "steps between them: that is all there are" in said
    assert main(["verify", "--exhaustive", "recreate", *asked, "--format", "json"]) == 0
    ((found,),) = json.loads(capsys.readouterr().out).values()
    assert found["bounds"] == bounds
    assert found["closed"]
    assert found["kept"]
    assert found["broken"] == {}
    assert f"{found['states']:,} states" in said


def test_a_walk_without_sessions(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--sessions", "0", "--replicas", "1", "--faults", "0"]
    assert main(["verify", "--exhaustive", "recreate", *asked]) == 0
    assert "0 sessions" in capsys.readouterr().out


def test_a_walk_that_does_not_close_proves_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    few, walk = exhaustive.Small(states=50), exhaustive.exhaust
    monkeypatch.setattr(
        exhaustive,
        "exhaust",
        lambda strategy, invariants, _, **given: walk(strategy, invariants, few, **given),
    )
    assert main(["verify", "--exhaustive", "rolling"]) == 1
    said = capsys.readouterr().out
    assert "not closed: there are more" in said
    assert "hold in all" not in said


PRINTING = """
from typing import ClassVar
import attrs
import turnout
from turnout_strategies.recreate import Recreate

print("loud from the beginning")

@attrs.frozen(kw_only=True)
class Loud(Recreate):
    "Recreate, and say so."

    name: ClassVar[str] = "loud"

    def decide(self, seen):
        print("I decide")
        return super().decide(seen)

@turnout.hookimpl
def turnout_strategies():
    return [Loud]
"""


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize(
    "command",
    [
        "verify loud --examples 1 --weather clear --weather crash --invariant converges",
        "verify loud --exhaustive --verbs 0 --faults 0",
        f"compare {KIADA} --strategy loud --strategy recreate --rollouts 2 --seed 1",
    ],
)
def test_what_a_strategy_prints_is_no_part_of_the_result(tmp_path: Path, command: str, workers: str) -> None:
    install(tmp_path, "acme", {"loud": "loud"}, {"loud": PRINTING})
    found = shell(
        f"cd {tmp_path} && turnout {command} --format json --workers {workers}",
        PYTHONPATH=os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]),
    )
    assert found.returncode == 0, found.stderr.decode()
    assert json.loads(found.stdout)
    assert b"I decide" in found.stderr
    assert b"loud from the beginning" in found.stderr


def test_a_story_that_breaks_no_more_says_what_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["verify", "rolling", "--examples", "5", "--invariant", "one-active-revision", "--stories"]
    assert main([*command, str(tmp_path)]) == 0
    (path,) = tmp_path.glob("*.json")
    story = json.loads(path.read_text())
    path.write_text(json.dumps({**story, "strategy": "blue-green", "parameters": {}}))
    capsys.readouterr()
    assert main(["verify", "--replay", str(path)]) == 0
    said = capsys.readouterr().out
    assert "one-active-revision holds" in said
    assert (
        "it broke when the story was saved: new requests go to new and old; either that is mended, or" in said
    )
    assert main(["verify", "--replay", str(path), "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["holds"]
    assert told["saved_violation"]["text"] == story["violation"]["text"]

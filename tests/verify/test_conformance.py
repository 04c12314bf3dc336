"""The conformance kit as a plugin's author meets it: a test for each promise, stories, waivers as skips."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import turnout
from turnout.cli import main

ROOT = Path(__file__).parents[2]
PLUGIN = """
from typing import ClassVar
import attrs
from turnout import Bounds, Plan, Promise, Spread, Strategy
from turnout.testing import conformance

@attrs.frozen(kw_only=True)
class AllAtOnce(Strategy):
    '''Start every new replica and stop every old one in the same step.'''

    name: ClassVar[str] = "all-at-once"
    promises: ClassVar = (Promise("surge-ceiling"), Promise("capacity-floor"), Promise("never-backwards"))
    waivers: ClassVar = {"never-backwards": "it is for batch jobs"}

    def bounds(self, replicas):
        return Bounds(floor=replicas, ceiling=replicas)

    def decide(self, seen):
        wanted = dict.fromkeys(seen.wanted, 0)
        wanted[seen.rollout.target] = seen.rollout.replicas
        return Plan(wanted=wanted, routing=Spread())

test_all_at_once = conformance(AllAtOnce)
"""


def run_pytest(directory: Path, *arguments: str) -> str:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([*sys.path, str(directory)]),
        "HYPOTHESIS_PROFILE": "turnout-laptop",
        "COLUMNS": "200",
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", *arguments],
        cwd=directory,
        env=environment,
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    return done.stdout + done.stderr


def test_one_line_gives_a_test_for_each_promise(tmp_path: Path) -> None:
    (tmp_path / "test_all_at_once.py").write_text(PLUGIN, encoding="utf-8")
    said = run_pytest(tmp_path)
    assert "1 failed, 2 passed, 1 skipped" in said
    assert "waived: it is for batch jobs" in said
    assert "test_all_at_once[capacity-floor]" in said
    assert "capacity-floor is broken: available replicas were taken away" in said
    assert "all-at-once: 1 replica from old to new" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("name", ["ring", "two-rings"])
def test_what_turnout_new_writes_passes_its_own_tests(tmp_path: Path, name: str) -> None:
    turnout_command = str(Path(sys.executable).parent / "turnout")
    command = [turnout_command, "new", name, "--in", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True)
    directory = tmp_path / f"turnout-{name}"
    assert "7 passed" in run_pytest(directory)
    again = subprocess.run(command, check=False, capture_output=True, encoding="utf-8")
    assert (again.returncode, again.stderr.count("\n")) == (2, 1)
    assert turnout.__all__


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("rolling", "there is a strategy 'rolling' already"),
        ("strategies", "there is a module turnout_strategies already"),
        ("spread", "a class Spread would hide another of that name"),
        ("strategy", "a class Strategy would hide another of that name"),
        ("plan", "a class Plan would hide another of that name"),
        ("none", "a class None would hide another of that name"),
        ("iterable", "a class Iterable would hide another of that name"),
        ("class-var", "a class ClassVar would hide another of that name"),
    ],
)
def test_a_name_that_is_taken_is_refused(
    tmp_path: Path, name: str, problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", name, "--in", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert problem in said
    assert said.count("\n") == 1
    assert not list(tmp_path.iterdir())

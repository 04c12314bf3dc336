"""The tools that check the house can themselves fail."""

from __future__ import annotations

import pytest

from tests.house.commands import commands
from tests.house.console import complaint
from tests.house.distributions import announcements, complaints_about_sdist, complaints_about_wheel

ANNOUNCED = announcements(
    {
        "scripts": {"turnout": "turnout.cli:main"},
        "entry-points": {
            "turnout": {"rolling": "turnout_strategies.rolling", "two-step": "turnout_strategies.two_step"}
        },
    }
)
WHEEL = (
    "turnout/__init__.py",
    "turnout/py.typed",
    "turnout/cli/__init__.py",
    "turnout_strategies/__init__.py",
    "turnout_strategies/py.typed",
    "turnout_strategies/rolling.py",
    "turnout_strategies/two_step.py",
    "turnout-0.1.0.dist-info/METADATA",
    "turnout-0.1.0.dist-info/licenses/LICENSE",
)
ENTRY_POINTS = """\
[console_scripts]
turnout = turnout.cli:main

[turnout]
rolling = turnout_strategies.rolling
two-step = turnout_strategies.two_step
"""
SDIST = (
    "pyproject.toml",
    "README.md",
    "CHANGELOG.md",
    "LICENSE",
    "conftest.py",
    "core/turnout/py.typed",
    "strategies/turnout_strategies/py.typed",
    "tests/conftest.py",
    "docs/conf.py",
)


def test_a_good_wheel_draws_no_complaint() -> None:
    assert complaints_about_wheel(WHEEL, ENTRY_POINTS, ANNOUNCED) == []


@pytest.mark.parametrize("missing", [name for name in WHEEL if not name.endswith("METADATA")])
def test_each_file_that_a_wheel_lacks_is_named(missing: str) -> None:
    assert (
        len(complaints_about_wheel([name for name in WHEEL if name != missing], ENTRY_POINTS, ANNOUNCED)) == 1
    )


@pytest.mark.parametrize("line", [line for line in ENTRY_POINTS.splitlines() if "=" in line])
def test_each_entry_point_that_a_wheel_lacks_is_named(line: str) -> None:
    assert len(complaints_about_wheel(WHEEL, ENTRY_POINTS.replace(f"{line}\n", ""), ANNOUNCED)) == 1


def test_an_entry_point_that_leads_elsewhere_is_named() -> None:
    other = ENTRY_POINTS.replace("turnout_strategies.rolling", "turnout_strategies.two_step")
    assert complaints_about_wheel(WHEEL, other, ANNOUNCED) == [
        "the wheel does not announce rolling in turnout"
    ]


def test_a_wheel_without_entry_points_is_told_apart() -> None:
    assert len(complaints_about_wheel(WHEEL, "", ANNOUNCED)) == 3


@pytest.mark.parametrize(
    "stray",
    [
        "tests/test_house.py",
        "core/turnout/model.py",
        "conftest.py",
        "turnout/__pycache__/model.cpython-311.pyc",
        "turnout/.hypothesis/examples/0a",
    ],
)
def test_what_does_not_belong_into_a_wheel_is_named(stray: str) -> None:
    assert complaints_about_wheel([*WHEEL, stray], ENTRY_POINTS, ANNOUNCED) == [f"the wheel carries {stray}"]


def test_a_good_sdist_draws_no_complaint() -> None:
    assert complaints_about_sdist(f"turnout-0.1.0/{name}" for name in SDIST) == []


@pytest.mark.parametrize("missing", SDIST)
def test_each_file_that_an_sdist_lacks_is_named(missing: str) -> None:
    files = [f"turnout-0.1.0/{name}" for name in SDIST if name != missing]
    assert complaints_about_sdist(files) == [f"the sdist lacks {missing}"]


@pytest.mark.parametrize(
    "stray", [".hypothesis/examples/0a", "docs/_build/index.html", "core/.mypy_cache/x.json"]
)
def test_what_does_not_belong_into_an_sdist_is_named(stray: str) -> None:
    files = [f"turnout-0.1.0/{name}" for name in (*SDIST, stray)]
    assert complaints_about_sdist(files) == [f"the sdist carries {stray}"]


def test_commands_are_the_sh_blocks_of_one_line() -> None:
    assert commands("a\n```sh\nx && y\n```\n```python\nz\n```\n```sh\nw\n```\n") == ("x && y", "w")


@pytest.mark.parametrize("block", ["", "x\ny\n", "\n"])
def test_a_command_of_no_line_or_two_is_refused(block: str) -> None:
    with pytest.raises(ValueError, match="one line"):
        commands(f"```sh\n{block}```\n")


@pytest.mark.parametrize(
    "block",
    [
        "$ echo one; echo two\none\ntwo\n",
        "$ printf 'a\\nb\\nc\\n'\na\n…\nc\n",
        "$ echo before, between and after\nbefore…after\n",
        "$ echo one \\\n  two\none two\n",
        "$ echo oops >&2\noops\n",
        "$ echo first\nfirst\n$ echo second\nsecond\n",
        "$ exit 3\n$ echo $?\n3\n",
        "$ printf 'padded   \\n'\npadded\n",
        "$ ls pyproject.toml\npyproject.toml\n",
        "$ true\n",
    ],
)
def test_a_true_console_block_draws_no_complaint(block: str) -> None:
    assert complaint(block) is None


@pytest.mark.parametrize(
    ("block", "says"),
    [
        ("$ echo one\ntwo\n", "- two"),
        ("$ echo one\n", "one"),
        ("$ echo one; echo two\none\n", "two"),
        ("$ true\nsomething\n", "something"),
        ("$ printf 'a\\nb\\n'\na\n…\nc\n", "c"),
        ("$ exit 3\n", "ended with 3"),
        ("$ exit 3\n$ echo on\non\n", "ended with 3"),
        ("$ exit 3\n$ echo $?\n2\n", "- 2"),
    ],
)
def test_a_false_console_block_is_told_apart(block: str, says: str) -> None:
    assert says in (complaint(block) or "")


def test_a_console_block_without_a_command_is_refused() -> None:
    with pytest.raises(ValueError, match="starts with a command"):
        complaint("turnout --help\n")

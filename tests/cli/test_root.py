"""The frame of the command line: help at once, one line for whatever goes wrong, and an honest exit code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest
from click import Context

from tests.host.site import HEALTHY, install
from turnout.cli import main
from turnout.cli.root import root
from turnout.host import Host

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEAVY = ("_turnout_pytest", "hypothesis", "numpy", "pluggy", "rich", "ruamel", "turnout_strategies")


def _turnout(
    arguments: Sequence[str],
    prelude: str = "",
    stdout: int | IO[str] = subprocess.PIPE,
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, after a few lines of Python."""
    program = f"import sys\n{prelude}\nfrom turnout.cli import main\nsys.exit(main({list(arguments)!r}))"
    return subprocess.run(
        [sys.executable, "-c", program],
        stdout=stdout,
        stderr=subprocess.PIPE,
        env={**os.environ, **environment},
        encoding="utf-8",
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("program", ["import turnout", "from turnout.cli import main; main(['--help'])"])
def test_importing_and_help_are_light(program: str) -> None:
    check = (
        f"import sys\n{program}\nprint([name for name in {_HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, encoding="utf-8", timeout=60, check=True
    )
    assert done.stderr.strip() == "[]"


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    listed = capsys.readouterr().out
    for command in ("compare", "show", "strategies", "plugins", "--without", "--version"):
        assert command in listed
    assert all(len(line) <= 100 for line in listed.splitlines())
    for arguments in ([], ["-h"]):
        assert main(arguments) == 0
        assert capsys.readouterr().out == listed


@pytest.mark.parametrize("name", ["plugins", "strategies"])
def test_the_list_of_commands_says_what_the_commands_say(name: str) -> None:
    command = root.get_command(Context(root), name)
    assert command is not None
    assert command.get_short_help_str(limit=1000).partition(":")[0] in root.lazy[name][1]


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("turnout 0.")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["plugin"], "turnout: there is no command 'plugin'; did you mean 'plugins'?"),
        (
            ["zzz"],
            "turnout: there is no command 'zzz'; known are: compare, new, plugins, rollout, show, strategies, sweep",
        ),
        ([""], "turnout: there is no command ''; known are:"),
        (["--withuot", "x", "plugins"], "turnout: No such option '--withuot'."),
        (["--without"], "turnout: Option '--without' requires an argument; see turnout --help"),
        (["plugins", "--format", "xml"], "turnout: Invalid value for '--format': 'xml' is not one of"),
        (["plugins", "x"], "turnout: Got unexpected extra argument (x); see turnout plugins --help"),
        (
            ["plugins", "--without", "rolling"],
            "turnout: No such option '--without'; --without goes before the command: turnout --without … plugins",
        ),
        (
            ["--without", "roling", "plugins"],
            "turnout: --without: there is no plugin 'roling' to switch off; did you mean 'rolling'?",
        ),
        (["strategies", "a\nb"], "turnout: there is no strategy 'a\\nb'; "),
    ],
)
def test_bad_input_is_one_line_and_2(
    arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err.startswith(line)
    assert len(written.err.splitlines()) == 1


def _states(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    lines = capsys.readouterr().out.splitlines()[1:]
    return dict(line.split()[:2] for line in lines if not line.startswith(" "))


def test_plugins_are_switched_off_by_option_and_by_variable(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TURNOUT_WITHOUT", " rolling ,, two-step,")
    assert main(["--without", "recreate", "--without", "rolling", "plugins"]) == 0
    off = {name for name, state in _states(capsys).items() if state == "off"}
    assert off == {"rolling", "two-step", "recreate"}


@pytest.mark.parametrize(
    ("arguments", "variable", "where"),
    [
        ([], "rollin", "TURNOUT_WITHOUT"),
        (["--without", "recreate"], "rollin", "--without and TURNOUT_WITHOUT"),
    ],
)
def test_a_wrong_name_in_the_variable_is_blamed_on_it(
    arguments: list[str],
    variable: str,
    where: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TURNOUT_WITHOUT", variable)
    assert main([*arguments, "strategies"]) == 2
    assert capsys.readouterr().err.startswith(f"turnout: {where}: there is no plugin 'rollin' to switch off")


def test_broken_plugins_are_named_by_every_command(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install(site, "acme", {"sick": "sick", "well": "ringing"}, {"sick": "1 / 0", "ringing": HEALTHY})
    assert main(["strategies", "ring"]) == 0
    written = capsys.readouterr()
    assert written.err == (
        "turnout: plugin sick (acme 1.2) is broken: "
        "cannot be imported: ZeroDivisionError: division by zero (sick.py, line 1)\n"
    )
    assert written.out.startswith("ring (acme 1.2)\n")


def test_an_interrupt_is_one_line_and_130(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(host: Host, *, disabled: set[str]) -> None:
        del host, disabled
        raise KeyboardInterrupt

    monkeypatch.setattr(Host, "__init__", interrupted)
    assert main(["plugins"]) == 130
    written = capsys.readouterr()
    assert (written.out, written.err) == ("", "turnout: interrupted\n")


def test_a_signal_ends_it_in_one_line() -> None:
    prelude = (
        "import os, signal, turnout.host\n"
        "turnout.host.Host.__init__ = lambda *_, **__: os.kill(os.getpid(), signal.SIGINT)"
    )
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    done = _turnout(["plugins"], prelude)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "turnout: interrupted\n")


@pytest.mark.parametrize("arguments", [["--help"], ["strategies"], ["plugins", "--format", "json"]])
def test_a_reader_that_goes_away_is_no_trouble(arguments: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        done = _turnout(arguments, stdout=write)
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("arguments", [["--help"], ["strategies"]])
def test_a_full_disk_is_one_line(arguments: list[str]) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = _turnout(arguments, stdout=full)
    assert (done.returncode, done.stderr) == (2, "turnout: No space left on device\n")


def test_no_standard_output_at_all() -> None:
    done = _turnout(["strategies"], "sys.stdout = None")
    assert (done.returncode, done.stderr) == (0, "")


def test_what_the_terminal_cannot_show_is_escaped() -> None:
    prelude = "import turnout_strategies.recreate as r\nr.Recreate.__doc__ = 'Stop \\u2192 start.'"
    done = _turnout(["strategies", "recreate"], prelude, PYTHONIOENCODING="latin-1")
    assert done.returncode == 0
    assert "Stop \\u2192 start." in done.stdout

"""``turnout plugins`` and ``turnout strategies``: everything is there, as a table and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.host.site import HEALTHY, install
from turnout.cli import main
from turnout.host import Host

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_broken_plugin_is_listed_and_the_listing_succeeds(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install(
        site,
        "acme-rollouts-of-every-kind",
        {"sick-but-with-quite-a-long-name": "sick_module_of_a_long_name:attribute", "well": "ringing"},
        {"sick_module_of_a_long_name": f"raise ValueError({'of many words ' * 20!r})", "ringing": HEALTHY},
        version="1.2.3.dev4",
    )
    assert main(["--without", "recreate", "plugins"]) == 0
    written = capsys.readouterr()
    assert written.err == ""
    assert "\x1b" not in written.out
    lines = written.out.splitlines()
    assert all(len(line) <= 100 and line == line.rstrip() for line in lines)
    states = dict(line.split()[:2] for line in lines[: lines.index("")] if not line.startswith(" "))
    assert states["recreate"] == "off"
    assert states["well"] == "ok"
    assert states["sick-but-with-quite-a-long-name"] == "broken"
    problem = " ".join(written.out.partition("1.2.3.dev4) is broken:")[2].split())
    assert problem.startswith("cannot be imported: ValueError: of many words of many words")
    assert problem.endswith("(sick_module_of_a_long_name.py, line 1)")


def test_plugins_as_json(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install(site, "acme", {"sick": "sick", "well": "ringing"}, {"sick": "1 / 0", "ringing": HEALTHY})
    assert main(["--without", "recreate", "plugins", "--format", "json"]) == 0
    written = capsys.readouterr()
    assert written.err == ""
    assert json.loads(written.out) == {
        "plugins": [each.to_dict() for each in Host(disabled={"recreate"}).plugins]
    }


def test_all_strategies(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["strategies"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= 100 and line == line.rstrip() for line in lines)
    titles = [line.split()[0] for line in lines if line and not line.startswith(" ")]
    assert titles == sorted(Host().strategies)


def test_one_strategy(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install(site, "acme", {"ring": "ringing"}, {"ringing": HEALTHY})
    assert main(["strategies", "ring"]) == 0
    assert capsys.readouterr().out == (
        "ring (acme 1.2)\n"
        "  Go round in a ring.\n"
        "  parameter  type                      default  what it is\n"
        "  way        left | right | straight   left\n"
        "  laps       whole number, at least 1  2        How many laps.\n"
        "  rest       duration or none          1m30s    Between laps.\n"
        "  promise         when\n"
        "  converges       always\n"
        "  capacity-floor  with way=left or straight, if the wind blows\n"
    )


def test_strategies_as_json(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install(site, "acme", {"rings": "ringing"}, {"ringing": HEALTHY})
    assert main(["strategies", "ring", "--format", "json"]) == 0
    (ring,) = json.loads(capsys.readouterr().out)["strategies"]
    assert ring == {
        "name": "ring",
        "plugin": "rings",
        "doc": "Go round in a ring.",
        "parameters": [
            {
                "name": "way",
                "type": "left | right | straight",
                "required": False,
                "default": "left",
                "limits": "",
                "doc": "",
            },
            {
                "name": "laps",
                "type": "whole number",
                "required": False,
                "default": 2,
                "limits": "at least 1",
                "doc": "How many laps.",
            },
            {
                "name": "rest",
                "type": "duration or none",
                "required": False,
                "default": "1m30s",
                "limits": "",
                "doc": "Between laps.",
            },
        ],
        "promises": [
            {"invariant": "converges", "when": "", "only_if": {}},
            {
                "invariant": "capacity-floor",
                "when": "the wind blows",
                "only_if": {"way": ["left", "straight"]},
            },
        ],
    }
    assert main(["strategies", "--format", "json"]) == 0
    assert [each["name"] for each in json.loads(capsys.readouterr().out)["strategies"]] == sorted(
        Host().strategies
    )


def test_nothing_to_list(capsys: pytest.CaptureFixture[str]) -> None:
    names = [word for each in Host().plugins for word in ("--without", each.name)]
    assert main([*names, "strategies"]) == 0
    assert capsys.readouterr().out == "There are no strategies; see turnout plugins.\n"


def test_a_terminal_gets_its_own_width_and_headings(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "60")
    assert main(["strategies", "rolling"]) == 0
    out = capsys.readouterr().out
    assert "\x1b[1m" in out

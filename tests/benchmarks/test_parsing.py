"""The parsing benchmark and the tool for large logs do what they say; how fast is no test's business."""

from __future__ import annotations

import gzip
import subprocess
import sys
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from tests.benchmarks.large_log import derived_lines
from tests.benchmarks.parsing import rows
from tests.traffic.formats import Entry, lines
from tests.traffic.logs import log_file
from turnout.traffic import load_traffic
from turnout.units import SECOND

if TYPE_CHECKING:
    from pathlib import Path

_LOG = lines([Entry(client=f"10.0.0.{place % 5}", time=10**15 + place * 400 * SECOND) for place in range(20)])


def test_both_ways_agree() -> None:
    found = list(rows(2_000))
    assert found
    assert all(row.agrees and row.lines == 2_000 for row in found)


@pytest.mark.parametrize("laps", [1, 3])
def test_a_derived_log_has_the_sessions_of_each_lap(laps: int) -> None:
    content = b"".join(islice(derived_lines(_LOG + b"garbled\n"), 20 * laps))
    with log_file(_LOG) as path:
        once = load_traffic(path).summary
    with log_file(content) as path:
        often = load_traffic(path).summary
    assert (often.requests, often.clients, often.sessions) == (20 * laps, 5 * laps, once.sessions * laps)


@pytest.mark.parametrize("name", ["large.log", "large.log.gz"])
def test_the_tool_writes_so_many_lines(tmp_path: Path, name: str) -> None:
    source, output = tmp_path / "access.log", tmp_path / name
    source.write_bytes(_LOG)
    tool = [sys.executable, "-m", "tests.benchmarks.large_log"]
    command = [*tool, str(source), "--lines", "50", "--output", str(output)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "50 lines, derived from access.log" in done.stdout
    content = output.read_bytes()
    assert (gzip.decompress(content) if name.endswith("gz") else content).count(b"\n") == 50

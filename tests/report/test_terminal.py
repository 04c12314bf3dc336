"""The table fits 100 columns whatever is in it, and writes numbers short and right."""

from __future__ import annotations

import re
from math import inf, nan
from typing import Any

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.report.samples import comparisons, host, traffic, workload
from turnout import Environment, Scenario, compare, seconds
from turnout.cli.output import print_rich
from turnout.metrics import METRICS
from turnout.report.terminal import comparison_parts, number, span
from turnout.results import Range

SIZES = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
SPANS = {"µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600, "d": 86_400, "y": 365 * 86_400}


def printed(capsys: pytest.CaptureFixture[str], found: Any) -> list[str]:
    print_rich(*comparison_parts(found))
    return capsys.readouterr().out.splitlines()


@given(found=comparisons())
def test_any_result_fits_100_columns(found: Any) -> None:
    with pytest.MonkeyPatch.context() as patch:
        written: list[str] = []
        patch.setattr("turnout.cli.output.click.echo", lambda text, **_: written.append(text))
        print_rich(*comparison_parts(found))
    lines = "\n".join(written).splitlines()
    assert all(cell_len(line) <= 100 for line in lines)
    assert all(line == line.rstrip() for line in lines)
    assert not any("\x1b" in line for line in lines)
    text = "\n".join(lines)
    for name in METRICS:
        rows = re.findall(rf"^{name} .*\d|^{name} .*(?:—|n/a)", text, re.MULTILINE)
        tables = -(-len(found.strategies) // 5)
        if METRICS[name].better is None:
            assert not rows
            assert f" {METRICS[name].unit}" in " ".join(lines)
        else:
            seldom = name in ("restarted_requests", "longest_wait_seconds")
            seldom |= name.startswith("failed_") and name != "failed_requests"
            assert (len(rows) <= tables) if seldom else (len(rows) == tables)


def test_a_real_result_in_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    specs = ["rolling:max_surge=1", "blue-green", "blue-green:switch=page", "recreate"]
    found = compare(workload(), traffic(), specs, host=host(), rollouts=3, seed=5)
    lines = printed(capsys, found)
    assert lines[0] == "Deployment web: previous -> v2 on 3 replicas, 3 rollouts each, seed 5"
    assert lines[1].startswith("Traffic: synthetic, ")
    assert lines[2] == "Parameters: rolling:max_surge=1"
    rows = {line.split()[0]: line for line in lines if line.split() and line.split()[0] in METRICS}
    assert list(rows) == [name for name in METRICS if name in rows]
    totals = next(line for line in lines if line.startswith("Counted from "))
    assert totals.startswith("Counted from a rollout's start until the last strategy has ended its own: ")
    assert set(METRICS) - set(rows) <= {
        "sessions",
        "page_views",
        "requests",
        "failed_no_endpoint",
        "failed_not_started",
        "failed_terminated",
        "failed_overloaded",
        "failed_bad_revision",
        "restarted_requests",
        "longest_wait_seconds",
    }
    assert not {"failed_overloaded", "longest_wait_seconds"} & set(rows)
    assert rows["peak_replicas"].split()[2:3] == ["6"]
    headings = lines.index("Verdict"), lines.index("This rests on")
    said = " ".join(" ".join(lines[headings[0] + 1 : headings[1]]).split()).replace("- ", "")
    assert said == " ".join(found.verdict).replace("- ", "")


def test_how_long_requests_wait_is_shown_where_they_queue(capsys: pytest.CaptureFixture[str]) -> None:
    environment = Environment(capacity=3, queue_timeout=seconds(1))
    scenario = attrs.evolve(Scenario.of(workload()), environment=environment)
    limit = "longest_wait_seconds<=0.5"
    found = compare(scenario, traffic(), ["recreate"], host=host(), rollouts=3, require=limit)
    [row] = [line for line in printed(capsys, found) if line.startswith("longest_wait_seconds")]
    assert row.split(maxsplit=1)[1].startswith(
        span(found.strategies[0].outcome["longest_wait_seconds"].median)
    )
    assert found.strategies[0].meets.keys() == {limit}


def test_a_table_has_five_strategies_at_most(capsys: pytest.CaptureFixture[str]) -> None:
    specs = [f"rolling:max_surge={number}" for number in range(1, 8)]
    lines = printed(capsys, compare(workload(1), traffic(), specs, host=host(), rollouts=1))
    assert sum(line.startswith("min_available ") for line in lines) == 2


def _value(text: str, units: dict[str, float]) -> float:
    amount, unit = re.fullmatch(r"([0-9.]+(?:e[+-]\d+)?)(\D*)", text).groups()  # type: ignore[union-attr]  # or it fails
    return float(amount) * units[unit]


@given(st.floats(1e-6, 1e14) | st.floats(1e-6, 100) | st.integers(0, 10**14).map(float))
@example(9.95)
@example(9.949)
@example(999.4999)
@example(999.5)
@example(0.0095)
@example(999_499_999.0)
def test_a_number_is_short_and_about_right(value: float) -> None:
    written = number(value)
    assert len(written) <= 5
    assert _value(written, SIZES) == pytest.approx(value, rel=0.051 if not 0 < value < 0.01 else 0.5)


@given(st.floats(1e-6, 100 * 365 * 86_400) | st.integers(0, 10**6).map(float))
@example(0.0995)
@example(0.0009995)
@example(119.99)
@example(59.96)
def test_a_span_is_short_and_about_right(value: float) -> None:
    written = span(value)
    assert len(written) <= 5
    assert _value(written, SPANS) == pytest.approx(value, rel=0.051 if value >= 1e-5 else 0.5)


@pytest.mark.parametrize(
    ("value", "count", "length"),
    [
        (None, "—", "—"),
        (0.0, "0", "0s"),
        (0.25, "0.25", "0.25s"),
        (0.025, "0.025", "25ms"),
        (5.5, "5.5", "5.5s"),
        (42.0, "42", "42s"),
        (119.0, "119", "119s"),
        (120.0, "120", "2.0m"),
        (1_234.0, "1.2k", "21m"),
        (999_600.0, "1.0M", "12d"),
        (12_345_678.0, "12M", "143d"),
    ],
)
def test_numbers_in_a_table(value: float | None, count: str, length: str) -> None:
    assert number(value) == count
    assert span(value) == length


@pytest.mark.parametrize(
    ("numbers", "count", "length"),
    [
        ([7, 7, 7], "7", "7s"),
        ([1600, 2000, 2700], "2.0k (1.6–2.7k)", "33m (27–45m)"),
        ([900, 2000, 2700], "2.0k (900–2.7k)", "33m (15–45m)"),
        ([45, 50, 119], "50 (45–119)", "50s (45–119s)"),
        ([0.01, 0.02, 0.03], "0.02 (0.01–0.03)", "20ms (10–30ms)"),
        ([0.01, 0.02, 600], "0.02 (0.01–600)", "20ms (10ms–10m)"),
        ([0, 0, inf], "0 (0–—)", "0s (0s–—)"),
        ([nan, nan, nan], "n/a", "n/a"),
        ([nan, inf, inf], "—", "—"),
        ([nan, 7, 7], "7", "7s"),
    ],
)
def test_a_range_in_a_table(
    numbers: list[float], count: str, length: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = compare(workload(1), traffic(), ["recreate"], host=host(), rollouts=1)
    (one,) = found.strategies
    outcome = {**one.outcome, "mixed_sessions": Range.of(numbers), "duration_seconds": Range.of(numbers)}
    lines = printed(capsys, attrs.evolve(found, strategies=(attrs.evolve(one, outcome=outcome),)))
    rows = {line.split()[0]: line.split(maxsplit=1)[1] for line in lines if line.split()[1:]}
    assert (rows["mixed_sessions"], rows["duration_seconds"]) == (count, length)

"""The timeline of one rollout: what changed, in the order in which it did, for a person on 100 columns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.report.samples import KIADA, NAMES, SPECS, host, strategy, traffic, workload
from turnout import (
    Environment,
    History,
    Runbook,
    Scenario,
    Weather,
    load_manifest,
    parse_duration,
    seconds,
)
from turnout.browser import PageLoad, browse, telling_moments
from turnout.cli.output import print_rich
from turnout.history import Numbers
from turnout.report.timeline import history_parts
from turnout.routing.plain import Cause
from turnout.selection import choose_strategies
from turnout.simulator.simulate import simulate
from turnout.testing.generators import worlds

if TYPE_CHECKING:
    from turnout.verify import World


def lines_of(history: History, loads: tuple[PageLoad, ...] | None = None) -> list[str]:
    loads = browse(history, telling_moments(history)) if loads is None else loads
    with pytest.MonkeyPatch.context() as patch:
        written: list[str] = []
        patch.setattr("turnout.cli.output.click.echo", lambda text, **_: written.append(text))
        print_rich(*history_parts(history, loads))
    (text,) = written
    return text.split("\n")


def roll_out(spec: str, *runbook: str, replicas: int = 6, **given: Any) -> History:
    kiada = load_manifest(KIADA)
    kiada = attrs.evolve(kiada, rollout=attrs.evolve(kiada.rollout, replicas=replicas))
    scenario = attrs.evolve(Scenario.of(kiada), runbook=Runbook.parse(runbook), **given)
    (chosen,) = choose_strategies(host(), kiada, [spec])
    return simulate(scenario, chosen, traffic=traffic(), seed=0)


@settings(max_examples=30)
@given(worlds(), st.sampled_from(SPECS), NAMES, NAMES)
def test_any_rollout_fits_100_columns(world: World, spec: str, old: str, new: str) -> None:
    rollout = attrs.evolve(world.scenario.workload.rollout, target=f"{new}2")
    scenario = attrs.evolve(
        world.scenario,
        previous=f"{old}1",
        workload=attrs.evolve(world.scenario.workload, rollout=rollout),
    )
    history = simulate(scenario, strategy(spec), traffic=world.traffic, begin=world.begin, seed=world.seed)
    lines = lines_of(history)
    assert all(cell_len(line) <= 100 and line == line.rstrip() for line in lines)
    assert not any("\x1b" in line for line in lines)


@settings(max_examples=30)
@given(worlds(), st.sampled_from(SPECS))
def test_times_go_up_and_every_deed_is_told(world: World, spec: str) -> None:
    history = simulate(
        world.scenario, strategy(spec), traffic=world.traffic, begin=world.begin, seed=world.seed
    )
    lines = lines_of(history)
    start = next(index for index, line in enumerate(lines) if line.lstrip().startswith("before "))
    stop = lines.index("One browser reloads a page of four parts:")
    stamps = [line.split()[0] for line in lines[start + 1 : stop] if re.match(r"^ *[0-9]", line)]
    times = [parse_duration(each) for each in stamps]
    assert times == sorted(times)
    told = " ".join(" ".join(lines[start:stop]).split())
    for deed in history.deeds:
        assert all(
            word in told for word in deed.answer.split()[:1]
        )  # kubectl says nothing of what changes nothing
    loads = browse(history, telling_moments(history))
    assert len(lines[stop + 2 :]) == len(loads) + 2
    marks = [
        line.split()[-1] for line in lines[stop + 2 : -2]
    ]  # the names here are short: a line for each load
    assert [mark == "failed" for mark in marks] == [None in each.revisions for each in loads]


def test_a_pause_in_so_many_words() -> None:
    lines = lines_of(roll_out("rolling:pause_after=1"))
    assert lines[0] == (
        "rolling:max_unavailable=0,pause_after=1: the rollout of 0.5 is completed after 11m12s; seed 0"
    )
    assert lines[1] == "■ ready  □ starting  × terminating"
    assert lines[3].split() == ["time", "previous", "0.5", "what", "changed"]
    assert lines[4].split(maxsplit=2) == ["before", "■■■■■■", "every request to any ready replica"]
    (pause,) = (line for line in lines if line.endswith("  paused"))
    (resume,) = (line for line in lines if "resume: deployment.apps/kiada resumed" in line)
    assert lines.index(pause) < lines.index(resume)
    assert re.fullmatch(r"[1-9] of 6 page loads (is|are) mixed from two revisions\.", lines[-1])
    assert any(line.endswith("  mixed") for line in lines)


@pytest.mark.parametrize(
    ("spec", "runbook", "given", "ending"),
    [
        ("recreate", (), {}, "is completed after 30s"),
        ("recreate", ("rollback 5m after serving",), {}, "ends on previous after "),
        ("rolling", ("abort at 12s",), {}, "ends on previous after "),
        ("rolling", ("set-target 0.6 at 12s",), {}, "ends on 0.6 after "),
        (
            "rolling",
            (),
            {"weather": Weather(never_ready=True), "horizon": seconds(600)},
            "is not completed after 10m",
        ),
    ],
)
def test_how_it_ended(spec: str, runbook: tuple[str, ...], given: dict[str, Any], ending: str) -> None:
    assert f": the rollout of 0.5 {ending}" in lines_of(roll_out(spec, *runbook, **given))[0]


def test_a_deadline_that_has_passed_is_told_once() -> None:
    lines = lines_of(roll_out("rolling", weather=Weather(never_ready=True), horizon=seconds(3600)))
    assert sum("progress deadline exceeded" in line for line in lines) == 1
    assert any(line.lstrip().startswith("5m1s ") for line in lines if "progress deadline exceeded" in line)


def test_a_wait_for_promotion_is_told() -> None:
    lines = lines_of(roll_out("blue-green:auto_promotion=false"))
    assert sum("0.5 waits for its promotion" in line for line in lines) == 1
    assert sum("promote: rollout 'kiada' promoted" in line for line in lines) == 1


def test_large_fleets_are_counted_and_small_ones_drawn() -> None:
    text = "\n".join(lines_of(roll_out("rolling", replicas=40)))
    assert re.search(r"^before +40 ready +every request", text, re.MULTILINE)
    assert re.search(r"^ +0s +40 ready +■|^ +0s +40 ready +□{10}$", text, re.MULTILINE)
    assert not re.search(r"\b0 (ready|starting|terminating)", text)
    assert max(map(len, re.findall("[■□×]+", text))) <= 12


def test_the_switch_falls_between_document_and_stylesheet_on_paper_too() -> None:
    lines = lines_of(roll_out("blue-green"))
    (switch,) = (line.split()[0] for line in lines if line.endswith("every request to 0.5"))
    (cut,) = (line.split() for line in lines if line.endswith("mixed"))
    assert cut[1:] == ["previous", "0.5", "0.5", "0.5", "mixed"]
    in_force = parse_duration(switch) + Environment().routing_delay
    assert parse_duration(cut[0]) < in_force < parse_duration(cut[0]) + seconds(0.2)


def test_a_load_may_be_mixed_and_failed() -> None:
    history = roll_out("rolling")
    load = PageLoad(
        time=0,
        revisions=("a", "b", None, None),
        causes=(Cause.SERVED,) * 2 + (Cause.NO_ENDPOINT, Cause.TERMINATED),
    )
    lines = lines_of(history, (load,))
    assert lines[-3].split("  ")[-1].strip() == "mixed, failed"
    assert "no endpoint  terminated" in lines[-3]
    assert lines[-1] == "1 of 1 page loads is mixed from two revisions, 1 has parts that failed."


def test_long_names_can_be_told_apart() -> None:
    names = [f"sha256-{'0123456789abcdef' * 4}-{number}" for number in range(3)]
    rollout = attrs.evolve(workload().rollout, target=names[2])
    scenario = Scenario(
        workload=attrs.evolve(workload(), rollout=rollout), previous=names[0], bridge=names[1]
    )
    lines = lines_of(simulate(scenario, strategy("two-step"), seed=0))
    text = "\n".join(lines[lines.index("One browser reloads a page of four parts:") :])
    assert "…" not in text
    assert set(re.findall(r"f-[0-9](?= |$)", text, re.MULTILINE)) == {"f-0", "f-1", "f-2"}


def test_markup_in_a_name_is_no_markup() -> None:
    scenario = attrs.evolve(Scenario.of(workload()), previous="[bold]old[/bold]")
    history = simulate(scenario, strategy("recreate"), seed=0)
    assert "[bold]old[/bold]" in lines_of(history)[3]


def test_numbers_of_a_revision_not_yet_there_are_empty() -> None:
    history = roll_out("recreate")
    assert history.moments[0].numbers.keys() == {"previous"}
    assert isinstance(history.moments[0].numbers["previous"], Numbers)
    (before,) = (line for line in lines_of(history) if line.startswith("before"))
    assert before.split()[1] == "■■■■■■"

"""Every recorded run of the real controllers, replayed; and the replay itself, which must see a difference."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.controller.stories import stories
from tests.replay import Cluster, Fleet, compared, exact, main, replayed, simulated
from tests.replay_form import FormError, check_form

if TYPE_CHECKING:
    from collections.abc import Callable

RECORDINGS = Path(__file__).parents[1] / "../shared/reference/recordings.json"
RUNS: list[dict[str, Any]] = json.loads(RECORDINGS.read_text(encoding="utf-8")) if RECORDINGS.exists() else []
FLEETS: dict[str, Callable[[dict[str, Any]], Fleet]] = {
    "exact": exact,
    "simulated": simulated,
    "simulated, other draws": partial(simulated, seed=1),
}
HERE = pytest.mark.skipif(not RUNS, reason="../shared/reference is not here")


@HERE
@pytest.mark.parametrize("run", RUNS, ids=[run["title"] for run in RUNS])
@pytest.mark.parametrize("fleet", FLEETS)
def test_a_recorded_run_is_lived_through_in_every_number(run: dict[str, Any], fleet: str) -> None:
    assert [str(disagreement) for disagreement in replayed(run, FLEETS[fleet])] == []


@HERE
def test_the_command_counts_and_succeeds(capsys: pytest.CaptureFixture[str]) -> None:
    steps = sum(len(run["steps"]) for run in RUNS)
    assert main([str(RECORDINGS)]) == 0
    assert capsys.readouterr().out == f"{len(RUNS)} runs, {steps} steps, 0 disagreements\n"


@given(stories(), st.integers(0, 9))
def test_the_simulated_fleet_does_as_the_exact_one(
    story: tuple[dict[str, Any], list[dict[str, Any]]], seed: int
) -> None:
    """Whatever is done to it; which of several available replicas goes does not show."""
    parameters = {**story[0], "min_ready_seconds": 0}
    one, other = Cluster.of(parameters, exact), Cluster.of(parameters, partial(simulated, seed=seed))
    for action in story[1]:
        assert one.act(action) == other.act(action)
        assert one.seen() == other.seen()


def changed(run: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    run = copy.deepcopy(run)
    *way, last = path.split(".")
    place = run["steps"][2]
    for key in way:
        place = place[key]
    place[last] = value
    return run


@HERE
@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("state.rs.v1.spec", 99),
        ("state.rs.v2.actual", 99),
        ("state.rs.v2.ready", 99),
        ("state.rs.v2.available", 99),
        ("state.rs.v2.revision", 99),
        ("state.rs.v2.desired", 99),
        ("state.rs.v2.max", 99),
        ("state.status.unavailable", 99),
        ("state.conditions.progressing", "True/NewReplicaSetAvailable"),
        ("state.conditions.available", "False/MinimumReplicasUnavailable"),
        ("state.revision", 99),
        ("state.live_pods", 99),
        ("state.terminating_pods", 99),
        ("output", {"exit": 0, "text": ""}),
    ],
)
def test_any_other_number_is_a_disagreement(path: str, value: Any) -> None:
    found = list(replayed(changed(RUNS[0], path, value)))
    assert [(each.step, each.field, each.expected) for each in found] == [
        (3, path.removeprefix("state."), value)
    ]


@HERE
def test_the_command_prints_each_disagreement_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "recordings.json"
    file.write_text(json.dumps([changed(RUNS[0], "state.rs.v1.spec", 99)]), encoding="utf-8")
    assert main([str(file)]) == 1
    first, last = capsys.readouterr().out.splitlines()
    title, steps = RUNS[0]["title"], len(RUNS[0]["steps"])
    assert first == f"{title}: step 3 (set_image v2): rs.v1.spec: expected 99, got 3"
    assert last == f"1 runs, {steps} steps, 1 disagreements"


def test_reasons_that_depend_on_the_number_of_syncs_are_one() -> None:
    def differs(expected: str, got: str, *not_compared: str) -> bool:
        before, after = ({"conditions": {"progressing": value}} for value in (expected, got))
        return bool(list(compared(before, after, not_compared)))

    racy = "conditions.progressing"
    assert not differs("True/NewReplicaSetCreated", "True/ReplicaSetUpdated")
    assert differs("True/ReplicaSetUpdated", "True/NewReplicaSetAvailable")
    assert not differs("True/ReplicaSetUpdated", "True/NewReplicaSetAvailable", racy)
    assert differs("False/ProgressDeadlineExceeded", "True/NewReplicaSetAvailable", racy)


def test_a_field_that_is_not_compared_may_differ() -> None:
    states = {"terminating_pods": 3, "live_pods": 1}, {"terminating_pods": 2, "live_pods": 1}
    assert list(compared(*states, [])) == [("terminating_pods", 3, 2)]
    assert list(compared(*states, ["terminating_pods"])) == []


def test_a_missing_number_of_the_status_is_0_and_a_missing_replica_set_is_a_difference() -> None:
    assert list(compared({"status": {}}, {"status": {"ready": 0}}, [])) == []
    assert list(compared({"rs": {}}, {"rs": {"v1": {"spec": 0}}}, [])) == [("rs.v1.spec", None, 0)]


def refused(file: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What the command says of a file that it cannot use."""
    assert main([str(file)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert printed.err.startswith(f"{file}: ") or "No such file" in printed.err
    return printed.err.removeprefix(f"{file}: ").rstrip("\n")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "No such file"),
        ("", "Expecting value"),
        ("{", "Expecting property name"),
        ("[" * 100_000, "recursion"),
        ('{"title": 1}', "it is an object, and not a list of runs"),
        ("null", "it is null, and not a list of runs"),
        ("[]", "it holds no runs"),
        ("[1]", "run 1: it is 1, and not an object"),
        ('[{"title": "", "steps": []}]', "run 1: parameters is missing"),
    ],
)
def test_a_file_that_is_no_recording_is_refused_in_one_line(
    content: str | None, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "recordings.json"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    assert words in refused(file, capsys)


GONE = object()
RUN: dict[str, Any] = {
    "title": "ours",
    "parameters": {
        "replicas": 1,
        "max_surge": "25%",
        "max_unavailable": 1,
        "strategy": "RollingUpdate",
        "min_ready_seconds": 0,
        "progress_deadline_seconds": 600,
        "revision_history_limit": 10,
    },
    "steps": [
        {
            "action": {"do": "create", "image": "v1", "paused": False},
            "state": {
                "rs": {
                    "v1": {
                        "spec": 1,
                        "actual": 1,
                        "ready": 0,
                        "available": 0,
                        "revision": 1,
                        "desired": 1,
                        "max": 2,
                    }
                },
                "status": {"replicas": 1, "updated": 1, "ready": 0, "available": 0, "unavailable": 1},
                "conditions": {
                    "progressing": "True/ReplicaSetUpdated",
                    "available": "True/MinimumReplicasAvailable",
                },
                "revision": 1,
                "live_pods": 1,
                "terminating_pods": 0,
            },
        }
    ],
}


def altered(path: str, value: object) -> dict[str, Any]:
    run = copy.deepcopy(RUN)
    *way, last = path.split(".")
    here: Any = run
    for name in way:
        here = here[int(name) if name.isdecimal() else name]
    if value is GONE:
        del here[last]
    else:
        here[last] = value
    return run


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("title", GONE, "run 1: title is missing"),
        ("parameters", [], "run 1: parameters: it is an empty list, and not an object"),
        ("parameters.replicas", GONE, "run 1 (ours): parameters: replicas is missing"),
        ("parameters.replicas", "1", 'parameters: replicas: it is "1", and not a whole number from 0'),
        ("parameters.replicas", True, "parameters: replicas: it is true"),
        (
            "parameters.strategy",
            "Canary",
            'parameters: strategy: it is "Canary", and not "RollingUpdate" or',
        ),
        ("parameters.strategy", "Recreate", 'parameters: max_surge: it is "25%", and not null'),
        ("parameters.strategy", [], "parameters: strategy: it is an empty list"),
        ("parameters.max_surge", None, "parameters: max_surge: it is null"),
        ("parameters.max_surge", "1.5%", 'parameters: max_surge: it is "1.5%"'),
        ("parameters.max_unavailabel", 1, "parameters: max_unavailabel: there is no such field"),
        ("steps", [], "run 1: steps: it is an empty list, and not a list that is not empty"),
        ("steps", {"1": 1}, "run 1: steps: it is an object"),
        ("steps.0.action", GONE, "run 1 (ours): step 1: action is missing"),
        ("steps.0.state", GONE, "step 1: state is missing"),
        ("steps.0.state", None, "step 1: state: it is null, and not an object"),
        ("steps.0.action.do", GONE, "step 1: action: do is missing"),
        ("steps.0.action.do", "crate", "step 1: action.do: there is no action 'crate'"),
        ("steps.0.action.do", "pause", "step 1: action.do: it is 'pause', and 'create' is the first step"),
        ("steps.0.action.image", GONE, "step 1: action: image is missing"),
        ("steps.0.action.paused", 0, "step 1: action: paused: it is 0, and not true or false"),
        ("steps.0.action.replicas", 3, "step 1: action: replicas: there is no such field"),
        ("steps.0.output", {"exit": 0}, "step 1: output: text is missing"),
        (
            "steps.0.not_compared",
            "revision",
            'step 1: not_compared: it is "revision", and not a list of texts',
        ),
        ("steps.0.state.live_pods", GONE, "step 1: state: live_pods is missing"),
        ("steps.0.state.rs", [], "step 1: state: rs: it is an empty list"),
        ("steps.0.state.rs.v1", 1, "step 1: state.rs.v1: it is 1, and not an object"),
        ("steps.0.state.rs.v1.spec", GONE, "step 1: state.rs.v1: spec is missing"),
        ("steps.0.state.status.reddy", 1, "step 1: state.status: reddy: there is no such field"),
        ("steps.0.state.conditions.available", True, "step 1: state.conditions: available: it is true"),
    ],
)
def test_what_is_wrong_with_its_form_is_named_with_run_step_and_field(
    path: str, value: object, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "recordings.json"
    file.write_text(json.dumps([altered(path, value)]), encoding="utf-8")
    assert words in refused(file, capsys)


def test_what_cannot_be_done_is_named_with_run_and_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "recordings.json"
    run = altered("parameters.min_ready_seconds", 600)
    file.write_text(json.dumps([run]), encoding="utf-8")
    assert "ours: step 1 (create v1 False): it cannot be done: " in refused(file, capsys)


PLACES = [
        *RUN, *(f"parameters.{name}" for name in RUN["parameters"]), "steps.0.action", "steps.0.state",
        *(f"steps.0.action.{name}" for name in RUN["steps"][0]["action"]),
        *(f"steps.0.state.{name}" for name in RUN["steps"][0]["state"]),
        *(f"steps.0.state.rs.v1.{name}" for name in RUN["steps"][0]["state"]["rs"]["v1"]),
]  # fmt: skip


@given(
    st.sampled_from(PLACES),
    st.just(GONE)
    | st.none()
    | st.booleans()
    | st.integers(-2, 12)
    | st.text(max_size=4)
    | st.just([])
    | st.just({}),
)
def test_whatever_stands_in_a_field_it_is_replayed_or_refused(path: str, value: object) -> None:
    run = altered(path, value)
    with suppress(FormError):
        check_form([run])
        list(replayed(run))


@HERE
def test_the_shared_runs_have_the_form() -> None:
    check_form(RUNS)


def test_the_command_takes_one_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err


def test_waiting_and_holding_terminations_are_lived_through() -> None:
    """A run of our own, with the actions that the shared recordings have none of."""
    parameters = {
        "replicas": 2,
        "max_surge": None,
        "max_unavailable": None,
        "strategy": "Recreate",
        "min_ready_seconds": 4,
        "progress_deadline_seconds": 5,
        "revision_history_limit": 10,
    }
    cluster = Cluster.of(parameters)

    def after(**action: Any) -> tuple[int, int, int, str]:
        cluster.act(action)
        seen = cluster.seen()
        return (
            seen["live_pods"],
            seen["terminating_pods"],
            seen["status"]["available"],
            seen["conditions"]["progressing"],
        )

    assert after(do="create", image="v1", paused=False)[:3] == (2, 0, 0)
    assert after(do="ready", image="v1", count="all")[:3] == (2, 0, 0)
    assert after(do="wait", seconds=5)[:3] == (2, 0, 2)
    assert after(do="hold_terminations")[:3] == (2, 0, 2)
    assert after(do="set_image", image="v2")[:3] == (0, 2, 0)
    assert list(cluster.seen()["rs"]) == ["v1"], "the new replica set comes when the last old pod is gone"
    assert after(do="release_terminations")[:3] == (2, 0, 0)
    assert after(do="wait", seconds=5) == (2, 0, 0, "True/ReplicaSetUpdated")
    assert after(do="wait", seconds=1) == (2, 0, 0, "False/ProgressDeadlineExceeded")

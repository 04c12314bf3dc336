"""Whatever a program hands to a public function or class, it is used or ends in an `InputError`."""

from __future__ import annotations

import inspect
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import turnout
from tests.report.samples import KIADA, host, traffic, workload
from turnout import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

EXEMPT = {
    **dict.fromkeys(("Choice", "Duration", "ManifestStrategy", "Memory", "Routing"), "a name for a type"),
    "Cause": "an enumeration, to be compared with",
    "InputError": "it is what everything else ends in",
    "PlanError": "as InputError",
    "Refused": "as InputError",
    "TurnoutError": "as InputError",
    "Strategy": "a protocol, to be subclassed",
    "TrafficSource": "as Strategy",
    "hookimpl": "pluggy's own",
}

OBSERVED = KIADA.parent / "observed.json"


class Odd:
    """Something that nobody expects, and that cannot even be written."""

    def __repr__(self) -> str:
        raise RuntimeError

    __hash__ = None  # type: ignore[assignment]  # on purpose

    def __eq__(self, other: object) -> bool:
        raise RuntimeError


HOSTILE: dict[str, object] = {
    "None": None,
    "a truth": True,
    "-1": -1,
    "0": 0,
    "a float": 1.5,
    "not a number": float("nan"),
    "infinity": float("inf"),
    "huge": 10**400,
    "no text": "",
    "text": "x:y=\0",
    "bytes": b"x",
    "a list": [],
    "a list of None": [None],
    "a mapping": {},
    "a mapping of numbers": {1: -1},
    "an object": Odd(),
    "a list of objects": [Odd()],
    "a class": int,
    "a function": len,
    "a time": timedelta(seconds=5),
    "a directory": Path(__file__).parent,
    "...": ...,
}


@cache
def valid() -> dict[str, dict[str, Any]]:
    """Arguments that are right, of each callable that does not take just anything."""
    history = turnout.simulate(workload(), "recreate", host=host())
    comparison = turnout.compare(workload(), traffic(), "recreate", host=host(), rollouts=1)
    observed = turnout.load_observed(OBSERVED)
    percent = turnout.int_or_percent("25%")
    rolling = host().strategy("rolling")
    return {
        "Host": {},
        "IntOrPercent": {"value": 1},
        "IntOrPercent.parse": {"text": "1"},
        "Host.strategy": {"self": host(), "spec": "rolling"},
        "Host.strategy_class": {"self": host(), "name": "rolling"},
        "Host.traffic_source": {"self": host(), "spec": "synthetic"},
        "Host.register": {"self": turnout.Host(), "plugin": turnout, "name": "mine"},
        "Entry": {"verb": "pause", "when": turnout.When(happening="start")},
        "Requirement": {"metric": "requests", "operator": "<=", "value": 1},
        "Requirement.parse": {"text": "requests<=1"},
        "Runbook": {},
        "Runbook.parse": {"lines": []},
        "Rollout": {"target": "v2"},
        "Scenario": {"workload": workload()},
        "Scenario.of": {"workload": workload()},
        "Split": {"weights": {"v1": 1}},
        "Synthetic.load": {"self": turnout.Synthetic(duration=turnout.seconds(60)), "seed": 1},
        "When": {"happening": "start"},
        "Workload": {"name": "web", "rollout": turnout.Rollout(target="v2")},
        "browse": {"history": history, "moments": [0]},
        "compare": {
            "scenario": workload(),
            "traffic": traffic(),
            "strategies": "recreate",
            "host": host(),
            "rollouts": 1,
        },
        "comparison_document": {"comparison": comparison},
        "format_duration": {"length": 5},
        "history_document": {"history": history},
        "int_or_percent": {"value": 3},
        "load_manifest": {"path": KIADA},
        "load_observed": {"path": OBSERVED},
        "load_traffic": {"path": KIADA},
        "min_available": {
            "strategy": "RollingUpdate",
            "replicas": 1,
            "max_surge": percent,
            "max_unavailable": percent,
        },
        "new_rs_new_replicas": {
            "strategy": "RollingUpdate",
            "deployment_replicas": 1,
            "new_rs_replicas": 1,
            "total_replicas": 1,
            "max_surge": 1,
        },
        "next_step": {"observed": observed, "strategy": rolling},
        "parse_duration": {"text": "5m"},
        "parse_manifest": {"text": KIADA.read_text(encoding="utf-8")},
        "parse_observed": {"text": OBSERVED.read_text(encoding="utf-8")},
        "resolve_fenceposts": {"max_surge": percent, "max_unavailable": percent, "replicas": 1},
        "scale_traffic": {"traffic": traffic(), "factor": 2, "seed": 1},
        "seconds": {"number": 1},
        "simulate": {"scenario": workload(), "strategy": "recreate", "host": host(), "traffic": traffic()},
        "step_document": {"step": turnout.next_step(observed, rolling)},
        "telling_moments": {"history": history},
    }


def found(name: str) -> Callable[..., object]:
    thing: Any = turnout
    for part in name.split("."):
        thing = getattr(thing, part)
    called: Callable[..., object] = thing
    return called


CALLABLES = sorted(
    {name for name in turnout.__all__ if callable(found(name)) and name not in EXEMPT}
    | {
        "Host.register",
        "Host.strategy",
        "Host.strategy_class",
        "Host.traffic_source",
        "IntOrPercent.parse",
        "Requirement.parse",
        "Runbook.parse",
        "Scenario.of",
        "Synthetic.load",
    }
)
PARAMETERS = [
    (name, parameter) for name in CALLABLES for parameter in inspect.signature(found(name)).parameters
]


@pytest.mark.parametrize(("name", "parameter"), PARAMETERS, ids=[".".join(each) for each in PARAMETERS])
def test_a_hostile_argument_is_used_or_refused(name: str, parameter: str) -> None:
    if parameter == "self":
        return
    called = found(name)
    signature = inspect.signature(called)
    given = valid().get(name) or {
        each.name: 1 for each in signature.parameters.values() if each.default is each.empty
    }
    for what, value in HOSTILE.items():
        arguments = dict(given)
        if parameter == "progress" and callable(value):
            continue  # it is called, and what it raises is its own
        if "self" in arguments and name == "Host.register":
            arguments["self"] = turnout.Host(entry_points=())
        bound = signature.bind(**{**arguments, parameter: value})
        try:
            called(*bound.args, **bound.kwargs)
        except InputError as error:
            if len(str(error).splitlines()) != 1 or len(str(error)) > 600:
                pytest.fail(f"{name}({parameter}={what}) says {error}")
        except Exception as error:  # noqa: BLE001  (that is the question)
            pytest.fail(f"{name}({parameter}={what}) ends in {type(error).__name__}: {error}")


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (
            lambda: turnout.Split({}),
            "Split.weights: at least one weight is above 0, and their sum is finite; give",
        ),
        (lambda: turnout.Split({"v1": -1}), "Split.weights: the weight of 'v1' cannot be -1; give a mapping"),
        (
            lambda: turnout.compare(workload(), rollouts=1.5),  # type: ignore[arg-type]
            "rollouts: it cannot be 1.5; it takes a whole number from 1 to 1,000,000,000",
        ),
        (
            lambda: turnout.compare(workload(), seed="dice"),  # type: ignore[arg-type]
            "seed: it cannot be 'dice'; it takes a whole number of at most 128 bits, such as 1",
        ),
        (
            lambda: turnout.compare(workload(), strategies="roling"),
            "there is no strategy 'roling'; did you mean",
        ),
        (
            lambda: turnout.compare(workload(), strategies=[type(host().strategy("rolling"))]),  # type: ignore[list-item]
            "strategies: it cannot be the class Rolling; make one of it",
        ),
        (
            lambda: turnout.simulate(workload(), "rolling", traffic=traffic(), begin=traffic().end),
            f"begin: it cannot be {traffic().end}; it takes a whole number from 0 to {traffic().end - 1:,}",
        ),
        (
            lambda: turnout.simulate(workload(), "rolling", begin=3),
            "begin: there is no traffic on whose clock a rollout could begin; give traffic, or leave begin out",
        ),
        (
            lambda: turnout.load_manifest(3),  # type: ignore[arg-type]
            "path: it cannot be 3; it takes a path, or '-' for standard input",
        ),
        (lambda: turnout.load_traffic(b"x"), "path: it cannot be b'x'; it takes a path, or '-' for standard"),  # type: ignore[arg-type]
        (
            lambda: turnout.load_traffic("x.log", session_gap=turnout.Duration(30)),
            "session_gap cannot be 0.00003s; give at least 0.001s and at most 365d, as turnout.seconds(1800)",
        ),
        (
            lambda: turnout.simulate(
                turnout.Workload(
                    name="a",
                    rollout=turnout.Rollout(target="v", progress_deadline_seconds="x"),  # type: ignore[arg-type]
                ),
                "rolling",
            ),
            "Rollout.progress_deadline_seconds: it cannot be 'x'; it takes a whole number such as 3, or none",
        ),
        (
            lambda: turnout.Environment(startup=turnout.Duration(5)),
            "Environment.startup: it cannot be 5; it takes",
        ),
    ],
)
def test_what_is_said(call: Callable[[], object], line: str) -> None:
    with pytest.raises(InputError) as refusal:
        call()
    assert str(refusal.value).startswith(line)


def test_one_of_them_stands_for_a_list_of_it() -> None:
    one = turnout.compare(
        workload(), traffic(), "recreate", host=host(), rollouts=1, require="failed_requests<=0"
    )
    listed = turnout.compare(
        workload(), traffic(), ["recreate"], host=host(), rollouts=1, require=["failed_requests<=0"]
    )
    assert turnout.comparison_document(one) == turnout.comparison_document(listed)


def test_simulate_takes_text_and_what_the_manifest_asks_for() -> None:
    made = host().strategy("rolling:max_surge=1", workload().parameters)
    assert turnout.simulate(workload(), "rolling:max_surge=1", seed=3) == turnout.simulate(
        turnout.Scenario.of(workload()), made, seed=3
    )
    kiada = turnout.load_manifest(KIADA)
    assert turnout.simulate(kiada).strategy == "rolling:max_unavailable=0"

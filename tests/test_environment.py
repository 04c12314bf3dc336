"""The environment and the weather: what they refuse, and when nothing goes wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import pytest

from turnout import Environment, InputError, Lifecycle, Probe, Runbook, Scenario, Weather, Workload
from turnout.model import Rollout
from turnout.runbook import Entry, When
from turnout.units import Duration, IntOrPercent, seconds


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (Environment, "startup_spread", -0.1),
        (Environment, "startup_spread", 3.1),
        (Environment, "capacity", 0),
        (Environment, "capacity", 0.5),
        (Weather, "error_share", -0.1),
        (Weather, "error_share", 1.1),
        (Weather, "slow_start", 0),
        (Weather, "crash_every", Duration(0)),
        (Weather, "flap_every", Duration(0)),
    ],
)
def test_what_cannot_be_is_refused(kind: type[Any], field: str, value: object) -> None:
    with pytest.raises(InputError) as refusal:
        kind(**{field: value})
    line = str(refusal.value)
    assert line.startswith(f"{kind.__name__}.{field}: it cannot be {value!r}; it takes ")


DURATIONS = [
    (kind, field.name)
    for kind in (Environment, Weather, Scenario)
    for field in attrs.fields(kind)
    if "Duration" in str(field.type)
]


@pytest.mark.parametrize(("kind", "field"), DURATIONS)
@pytest.mark.parametrize(
    "value", [-1, float("nan"), True, "5s", 5.0, 300, timedelta(seconds=5), seconds(2**40)]
)
def test_a_duration_is_whole_microseconds(kind: type[Any], field: str, value: object) -> None:
    given = {"workload": Workload(name="web", rollout=Rollout(target="v2"))} if kind is Scenario else {}
    with pytest.raises(InputError) as refusal:
        kind(**given, **{field: value})
    line = str(refusal.value)
    assert line.startswith(f"{kind.__name__}.{field}: it cannot be ")
    assert "in whole microseconds, as turnout.seconds(90)" in line
    kind(**given, **{field: seconds(2)})


WORKLOAD = Workload(name="web", rollout=Rollout(target="v2"))
REQUIRED: dict[type[Any], dict[str, object]] = {
    Scenario: {"workload": WORKLOAD},
    Workload: {"name": "web", "rollout": Rollout(target="v2")},
    When: {"happening": "start"},
    Entry: {"verb": "pause", "when": When(happening="start")},
    IntOrPercent: {"value": 1},
}


@pytest.mark.parametrize(
    ("kind", "given", "line"),
    [
        (
            Scenario,
            {"workload": "web.yaml"},
            "Scenario.workload: it cannot be 'web.yaml'; it takes a Workload",
        ),
        (
            Scenario,
            {"environment": Environment(queue_timeout=Duration(0))},
            "Environment.queue_timeout: there is no queue without a capacity; give the requests a second",
        ),
        (Scenario, {"previous": "v2"}, "Scenario: previous, bridge and target have to differ"),
        (Scenario, {"bridge": " "}, "Scenario.bridge: it cannot be ' '; a revision is named"),
        (
            Scenario,
            {"serves": [("v2", "v1")]},
            "Scenario.serves: there is no revision 'v1'; known are: bridge, previous, v2",
        ),
        (Scenario, {"serves": ["v2"]}, "Scenario.serves: it cannot hold 'v2'; it takes pairs"),
        (Scenario, {"serves": 3}, "Scenario.serves: it cannot be 3; it takes pairs"),
        (Scenario, {"runbook": ["abort"]}, "Scenario.runbook: it cannot be ['abort']; it takes a Runbook"),
        (
            Scenario,
            {"workload": attrs.evolve(WORKLOAD, rollout=Rollout(target="v2", replicas=-1))},
            "replicas: -1 is no number; it must be a whole number from 0",
        ),
        (Probe, {"period_seconds": 0}, "Probe.period_seconds: it cannot be 0; it takes a whole number"),
        (Probe, {"period_seconds": True}, "Probe.period_seconds: it cannot be True; it takes a whole number"),
        (Lifecycle, {"readiness": {}}, "Lifecycle.readiness: it cannot be {}; it takes a Probe or None"),
        (
            Lifecycle,
            {"grace_seconds": -1},
            "Lifecycle.grace_seconds: it cannot be -1; it takes a whole number",
        ),
        (
            Lifecycle,
            {"pre_stop_seconds": float("nan")},
            "Lifecycle.pre_stop_seconds: it cannot be nan; it takes a number, at least 0, or none",
        ),
        (
            Workload,
            {"strategy": "rolling"},
            "Workload.strategy: it cannot be 'rolling'; it takes one of RollingUpdate, Recreate, blueGreen",
        ),
        (Workload, {"rollout": "v2"}, "Workload.rollout: it cannot be 'v2'; it takes a Rollout"),
        (
            Workload,
            {"parameters": ["max_surge"]},
            "Workload.parameters: it cannot be ['max_surge']; it takes a mapping such as",
        ),
        (Workload, {"notes": "x"}, "Workload.notes: it cannot be 'x'; it takes a tuple of str"),
        (Workload, {"notes": (1,)}, "Workload.notes: it cannot be (1,); it takes text"),
        (
            When,
            {"happening": "later"},
            "When.happening: it cannot be 'later'; it takes one of start, previous",
        ),
        (When, {"delay": "5m"}, "When.delay: it cannot be '5m'; it takes a duration"),
        (When, {"available": 1}, "When.available: it cannot be 1; it takes a whole number or percentage"),
        (
            When,
            {"available": IntOrPercent(1)},
            "When.available: it cannot be 1 with 'start'; give it with 'available' only",
        ),
        (Entry, {"verb": "paus"}, "Entry.verb: it cannot be 'paus'; it takes one of pause, resume"),
        (Entry, {"when": "at 5m"}, "Entry.when: it cannot be 'at 5m'; it takes a When"),
        (Entry, {"argument": "3"}, "runbook entry 'pause': 'pause' takes no value; leave it out"),
        (Entry, {"verb": "scale"}, "runbook entry 'scale': 'scale' needs a value"),
        (Entry, {"verb": "scale", "argument": "-1"}, "runbook entry 'scale': '-1' is no number of replicas"),
        (Entry, {"verb": "set-target", "argument": " "}, "runbook entry 'set-target': it cannot be ' '"),
        (Runbook, {"entries": "pause at 5m"}, "Runbook.entries: it cannot be 'pause at 5m'; it takes"),
        (Runbook, {"entries": None}, "Runbook.entries: it cannot be None; it takes entries"),
        (IntOrPercent, {"value": -1}, "IntOrPercent.value: it cannot be -1"),
        (IntOrPercent, {"percent": 1}, "IntOrPercent.percent: it cannot be 1"),
    ],
)
def test_what_cannot_be_is_refused_where_it_is_made(
    kind: type[Any], given: dict[str, object], line: str
) -> None:
    with pytest.raises(InputError) as refusal:
        kind(**{**REQUIRED.get(kind, {}), **given})
    assert line in str(refusal.value)


@pytest.mark.parametrize(
    ("weather", "clear"),
    [
        (Weather(), True),
        (Weather(flap_for=seconds(3), clears_after=seconds(4)), True),
        (Weather(crash_every=seconds(60)), False),
        (Weather(never_ready=True), False),
        (Weather(error_share=0.01), False),
        (Weather(slow_start=2), False),
        (Weather(flap_every=seconds(60)), False),
    ],
)
def test_clear_weather_has_no_faults(weather: Weather, clear: bool) -> None:  # noqa: FBT001  # the expectation
    assert weather.clear is clear


@pytest.mark.parametrize("target", ["v2", "previous", "bridge", "previous'"])
def test_a_scenarios_revisions_have_names_of_their_own(target: str) -> None:
    scenario = Scenario.of(Workload(name="web", rollout=Rollout(target=target, paused=True)))
    names = [scenario.previous, scenario.bridge, scenario.target]
    assert len(set(names)) == 3
    assert scenario.target == target
    assert scenario.before.target == scenario.previous
    assert not scenario.before.paused


def test_which_revisions_work_together() -> None:
    workload = Workload(name="web", rollout=Rollout(target="v2"))
    scenario = Scenario(workload=workload, previous="v1", serves=[("v2", "v1"), ("v2", "v1")])
    assert scenario.serves == (("v2", "v1"),)
    assert ("v1", "v2") in scenario.works, "pages of v1 find their assets on v2"
    assert ("v2", "v1") not in scenario.works
    for neighbour in ("v1", "v2"):
        assert {(neighbour, "bridge"), ("bridge", neighbour)} <= scenario.works

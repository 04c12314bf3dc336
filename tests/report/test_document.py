"""The JSON is what its schemas say, with nothing in it that is no JSON, in an order that never changes."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.report.samples import SPECS, comparisons, host, strategy, traffic, workload
from turnout import Environment, Requirement, Scenario, Split, Spread, Sticky, compare, seconds
from turnout.metrics import METRICS
from turnout.report import comparison_document, history_document
from turnout.report.document import routing_document
from turnout.simulator.simulate import simulate
from turnout.testing.generators import worlds

if TYPE_CHECKING:
    from turnout.units import Duration
    from turnout.verify import World

_REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


@cache
def validator(name: str) -> Draft202012Validator:
    schema = json.loads((_REFERENCE / f"{name}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def check(name: str, document: Any) -> None:
    """Write it as strict JSON, read it back, and hold it against its schema."""
    written = json.dumps(document, allow_nan=False)
    assert json.loads(written) == document
    errors = [
        f"{error.json_path}: {error.message}" for error in validator(name).iter_errors(json.loads(written))
    ]
    assert errors == []


def order(document: Any) -> Any:
    """The keys of a document in their order, without its values."""
    if isinstance(document, dict):
        return [(key, order(value)) for key, value in document.items()]
    return [order(each) for each in document] if isinstance(document, list) else None


@settings(max_examples=20)
@given(
    worlds(),
    st.sampled_from(SPECS),
    st.none() | st.integers(1, 100),
    st.none() | st.sampled_from((seconds(0), seconds(0.25), seconds(3600))),
)
def test_any_comparison_is_what_the_schema_says(
    world: World, spec: str, capacity: int | None, queue_timeout: Duration | None
) -> None:
    queue_timeout = None if capacity is None else queue_timeout
    scenario = attrs.evolve(
        world.scenario,
        environment=attrs.evolve(world.scenario.environment, capacity=capacity, queue_timeout=queue_timeout),
        serves=[("old", "new")],
    )
    asked = ["mixed_sessions<=1%", "rollback_seconds<60", "min_available>=0.5"]
    found = compare(scenario, world.traffic, [strategy(spec)], rollouts=1, seed=world.seed, require=asked)
    document = comparison_document(found)
    check("comparison", document)
    measured = document["strategies"][0]["outcome"]["longest_wait_seconds"]["count"]
    assert measured == (queue_timeout is not None)


@settings(max_examples=20)
@given(comparisons())
def test_any_numbers_are_json(found: Any) -> None:
    """Infinite and missing numbers included; only what `compare` itself refuses is left out."""
    document = comparison_document(found)
    check("comparison", document)
    for each, written in zip(found.strategies, document["strategies"], strict=True):
        assert list(written["outcome"]) == list(METRICS)
        for name, three in written["outcome"].items():
            assert three == attrs.asdict(each.outcome[name])


def test_the_order_of_keys_never_changes() -> None:
    one, other = (
        comparison_document(compare(workload(), traffic(), SPECS, host=host(), rollouts=1, seed=seed))
        for seed in (0, 1)
    )
    del one["verdict"], other["verdict"]
    assert order(one["scenario"]) == order(other["scenario"])
    assert order(one["strategies"]) == order(other["strategies"])
    assert list(one) == ["scenario", "strategies", "assumptions"]
    assert list(one["strategies"][0])[:4] == ["name", "spec", "parameters", "outcome"]
    assert list(one["strategies"][0]["outcome"]["sessions"]) == ["median", "low", "high", "count"]


def test_the_document_says_what_was_compared() -> None:
    scenario = attrs.evolve(
        Scenario.of(workload(4)),
        environment=Environment(startup=seconds(7), capacity=12),
        serves=[("v2", "previous")],
        detect=seconds(1.5),
    )
    limit = Requirement.parse("failed_requests<=0.5%")
    found = compare(
        scenario, traffic(), ["rolling:max_surge=2"], host=host(), rollouts=3, seed=9, require=[limit]
    )
    document = comparison_document(found)
    said = document["scenario"]
    assert (said["replicas"], said["target"], said["previous"]) == (4, "v2", "previous")
    assert (said["environment"]["startup"], said["environment"]["capacity"]) == ("7s", 12)
    assert said["serves"] == [{"asset": "v2", "document": "previous"}]
    assert (said["detect_seconds"], said["rollouts"], said["seed"]) == (1.5, 3, 9)
    assert said["requirements"] == ["failed_requests<=0.5%"]
    assert said["traffic"]["requests"] == traffic().requests
    (rolling,) = document["strategies"]
    assert (rolling["name"], rolling["spec"]) == ("rolling", "rolling:max_surge=2")
    assert rolling["parameters"] == {"max_surge": 2, "max_unavailable": "25%", "pause_after": None}
    assert rolling["meets"].keys() == {"failed_requests<=0.5%"}
    assert {"invariant", "when"} == rolling["promises"][0].keys()
    assert document["verdict"] == list(found.verdict)
    assert document["assumptions"] == list(found.assumptions)


@settings(max_examples=30)
@given(worlds(), st.sampled_from(SPECS))
def test_any_history_is_what_the_schema_says(world: World, spec: str) -> None:
    history = simulate(
        world.scenario, strategy(spec), traffic=world.traffic, begin=world.begin, seed=world.seed
    )
    document = history_document(history)
    check("history", document)
    times = [moment["seconds"] for moment in document["moments"]]
    assert times == sorted(times)
    assert times[0] < 0 == times[1]
    assert [deed["seconds"] for deed in document["deeds"]] == sorted(
        deed["seconds"] for deed in document["deeds"]
    )
    assert all(each["seconds"] >= 0 for each in document["replicas"])
    assert document["end_seconds"] >= times[-1]


WEIGHTS = st.dictionaries(st.text(min_size=1), st.floats(0.01, 1e9), min_size=1, max_size=4)
CHOICES = st.builds(Spread) | st.builds(Split, WEIGHTS)
PINS = {
    "to": st.sampled_from(["revision", "replica"]),
    "new": CHOICES,
    "orphans": st.sampled_from(["move", "restart"]),
    "released": st.lists(st.text(min_size=1), max_size=3),
}
TIMEOUTS = st.none() | st.integers(1, 10**12).map(lambda length: seconds(length / 1e6))
STICKY = st.builds(Sticky, unit=st.just("session"), idle_timeout=TIMEOUTS, **PINS) | st.builds(
    Sticky, unit=st.just("page"), **PINS
)


@given(CHOICES | STICKY)
def test_any_routing_is_what_the_schema_says(routing: Any) -> None:
    document = routing_document(routing)
    moment = {
        "seconds": 0.5,
        "paused": False,
        "target": "v2",
        "hold": None,
        "progressing": "",
        "revisions": {"v1": dict.fromkeys(("wanted", "replicas", "ready", "available", "terminating"), 1)},
        "routing": document,
        "because": [],
    }
    history = {
        "strategy": "rolling",
        "target": "v2",
        "seed": 0,
        "completed_seconds": None,
        "end_seconds": 1.0,
        "bounds": {"floor": 0, "ceiling": 0},
        "moments": [moment],
        "deeds": [],
        "not_done": [],
        "replicas": [],
    }
    check("history", history)


@pytest.mark.parametrize("number", [float("inf"), -1, "1", True])
def test_the_schema_is_no_rubber_stamp(number: object) -> None:
    found = compare(workload(), traffic(), [strategy("recreate")], rollouts=1)
    document = comparison_document(found)
    check("comparison", document)
    if number == float("inf"):
        document["scenario"]["seed"] = "0"
    else:
        document["strategies"][0]["outcome"]["sessions"]["median"] = number
    assert not validator("comparison").is_valid(document)
    document = comparison_document(found)
    document["extra"] = 1
    assert not validator("comparison").is_valid(document)

"""The environment and the weather: what they refuse, and when nothing goes wrong."""

from __future__ import annotations

from typing import Any

import pytest

from turnout import Environment, Scenario, Weather, Workload
from turnout.model import Rollout
from turnout.units import Duration, seconds


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
def test_what_cannot_be_is_refused(kind: type[Any], field: str, value: float) -> None:
    with pytest.raises(ValueError, match=field):
        kind(**{field: value})


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

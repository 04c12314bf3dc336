"""Argo Rollouts: the strategy that they ask for, with the defaults of Argo's controller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.manifest.samples import ROLLOUT, swap, to_yaml
from turnout.manifest import parse_manifest

if TYPE_CHECKING:
    from turnout.workload import Workload

BLUE_GREEN = {"auto_promotion": True, "scale_down_delay_seconds": 30, "abort_scale_down_delay_seconds": 30}
UNPROBED = "There is no readiness probe: a replica gets requests as soon as its containers have started."


def blue_green(**fields: Any) -> Workload:
    written = to_yaml({"blueGreen": {"activeService": "live", **fields}}, "    ")
    return parse_manifest(swap(ROLLOUT, "    blueGreen:\n      activeService: live\n", written))


def canary(**fields: Any) -> Workload:
    return parse_manifest(
        swap(ROLLOUT, "    blueGreen:\n      activeService: live\n", to_yaml({"canary": fields}, "    "))
    )


def test_defaults_are_argos() -> None:
    found = blue_green()
    assert (found.kind, found.strategy, dict(found.parameters)) == ("Rollout", "blueGreen", BLUE_GREEN)
    assert found.rollout.progress_deadline_seconds == 600
    assert found.rollout.revision_history_limit == 10
    assert canary().strategy == "RollingUpdate"
    assert canary().parameters == {"max_surge": "25%", "max_unavailable": "25%"}
    assert canary(steps=[]).strategy == "RollingUpdate"


seconds = st.none() | st.integers(1, 10_000)


@given(st.none() | st.booleans(), seconds, seconds, seconds, st.none() | st.integers(1, 9))
def test_blue_green_parameters_are_what_it_says(
    automatic: bool | None,  # noqa: FBT001  (drawn, not called)
    after: int | None,
    delay: int | None,
    abort: int | None,
    preview: int | None,
) -> None:
    found = blue_green(
        autoPromotionEnabled=automatic,
        autoPromotionSeconds=after,
        scaleDownDelaySeconds=delay,
        abortScaleDownDelaySeconds=abort,
        previewReplicaCount=preview,
    )
    wanted: dict[str, Any] = {
        "auto_promotion": automatic is not False,
        "scale_down_delay_seconds": 30 if delay is None else delay,
        "abort_scale_down_delay_seconds": 30 if abort is None else abort,
    }
    if after is not None and automatic is not False:
        wanted["auto_promotion_seconds"] = after
    if preview is not None:
        wanted["preview_replicas"] = preview
    assert found.parameters == wanted
    ignored = after is not None and automatic is False
    assert any("autoPromotionSeconds counts for nothing" in each for each in found.notes) == ignored


def test_zero_is_no_delay_but_never_for_an_abort() -> None:
    found = blue_green(scaleDownDelaySeconds=0, abortScaleDownDelaySeconds=0, autoPromotionSeconds=0)
    assert found.parameters["scale_down_delay_seconds"] == 0
    assert found.parameters["abort_scale_down_delay_seconds"] == 2**31 - 1
    assert "auto_promotion_seconds" not in found.parameters
    assert any("kept for good" in each for each in found.notes)


@given(
    st.integers(1, 50) | st.integers(1, 300).map("{}%".format),
    st.integers(0, 9) | st.integers(0, 100).map("{}%".format),
)
def test_canary_parameters_are_what_it_says(surge: int | str, unavailable: int | str) -> None:
    found = canary(maxSurge=surge, maxUnavailable=unavailable)
    assert found.parameters == {"max_surge": surge, "max_unavailable": unavailable}


@pytest.mark.parametrize(
    ("found", "note"),
    [
        (
            blue_green(prePromotionAnalysis={"templates": []}),
            "prePromotionAnalysis is left out, as if it always succeeded.",
        ),
        (
            blue_green(postPromotionAnalysis={"templates": []}),
            "postPromotionAnalysis is left out, as if it always succeeded.",
        ),
        (canary(analysis={"templates": []}), "analysis is left out, as if it always succeeded."),
        (
            canary(antiAffinity={"requiredDuringSchedulingIgnoredDuringExecution": {}}),
            "antiAffinity keeps new replicas off the nodes of the old; the simulation takes it that there is room.",
        ),
        (
            blue_green(scaleDownDelayRevisionLimit=1),
            "scaleDownDelayRevisionLimit is left out: every old revision waits its delay.",
        ),
    ],
)
def test_what_is_left_out_is_said(found: Workload, note: str) -> None:
    assert set(found.notes) == {UNPROBED, note}


@pytest.mark.parametrize("field", ["progressDeadlineAbort: true", "rollbackWindow: {revisions: 3}"])
def test_what_the_spec_says_beside_the_strategy_is_said(field: str) -> None:
    found = parse_manifest(swap(ROLLOUT, "  replicas: 4\n", f"  replicas: 4\n  {field}\n"))
    assert any(each.startswith(field.partition(":")[0]) for each in found.notes)


def test_replicas_on_nodes_of_their_own_are_said_for_the_second_fleet() -> None:
    text = swap(ROLLOUT, "        image: web:7\n", "        image: web:7\n        ports: [{hostPort: 80}]\n")
    assert any("hostPort 80" in each for each in parse_manifest(text).notes)

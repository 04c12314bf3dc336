"""The real manifests: each is read, and says what an engineer would read in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from turnout.errors import InputError
from turnout.manifest import load_manifest
from turnout.model import Rollout
from turnout.workload import Lifecycle, Probe, Workload

REPOSITORY = Path(__file__).parents[2]
MANIFESTS = REPOSITORY.parent / "shared" / "data" / "manifests"

needs_manifests = pytest.mark.skipif(
    not MANIFESTS.is_dir(), reason="the real manifests are not beside the repository"
)
HOST_PORT = (
    "With hostPort 80, 443, a node has room for one replica: a new replica waits for a free node, "
    "and the simulation takes it that there is one."
)
UNPROBED = "There is no readiness probe: a replica gets requests as soon as its containers have started."


def _rollout(target: str, replicas: int = 1, **given: Any) -> Rollout:
    return Rollout(target=target, replicas=replicas, **given)


def _podinfo(name: str, namespace: str | None, file: str) -> Workload:
    return Workload(
        name=name,
        namespace=namespace,
        rollout=_rollout(
            "6.14.1", min_ready_seconds=3, progress_deadline_seconds=60, revision_history_limit=5
        ),
        parameters={"max_surge": "25%", "max_unavailable": 0},
        lifecycle=Lifecycle(readiness=Probe(initial_delay_seconds=5)),
        source=f"{MANIFESTS / file}:1",
    )


EXPECTED = {
    "argo-rollout-bluegreen.yaml": Workload(
        kind="Rollout",
        name="rollout-bluegreen",
        rollout=_rollout("blue", 2, revision_history_limit=2),
        given=("replicas",),
        strategy="blueGreen",
        parameters={
            "auto_promotion": False,
            "scale_down_delay_seconds": 30,
            "abort_scale_down_delay_seconds": 30,
        },
        source=f"{MANIFESTS / 'argo-rollout-bluegreen.yaml'}:3",
        notes=(UNPROBED,),
    ),
    "argo-rollout-rolling-update.yaml": Workload(
        kind="Rollout",
        name="rollout-rollingupdate",
        rollout=_rollout("blue", 5, revision_history_limit=2),
        given=("replicas",),
        parameters={"max_surge": 1, "max_unavailable": 1},
        source=f"{MANIFESTS / 'argo-rollout-rolling-update.yaml'}:2",
        notes=(UNPROBED,),
    ),
    "contour.yaml": Workload(
        name="contour",
        namespace="projectcontour",
        rollout=_rollout("main", 2),
        given=("replicas",),
        parameters={"max_surge": "50%", "max_unavailable": "25%"},
        lifecycle=Lifecycle(readiness=Probe()),
        source=f"{MANIFESTS / 'contour.yaml'}:2",
    ),
    "echoserver.yaml": Workload(
        name="echoserver",
        rollout=_rollout("latest", 5),
        given=("replicas",),
        parameters={"max_surge": 1, "max_unavailable": 0},
        source=f"{MANIFESTS / 'echoserver.yaml'}:1",
        notes=(UNPROBED,),
    ),
    "envoy.yaml": Workload(
        name="envoy",
        namespace="projectcontour",
        rollout=_rollout("distroless-v1.39.0", 2),
        given=("replicas",),
        parameters={"max_surge": "10%", "max_unavailable": "25%"},
        lifecycle=Lifecycle(
            readiness=Probe(initial_delay_seconds=3, period_seconds=4),
            pre_stop_seconds=None,
            grace_seconds=300,
        ),
        source=f"{MANIFESTS / 'envoy.yaml'}:2",
        notes=(
            "Container envoy is taken to serve and to name the revision, not shutdown-manager.",
            "Before a replica starts, envoy-initconfig must have run; how long that takes is not in the manifest.",
            "Container envoy: how long its preStop hook (httpGet) takes is not in the manifest.",
            HOST_PORT,
        ),
    ),
    "ingress-nginx-cloud.yaml": Workload(
        name="ingress-nginx-controller",
        namespace="ingress-nginx",
        rollout=_rollout("v1.15.1"),
        parameters={"max_surge": "25%", "max_unavailable": 1},
        lifecycle=Lifecycle(
            readiness=Probe(initial_delay_seconds=10), pre_stop_seconds=None, grace_seconds=300
        ),
        source=f"{MANIFESTS / 'ingress-nginx-cloud.yaml'}:391",
        notes=(
            "Container controller: how long its preStop hook (exec wait-shutdown) takes is not in the manifest.",
        ),
    ),
    "minio-recreate.yaml": Workload(
        name="minio-deployment",
        rollout=_rollout("latest"),
        strategy="Recreate",
        source=f"{MANIFESTS / 'minio-recreate.yaml'}:1",
        notes=(UNPROBED,),
    ),
    "podinfo-frontend.yaml": _podinfo("frontend", "webapp", "podinfo-frontend.yaml"),
    "podinfo.yaml": _podinfo("podinfo", None, "podinfo.yaml"),
}
REFUSED = "argo-rollout-canary.yaml"


@needs_manifests
def test_every_manifest_is_expected_here() -> None:
    assert {path.name for path in MANIFESTS.iterdir()} == {*EXPECTED, REFUSED}


@needs_manifests
@pytest.mark.parametrize("file", EXPECTED)
def test_it_says_what_it_says(file: str) -> None:
    assert load_manifest(MANIFESTS / file) == EXPECTED[file]


@needs_manifests
def test_a_canary_with_steps_is_refused_at_its_steps() -> None:
    with pytest.raises(InputError) as caught:
        load_manifest(MANIFESTS / REFUSED)
    assert caught.value.where == f"{MANIFESTS / REFUSED}:27: spec.strategy.canary.steps"
    assert "no strategy" in caught.value.what


def test_our_own_example_is_a_web_application_that_can_be_compared() -> None:
    kiada = load_manifest(REPOSITORY / "docs" / "examples" / "kiada" / "deployment.yaml")
    assert (kiada.kind, kiada.name, kiada.strategy) == ("Deployment", "kiada", "RollingUpdate")
    assert kiada.rollout.replicas > 3
    assert kiada.rollout.min_ready_seconds > 0
    assert str(kiada.parameters["max_surge"]).endswith("%")
    assert kiada.lifecycle.readiness is not None
    assert kiada.lifecycle.startup is not None
    assert 0 < (kiada.lifecycle.pre_stop_seconds or 0) < kiada.lifecycle.grace_seconds
    assert kiada.notes == ()

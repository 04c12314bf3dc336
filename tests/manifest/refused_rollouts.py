"""Argo Rollouts that are refused."""

from __future__ import annotations

from tests.manifest.refusal import Case, swapped
from tests.manifest.samples import ROLLOUT

BLUE_GREEN = "    blueGreen:\n      activeService: live\n"

ROLLOUTS = {
    "no strategy": Case(
        ROLLOUT[: ROLLOUT.index("  strategy:")], "5: spec.strategy", ("missing", "blueGreen or canary")
    ),
    "empty strategy": swapped(BLUE_GREEN, "    {}\n", "18: spec.strategy", "neither", text=ROLLOUT),
    "two strategies": Case(f"{ROLLOUT}    canary: {{}}\n", "18: spec.strategy", ("both",)),
    "no active service": swapped(
        "      activeService: live\n",
        "      {}\n",
        "19: spec.strategy.blueGreen.activeService",
        "missing",
        text=ROLLOUT,
    ),
    "one service for both": Case(
        f"{ROLLOUT}      previewService: live\n",
        "21: spec.strategy.blueGreen.previewService",
        ("live", "active"),
    ),
    "promotion is a text": Case(
        f'{ROLLOUT}      autoPromotionEnabled: "no"\n',
        "21: spec.strategy.blueGreen.autoPromotionEnabled",
        ("'no'", "true or false"),
    ),
    "preview of none": Case(
        f"{ROLLOUT}      previewReplicaCount: 0\n",
        "21: spec.strategy.blueGreen.previewReplicaCount",
        ("0", "from 1"),
    ),
    "delay negative": Case(
        f"{ROLLOUT}      scaleDownDelaySeconds: -1\n",
        "21: spec.strategy.blueGreen.scaleDownDelaySeconds",
        ("-1",),
    ),
    "limit above history": Case(
        f"{ROLLOUT}      scaleDownDelayRevisionLimit: 11\n",
        "21: spec.strategy.blueGreen.scaleDownDelayRevisionLimit",
        ("11", "revisionHistoryLimit"),
    ),
    "misspelt": Case(
        f"{ROLLOUT}      autoPromotionEnable: true\n",
        "21: spec.strategy.blueGreen.autoPromotionEnable",
        ("did you mean autoPromotionEnabled",),
    ),
    "strategy of a Deployment": swapped(
        BLUE_GREEN, "    rollingUpdate: {maxSurge: 1}\n", "18: spec.strategy", "neither", text=ROLLOUT
    ),
    "canary with steps": swapped(
        BLUE_GREEN,
        "    canary:\n      steps:\n      - setWeight: 20\n",
        "20: spec.strategy.canary.steps",
        "step by step",
        "no strategy yet",
        text=ROLLOUT,
    ),
    "canary with traffic routing": swapped(
        BLUE_GREEN,
        "    canary:\n      trafficRouting: {nginx: {}}\n",
        "20: spec.strategy.canary.trafficRouting",
        "no strategy yet",
        text=ROLLOUT,
    ),
    "canary with a delay": swapped(
        BLUE_GREEN,
        "    canary:\n      scaleDownDelaySeconds: 5\n",
        "20: spec.strategy.canary.scaleDownDelaySeconds",
        "trafficRouting",
        text=ROLLOUT,
    ),
    "canary of zeros": swapped(
        BLUE_GREEN,
        "    canary:\n      maxSurge: 0\n      maxUnavailable: 0%\n",
        "21: spec.strategy.canary.maxUnavailable",
        "may not be 0",
        text=ROLLOUT,
    ),
    "another version": swapped("v1alpha1", "v1beta1", "1: apiVersion", "argoproj.io/v1alpha1", text=ROLLOUT),
    "no version": swapped("apiVersion: argoproj.io/v1alpha1\n", "", "1: apiVersion", "missing", text=ROLLOUT),
    "template and reference": swapped(
        "  replicas: 4\n",
        "  workloadRef: {kind: Deployment, name: web}\n",
        "10: spec.template",
        "workloadRef",
        text=ROLLOUT,
    ),
    "reference to nothing": Case(
        ROLLOUT[: ROLLOUT.index("  selector:")]
        + "  workloadRef: {kind: Deployment, name: web}\n"
        + ROLLOUT[ROLLOUT.index("  strategy:") :],
        "7: spec.workloadRef",
        ("Deployment web", "not here"),
    ),
    "reference to another kind": Case(
        ROLLOUT[: ROLLOUT.index("  selector:")]
        + "  workloadRef: {kind: PodTemplate, name: web}\n"
        + ROLLOUT[ROLLOUT.index("  strategy:") :],
        "7: spec.workloadRef.kind",
        ("PodTemplate", "Deployment"),
    ),
}

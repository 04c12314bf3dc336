"""What kubectl would print of a Deployment that turnout's controller has driven to some state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from turnout import Strategy
    from turnout.controller import Condition, SetRecord, SetStatus, State

__all__ = ["Json", "listed", "stamp"]

Json = dict[str, Any]
UID = "6f1d3c52-8a4e-4b0c-9b57-0d4f1f0a7c11"
NO_DEADLINE = 2**31 - 1


def stamp(time: int) -> str:
    """Write a time; unlike the API server, with its microseconds."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time)).isoformat()


def template(image: str, hash_label: str | None = None) -> Json:
    labels = {"app": "d"} | ({} if hash_label is None else {"pod-template-hash": hash_label})
    container = {"name": "d", "image": f"registry.example/d:{image}"}
    return {
        "metadata": {"creationTimestamp": None, "labels": labels},
        "spec": {"containers": [container], "restartPolicy": "Always", "securityContext": {}},
    }


def listed(state: State, statuses: Mapping[str, SetStatus], strategy: Strategy) -> Json:
    """Return a List with the Deployment and its ReplicaSets, each as the API server would have it."""
    sets = [replica_set(each, statuses.get(each.name), state) for each in state.sets]
    return {"apiVersion": "v1", "kind": "List", "items": [*sets[:1], deployment(state, strategy), *sets[1:]]}


def without_zeros(numbers: Json, *kept: str) -> Json:
    return {name: number for name, number in numbers.items() if number or name in kept}


def deployment(state: State, strategy: Strategy) -> Json:
    wish, counts = state.rollout, state.counts
    annotations = {} if state.revision is None else {"deployment.kubernetes.io/revision": str(state.revision)}
    deadline = wish.progress_deadline_seconds
    kind = strategy.deployment_type
    rolling = {}
    if kind == "RollingUpdate":
        amounts = {"maxSurge": strategy.max_surge, "maxUnavailable": strategy.max_unavailable}  # type: ignore[attr-defined]  # it is a rolling update
        rolling = {
            "rollingUpdate": {
                name: str(each) if each.percent else each.value for name, each in amounts.items()
            }
        }
    conditions = [
        condition(kind_, each)
        for kind_, each in (("Available", state.available), ("Progressing", state.progressing))
        if each is not None
    ]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": state.name,
            "namespace": "default",
            "uid": UID,
            "generation": state.generation,
            "annotations": annotations,
            "creationTimestamp": stamp(0),
        },
        "spec": {
            "replicas": wish.replicas,
            "paused": wish.paused,
            "minReadySeconds": wish.min_ready_seconds,
            "progressDeadlineSeconds": NO_DEADLINE if deadline is None else deadline,
            "revisionHistoryLimit": wish.revision_history_limit,
            "selector": {"matchLabels": {"app": "d"}},
            "strategy": {"type": kind, **rolling},
            "template": template(wish.target),
        },
        "status": without_zeros(
            {
                "observedGeneration": state.observed_generation,
                "replicas": counts.replicas,
                "updatedReplicas": counts.updated,
                "readyReplicas": counts.ready,
                "availableReplicas": counts.available,
                "unavailableReplicas": counts.unavailable,
                "terminatingReplicas": counts.terminating,
                "conditions": conditions,
            },
            "terminatingReplicas",
        ),
    }


def condition(kind: str, each: Condition) -> Json:
    return {
        "type": kind,
        "status": each.status,
        "reason": each.reason,
        "message": "…",
        "lastUpdateTime": stamp(each.updated),
        "lastTransitionTime": stamp(0),
    }


def replica_set(each: SetRecord, status: SetStatus | None, state: State) -> Json:
    hash_label = f"{each.order:05d}"
    prefix = "deployment.kubernetes.io/"
    annotations = {
        "revision": str(each.number),
        "desired-replicas": None if each.desired_replicas is None else str(each.desired_replicas),
        "max-replicas": None if each.max_replicas is None else str(each.max_replicas),
        "revision-history": ",".join(map(str, each.past_numbers)) or None,
    }
    numbers = {} if status is None else attrs.asdict(status)
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{state.name}-{hash_label}",
            "namespace": "default",
            "uid": f"uid-{each.order}",
            "generation": 1,
            "creationTimestamp": stamp(each.created),
            "labels": {"app": "d", "pod-template-hash": hash_label},
            "annotations": {
                f"{prefix}{name}": text for name, text in annotations.items() if text is not None
            },
            "ownerReferences": [
                {
                    "apiVersion": "apps/v1",
                    "kind": "Deployment",
                    "name": state.name,
                    "uid": UID,
                    "controller": True,
                }
            ],
        },
        "spec": {
            "replicas": each.wanted,
            **without_zeros({"minReadySeconds": each.min_ready_seconds}),
            "selector": {"matchLabels": {"app": "d", "pod-template-hash": hash_label}},
            "template": template(each.name, hash_label),
        },
        "status": without_zeros(
            {
                "observedGeneration": 1,
                "replicas": numbers.get("replicas", 0),
                "readyReplicas": numbers.get("ready", 0),
                "availableReplicas": numbers.get("available", 0),
                "terminatingReplicas": numbers.get("terminating", 0),
            },
            "replicas",
            "terminatingReplicas",
        ),
    }

"""Valid Deployments over the whole range that the API server takes, each with the workload that it must become."""

from __future__ import annotations

from typing import Any, Literal

from hypothesis import strategies as st

from turnout.model import Rollout
from turnout.workload import Lifecycle, Probe, Workload

__all__ = ["deployments"]

INT32 = 2**31 - 1
UNPROBED = "There is no readiness probe: a replica gets requests as soon as its containers have started."

names = st.from_regex(r"[a-z]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
labels = st.dictionaries(
    st.from_regex(r"([a-z]{1,5}/)?[a-zA-Z]([-_.a-zA-Z0-9]{0,8}[a-zA-Z0-9])?", fullmatch=True),
    st.from_regex(r"([a-zA-Z0-9]([-_.a-zA-Z0-9]{0,8}[a-zA-Z0-9])?)?", fullmatch=True),
    min_size=1,
    max_size=4,
)
tags = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,12}", fullmatch=True)
wholes = st.integers(0, 20) | st.integers(0, INT32)
percents = st.integers(0, 100).map("{}%".format)
probes = st.fixed_dictionaries(
    {"httpGet": st.just({"path": "/", "port": 80})},
    optional={
        "initialDelaySeconds": st.integers(0, INT32),
        "periodSeconds": st.integers(1, INT32),
        "failureThreshold": st.integers(1, INT32),
        "timeoutSeconds": st.integers(1, 30),
    },
)


def _probe(written: dict[str, Any] | None) -> Probe | None:
    if written is None:
        return None
    return Probe(
        initial_delay_seconds=written.get("initialDelaySeconds", 0),
        period_seconds=written.get("periodSeconds", 10),
        failure_threshold=written.get("failureThreshold", 3),
    )


def _given(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


@st.composite
def _strategies(
    draw: st.DrawFn,
) -> tuple[dict[str, Any] | None, Literal["RollingUpdate", "Recreate"], dict[str, Any]]:
    if draw(st.integers(0, 4)) == 0:
        return {"type": "Recreate"}, "Recreate", {}
    surge = draw(st.none() | wholes | percents | st.integers(0, INT32).map("{}%".format))
    unavailable = draw(st.none() | wholes | percents)
    if surge in (0, "0%") and unavailable in (0, "0%"):
        surge = 1
    rolling = _given(maxSurge=surge, maxUnavailable=unavailable)
    typed = draw(st.booleans())
    written: dict[str, Any] = {"type": "RollingUpdate"} if typed else {}
    empty = draw(st.booleans())
    if rolling or empty:
        written["rollingUpdate"] = rolling
    default = {"max_surge": "25%", "max_unavailable": "25%"}
    return (
        (written or None),
        "RollingUpdate",
        {**default, **_given(max_surge=surge, max_unavailable=unavailable)},
    )


@st.composite
def deployments(draw: st.DrawFn) -> tuple[dict[str, Any], Workload]:
    """Draw a Deployment as an object, and the workload that it must become (without its source)."""
    name, namespace, tag = draw(names), draw(st.none() | names), draw(tags)
    replicas, history = draw(st.none() | wholes), draw(st.none() | wholes)
    min_ready = draw(st.none() | st.integers(0, 599))
    deadline = draw(st.none() | st.integers((min_ready or 0) + 1, INT32) | st.just(INT32))
    paused = draw(st.none() | st.booleans())
    strategy_field, strategy, parameters = draw(_strategies())
    readiness, startup = draw(st.none() | probes), draw(st.none() | probes)
    grace = draw(st.none() | wholes)
    sleep = draw(st.none() | st.integers(0, 30 if grace is None else grace))
    pod_labels = draw(labels)
    selected = draw(st.lists(st.sampled_from(sorted(pod_labels)), min_size=1, unique=True))
    container = _given(
        name=draw(names),
        image=f"{draw(st.sampled_from(['web', 'registry:5000/a/web']))}:{tag}",
        readinessProbe=readiness,
        startupProbe=startup,
        lifecycle=None if sleep is None else {"preStop": {"sleep": {"seconds": sleep}}},
    )
    written = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _given(name=name, namespace=namespace),
        "spec": _given(
            replicas=replicas,
            minReadySeconds=min_ready,
            progressDeadlineSeconds=deadline,
            revisionHistoryLimit=history,
            paused=paused,
            strategy=strategy_field,
            selector={"matchLabels": {each: pod_labels[each] for each in selected}},
            template={
                "metadata": {"labels": pod_labels},
                "spec": _given(terminationGracePeriodSeconds=grace, containers=[container]),
            },
        ),
    }
    notes = [
        *(["spec.paused is true: the rollout stands still until it is resumed."] if paused else []),
        *(["spec.replicas is 0: nothing serves."] if replicas == 0 else []),
        *([UNPROBED] if readiness is None else []),
    ]
    return written, Workload(
        name=name,
        namespace=namespace,
        rollout=Rollout(
            replicas=1 if replicas is None else replicas,
            target=tag,
            paused=bool(paused),
            min_ready_seconds=min_ready or 0,
            progress_deadline_seconds={None: 600, INT32: None}.get(deadline, deadline),
            revision_history_limit=10 if history is None else history,
        ),
        given=tuple(_given(paused=paused, replicas=replicas)),
        strategy=strategy,
        parameters=parameters,
        lifecycle=Lifecycle(
            readiness=_probe(readiness),
            startup=_probe(startup),
            pre_stop_seconds=float(sleep or 0),
            grace_seconds=30 if grace is None else grace,
        ),
        notes=tuple(notes),
    )

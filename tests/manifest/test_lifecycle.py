"""How a replica starts and ends, and what names its revision."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.manifest.samples import DEPLOYMENT, to_yaml
from turnout.errors import InputError
from turnout.manifest import parse_manifest
from turnout.workload import Probe, Workload

HANDLER = {"tcpSocket": {"port": 80}}


def container(name: str = "app", image: str = "web:1", **fields: Any) -> dict[str, Any]:
    return {"name": name, "image": image, **fields}


def read(*containers: dict[str, Any], annotations: dict[str, str] | None = None, **pod: Any) -> Workload:
    """Read a Deployment of a pod with those containers."""
    template = {
        "metadata": {"labels": {"app": "web"}, "annotations": annotations},
        "spec": {"containers": list(containers), **pod},
    }
    return parse_manifest(
        DEPLOYMENT[: DEPLOYMENT.index("  template:")] + to_yaml({"template": template}, "  ")
    )


def pre_stop(grace: int | None = None, **hook: Any) -> tuple[float | None, str]:
    """Return the length of a hook, and the notes about it."""
    found = read(
        container(readinessProbe=HANDLER, lifecycle={"preStop": hook}), terminationGracePeriodSeconds=grace
    )
    return found.lifecycle.pre_stop_seconds, " ".join(found.notes)


@pytest.mark.parametrize(
    ("image", "revision"),
    [
        ("web", "latest"),
        ("web:1.2", "1.2"),
        ("registry:5000/shop/web", "latest"),
        ("registry:5000/shop/web:v2", "v2"),
        (f"web@sha256:{'ab' * 32}", "abababababab"),
        (f"web:1.2@sha256:{'ab' * 32}", "1.2"),
        ("ko://example.com/web", "latest"),
    ],
)
def test_the_revision_is_the_image_tag(image: str, revision: str) -> None:
    assert read(container(image=image)).rollout.target == revision


def test_the_main_container_is_the_annotated_one_or_the_first_with_ports_or_the_first() -> None:
    ports = [{"containerPort": 80}]
    first, second, third = (container(name, f"x:{name}") for name in ("one", "two", "three"))
    assert read(first, second, third).rollout.target == "one"
    assert read(first, {**second, "ports": ports}, {**third, "ports": ports}).rollout.target == "two"
    note = {"kubectl.kubernetes.io/default-container": "three"}
    found = read(first, {**second, "ports": ports}, third, annotations=note)
    assert found.rollout.target == "three"
    assert "Container three is taken to serve and to name the revision, not one, two." in found.notes
    assert read(first, second, annotations={**note, "other": "x"}).rollout.target == "one"
    assert not any("is taken to serve" in each for each in read(first).notes)


def test_the_hook_that_counts_is_the_main_containers() -> None:
    hook = {"preStop": {"sleep": {"seconds": 7}}}
    main = container("main", ports=[{"containerPort": 80}])
    assert read(container("helper", lifecycle=hook), main).lifecycle.pre_stop_seconds == 0
    assert read(container("helper"), {**main, "lifecycle": hook}).lifecycle.pre_stop_seconds == 7


numbers = st.none() | st.integers(0, 30)


@given(st.sampled_from(["exec", "grpc", "httpGet", "tcpSocket"]), numbers, numbers, numbers, numbers)
def test_a_probe_has_the_api_servers_defaults_and_zero_stands_for_them(
    handler: str, delay: int | None, period: int | None, success: int | None, failure: int | None
) -> None:
    probe = {
        handler: {"port": 80, "command": ["true"]},
        "initialDelaySeconds": delay,
        "periodSeconds": period,
        "successThreshold": success,
        "failureThreshold": failure,
    }
    given_probe = {name: value for name, value in probe.items() if value is not None}
    assert read(container(readinessProbe=given_probe)).lifecycle.readiness == Probe(
        initial_delay_seconds=delay or 0,
        period_seconds=period or 10,
        success_threshold=success or 1,
        failure_threshold=failure or 3,
    )


probes = st.none() | st.fixed_dictionaries(
    {"tcpSocket": st.just({"port": 80})},
    optional={"initialDelaySeconds": st.integers(0, 60), "periodSeconds": st.integers(1, 30)},
)


def longest(probe: dict[str, Any] | None) -> int:
    return 0 if probe is None else probe.get("initialDelaySeconds", 0) + probe.get("periodSeconds", 10)


@given(st.lists(st.tuples(probes, probes), min_size=1, max_size=4), st.integers(0, 3))
def test_the_probes_are_those_of_the_container_that_is_ready_last(
    pairs: list[tuple[dict[str, Any] | None, dict[str, Any] | None]], sidecars: int
) -> None:
    containers = [
        container(f"c{index}", startupProbe=startup, readinessProbe=readiness)
        for index, (startup, readiness) in enumerate(pairs)
    ]
    beside = [{**each, "restartPolicy": "Always"} for each in containers[1 : 1 + sidecars]]
    rest = [containers[0], *containers[1 + sidecars :]]
    found = read(*rest, initContainers=beside).lifecycle
    slowest = max(longest(startup) + longest(readiness) for startup, readiness in pairs)
    got = [each for each in (found.startup, found.readiness) if each is not None]
    assert sum(each.initial_delay_seconds + each.period_seconds for each in got) == slowest
    assert any(
        (found.startup is not None, found.readiness is not None) == (s is not None, r is not None)
        for s, r in pairs
    )


def test_a_sidecars_readiness_counts_and_an_init_containers_does_not() -> None:
    slow = container("slow", readinessProbe={**HANDLER, "initialDelaySeconds": 50})
    with_sidecar = read(
        container(readinessProbe=HANDLER), initContainers=[{**slow, "restartPolicy": "Always"}]
    )
    assert with_sidecar.lifecycle.readiness == Probe(initial_delay_seconds=50)
    assert with_sidecar.notes == (
        "Container app is taken to serve and to name the revision, not slow; slow is ready last.",
    )
    before = read(container(readinessProbe=HANDLER), initContainers=[slow])
    assert before.lifecycle.readiness == Probe()
    assert before.notes == (
        "Before a replica starts, slow must have run; how long that takes is not in the manifest.",
    )


def test_without_a_readiness_probe_it_is_said() -> None:
    assert any("no readiness probe" in each for each in read(container()).notes)
    assert read(container(readinessProbe=HANDLER)).notes == ()


def test_readiness_gates_are_said() -> None:
    gates = [{"conditionType": "example.com/load-balancer"}]
    assert read(container(readinessProbe=HANDLER), readinessGates=gates).notes == (
        "Readiness also waits for readinessGates, which are left out.",
    )


@given(st.integers(0, 300), st.integers(0, 300))
def test_a_sleep_lasts_as_long_as_it_says_within_the_grace_period(seconds: int, grace: int) -> None:
    if seconds <= grace:
        assert pre_stop(grace, sleep={"seconds": seconds}) == (seconds, "")
    else:
        with pytest.raises(InputError, match=f"{seconds} is out of range; it is a number from 0 to {grace}"):
            pre_stop(grace, sleep={"seconds": seconds})


SHELLS = [["sh", "-c"], ["/bin/sh", "-c"], ["/bin/bash", "-ec"], ["/usr/bin/dash", "-c"]]


@given(
    st.integers(0, 90),
    st.integers(0, 60) | st.integers(-2, 2),
    st.sampled_from([None, *SHELLS]),
    st.sampled_from(["", "s"]),
)
def test_a_command_that_sleeps_is_recognised_and_ends_with_the_grace_period(
    seconds: int, grace: int, shell: list[str] | None, unit: str
) -> None:
    grace = max(0, seconds + grace) if abs(grace) <= 2 else grace
    command = ["sleep", f"{seconds}{unit}"] if shell is None else [*shell, f"sleep {seconds}{unit}"]
    length, notes = pre_stop(grace, exec={"command": command})
    assert length == min(seconds, grace)
    assert ("the grace period ends it" in notes) == (seconds > grace)


@pytest.mark.parametrize(
    ("command", "seconds", "more"),
    [
        (["/bin/sleep", "15"], 15, False),
        (["sleep", "0.5"], 0.5, False),
        (["sleep", "1m"], 60, False),
        (["sleep", "10", "5s"], 15, False),
        (["sh", "-c", " sleep 15 ; "], 15, False),
        (["sh", "-c", "exec sleep 15"], 15, False),
        (["sh", "-c", "/bin/sleep 15"], 15, False),
        (["sh", "-c", "sleep 5 && sleep 10"], 15, False),
        (["sh", "-c", "sleep 5\nsleep 10\n"], 15, False),
        (["sh", "-c", "sleep 5; nginx -s quit"], 5, True),
        (["sh", "-c", "sleep 5 && kill 1"], 5, True),
        (["sh", "-c", "sleep 5 &"], None, False),
        (["sh", "-c", "sleep 5 || true"], None, False),
        (["sh", "-c", "sleep 5 > /dev/null"], None, False),
        (["sh", "-c", "sleep $WAIT"], None, False),
        (["sh", "-c", "sleep infinity"], None, False),
        (["sh", "-c", "sleep 5x"], None, False),
        (["sh", "-c", "nginx -s quit; sleep 5"], None, False),
        (["sh", "-c", "sleepy 5"], None, False),
        (["sh", "-c"], None, False),
        (["sh", "sleep 5"], None, False),
        (["python", "-c", "sleep 5"], None, False),
        (["sleep"], None, False),
        (["echo", "sleep", "5"], None, False),
        (["/wait-shutdown"], None, False),
    ],
)
def test_commands(command: list[str], seconds: float | None, more: bool) -> None:  # noqa: FBT001
    length, notes = pre_stop(300, exec={"command": command})
    assert length == seconds
    assert ("then does more" in notes) == more
    assert ("is not in the manifest" in notes) == (seconds is None)


@pytest.mark.parametrize("handler", ["httpGet", "tcpSocket"])
def test_other_hooks_have_no_known_length(handler: str) -> None:
    length, notes = pre_stop(None, **{handler: {"port": 80}})
    assert length is None
    assert f"its preStop hook ({handler}) takes is not in the manifest" in notes


def test_a_sleep_without_seconds_is_none() -> None:
    assert pre_stop(sleep={"seconds": None, "x": 1}) == (0, "")


SURGE_CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "hostPort": (container(readinessProbe=HANDLER, ports=[{"containerPort": 80, "hostPort": 8080}]), {}),
    "hostNetwork": (container(readinessProbe=HANDLER), {"hostNetwork": True}),
    "anti-affinity": (
        container(readinessProbe=HANDLER),
        {
            "affinity": {
                "podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "x"}]}
            }
        },
    ),
    "ReadWriteOnce": (
        container(readinessProbe=HANDLER),
        {
            "volumes": [
                {"name": "a", "emptyDir": {}},
                {"name": "b", "persistentVolumeClaim": {"claimName": "disk"}},
            ]
        },
    ),
}


@pytest.mark.parametrize("word", SURGE_CASES)
def test_what_keeps_new_replicas_waiting_is_said_where_there_are_more_of_them(word: str) -> None:
    app, pod = SURGE_CASES[word]
    notes = read(app, **pod).notes
    assert len(notes) == 1
    assert word in notes[0]
    for strategy in ("{type: Recreate}", "{rollingUpdate: {maxSurge: 0}}"):
        text = json.dumps({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [app], **pod}})
        start, end = DEPLOYMENT.index("  strategy:"), DEPLOYMENT.index("  selector:")
        selector = DEPLOYMENT[end : DEPLOYMENT.index("  template:")]
        without = parse_manifest(
            f"{DEPLOYMENT[:start]}  strategy: {strategy}\n{selector}  template: {text}\n"
        )
        assert without.notes == ()

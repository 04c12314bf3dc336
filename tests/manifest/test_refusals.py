"""What the API server would refuse, and what turnout cannot read: each ends in one line that says where and why."""

from __future__ import annotations

import attrs
import pytest

from tests.manifest.samples import DEPLOYMENT, ROLLOUT, SERVICE, line_of, swap
from turnout.errors import InputError
from turnout.manifest import parse_manifest

BLUE_GREEN = "    blueGreen:\n      activeService: live\n"
CONTAINERS = DEPLOYMENT[DEPLOYMENT.index("      containers:") :]
PROBE = "          httpGet:\n            path: /ready\n            port: 8080\n"
STRATEGY = DEPLOYMENT[DEPLOYMENT.index("  strategy:") : DEPLOYMENT.index("  selector:")]
ROLLING = STRATEGY[STRATEGY.index("    rollingUpdate:") :]


@attrs.frozen
class Case:
    """A manifest, the field or line it is refused for, and words that the message must have."""

    text: str
    at: str
    words: tuple[str, ...]


def _number(field: str, was: str, value: str, *words: str) -> Case:
    """A number of the Deployment's spec."""
    name = field.rpartition(".")[2]
    text = swap(DEPLOYMENT, f"{name}: {was}", f"{name}: {value}")
    return Case(text, f"{line_of(text, f'{name}: {value}')}: {field}", words)


def _surge(value: str, *words: str) -> Case:
    return _number("spec.strategy.rollingUpdate.maxSurge", "25%", value, *words)


def _unavailable(value: str, *words: str) -> Case:
    return _number("spec.strategy.rollingUpdate.maxUnavailable", "1", value, *words)


def _swapped(old: str, new: str, at: str, *words: str, text: str = DEPLOYMENT) -> Case:
    return Case(swap(text, old, new), at, words)


NUMBERS = {
    "replicas negative": _number("spec.replicas", "3", "-1", "-1", "from 0"),
    "replicas in quotes": _number("spec.replicas", "3", '"3"', "'3'", "without quotes"),
    "replicas fraction": _number("spec.replicas", "3", "2.5", "2.5", "not a whole number"),
    "replicas word": _number("spec.replicas", "3", "three", "'three'", "not a whole number"),
    "replicas boolean": _number("spec.replicas", "3", "yes", "true", "not a whole number"),
    "replicas list": _number("spec.replicas", "3", "[3]", "a list", "not a whole number"),
    "replicas beyond 32 bits": _number("spec.replicas", "3", "2147483648", "out of range", "2147483647"),
    "replicas of many digits": _number("spec.replicas", "3", "9" * 200, "out of range"),
    "replicas infinite": _number("spec.replicas", "3", ".inf", "not a whole number"),
    "replicas not a number": _number("spec.replicas", "3", ".nan", "not a whole number"),
    "replicas of a template": _number("spec.replicas", "3", '"{{ .Values.n }}"', "helm template"),
    "minReadySeconds negative": _number("spec.minReadySeconds", "5", "-1", "-1", "from 0"),
    "revisionHistoryLimit negative": _number("spec.revisionHistoryLimit", "4", "-2", "-2", "from 0"),
    "deadline is minReadySeconds": _number(
        "spec.progressDeadlineSeconds", "60", "5", "greater than minReadySeconds", "5"
    ),
    "deadline zero": _number("spec.progressDeadlineSeconds", "60", "0", "greater than minReadySeconds"),
    "deadline negative": _number("spec.progressDeadlineSeconds", "60", "-1", "from 0"),
    "surge fraction of a percent": _surge('"12.5%"', "12.5%", "whole percentage"),
    "surge digits in quotes": _surge('"10"', "'10'", "without quotes", "10%"),
    "surge negative": _surge("-1", "-1", "from 0"),
    "surge negative percent": _surge('"-5%"', "-5%", "whole percentage"),
    "surge signed percent": _surge('"+5%"', "+5%", "whole percentage"),
    "surge with a space": _surge('"25 %"', "25 %", "whole percentage"),
    "surge with a space after": _surge('"25% "', "25% ", "whole percentage"),
    "surge empty": _surge('""', "whole percentage"),
    "surge word": _surge("all", "'all'", "whole percentage"),
    "surge fraction": _surge("0.5", "0.5", "not a whole number"),
    "surge in other digits": _surge('"٢٥%"', "whole percentage"),
    "surge beyond 32 bits": _surge("4294967296", "out of range"),
    "surge of absurd percent": _surge(f'"{"9" * 5000}%"', "whole percentage"),
    "surge list": _surge("[1]", "a list"),
    "unavailable over 100": _unavailable("101%", "101%", "more than 100%"),
    "unavailable negative": _unavailable("-1", "-1"),
    "unavailable fraction": _unavailable('"0.5%"', "0.5%", "whole percentage"),
    **{
        f"both zero, {surge} and {unavailable}": Case(
            swap(
                swap(DEPLOYMENT, "maxSurge: 25%", f"maxSurge: {surge}"),
                "maxUnavailable: 1",
                f"maxUnavailable: {unavailable}",
            ),
            "15: spec.strategy.rollingUpdate.maxUnavailable",
            ("may not be 0", "maxSurge"),
        )
        for surge in ("0", "0%", '"00%"')
        for unavailable in ("0", "0%", "0.0")
    },
}

OBJECTS = {
    "unknown strategy": _swapped(
        "type: RollingUpdate", "type: Rolling", "12: spec.strategy.type", "'Rolling'", "RollingUpdate"
    ),
    "strategy in lower case": _swapped(
        "type: RollingUpdate", "type: recreate", "12: spec.strategy.type", "did you mean 'Recreate'"
    ),
    "strategy is a text": _swapped(
        STRATEGY, "  strategy: Recreate\n", "11: spec.strategy", "'Recreate'", "not a mapping"
    ),
    "recreate and rollingUpdate": _swapped(
        "type: RollingUpdate", "type: Recreate", "13: spec.strategy.rollingUpdate", "Recreate"
    ),
    "recreate and empty rollingUpdate": _swapped(
        STRATEGY,
        "  strategy:\n    type: Recreate\n    rollingUpdate: {}\n",
        "13: spec.strategy.rollingUpdate",
        "Recreate",
    ),
    "no spec": Case(DEPLOYMENT[: DEPLOYMENT.index("spec:")], "1: spec", ("missing",)),
    "spec is null": Case(DEPLOYMENT[: DEPLOYMENT.index("spec:")] + "spec:\n", "1: spec", ("missing",)),
    "spec is a list": Case(
        DEPLOYMENT[: DEPLOYMENT.index("spec:")] + "spec: [1]\n", "6: spec", ("a list", "not a mapping")
    ),
    "no metadata": _swapped("metadata:\n  name: web\n  namespace: shop\n", "", "1: metadata", "missing"),
    "no name": _swapped("  name: web\n", "", "3: metadata.name", "missing"),
    "name is a number": _swapped("  name: web\n", "  name: 7\n", "4: metadata.name", "7", "quotes"),
    "name is none": _swapped("  name: web\n", "  name: My_Web\n", "4: metadata.name", "My_Web", "lower-case"),
    "no selector": _swapped(
        "  selector:\n    matchLabels:\n      app: web\n", "", "6: spec.selector", "missing"
    ),
    "empty selector": _swapped(
        "  selector:\n    matchLabels:\n      app: web\n", "  selector: {}\n", "16: spec.selector", "empty"
    ),
    "selector of a Service": _swapped(
        "    matchLabels:\n      app: web\n", "    app: web\n", "16: spec.selector", "empty", "matchLabels"
    ),
    "selector does not match": _swapped(
        "      app: web\n  template", "      app: api\n  template", "16: spec.selector", "app: web"
    ),
    "selector needs more": _swapped(
        "      app: web\n  template",
        "      app: web\n      track: old\n  template",
        "16: spec.selector",
        "does not select",
    ),
    "expression does not match": _swapped(
        "    matchLabels:\n      app: web\n",
        "    matchExpressions:\n    - {key: app, operator: NotIn, values: [web]}\n",
        "16: spec.selector",
        "does not select",
    ),
    "unknown operator": _swapped(
        "    matchLabels:\n      app: web\n",
        "    matchExpressions:\n    - {key: app, operator: in, values: [web]}\n",
        "18: spec.selector.matchExpressions[0].operator",
        "'in'",
        "In",
    ),
    "operator without values": _swapped(
        "    matchLabels:\n      app: web\n",
        "    matchExpressions:\n    - {key: app, operator: In}\n",
        "18: spec.selector.matchExpressions[0].values",
        "missing",
    ),
    "operator with values": _swapped(
        "    matchLabels:\n      app: web\n",
        "    matchExpressions:\n    - {key: app, operator: Exists, values: [web]}\n",
        "18: spec.selector.matchExpressions[0].values",
        "takes no values",
    ),
    "label is a number": _swapped(
        "        tier: front\n",
        "        tier: 1.10\n",
        "23: spec.template.metadata.labels.tier",
        "1.1",
        "quotes",
    ),
    "label is a boolean": _swapped(
        "        tier: front\n",
        "        tier: on\n",
        "23: spec.template.metadata.labels.tier",
        "true",
        "quotes",
    ),
    "no template": Case(DEPLOYMENT[: DEPLOYMENT.index("  template:")], "6: spec.template", ("missing",)),
    "no pod spec": Case(DEPLOYMENT[: DEPLOYMENT.index("    spec:")], "19: spec.template.spec", ("missing",)),
    "no containers": _swapped(
        CONTAINERS, "      restartPolicy: Always\n", "24: spec.template.spec.containers", "missing"
    ),
    "empty containers": _swapped(
        CONTAINERS, "      containers: []\n", "24: spec.template.spec.containers", "empty"
    ),
    "containers is a mapping": _swapped(
        CONTAINERS,
        "      containers: {name: app}\n",
        "25: spec.template.spec.containers",
        "a mapping",
        "not a list",
    ),
    "container is a text": _swapped(
        CONTAINERS, "      containers: [app]\n", "25: spec.template.spec.containers[0]", "not a mapping"
    ),
    "no image": _swapped(
        "        image: registry/shop/web:1.2.3\n",
        "",
        "26: spec.template.spec.containers[0].image",
        "missing",
    ),
    "image with a variable": _swapped(
        "registry/shop/web:1.2.3",
        "web:${TAG}",
        "27: spec.template.spec.containers[0].image",
        "${TAG}",
        "name:tag",
    ),
    "image with an empty tag": _swapped(
        "registry/shop/web:1.2.3", '"web:"', "27: spec.template.spec.containers[0].image", "no image tag"
    ),
    "image with a bad digest": _swapped(
        "registry/shop/web:1.2.3", "web@sha256", "27: spec.template.spec.containers[0].image", "digest"
    ),
    "image is a template": _swapped(
        "registry/shop/web:1.2.3",
        '"web:{{ .Values.tag }}"',
        "27: spec.template.spec.containers[0].image",
        "helm template",
    ),
    "no container name": _swapped(
        "      - name: app\n        image",
        "      - image",
        "26: spec.template.spec.containers[0].name",
        "missing",
    ),
    "container name twice": Case(
        DEPLOYMENT + "      - name: app\n        image: other:1\n",
        "34: spec.template.spec.containers[1].name",
        ("'app'", "twice"),
    ),
    "restart policy": _swapped(
        "      containers:\n",
        "      restartPolicy: Never\n      containers:\n",
        "25: spec.template.spec.restartPolicy",
        "Always",
    ),
    "active deadline": _swapped(
        "      containers:\n",
        "      activeDeadlineSeconds: 9\n      containers:\n",
        "25: spec.template.spec.activeDeadlineSeconds",
        "Job",
    ),
    "grace negative": _swapped(
        "      containers:\n",
        "      terminationGracePeriodSeconds: -1\n      containers:\n",
        "25: spec.template.spec.terminationGracePeriodSeconds",
        "-1",
    ),
    "probe without handler": _swapped(
        PROBE,
        "          periodSeconds: 3\n",
        "30: spec.template.spec.containers[0].readinessProbe",
        "0 handlers",
        "exactly one",
    ),
    "probe with two handlers": _swapped(
        PROBE,
        f"{PROBE}          tcpSocket: {{port: 1}}\n",
        "30: spec.template.spec.containers[0].readinessProbe",
        "2 handlers",
    ),
    "probe number negative": _swapped(
        PROBE,
        f"{PROBE}          periodSeconds: -1\n",
        "34: spec.template.spec.containers[0].readinessProbe.periodSeconds",
        "-1",
    ),
    "startup probe asks twice": Case(
        f"{DEPLOYMENT}        startupProbe:\n{PROBE}          successThreshold: 2\n",
        "38: spec.template.spec.containers[0].startupProbe.successThreshold",
        ("2", "must be 1"),
    ),
    "hook without handler": Case(
        f"{DEPLOYMENT}        lifecycle: {{preStop: {{}}}}\n",
        "34: spec.template.spec.containers[0].lifecycle.preStop",
        ("0 handlers", "exactly one"),
    ),
    "hook sleeps past the grace period": Case(
        f"{DEPLOYMENT}        lifecycle: {{preStop: {{sleep: {{seconds: 31}}}}}}\n",
        "34: spec.template.spec.containers[0].lifecycle.preStop.sleep.seconds",
        ("31", "from 0 to 30"),
    ),
    "hook command is a text": Case(
        f"{DEPLOYMENT}        lifecycle: {{preStop: {{exec: {{command: sleep 5}}}}}}\n",
        "34: spec.template.spec.containers[0].lifecycle.preStop.exec.command",
        ("not a list",),
    ),
    "hook command has a number": Case(
        f"{DEPLOYMENT}        lifecycle: {{preStop: {{exec: {{command: [sleep, 5]}}}}}}\n",
        "34: spec.template.spec.containers[0].lifecycle.preStop.exec.command[1]",
        ("5", "quotes"),
    ),
    "paused is a text": _swapped(
        "  replicas: 3\n", '  paused: "true"\n', "7: spec.paused", "'true'", "true or false"
    ),
    "misspelt field": _swapped(
        "maxSurge", "maxsurge", "14: spec.strategy.rollingUpdate.maxsurge", "did you mean maxSurge"
    ),
    "misspelt null field": _swapped(
        "  replicas: 3", "  replica:", "6: spec.replica", "did you mean replicas"
    ),
    "misplaced field": _swapped(
        ROLLING, "    maxSurge: 1\n", "13: spec.strategy.maxSurge", "belongs in spec.strategy.rollingUpdate"
    ),
    "no apiVersion": _swapped("apiVersion: apps/v1\n", "", "1: apiVersion", "missing", "apps/v1"),
    **{
        version: _swapped("apps/v1", version, "1: apiVersion", version, "write apps/v1")
        for version in ("extensions/v1beta1", "apps/v1beta1", "apps/v1beta2", "apps/v2", "v1")
    },
    "affinity unknown": Case(
        DEPLOYMENT + swap(SERVICE, "  ports:", "  sessionAffinity: Cookie\n  ports:"),
        f"{line_of(DEPLOYMENT + SERVICE, '  ports:' + chr(10) + '  - port')}: spec.sessionAffinity",
        ("'Cookie'", "ClientIP"),
    ),
    **{
        f"affinity timeout {seconds}": Case(
            DEPLOYMENT
            + swap(
                SERVICE,
                "  ports:",
                "  sessionAffinity: ClientIP\n"
                f"  sessionAffinityConfig: {{clientIP: {{timeoutSeconds: {seconds}}}}}\n  ports:",
            ),
            "43: spec.sessionAffinityConfig.clientIP.timeoutSeconds",
            ("out of range", "from 1 to 86400"),
        )
        for seconds in (0, 86_401, -1)
    },
    "affinity timeout without affinity": Case(
        DEPLOYMENT
        + swap(SERVICE, "  ports:", "  sessionAffinityConfig: {clientIP: {timeoutSeconds: 5}}\n  ports:"),
        "42: spec.sessionAffinityConfig",
        ("ClientIP",),
    ),
}

ROLLOUTS = {
    "no strategy": Case(
        ROLLOUT[: ROLLOUT.index("  strategy:")], "5: spec.strategy", ("missing", "blueGreen or canary")
    ),
    "empty strategy": _swapped(BLUE_GREEN, "    {}\n", "18: spec.strategy", "neither", text=ROLLOUT),
    "two strategies": Case(f"{ROLLOUT}    canary: {{}}\n", "18: spec.strategy", ("both",)),
    "no active service": _swapped(
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
    "strategy of a Deployment": _swapped(
        BLUE_GREEN, "    rollingUpdate: {maxSurge: 1}\n", "18: spec.strategy", "neither", text=ROLLOUT
    ),
    "canary with steps": _swapped(
        BLUE_GREEN,
        "    canary:\n      steps:\n      - setWeight: 20\n",
        "20: spec.strategy.canary.steps",
        "step by step",
        "no strategy yet",
        text=ROLLOUT,
    ),
    "canary with traffic routing": _swapped(
        BLUE_GREEN,
        "    canary:\n      trafficRouting: {nginx: {}}\n",
        "20: spec.strategy.canary.trafficRouting",
        "no strategy yet",
        text=ROLLOUT,
    ),
    "canary with a delay": _swapped(
        BLUE_GREEN,
        "    canary:\n      scaleDownDelaySeconds: 5\n",
        "20: spec.strategy.canary.scaleDownDelaySeconds",
        "trafficRouting",
        text=ROLLOUT,
    ),
    "canary of zeros": _swapped(
        BLUE_GREEN,
        "    canary:\n      maxSurge: 0\n      maxUnavailable: 0%\n",
        "21: spec.strategy.canary.maxUnavailable",
        "may not be 0",
        text=ROLLOUT,
    ),
    "another version": _swapped("v1alpha1", "v1beta1", "1: apiVersion", "argoproj.io/v1alpha1", text=ROLLOUT),
    "no version": _swapped(
        "apiVersion: argoproj.io/v1alpha1\n", "", "1: apiVersion", "missing", text=ROLLOUT
    ),
    "template and reference": _swapped(
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

ALL = {**NUMBERS, **OBJECTS, **{f"Rollout: {name}": case for name, case in ROLLOUTS.items()}}


@pytest.mark.parametrize("name", ALL)
def test_it_is_refused_in_one_line(name: str) -> None:
    case = ALL[name]
    with pytest.raises(InputError) as caught:
        parse_manifest(case.text, where="web.yaml")
    message = str(caught.value)
    assert caught.value.where == f"web.yaml:{case.at}"
    assert [word for word in case.words if word not in message] == []
    assert len(message.splitlines()) == 1
    assert message.isprintable()
    assert len(message) < 300


@pytest.mark.parametrize("text", [DEPLOYMENT, ROLLOUT, DEPLOYMENT + SERVICE, ROLLOUT + SERVICE])
def test_what_the_cases_start_from_is_not_refused(text: str) -> None:
    assert parse_manifest(text).name == "web"

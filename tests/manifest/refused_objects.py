"""Deployments and Services that are refused for anything but a number."""

from __future__ import annotations

from tests.manifest.refusal import Case, swapped
from tests.manifest.samples import DEPLOYMENT, SERVICE, line_of, swap

CONTAINERS = DEPLOYMENT[DEPLOYMENT.index("      containers:") :]
PROBE = "          httpGet:\n            path: /ready\n            port: 8080\n"
STRATEGY = DEPLOYMENT[DEPLOYMENT.index("  strategy:") : DEPLOYMENT.index("  selector:")]
ROLLING = STRATEGY[STRATEGY.index("    rollingUpdate:") :]

OBJECTS = {
    "unknown strategy": swapped(
        "type: RollingUpdate", "type: Rolling", "12: spec.strategy.type", "'Rolling'", "RollingUpdate"
    ),
    "strategy in lower case": swapped(
        "type: RollingUpdate", "type: recreate", "12: spec.strategy.type", "did you mean 'Recreate'"
    ),
    "strategy is a text": swapped(
        STRATEGY, "  strategy: Recreate\n", "11: spec.strategy", "'Recreate'", "not a mapping"
    ),
    "recreate and rollingUpdate": swapped(
        "type: RollingUpdate", "type: Recreate", "13: spec.strategy.rollingUpdate", "Recreate"
    ),
    "recreate and empty rollingUpdate": swapped(
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
    "no metadata": swapped("metadata:\n  name: web\n  namespace: shop\n", "", "1: metadata", "missing"),
    "no name": swapped("  name: web\n", "", "3: metadata.name", "missing"),
    "name is a number": swapped("  name: web\n", "  name: 7\n", "4: metadata.name", "7", "quotes"),
    "name is none": swapped("  name: web\n", "  name: My_Web\n", "4: metadata.name", "My_Web", "lower-case"),
    "no selector": swapped(
        "  selector:\n    matchLabels:\n      app: web\n", "", "6: spec.selector", "missing"
    ),
    "empty selector": swapped(
        "  selector:\n    matchLabels:\n      app: web\n", "  selector: {}\n", "16: spec.selector", "empty"
    ),
    "selector of a Service": swapped(
        "    matchLabels:\n      app: web\n", "    app: web\n", "16: spec.selector", "empty", "matchLabels"
    ),
    "selector does not match": swapped(
        "      app: web\n  template", "      app: api\n  template", "16: spec.selector", "app: web"
    ),
    "selector needs more": swapped(
        "      app: web\n  template",
        "      app: web\n      track: old\n  template",
        "16: spec.selector",
        "does not select",
    ),
    "expression does not match": swapped(
        "    matchLabels:\n      app: web\n",
        "    matchExpressions:\n    - {key: app, operator: NotIn, values: [web]}\n",
        "16: spec.selector",
        "does not select",
    ),
    "unknown operator": swapped(
        "    matchLabels:\n      app: web\n",
        "    matchExpressions:\n    - {key: app, operator: in, values: [web]}\n",
        "18: spec.selector.matchExpressions[0].operator",
        "'in'",
        "In",
    ),
    "operator without values": swapped(
        "    matchLabels:\n      app: web\n",
        "    matchExpressions:\n    - {key: app, operator: In}\n",
        "18: spec.selector.matchExpressions[0].values",
        "missing",
    ),
    "operator with values": swapped(
        "    matchLabels:\n      app: web\n",
        "    matchExpressions:\n    - {key: app, operator: Exists, values: [web]}\n",
        "18: spec.selector.matchExpressions[0].values",
        "takes no values",
    ),
    "label is a number": swapped(
        "        tier: front\n",
        "        tier: 1.10\n",
        "23: spec.template.metadata.labels.tier",
        "1.1",
        "quotes",
    ),
    "label is a boolean": swapped(
        "        tier: front\n",
        "        tier: on\n",
        "23: spec.template.metadata.labels.tier",
        "true",
        "quotes",
    ),
    "no template": Case(DEPLOYMENT[: DEPLOYMENT.index("  template:")], "6: spec.template", ("missing",)),
    "no pod spec": Case(DEPLOYMENT[: DEPLOYMENT.index("    spec:")], "19: spec.template.spec", ("missing",)),
    "no containers": swapped(
        CONTAINERS, "      restartPolicy: Always\n", "24: spec.template.spec.containers", "missing"
    ),
    "empty containers": swapped(
        CONTAINERS, "      containers: []\n", "24: spec.template.spec.containers", "empty"
    ),
    "containers is a mapping": swapped(
        CONTAINERS,
        "      containers: {name: app}\n",
        "25: spec.template.spec.containers",
        "a mapping",
        "not a list",
    ),
    "container is a text": swapped(
        CONTAINERS, "      containers: [app]\n", "25: spec.template.spec.containers[0]", "not a mapping"
    ),
    "no image": swapped(
        "        image: registry/shop/web:1.2.3\n",
        "",
        "26: spec.template.spec.containers[0].image",
        "missing",
    ),
    "image with a variable": swapped(
        "registry/shop/web:1.2.3",
        "web:${TAG}",
        "27: spec.template.spec.containers[0].image",
        "${TAG}",
        "name:tag",
    ),
    "image with an empty tag": swapped(
        "registry/shop/web:1.2.3", '"web:"', "27: spec.template.spec.containers[0].image", "no image tag"
    ),
    "image with a bad digest": swapped(
        "registry/shop/web:1.2.3", "web@sha256", "27: spec.template.spec.containers[0].image", "digest"
    ),
    "image is a template": swapped(
        "registry/shop/web:1.2.3",
        '"web:{{ .Values.tag }}"',
        "27: spec.template.spec.containers[0].image",
        "helm template",
    ),
    "no container name": swapped(
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
    "restart policy": swapped(
        "      containers:\n",
        "      restartPolicy: Never\n      containers:\n",
        "25: spec.template.spec.restartPolicy",
        "Always",
    ),
    "active deadline": swapped(
        "      containers:\n",
        "      activeDeadlineSeconds: 9\n      containers:\n",
        "25: spec.template.spec.activeDeadlineSeconds",
        "Job",
    ),
    "grace negative": swapped(
        "      containers:\n",
        "      terminationGracePeriodSeconds: -1\n      containers:\n",
        "25: spec.template.spec.terminationGracePeriodSeconds",
        "-1",
    ),
    "probe without handler": swapped(
        PROBE,
        "          periodSeconds: 3\n",
        "30: spec.template.spec.containers[0].readinessProbe",
        "0 handlers",
        "exactly one",
    ),
    "probe with two handlers": swapped(
        PROBE,
        f"{PROBE}          tcpSocket: {{port: 1}}\n",
        "30: spec.template.spec.containers[0].readinessProbe",
        "2 handlers",
    ),
    "probe number negative": swapped(
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
    "paused is a text": swapped(
        "  replicas: 3\n", '  paused: "true"\n', "7: spec.paused", "'true'", "true or false"
    ),
    "misspelt field": swapped(
        "maxSurge", "maxsurge", "14: spec.strategy.rollingUpdate.maxsurge", "did you mean maxSurge"
    ),
    "misspelt null field": swapped("  replicas: 3", "  replica:", "6: spec.replica", "did you mean replicas"),
    "misplaced field": swapped(
        ROLLING, "    maxSurge: 1\n", "13: spec.strategy.maxSurge", "belongs in spec.strategy.rollingUpdate"
    ),
    "no apiVersion": swapped("apiVersion: apps/v1\n", "", "1: apiVersion", "missing", "apps/v1"),
    **{
        version: swapped("apps/v1", version, "1: apiVersion", version, "write apps/v1")
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

"""Manifests to start from: one of each kind as text, and a way to write any object as YAML."""

from __future__ import annotations

import json
import re
from typing import Any

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  replicas: 3
  minReadySeconds: 5
  progressDeadlineSeconds: 60
  revisionHistoryLimit: 4
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 25%
      maxUnavailable: 1
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
        tier: front
    spec:
      containers:
      - name: app
        image: registry/shop/web:1.2.3
        ports:
        - containerPort: 8080
        readinessProbe:
          httpGet:
            path: /ready
            port: 8080
"""

SERVICE = """\
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector:
    app: web
  ports:
  - port: 80
"""

ROLLOUT = """\
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata:
  name: web
spec:
  replicas: 4
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
      - name: app
        image: web:7
  strategy:
    blueGreen:
      activeService: live
"""


def swap(text: str, old: str, new: str) -> str:
    """Replace one stretch of a sample, which must be there exactly once."""
    if text.count(old) != 1:
        raise ValueError(f"{old!r} stands {text.count(old)} times in the sample")
    return text.replace(old, new)


def line_of(text: str, part: str) -> int:
    """Return the number of the first line that holds a part."""
    return text[: text.index(part)].count("\n") + 1


_BARE = re.compile(r"[a-zA-Z][a-zA-Z/.]*[a-zA-Z]")
_RESERVED = frozenset({"yes", "no", "on", "off", "true", "false", "null", "y", "n"})


def to_yaml(value: Any, indent: str = "") -> str:
    """Write a JSON value as YAML in block style, ending each line."""
    if isinstance(value, dict) and value:
        return "".join(f"{indent}{_inline(key)}:{_below(each, indent)}" for key, each in value.items())
    if isinstance(value, list) and value:
        return "".join(f"{indent}-{_below(each, indent)}" for each in value)
    return f"{indent}{_inline(value)}\n"


def _below(value: Any, indent: str) -> str:
    if isinstance(value, (dict, list)) and value:
        return f"\n{to_yaml(value, indent + '  ')}"
    return f" {_inline(value)}\n"


def _inline(value: Any) -> str:
    if isinstance(value, str) and _BARE.fullmatch(value) and value.lower() not in _RESERVED:
        return value
    return json.dumps(value)

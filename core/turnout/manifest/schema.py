"""The fields that a Deployment and a Rollout have, to tell a misspelt or misplaced one from one left out on purpose."""

from __future__ import annotations

from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from turnout.manifest.field import Field

__all__ = ["DEPLOYMENT", "ROLLOUT", "check_fields"]

_SPEC = (
    "minReadySeconds paused progressDeadlineSeconds replicas revisionHistoryLimit selector strategy template"
)
_ROLLOUT_SPEC = f"{_SPEC} analysis progressDeadlineAbort restartAt rollbackWindow workloadRef"
_BLUE_GREEN = """
    abortScaleDownDelaySeconds activeMetadata activeService antiAffinity autoPromotionEnabled autoPromotionSeconds
    maxUnavailable postPromotionAnalysis prePromotionAnalysis previewMetadata previewReplicaCount previewService
    scaleDownDelayRevisionLimit scaleDownDelaySeconds
"""
_CANARY = """
    abortScaleDownDelaySeconds analysis antiAffinity canaryMetadata canaryService dynamicStableScale maxSurge
    maxUnavailable minPodsPerReplicaSet pingPong replicaProgressThreshold scaleDownDelayRevisionLimit
    scaleDownDelaySeconds stableMetadata stableService steps trafficRouting
"""

DEPLOYMENT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "spec": tuple(_SPEC.split()),
        "spec.strategy": ("rollingUpdate", "type"),
        "spec.strategy.rollingUpdate": ("maxSurge", "maxUnavailable"),
        "spec.selector": ("matchExpressions", "matchLabels"),
        "spec.template": ("metadata", "spec"),
    }
)
"""Where in a Deployment (apps/v1) which fields are; these parts have no others."""

ROLLOUT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "spec": tuple(_ROLLOUT_SPEC.split()),
        "spec.strategy": ("blueGreen", "canary"),
        "spec.strategy.blueGreen": tuple(_BLUE_GREEN.split()),
        "spec.strategy.canary": tuple(_CANARY.split()),
        "spec.selector": ("matchExpressions", "matchLabels"),
        "spec.template": ("metadata", "spec"),
    }
)
"""Where in a Rollout (argoproj.io/v1alpha1) which fields are, as far as they are known."""

_LIKENESS = 0.8


def check_fields(root: Field, schema: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Refuse misspelt and misplaced fields, and return a note for each other one that is unknown.

    `kubectl apply` refuses every unknown field. A newer version's are let pass here, as the API server itself does.

    Args:
        root: The object.
        schema: Its paths and the fields there, as in `DEPLOYMENT`.

    Raises:
        InputError: If a field is nearly the name of a known one, or stands in the wrong place.
    """
    notes = []
    for path, known in schema.items():
        part = root.get(*path.split("."))
        for name in () if part is None else part.entries():
            if part is not None and name not in known:
                _check_unknown(part, name, known, schema)
                notes.append(f"{part.path_of(name)} is not a field that turnout knows, and is left out.")
    return tuple(notes)


def _check_unknown(
    part: Field, name: str, known: tuple[str, ...], schema: Mapping[str, tuple[str, ...]]
) -> None:
    homes = [path for path, names in schema.items() if name in names]
    by_lower = {each.lower(): each for each in known}
    close = get_close_matches(name.lower(), by_lower, n=1, cutoff=_LIKENESS)
    if homes:
        hint = f"it belongs in {' or '.join(homes)}"
    elif close:
        hint = f"did you mean {by_lower[close[0]]}?"
    else:
        return
    found = part.get(name) or part
    if found is part:
        raise part.refuse_below(name, "there is no such field", hint)
    raise found.refuse("there is no such field", hint)

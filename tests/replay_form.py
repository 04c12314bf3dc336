"""The form of recorded runs, checked before any is replayed: what is wrong is named with its run, step and field."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

__all__ = ["FormError", "check_form"]

Check: TypeAlias = Callable[[object], bool]
Form: TypeAlias = Mapping[str, tuple[Check, str]]


class FormError(ValueError):
    """A file does not have the form of ``recordings.md``."""


def _number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _seconds(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 10**9


def _amount(value: object) -> bool:
    return _number(value) or (isinstance(value, str) and re.fullmatch("[0-9]{1,4}%", value) is not None)


def _text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _number_or_null(value: object) -> bool:
    return value is None or _number(value)


def _condition(value: object) -> bool:
    return value is None or (isinstance(value, str) and "/" in value)


NUMBER = (_number, "a whole number from 0")
NUMBER_OR_NULL = (_number_or_null, "a whole number from 0, or null")
AMOUNT = (_amount, 'a whole number from 0, or a text such as "25%"')
NULL = (lambda value: value is None, "null, as the strategy is Recreate")
TEXT = (_text, "a text")
FLAG = (lambda value: isinstance(value, bool), "true or false")
COUNT = (lambda value: value == "all" or _number(value), 'a whole number from 0, or "all"')
READINESS = (lambda value: value in ("ready", "not_ready"), '"ready" or "not_ready"')
SECONDS = (_seconds, "a number of seconds")
STRATEGY = (lambda value: value in ("RollingUpdate", "Recreate"), '"RollingUpdate" or "Recreate"')
CONDITION = (_condition, 'a text such as "True/ReplicaSetUpdated", or null')
MAPPING = (lambda value: isinstance(value, dict), "an object")
LIST = (lambda value: isinstance(value, list) and bool(value), "a list that is not empty")
TEXTS = (
    lambda value: isinstance(value, list) and all(isinstance(each, str) for each in value),
    "a list of texts",
)

PARAMETERS: Form = {"replicas": NUMBER, "strategy": STRATEGY}
DEFAULTED: Form = {
    "min_ready_seconds": NUMBER,
    "progress_deadline_seconds": NUMBER_OR_NULL,
    "revision_history_limit": NUMBER,
}
"""These have Kubernetes' default where they are left out, the same in a cluster and in turnout."""

ACTIONS: Mapping[str, Form] = {
    "create": {"image": TEXT, "paused": FLAG},
    "set_image": {"image": TEXT},
    "scale": {"replicas": NUMBER},
    "scale_and_set_image": {"replicas": NUMBER, "image": TEXT},
    "pause": {},
    "resume": {},
    "undo": {},
    "ready": {"image": TEXT, "count": COUNT},
    "unready": {"image": TEXT, "count": COUNT},
    "delete_pod": {"image": TEXT, "count": COUNT, "which": READINESS},
    "set": {},
    "hold_terminations": {},
    "release_terminations": {},
    "wait": {"seconds": SECONDS},
}
OPTIONAL: Mapping[str, Form] = {
    "undo": {"to_revision": NUMBER_OR_NULL},
    "set": {"max_surge": AMOUNT, "max_unavailable": AMOUNT, "revision_history_limit": NUMBER},
}
STATE: Form = {
    "rs": MAPPING,
    "status": MAPPING,
    "conditions": MAPPING,
    "revision": NUMBER_OR_NULL,
    "live_pods": NUMBER,
    "terminating_pods": NUMBER,
}
STATUS: Form = dict.fromkeys(("replicas", "updated", "ready", "available", "unavailable"), NUMBER)
CONDITIONS: Form = dict.fromkeys(("progressing", "available"), CONDITION)
REPLICA_SET: Form = dict.fromkeys(("spec", "actual", "ready", "available", "revision"), NUMBER)
ANNOTATED: Form = dict.fromkeys(("desired", "max"), NUMBER_OR_NULL)


def check_form(runs: object) -> None:
    """Check a whole file, as JSON has it.

    Raises:
        FormError: If something is missing, unknown or of another type.
    """
    if not isinstance(runs, list):
        raise FormError(f"it is {_kind(runs)}, and not a list of runs")
    if not runs:
        raise FormError("it holds no runs")
    for number, run in enumerate(runs, start=1):
        _check_run(run, f"run {number}")


def _check_run(run: object, where: str) -> None:
    fields = _fields(run, where, {"title": TEXT, "parameters": MAPPING, "steps": LIST}, closed=False)
    where = f"{where} ({fields['title']})"
    given = fields["parameters"]
    # Which amounts it has depends on the strategy.
    amount = NULL if given.get("strategy") == "Recreate" else AMOUNT
    amounts = {"max_surge": amount, "max_unavailable": amount}
    _fields(given, f"{where}: parameters", {**PARAMETERS, **amounts}, DEFAULTED)
    for number, step in enumerate(fields["steps"], start=1):
        _check_step(step, f"{where}: step {number}", first=number == 1, strategy=given["strategy"])


def _check_step(step: object, where: str, *, first: bool, strategy: str) -> None:
    fields = _fields(
        step,
        where,
        {"action": MAPPING, "state": MAPPING},
        {"output": MAPPING, "not_compared": TEXTS},
        closed=False,
    )
    action, state = fields["action"], fields["state"]
    do = _fields(action, f"{where}: action", {"do": TEXT}, closed=False)["do"]
    if do not in ACTIONS:
        raise FormError(f"{where}: action.do: there is no action {do!r}")
    if (do == "create") != first:
        raise FormError(f"{where}: action.do: it is {do!r}, and 'create' is the first step and no other")
    _fields(action, f"{where}: action", {"do": TEXT, **ACTIONS[do]}, OPTIONAL.get(do, {}))
    surge = next((name for name in ("max_surge", "max_unavailable") if name in action), None)
    if surge is not None and strategy == "Recreate":
        raise FormError(f"{where}: action.{surge}: the strategy is Recreate, which has none")
    if "output" in fields:
        _fields(fields["output"], f"{where}: output", {"exit": NUMBER, "text": (_any_text, "a text")})
    _fields(state, f"{where}: state", STATE)
    # What is 0 or was never written may be left out.
    _fields(state["status"], f"{where}: state.status", {}, STATUS)
    _fields(state["conditions"], f"{where}: state.conditions", {}, CONDITIONS)
    for image, each in state["rs"].items():
        _fields(each, f"{where}: state.rs.{image}", REPLICA_SET, ANNOTATED)


def _any_text(value: object) -> bool:
    return isinstance(value, str)


def _fields(
    value: object, where: str, needed: Form, allowed: Form | None = None, *, closed: bool = True
) -> dict[str, Any]:
    """Check the fields of an object; one that is closed has no others."""
    if not isinstance(value, dict):
        raise FormError(f"{where}: it is {_kind(value)}, and not an object")
    known = {**needed, **(allowed or {})}
    for name in needed:
        if name not in value:
            raise FormError(f"{where}: {name} is missing")
    for name, inner in value.items():
        if name in known:
            fits, right = known[name]
            if not fits(inner):
                raise FormError(f"{where}: {name}: it is {_kind(inner)}, and not {right}")
        elif closed:
            raise FormError(f"{where}: {name}: there is no such field")
    return value


def _kind(value: object) -> str:
    """Say what a value is, as JSON has it."""
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    return "an object" if isinstance(value, dict) else f"{json.dumps(value):.60}"

"""What has been observed in turnout's own plain form, for programs: a rollout, and its replica sets."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import attrs

from turnout.controller import Condition, Counts, SetRecord, SetStatus, State
from turnout.controller.conditions import counted
from turnout.controller.serialise import state_from_dict, state_to_dict
from turnout.errors import InputError, nearest
from turnout.manifest.spec import flag, number
from turnout.model import Rollout
from turnout.observed.observed import Observed
from turnout.observed.plausible import check_counts, check_time
from turnout.parameters import parse_spec
from turnout.routing import Spread
from turnout.units import SECOND
from turnout.workload import Workload

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from turnout.manifest.documents import Node, Value
    from turnout.manifest.field import Field

__all__ = ["is_plain", "read_plain"]

_FIELDS = (
    "available", "counts", "generation", "memory", "name", "observed_generation", "progressing", "replica_sets",
    "rollout", "routing", "stable", "strategy", "time_seconds",
)  # fmt: skip
_SET_FIELDS = (
    "available", "created_seconds", "desired_replicas", "endpoints", "error_share", "live_sessions", "max_replicas",
    "min_ready_seconds", "name", "ready", "replicas", "revision", "terminating", "wanted",
)  # fmt: skip
_LATEST = 10**12


def is_plain(field: Field) -> bool:
    """Whether this is meant to be the plain form: it has no kind, as every object of a cluster has."""
    entries = field.entries() if hasattr(field.value, "keys") else {}
    return "kind" not in entries and bool({"rollout", "replica_sets"} & entries.keys())


def read_plain(root: Field, time: int | None) -> Observed:
    """Read the plain form.

    Args:
        root: All of it.
        time: When it was observed, in microseconds; None for what it says, or else the latest time that it names.

    Raises:
        InputError: If a field is missing, unknown or wrong.
    """
    _only(root, _FIELDS)
    rollout = _rollout(root.need("rollout", "it says what is wished"))
    found = root.need("replica_sets", "it lists them, the oldest first").elements()
    sets = tuple(_record(each, order, rollout.min_ready_seconds) for order, each in enumerate(found))
    statuses = {each.name: _status(field) for each, field in zip(sets, found, strict=True)}
    name, strategy = root.get("name"), root.get("strategy")
    spec = None if strategy is None else strategy.text()
    if spec is not None:
        parse_spec(spec)
    stable = root.get("stable")
    generation = number(root, "generation", 1)
    target = next((each for each in sets if each.name == rollout.target), None)
    state = State(
        name="web" if name is None else name.text(),
        rollout=rollout,
        generation=generation,
        observed_generation=number(root, "observed_generation", generation),
        sets=sets,
        routing=Spread(),
        counts=_counts(root.get("counts")) or counted(sets, statuses, rollout.target),
        available=_condition(root.get("available")),
        progressing=_condition(root.get("progressing")),
        revision=None if target is None else target.number,
        stable=None if stable is None else stable.text(),
    )
    state = _checked(state, root)
    conditions = (each for each in (state.available, state.progressing) if each is not None)
    said = root.get("time_seconds")
    latest = max((*(each.created for each in sets), *(each.updated for each in conditions)), default=0)
    now = time if time is not None else latest if said is None else _microseconds(said)
    check_time(now, latest, "time" if time is not None or said is None else said.where)
    workload = Workload(name=state.name, rollout=rollout, source=root.source)
    return Observed(workload=workload, asked=spec, state=state, statuses=statuses, time=now)


def _rollout(field: Field) -> Rollout:
    known = attrs.fields_dict(Rollout)
    _only(field, known)
    given: dict[str, Any] = {
        "replicas": field.need("replicas", "it is how many are wished").whole(),
        "target": field.need("target", "it names a revision").text(),
    }
    for name in ("paused", "promoted"):
        given[name] = flag(field, name, default=False)
    for name in ("min_ready_seconds", "revision_history_limit", "progress_deadline_seconds"):
        default: Any = known[name].default
        given[name] = number(field, name, default)
    # Said to be null, not left out: there is no deadline.
    deadline = field.entries().get("progress_deadline_seconds")
    if deadline is not None and deadline.value is None:
        given["progress_deadline_seconds"] = None
    bridge = field.get("bridge")
    return Rollout(**given, bridge=None if bridge is None else bridge.text())


def _record(field: Field, order: int, min_ready: int) -> SetRecord:
    _only(field, _SET_FIELDS)
    created = field.get("created_seconds")
    desired, ceiling = field.get("desired_replicas"), field.get("max_replicas")
    return SetRecord(
        name=field.need("name", "it names the revision").text(),
        number=field.need("revision", "it is the number of the revision").whole(),
        wanted=field.need("wanted", "it is how many replicas there should be").whole(),
        created=0 if created is None else _microseconds(created),
        order=order,
        min_ready_seconds=number(field, "min_ready_seconds", min_ready),
        desired_replicas=None if desired is None else desired.whole(),
        max_replicas=None if ceiling is None else ceiling.whole(),
    )


def _status(field: Field) -> SetStatus:
    share = field.get("error_share")
    seen = {name: field.get(name) for name in ("endpoints", "live_sessions")}
    status = SetStatus(
        replicas=field.need("replicas", "it is how many replicas there are").whole(),
        ready=field.need("ready", "it is how many of them are ready").whole(),
        available=field.need("available", "it is how many of them are available").whole(),
        terminating=number(field, "terminating", 0),
        error_share=0.0 if share is None else _finite(share, 1),
        **{name: None if each is None else each.whole() for name, each in seen.items()},
    )
    check_counts(field, "replicas", "ready", "available")
    return status


def _counts(field: Field | None) -> Counts | None:
    if field is None:
        return None
    known = attrs.fields_dict(Counts)
    _only(field, known)
    check_counts(field, "replicas", "updated")
    check_counts(field, "replicas", "ready", "available")
    return Counts(**{name: number(field, name, 0) for name in known})


def _condition(field: Field | None) -> Condition | None:
    if field is None:
        return None
    _only(field, ("reason", "status", "updated_seconds"))
    return Condition(
        status=field.need("status", "it is True, False or Unknown").one_of("True", "False", "Unknown"),
        reason=field.need("reason", "it says why, in Kubernetes' word").text(),
        updated=_microseconds(field.need("updated_seconds", "it says when")),
    )


def _checked(state: State, root: Field) -> State:
    """Add routing and memory, which are as a state's JSON has them, and refuse what the controller cannot be in."""
    data = state_to_dict(state)
    for name in ("routing", "memory"):
        given = root.get(name)
        if given is not None:
            data[name] = _json(given.node)
    return state_from_dict(data, where=root.source)


def _microseconds(field: Field) -> int:
    return round(_finite(field, _LATEST) * SECOND)


def _finite(field: Field, most: int) -> float:
    value = field.value
    fits = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not (fits and 0 <= value <= most):  # type: ignore[operator]  # it is a number if it fits
        raise field.refuse(f"{field.shown} is no number from 0 to {most}")
    return float(value)  # type: ignore[arg-type]  # as above


def _json(node: Node) -> Any:
    value: Value = node.value
    if isinstance(value, tuple):
        return [_json(each) for each in value]
    if value is None or isinstance(value, str | int | float):
        return value
    return {key: _json(each) for key, each in value.items()}


def _only(field: Field, known: Iterable[str] | Mapping[str, object]) -> None:
    """Refuse a field that the plain form does not have: it may be one that is misspelt."""
    names = tuple(known)
    for name in field.entries():
        if name not in names:
            raise InputError(
                "there is no such field",
                where=f"{field.source}:{field.node.line}: {field.path_of(name)}",
                hint=nearest(name, names),
            )

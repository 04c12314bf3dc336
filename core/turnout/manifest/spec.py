"""The part of a spec that a Deployment and a Rollout share: replicas, timings, selector, percent-or-number fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from turnout.manifest.documents import printable
from turnout.manifest.field import INT32
from turnout.manifest.labels import read_selector
from turnout.manifest.pods import read_template
from turnout.model import Rollout

if TYPE_CHECKING:
    from turnout.manifest.field import Field
    from turnout.manifest.pods import PodTemplate

__all__ = ["Head", "flag", "given", "number", "read_head", "read_pods", "read_rolling", "read_wish", "surges"]


_CHANGE_CAUSE = "kubernetes.io/change-cause"


@attrs.frozen
class Head:
    """An object's name and namespace, and why it was changed the last time."""

    name: str
    namespace: str | None
    change_cause: str | None


def read_head(root: Field) -> Head:
    """Read ``metadata``.

    Raises:
        InputError: If there is no name, or an annotation that matters is no text.
    """
    metadata = root.need("metadata", "it holds the name")
    namespace = metadata.get("namespace")
    cause = metadata.get("annotations", _CHANGE_CAUSE)
    if cause is not None and not isinstance(cause.value, str):
        raise cause.refuse(f"{cause.shown} is not a text", "put it in quotes")
    return Head(
        name=metadata.need("name", "each object has a name").name(),
        namespace=None if namespace is None else namespace.name(),
        change_cause=None if cause is None else str(cause.value) or None,
    )


def number(field: Field, name: str, default: int) -> int:
    """Return a whole number of this field, or the default where it is not given."""
    found = field.get(name)
    return default if found is None else found.whole()


def flag(field: Field, name: str, *, default: bool) -> bool:
    """Return a boolean of this field, or the default where it is not given."""
    found = field.get(name)
    return default if found is None else found.flag()


def given(spec: Field) -> tuple[str, ...]:
    """Return which of the fields that an operator also changes by a verb are given: ``paused`` and ``replicas``."""
    return tuple(name for name in ("paused", "replicas") if spec.get(name) is not None)


def read_pods(spec: Field) -> PodTemplate:
    """Read ``selector`` and ``template``.

    Raises:
        InputError: If one is missing, or the selector is empty or does not select the template's pods.
    """
    selector_field = spec.need("selector", "it selects the pods by the template's labels, as in matchLabels")
    selector = read_selector(selector_field)
    if not selector.requirements:
        raise selector_field.refuse(
            "is empty", "it selects the pods by the template's labels, as in matchLabels"
        )
    pods = read_template(spec.need("template", "it describes the pods"))
    if not selector.selects(pods.labels):
        labels = printable(", ".join(f"{key}: {value}" for key, value in pods.labels.items()))
        raise selector_field.refuse(
            "does not select the pods of spec.template",
            f"their labels are {labels}" if labels else "they have no labels",
        )
    return pods


def read_wish(spec: Field, target: str) -> Rollout:
    """Read replicas, timings and history limit.

    Args:
        spec: The spec.
        target: The name of the revision.

    Raises:
        InputError: If a number is out of range, or the deadline is not after ``minReadySeconds``.
    """
    min_ready = number(spec, "minReadySeconds", 0)
    deadline = number(spec, "progressDeadlineSeconds", 600)
    if deadline <= min_ready:
        hint = f"it must be greater than minReadySeconds, which is {min_ready}"
        given = spec.get("progressDeadlineSeconds")
        if given is not None:
            raise given.refuse(f"{deadline} is too short", hint)
        raise spec.refuse_below("progressDeadlineSeconds", f"the default of {deadline} is too short", hint)
    return Rollout(
        replicas=number(spec, "replicas", 1),
        target=target,
        paused=flag(spec, "paused", default=False),
        min_ready_seconds=min_ready,
        # The largest number is how a Deployment is told to have no deadline.
        progress_deadline_seconds=None if deadline == INT32 else deadline,
        revision_history_limit=number(spec, "revisionHistoryLimit", 10),
    )


def read_rolling(field: Field | None) -> dict[str, int | str]:
    """Read ``maxSurge`` and ``maxUnavailable``, each 25 % where it is not given.

    Args:
        field: What they are in; None where there is no such field.

    Returns:
        The parameters of a rolling update.

    Raises:
        InputError: If one is neither a number nor a whole percentage, both are written as 0, or ``maxUnavailable`` is
            more than 100 %.
    """
    surge_field = None if field is None else field.get("maxSurge")
    unavailable_field = None if field is None else field.get("maxUnavailable")
    surge = "25%" if surge_field is None else surge_field.number_of_replicas()
    unavailable = "25%" if unavailable_field is None else unavailable_field.number_of_replicas()
    if unavailable_field is not None:
        if not surges(surge) and not surges(unavailable):
            raise unavailable_field.refuse(
                "may not be 0 while maxSurge is 0 too", "allow at least one replica more, or one less"
            )
        if isinstance(unavailable, str) and int(unavailable[:-1]) > 100:
            raise unavailable_field.refuse(
                f"{unavailable_field.shown} is more than 100%", "it is from 0% to 100%"
            )
    return {"max_surge": surge, "max_unavailable": unavailable}


def surges(amount: int | str) -> bool:
    """Whether a number or percentage of replicas is written as anything but zero."""
    return amount not in {0, "0%"}

"""What no cluster reports: numbers of replicas that contradict each other, one object twice, a time before the past."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from turnout.errors import InputError
from turnout.manifest.objects import loose, text_of
from turnout.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from turnout.manifest.field import Field
    from turnout.manifest.objects import KubernetesObject

__all__ = ["check_counts", "check_time", "check_unlike"]


def check_counts(field: Field, *names: str) -> None:
    """Refuse numbers of which one is more than the one before: each counts some of those that the one before counts.

    So does the API server (``ValidateReplicaSetStatus`` and ``ValidateDeploymentStatus`` in Kubernetes'
    ``pkg/apis/apps/validation``). A number that is missing is 0.

    Args:
        field: What holds the numbers.
        names: Their names, from the one that counts all.

    Raises:
        InputError: If one is too great.
    """
    for whole, part in pairwise(names):
        most, count = (0 if each is None else each.whole() for each in (field.get(whole), field.get(part)))
        if count > most:
            raise field.refuse_below(
                part, f"{count} is more than {whole}, which is {most}", "it counts some of them"
            )


def check_unlike(objects: Iterable[KubernetesObject]) -> None:
    """Refuse objects of which two have the same kind, and the same name or the same identity.

    Raises:
        InputError: If one is there twice.
    """
    seen: dict[tuple[str, str, str], KubernetesObject] = {}
    for each in objects:
        for key in ("name", "uid"):
            value = text_of(loose(each.root, "metadata"), key)
            if value is None:
                continue
            first = seen.setdefault((each.kind, key, value), each)
            if first is not each:
                raise InputError(
                    f"{each.kind} {each.name} has the {key} {value!r} of the one in line {first.root.node.line}",
                    where=each.source,
                    hint="give each object once",
                )


def check_time(time: int, latest: int, where: str) -> None:
    """Refuse a time of observation before the latest time that is in it.

    Args:
        time: When it was observed, in microseconds.
        latest: The latest time in it.
        where: What says when it was observed.

    Raises:
        InputError: If it was observed earlier.
    """
    if time < latest:
        raise InputError(
            f"it is {format_duration(latest - time)} before the latest time in what was observed",
            where=where,
            hint="give the time at which that was printed",
        )

"""Replica sets and their history: what the target's set is given, the creation of a set, the cleanup."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from turnout.controller.arithmetic import cleaned_up
from turnout.controller.state import Reason, SetRecord, SetStatus

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from turnout.model import Rollout

__all__ = ["NOTHING", "clean_up", "created", "readied", "renumbered"]

NOTHING = SetStatus()
"""What a fleet reports of a revision that it does not know."""


def renumbered(
    sets: tuple[SetRecord, ...], target: str, reasons: list[Reason]
) -> tuple[tuple[SetRecord, ...], SetRecord | None]:
    """Give the target's replica set, if there is one, the highest revision number; a bridge that it was it is no more.

    Returns:
        The replica sets, and the target's.
    """
    current, highest = None, 0
    for each in sets:
        if each.name == target:
            current = attrs.evolve(each, bridge=False) if each.bridge else each
        elif each.number > highest:
            highest = each.number
    if current is None or current.number > highest:
        return sets if current is None else _with(sets, current), current
    number = highest + 1
    reasons.append(
        Reason(
            "revision",
            f"{target} is the target again: its revision becomes {number}, one more than the highest other",
            target,
            current.number,
            number,
        )
    )
    past = (*current.past_numbers, current.number)
    current = attrs.evolve(current, number=number, past_numbers=past)
    return _with(sets, current), current


def _with(sets: tuple[SetRecord, ...], current: SetRecord) -> tuple[SetRecord, ...]:
    """The replica sets with one of them written anew; the same tuple if it is the same."""
    if any(each is current for each in sets):
        return sets
    return tuple(current if each.name == current.name else each for each in sets)


def readied(sets: tuple[SetRecord, ...], rollout: Rollout, reasons: list[Reason]) -> tuple[SetRecord, ...]:
    """Give the target's replica set, and the bridge's, the rollout's ``min_ready_seconds``; the others keep theirs.

    Returns:
        The replica sets; the very tuple that was handed in if nothing has changed.
    """
    seconds = rollout.min_ready_seconds
    stale = [
        each
        for each in sets
        if each.min_ready_seconds != seconds and each.name in (rollout.target, rollout.bridge)
    ]
    if not stale:
        return sets
    reasons.extend(
        Reason(
            "min ready",
            f"replicas of {each.name} have to be ready for {seconds} s to be available, no longer for "
            f"{each.min_ready_seconds} s; other revisions keep what they have",
            each.name,
            each.min_ready_seconds,
            seconds,
        )
        for each in stale
    )
    return tuple(attrs.evolve(each, min_ready_seconds=seconds) if each in stale else each for each in sets)


def created(
    sets: tuple[SetRecord, ...], name: str, now: int, *, min_ready_seconds: int = 0, bridge: bool = False
) -> SetRecord:
    """Return a new, empty replica set for a revision, with the next number."""
    return SetRecord(
        name=name,
        number=max((each.number for each in sets), default=0) + 1,
        created=now,
        order=sets[-1].order + 1 if sets else 0,
        min_ready_seconds=min_ready_seconds,
        bridge=bridge,
    )


def clean_up(
    sets: tuple[SetRecord, ...],
    statuses: Mapping[str, SetStatus],
    *,
    target: str,
    limit: int,
    kept: Collection[str],
    reasons: list[Reason],
) -> tuple[SetRecord, ...]:
    """Delete old, empty replica sets beyond the history limit, the lowest revision first.

    Args:
        sets: Every replica set, in the order of creation.
        statuses: What the fleet reports of them.
        target: The name of the target revision, which is not an old one.
        limit: ``revision_history_limit``.
        kept: Names of revisions that are still needed, and stay.
        reasons: Gets one for each that is deleted.
    """
    if len(sets) <= limit:
        return sets
    old = sorted((each for each in sets if each.name != target), key=lambda each: (each.number, each.order))
    sizes = [(each.wanted, statuses.get(each.name, NOTHING).replicas) for each in old]
    gone = {old[index].name for index in cleaned_up(sizes, limit)}.difference(kept)
    if not gone:
        return sets
    reasons.extend(
        Reason(
            "history",
            f"{each.name} (revision {each.number}) is deleted: it is empty, and of {len(old)} old replica sets "
            f"the newest {limit} are kept",
            each.name,
        )
        for each in old
        if each.name in gone
    )
    return tuple(each for each in sets if each.name not in gone)

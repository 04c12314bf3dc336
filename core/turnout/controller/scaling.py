"""The scale path: what happens to the sizes when ``replicas`` changes, and on every sync while paused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from turnout.controller.arithmetic import replica_set_fraction, replica_set_proportion
from turnout.controller.numbering import NOTHING
from turnout.controller.state import Reason, SetRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from turnout.controller.state import DeploymentType, SetStatus

__all__ = ["scale_deployment", "scaled_event", "share_out", "sized"]


def sized(each: SetRecord, wanted: int, replicas: int, ceiling: int) -> SetRecord:
    """Return a replica set with that size, noting by which wish it was sized; the same object if nothing changes."""
    if each.wanted == wanted and each.desired_replicas == replicas and each.max_replicas == ceiling:
        return each
    return attrs.evolve(each, wanted=wanted, desired_replicas=replicas, max_replicas=ceiling)


def scaled_event(sets: tuple[SetRecord, ...], replicas: int) -> bool:
    """Whether ``replicas`` has changed since some replica set that is not empty was last sized."""
    return any(
        each.wanted and each.desired_replicas is not None and each.desired_replicas != replicas
        for each in sets
    )


def scale_deployment(
    sets: tuple[SetRecord, ...],
    statuses: Mapping[str, SetStatus],
    *,
    target: SetRecord | None,
    replicas: int,
    ceiling: int,
    strategy: DeploymentType,
    status_replicas: int,
    reasons: list[Reason],
) -> tuple[SetRecord, ...]:
    """Size the replica sets as the Deployment controller does when it is paused or scaled.

    One set takes it all; a new set that is complete ends the old ones; else a rolling update is scaled in
    proportion, up to replicas and surge.

    Args:
        sets: Every replica set, in the order of creation.
        statuses: What the fleet reports of them.
        target: The target's replica set; None if it does not exist.
        replicas: ``spec.replicas``.
        ceiling: Replicas and surge.
        strategy: ``spec.strategy.type``.
        status_replicas: ``status.replicas`` as stored: the base for a set that does not say by what it was sized.
        reasons: Gets one for each size that changes.
    """
    if not sets:
        return sets
    active = [each for each in sets if each.wanted]
    if len(active) <= 1:
        only = active[0] if active else target or sets[-1]
        if only.wanted == replicas:
            return sets
        if active:
            what = "the only replica set that is not empty"
        else:
            what = f"the {'newest' if target is None else 'target'}, and all are empty"
        text = f"{only.name} is {what}: it gets all {replicas} replicas"
        return _write(sets, {only.name: replicas}, replicas, ceiling, "scale", {only.name: text}, reasons)
    if target is not None and target.wanted == replicas == target.desired_replicas:
        available = statuses.get(target.name, NOTHING).available
        if available == replicas:
            sizes = {each.name: 0 for each in active if each.name != target.name}
            text = f"all {replicas} replicas of {target.name} are available: the others go"
            return _write(sets, sizes, replicas, ceiling, "scale", dict.fromkeys(sizes, text), reasons)
    if strategy == "Recreate":
        return sets
    return _in_proportion(sets, active, replicas, ceiling, status_replicas, reasons)


def _in_proportion(
    sets: tuple[SetRecord, ...],
    active: list[SetRecord],
    replicas: int,
    ceiling: int,
    status_replicas: int,
    reasons: list[Reason],
) -> tuple[SetRecord, ...]:
    total = sum(each.wanted for each in active)
    allowed = ceiling if replicas else 0
    to_add = allowed - total
    sizes = {each.name: each.wanted for each in active}
    sums = (
        f"shared out in proportion: {replicas} replicas and {ceiling - replicas} surge allow {allowed}, "
        f"{total} are wanted"
    )
    texts = dict.fromkeys(sizes, sums)
    if to_add:
        newest_first = -1 if to_add > 0 else 1
        active.sort(key=lambda each: (-each.wanted, newest_first * each.created, newest_first * each.order))
        added = 0
        for each in active:
            fraction = replica_set_fraction(
                replicas, status_replicas, ceiling - replicas, each.wanted, each.max_replicas
            )
            share = replica_set_proportion(fraction, to_add, added)
            sizes[each.name] += share
            added += share
            base = each.max_replicas or status_replicas
            texts[each.name] += f"; {each.wanted} of {base} come to {each.wanted + fraction} of {allowed}"
            if share != fraction:
                texts[each.name] += f", but the sum leaves {share:+}"
        largest, left = active[0].name, to_add - added
        if left:
            sizes[largest] = max(0, sizes[largest] + left)
            texts[largest] += f"; {left:+} left over for the largest"
    return _write(sets, sizes, replicas, ceiling, "scale in proportion", texts, reasons)


def share_out(
    sets: tuple[SetRecord, ...],
    *,
    replicas: int,
    ceiling: int,
    heirs: Iterable[str | None],
    reasons: list[Reason],
) -> tuple[SetRecord, ...]:
    """Size the replica sets for a changed ``replicas`` while a strategy with rules of its own is paused.

    Each set that is not empty changes as ``replicas`` did since it was last sized, rounded half up; it keeps at least
    one replica, for the sessions that are on it, unless ``replicas`` is 0. Together they stay under `ceiling`: what is
    too much goes from the largest. From 0, one set gets them all.

    Args:
        sets: Every replica set, in the order of creation.
        replicas: ``replicas`` of the rollout.
        ceiling: The most that the strategy may want.
        heirs: Which revision gets them all, if all are empty: the first that has a replica set, else the newest.
        reasons: Gets one for each size that changes.
    """
    if all(each.desired_replicas == replicas for each in sets):
        return sets
    sizes = {each.name: 0 for each in sets}
    active = [each for each in sets if each.wanted]
    if not active:
        heir = next((name for name in heirs if name in sizes), sets[-1].name)
        text = f"every replica set is empty: {heir} gets all {replicas} replicas"
        sizes[heir] = replicas
        return _write(sets, sizes, replicas, ceiling, "scale", dict.fromkeys(sizes, text), reasons)
    for each in active:
        base = each.desired_replicas or replicas or 1
        share = (2 * each.wanted * replicas + base) // (2 * base)
        sizes[each.name] = max(share, 1) if replicas else 0
    excess = sum(sizes.values()) - ceiling
    while excess > 0:
        largest = max(sizes, key=sizes.__getitem__)
        cut = min(excess, sizes[largest] - 1)
        if cut <= 0:
            break
        sizes[largest] -= cut
        excess -= cut
    text = f"shared out in proportion to {replicas} replicas, at most {ceiling} in all"
    texts = dict.fromkeys(sizes, text)
    return _write(sets, sizes, replicas, ceiling, "scale in proportion", texts, reasons)


def _write(
    sets: tuple[SetRecord, ...],
    sizes: Mapping[str, int],
    replicas: int,
    ceiling: int,
    rule: str,
    texts: Mapping[str, str],
    reasons: list[Reason],
) -> tuple[SetRecord, ...]:
    written = tuple(
        sized(each, sizes[each.name], replicas, ceiling) if each.name in sizes else each for each in sets
    )
    if all(now is before for now, before in zip(written, sets, strict=True)):
        return sets
    reasons.extend(
        Reason(rule, texts[now.name], now.name, before.wanted, now.wanted)
        for now, before in zip(written, sets, strict=True)
        if now is not before
    )
    return written

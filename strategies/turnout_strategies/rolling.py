"""Rolling update: the Deployment controller's own, number for number."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import attrs

from turnout import (
    Bounds,
    InputError,
    IntOrPercent,
    Memory,
    Observation,
    Plan,
    Promise,
    Spread,
    Strategy,
    hookimpl,
    int_or_percent,
    min_available,
    new_rs_new_replicas,
    resolve_fenceposts,
)
from turnout_strategies.provisos import NOT_STUCK, SEEN_TO_FAIL, STEADY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from turnout import ManifestStrategy

__all__ = ["Rolling", "turnout_strategies"]

_SPREAD = Spread()


def _at_most_all(instance: Rolling, attribute: attrs.Attribute[IntOrPercent], value: IntOrPercent) -> None:
    del instance
    if value.percent and value.value > 100:
        raise InputError(f"{value} is more than 100%", where=attribute.name, hint="write at most 100%")


def _something(
    instance: Rolling, attribute: attrs.Attribute[IntOrPercent | None], value: IntOrPercent | None
) -> None:
    del instance
    if value is not None and value.value == 0:
        raise InputError(f"{value} is no replica", where=attribute.name, hint="write at least 1 or 1%")


def _optional_amount(text: str | int | IntOrPercent | None) -> IntOrPercent | None:
    return None if text is None else IntOrPercent.parse(text)


@attrs.frozen(kw_only=True)
class Rolling(Strategy):
    """Replace the replicas a few at a time: Kubernetes' rolling update, with its numbers and its order.

    With `pause_after` it stops by itself once so many new replicas are available, and waits for an operator; without
    it, every number is the Deployment controller's. It does not stop on the way back to the stable revision.
    """

    name: ClassVar[str] = "rolling"
    deployment_type: ClassVar[Literal["RollingUpdate", "Recreate"] | None] = "RollingUpdate"
    carries_out: ClassVar[Mapping[ManifestStrategy, Mapping[str, object]]] = {"RollingUpdate": {}}
    promises: ClassVar[tuple[Promise, ...]] = (
        Promise("capacity-floor", (STEADY, SEEN_TO_FAIL)),
        Promise("surge-ceiling"),
        Promise("paused-means-still"),
        Promise("no-request-to-the-unready"),
        Promise("converges", NOT_STUCK),
        Promise("undo-restores", NOT_STUCK),
    )

    max_surge: IntOrPercent = attrs.field(
        default=IntOrPercent(25, percent=True),
        converter=int_or_percent,
        metadata={
            "doc": "How many replicas there may be beyond the wanted number; a percentage is rounded up."
        },
    )
    max_unavailable: IntOrPercent = attrs.field(
        default=IntOrPercent(25, percent=True),
        converter=int_or_percent,
        validator=_at_most_all,
        metadata={"doc": "How many of the wanted replicas may be unavailable; a percentage is rounded down."},
    )
    pause_after: IntOrPercent | None = attrs.field(
        default=None,
        converter=_optional_amount,
        validator=_something,
        metadata={
            "doc": "Start only so many new replicas, and pause once they are available; a percentage is rounded up."
        },
    )

    def __attrs_post_init__(self) -> None:
        """Refuse what the API server refuses: a rolling update that could never move."""
        if self.max_surge.value == 0 and self.max_unavailable.value == 0:
            raise InputError(
                "max_surge and max_unavailable are both 0",
                where="max_unavailable",
                hint="one of them has to be above 0, or the rollout could never move",
            )

    def bounds(self, replicas: int) -> Bounds:
        """Between replicas less the unavailable, and replicas and surge."""
        surge, _ = resolve_fenceposts(self.max_surge, self.max_unavailable, replicas)
        floor = min_available("RollingUpdate", replicas, self.max_surge, self.max_unavailable)
        return Bounds(floor=floor, ceiling=replicas + surge)

    def decide(self, seen: Observation) -> Plan:
        """Take one kind of step: the new replica set up; or, only if that has nothing to do, the old ones down."""
        first = self.first_replicas(seen)
        passed = first is None or seen.memory.get("passed") == seen.target.revision.number
        up, because = self._up(seen, None if passed else first)
        wanted: dict[str, int] = {}
        if up is not None:
            wanted[seen.rollout.target] = up
        if up is None or seen.target.revision.number == 0:
            # A replica set is created at the size that it may have; creating it is no step of its own.
            down, why = self._down(seen, seen.target.wanted if up is None else up)
            wanted.update(down)
            because = f"{because}; {why}"
        if passed or first is None or seen.target.available < first:
            return Plan(wanted=wanted, routing=_SPREAD, memory=seen.memory, because=because)
        memory: Memory = {"passed": seen.target.revision.number}
        pause = (
            f"{seen.target.available} replicas of {seen.rollout.target} are available, as pause_after asks"
        )
        return Plan(wanted=wanted, routing=_SPREAD, memory=memory, pause=pause, because=because)

    def first_replicas(self, seen: Observation) -> int | None:
        """Return after how many new replicas this rollout pauses; None for not at all.

        It does not on the way to the first revision or back to the stable one, nor if they would be all.
        """
        if self.pause_after is None or seen.stable in (None, seen.rollout.target):
            return None
        first = self.pause_after.round_up(seen.rollout.replicas)
        return first if first < seen.rollout.replicas else None

    def _up(self, seen: Observation, most: int | None) -> tuple[int | None, str]:
        """Say what size the new replica set should get, if another, and why."""
        target, replicas, name = seen.target, seen.rollout.replicas, seen.rollout.target
        new = target.revision.number == 0
        if target.wanted == replicas and not new:
            return None, f"{name} has all {replicas} replicas"
        if target.wanted > replicas:
            return (
                replicas,
                f"scale up: {name} has {target.wanted} of {replicas} replicas, the surplus is cut",
            )
        total = sum(each.wanted for each in seen.replica_sets)
        surge, _ = resolve_fenceposts(self.max_surge, self.max_unavailable, replicas)
        size = new_rs_new_replicas("RollingUpdate", replicas, target.wanted, total, surge)
        sums = f"{replicas} replicas + {surge} surge - {total} wanted"
        if most is not None and size > most:
            size = max(most, target.wanted)
            sums = f"{sums}, but only {most} before the pause"
        if size == target.wanted and not new:
            return None, f"no scale up: {name} stays at {size}: {sums} leave no room"
        return size, f"scale up: {name} {target.wanted} -> {size}: {sums}"

    def _down(self, seen: Observation, new_wanted: int) -> tuple[dict[str, int], str]:
        """Say what sizes the old replica sets should get, if others, and why."""
        replicas = seen.rollout.replicas
        old = [each for each in seen.others if each.wanted]
        if not old:
            return {}, "no old replicas"
        least = min_available("RollingUpdate", replicas, self.max_surge, self.max_unavailable)
        total = new_wanted + sum(each.wanted for each in old)
        starting = new_wanted - seen.target.available
        quota = total - least - starting
        sums = f"{total} wanted - {least} at least available - {starting} new not available"
        if quota <= 0:
            return {}, f"no scale down: {sums} leave {quota}"
        left = {each.name: each.wanted for each in old}
        unavailable = 0
        for each in old:
            if unavailable < quota and each.available > each.wanted:
                # The Deployment controller takes this for an error, and gives up no available replica in this sync.
                down = {name: size for name, size in left.items() if size != seen.wanted[name]}
                return down, (
                    f"no scale down: {sums} leave {quota}, but {each.available} of {each.name} are available and "
                    f"{each.wanted} wanted: it waits until they are gone"
                    + (f"; {unavailable} unavailable old ones go" if down else "")
                )
            cut = min(quota - unavailable, each.unavailable)
            left[each.name] -= cut
            unavailable += cut
        available = seen.target.available + sum(each.available for each in seen.others)
        spare = surplus = max(0, available - least)
        for each in old:
            cut = min(left[each.name], spare)
            left[each.name] -= cut
            spare -= cut
        down = {each.name: left[each.name] for each in old if left[each.name] != each.wanted}
        if not down:
            return {}, f"no scale down: {available} available, at least {least} have to be"
        why = (
            f"scale down: {sums} leave {quota}, of which {unavailable} unavailable old ones go first; "
            f"{available} available - {least} at least: {surplus - spare} more, the oldest first"
        )
        return down, why


@hookimpl
def turnout_strategies() -> Iterable[type[Strategy]]:
    """Provide the rolling update."""
    return [Rolling]

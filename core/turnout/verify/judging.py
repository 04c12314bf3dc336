"""One run of a strategy in a world, and what every invariant says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import attrs

from turnout.controller import PlanError
from turnout.errors import InputError, shown
from turnout.invariants import Invariant, Violation
from turnout.verify.watch import Decision, Watched

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from turnout.history import Deed, Happening
    from turnout.strategy import Promise, Strategy
    from turnout.trace import Trace
    from turnout.verify.world import World

__all__ = ["WELL_BEHAVED", "Judged", "checked", "judge"]

WELL_BEHAVED = Invariant(
    name="well-behaved",
    statement="It answers whatever it is shown with a plan that can be carried out, in time, the same when asked "
    "twice, and leaves the observation alone.",
    check=lambda _: None,  # a run in which it is not has no trace
)
"""What every strategy promises, without saying so."""


@attrs.frozen(kw_only=True)
class Judged:
    """What became of one run.

    Attributes:
        trace: What happened; None if the strategy misbehaved.
        decisions: What it was shown and what it answered, in order.
        happenings: What happened to replicas, in order, if it misbehaved before the end, up to there.
        deeds: The same of what an operator did.
        bound: The promises that had to be kept.
        broken: What was violated, promised or not, by name of the invariant.
    """

    trace: Trace | None
    decisions: tuple[Decision, ...]
    happenings: tuple[Happening, ...]
    deeds: tuple[Deed, ...]
    bound: frozenset[str]
    broken: dict[str, Violation]


def checked(invariant: Invariant, trace: Trace) -> Violation | None:
    """Check an invariant, which may be somebody else's.

    Raises:
        InputError: If it fails to answer, or answers anything but a violation or None.
    """
    where = f"invariant {invariant.name}"
    try:
        found: object = invariant.check(trace)
    except Exception as error:
        raise InputError(f"its check fails: {type(error).__name__}: {error}", where=where) from error
    if found is not None and not isinstance(found, Violation):
        hint = "it is to answer with a Violation, or None if there is none"
        raise InputError(f"its check answers {shown(found)}", where=where, hint=hint)
    return found


def _binds(promise: Promise, trace: Trace) -> bool:
    try:
        return promise.binds(trace)
    except Exception as error:
        where = f"strategy {trace.strategy.name}, promise of {promise.invariant}"
        raise InputError(f"a proviso fails: {type(error).__name__}: {error}", where=where) from error


def judge(world: World, strategy: Strategy, invariants: Iterable[Invariant]) -> Judged:
    """Roll out in a world, and check every invariant.

    Raises:
        InputError: If an invariant or a proviso fails.
    """
    decisions: list[Decision] = []
    watched = Watched(strategy, decisions)

    def watch(fresh: Strategy, happenings: Sequence[Happening], deeds: Sequence[Deed]) -> Strategy:
        nonlocal watched
        watched = Watched(fresh, decisions, happenings, deeds)
        return cast("Strategy", watched)

    try:
        trace = world.run(strategy, watch)
    except PlanError as error:
        time = decisions[-1].seen.time if decisions else 0
        return Judged(
            trace=None,
            decisions=tuple(decisions),
            happenings=tuple(watched.happenings),
            deeds=tuple(watched.deeds),
            bound=frozenset({WELL_BEHAVED.name}),
            broken={WELL_BEHAVED.name: Violation(time=time, text=error.fault)},
        )
    bound = {promise.invariant for promise in strategy.promises if _binds(promise, trace)}
    found = {invariant.name: checked(invariant, trace) for invariant in invariants}
    return Judged(
        trace=trace,
        decisions=tuple(decisions),
        happenings=trace.history.happenings,
        deeds=trace.history.deeds,
        bound=frozenset(bound | {WELL_BEHAVED.name}),
        broken={name: violation for name, violation in found.items() if violation is not None},
    )

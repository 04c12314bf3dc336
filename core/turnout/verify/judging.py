"""One run of a strategy in a world, and what every invariant says of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

import attrs

from turnout.controller import PlanError
from turnout.errors import shown
from turnout.invariants import Invariant, Violation
from turnout.verify.afresh import afresh
from turnout.verify.guard import MisbehaviourError, guarded, guarding
from turnout.verify.watch import Decision, Watched, difference

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from turnout.history import Deed, Happening
    from turnout.strategy import Strategy
    from turnout.trace import Trace
    from turnout.verify.world import World

__all__ = ["WELL_BEHAVED", "Judged", "checked", "judge", "judge_again"]

_KNOWING_NOTHING = frozenset({4, 8, 16, 32})
_PATIENCE = 60.0
"""Seconds that looking at one rollout may take."""


def _nothing(_: Trace) -> None:
    """A run in which a strategy is not well-behaved has no trace."""


WELL_BEHAVED = Invariant(
    name="well-behaved",
    statement="It answers whatever it is shown with a plan that can be carried out, in time, the same when asked "
    "twice, and leaves the observation alone.",
    check=_nothing,
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
        failing: Of these, the invariants whose own check failed: no fault of the strategy's.
        exercised: The invariants that were put to the test.
    """

    trace: Trace | None
    decisions: tuple[Decision, ...]
    happenings: tuple[Happening, ...]
    deeds: tuple[Deed, ...]
    bound: frozenset[str]
    broken: dict[str, Violation]
    failing: frozenset[str] = frozenset()
    exercised: frozenset[str] = frozenset()


def judge(world: World, strategy: Strategy, invariants: Iterable[Invariant]) -> Judged:
    """Roll out in a world, and check every invariant."""
    with guarding():
        return _judged(world, strategy, invariants)


def _judged(world: World, strategy: Strategy, invariants: Iterable[Invariant]) -> Judged:
    decisions: list[Decision] = []
    watched = Watched(strategy, decisions)
    restarts = 0
    lasting = afresh(strategy) if world.scenario.weather.restarts else None

    def watch(fresh: Strategy, happenings: Sequence[Happening], deeds: Sequence[Deed]) -> Strategy:
        nonlocal watched, restarts
        restarts += 1
        # Of the controllers that start, a few know nothing; they are held against one that has been there all along.
        other = afresh(strategy) if lasting is not None and restarts in _KNOWING_NOTHING else None
        watched = Watched(fresh if lasting is None else lasting, decisions, happenings, deeds, other)
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
    bound, broken = {WELL_BEHAVED.name}, {}
    failing, exercised = set(), set()
    end = trace.history.end
    for promise in strategy.promises:
        try:
            if guarded("a proviso of its promises", partial(promise.binds, trace), _PATIENCE):
                bound.add(promise.invariant)
        except MisbehaviourError as error:
            fault = f"the promise of {promise.invariant} cannot be looked at: {error}"
            broken[WELL_BEHAVED.name] = Violation(time=end, text=fault)
    for each in invariants:
        try:
            violation = checked(each, trace)
            if violation is not None or guarded(
                "what it is exercised by", partial(each.exercised, trace), _PATIENCE
            ):
                exercised.add(each.name)
        except MisbehaviourError as error:
            violation = Violation(time=end, text=f"it cannot be checked: {error}")
            failing.add(each.name)
        if violation is not None:
            broken[each.name] = violation
    return Judged(
        trace=trace,
        decisions=tuple(decisions),
        happenings=trace.history.happenings,
        deeds=trace.history.deeds,
        bound=frozenset(bound),
        broken=broken,
        failing=frozenset(failing),
        exercised=frozenset(exercised),
    )


def checked(invariant: Invariant, trace: Trace) -> Violation | None:
    """Hold a trace against an invariant, which somebody else may have written.

    Raises:
        MisbehaviourError: If it raises, takes too long, or answers what is no violation.
    """
    violation: object = guarded("its check", partial(invariant.check, trace), _PATIENCE)
    if violation is None or isinstance(violation, Violation):
        return violation
    raise MisbehaviourError(f"its check answers {shown(violation)}, which is no violation, nor None")


def judge_again(world: World, strategy: Strategy, before: Judged) -> Judged:
    """Roll out in a world in which the strategy has been before: it has to decide as it did.

    Args:
        world: The world.
        strategy: The strategy.
        before: What became of it the first time.
    """
    again = judge(world, strategy, ())
    for one, other in zip(before.decisions, again.decisions, strict=False):
        if one == other:
            continue
        if one.seen == other.seen and one.plan is not None:
            text = f"in the same rollout once more, it answers {difference(one.plan, other.plan)}"
        else:
            text = "in the same rollout once more, it decides otherwise"
        broken = {**before.broken, WELL_BEHAVED.name: Violation(time=one.seen.time, text=text)}
        return attrs.evolve(before, broken=broken)
    return before

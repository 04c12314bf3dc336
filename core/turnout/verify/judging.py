"""One run of a strategy in a world, and what every invariant says of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

import attrs

from turnout.controller import PlanError
from turnout.errors import shortened, shown
from turnout.invariant import WELL_BEHAVED, Violation
from turnout.trace import Trace
from turnout.verify.afresh import afresh
from turnout.verify.guard import LateError, MisbehaviourError, Patience, guarded, guarding
from turnout.verify.watch import Decision, Watched, difference

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from turnout.history import Deed, Happening
    from turnout.invariant import Invariant
    from turnout.strategy import Strategy
    from turnout.verify.world import World

__all__ = ["Judged", "checked", "judge", "judge_again"]

_KNOWING_NOTHING = frozenset({4, 8, 16, 32})
_PATIENCE = 10.0
"""Seconds that looking at one rollout may take."""
_FOREVER = 1 << 62
_OF_A_TRACE = tuple(each.name for each in attrs.fields(Trace))


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
        late: What was not answered in time: an invariant's name, or ``"well-behaved"`` for the strategy itself.
    """

    trace: Trace | None
    decisions: tuple[Decision, ...]
    happenings: tuple[Happening, ...]
    deeds: tuple[Deed, ...]
    bound: frozenset[str]
    broken: dict[str, Violation]
    failing: frozenset[str] = frozenset()
    exercised: frozenset[str] = frozenset()
    late: frozenset[str] = frozenset()


def judge(world: World, strategy: Strategy, invariants: Iterable[Invariant]) -> Judged:
    """Roll out in a world, and check every invariant."""
    with guarding():
        return _judged(world, strategy, invariants)


def _judged(world: World, strategy: Strategy, invariants: Iterable[Invariant]) -> Judged:
    decisions: list[Decision] = []
    patience = Patience(_PATIENCE)
    watched = Watched(strategy, decisions)
    restarts = 0
    lasting = afresh(strategy) if world.scenario.weather.restarts else None

    def watch(fresh: Strategy, happenings: Sequence[Happening], deeds: Sequence[Deed]) -> Strategy:
        nonlocal watched, restarts
        restarts += 1
        # Of the controllers that start, a few know nothing; they are held against one that has been there all along.
        other = afresh(strategy) if lasting is not None and restarts in _KNOWING_NOTHING else None
        asked = fresh if lasting is None else lasting
        watched = Watched(asked, decisions, happenings, deeds, other, patience)
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
            late=frozenset({WELL_BEHAVED.name} if isinstance(error, LateError) else ()),
        )
    bound, broken = {WELL_BEHAVED.name}, dict[str, Violation]()
    failing, exercised, late = set[str](), set[str](), set[str]()
    history = trace.history
    for promise in strategy.promises:
        try:
            if guarded("a proviso of its promises", partial(promise.binds, trace), _PATIENCE):
                bound.add(promise.invariant)
        except MisbehaviourError as error:
            fault = f"the promise of {promise.invariant} cannot be looked at: {error}"
            broken[WELL_BEHAVED.name] = Violation(time=history.end, text=fault)
            late |= {WELL_BEHAVED.name} if isinstance(error, LateError) else set()
    for each in invariants:
        try:
            violation = checked(each, trace)
            if violation is not None or _is_exercised(each, trace):
                exercised.add(each.name)
        except MisbehaviourError as error:
            violation = Violation(time=history.end, text=f"it cannot be checked: {error}")
            failing.add(each.name)
            late |= {each.name} if isinstance(error, LateError) else set()
        if violation is not None:
            broken[each.name] = violation
    return Judged(
        trace=trace,
        decisions=tuple(decisions),
        happenings=history.happenings,
        deeds=history.deeds,
        bound=frozenset(bound),
        broken=broken,
        failing=frozenset(failing),
        exercised=frozenset(exercised),
        late=frozenset(late),
    )


def checked(invariant: Invariant, trace: Trace) -> Violation | None:
    """Hold a trace against an invariant, which somebody else may have written.

    Raises:
        MisbehaviourError: If it raises, takes too long, answers what is no violation, or changes the trace.
    """
    before = _fields(trace)
    violation: object = guarded("its check", lambda: invariant.check(trace), _PATIENCE)
    if any(now is not was for now, was in zip(_fields(trace), before, strict=True)):
        for name, was in zip(_OF_A_TRACE, before, strict=True):
            object.__setattr__(trace, name, was)
        raise MisbehaviourError("its check changes the trace")
    if violation is None:
        return None
    if not isinstance(violation, Violation):
        raise MisbehaviourError(f"its check answers {shown(violation)}, which is no violation, nor None")
    time: object = violation.time
    if not isinstance(time, int) or isinstance(time, bool) or abs(time) > _FOREVER:
        raise MisbehaviourError(
            f"its check finds a violation at {shown(time)}, which is no time in microseconds"
        )
    text: object = violation.text
    if not isinstance(text, str) or not text:
        raise MisbehaviourError(f"its check says of a violation {shown(text)}, which is no sentence")
    return attrs.evolve(violation, text=shortened(text))


def _fields(trace: Trace) -> tuple[object, ...]:
    return tuple(getattr(trace, name) for name in _OF_A_TRACE)


def _is_exercised(invariant: Invariant, trace: Trace) -> bool:
    return guarded("what it is exercised by", lambda: bool(invariant.exercised(trace)), _PATIENCE)


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

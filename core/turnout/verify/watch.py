"""A strategy under observation: every decision written down, and every rule of a strategy checked."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from math import inf
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import attrs

from turnout.errors import shown
from turnout.model import Plan
from turnout.verify.guard import MisbehaviourError, Patience, guarded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from turnout.controller.state import DeploymentType
    from turnout.history import Deed, Happening
    from turnout.model import Bounds, Observation, Rollout
    from turnout.strategy import Promise, Strategy

__all__ = ["Decision", "Watched", "difference"]

_MOST_DECISIONS = 10_000


@attrs.frozen
class Decision:
    """What a strategy was shown, and what it answered.

    Attributes:
        seen: What it was shown.
        plan: What it answered; None where that was no plan.
        happened: How many things had happened to replicas before.
        done: How many things an operator had done before.
    """

    seen: Observation
    plan: Plan | None
    happened: int = 0
    done: int = 0


@attrs.define
class Watched:
    """Stands between the controller and a strategy.

    Attributes:
        strategy: Whom to ask.
        decisions: Where each decision is written down.
        happenings: What has happened to replicas so far.
        deeds: What an operator has done so far.
        other: Whom to ask the second time; a copy if left out.
        patience: How long all answers together may take.
    """

    strategy: Strategy
    decisions: list[Decision]
    happenings: Sequence[Happening] = ()
    deeds: Sequence[Deed] = ()
    other: Strategy | None = None
    patience: Patience = attrs.field(factory=partial(Patience, inf))

    @property
    def name(self) -> str:
        """The strategy's."""
        return self.strategy.name

    @property
    def promises(self) -> tuple[Promise, ...]:
        """The strategy's."""
        return self.strategy.promises

    @property
    def deployment_type(self) -> DeploymentType | None:
        """The strategy's."""
        return self.strategy.deployment_type

    def bounds(self, replicas: int) -> Bounds:
        """Ask the strategy twice, as for a decision.

        Raises:
            MisbehaviourError: If it raises, takes too long, or answers differently.
        """
        bounds = guarded("its bounds", lambda: self.strategy.bounds(replicas))
        again = guarded("its bounds", lambda: self.anew().bounds(replicas))
        if not guarded("its bounds", lambda: bool(bounds == again)):
            raise MisbehaviourError(
                f"asked twice for its bounds, it answers {shown(bounds)}, then {shown(again)}"
            )
        return bounds

    def decide(self, seen: Observation) -> Any:
        """Ask twice, the second time a strategy that knows nothing of the first.

        Raises:
            MisbehaviourError: If it raises, takes too long, changes what it was shown, answers differently, or takes
                back what it has answered at the same moment.
        """
        plan = self.decide_once(seen)
        if isinstance(plan, Plan):
            self.check_again(seen, plan)
        return plan

    def decide_once(self, seen: Observation) -> Any:
        """Ask, and write it down.

        Raises:
            MisbehaviourError: If it raises, takes too long, changes what it was shown, or takes back what it has
                answered at the same moment.
        """
        if len(self.decisions) >= _MOST_DECISIONS:
            raise MisbehaviourError(
                f"it has been asked {_MOST_DECISIONS:,} times, and wants to be asked again"
            )
        noted = Decision(seen, None, len(self.happenings), len(self.deeds))
        self.decisions.append(noted)
        plan = self._asked(self.strategy, seen)
        if not isinstance(plan, Plan):
            return plan  # the controller says what is wrong with it
        self.decisions[-1] = attrs.evolve(noted, plan=plan)
        fault = guarded("it", partial(_taken_back, self.decisions))
        if fault:
            raise MisbehaviourError(fault)
        return plan

    def check_again(self, seen: Observation, plan: Plan) -> None:
        """Ask a strategy that knows nothing of the first time.

        Raises:
            MisbehaviourError: If it raises, takes too long, changes what it was shown, or answers differently.
        """
        again = self._asked(guarded("it", self.anew), seen)
        if not guarded("it", lambda: bool(plan == again)):
            after = "" if self.other is None else ", before and after a restart"
            raise MisbehaviourError(
                f"asked twice about the same{after}, it answers {difference(plan, again)}"
            )

    def _asked(self, strategy: Strategy, seen: Observation) -> Any:
        to_show = _copy(seen)
        plan = self.patience.wait("it", partial(_answer, strategy, to_show))
        if to_show != seen:
            raise MisbehaviourError("it changes the observation that it was shown")
        return plan

    def anew(self) -> Strategy:
        """Return one that knows nothing of what this one has been asked."""
        if self.other is not None:
            return self.other
        return attrs.evolve(self.strategy)  # type: ignore[misc]  # a protocol whose classes are attrs classes


def _answer(strategy: Strategy, seen: Observation) -> Any:
    plan: Any = strategy.decide(seen)
    for field in ("wanted", "memory") if isinstance(plan, Plan) else ():
        each = getattr(plan, field)
        if isinstance(each, Mapping):
            dict(each)  # a mapping of somebody else's may fail when it is looked at
    return plan


def _taken_back(decisions: Sequence[Decision]) -> str | None:
    """Say what the last decision takes back of those before it at its moment, between which nothing has happened.

    Each is carried out: replicas begin and end for nothing, and none of it is left when the moment is over, which is
    all that invariants look at.
    """
    last = decisions[-1]
    moves = _moves(last)
    for earlier in reversed(decisions[:-1]):
        if _situation(earlier) != _situation(last):
            break
        for name, (was, wants) in _moves(earlier).items():
            if name in moves and (wants > was) != (moves[name][1] > moves[name][0]):
                return f"at one moment it wants {wants} of {name} instead of {was}, and then {moves[name][1]}"
    return None


def _situation(decision: Decision) -> tuple[int, Rollout, int]:
    return decision.seen.time, decision.seen.rollout, decision.done


def _moves(decision: Decision) -> dict[str, tuple[int, int]]:
    """Of which revisions a decision wants another number, from what to what; what is no number is for others to say."""
    wanted: object = None if decision.plan is None else decision.plan.wanted
    if not isinstance(wanted, Mapping):
        return {}
    was = decision.seen.wanted
    return {
        name: (was.get(name, 0), wants)
        for name, wants in wanted.items()
        if isinstance(name, str) and isinstance(wants, int) and wants != was.get(name, 0)
    }


def _copy(seen: Observation) -> Observation:
    return attrs.evolve(
        seen,
        rollout=attrs.evolve(seen.rollout),
        replica_sets=tuple(attrs.evolve(each) for each in seen.replica_sets),
        memory=MappingProxyType(dict(seen.memory)),
    )


def difference(plan: Plan, again: object) -> str:
    """Say in which field two answers differ."""
    if not isinstance(again, Plan):
        return f"with a plan, then {shown(again)}"
    for field in ("wanted", "routing", "memory", "ask_again", "pause", "hold", "because"):
        one, other = getattr(plan, field), getattr(again, field)
        if one != other:
            return f"{field} {_plain(one)}, then {_plain(other)}"
    return "something that differs from itself"


def _plain(value: object) -> str:
    return shown(dict(value) if isinstance(value, MappingProxyType) else value)

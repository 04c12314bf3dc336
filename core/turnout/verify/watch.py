"""A strategy under observation: every decision written down, and every rule of a strategy checked."""

from __future__ import annotations

import signal
import threading
from collections.abc import Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

import attrs

from turnout.controller import PlanError
from turnout.model import Plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from turnout.controller.state import DeploymentType
    from turnout.history import Deed, Happening
    from turnout.model import Bounds, Observation
    from turnout.strategy import Promise, Strategy

__all__ = ["LATE", "Decision", "MisbehaviourError", "Watched"]

LIMIT = 5.0
"""Seconds that one decision may take."""

LATE = f"it has not decided after {LIMIT:g} s"
"""What there is to say of a decision that takes longer."""

_MOST_DECISIONS = 20_000


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


class MisbehaviourError(PlanError):
    """A strategy broke a rule of strategies while it decided."""


class _Late(BaseException):
    """The time for a decision is over."""


@attrs.define
class Watched:
    """Stands between the controller and a strategy.

    Attributes:
        strategy: Whom to ask.
        decisions: Where each decision is written down.
        happenings: What has happened to replicas so far.
        deeds: What an operator has done so far.
    """

    strategy: Strategy
    decisions: list[Decision]
    happenings: Sequence[Happening] = ()
    deeds: Sequence[Deed] = ()

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
        """The strategy's, asked twice.

        Raises:
            MisbehaviourError: If it raises, takes too long, or answers differently.
        """
        bounds, again = (self._called(lambda: self.strategy.bounds(replicas), "its bounds") for _ in range(2))
        if bounds != again:
            raise MisbehaviourError(
                self.name, f"asked twice for its bounds, it answers {bounds}, then {again}"
            )
        return cast("Bounds", bounds)  # the controller says if it is none

    def decide(self, seen: Observation) -> Any:
        """Ask twice, the second time a strategy that knows nothing of the first.

        Raises:
            MisbehaviourError: If it raises, takes too long, changes what it was shown, or answers differently.
        """
        shown = Decision(seen, None, len(self.happenings), len(self.deeds))
        self.decisions.append(shown)
        if len(self.decisions) > _MOST_DECISIONS:
            raise MisbehaviourError(
                self.name, f"it has been asked {_MOST_DECISIONS} times, and wants to be asked again"
            )
        plan = self._answer(self.strategy, seen)
        if not isinstance(plan, Plan):
            return plan  # the controller says what is wrong with it
        self.decisions[-1] = attrs.evolve(shown, plan=plan)
        again = self._answer(attrs.evolve(self.strategy), seen)  # type: ignore[misc]  # a protocol of attrs classes
        if plan != again:
            raise MisbehaviourError(
                self.name, f"asked twice about the same, it answers {_difference(plan, again)}"
            )
        return plan

    def _answer(self, strategy: Strategy, seen: Observation) -> Any:
        shown = _copy(seen)

        def decide() -> Any:
            plan: Any = strategy.decide(shown)
            for field in ("wanted", "memory") if isinstance(plan, Plan) else ():
                each = getattr(plan, field)
                if isinstance(each, Mapping):
                    dict(each)  # a mapping of somebody else's may fail when it is looked at
            return plan

        plan = self._called(decide, "it")
        if shown != seen:
            raise MisbehaviourError(self.name, "it changes the observation that it was shown")
        return plan

    def _called(self, call: Callable[[], Any], what: str) -> Any:
        try:
            with _in_time():
                return call()
        except _Late:
            raise MisbehaviourError(self.name, LATE) from None
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            verb = "raises" if what == "it" else "raise"
            raise MisbehaviourError(self.name, f"{what} {verb} {type(error).__name__}: {error}") from error


def _copy(seen: Observation) -> Observation:
    return attrs.evolve(
        seen,
        rollout=attrs.evolve(seen.rollout),
        replica_sets=tuple(attrs.evolve(each) for each in seen.replica_sets),
        memory=MappingProxyType(dict(seen.memory)),
    )


def _difference(plan: Plan, again: object) -> str:
    if not isinstance(again, Plan):
        return f"with a plan, then {again!r}"
    for field in ("wanted", "routing", "memory", "ask_again", "pause", "hold", "because"):
        one, other = getattr(plan, field), getattr(again, field)
        if one != other:
            return f"{field} {_plain(one)}, then {_plain(other)}"
    return "something that differs from itself"


def _plain(value: object) -> str:
    return repr(dict(value) if isinstance(value, MappingProxyType) else value)


@contextmanager
def _in_time() -> Iterator[None]:
    """Interrupt what takes longer than `LIMIT`, where the platform can: on Unix, in the main thread."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(*_: object) -> None:
        raise _Late

    before = signal.signal(signal.SIGALRM, ring)
    left, interval = signal.setitimer(signal.ITIMER_REAL, LIMIT, LIMIT)  # again for who swallows the first
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left, interval)
        signal.signal(signal.SIGALRM, before)

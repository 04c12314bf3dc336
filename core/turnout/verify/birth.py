"""Whether a strategy uses how old a replica set is, or only which one is older; and whether it uses the clock."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import attrs

from turnout.model import Plan
from turnout.verify.clock import depends_on_the_past, depends_on_the_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from turnout.controller.state import DeploymentType
    from turnout.model import Bounds, Observation

__all__ = ["Asked"]

_COMPARED = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__")
_USED = (
    *("__add__", "__sub__", "__mul__", "__floordiv__", "__truediv__", "__mod__", "__divmod__", "__pow__"),
    *(
        "__radd__",
        "__rsub__",
        "__rmul__",
        "__rfloordiv__",
        "__rtruediv__",
        "__rmod__",
        "__rdivmod__",
        "__rpow__",
    ),
    *(
        "__and__",
        "__or__",
        "__xor__",
        "__lshift__",
        "__rshift__",
        "__neg__",
        "__pos__",
        "__abs__",
        "__invert__",
    ),
    *("__rand__", "__ror__", "__rxor__", "__rlshift__", "__rrshift__", "__round__", "__trunc__", "__ceil__"),
    *("__int__", "__index__", "__float__", "__bool__", "__repr__", "__str__", "__format__", "__floor__"),
    *("__hash__", "bit_length", "to_bytes", "as_integer_ratio", "conjugate"),
)


class _Birth(int):
    """When a replica set was created.

    It can be held against another one's, or the present, and tells if it is used otherwise.
    """

    told: list[bool]
    now: int


def _used(name: str) -> Callable[..., Any]:
    plain = getattr(int, name)

    def use(self: _Birth, *others: Any) -> Any:
        self.told.append(True)
        return plain(self, *others)

    return use


def _compared(name: str) -> Callable[..., Any]:
    plain = getattr(int, name)

    def compare(self: _Birth, other: object) -> Any:
        if not isinstance(other, _Birth) and other != self.now:
            self.told.append(True)
        return plain(self, other)

    return compare


for _name in _USED:
    setattr(_Birth, _name, _used(_name))
for _name in _COMPARED:
    setattr(_Birth, _name, _compared(_name))


@attrs.define
class Asked:
    """Stands between the controller and a strategy, and notes whether it uses the age of a replica set.

    What a strategy does is the same in two states that differ only in the ages, and not in which set is older, unless
    it uses one for anything but to hold it against another, or against the present.

    Attributes:
        strategy: Whom to ask.
        long: What is longer ago than this is taken for just long ago, microseconds.
        told: Not empty if it has used one.
        by_clock: Whether it answers otherwise at other times.
        by_past: Whether it tells apart what is just long ago.
        bounds: The strategy's, each asked for once.
    """

    strategy: Any
    long: int
    told: list[bool] = attrs.field(factory=list)
    by_clock: bool = False
    by_past: bool = False
    bounds: Callable[[int], Bounds] = attrs.field(init=False)
    _answered: dict[Any, Any] = attrs.field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        """Remember what has been answered: a strategy that is asked the same again answers the same."""
        self.bounds = cache(self.strategy.bounds)

    @property
    def name(self) -> str:
        """The strategy's."""
        return str(self.strategy.name)

    @property
    def deployment_type(self) -> DeploymentType | None:
        """The strategy's."""
        found: DeploymentType | None = self.strategy.deployment_type
        return found

    def decide(self, seen: Observation) -> Any:
        """Ask what has not been asked, and look whether an age is used, or goes into the memory."""
        memory = tuple(sorted((name, type(each).__name__, each) for name, each in seen.memory.items()))
        key = seen.rollout, seen.replica_sets, seen.routing, seen.stable, seen.time, memory
        found = self._answered.get(key)
        if found is None:
            found = self._answered[key] = self._decide(seen)
            if isinstance(found, Plan):
                self._ask_again(seen, found)
        return found

    def _ask_again(self, seen: Observation, plan: Plan) -> None:
        """Look whether another would answer the same, and at another time, and if what is long ago was longer ago.

        One that answers the same an hour later has been asked twice: it need not be asked a third time. One that does
        not is asked twice more, since it may be neither time nor state that it goes by, but how often it is asked; and
        once it is known to go by the time, it is asked once more.

        Raises:
            MisbehaviourError: As `Watched.check_again` does.
        """
        if self.by_clock:
            self.strategy.check_again(seen, plan)
        elif depends_on_the_time(self.strategy.anew(), seen, plan):
            self.strategy.check_again(seen, plan)
            self.strategy.check_again(seen, plan)
            self.by_clock = True
        elif not self.by_past:
            self.by_past = depends_on_the_past(self.strategy.anew(), seen, plan, self.long)

    def _decide(self, seen: Observation) -> Any:
        if self.told:
            return self.strategy.decide_once(seen)
        sets = tuple(
            attrs.evolve(each, created=self._birth(each.created, seen.time)) for each in seen.replica_sets
        )
        plan = self.strategy.decide_once(attrs.evolve(seen, replica_sets=sets))
        answer = (*plan.memory.values(), plan.ask_again) if isinstance(plan, Plan) else ()
        if any(isinstance(each, _Birth) for each in answer):
            self.told.append(True)
            return self.strategy.decide_once(seen)
        return plan

    def _birth(self, created: int, now: int) -> _Birth:
        birth = _Birth(created)
        birth.told, birth.now = self.told, now
        return birth

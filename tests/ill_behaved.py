"""Strategies that break the rules of strategies: each in one way that a hurried author might."""

from __future__ import annotations

import random
import secrets
import time
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from tests.bad_strategies import Bad
from turnout import Bounds, Duration, Plan, Split, seconds

if TYPE_CHECKING:
    from turnout import Observation, Routing

__all__ = ["ILL_BEHAVED"]


@attrs.frozen(kw_only=True)
class _IllBehaved(Bad):
    breaks = "well-behaved"
    stages = False


@attrs.frozen(kw_only=True)
class Raises(_IllBehaved):
    """Takes it for granted that there is always an old revision."""

    name = "raises"

    def routing(self, seen: Observation) -> Routing:
        """By the share of the first of the others."""
        old = seen.others[0]
        return Split({seen.rollout.target: 1 + old.wanted * 0})


@attrs.frozen(kw_only=True)
class DividesByZero(_IllBehaved):
    """Reckons in shares of the wanted replicas, of which there may be none."""

    name = "divides-by-zero"

    def available(self, seen: Observation) -> int:
        """All, weighted by a share."""
        return round(
            sum(each.in_service for each in seen.replica_sets) * seen.rollout.replicas / seen.rollout.replicas
        )


@attrs.frozen(kw_only=True)
class ForgetsToReturn(_IllBehaved):
    """Answers only where there is something to do."""

    name = "forgets-to-return"

    def decide(self, seen: Observation) -> Plan:
        """A plan, if anything is wanted that is not there."""
        if seen.target.wanted == seen.rollout.replicas and not any(each.wanted for each in seen.others):
            return None  # type: ignore[return-value]
        return super().decide(seen)


@attrs.frozen(kw_only=True)
class AnswersADict(_IllBehaved):
    """Answers what a plan would have been made of."""

    name = "answers-a-dict"

    def decide(self, seen: Observation) -> Any:
        """The numbers."""
        return {"wanted": seen.wanted}


@attrs.frozen(kw_only=True)
class GoesBelowZero(_IllBehaved):
    """Takes two old replicas away at a time, also the last one."""

    name = "goes-below-zero"

    def rolled(self, seen: Observation, ceiling: int, floor: int) -> dict[str, int]:
        """By twos."""
        wanted = super().rolled(seen, ceiling, floor)
        return {
            name: size if size == seen.wanted.get(name, 0) or size else -1 for name, size in wanted.items()
        }


@attrs.frozen(kw_only=True)
class WantsAMillion(_IllBehaved):
    """Doubles the new revision until it is there."""

    name = "wants-a-million"

    def rolled(self, seen: Observation, ceiling: int, floor: int) -> dict[str, int]:
        """Twice as many."""
        wanted = super().rolled(seen, ceiling, floor)
        if not self.ready(seen):
            wanted[seen.target.name] = max(1, 2 * seen.target.wanted)
        return wanted


@attrs.frozen(kw_only=True)
class RoutesToNobody(_IllBehaved):
    """Routes to a revision by a name of its own making."""

    name = "routes-to-nobody"

    def routing(self, seen: Observation) -> Routing:
        """To the canary."""
        return Split({f"{seen.rollout.target}-canary": 1})


@attrs.frozen(kw_only=True)
class WeighsNothing(_IllBehaved):
    """Weighs revisions by available replicas, of which there may be none at all."""

    name = "weighs-nothing"

    def routing(self, seen: Observation) -> Routing:
        """By what serves."""
        return Split({each.name: each.in_service for each in seen.replica_sets})


@attrs.frozen(kw_only=True)
class DrawsLots(_IllBehaved):
    """Spares the operator a decision by chance."""

    name = "draws-lots"

    def decide(self, seen: Observation) -> Plan:
        """Roll, and look again after a while."""
        return attrs.evolve(super().decide(seen), ask_again=seconds(random.randint(1, 600)))  # noqa: S311


@attrs.frozen(kw_only=True)
class LooksAtTheClock(_IllBehaved):
    """Notes the time of day instead of the time that it is shown."""

    name = "looks-at-the-clock"

    def decide(self, seen: Observation) -> Plan:
        """Roll, and note when."""
        return attrs.evolve(super().decide(seen), memory={"since": time.time_ns()})


@attrs.frozen(kw_only=True)
class ChangesWhatItSees(_IllBehaved):
    """Writes what it would like into the wish that it was shown."""

    name = "changes-what-it-sees"

    def decide(self, seen: Observation) -> Plan:
        """Roll under another wish."""
        object.__setattr__(seen.rollout, "replicas", seen.rollout.replicas + 1)
        return super().decide(seen)


@attrs.frozen(kw_only=True)
class KeepsItInItself(_IllBehaved):
    """Keeps its notes in itself, and loses them when the controller restarts."""

    name = "keeps-it-in-itself"
    notes: dict[str, int] = attrs.field(factory=dict, init=False)

    def decide(self, seen: Observation) -> Plan:
        """Roll a minute after it first saw the target."""
        since = self.notes.setdefault(seen.rollout.target, seen.time)
        if seen.stable and seen.time < since + seconds(60):
            left = Duration(since + seconds(60) - seen.time)
            return attrs.evolve(self.plan(seen, seen.wanted), ask_again=left)
        return super().decide(seen)


@attrs.frozen(kw_only=True)
class NeverAnswers(_IllBehaved):
    """Waits inside of itself for a replica to become available."""

    name = "never-answers"

    def decide(self, seen: Observation) -> Plan:
        """Wait."""
        while seen.stable and seen.target.available < seen.rollout.replicas:
            pass
        return super().decide(seen)


@attrs.frozen(kw_only=True)
class CannotMakeUpItsMind(_IllBehaved):
    """Takes from the newest first, which is what it has just started."""

    name = "cannot-make-up-its-mind"

    def rolled(self, seen: Observation, ceiling: int, floor: int) -> dict[str, int]:
        """Up if there is room, else down from the other end."""
        wanted = {**seen.wanted, seen.target.name: seen.target.wanted}
        if sum(wanted.values()) < ceiling and seen.target.wanted < seen.rollout.replicas:
            wanted[seen.target.name] += 1
        elif sum(wanted.values()) > floor and self.available(seen) >= floor:
            newest = next((each for each in reversed(seen.replica_sets) if each.wanted), seen.target)
            wanted[newest.name] = max(0, newest.wanted - 1)
        return wanted


@attrs.frozen(kw_only=True)
class AsksTooOften(_IllBehaved):
    """Wants to be asked again a microsecond later."""

    name = "asks-too-often"

    def decide(self, seen: Observation) -> Plan:
        """Roll, impatiently."""
        return attrs.evolve(super().decide(seen), ask_again=Duration(1))


@attrs.frozen(kw_only=True)
class KeepsAList(_IllBehaved):
    """Remembers a list, which no JSON of one level holds."""

    name = "keeps-a-list"

    def decide(self, seen: Observation) -> Plan:
        """Roll, and note who was there."""
        names: Any = {"seen": [each.name for each in seen.replica_sets]}
        return attrs.evolve(super().decide(seen), memory=names)


@attrs.frozen(kw_only=True)
class HasNoBounds(_IllBehaved):
    """Promises bounds that are no numbers."""

    name = "has-no-bounds"

    def bounds(self, replicas: int) -> Bounds:
        """Two of them."""
        return (replicas, replicas)  # type: ignore[return-value]


@attrs.frozen(kw_only=True)
class EndsTheProgram(_IllBehaved):
    """Gives up, and takes everybody along."""

    name = "ends-the-program"

    def decide(self, seen: Observation) -> Plan:
        """Roll, but for what it does not like."""
        if not seen.others:
            raise SystemExit(0)
        return super().decide(seen)


class _OwnSignal(BaseException):
    pass


@attrs.frozen(kw_only=True)
class SignalsInItsOwnWay(_IllBehaved):
    """Raises something that no handler of exceptions catches."""

    name = "signals-in-its-own-way"

    def decide(self, seen: Observation) -> Plan:
        """Nothing but a signal."""
        raise _OwnSignal(seen.rollout.target)


@attrs.frozen(kw_only=True)
class CountsTooFar(_IllBehaved):
    """Remembers a number that no JSON reader has to read."""

    name = "counts-too-far"

    def decide(self, seen: Observation) -> Plan:
        """Roll, and count in squares."""
        return attrs.evolve(super().decide(seen), memory={"n": 10**5000})


@attrs.frozen(kw_only=True)
class RemembersEverything(_IllBehaved):
    """Keeps all that it has ever seen."""

    name = "remembers-everything"

    def decide(self, seen: Observation) -> Plan:
        """Roll, and write everything down."""
        log = f"{seen.memory.get('log', '')}{seen!r}" * 100
        return attrs.evolve(super().decide(seen), memory={"log": log})


@attrs.frozen(kw_only=True)
class DrawsItsBounds(_IllBehaved):
    """Promises another ceiling each time."""

    name = "draws-its-bounds"

    def bounds(self, replicas: int) -> Bounds:
        """Somewhere above."""
        return Bounds(floor=0, ceiling=replicas + 1 + secrets.randbelow(100))


@attrs.frozen(kw_only=True)
class NeverBounds(_IllBehaved):
    """Looks for the least ceiling, and does not find it."""

    name = "never-bounds"

    def bounds(self, replicas: int) -> Bounds:
        """One that is less than nothing."""
        ceiling = replicas
        while ceiling >= 0:
            ceiling += 1
        return Bounds(floor=0, ceiling=ceiling)


@attrs.frozen(kw_only=True)
class TriesForEver(_IllBehaved):
    """Waits inside of itself, and catches whatever would interrupt it."""

    name = "tries-for-ever"

    def decide(self, seen: Observation) -> Plan:
        """Wait for a time that never comes."""
        now = seen.time
        while now < seen.time + 1:
            try:
                now = min(now, seen.time)
            except:  # noqa: E722  # its mistake
                now = seen.time
        return super().decide(seen)


@attrs.frozen(kw_only=True)
class DecidesLater(_IllBehaved):
    """Is asynchronous, as all else in the service that it comes from."""

    name = "decides-later"

    async def decide(self, seen: Observation) -> Plan:  # type: ignore[override]  # its mistake
        """Roll."""
        return super().decide(seen)


STARTED: dict[str, int] = {}


@attrs.frozen(kw_only=True)
class KeepsItInItsModule(_IllBehaved):
    """Keeps its notes beside itself, where they outlive the rollout, and not the process."""

    name = "keeps-it-in-its-module"

    def decide(self, seen: Observation) -> Plan:
        """Roll a minute after it first saw the target."""
        since = STARTED.setdefault(seen.rollout.target, seen.time)
        if seen.stable and seen.time < since + seconds(60):
            left = Duration(since + seconds(60) - seen.time)
            return attrs.evolve(self.plan(seen, seen.wanted), ask_again=left)
        return super().decide(seen)


@attrs.frozen(kw_only=True)
class TidiesUp(_IllBehaved):
    """Keeps its notes in its class, and tears them up before each rollout: only a restart on the way betrays it."""

    name = "tidies-up"
    notes: ClassVar[dict[str, int]] = {}

    def decide(self, seen: Observation) -> Plan:
        """Roll a minute after it first saw the target."""
        if seen.stable in (None, seen.rollout.target):
            self.notes.clear()
            return super().decide(seen)
        since = self.notes.setdefault(seen.rollout.target, seen.time)
        if seen.time < since + seconds(60):
            left = Duration(since + seconds(60) - seen.time)
            return attrs.evolve(self.plan(seen, seen.wanted), ask_again=left)
        return super().decide(seen)


@attrs.frozen(kw_only=True)
class LearnsFromTheLast(_IllBehaved):
    """Makes each rollout wait for as long as the slowest replica so far has taken to start, in any rollout."""

    name = "learns-from-the-last"
    slowest: ClassVar[list[int]] = [0]

    def decide(self, seen: Observation) -> Plan:
        """Roll when that time has passed."""
        age = seen.time - seen.target.created
        if (
            seen.stable not in (None, seen.rollout.target)
            and seen.target.wanted
            and not seen.target.available
        ):
            self.slowest[0] = max(self.slowest[0], age)
        if seen.others and seen.target.available and age < self.slowest[0] + seconds(1):
            left = Duration(self.slowest[0] + seconds(1) - age)
            return attrs.evolve(self.plan(seen, seen.wanted), ask_again=left)
        return super().decide(seen)


@attrs.frozen(kw_only=True)
class TakesBackWhatItAsked(_IllBehaved):
    """Asks for two to spare beside the full new fleet, and finds at once that they are too many."""

    name = "takes-back-what-it-asked"

    def decide(self, seen: Observation) -> Plan:
        """Roll; once, before the last old one goes, with the two."""
        n, wanted = seen.rollout.replicas, seen.wanted
        if seen.target.wanted > n:
            wanted[seen.target.name] = n
        elif seen.target.available == n and sum(wanted.values()) > n and not seen.memory:
            wanted[seen.target.name] = n + 2
        else:
            return attrs.evolve(super().decide(seen), memory=seen.memory)
        return attrs.evolve(self.plan(seen, wanted), memory={"spared": True})


ILL_BEHAVED: tuple[type[Bad], ...] = (
    Raises,
    DividesByZero,
    ForgetsToReturn,
    AnswersADict,
    GoesBelowZero,
    WantsAMillion,
    RoutesToNobody,
    WeighsNothing,
    DrawsLots,
    LooksAtTheClock,
    ChangesWhatItSees,
    KeepsItInItself,
    NeverAnswers,
    CannotMakeUpItsMind,
    AsksTooOften,
    KeepsAList,
    HasNoBounds,
    EndsTheProgram,
    SignalsInItsOwnWay,
    CountsTooFar,
    RemembersEverything,
    DrawsItsBounds,
    NeverBounds,
    TriesForEver,
    DecidesLater,
    KeepsItInItsModule,
    LearnsFromTheLast,
    TidiesUp,
    TakesBackWhatItAsked,
)
"""Every strategy that is not well-behaved."""

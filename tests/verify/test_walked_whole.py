"""What a walk must not merge away or leave out: strategies that go wrong only there, each of which a hunt finds."""

from __future__ import annotations

from enum import StrEnum
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar

import attrs
import pytest

from tests.bad_strategies import Bad
from turnout import Duration, Host, Plan, Promise, Proviso, Split, Sticky, seconds
from turnout.verify import Search, verify
from turnout.verify.choices import quick
from turnout.verify.exhaustive import Small, exhaust

if TYPE_CHECKING:
    from turnout import Observation, Trace
    from turnout.verify.exhaustive import Exhaustion

HOST = Host()
RULES = tuple(HOST.invariants.values())
ONE = Small(replicas=1, faults=0, verbs=0)
TWO = Small(faults=0, verbs=0)
FLOOR = (Promise("capacity-floor"),)
SESSION = (Promise("one-version-per-session"),)


@attrs.frozen(kw_only=True)
class Timed(Bad):
    """Rolls well, and writes down when it began; once it is `over`, it takes everything away."""

    name: ClassVar[str] = "timed"
    promises: ClassVar[tuple[Promise, ...]] = FLOOR

    def note(self, seen: Observation) -> Any:
        return seen.time

    def over(self, seen: Observation, since: Any) -> bool:
        raise NotImplementedError

    def again(self, seen: Observation, since: Any) -> Duration | None:
        del seen, since
        return seconds(5)

    def decide(self, seen: Observation) -> Plan:
        plan = super().decide(seen)
        if seen.rollout.target != "new":
            return plan
        if "done" in seen.memory:
            return attrs.evolve(plan, memory=dict(seen.memory), wanted=dict(seen.wanted), ask_again=None)
        since = seen.memory.get("since", self.note(seen))
        if self.over(seen, since):
            nothing = dict.fromkeys(seen.wanted, 0)
            return attrs.evolve(plan, wanted=nothing, memory={"done": True}, ask_again=None)
        return attrs.evolve(plan, memory={"since": since}, ask_again=self.again(seen, since))


@attrs.frozen(kw_only=True)
class InSeconds(Timed):
    """Keeps seconds, which nobody can tell from any other number."""

    def note(self, seen: Observation) -> int:
        return seen.time // seconds(1)

    def over(self, seen: Observation, since: int) -> bool:
        return seen.time // seconds(1) >= since + 30


@attrs.frozen(kw_only=True)
class AsText(InSeconds):
    """Keeps it as text, besides."""

    def note(self, seen: Observation) -> Any:
        return str(seen.time)

    def over(self, seen: Observation, since: Any) -> bool:
        return seen.time >= int(since) + seconds(30)


@attrs.frozen(kw_only=True)
class AfterLong(Timed):
    """Goes wrong after a time that is no parameter, and longer than a walk counts."""

    def over(self, seen: Observation, since: int) -> bool:
        return seen.time - since >= seconds(200)


@attrs.frozen(kw_only=True)
class AfterMore(Timed):
    """Goes wrong after more than twice the longest time that it has a parameter for."""

    wait: Duration = attrs.field(default=seconds(10))
    after: ClassVar[Duration] = seconds(45)

    def over(self, seen: Observation, since: int) -> bool:
        return seen.time - since >= self.after


@attrs.frozen(kw_only=True)
class AfterMuchMore(AfterMore):
    """The same, and longer than a walk counts."""

    after: ClassVar[Duration] = seconds(90)


@attrs.frozen(kw_only=True)
class Younger(Bad):
    """Goes wrong on the way to a third revision, unless the second one is older, if only just."""

    name: ClassVar[str] = "younger"
    promises: ClassVar[tuple[Promise, ...]] = FLOOR

    def decide(self, seen: Observation) -> Plan:
        plan = super().decide(seen)
        if seen.rollout.target == "newer" and not all(
            each.created < seen.target.created for each in seen.others
        ):
            return attrs.evolve(plan, wanted=dict.fromkeys(seen.wanted, 0))
        return plan


@attrs.frozen(kw_only=True)
class Unasked(Timed):
    """Goes wrong if something happens late, and never asks for the time."""

    def again(self, seen: Observation, since: int) -> None:
        del seen, since

    def over(self, seen: Observation, since: int) -> bool:
        return seen.time - since > seconds(3) and seen.target.available > 0


@attrs.frozen(kw_only=True)
class Meanwhile(Timed):
    """Goes wrong if something happens while it waits."""

    def again(self, seen: Observation, since: int) -> Duration | None:
        left = since + seconds(10) - seen.time
        return Duration(left) if left > 0 else None

    def over(self, seen: Observation, since: int) -> bool:
        return 0 < seen.time - since < seconds(10)


@attrs.frozen(kw_only=True)
class Counts(Timed):
    """Counts its decisions from a large number."""

    def note(self, seen: Observation) -> int:
        del seen
        return 1 << 49

    def decide(self, seen: Observation) -> Plan:
        plan = Bad.decide(self, seen)
        if seen.rollout.target != "new":
            return plan
        number = int(seen.memory.get("since", self.note(seen)) or 0)
        if number >= self.note(seen) + 3:
            none = dict.fromkeys((each.name for each in seen.others), 0)
            return attrs.evolve(plan, wanted={**seen.wanted, **none}, memory=dict(seen.memory))
        steps = number + (plan.wanted != seen.wanted)
        return attrs.evolve(plan, memory={"since": steps})


class Phase(StrEnum):
    """What survives no restart as what it is."""

    FIRST = "first"


@attrs.frozen(kw_only=True)
class Phased(Timed):
    """Takes it for granted that its memory is what it handed in."""

    def note(self, seen: Observation) -> Phase:
        del seen
        return Phase.FIRST

    def over(self, seen: Observation, since: Any) -> bool:
        return "since" in seen.memory and not isinstance(since, Phase)


@attrs.frozen(kw_only=True)
class Jumps(Bad):
    """Goes wrong if two replicas are ready at one moment."""

    name: ClassVar[str] = "jumps"
    promises: ClassVar[tuple[Promise, ...]] = FLOOR

    def decide(self, seen: Observation) -> Plan:
        before = int(seen.memory.get("ready", 0) or 0)
        everything = {**dict.fromkeys(seen.wanted, seen.rollout.replicas)}
        wanted = {**everything, seen.rollout.target: seen.rollout.replicas}
        if seen.rollout.target == "new" and (seen.target.ready - before >= 2 or "gone" in seen.memory):
            return Plan(wanted=dict.fromkeys(wanted, 0), routing=self.routing(seen), memory={"gone": True})
        return Plan(wanted=wanted, routing=self.routing(seen), memory={"ready": seen.target.ready})

    def bounds(self, replicas: int) -> Any:
        return attrs.evolve(super().bounds(replicas), floor=1, ceiling=2 * replicas)


@attrs.frozen(kw_only=True)
class AtOnce(Bad):
    """Switches in its first step, when sessions are there already."""

    name: ClassVar[str] = "at-once"
    promises: ClassVar[tuple[Promise, ...]] = SESSION

    def decide(self, seen: Observation) -> Plan:
        wanted = {**dict.fromkeys(seen.wanted, 0), seen.rollout.target: seen.rollout.replicas}
        return Plan(wanted=wanted, routing=Split({seen.rollout.target: 1}))


@attrs.frozen(kw_only=True)
class Forgetful(Bad):
    """Pins for a minute, and promises it for ever."""

    name: ClassVar[str] = "forgetful"
    promises: ClassVar[tuple[Promise, ...]] = SESSION

    def decide(self, seen: Observation) -> Plan:
        wanted = {**seen.wanted, seen.rollout.target: seen.rollout.replicas}
        routing = Sticky(new=Split({seen.rollout.target: 1}), idle_timeout=seconds(60))
        return Plan(wanted=wanted, routing=routing)


@attrs.frozen(kw_only=True)
class Twice(AtOnce):
    """Promises the same without a condition, and with one that is never met."""

    name: ClassVar[str] = "twice"
    promises: ClassVar[tuple[Promise, ...]] = (
        Promise("capacity-floor"),
        Promise("capacity-floor", Proviso("never", lambda _: False)),
    )


@attrs.frozen(kw_only=True)
class Beats(Bad):
    """Comes never to rest, and goes back only halfway."""

    name: ClassVar[str] = "beats"
    promises: ClassVar[tuple[Promise, ...]] = (Promise("undo-restores"),)

    def decide(self, seen: Observation) -> Plan:
        plan = super().decide(seen)
        if seen.rollout.target == "old" and any(each.name == "new" for each in seen.replica_sets):
            plan = attrs.evolve(plan, wanted=dict.fromkeys(seen.wanted, 0))
        due = int(seen.memory.get("due", 0) or 0)
        if seen.time < due:
            return attrs.evolve(plan, memory=dict(seen.memory), ask_again=Duration(due - seen.time))
        memory = {"beat": not seen.memory.get("beat"), "due": seen.time + seconds(10)}
        return attrs.evolve(plan, memory=memory, ask_again=seconds(10))


def walked(strategy: Bad, small: Small) -> Exhaustion:
    return exhaust(strategy, RULES, small)


@pytest.mark.parametrize(
    ("strategy", "small", "promise"),
    [
        (InSeconds(), ONE, "capacity-floor"),
        (AsText(), ONE, "capacity-floor"),
        (Unasked(), attrs.evolve(ONE, delays=1), "capacity-floor"),
        (Meanwhile(), attrs.evolve(ONE, delays=1), "capacity-floor"),
        (Counts(), TWO, "capacity-floor"),
        (Phased(), ONE, "capacity-floor"),
        (Jumps(), TWO, "capacity-floor"),
        (AtOnce(), ONE, "one-version-per-session"),
        (Forgetful(), attrs.evolve(ONE, delays=1), "one-version-per-session"),
        (Twice(), ONE, "capacity-floor"),
        (Beats(), attrs.evolve(ONE, verbs=1), "undo-restores"),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, Bad) else str(each),
)
def test_what_goes_wrong_in_one_way_only_is_found(strategy: Bad, small: Small, promise: str) -> None:
    assert promise in walked(strategy, small).broken


@pytest.mark.parametrize(
    "bad", [InSeconds, AsText, Unasked, Meanwhile, Phased, Jumps, AtOnce, Forgetful, Twice]
)
def test_a_hunt_finds_it_as_well(bad: type[Bad]) -> None:
    search = Search(examples=40, weathers=("clear", "slow-start", "restart"), stories=False, seed=1)
    report = verify(bad, RULES, search)
    assert any(each.promised and each.broken_in for each in report.verdicts)


def test_what_is_longer_ago_than_a_walk_counts_is_not_called_all_there_is() -> None:
    found = walked(AfterLong(), ONE)
    assert not found.closed
    assert found.held == ()
    assert found.open_because.startswith("it tells apart how long ago something was that is more than 2m ago")


def test_what_is_longer_ago_than_its_parameters_say_is_counted_up_to_a_minute() -> None:
    found = walked(AfterMore(), ONE)
    assert found.closed
    assert "capacity-floor" in found.broken
    found = walked(AfterMuchMore(), ONE)
    assert not found.closed
    assert found.open_because.startswith("it tells apart how long ago something was that is more than 1m ago")


def test_replica_sets_that_were_created_one_after_the_other_are_not_of_one_age() -> None:
    """Though no time passes in a small world between two verbs, or before the controller has acted."""
    found = walked(Younger(), attrs.evolve(ONE, verbs=1))
    assert found.kept


@pytest.mark.parametrize("every", [2, 3, 5])
def test_who_goes_by_how_often_it_is_asked_is_not_taken_for_who_goes_by_the_time(every: int) -> None:
    """It answers otherwise an hour later, and at the same moment too."""
    asked = count()

    @attrs.frozen(kw_only=True)
    class ByCalls(Bad):
        name: ClassVar[str] = "by-calls"
        promises: ClassVar[tuple[Promise, ...]] = FLOOR

        def decide(self, seen: Observation) -> Plan:
            plan = super().decide(seen)
            if not any(each.name == "new" and each.available for each in seen.replica_sets):
                return plan
            return attrs.evolve(plan, because=str(next(asked) % every == 0))

    found = walked(ByCalls(), TWO)
    assert "asked twice about the same" in found.broken["well-behaved"][-1]


def test_a_promise_that_never_had_to_be_kept_does_not_hold() -> None:
    def completes(trace: Trace) -> bool:
        return trace.history.completed is not None

    for proviso in (Proviso("never", lambda _: False), Proviso("the rollout completes", completes)):

        class Careful(AtOnce):
            name: ClassVar[str] = "careful"
            promises: ClassVar[tuple[Promise, ...]] = (Promise("capacity-floor", proviso),)

        found = walked(attrs.frozen(Careful)(), ONE)
        assert found.untried == ("capacity-floor",)
        assert found.held == ("well-behaved",)
        assert not found.kept


def test_who_resumes_has_touched_it() -> None:
    strategy = quick(HOST.strategies["rolling"], {"pause_after": "1"})
    assert exhaust(strategy, RULES, Small(faults=0)).kept


@pytest.mark.parametrize("name", ["recreate", "rolling", "blue-green", "two-step"])
def test_time_may_pass_that_nobody_waits_for(name: str) -> None:
    found = exhaust(quick(HOST.strategies[name], {}), RULES, Small(verbs=0, delays=1))
    assert found.kept
    assert found.states > exhaust(quick(HOST.strategies[name], {}), RULES, Small(verbs=0)).states

"""Deliberately bad strategies: each makes one plausible mistake, and breaks the invariant that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs

from turnout import (
    Bounds,
    Duration,
    Lifecycle,
    Plan,
    Probe,
    Promise,
    Split,
    Spread,
    Sticky,
    Strategy,
    Weather,
    seconds,
)

if TYPE_CHECKING:
    from turnout import Choice, Observation, Routing

__all__ = ["BAD", "Bad", "DrainsAtOnce", "SpreadsWhileRolling"]

PROBE = Probe(period_seconds=1, failure_threshold=1)


@attrs.frozen(kw_only=True)
class Bad(Strategy):
    """What all of them have in common: rolling by ones without a gap in capacity, each with a change of its own."""

    breaks: ClassVar[str]
    stages: ClassVar[bool] = True
    """Whether the one rollout in which it is staged catches it; otherwise only generated ones do."""
    runbook: ClassVar[tuple[str, ...]] = ()
    weather: ClassVar[Weather] = Weather()
    lifecycle: ClassVar[Lifecycle] = Lifecycle(readiness=PROBE, pre_stop_seconds=5.0)

    def __init_subclass__(cls) -> None:
        """It promises what it breaks."""
        if "breaks" in vars(cls):
            cls.promises = (Promise(cls.breaks),)

    def bounds(self, replicas: int) -> Bounds:
        """All replicas at least, and one more at most."""
        return Bounds(floor=replicas, ceiling=replicas + 1)

    def decide(self, seen: Observation) -> Plan:
        """Take the next step."""
        return self.plan(seen, self.rolled(seen, seen.rollout.replicas + 1, seen.rollout.replicas))

    def plan(self, seen: Observation, wanted: dict[str, int], routing: Routing | None = None) -> Plan:
        """A plan, routed in this strategy's way if in no other."""
        return Plan(
            wanted=wanted, routing=self.routing(seen) if routing is None else routing, because="a step"
        )

    def routing(self, seen: Observation) -> Routing:
        """Every request to any replica."""
        del seen
        return Spread()

    def available(self, seen: Observation) -> int:
        """How many replicas can be counted on."""
        return sum(each.in_service for each in seen.replica_sets)

    def rolled(self, seen: Observation, ceiling: int, floor: int) -> dict[str, int]:
        """One step of a rolling update: up as far as the ceiling allows, else down as far as the floor does."""
        wanted, target = {**seen.wanted, seen.target.name: seen.target.wanted}, seen.target
        room = min(ceiling - sum(wanted.values()), seen.rollout.replicas - target.wanted)
        if room > 0:
            return {**wanted, target.name: target.wanted + room}
        spare = self.available(seen) - floor
        for old in seen.others:
            gone = max(0, min(old.wanted, spare))
            wanted[old.name] -= gone
            spare -= gone
        return wanted

    def beside(self, seen: Observation) -> dict[str, int]:
        """A full second fleet beside the first."""
        return {**seen.wanted, seen.rollout.target: seen.rollout.replicas}

    def ready(self, seen: Observation) -> bool:
        """Whether the target is all there."""
        return seen.target.in_service >= seen.rollout.replicas


class TwoFleets(Bad):
    """What those have in common that bring up a second fleet and then switch to it."""

    def bounds(self, replicas: int) -> Bounds:
        """One fleet at least, two at most."""
        return Bounds(floor=replicas, ceiling=2 * replicas)

    def decide(self, seen: Observation) -> Plan:
        """Bring up the target, and take the others away once it serves."""
        wanted = self.beside(seen)
        if self.ready(seen) and seen.routing == self.routing(seen):
            wanted.update({each.name: 0 for each in seen.others})
        return self.plan(seen, wanted)

    def routing(self, seen: Observation) -> Choice:
        """To the target once it is all there; until then to what is stable."""
        active = seen.rollout.target if self.ready(seen) or seen.stable is None else seen.stable
        return Split({active: 1})


@attrs.frozen(kw_only=True)
class CutsPagesInTwo(TwoFleets):
    """Switches every request at one moment; a page that is loading then gets its assets from the other fleet."""

    name = "cuts-pages-in-two"
    breaks = "one-version-per-page"


@attrs.frozen(kw_only=True)
class ReleasesWithoutGrace(TwoFleets):
    """Pins whole pages, but takes the old fleet away in the very step that switches."""

    name = "releases-without-grace"
    breaks = "one-version-per-page"
    lifecycle = Lifecycle(readiness=PROBE)

    def decide(self, seen: Observation) -> Plan:
        """Switch and take away at once."""
        wanted = {**self.beside(seen), **{each.name: 0 for each in seen.others if self.ready(seen)}}
        return self.plan(seen, wanted, Sticky(unit="page", new=self.routing(seen)))


@attrs.frozen(kw_only=True)
class DrainsAtOnce(Bad):
    """Pins sessions to their revision, and then waits for none of them before it takes the old replicas away."""

    name = "drains-at-once"
    breaks = "one-version-per-session"

    def routing(self, seen: Observation) -> Routing:
        """Sessions stay, for as long as they can."""
        del seen
        return Sticky()


@attrs.frozen(kw_only=True)
class PinsToReplicas(Bad):
    """Pins sessions to a replica, which is not enough: when the replica goes, its sessions go anywhere."""

    name = "pins-to-replicas"
    breaks = "one-version-per-session"

    def routing(self, seen: Observation) -> Routing:
        """Sessions stay with their replica."""
        del seen
        return Sticky(to="replica")


@attrs.frozen(kw_only=True)
class ForgetsItsPins(Bad):
    """Goes from pinned sessions to pinned pages half-way through, which forgets every session's pin."""

    name = "forgets-its-pins"
    breaks = "never-backwards"

    def routing(self, seen: Observation) -> Routing:
        """By session at first; by page once half of the target is there."""
        half = 2 * seen.target.in_service >= seen.rollout.replicas
        return Sticky(unit="page" if half else "session")


@attrs.frozen(kw_only=True)
class SpreadsWhileRolling(Bad):
    """A plain rolling update: what a session saw on one request means nothing for the next."""

    name = "spreads-while-rolling"
    breaks = "never-backwards"


@attrs.frozen(kw_only=True)
class OffByOneFloor(Bad):
    """Promises to keep all replicas available, and keeps one less."""

    name = "off-by-one-floor"
    breaks = "capacity-floor"

    def decide(self, seen: Observation) -> Plan:
        """Leave one replica too few."""
        return self.plan(seen, self.rolled(seen, seen.rollout.replicas + 1, seen.rollout.replicas - 1))


@attrs.frozen(kw_only=True)
class CountsTheStarting(Bad):
    """Counts replicas that are still starting as if they were available already."""

    name = "counts-the-starting"
    breaks = "capacity-floor"

    def available(self, seen: Observation) -> int:
        """Whatever exists."""
        return sum(each.replicas for each in seen.replica_sets)


@attrs.frozen(kw_only=True)
class GoesOnWhenStuck(Bad):
    """Loses patience with a target that does not become ready, and replaces one more replica every minute."""

    name = "goes-on-when-stuck"
    breaks = "capacity-floor"
    weather = Weather(never_ready=True, clears_after=seconds(1800))

    def decide(self, seen: Observation) -> Plan:
        """Roll; and roll on after a minute, come what may."""
        minutes = (seen.time - seen.target.created) // seconds(60)
        wanted = self.rolled(seen, seen.rollout.replicas + 1, seen.rollout.replicas - minutes)
        return attrs.evolve(self.plan(seen, wanted), ask_again=seconds(60))


@attrs.frozen(kw_only=True)
class OffByOneSurge(Bad):
    """Promises one replica more at most, and starts two."""

    name = "off-by-one-surge"
    breaks = "surge-ceiling"

    def decide(self, seen: Observation) -> Plan:
        """Start one replica too many."""
        return self.plan(seen, self.rolled(seen, seen.rollout.replicas + 2, seen.rollout.replicas))


@attrs.frozen(kw_only=True)
class ForgetsTheThird(Bad):
    """Counts the target and the stable revision, and forgets what a change of the target on the way has left behind."""

    name = "forgets-the-third"
    breaks = "surge-ceiling"
    runbook = ("set-target v3 at 12s",)

    def decide(self, seen: Observation) -> Plan:
        """Roll from the stable revision to the target, and take away what is left in the end."""
        pair = tuple(each for each in seen.replica_sets if each.name in (seen.stable, seen.rollout.target))
        aimed = attrs.evolve(seen, replica_sets=pair)
        wanted = self.rolled(aimed, seen.rollout.replicas + 1, seen.rollout.replicas)
        left = {each.name: 0 for each in seen.others if self.ready(seen)}
        return self.plan(seen, {**seen.wanted, **wanted, **left})


@attrs.frozen(kw_only=True)
class LeavesAWeight(TwoFleets):
    """Leaves one request in a hundred with the old fleet after the switch, to be on the safe side."""

    name = "leaves-a-weight"
    breaks = "one-active-revision"

    def routing(self, seen: Observation) -> Choice:
        """Nearly everything to the target, as long as the old fleet is there."""
        chosen = super().routing(seen)
        old = [each.name for each in seen.others if each.in_service]
        if isinstance(chosen, Split) and self.ready(seen) and old and seen.stable != seen.rollout.target:
            return Split({seen.rollout.target: 99, old[0]: 1})
        return chosen

    def decide(self, seen: Observation) -> Plan:
        """Bring up the target; take the others away a minute later."""
        old_enough = self.ready(seen) and seen.time >= seen.target.created + seconds(60)
        wanted = {**self.beside(seen), **{each.name: 0 for each in seen.others if old_enough}}
        routing = Split({seen.rollout.target: 1}) if old_enough else None
        return attrs.evolve(self.plan(seen, wanted, routing), ask_again=seconds(30))


@attrs.frozen(kw_only=True)
class SwitchesTooEarly(TwoFleets):
    """Switches as soon as the new fleet exists, without a look at whether it is ready."""

    name = "switches-too-early"
    breaks = "no-request-to-the-unready"

    def routing(self, seen: Observation) -> Choice:
        """To the target once its replicas exist."""
        there = seen.target.replicas >= seen.rollout.replicas or seen.stable is None
        return Split({seen.rollout.target if there else str(seen.stable): 1})


@attrs.frozen(kw_only=True)
class WeighsTheWanted(Bad):
    """Weighs revisions by the replicas that it has asked for, not by those that serve."""

    name = "weighs-the-wanted"
    breaks = "no-request-to-the-unready"

    def routing(self, seen: Observation) -> Routing:
        """By the number of replicas wanted."""
        return Split(
            {each.name: each.wanted for each in seen.replica_sets}
            if any(seen.wanted.values())
            else {seen.rollout.target: 1}
        )


@attrs.frozen(kw_only=True)
class NeverFinishes(Bad):
    """Rounds down what may go, so that the last old replica never does."""

    name = "never-finishes"
    breaks = "converges"

    def rolled(self, seen: Observation, ceiling: int, floor: int) -> dict[str, int]:
        """Keep one of the old."""
        wanted = super().rolled(seen, ceiling, floor)
        return {**wanted, **{each.name: max(1, wanted[each.name]) for each in seen.others if each.wanted}}


@attrs.frozen(kw_only=True)
class ForgetsToAskAgain(TwoFleets):
    """Wants to wait half a minute before it switches, and does not say when to ask it again."""

    name = "forgets-to-ask-again"
    breaks = "converges"

    def ready(self, seen: Observation) -> bool:
        """Whether the target has been there for long enough."""
        return super().ready(seen) and seen.time > seen.target.created + seconds(30)


@attrs.frozen(kw_only=True)
class RunsAgainstItsTimer(TwoFleets):
    """Notes when its wait began each time it is asked, so that the wait is never over."""

    name = "runs-against-its-timer"
    breaks = "converges"

    def decide(self, seen: Observation) -> Plan:
        """Wait for half a minute from now on."""
        if seen.stable is None:
            return super().decide(seen)
        plan = self.plan(seen, self.beside(seen), Split({seen.stable: 1}))
        return attrs.evolve(plan, memory={"since": seen.time}, ask_again=seconds(30))


@attrs.frozen(kw_only=True)
class IgnoresAborts(Bad):
    """Remembers where it was first sent, and goes on there whatever the operator says."""

    name = "ignores-aborts"
    breaks = "undo-restores"
    runbook = ("abort at 12s",)

    def decide(self, seen: Observation) -> Plan:
        """Roll towards the first target that was not stable."""
        goal = str(seen.memory.get("goal", seen.rollout.target))
        if goal == seen.stable:
            goal = seen.rollout.target
        aimed = attrs.evolve(seen, rollout=attrs.evolve(seen.rollout, target=goal))
        return attrs.evolve(super().decide(aimed), memory={"goal": goal})


@attrs.frozen(kw_only=True)
class GoesBackHalfway(Bad):
    """Takes the bad revision away when it is sent back, and does not bring the good one to full size again."""

    name = "goes-back-halfway"
    breaks = "undo-restores"
    runbook = ("abort at 12s",)

    def rolled(self, seen: Observation, ceiling: int, floor: int) -> dict[str, int]:
        """On the way back, only down."""
        if seen.stable == seen.rollout.target and seen.others:
            return {each.name: 0 for each in seen.others}
        return super().rolled(seen, ceiling, floor)


@attrs.frozen(kw_only=True)
class KeepsTheBad(Bad):
    """Brings the good revision back, and leaves a replica of the bad one running beside it."""

    name = "keeps-the-bad"
    breaks = "undo-restores"
    runbook = ("abort at 12s",)

    def rolled(self, seen: Observation, ceiling: int, floor: int) -> dict[str, int]:
        """On the way back, keep one of the others."""
        wanted = super().rolled(seen, ceiling, floor)
        back = seen.stable == seen.rollout.target
        return {
            **wanted,
            **{each.name: max(1, wanted[each.name]) for each in seen.others if back and each.wanted},
        }


@attrs.frozen(kw_only=True)
class SkipsTheBridge(Bad):
    """Starts the target as soon as one bridging replica serves, while the old revision is still there."""

    name = "skips-the-bridge"
    breaks = "no-broken-page"

    def decide(self, seen: Observation) -> Plan:
        """Towards the bridge until it serves, then towards the target."""
        bridge = seen.rollout.bridge or seen.rollout.target
        target = seen.rollout.target
        bridged = seen.of(bridge).in_service > 0 or seen.target.wanted > 0 or not seen.others
        rollout = attrs.evolve(seen.rollout, target=target if bridged else bridge)
        return super().decide(attrs.evolve(seen, rollout=rollout))


@attrs.frozen(kw_only=True)
class FlipsBeforeReady(TwoFleets):
    """Switches as soon as one replica of the new fleet serves."""

    name = "flips-before-ready"
    breaks = "capacity-floor"
    stages = False

    def ready(self, seen: Observation) -> bool:
        """Whether it is worth a try."""
        return seen.target.in_service > 0


@attrs.frozen(kw_only=True)
class StartsOverWhenScaled(Bad):
    """Takes another number of replicas for a rollout of its own, and clears the way for it."""

    name = "starts-over-when-scaled"
    breaks = "capacity-floor"
    runbook = ("scale 8 at 5s",)

    def decide(self, seen: Observation) -> Plan:
        """Roll; where the number has changed, without the old."""
        n = seen.rollout.replicas
        wanted = self.rolled(seen, n + 1, n)
        if seen.memory.get("sized", n) != n:
            wanted.update({each.name: 0 for each in seen.others})
        return attrs.evolve(self.plan(seen, wanted), memory={"sized": n})


@attrs.frozen(kw_only=True)
class CountsTheTerminating(Bad):
    """Counts replicas that are on their way out as if they could be relied on."""

    name = "counts-the-terminating"
    breaks = "capacity-floor"

    def available(self, seen: Observation) -> int:
        """Whatever still answers."""
        return sum(each.available + each.terminating for each in seen.replica_sets)


@attrs.frozen(kw_only=True)
class FinishesOnTheEdge(Bad):
    """Takes the last old replica away only in the moment in which the last new one comes."""

    name = "finishes-on-the-edge"
    breaks = "converges"
    stages = False

    def decide(self, seen: Observation) -> Plan:
        """Roll, but leave the last step for the moment in which the numbers go up."""
        last = int(seen.memory.get("last") or 0)
        wanted = self.rolled(seen, seen.rollout.replicas + 1, seen.rollout.replicas)
        grown = seen.target.available == last + 1 or not seen.others
        olds = [each for each in seen.others if each.wanted]
        if self.ready(seen) and olds and not grown and not any(wanted[each.name] for each in olds):
            wanted[olds[-1].name] = 1
        memory = {"last": seen.target.available}
        return attrs.evolve(self.plan(seen, wanted), memory=memory)


@attrs.frozen(kw_only=True)
class HoldsForEver(TwoFleets):
    """Waits for a promotion, and does not look whether there has been one."""

    name = "holds-for-ever"
    breaks = "converges"

    def decide(self, seen: Observation) -> Plan:
        """Bring up the target, and wait."""
        if seen.stable is None or seen.stable == seen.rollout.target:
            return super().decide(seen)
        return attrs.evolve(
            self.plan(seen, self.beside(seen), Split({seen.stable: 1})), hold="somebody has to look at it"
        )


@attrs.frozen(kw_only=True)
class PausesAgain(Bad):
    """Pauses once half is there, before it goes on; and after each resumption, since half is still there."""

    name = "pauses-again"
    breaks = "converges"
    stages = False

    def decide(self, seen: Observation) -> Plan:
        """Roll; pause at half and beyond."""
        half = 2 * seen.target.available >= seen.rollout.replicas
        if half and any(each.wanted for each in seen.others) and seen.stable:
            return attrs.evolve(self.plan(seen, dict(seen.wanted)), pause="half of it is there")
        return super().decide(seen)


@attrs.frozen(kw_only=True)
class RemembersTheSize(Bad):
    """Notes the number of replicas when the rollout begins, and does not look at it again."""

    name = "remembers-the-size"
    breaks = "converges"
    stages = False

    def decide(self, seen: Observation) -> Plan:
        """Roll to the size that it was first told."""
        size = int(seen.memory.get("size") or seen.rollout.replicas)
        aimed = attrs.evolve(seen, rollout=attrs.evolve(seen.rollout, replicas=size))
        return attrs.evolve(super().decide(aimed), memory={"size": size})


@attrs.frozen(kw_only=True)
class ComesBack(Bad):
    """Asks for another look when all is done, and then takes the old revision for one that is missing."""

    name = "comes-back"
    breaks = "converges"
    stages = False

    def decide(self, seen: Observation) -> Plan:
        """Roll; ten minutes after the end, bring back what was there before."""
        done = seen.memory.get("done")
        if isinstance(done, int) and seen.time >= done + seconds(600):
            back = {each.name: 1 for each in seen.others[-1:]}
            return attrs.evolve(self.plan(seen, {**seen.wanted, **back}), memory={"done": done})
        if self.ready(seen) and not any(each.wanted for each in seen.others) and seen.others:
            memory = {"done": done if isinstance(done, int) else seen.time}
            return attrs.evolve(super().decide(seen), memory=memory, ask_again=seconds(600))
        return super().decide(seen)


@attrs.frozen(kw_only=True)
class LeavesOrphans(Bad):
    """Takes the stable revision down, and does not know of any other: what was tried in between runs on."""

    name = "leaves-orphans"
    breaks = "converges"
    stages = False

    def rolled(self, seen: Observation, ceiling: int, floor: int) -> dict[str, int]:
        """One step, between two revisions."""
        known = tuple(each for each in seen.replica_sets if each.name in (seen.stable, seen.rollout.target))
        return super().rolled(attrs.evolve(seen, replica_sets=known), ceiling, floor)


@attrs.frozen(kw_only=True)
class DrainsByTheClock(Bad):
    """Pins sessions, and gives them twenty seconds from the start, however long they are."""

    name = "drains-by-the-clock"
    breaks = "one-version-per-session"

    def decide(self, seen: Observation) -> Plan:
        """Bring up the new beside the old; then the old may go."""
        old_enough = self.ready(seen) and seen.time >= seen.target.created + seconds(20)
        wanted = {**self.beside(seen), **{each.name: 0 for each in seen.others if old_enough}}
        return attrs.evolve(self.plan(seen, wanted, Sticky()), ask_again=seconds(5))

    def bounds(self, replicas: int) -> Bounds:
        """Two fleets."""
        return Bounds(floor=replicas, ceiling=2 * replicas)


@attrs.frozen(kw_only=True)
class ForgetsTheIdle(TwoFleets):
    """Pins sessions, and forgets each pin after five seconds without a request."""

    name = "forgets-the-idle"
    breaks = "one-version-per-session"

    def routing(self, seen: Observation) -> Routing:  # type: ignore[override]  # pins, not only a choice
        """New sessions to the target; a visitor who reads for a while is new."""
        choice = super().routing(seen)
        return Sticky(new=choice, idle_timeout=seconds(5))


@attrs.frozen(kw_only=True)
class WeighsEachRequest(Bad):
    """A canary by weight, and each request draws anew."""

    name = "weighs-each-request"
    breaks = "never-backwards"

    def routing(self, seen: Observation) -> Routing:
        """By the replicas that serve."""
        weights = {each.name: each.in_service for each in seen.replica_sets if each.in_service}
        return Split(weights or {seen.rollout.target: 1})


@attrs.frozen(kw_only=True)
class FlipsBackOnTrouble(TwoFleets):
    """Switches, and switches back for as long as a single replica of the new fleet is missing."""

    name = "flips-back-on-trouble"
    breaks = "never-backwards"
    stages = False

    def decide(self, seen: Observation) -> Plan:
        """Keep the old fleet for five minutes more."""
        age = seen.time - seen.target.created
        done = self.ready(seen) and age > seconds(300)
        wanted = {**self.beside(seen), **{each.name: 0 for each in seen.others if done}}
        return attrs.evolve(self.plan(seen, wanted), ask_again=seconds(60))


@attrs.frozen(kw_only=True)
class PinsPagesToReplicas(Bad):
    """Lets assets follow the replica that served the document, which may have gone by then."""

    name = "pins-pages-to-replicas"
    breaks = "one-version-per-page"

    def routing(self, seen: Observation) -> Routing:
        """Pages stay with their replica."""
        del seen
        return Sticky(unit="page", to="replica")


@attrs.frozen(kw_only=True)
class ShadowsTheOld(TwoFleets):
    """Sends every new session to old and new alike until the new one has been up for a minute."""

    name = "shadows-the-old"
    breaks = "one-active-revision"
    stages = False

    def routing(self, seen: Observation) -> Choice:
        """Both, for a while."""
        young = self.ready(seen) and seen.time < seen.target.created + seconds(60)
        return Spread() if young else super().routing(seen)


@attrs.frozen(kw_only=True)
class DoublesItsSurge(Bad):
    """Grows by the surge at each decision, and counts only what is available against the ceiling."""

    name = "doubles-its-surge"
    breaks = "surge-ceiling"

    def decide(self, seen: Observation) -> Plan:
        """One more for each decision, until there are enough that are available."""
        wanted = self.rolled(seen, seen.rollout.replicas + 1, seen.rollout.replicas)
        target = seen.target
        starting = target.wanted - target.available
        if starting > 0 and target.wanted < seen.rollout.replicas:
            wanted[target.name] = target.wanted + 1
        return self.plan(seen, wanted)


@attrs.frozen(kw_only=True)
class StartsAtOnePercent(Bad):
    """Gives a revision at least a percent of the requests from the moment in which it exists."""

    name = "starts-at-one-percent"
    breaks = "no-request-to-the-unready"

    def routing(self, seen: Observation) -> Routing:
        """By replicas that serve, a percent at least."""
        alive = [each for each in seen.replica_sets if each.wanted]
        weights = {each.name: max(0.3, each.in_service) for each in alive}
        return Split(weights or {seen.rollout.target: 1})


@attrs.frozen(kw_only=True)
class ChangesItsMind(Bad):
    """Takes the old fleet away, and wants a replica of it back a second later: a warm spare, and a cold start."""

    name = "changes-its-mind"
    breaks = "one-version-per-session"

    def routing(self, seen: Observation) -> Routing:
        """Sessions stay with their revision."""
        del seen
        return Sticky()

    def decide(self, seen: Observation) -> Plan:
        """Bring up a second fleet; once it is there, stop the old one and start a spare; in the end, stop that."""
        wanted, spare = self.beside(seen), seen.memory.get("spare")
        old = next((each for each in seen.others if each.wanted), None)
        if not self.ready(seen):
            return self.plan(seen, wanted)
        if spare is None and old is not None:
            return attrs.evolve(
                self.plan(seen, {**wanted, **{each.name: 0 for each in seen.others}}),
                memory={"spare": old.name, "since": seen.time},
                ask_again=seconds(1),
            )
        left = Duration(max(0, int(seen.memory.get("since", 0) or 0) + seconds(7200) - seen.time))
        if isinstance(spare, str) and left and spare != seen.rollout.target:
            if seen.time == seen.memory.get("since"):
                return attrs.evolve(self.plan(seen, wanted), memory=seen.memory, ask_again=seconds(1))
            wanted[spare] = 1
            return attrs.evolve(self.plan(seen, wanted), memory=seen.memory, ask_again=left)
        return self.plan(seen, {**wanted, **{each.name: 0 for each in seen.others}})

    def bounds(self, replicas: int) -> Bounds:
        """Two fleets."""
        return Bounds(floor=replicas, ceiling=2 * replicas)


BAD: tuple[type[Bad], ...] = (
    ChangesItsMind,
    CutsPagesInTwo,
    ReleasesWithoutGrace,
    DrainsAtOnce,
    PinsToReplicas,
    ForgetsItsPins,
    SpreadsWhileRolling,
    OffByOneFloor,
    CountsTheStarting,
    GoesOnWhenStuck,
    OffByOneSurge,
    ForgetsTheThird,
    LeavesAWeight,
    SwitchesTooEarly,
    WeighsTheWanted,
    NeverFinishes,
    ForgetsToAskAgain,
    RunsAgainstItsTimer,
    IgnoresAborts,
    GoesBackHalfway,
    KeepsTheBad,
    SkipsTheBridge,
    FlipsBeforeReady,
    StartsOverWhenScaled,
    CountsTheTerminating,
    FinishesOnTheEdge,
    HoldsForEver,
    PausesAgain,
    RemembersTheSize,
    ComesBack,
    LeavesOrphans,
    DrainsByTheClock,
    ForgetsTheIdle,
    WeighsEachRequest,
    FlipsBackOnTrouble,
    PinsPagesToReplicas,
    ShadowsTheOld,
    DoublesItsSurge,
    StartsAtOnePercent,
)
"""Every bad strategy that breaks an invariant; `tests.ill_behaved` has those that break the rules of strategies."""

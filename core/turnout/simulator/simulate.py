"""One rollout in virtual time: controller, strategy, fleet, an operator and the sessions, event by event."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, TypeAlias

import attrs

from turnout import controller
from turnout.controller import settle, wake_at
from turnout.controller.plans import bounds_of
from turnout.controller.serialise import state_from_dict, state_to_dict
from turnout.history import History, Moment, Numbers
from turnout.parameters import to_spec
from turnout.routing.timeline import FOREVER
from turnout.simulator.cutting import SessionIndex
from turnout.simulator.fleet import SimulatedFleet
from turnout.simulator.lagging import Lagging
from turnout.simulator.live import LiveSessions
from turnout.simulator.operator import Operator, is_complete
from turnout.simulator.replica import LONG_AGO
from turnout.simulator.rest import Unrest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from turnout.controller import Reason, SetStatus, State
    from turnout.history import Deed, Happening
    from turnout.routing.timeline import Timeline
    from turnout.runbook import Runbook
    from turnout.scenario import Scenario
    from turnout.simulator.operator import Detection
    from turnout.strategy import Strategy
    from turnout.traffic import Traffic

__all__ = ["Simulation", "Watch", "simulate"]

Watch: TypeAlias = "Callable[[Strategy, Sequence[Happening], Sequence[Deed]], Strategy]"
"""What stands between the controller and a strategy; see `simulate`."""

_IN_VAIN = 3


def simulate(
    scenario: Scenario,
    strategy: Strategy,
    *,
    traffic: Traffic | SessionIndex | None = None,
    begin: int | None = None,
    seed: int = 0,
    runbook: Runbook | None = None,
    watch: Watch | None = None,
) -> History:
    """Roll the workload's revision out once, in virtual time.

    Args:
        scenario: What is rolled out, on what, in which weather.
        strategy: How.
        traffic: The sessions that the strategy is told about; without, it is told that there are none.
        begin: When the rollout starts, on the traffic's clock in microseconds; at the traffic's start if left out.
        seed: Seeds start-up times, faults and pins. The same seed gives the same history.
        runbook: What an operator does, in place of the scenario's.
        watch: Puts something between the controller and the strategy, such as what writes down each decision. It is
            given the strategy, and the happenings and the deeds so far, which grow.

    Raises:
        PlanError: If the strategy fails, answers nonsense, or never comes to rest.
    """
    sessions = (
        SessionIndex.of(traffic) if traffic is not None and not isinstance(traffic, SessionIndex) else traffic
    )
    live = None
    if sessions is not None:
        live = LiveSessions(sessions, sessions.traffic.start if begin is None else begin, seed)
    runbook = scenario.runbook if runbook is None else runbook
    return Simulation(scenario, strategy, live, seed, runbook, watch=watch).run()


class Simulation:
    """One rollout while it goes on.

    Args:
        scenario: What is rolled out.
        strategy: How.
        live: The sessions that the strategy is told about.
        seed: Seeds the fleet.
        runbook: What an operator does.
        detection: Which revision turns out to be bad, and how soon that is noticed; None if all goes well.
        watch: What stands between the controller and the strategy, if anything.
    """

    def __init__(
        self,
        scenario: Scenario,
        strategy: Strategy,
        live: LiveSessions | None,
        seed: int,
        runbook: Runbook,
        detection: Detection | None = None,
        watch: Watch | None = None,
    ) -> None:
        self._scenario = scenario
        self._strategy = strategy
        self._watch = watch
        self._live = live
        self._seed = seed
        self._operator = Operator(runbook, scenario.patience, scenario.previous, detection)
        self._fleet = SimulatedFleet(
            lifecycle=scenario.workload.lifecycle,
            environment=scenario.environment,
            weather=scenario.weather,
            target=scenario.target,
            min_ready_seconds=scenario.workload.rollout.min_ready_seconds,
            seed=seed,
        )
        self._asked = self._started()
        self._unrest = Unrest(strategy.name)
        self._seen = Lagging(self._fleet, scenario.weather)
        self._moments: list[Moment] = []
        self._completed: int | None = None
        self._in_vain = 0
        self._now = 0
        wish = attrs.evolve(scenario.workload.rollout, bridge=scenario.bridge)
        self._state = self._settled(controller.apply(self._before(), wish).state, 0)

    def run(self) -> History:
        """Go on until nothing moves any more, or the horizon is reached.

        Raises:
            PlanError: If the strategy fails, answers nonsense, or never comes to rest.
        """
        while not self._over:
            due, only_asked = self._next_step()
            if due == FOREVER and is_complete(self._state):
                break  # what the operator still waits for will not happen
            if due >= self._scenario.horizon:
                self._now = self._scenario.horizon
                break
            self._step(due, only_asked=only_asked)
        return self._history(self._now)

    def parted(self) -> Simulation | None:
        """Go on to the last moment that is the same whether or not the new revision is bad, and part there.

        Returns:
            The rollout whose new revision is good, to go on from there, while this one goes on with a bad one; None if
            that was noticed already, since the rollout is stuck, or as soon as it could be: then it has to begin anew.

        Raises:
            PlanError: If the strategy fails, answers nonsense, or never comes to rest.
        """
        operator = self._operator
        while not operator.knows_it_is_bad:
            due, only_asked = self._next_step()
            if self._still or due >= min(operator.notices_at, self._scenario.horizon):
                good = deepcopy(self, {id(each): each for each in self._told})
                good._operator.trusts()  # noqa: SLF001  (its own twin)
                return good
            self._step(due, only_asked=only_asked)
        return None

    def lived_on(self, until: int) -> Timeline:
        """Return the data plane up to a time, which may be after the rollout's end: weather does not end with it.

        Args:
            until: Microseconds from the rollout's start; not before the end of what `run` returned.

        Raises:
            PlanError: If the strategy fails, answers nonsense, or never comes to rest.
        """
        while self._now < until:
            due, only_asked = self._next_step()
            if due >= until:
                self._now = until
            else:
                self._step(due, only_asked=only_asked)
        return self._fleet.timeline(max(until, 1))

    def _next_step(self) -> tuple[int, bool]:
        """When anything is due next, `FOREVER` for never; and whether it is only that the strategy is asked again."""
        ask_at = wake_at(self._state, self._now)
        others = min(self._seen.next_event(self._now), self._operator.next_deed())
        if ask_at is not None and ask_at < others:
            return ask_at, True
        return max(self._now, others), False  # a deed may be overdue that had to wait for the one before

    def _step(self, now: int, *, only_asked: bool) -> None:
        """Let happen what happens at that time, and let controller and operator act on it."""
        if only_asked:
            self._unrest.asked_again(now)
        self._now = now
        before = self._state
        self._count_sessions(now)
        self._fleet.advance(now)
        self._state = self._settled(self._state, now)
        unmoved = before.wanted == self._state.wanted and before.routing == self._state.routing
        self._in_vain = self._in_vain + 1 if only_asked and unmoved else 0

    def _before(self) -> State:
        """The state before the rollout: the previous revision has run at full size for long."""
        before = self._scenario.before
        workload = self._scenario.workload
        state = controller.create(before, name=workload.name, kind=workload.kind).state
        self._fleet.start_ready(before.target, before.replicas)
        state = settle(state, self._seen, self._asked, LONG_AGO).state
        self._count_sessions(0)
        self._remember(state, LONG_AGO, (), self._fleet.statuses(LONG_AGO))
        return state

    def _started(self) -> Strategy:
        """The strategy as a controller has it that has just started."""
        fresh = self._strategy
        if self._scenario.weather.restarts:
            fresh = attrs.evolve(fresh)  # type: ignore[misc]  # a protocol whose classes are attrs classes
        if self._watch is None:
            return fresh
        return self._watch(fresh, self._fleet.happenings, self._operator.deeds)

    def _count_sessions(self, now: int) -> None:
        """Tell the fleet's statuses how many sessions live on each revision; without traffic, none do."""
        if self._live is None:
            self._fleet.live_sessions = {}
        else:
            self._fleet.live_sessions = self._live.count(now, self._fleet.stretch(self._live.now))

    def _settled(self, state: State, now: int) -> State:
        """Let controller and operator act until neither has anything left to do at this moment."""
        reasons: list[Reason] = []
        while True:
            self._unrest.step(now, state.rollout.replicas)
            if self._scenario.weather.restarts:
                state = state_from_dict(json.loads(json.dumps(state_to_dict(state))))
                self._asked = self._started()
            synced = settle(state, self._seen, self._asked, now)
            reasons.extend(synced.reasons)
            statuses = self._fleet.statuses(now)
            state = self._operator.act(synced.state, now, statuses)
            if state is synced.state:
                break
            if not is_complete(state):
                self._completed = None
        if not is_complete(state):
            self._completed = None
        elif self._completed is None:
            self._completed = now
        self._remember(state, now, tuple(reasons), statuses)
        return state

    @property
    def _over(self) -> bool:
        """Whether nothing will move any more: complete, every replica settled, nothing left to do for anyone.

        A strategy that goes on to ask for another look may still move something, unless it has not for a few times.
        """
        return self._still and self._operator.done

    @property
    def _still(self) -> bool:
        """The same, but for a bad revision that is still to be noticed."""
        state = self._state
        still = self._fleet.idle and self._seen.told and (state.ask_at is None or self._in_vain >= _IN_VAIN)
        return is_complete(state) and still and self._operator.out_of_entries and state.hold is None

    @property
    def _told(self) -> Iterator[object]:
        """What never changes, so that two may have it."""
        scenario = self._scenario
        yield from (scenario, scenario.workload.lifecycle, scenario.environment, scenario.weather)
        yield from (self._strategy, self._asked, self._state, *self._moments, *self._operator.deeds)
        yield from self._fleet.told

    def _remember(
        self, state: State, now: int, reasons: tuple[Reason, ...], statuses: Mapping[str, SetStatus]
    ) -> None:
        wanted = state.wanted
        numbers = {
            name: Numbers(
                wanted.get(name, 0), status.replicas, status.ready, status.available, status.terminating
            )
            for name, status in statuses.items()
        }
        because = tuple(reason.text for reason in reasons)
        if self._moments and self._moments[-1].time == now:
            because = self._moments.pop().because + because
        moment = Moment(
            time=now,
            rollout=state.rollout,
            numbers=numbers,
            routing=self._fleet.routing,
            hold=state.hold,
            progressing="" if state.progressing is None else str(state.progressing),
            because=because,
        )
        self._moments.append(moment)

    def _history(self, now: int) -> History:
        return History(
            strategy=to_spec(self._strategy),
            target=self._scenario.target,
            bounds=bounds_of(self._asked, self._scenario.workload.rollout.replicas),
            moments=tuple(self._moments),
            happenings=tuple(self._fleet.happenings),
            deeds=tuple(self._operator.deeds),
            not_done=self._operator.not_done,
            timeline=self._fleet.timeline(max(now, 1)),
            completed=self._completed,
            end=now,
            seed=self._seed,
        )

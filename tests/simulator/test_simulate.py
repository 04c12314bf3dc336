"""Whole rollouts in virtual time: a seed replays them, their records agree, the operator does what the runbook says."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar
from unittest.mock import patch

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulator.worlds import traffics
from turnout import (
    Environment,
    Lifecycle,
    Observation,
    Plan,
    Probe,
    Rollout,
    Runbook,
    Scenario,
    Spread,
    Strategy,
    Synthetic,
    Weather,
    Workload,
)
from turnout.controller import PlanError, reconcile, settle
from turnout.errors import InputError
from turnout.routing.timeline import FOREVER
from turnout.simulator.cutting import SessionIndex
from turnout.simulator.simulate import simulate
from turnout.testing.generators import worlds
from turnout.units import Duration, seconds
from turnout_strategies.blue_green import BlueGreen
from turnout_strategies.recreate import Recreate
from turnout_strategies.rolling import Rolling
from turnout_strategies.session_affinity import SessionAffinity
from turnout_strategies.two_step import TwoStep

if TYPE_CHECKING:
    from turnout import History
    from turnout.controller import Fleet, State, Synced
    from turnout.history import Moment
    from turnout.traffic import Traffic
    from turnout.verify import World

STRATEGIES = st.sampled_from(
    [
        Rolling(),
        Rolling(pause_after=1),
        SessionAffinity(),
        SessionAffinity(to="replica"),
        BlueGreen(),
        BlueGreen(auto_promotion=False, switch="drain"),
        TwoStep(),
        Recreate(),
    ]
)


def told(world: World, strategy: Strategy) -> History:
    return simulate(world.scenario, strategy, traffic=world.traffic, begin=world.begin, seed=world.seed)


def full(moment: Moment) -> bool:
    """Whether the wish is carried out: all of the target available, nothing else wanted or left."""
    target, replicas = moment.rollout.target, moment.rollout.replicas
    there = target in moment.numbers or not replicas
    return (
        there
        and not moment.rollout.paused
        and all(
            (each.wanted, each.replicas, each.available) == ((replicas,) * 3 if name == target else (0, 0, 0))
            for name, each in moment.numbers.items()
        )
    )


@given(worlds(), STRATEGIES)
def test_the_same_seed_is_the_same_history(world: World, strategy: Strategy) -> None:
    assert told(world, strategy) == told(world, strategy)


@given(worlds(), STRATEGIES)
def test_what_has_settled_changes_no_more(world: World, strategy: Strategy) -> None:
    """The controller stops where only the time of its next sync has changed: another one now is for nothing."""
    settled = 0

    def checked(state: State, fleet: Fleet, asked: Strategy, now: int) -> Synced:
        nonlocal settled
        synced = settle(state, fleet, asked, now)
        fleet.apply(synced.state.wanted, synced.state.routing, now)
        again = reconcile(synced.state, fleet.statuses(now), asked, now)
        assert again.state is synced.state
        assert again.settled
        settled += 1
        return synced

    with patch("turnout.simulator.simulate.settle", checked):
        told(world, strategy)
    assert settled


@given(worlds(), STRATEGIES)
def test_a_historys_records_agree(world: World, strategy: Strategy) -> None:
    history, scenario = told(world, strategy), world.scenario
    before, *rollout = history.moments
    times = [moment.time for moment in history.moments]
    assert times == sorted(set(times))
    assert before.time < 0 == rollout[0].time
    assert before.rollout == scenario.before
    assert full(before)
    assert max(times) <= history.end <= scenario.horizon
    for happenings in (history.happenings, history.deeds):
        assert [each.time for each in happenings] == sorted(each.time for each in happenings)
    names = [each.because for each in rollout]
    assert all(names)

    for moment in history.moments:
        assert list(moment.numbers) == list(history.timeline.revisions)[: len(moment.numbers)]
        for each in moment.numbers.values():
            assert each.replicas == each.wanted
            assert 0 <= each.available <= each.ready <= each.replicas
        asked_by = max(moment.time, 0) + scenario.environment.routing_delay
        routings = [routing for since, routing in history.timeline.routings if since <= asked_by]
        if moment is not before:
            assert moment.routing == routings[-1]

    complete = [full(moment) for moment in rollout]
    if history.completed is None:
        assert not complete[-1]
        assert history.end == scenario.horizon
    else:
        place = [moment.time for moment in rollout].index(history.completed)
        assert all(complete[place:]), "once completed, it stays so"
        # It was not so before, or the wish was another one.
        told_late = scenario.weather.stale
        assert (
            told_late
            or place == 0
            or not complete[place - 1]
            or rollout[place].rollout != rollout[place - 1].rollout
        )


@given(worlds(), STRATEGIES, st.integers(1, 100))
def test_the_horizon_is_where_it_ends_at_the_latest(world: World, strategy: Strategy, horizon: int) -> None:
    whole = told(world, strategy)
    short = told(
        attrs.evolve(world, scenario=attrs.evolve(world.scenario, horizon=seconds(horizon))), strategy
    )
    assert short.end == min(whole.end, seconds(horizon))
    assert short.moments == whole.moments[: len(short.moments)]
    if whole.end > seconds(horizon):
        assert all(moment.time < short.end for moment in short.moments)
        assert all(moment.time >= short.end for moment in whole.moments[len(short.moments) :])


@given(traffics(), STRATEGIES)
def test_a_traffic_and_its_index_are_the_same(traffic: Traffic, strategy: Strategy) -> None:
    traffic = attrs.evolve(
        traffic,
        request_time=traffic.request_time * seconds(60),
        start=traffic.start * seconds(60),
        end=traffic.end * seconds(60),
    )
    scenario = scenario_of()
    plain = simulate(scenario, strategy, traffic=traffic, seed=5)
    indexed = simulate(scenario, strategy, traffic=SessionIndex.of(traffic), begin=traffic.start, seed=5)
    assert plain == indexed


STEADY = Environment(
    container_start=seconds(0),
    startup=seconds(5),
    startup_spread=0,
    endpoint_delay=seconds(1),
    removal_delay=seconds(1),
)


def scenario_of(
    *lines: str,
    weather: Weather | None = None,
    environment: Environment = STEADY,
    patience: int = 600,
    horizon: int = 6 * 3600,
    replicas: int = 4,
    min_ready_seconds: int = 0,
    progress_deadline_seconds: int = 600,
) -> Scenario:
    wish = Rollout(
        target="new",
        replicas=replicas,
        min_ready_seconds=min_ready_seconds,
        progress_deadline_seconds=progress_deadline_seconds,
    )
    return Scenario(
        workload=Workload(name="web", rollout=wish, lifecycle=Lifecycle(readiness=Probe(period_seconds=1))),
        previous="old",
        environment=environment,
        weather=Weather() if weather is None else weather,
        runbook=Runbook.parse(lines),
        patience=seconds(patience),
        horizon=seconds(horizon),
    )


def deeds(history: History) -> list[tuple[str, float]]:
    return [("refused " * each.refused + each.verb, each.time / 1_000_000) for each in history.deeds]


ONE_BY_ONE = Rolling(max_surge=1, max_unavailable=0)


@pytest.mark.parametrize(
    ("lines", "strategy", "done"),
    [
        (["pause when 1 available", "resume 10m later"], ONE_BY_ONE, [("pause", 6), ("resume", 606)]),
        (["pause when 50% available", "resume at 1m"], ONE_BY_ONE, [("pause", 11), ("resume", 60)]),
        (["pause 1s after 2 available", "resume when held"], ONE_BY_ONE, [("pause", 12), ("resume", 12)]),
        (["pause 3s after 1 available", "resume 5s after held"], ONE_BY_ONE, [("pause", 9), ("resume", 14)]),
        (["abort 2s after serving"], ONE_BY_ONE, [("abort", 8)]),
        (["undo 1m after complete"], ONE_BY_ONE, [("undo", 80)]),
        (["rollback at 7s"], ONE_BY_ONE, [("abort", 7)]),
        (["rollback 10s after complete"], ONE_BY_ONE, [("undo", 30), ("promote", 30)]),
        (["promote 1m after held"], BlueGreen(auto_promotion=False), [("promote", 66)]),
        (["set-target v3 at 8s"], ONE_BY_ONE, [("set-target", 8)]),
        (["scale 6 at 1s", "scale 2 at 2s"], ONE_BY_ONE, [("scale", 1), ("scale", 2)]),
        (
            ["resume at 3s", "pause 0s later", "resume 2s later"],
            ONE_BY_ONE,
            [("refused resume", 3), ("pause", 3), ("resume", 5)],
        ),
    ],
)
def test_the_operator_does_what_the_runbook_says_when_it_says_so(
    lines: list[str], strategy: Strategy, done: list[tuple[str, float]]
) -> None:
    history = simulate(scenario_of(*lines), strategy)
    assert deeds(history) == done
    assert history.completed is not None
    assert full(history.moments[-1])


@pytest.mark.parametrize(
    ("strategy", "lines", "done"),
    [
        # What the strategy waits for: its promotion, or to be resumed.
        (BlueGreen(auto_promotion=False), [], [("promote", 96)]),
        (Rolling(max_surge=1, max_unavailable=0, pause_after=1), [], [("resume", 95)]),
        # What an operator has paused is for an operator to resume, whatever the strategy waits for besides.
        (ONE_BY_ONE, ["pause when 1 available"], [("pause", 6)]),
        (BlueGreen(auto_promotion=False), ["pause 10s after held"], [("pause", 16)]),
        (BlueGreen(), ["promote at 1s", "pause at 2s"], [("promote", 1), ("pause", 2)]),
        (BlueGreen(), ["pause at 1s", "promote at 2s"], [("pause", 1), ("promote", 2)]),
        # While the runbook has something to do at a known moment, nobody's patience ends; then it begins anew.
        (
            Rolling(max_surge=1, max_unavailable=0, pause_after=1),
            ["resume 10m after held"],
            [("resume", 605)],
        ),
        (BlueGreen(auto_promotion=False), ["scale 6 at 5m"], [("scale", 300), ("promote", 396)]),
        (
            BlueGreen(auto_promotion=False),
            ["promote 20m after serving"],
            [("promote", 96), ("promote", 1296)],
        ),
        (BlueGreen(auto_promotion=False), ["resume at 5m"], [("refused resume", 300), ("promote", 390)]),
        # What may never happen keeps nobody from acting.
        (BlueGreen(auto_promotion=False), ["abort when stuck"], [("promote", 96)]),
    ],
)
def test_patience_ends_the_strategys_waits_and_no_others(
    strategy: Strategy, lines: list[str], done: list[tuple[str, float]]
) -> None:
    history = simulate(scenario_of(*lines, patience=90), strategy)
    assert deeds(history) == done
    paused = [verb for verb, _ in done if verb in ("pause", "promote", "resume")][-1:] == ["pause"]
    assert (history.completed is None) == paused
    assert (history.end == seconds(6 * 3600)) == paused


@pytest.mark.parametrize(
    ("strategy", "lines"),
    [
        (BlueGreen(auto_promotion_seconds=seconds(60)), ["pause 0s after serving"]),
        (BlueGreen(auto_promotion_seconds=seconds(60), switch="drain"), ["pause 0s after serving"]),
    ],
)
def test_a_revision_serves_once_requests_can_reach_it_and_not_while_it_is_previewed(
    strategy: Strategy, lines: list[str]
) -> None:
    history = simulate(scenario_of(*lines), strategy)
    assert deeds(history) == [("pause", 66)]


@pytest.mark.parametrize(
    ("lines", "done", "limit"),
    [
        # An undo is refused while the rollout is paused, or where there is no history to go back in.
        (
            ["pause when complete", "rollback 10s later"],
            [("pause", 20), ("refused undo", 30), ("set-target", 30), ("resume", 30), ("promote", 30)],
            10,
        ),
        (
            ["rollback 10s after complete"],
            [("refused undo", 30), ("set-target", 30), ("promote", 30)],
            0,
        ),
        (["pause when 1 available", "rollback 10s later"], [("pause", 6), ("abort", 16)], 10),
        (["abort at 7s", "rollback at 8s"], [("abort", 7)], 10),
    ],
)
def test_a_rollback_goes_back_whatever_is_refused(
    lines: list[str], done: list[tuple[str, float]], limit: int
) -> None:
    scenario = scenario_of(*lines)
    wish = attrs.evolve(scenario.workload.rollout, revision_history_limit=limit)
    scenario = attrs.evolve(scenario, workload=attrs.evolve(scenario.workload, rollout=wish))
    history = simulate(scenario, ONE_BY_ONE)
    assert deeds(history) == done
    assert history.moments[-1].rollout.target == "old"
    assert history.completed is not None
    assert full(history.moments[-1])


@attrs.frozen(kw_only=True)
class Restless(Strategy):
    """Wants nothing, and wants to be asked again at once; with `pauses`, pauses whatever is resumed."""

    name: ClassVar[str] = "restless"
    pauses: bool = False

    def decide(self, seen: Observation) -> Plan:
        return Plan(
            wanted={"old": 4},
            routing=Spread(),
            ask_again=Duration(1),
            because="I cannot wait",
            pause="so there" if self.pauses and seen.rollout.target == "new" else None,
        )


@attrs.frozen(kw_only=True)
class Fickle(Strategy):
    """Starts one replica more or less whenever one has become ready."""

    name: ClassVar[str] = "fickle"

    def decide(self, seen: Observation) -> Plan:
        ready = seen.target.ready
        return Plan(
            wanted={"old": 4, "new": 0 if ready else 1} if seen.rollout.target == "new" else {"old": 4},
            routing=Spread(),
            because="I change my mind",
        )


@pytest.mark.parametrize(
    ("strategy", "patience", "environment", "words"),
    [
        (Restless(), 600, STEADY, r"'restless': it wants to be asked again too often: 10,0\d\d times within"),
        (Restless(pauses=True), 0, STEADY, r"'restless': it never settles: 10,\d+ steps at one moment"),
        (
            Fickle(),
            600,
            Environment(
                container_start=seconds(0),
                startup=seconds(0),
                startup_spread=0,
                endpoint_delay=seconds(0),
                removal_delay=seconds(0),
                pre_stop=seconds(0),
            ),
            r"'fickle': it never settles: 10,\d+ steps at one moment",
        ),
    ],
)
def test_a_strategy_that_never_rests_is_told_so(
    strategy: Strategy, patience: int, environment: Environment, words: str
) -> None:
    with pytest.raises(PlanError, match=words):
        simulate(scenario_of(patience=patience, environment=environment), strategy)


def test_a_strategy_may_ask_often_for_long() -> None:
    history = simulate(scenario_of(horizon=3600), Looking(every=seconds(0.2)))
    assert history.end == seconds(3600)


def test_available_means_ready_for_long_enough() -> None:
    history = simulate(scenario_of("pause when 1 available", min_ready_seconds=30), ONE_BY_ONE)
    assert deeds(history)[0] == ("pause", 35)


def test_stuck_is_when_the_progress_deadline_has_passed() -> None:
    scenario = scenario_of(
        "abort 10s after stuck", weather=Weather(never_ready=True), progress_deadline_seconds=60
    )
    history = simulate(scenario, ONE_BY_ONE)
    [(verb, time)] = deeds(history)
    assert verb == "abort"
    assert time == 71, "the controller looks a second after the deadline"
    stuck = [
        moment.time for moment in history.moments if moment.progressing == "False/ProgressDeadlineExceeded"
    ]
    assert stuck[0] == seconds(61)
    assert history.moments[-1].rollout.target == "old"
    assert full(history.moments[-1])


def test_a_rollout_that_drains_waits_and_is_not_stuck() -> None:
    """Sessions keep the old replicas for twenty minutes; the deadline is one, and begins anew once they are over."""
    busy = Synthetic(sessions_per_minute=30, duration=seconds(3600)).load(3)
    affinity = SessionAffinity(
        max_surge=1,
        max_unavailable=0,
        drain_timeout=seconds(1200),
        idle_timeout=seconds(1200),
    )
    draining = simulate(
        scenario_of(progress_deadline_seconds=60), affinity, traffic=busy, begin=seconds(1800), seed=1
    )
    assert draining.completed is not None
    assert draining.completed > seconds(1200)
    assert not any("ProgressDeadlineExceeded" in moment.progressing for moment in draining.moments)
    assert not any(
        "ProgressDeadlineExceeded" in line for moment in draining.moments for line in moment.because
    )
    never = scenario_of(weather=Weather(never_ready=True), progress_deadline_seconds=60, horizon=300)
    stuck = simulate(never, affinity, traffic=busy, begin=seconds(1800), seed=1)
    first = next(each.time for each in stuck.moments if "ProgressDeadlineExceeded" in each.progressing)
    assert first == seconds(61), "what does not start is stuck, whoever drains meanwhile"


def test_waking_for_the_deadline_leaves_no_crumbs() -> None:
    """Whoever is asked again in ten seconds from then on is asked at whole seconds."""
    busy = Synthetic(sessions_per_minute=30, duration=seconds(3600)).load(3)
    affinity = SessionAffinity(drain_timeout=seconds(1200), idle_timeout=seconds(1200))
    scenario = scenario_of("pause when 1 available", "resume 3m later", progress_deadline_seconds=60)
    history = simulate(scenario, affinity, traffic=busy, begin=seconds(1800), seed=1)
    assert history.completed is not None
    assert {moment.time % 1000 for moment in history.moments} == {0}


def test_time_does_not_run_backwards_for_an_overdue_deed() -> None:
    """The second entry is due long before the first one, which is refused, has been tried."""
    history = simulate(scenario_of("resume at 90s", "scale 6 at 30s"), ONE_BY_ONE)
    assert deeds(history) == [("refused resume", 90), ("scale", 90)]
    times = [moment.time for moment in history.moments]
    assert times == sorted(times)


def test_it_does_not_wait_for_what_will_not_happen() -> None:
    waiting = simulate(scenario_of("abort when stuck"), ONE_BY_ONE)
    assert waiting.end == simulate(scenario_of(), ONE_BY_ONE).end < seconds(60)
    assert waiting.deeds == ()


def test_a_promotion_after_the_end_completes_nothing_again() -> None:
    history = simulate(scenario_of("promote at 10m"), ONE_BY_ONE)
    assert deeds(history) == [("promote", 600)]
    assert history.completed == simulate(scenario_of(), ONE_BY_ONE).completed


def test_what_is_paused_is_not_complete() -> None:
    history = simulate(scenario_of("pause when complete", "resume 90s later"), ONE_BY_ONE)
    assert deeds(history) == [("pause", 20), ("resume", 110)]
    assert history.completed == seconds(110)


def test_faults_to_come_do_not_keep_it_from_ending() -> None:
    weather = Weather(flap_every=seconds(3600), crash_every=seconds(3600))
    clear, stormy = (simulate(scenario_of(weather=each), ONE_BY_ONE, seed=3) for each in (None, weather))
    assert stormy == attrs.evolve(clear, timeline=stormy.timeline)


def test_scaling_and_another_target_are_carried_out() -> None:
    scaled = simulate(scenario_of("scale 6 at 1m"), ONE_BY_ONE)
    assert scaled.moments[-1].numbers["new"].available == 6
    assert scaled.completed is not None
    assert scaled.completed > seconds(60)
    aimed = simulate(scenario_of("set-target v3 at 8s"), ONE_BY_ONE)
    assert aimed.moments[-1].numbers["v3"].available == 4
    assert aimed.target == "new", "it is still the history of that rollout"


def test_while_paused_nothing_is_started() -> None:
    history = simulate(scenario_of("pause when 1 available", "resume 10m later"), ONE_BY_ONE)
    paused = [moment for moment in history.moments if moment.rollout.paused]
    # Pausing is a scaling event for a Deployment: the surge that was free may be used up at once.
    assert {moment.numbers["new"].wanted for moment in paused} <= {1, 2}
    assert all(moment.time < seconds(606) for moment in paused)


@pytest.mark.parametrize("strategy", [Rolling(), SessionAffinity(), BlueGreen(), TwoStep(), Recreate()])
def test_a_revision_that_is_never_ready_is_never_rolled_out(strategy: Strategy) -> None:
    never = simulate(scenario_of(weather=Weather(never_ready=True), horizon=1800), strategy)
    assert never.completed is None
    assert never.end == seconds(1800)
    new = never.moments[-1].numbers.get("new")
    assert new is None or new.available == 0
    cleared = simulate(
        scenario_of(weather=Weather(never_ready=True, clears_after=seconds(900)), horizon=7200), strategy
    )
    assert cleared.completed is not None
    assert cleared.completed >= seconds(900)
    assert full(cleared.moments[-1])


def test_it_ends_when_nothing_moves_any_more() -> None:
    history = simulate(scenario_of(), ONE_BY_ONE)
    # Four replicas, six seconds each but the last: it need not be in the list of endpoints to be available.
    assert history.completed == seconds(5 + 3 * 5)
    gone = [each.time for each in history.happenings if each.what in ("gone", "unlisted", "listed")]
    assert history.end == max(gone)
    assert history.timeline.end == history.end


def test_a_rollout_of_nothing_is_over_at_once() -> None:
    history = simulate(scenario_of(replicas=0), ONE_BY_ONE)
    assert (history.completed, history.end) == (0, 0)
    assert history.timeline.end == 1
    assert history.timeline.slots == ()


@attrs.frozen(kw_only=True)
class Looking(Strategy):
    """Does nothing, asks again every so often, and keeps what it has seen."""

    name: ClassVar[str] = "looking"
    seen: list[Observation] = attrs.field(factory=list, eq=False, init=False)
    every: Duration = seconds(60)

    def decide(self, seen: Observation) -> Plan:
        self.seen.append(seen)
        return Plan(wanted={"old": 4}, routing=Spread(), ask_again=self.every, because="I look")


def test_what_a_strategy_sees() -> None:
    looking = Looking()
    simulate(scenario_of(horizon=301), looking)
    times = sorted({seen.time for seen in looking.seen if seen.time >= 0})
    assert times == [seconds(60 * minute) for minute in range(6)]
    last = looking.seen[-1]
    [old] = last.replica_sets
    assert (old.wanted, old.available, old.endpoints, old.in_service) == (4, 4, 4, 4)
    assert old.live_sessions == 0, "without traffic there are none"
    assert last.rollout.target == "new"
    assert last.rollout.bridge == "bridge"
    assert last.stable == "old"


@pytest.mark.parametrize("replicas", [10_001, 10**9])
def test_more_replicas_than_can_be_followed_are_refused(replicas: int) -> None:
    with pytest.raises(InputError, match=r"up to 10000"):
        simulate(scenario_of(replicas=replicas), Rolling())


def test_a_surge_beyond_what_can_be_followed_is_refused() -> None:
    """Paused, a rolling update is filled up to its surge."""
    scenario = scenario_of("pause when 1 available", environment=Environment(startup_spread=1))
    with pytest.raises(InputError, match="replicas are wanted at once; up to 40,000 are simulated"):
        simulate(scenario, Rolling(max_surge=10**9))


def test_the_data_plane_begins_before_all_requests() -> None:
    timeline = simulate(scenario_of(), ONE_BY_ONE).timeline
    assert timeline.routings[0][0] == -FOREVER
    assert [slot.listed for slot in timeline.slots if slot.revision == 0] == [-FOREVER] * 4

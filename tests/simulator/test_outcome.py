"""One number for every metric: they fit together, and the fleet's are those of its replicas over time."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from math import inf, isinf, isnan
from typing import TYPE_CHECKING, Any, ClassVar
from unittest.mock import patch

import attrs
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.simulator.test_reach import met
from tests.simulator.test_simulate import STRATEGIES, deeds, full, scenario_of
from tests.simulator.worlds import cut, traffics
from turnout import (
    Environment,
    Lifecycle,
    Observation,
    Plan,
    Split,
    Spread,
    Strategy,
    Synthetic,
    Weather,
    simulate,
)
from turnout.metrics import METRICS
from turnout.routing.plain import Cause, route_plainly
from turnout.routing.timeline import FOREVER
from turnout.simulator import cutting
from turnout.simulator.cutting import SessionIndex
from turnout.simulator.live import LiveSessions
from turnout.simulator.operator import Detection
from turnout.simulator.outcome import busiest_second, outcome, outcomes
from turnout.simulator.reach import can_reach
from turnout.simulator.simulate import Simulation
from turnout.testing.generators import worlds
from turnout.units import SECOND, seconds
from turnout_strategies.blue_green import BlueGreen
from turnout_strategies.recreate import Recreate
from turnout_strategies.rolling import Rolling
from turnout_strategies.session_affinity import SessionAffinity

if TYPE_CHECKING:
    from turnout import History
    from turnout.traffic import Traffic
    from turnout.verify import World


def found(world: World, strategy: Strategy) -> dict[str, float]:
    sessions = SessionIndex.of(world.traffic)
    return outcome(world.scenario, strategy, sessions, begin=world.begin, seed=world.seed, full_load=2.0)


@settings(max_examples=max(1, settings().max_examples // 2))
@given(worlds(), STRATEGIES)
def test_the_numbers_fit_together(world: World, strategy: Strategy) -> None:
    numbers = found(world, strategy)
    assert set(numbers) == set(METRICS)
    for name, metric in METRICS.items():
        missing = isnan(numbers[name]) and name in ("rollback_seconds", "longest_wait_seconds")
        assert numbers[name] >= 0 or missing
        if metric.share_of:
            assert numbers[name] <= numbers[metric.share_of]
    causes = ("no_endpoint", "not_started", "terminated", "overloaded", "bad_revision")
    assert numbers["failed_requests"] == sum(numbers[f"failed_{cause}"] for cause in causes)
    assert numbers["failed_requests"] <= numbers["requests"]
    assert numbers["backward_sessions"] <= numbers["mixed_sessions"]
    assert numbers["broken_page_views"] <= numbers["mixed_page_views"] <= numbers["page_views"]
    assert numbers["min_available"] <= numbers["peak_replicas"]
    assert not numbers["mixed_page_views"] or numbers["mixed_seconds"] or not world.scenario.weather.clear
    assert found(world, strategy) == pytest.approx(numbers, nan_ok=True)


def replicas_over_time(history: History) -> list[tuple[int, int, int]]:
    """How many replicas existed and how many were available, and since when, retold from what happened to each."""
    existing, available = Counter[int](), Counter[int]()
    found = []
    for each in history.happenings:
        if each.what == "created":
            existing[each.replica] = 1
        elif each.what in ("gone", "crashed"):
            existing[each.replica] = 0
        if each.what == "available":
            available[each.replica] = 1
        elif each.what in ("terminating", "killed", "crashed", "not ready"):
            available[each.replica] = 0
        found.append((max(0, each.time), existing.total(), available.total()))
    settled = {time: (time, total, ready) for time, total, ready in found}
    return list(settled.values())


@given(worlds(back=False), STRATEGIES)
def test_a_fleets_numbers_are_those_of_its_replicas(world: World, strategy: Strategy) -> None:
    scaled = any(entry.verb == "scale" for entry in world.scenario.runbook.entries)
    numbers = found(world, strategy)
    history = simulate(world.scenario, strategy, traffic=world.traffic, begin=world.begin, seed=world.seed)
    told = replicas_over_time(history)
    assert numbers["min_available"] == min(available for _, _, available in told)
    assert numbers["peak_replicas"] == max(existing for _, existing, _ in told)
    if not scaled:
        wanted, extra = world.scenario.workload.rollout.replicas, 0
        for (since, existing, _), (until, *_) in zip(told, [*told[1:], (history.end, 0, 0)], strict=True):
            extra += max(0, existing - wanted) * (until - since)
        assert numbers["extra_replica_seconds"] == extra / SECOND
    completed = history.completed
    assert numbers["duration_seconds"] == (inf if completed is None else completed / SECOND)


@given(traffics(), st.sampled_from((1, SECOND // 3, SECOND)))
def test_the_busiest_second(traffic: Traffic, tick: int) -> None:
    times = traffic.request_time * tick
    traffic = attrs.evolve(traffic, request_time=times, start=traffic.start * tick, end=traffic.end * tick)
    counted = Counter((int(time) - traffic.start) // SECOND for time in times)
    assert busiest_second(SessionIndex.of(traffic)) == max(counted.values())


TRAFFIC = SessionIndex.of(Synthetic(sessions_per_minute=20, duration=seconds(3600)).load(3))


def typical(strategy: Strategy, weather: Weather | None = None, pre_stop: float = 2.0) -> dict[str, float]:
    scenario = scenario_of(weather=weather)
    workload = attrs.evolve(
        scenario.workload, lifecycle=attrs.evolve(scenario.workload.lifecycle, pre_stop_seconds=pre_stop)
    )
    scenario = attrs.evolve(scenario, workload=workload)
    return outcome(scenario, strategy, TRAFFIC, begin=0, seed=9, full_load=10.0)


def test_what_each_strategy_is_known_for() -> None:
    rolling, recreate = typical(Rolling(max_surge=1, max_unavailable=0)), typical(Recreate())
    instant, page, drain = (typical(BlueGreen(switch=each)) for each in ("instant", "page", "drain"))
    affinity, replica = typical(SessionAffinity()), typical(SessionAffinity(to="replica"))
    assert rolling["mixed_sessions"] > 0 < rolling["backward_sessions"]
    assert rolling["min_available"] == 4
    assert rolling["peak_replicas"] == 6, "the terminating one counts"
    assert recreate["failed_no_endpoint"] > 0 == recreate["min_available"]
    assert recreate["mixed_seconds"] == 0
    assert instant["mixed_seconds"] == 0
    assert instant["peak_replicas"] == drain["peak_replicas"] == 8
    assert page["mixed_page_views"] == drain["mixed_page_views"] == affinity["mixed_page_views"] == 0
    assert page["mixed_sessions"] > 0 == drain["mixed_sessions"] == affinity["mixed_sessions"]
    assert replica["orphaned_sessions"] > 0 == affinity["orphaned_sessions"]
    assert affinity["duration_seconds"] > rolling["duration_seconds"] >= 20
    for numbers in (rolling, instant, page, drain, affinity):
        assert numbers["failed_requests"] == 0
        assert numbers["rollback_seconds"] < 60
        assert numbers["exposed_sessions"] > 0


def test_a_replica_that_stops_at_once_still_gets_requests() -> None:
    rolling = typical(Rolling(max_surge=1, max_unavailable=0), pre_stop=0)
    assert rolling["failed_requests"] == rolling["failed_terminated"] > 0


def test_a_rollout_is_not_over_before_its_replicas_answer() -> None:
    """Without probes Kubernetes is done at once, and users are not: what fails alone fails beside a slower strategy."""
    scenario = attrs.evolve(scenario_of(), environment=Environment(startup=seconds(40)))
    bare = attrs.evolve(scenario.workload, lifecycle=Lifecycle(pre_stop_seconds=2.0))
    scenario = attrs.evolve(scenario, workload=bare)
    given: dict[str, Any] = {"begin": 0, "seed": 1, "full_load": 10.0}
    [alone] = outcomes(scenario, [Rolling()], TRAFFIC, **given)
    beside, _ = outcomes(scenario, [Rolling(), SessionAffinity()], TRAFFIC, **given)
    causes = ("failed_not_started", "failed_no_endpoint", "failed_terminated")
    assert alone.numbers["failed_not_started"] > 0
    assert [alone.numbers[each] for each in causes] == [beside.numbers[each] for each in causes]


def simulation(world: World, strategy: Strategy, detection: Detection | None = None) -> Simulation:
    sessions = SessionIndex.of(world.traffic)
    live = LiveSessions(sessions, world.begin, world.seed)
    return Simulation(world.scenario, strategy, live, world.seed, world.scenario.runbook, detection)


@given(worlds(), STRATEGIES, st.integers(0, 400), st.sampled_from(["good", "bad"]))
def test_two_that_part_are_what_each_would_be_alone(
    world: World, strategy: Strategy, delay: int, first: str
) -> None:
    """Good or bad, nobody knows at first: what is simulated once for both is what either does from its beginning."""
    detection = Detection(world.scenario.target, seconds(delay))
    bad = simulation(world, strategy, detection)
    good = bad.parted()
    event("noticed before they part" if good is None else "parted")
    if first == "bad":
        bad.run()
    if good is not None:
        lone = simulation(world, strategy)
        history = good.run()
        assert history == lone.run()
        assert good.lived_on(history.end + SECOND) == lone.lived_on(history.end + SECOND)
    assert bad.run() == simulation(world, strategy, detection).run()


def test_what_is_noticed_as_soon_as_it_could_be_does_not_part() -> None:
    stuck = scenario_of(weather=Weather(never_ready=True), progress_deadline_seconds=60)
    for scenario, delay, parts in (
        (stuck, 3000, False),
        (scenario_of(), 0, False),
        (scenario_of(), 50, True),
    ):
        live = LiveSessions(TRAFFIC, 0, 9)
        detection = Detection("new", seconds(delay))
        bad = Simulation(scenario, ONE_BY_ONE, live, 9, scenario.runbook, detection)
        assert (bad.parted() is not None) == parts


SEVERAL = st.lists(STRATEGIES, min_size=1, max_size=3)
TOTALS = ("sessions", "page_views", "requests")


@settings(max_examples=max(1, settings().max_examples // 2))
@given(worlds(), SEVERAL)
def test_every_strategy_is_measured_over_one_window(world: World, strategies: list[Strategy]) -> None:
    sessions = SessionIndex.of(world.traffic)
    given = {"begin": world.begin, "seed": world.seed, "full_load": 2.0}
    together = list(outcomes(world.scenario, strategies, sessions, **given))  # type: ignore[arg-type]
    histories = [simulation(world, each).run() for each in strategies]
    window = max(history.timeline.end for history in histories)
    plain = cut(sessions, world.begin, world.begin + window, world.seed).plain()
    requests = [request for _, session in plain for request in session]
    pages: dict[int, list[int]] = {}
    for each in requests:
        pages.setdefault(each.page, []).append(each.time)
    documents = {each.page for each in requests if each.document}
    for found, history, strategy in zip(together, histories, strategies, strict=True):
        assert found.numbers["sessions"] == len(plain)
        assert found.numbers["requests"] == sum(0 <= each.time < window for each in requests)
        for end, counted in (
            (window, found.numbers["page_views"]),
            (history.timeline.end, found.own_page_views),
        ):
            assert counted == sum(pages[page][0] < end and pages[page][-1] >= 0 for page in documents)
        alone = outcome(world.scenario, strategy, sessions, **given)  # type: ignore[arg-type]
        if world.scenario.weather.clear or history.timeline.end == window:
            # Once it is over, nothing happens to it any more: the window only counts whom else it might have met.
            for name in METRICS.keys() - set(TOTALS) - {"peak_utilisation"}:
                assert found.numbers[name] == pytest.approx(alone[name], nan_ok=True), name
        assert all(found.numbers[name] >= alone[name] for name in (*TOTALS, "peak_utilisation"))


LIMITS: list[dict[str, Any]] = [
    {},
    {"capacity": 1},
    {"capacity": 2},
    {"capacity": 1, "queue_timeout": seconds(0)},
    {"capacity": 2, "queue_timeout": seconds(1)},
]


@settings(max_examples=max(1, settings().max_examples // 2))
@given(worlds(), SEVERAL, st.integers(1, 3), st.integers(1, 6), st.sampled_from(LIMITS))
def test_blocks_of_any_size_give_the_same_numbers(
    world: World,
    strategies: list[Strategy],
    most_sessions: int,
    most_requests: int,
    limits: dict[str, Any],
) -> None:
    environment = attrs.evolve(world.scenario.environment, **limits)
    scenario = attrs.evolve(world.scenario, environment=environment)
    given = {"begin": world.begin, "seed": world.seed, "full_load": 2.0}
    found = []
    for sessions, requests, chunk in ((10_000, 10_000, 256), (most_sessions, most_requests, 1)):
        with patch.multiple(cutting, MOST_SESSIONS=sessions, MOST_REQUESTS=requests, _CHUNK=chunk):
            index = SessionIndex.of(world.traffic)
            found.append(outcomes(scenario, strategies, index, **given))  # type: ignore[arg-type]
    for one, other in zip(*found, strict=True):
        assert one.numbers == pytest.approx(other.numbers, nan_ok=True, rel=0, abs=0)
        assert one.own_page_views == other.own_page_views


@settings(max_examples=max(1, settings().max_examples // 2))
@given(worlds(), STRATEGIES, st.integers(0, 3600))
def test_after_its_end_a_fleet_lives_on(world: World, strategy: Strategy, longer: int) -> None:
    runs = simulation(world, strategy)
    history = runs.run()
    until = history.timeline.end + seconds(longer)
    further = runs.lived_on(until)
    assert further.end == until
    assert further.revisions[: len(history.timeline.revisions)] == history.timeline.revisions
    for time in {0, *(moment.time for moment in history.moments), history.timeline.end - 1}:
        before, after = (
            {
                (slot.replica, slot.listed)
                for slot in timeline.slots
                if slot.listed <= time < slot.unlisted and time < slot.dead
            }
            for timeline in (history.timeline, further)
        )
        assert before == after
    if world.scenario.weather.clear:
        assert further == attrs.evolve(history.timeline, end=until)


def test_weather_does_not_end_with_the_rollout() -> None:
    """The short rollout meets crashes as long as the long one does; its own numbers are those of its rollout."""
    stormy = scenario_of(weather=Weather(crash_every=seconds(120)), replicas=2)
    numbers = [
        found.numbers
        for found in outcomes(
            stormy, [Rolling(), BlueGreen(switch="drain")], TRAFFIC, begin=0, seed=10, full_load=10.0
        )
    ]
    alone = outcome(stormy, Rolling(), TRAFFIC, begin=0, seed=10, full_load=10.0)
    rolling, drain = numbers
    assert rolling["requests"] == drain["requests"] > 10 * alone["requests"]
    assert rolling["failed_requests"] > 5 * (1 + alone["failed_requests"])
    for name in (
        "min_available",
        "peak_replicas",
        "extra_replica_seconds",
        "duration_seconds",
        "mixed_seconds",
    ):
        assert rolling[name] == alone[name]


def when_gone(history: History, rank: int) -> float | None:
    """When a revision could be met for the last time; infinity for still, None for never: by the plain reference."""
    timeline = history.timeline
    changes = {since for since, _ in timeline.routings}
    changes |= {time for slot in timeline.slots for time in (slot.listed, slot.unlisted, slot.fallback)}
    moments = sorted(time for time in changes if -FOREVER < time < FOREVER)
    reached = [rank in ranks for ranks in met(timeline, [-seconds(1), *moments]).values()]
    if not any(reached):
        return None
    last = len(reached) - 1 - reached[::-1].index(True)
    return moments[last] if last < len(moments) else inf


@settings(max_examples=2 * settings().max_examples)
@given(worlds(), STRATEGIES, st.integers(0, 600), st.integers(1, 3600))
def test_going_back_is_what_the_history_of_a_bad_revision_shows(
    world: World, strategy: Strategy, detect: int, horizon: int
) -> None:
    scenario = attrs.evolve(world.scenario, detect=seconds(detect), horizon=seconds(horizon))
    world = attrs.evolve(world, scenario=scenario)
    numbers = found(world, strategy)
    history = simulation(world, strategy, Detection("new", seconds(detect))).run()
    timeline = history.timeline
    rank = timeline.revisions.index("new") if "new" in timeline.revisions else -1
    gone = when_gone(history, rank)
    if gone is None:
        assert isnan(numbers["rollback_seconds"])
        assert numbers["exposed_sessions"] == 0
        return
    wishes = [(moment.time, moment.rollout.target) for moment in history.moments]
    left = [time for (_, before), (time, after) in pairwise(wishes) if before == "new" != after]
    if gone == inf or wishes[-1][1] == "new":
        assert numbers["rollback_seconds"] == inf
    else:
        assert numbers["rollback_seconds"] == max(0, gone - left[-1]) / SECOND
    end = min(gone, timeline.end)
    sessions = cut(SessionIndex.of(world.traffic), world.begin, world.begin + int(end), world.seed).plain()
    exposed = 0
    for draw, requests in sessions:
        served, _ = route_plainly(timeline, draw, requests)
        exposed += any(
            each.slot is not None
            and timeline.slots[each.slot].revision == rank
            and each.cause not in (Cause.NOT_STARTED, Cause.TERMINATED)
            and 0 <= request.time < end
            for request, each in zip(requests, served, strict=True)
        )
    assert numbers["exposed_sessions"] == exposed


def gone_bad(strategy: Strategy, *lines: str, **given: Any) -> tuple[list[str], dict[str, float]]:
    """What the operator does when the new revision is bad, and the numbers; fifty seconds until it is noticed."""
    detect = seconds(given.pop("detect", 50))
    limit = given.pop("revision_history_limit", 10)
    scenario = attrs.evolve(scenario_of(*lines, **given), detect=detect)
    wish = attrs.evolve(scenario.workload.rollout, revision_history_limit=limit)
    scenario = attrs.evolve(scenario, workload=attrs.evolve(scenario.workload, rollout=wish))
    live = LiveSessions(TRAFFIC, 0, 9)
    history = Simulation(scenario, strategy, live, 9, scenario.runbook, Detection("new", detect)).run()
    return [f"{verb} {time:g}" for verb, time in deeds(history)], outcome(
        scenario, strategy, TRAFFIC, begin=0, seed=9, full_load=10.0
    )


ONE_BY_ONE = Rolling(max_surge=1, max_unavailable=0)


def test_a_preview_is_not_found_to_be_bad_before_it_serves() -> None:
    done, numbers = gone_bad(BlueGreen(auto_promotion_seconds=seconds(100)), detect=20)
    assert done == ["abort 126"]
    assert numbers["rollback_seconds"] == 1, "the routing delay"
    assert numbers["exposed_sessions"] > 0


def test_a_runbook_is_kept_when_the_revision_is_bad() -> None:
    done, _ = gone_bad(ONE_BY_ONE, "pause when 1 available", "scale 6 at 20s", "resume at 50s", "undo at 10m")
    assert done == ["pause 6", "scale 20", "resume 50", "abort 56"], "what is left of it is not done any more"
    done, numbers = gone_bad(ONE_BY_ONE, "abort at 10s")
    assert done == ["abort 10"], "it has gone back before anybody knew why"
    assert 0 < numbers["rollback_seconds"] < inf
    done, _ = gone_bad(ONE_BY_ONE, "abort at 10s", "set-target new at 90s")
    assert done == ["abort 10", "set-target 90", "abort 90"], "nobody rolls out again what is known to be bad"


@pytest.mark.parametrize(
    ("lines", "given", "done"),
    [
        (
            ["pause when complete"],
            {},
            ["pause 20", "refused undo 56", "set-target 56", "resume 56", "promote 56"],
        ),
        ([], {"revision_history_limit": 0}, ["refused undo 56", "set-target 56", "promote 56"]),
    ],
)
def test_going_back_ends_though_its_verb_is_refused(
    lines: list[str], given: dict[str, int], done: list[str]
) -> None:
    found_done, numbers = gone_bad(ONE_BY_ONE, *lines, **given)
    assert found_done == done
    assert 0 < numbers["rollback_seconds"] < 120


def test_a_stuck_rollout_is_found_out_by_its_deadline() -> None:
    """One replica of the new revision serves, no further one starts: the deadline is before the detection."""
    done, numbers = gone_bad(StopsAtOne(), detect=3000, progress_deadline_seconds=60)
    assert done == ["abort 66"], "it is seen a second after the deadline"
    assert numbers["rollback_seconds"] < 60
    done, numbers = gone_bad(
        ONE_BY_ONE, weather=Weather(never_ready=True), detect=3000, progress_deadline_seconds=60
    )
    assert done == ["abort 61"]
    assert isnan(numbers["rollback_seconds"]), "no request ever reached it"


def test_what_is_never_gone_back_from_is_endless_and_exposes_everybody() -> None:
    done, numbers = gone_bad(ONE_BY_ONE, detect=3000, horizon=600)
    assert done == []
    assert numbers["rollback_seconds"] == inf
    _, soon = gone_bad(ONE_BY_ONE, detect=60)
    assert numbers["exposed_sessions"] > soon["exposed_sessions"]
    done, numbers = gone_bad(StopsAtOne(stays=True), detect=50, horizon=600)
    assert done == ["abort 56"]
    assert numbers["rollback_seconds"] == inf


@attrs.frozen(kw_only=True)
class StopsAtOne(Strategy):
    """Starts one replica of the target and no more; with `stays`, never takes one away either."""

    name: ClassVar[str] = "stops-at-one"
    stays: bool = False

    def decide(self, seen: Observation) -> Plan:
        wanted = {"old": 4, "new": 1} if seen.rollout.target == "new" else {"old": 4}
        if not self.stays:
            wanted = {**{each.name: 0 for each in seen.others if each.name != "old"}, **wanted}
        return Plan(wanted=wanted, routing=Spread(), because="one is enough")


@given(worlds(), STRATEGIES)
def test_a_duration_ends_where_the_last_wish_is_carried_out(world: World, strategy: Strategy) -> None:
    """Whatever the operator has done to the target meanwhile; a rollout that ends elsewhere has not ended."""
    history = simulation(world, strategy).run()
    last = history.moments[-1]
    there = full(last) and can_reach(last.routing, last.rollout.target, {last.rollout.target})
    assert isinf(found(world, strategy)["duration_seconds"]) == (not there)


def test_a_duration_is_that_of_what_is_wished_in_the_end() -> None:
    def lasted(*lines: str, strategy: Strategy = ONE_BY_ONE) -> float:
        return outcome(scenario_of(*lines), strategy, TRAFFIC, begin=0, seed=9, full_load=10.0)[
            "duration_seconds"
        ]

    assert lasted() == 20
    assert 9 < lasted("abort at 9s") < 20
    assert lasted("undo 1m after complete") == 100
    assert lasted("set-target v3 at 60s") == 80
    assert lasted("pause at 9s") == inf
    assert lasted(strategy=StopsAtOne()) == inf
    assert lasted(strategy=Elsewhere()) == inf


@attrs.frozen(kw_only=True)
class Elsewhere(Strategy):
    """Replaces every replica, and goes on sending requests to what was there before."""

    name: ClassVar[str] = "elsewhere"

    def decide(self, seen: Observation) -> Plan:
        wanted = {**dict.fromkeys(seen.wanted, 0), seen.rollout.target: 4}
        return Plan(wanted=wanted, routing=Split({"old": 1}), because="as it was")


def test_a_rollout_that_never_ends_says_so() -> None:
    numbers = typical(Rolling(), Weather(never_ready=True))
    assert isinf(numbers["duration_seconds"])
    assert isnan(numbers["rollback_seconds"])
    assert numbers["exposed_sessions"] == numbers["mixed_sessions"] == 0

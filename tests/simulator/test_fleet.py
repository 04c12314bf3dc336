"""The simulated fleet: its counts are those of its replicas, its slots make sense, a seed is a run."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import attrs
from hypothesis import given
from hypothesis import strategies as st

from turnout import Environment, Lifecycle, Probe, Split, Spread, Weather
from turnout.routing.timeline import FOREVER
from turnout.simulator.fleet import SimulatedFleet
from turnout.units import Duration, seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from turnout.controller import SetStatus
    from turnout.history import Happening
    from turnout.routing import Routing

NAMES = ("old", "new", "other")
PROBED = Lifecycle(readiness=Probe(period_seconds=1, failure_threshold=1))
ROUTINGS: tuple[Routing, ...] = (Spread(), Split({"old": 1}), Split({"new": 1}))


def durations(least: int, most: int) -> st.SearchStrategy[Duration]:
    return st.integers(least, most).map(seconds)


ENVIRONMENTS = st.builds(
    Environment,
    container_start=st.just(0) | durations(0, 4),
    startup=durations(0, 10),
    startup_spread=st.sampled_from((0.0, 0.5)),
    endpoint_delay=durations(0, 4),
    removal_delay=durations(0, 4),
    routing_delay=st.just(0) | durations(0, 4),
    shutdown=durations(0, 4),
)
LIFECYCLES = st.builds(
    Lifecycle,
    readiness=st.none()
    | st.builds(Probe, period_seconds=st.integers(1, 5), failure_threshold=st.integers(1, 3)),
    startup=st.none()
    | st.builds(Probe, period_seconds=st.integers(1, 5), failure_threshold=st.integers(20, 50)),
    pre_stop_seconds=st.sampled_from((0.0, 3.0, None)),
)
WEATHERS = st.builds(
    Weather,
    crash_every=st.none() | durations(5, 60),
    never_ready=st.booleans(),
    slow_start=st.sampled_from((1.0, 5.0)),
    flap_every=st.none() | durations(5, 60),
    flap_for=durations(0, 20),
    clears_after=st.none() | durations(0, 60),
)


@attrs.frozen(kw_only=True)
class Setting:
    """All that a fleet is made from."""

    lifecycle: Lifecycle = PROBED
    environment: Environment = attrs.field(factory=Environment)
    weather: Weather = attrs.field(factory=Weather)
    min_ready_seconds: int = 0
    seed: int = 0
    number: int = 2

    def fleet(self) -> SimulatedFleet:
        fleet = SimulatedFleet(
            lifecycle=self.lifecycle,
            environment=self.environment,
            weather=self.weather,
            target="new",
            min_ready_seconds=self.min_ready_seconds,
            seed=self.seed,
        )
        fleet.start_ready("old", self.number)
        fleet.apply({"old": self.number}, Spread(), -(10**9))
        fleet.advance(0)
        return fleet


SETTINGS = st.builds(
    Setting,
    lifecycle=LIFECYCLES,
    environment=ENVIRONMENTS,
    weather=WEATHERS,
    min_ready_seconds=st.sampled_from((0, 0, 3)),
    seed=st.integers(0, 2**64),
    number=st.integers(0, 4),
)


@attrs.frozen
class Step:
    """What is wished for, and for how long it is left alone."""

    wanted: dict[str, int]
    routing: Routing
    wait: int


STEPS = st.lists(
    st.builds(
        Step,
        st.dictionaries(st.sampled_from(NAMES), st.integers(0, 4)),
        st.sampled_from(ROUTINGS),
        durations(0, 30) | st.integers(1, 10**7),
    ),
    max_size=6,
)


@attrs.define
class Run:
    """A fleet that is driven through some steps, event by event, and looked at after each."""

    fleet: SimulatedFleet
    now: int = 0
    looks: list[tuple[int, Mapping[str, SetStatus], Counter[str]]] = attrs.field(factory=list)

    def take(self, steps: list[Step]) -> Run:
        for step in steps:
            self.fleet.apply(step.wanted, step.routing, self.now)
            self.look()
            end = self.now + step.wait
            while (due := self.fleet.next_event) <= end:
                assert due >= self.now
                self.now = due
                self.fleet.advance(due)
                self.look()
            self.now = end
            self.fleet.advance(end)
        return self

    def look(self) -> None:
        names = self.fleet.revisions
        listed = Counter({names[rank]: number for rank, number in self.fleet.listed.items()})
        self.looks.append((self.now, self.fleet.statuses(self.now), listed))

    def rest(self, within: int = 120) -> Run:
        """Let everything happen that is still to happen; where faults never end, what happens in a while."""
        end = self.now + seconds(within)
        while (due := self.fleet.next_event) < end and not self.fleet.idle:
            self.now = due
            self.fleet.advance(due)
            self.look()
        return self


@attrs.define
class Counts:
    """The replicas of one revision, as their happenings tell of them."""

    active: set[int] = attrs.field(factory=set)
    ready: set[int] = attrs.field(factory=set)
    available: set[int] = attrs.field(factory=set)
    terminating: set[int] = attrs.field(factory=set)
    listed: set[int] = attrs.field(factory=set)

    def hear(self, each: Happening) -> None:
        who = each.replica
        if each.what == "created":
            assert who not in self.active
            self.active.add(who)
        elif each.what in ("ready", "restarted"):
            assert who in self.active - self.ready
            self.ready |= {who} if each.what == "ready" else set()
        elif each.what == "available":
            if each.time < 0:  # what the fleet begins with has been ready and listed for long
                self.ready.add(who)
                self.listed.add(who)
            assert who in self.ready - self.available
            self.available.add(who)
        elif each.what in ("terminating", "killed", "crashed", "not ready"):
            assert who in self.active
            self.ready.discard(who)
            self.available.discard(who)
            if each.what != "not ready":
                self.active.remove(who)
            if each.what == "terminating":
                self.terminating.add(who)
        elif each.what == "gone":
            self.terminating.remove(who)
        elif each.what == "listed":
            assert who in self.ready - self.listed
            self.listed.add(who)
        else:
            assert each.what == "unlisted"
            assert who not in self.ready
            self.listed.remove(who)


@given(SETTINGS, STEPS)
def test_counts_are_those_of_the_replicas(setting: Setting, steps: list[Step]) -> None:
    run = Run(setting.fleet()).take(steps).rest()
    times = [each.time for each in run.fleet.happenings]
    assert times == sorted(times)
    counted = (each for each in run.fleet.happenings if each.what != "answers")
    happenings, told = iter(counted), dict[str, Counts]()
    following = next(happenings, None)
    for time, statuses, listed in {look[0]: look for look in run.looks}.values():
        while following is not None and following.time <= time:
            told.setdefault(following.revision, Counts()).hear(following)
            following = next(happenings, None)
        for name, status in statuses.items():
            counts = told.get(name, Counts())
            assert status.replicas == len(counts.active)
            assert status.ready == len(counts.ready)
            assert status.available == len(counts.available)
            assert status.terminating == len(counts.terminating)
            assert status.endpoints == listed[name] == len(counts.listed & counts.active)
            assert status.available <= status.ready <= status.replicas


@given(SETTINGS, STEPS)
def test_there_are_as_many_replicas_as_wanted(setting: Setting, steps: list[Step]) -> None:
    run = Run(setting.fleet())
    for step in steps:
        run.take([step])
        for _, statuses, _ in run.looks[-1:]:
            for name, status in statuses.items():
                assert status.replicas == step.wanted.get(name, 0), "one that is left out gets none"


@given(SETTINGS, STEPS)
def test_slots_are_stays_of_one_replica_each(setting: Setting, steps: list[Step]) -> None:
    run = Run(setting.fleet()).take(steps).rest()
    timeline = run.fleet.timeline(max(run.now, 1))
    ends = {
        each.replica: each.time + (0 if each.what == "crashed" else run.fleet._serves_on)
        for each in run.fleet.happenings
        if each.what in ("terminating", "killed", "crashed")
    }
    stopped = {
        each.replica: each.time
        for each in run.fleet.happenings
        if each.what in ("terminating", "killed", "crashed")
    }
    deleted = {each.replica: each.time for each in run.fleet.happenings if each.what == "terminating"}
    before = {
        each.replica: each.what
        for each in run.fleet.happenings
        if each.what in ("available", "ready", "not ready", "killed", "crashed")
        and each.time <= deleted.get(each.replica, FOREVER)
    }
    ready_at_the_end = {replica for replica in deleted if before.get(replica) in ("ready", "available")}
    stays: dict[int, list[tuple[int, int]]] = {}
    for slot in timeline.slots:
        stays.setdefault(slot.replica, []).append((slot.listed, slot.unlisted))
        end = ends.get(slot.replica, FOREVER)
        assert slot.dead in (end, FOREVER)
        assert slot.listed < end, "nobody is listed after the end"
        assert slot.listed <= slot.unlisted
        serves_on = slot.replica in ready_at_the_end and slot.unlisted < end
        assert slot.fallback == (end if serves_on and slot.unlisted >= deleted[slot.replica] else -FOREVER)
    for each in stays.values():
        for (_, left), (came, _) in zip(sorted(each)[:-1], sorted(each)[1:], strict=True):
            assert left <= came
    for time, _, listed in {look[0]: look for look in run.looks}.values():
        there = Counter(
            timeline.revisions[each.revision]
            for each in timeline.slots
            if each.listed <= time < min(each.unlisted, stopped.get(each.replica, FOREVER))
        )
        assert +there == +listed


@given(SETTINGS, STEPS)
def test_the_same_seed_is_the_same_run(setting: Setting, steps: list[Step]) -> None:
    one, other = (Run(setting.fleet()).take(steps).rest() for _ in range(2))
    assert one.fleet.happenings == other.fleet.happenings
    assert one.looks == other.looks
    assert one.fleet.timeline(1) == other.fleet.timeline(1)


@given(SETTINGS, STEPS)
def test_routings_follow_each_other_in_time(setting: Setting, steps: list[Step]) -> None:
    run = Run(setting.fleet()).take(steps)
    routings = run.fleet.timeline(1).routings
    times = [since for since, _ in routings]
    assert times[0] == -FOREVER
    assert times == sorted(set(times))
    if steps:
        assert run.fleet.routing == routings[-1][1] == steps[-1].routing


def lives(happenings: list[Happening], name: str) -> list[list[tuple[int, str]]]:
    """What happened to the n-th replica of a revision, from its creation on, until somebody ended it."""
    found: dict[int, list[tuple[int, str]]] = {}
    created = {each.replica: each.time for each in happenings if each.what == "created"}
    for each in happenings:
        if each.revision == name:
            own = found.setdefault(each.replica, [])
            if each.what in ("created", "ready", "not ready", "killed", "crashed") and (
                not own or own[-1][1] != "-"
            ):
                own.append((each.time - created[each.replica], each.what))
            elif each.what == "terminating":
                own.append((0, "-"))
    return [[event for event in found[number] if event[1] != "-"] for number in sorted(found)]


@given(SETTINGS, STEPS, durations(0, 100))
def test_the_nth_replica_draws_the_same_whatever_else_happens(
    setting: Setting, steps: list[Step], later: int
) -> None:
    """Brought up at another time, beside other revisions and after others, it lives the same life."""
    weather = attrs.evolve(setting.weather, never_ready=False, clears_after=None)
    setting = attrs.evolve(setting, weather=weather)
    alone, beside = Run(setting.fleet()), Run(setting.fleet())
    beside.take([attrs.evolve(step, wanted={**step.wanted, "new": 0, "other": 1}) for step in steps])
    beside.now += later
    beside.fleet.advance(beside.now)
    for run in (alone, beside):
        run.take([Step({"old": 1, "new": 3}, Spread(), seconds(300))])
    pair = [lives(run.fleet.happenings, "new") for run in (alone, beside)]
    assert all(len(each) >= 3 for each in pair)
    for one, other in zip(*pair, strict=False):
        shared = min(len(one), len(other))
        assert one[:shared] == other[:shared]


@given(SETTINGS, STEPS)
def test_weather_clears(setting: Setting, steps: list[Step]) -> None:
    clear = setting.weather.clears_after or 0
    setting = attrs.evolve(setting, weather=attrs.evolve(setting.weather, clears_after=Duration(clear)))
    wanted = {"old": 1, "new": 3}
    run = Run(setting.fleet()).take([*steps, Step(wanted, Spread(), seconds(1))]).rest(7200)
    struck = [each.time for each in run.fleet.happenings if each.what in ("crashed", "not ready")]
    assert all(time < clear for time in struck)
    assert run.fleet.idle
    statuses = run.fleet.statuses(run.now)
    for name, number in wanted.items():
        status = statuses[name]
        assert status.replicas == status.ready == status.available == status.endpoints == number
        assert status.terminating == 0
    assert statuses["new"].error_share == 0 or run.now < clear


@given(SETTINGS)
def test_a_revision_that_is_never_ready_is_when_the_weather_clears(setting: Setting) -> None:
    weather = Weather(never_ready=True, slow_start=50)
    never = Run(attrs.evolve(setting, weather=weather).fleet())
    never.take([Step({"old": 1, "new": 2}, Spread(), seconds(7200))])
    assert never.fleet.statuses(never.now)["new"].ready == 0
    cleared = Run(attrs.evolve(setting, weather=attrs.evolve(weather, clears_after=seconds(60))).fleet())
    cleared.take([Step({"old": 1, "new": 2}, Spread(), seconds(7200))])
    ready = [each.time for each in cleared.fleet.happenings if (each.revision, each.what) == ("new", "ready")]
    assert len(ready) == 2
    assert min(ready) >= seconds(60)


def test_faults_of_the_target_end_with_the_weather() -> None:
    """Slow starts and errors are the new revision's, and only until the weather clears."""
    weather = Weather(slow_start=10, error_share=0.5, clears_after=seconds(100))
    setting = Setting(environment=Environment(container_start=seconds(0), startup_spread=0), weather=weather)
    fleet = setting.fleet()
    run = Run(fleet)
    run.take(
        [
            Step({"old": 3, "new": 1}, Spread(), seconds(100)),
            Step({"old": 3, "new": 2}, Spread(), seconds(100)),
        ]
    )
    ready = [(each.time, each.revision) for each in fleet.happenings if each.what == "ready"]
    assert ready == [(seconds(5), "old"), (seconds(50), "new"), (seconds(105), "new")]
    assert [fleet.statuses(time)["new"].error_share for time in (seconds(99), seconds(100))] == [0.5, 0]
    assert fleet.statuses(0)["old"].error_share == 0
    assert fleet.timeline(1).faulty_until == seconds(100)
    assert fleet.timeline(1).error_share == (0, 0.5)


def test_what_has_become_void_keeps_nobody_waiting() -> None:
    """A replica that is deleted long before it would have become available is all gone when it has stopped."""
    run = Run(
        Setting(
            environment=Environment(container_start=seconds(0), startup_spread=0), min_ready_seconds=600
        ).fleet()
    )
    run.take([Step({"old": 2, "new": 1}, Spread(), seconds(10)), Step({"old": 2}, Spread(), seconds(5))])
    assert run.fleet.idle
    assert run.fleet.next_event == FOREVER


def test_an_unready_replica_that_is_deleted_leaves_the_list_when_it_was_to_leave() -> None:
    environment = Environment(container_start=seconds(0), removal_delay=seconds(10), startup_spread=0)
    weather = Weather(flap_every=seconds(1), flap_for=seconds(60), clears_after=seconds(50))
    run = Run(Setting(environment=environment, weather=weather, number=1).fleet())
    run.take([Step({"old": 1}, Spread(), seconds(1))])
    while not (struck := [each.time for each in run.fleet.happenings if each.what == "not ready"]):
        run.take([Step({"old": 1}, Spread(), seconds(1))])
    assert run.now - seconds(1) <= struck[0] <= run.now
    run.take([Step({"old": 1}, Spread(), seconds(4)), Step({"old": 0}, Spread(), seconds(60))])
    left = [each.time for each in run.fleet.happenings if each.what == "unlisted"]
    assert left == [struck[0] + seconds(10)]


def life(lifecycle: Lifecycle, weather: Weather | None = None, **given: int) -> list[tuple[str, float]]:
    """What happens to one new replica within twenty minutes, and when, in seconds after its creation."""
    times = {"container_start": 0, **given}
    environment = Environment(startup_spread=0, **{name: seconds(each) for name, each in times.items()})
    setting = Setting(
        lifecycle=lifecycle, environment=environment, weather=Weather() if weather is None else weather
    )
    run = Run(setting.fleet()).take([Step({"old": 2, "new": 1}, Spread(), seconds(1200))])
    return [(each.what, each.time / seconds(1)) for each in run.fleet.happenings if each.revision == "new"]


def test_without_probes_a_replica_is_listed_when_it_starts_and_answers_later() -> None:
    setting = Setting(
        lifecycle=Lifecycle(), environment=Environment(container_start=seconds(0), startup_spread=0)
    )
    run = Run(setting.fleet()).take([Step({"old": 2, "new": 1}, Spread(), seconds(60))])
    [slot] = [each for each in run.fleet.timeline(1).slots if each.revision == 1]
    assert (slot.listed, slot.answers, slot.dead) == (seconds(1), seconds(5), FOREVER)
    assert life(Lifecycle(), startup=30) == [
        ("created", 0),
        ("ready", 0),
        ("available", 0),
        ("listed", 1),
        ("answers", 30),
    ]


def test_a_container_runs_some_time_after_its_replica_is_created_and_a_restarted_one_at_once() -> None:
    run = Run(Setting(environment=Environment(container_start=seconds(3), startup_spread=0)).fleet())
    run.take([Step({"new": 1}, Spread(), seconds(60))])
    [ready] = [each.time for each in run.fleet.happenings if each.what == "ready"]
    assert ready == seconds(3 + 5)
    slow = Lifecycle(startup=Probe(period_seconds=5, failure_threshold=3))
    assert life(slow, container_start=3, startup=16)[1:3] == [("restarted", 18), ("restarted", 18 + 15 + 10)]


def test_a_replica_that_is_ready_before_it_answers_is_not_all_there_yet() -> None:
    fleet = Setting(lifecycle=Lifecycle(), environment=Environment(container_start=seconds(0))).fleet()
    run = Run(fleet).take([Step({"old": 1, "new": 1}, Spread(), seconds(2))])
    assert run.fleet.listed[1] == 1
    assert not run.fleet.idle
    assert run.rest().fleet.idle


def test_what_answers_before_it_is_listed_fails_nobody() -> None:
    for lifecycle in (Lifecycle(readiness=Probe()), Lifecycle(startup=Probe())):
        run = Run(Setting(lifecycle=lifecycle).fleet())
        run.take([Step({"old": 2, "new": 3}, Spread(), seconds(60))])
        assert all(each.answers < each.listed for each in run.fleet.timeline(1).slots if each.revision == 1)


def test_a_replica_that_starts_too_slowly_is_started_again_and_again() -> None:
    """Fifteen seconds are not enough: each attempt ends there, and the pauses between them grow."""
    lifecycle = Lifecycle(startup=Probe(period_seconds=5, failure_threshold=3))
    ends = [15, 15 + 15 + 10, 55 + 20, 90 + 40, 145 + 80, 240 + 160, 415 + 300, 730 + 300]
    assert life(lifecycle, startup=16) == [("created", 0), *(("restarted", each) for each in ends)]
    assert life(lifecycle, startup=15)[1] == ("ready", 15)
    slow = Weather(slow_start=4, clears_after=seconds(41))
    assert [each for each in life(lifecycle, slow) if each[0] in ("restarted", "ready")] == [
        ("restarted", 15),
        ("restarted", 40),
        ("restarted", 75),
        ("ready", 80),
    ]


def test_a_fault_that_the_readiness_probe_does_not_notice_changes_nothing() -> None:
    """Three failures in a row, ten seconds apart, take more than twenty seconds."""
    quiet = [("created", 0), ("ready", 10), ("available", 10), ("listed", 11)]
    for lifecycle in (Lifecycle(readiness=Probe()), Lifecycle()):
        happened = life(lifecycle, Weather(flap_every=seconds(30), flap_for=seconds(20)))
        assert [what for what, _ in happened if what != "answers"] == [what for what, _ in quiet]
    assert life(Lifecycle(), Weather(flap_every=seconds(30), flap_for=seconds(600)))[-1][0] == "answers"
    noticed = life(Lifecycle(readiness=Probe()), Weather(flap_every=seconds(30), flap_for=seconds(31)))
    assert tuple(what for what, _ in noticed[4:9]) == (
        "not ready",
        "unlisted",
        "ready",
        "available",
        "listed",
    )
    assert all(time % 10 == 0 for what, time in noticed if what in ("ready", "not ready"))


def test_a_new_routing_is_in_force_after_its_delay() -> None:
    environment = Environment(routing_delay=seconds(7))
    run = Run(Setting(environment=environment).fleet())
    run.take([Step({"old": 2}, Split({"old": 1}), seconds(2))])
    assert run.fleet.routing == Split({"old": 1})
    idle_before = run.fleet.idle
    assert run.fleet.next_event == seconds(7)
    run.rest()
    assert (idle_before, run.fleet.idle) == (False, True)
    assert run.fleet.timeline(1).routings[-1] == (seconds(7), Split({"old": 1}))

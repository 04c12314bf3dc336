"""Every invariant catches a deliberately bad strategy or a forged history, and lets the good ones pass."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import attrs
import pytest

from tests.bad_strategies import BAD, Bad, ChangesItsMind, DrainsAtOnce, SpreadsWhileRolling
from turnout import (
    Environment,
    Lifecycle,
    Probe,
    Rollout,
    Runbook,
    Scenario,
    Spread,
    Sticky,
    Strategy,
    Trace,
    Weather,
    Workload,
    seconds,
)
from turnout.history import Deed, Numbers
from turnout.invariants import INVARIANTS
from turnout.routing.plain import Cause
from turnout.verify import Session, World
from turnout_strategies import two_step
from turnout_strategies.blue_green import BlueGreen
from turnout_strategies.recreate import Recreate
from turnout_strategies.rolling import Rolling
from turnout_strategies.session_affinity import SessionAffinity
from turnout_strategies.two_step import TwoStep

if TYPE_CHECKING:
    from turnout.history import Moment
    from turnout.invariant import Violation

ALL = {**INVARIANTS, **{each.name: each for each in two_step.turnout_invariants()}}
SAFE = Lifecycle(readiness=Probe(period_seconds=1, failure_threshold=1), pre_stop_seconds=5.0)


def dense_traffic() -> tuple[Session, ...]:
    """A session every second for five minutes, of eight pages seven seconds apart; each loads for three seconds."""
    sessions, pages, requests = 300, 8, 4
    return tuple(
        tuple(
            tuple(1_000_000 * (start + 7 * page + request) - 59_500_000 for request in range(requests))
            for page in range(pages)
        )
        for start in range(sessions)
    )


DENSE = dense_traffic()


def run(
    strategy: Strategy,
    *lines: str,
    weather: Weather | None = None,
    replicas: int = 4,
    lifecycle: Lifecycle = SAFE,
) -> Trace:
    rollout = Rollout(replicas=replicas, target="new", progress_deadline_seconds=None)
    scenario = Scenario(
        workload=Workload(name="web", rollout=rollout, lifecycle=lifecycle),
        previous="old",
        environment=Environment(startup_spread=0),
        weather=Weather() if weather is None else weather,
        runbook=Runbook.parse(lines),
        horizon=seconds(2 * 3600),
    )
    return World(scenario=scenario, sessions=DENSE, seed=1).run(strategy)


def broken(trace: Trace, invariant: str) -> Violation | None:
    return ALL[invariant].check(trace)


@pytest.mark.parametrize("bad", [each for each in BAD if each.stages], ids=lambda bad: bad.name)
def test_a_staged_strategy_is_caught(bad: type[Bad]) -> None:
    trace = run(bad(), *bad.runbook, weather=bad.weather, lifecycle=bad.lifecycle)
    violation = broken(trace, bad.breaks)
    assert violation is not None
    assert violation.time >= 0
    assert str(violation).startswith("at ")


def test_bad_strategies_tell_what_is_bad_about_them() -> None:
    assert len({bad.name for bad in BAD}) == len(BAD)
    for bad in BAD:
        assert bad.breaks in ALL
        assert bad.__doc__
        assert bad.__doc__.count("\n") == 0


def test_no_invariant_is_without_something_that_breaks_it() -> None:
    forged = {"paused-means-still"}  # the controller asks no strategy while paused: see below
    assert {bad.breaks for bad in BAD} | forged == set(ALL)
    assert not {bad.breaks for bad in BAD} & forged


GOOD: dict[str, list[Strategy]] = {
    "one-version-per-page": [BlueGreen(switch="page"), BlueGreen(switch="drain"), SessionAffinity()],
    "one-version-per-session": [BlueGreen(switch="drain"), SessionAffinity()],
    "never-backwards": [BlueGreen(), BlueGreen(switch="drain"), SessionAffinity()],
    "capacity-floor": [
        Rolling(),
        Rolling(max_surge=1, max_unavailable=0),
        SessionAffinity(),
        BlueGreen(),
        TwoStep(),
    ],
    "surge-ceiling": [
        Rolling(),
        Rolling(max_surge=1, max_unavailable=0),
        SessionAffinity(),
        BlueGreen(),
        Recreate(),
    ],
    "one-active-revision": [BlueGreen(), BlueGreen(switch="page"), BlueGreen(switch="drain"), Recreate()],
    "paused-means-still": [Rolling(pause_after=1), SessionAffinity(), BlueGreen(auto_promotion=False)],
    "no-request-to-the-unready": [Rolling(), SessionAffinity(), BlueGreen(), TwoStep(), Recreate()],
    "converges": [Rolling(), Rolling(pause_after=2), SessionAffinity(), BlueGreen(), TwoStep(), Recreate()],
    "undo-restores": [Rolling(), SessionAffinity(), BlueGreen(), TwoStep(), Recreate()],
    "no-broken-page": [TwoStep(), TwoStep(inner="blue-green")],
}


@pytest.mark.parametrize(
    ("invariant", "strategy"), [(name, each) for name, strategies in GOOD.items() for each in strategies]
)
def test_a_good_strategy_passes(invariant: str, strategy: Strategy) -> None:
    runbooks: dict[str, list[tuple[str, ...]]] = {
        "paused-means-still": [
            ("pause when 1 available", "resume 5m later"),
            ("pause at 3s", "scale 7 at 20s"),
        ],
        "undo-restores": [("abort at 12s",), ("undo at 7s",), ("undo 10s after complete",)],
    }
    for lines in runbooks.get(invariant, [()]):
        assert broken(run(strategy, *lines), invariant) is None


def test_the_good_are_tried_on_every_invariant() -> None:
    assert set(GOOD) == set(ALL)
    trace = run(Rolling())
    assert len(trace.answers) > 1000
    assert trace.history.completed is not None


def forged(trace: Trace, place: int, moment: Moment) -> Trace:
    moments = list(trace.history.moments)
    moments[place] = moment
    return Trace(
        history=attrs.evolve(trace.history, moments=tuple(moments)),
        strategy=trace.strategy,
        answers=trace.answers,
    )


def paused() -> tuple[Trace, int, Moment]:
    """A rollout that stands still from 6 s to 306 s; the place of a moment in between, and the moment."""
    trace = run(Rolling(max_surge=1, max_unavailable=0), "pause when 1 available", "resume 5m later")
    still = [place for place, each in enumerate(trace.history.moments) if each.rollout.paused]
    # A moment of its own in between: nothing happens in it.
    between = attrs.evolve(trace.history.moments[still[-1]], time=seconds(100))
    moments = (*trace.history.moments[: still[-1] + 1], between, *trace.history.moments[still[-1] + 1 :])
    trace = attrs.evolve(trace, history=attrs.evolve(trace.history, moments=moments))
    assert broken(trace, "paused-means-still") is None
    return trace, still[-1] + 1, between


def test_nothing_may_grow_while_paused() -> None:
    trace, place, moment = paused()
    more = attrs.evolve(moment.numbers["new"], wanted=moment.numbers["new"].wanted + 1)
    grown = attrs.evolve(moment, numbers={**moment.numbers, "new": more})
    violation = broken(forged(trace, place, grown), "paused-means-still")
    assert violation is not None
    assert violation.time == seconds(100)
    third = attrs.evolve(moment, numbers={**moment.numbers, "third": Numbers(1, 0, 0, 0, 0)})
    assert broken(forged(trace, place, third), "paused-means-still") is not None
    less = attrs.evolve(moment, numbers={**moment.numbers, "new": attrs.evolve(more, wanted=0)})
    assert broken(forged(trace, place, less), "paused-means-still") is None


def test_no_routing_may_change_while_paused() -> None:
    trace, place, moment = paused()
    changed = forged(trace, place, attrs.evolve(moment, routing=Sticky()))
    assert broken(changed, "paused-means-still") is not None
    going = forged(
        trace,
        place,
        attrs.evolve(moment, routing=Sticky(), rollout=attrs.evolve(moment.rollout, paused=False)),
    )
    assert broken(going, "paused-means-still") is None


def test_whoever_touches_it_may_make_it_grow() -> None:
    trace, place, moment = paused()
    more = attrs.evolve(moment.numbers["new"], wanted=9)
    grown = forged(trace, place, attrs.evolve(moment, numbers={**moment.numbers, "new": more}))
    deeds = (*trace.history.deeds, Deed(time=moment.time, verb="scale", answer="scaled"))
    scaled = attrs.evolve(grown, history=attrs.evolve(grown.history, deeds=deeds))
    assert broken(scaled, "paused-means-still") is None
    refused = tuple(attrs.evolve(deed, refused=True) for deed in deeds)
    assert broken(
        attrs.evolve(grown, history=attrs.evolve(grown.history, deeds=refused)), "paused-means-still"
    )


def test_going_back_excuses_what_comes_after_it() -> None:
    """Sent back at 200 s, sessions of the new revision have to move; before that nobody has."""
    strategy = SessionAffinity()
    trace = run(strategy, "abort at 200s")
    mixed = {answer.session for answer in trace.answers if answer.revision == "new"}
    assert mixed
    assert broken(trace, "one-version-per-session") is None
    assert broken(trace, "never-backwards") is None
    history = attrs.evolve(trace.history, deeds=())
    unexcused = Trace(history=history, strategy=strategy, answers=trace.answers)
    assert broken(unexcused, "never-backwards") is not None


def test_going_back_is_seen_beside_other_verbs_of_the_same_moment() -> None:
    trace = run(Rolling(), "abort at 12s", "pause 0s later")
    assert [deed.verb for deed in trace.history.deeds if deed.time == seconds(12)] == ["abort", "pause"]
    assert trace.went_back() == seconds(12)


def test_going_back_later_excuses_nothing() -> None:
    for bad in (DrainsAtOnce(), SpreadsWhileRolling()):
        assert broken(run(bad, "undo 2m after complete"), bad.breaks) is not None


def test_weather_excuses_a_step_back_from_what_it_takes() -> None:
    weather = Weather(crash_every=seconds(50), clears_after=seconds(600))
    stormy = run(SessionAffinity(), weather=weather, replicas=2)
    ranks = [[answer.rank for answer in answers if answer.served] for answers in stormy.by_session.values()]
    assert any(later < earlier for seen in ranks for earlier, later in pairwise(seen))
    assert broken(stormy, "never-backwards") is None


def test_weather_excuses_requests_to_what_it_has_taken() -> None:
    weather = Weather(crash_every=seconds(20), clears_after=seconds(600))
    stormy = run(BlueGreen(), weather=weather, replicas=1)
    nowhere = [answer.time for answer in stormy.answers if answer.cause is Cause.NO_ENDPOINT]
    assert any(stormy.listed(time) for time in nowhere), "the other fleet is there"
    assert broken(stormy, "no-request-to-the-unready") is None


def test_weather_excuses_what_it_takes() -> None:
    """A crash of the only old replica moves its sessions; a strategy that takes it away is not excused."""
    answers = run(SessionAffinity(), replicas=1).answers
    stormy = run(
        SessionAffinity(), weather=Weather(crash_every=seconds(20), clears_after=seconds(600)), replicas=1
    )
    moved = {answer.session for answer in stormy.answers if answer.revision == "new"} & {
        answer.session for answer in stormy.answers if answer.revision == "old"
    }
    assert moved
    assert broken(stormy, "one-version-per-session") is None
    crashes = [
        each for each in stormy.history.happenings if each.what == "crashed" and each.revision == "old"
    ]
    assert crashes
    # The same answers, but the replica was not wanted any more when it went.
    unwanted = tuple(
        attrs.evolve(
            moment, numbers={name: attrs.evolve(each, wanted=0) for name, each in moment.numbers.items()}
        )
        for moment in stormy.history.moments
    )
    history = attrs.evolve(stormy.history, moments=unwanted)
    assert broken(attrs.evolve(stormy, history=history), "one-version-per-session") is not None
    assert {answer.cause for answer in answers} == {Cause.SERVED}


def test_weather_does_not_excuse_what_a_strategy_took_before() -> None:
    """An old fleet that was taken away on purpose and is wanted again later has not been lost to the weather."""
    trace = run(SessionAffinity(to="replica"))
    assert broken(trace, "one-version-per-session") is not None
    again = tuple(
        attrs.evolve(moment, numbers={**moment.numbers, "old": attrs.evolve(moment.numbers["old"], wanted=4)})
        if moment.time > trace.losses("old")[-1]
        else moment
        for moment in trace.history.moments
    )
    violation = broken(
        attrs.evolve(trace, history=attrs.evolve(trace.history, moments=again)), "one-version-per-session"
    )
    assert violation is not None


def test_in_clear_weather_there_is_nothing_to_excuse() -> None:
    """A fleet that is taken away and, in the same instant, wanted again has not been lost to the weather."""
    trace = run(ChangesItsMind())
    lost = trace.losses("old")[0]
    assert trace.at(lost).numbers["old"].wanted > 0
    assert not trace.taken_by_weather("old", -1, trace.history.end)


def test_a_crash_is_no_step_below_the_floor() -> None:
    strategy = Rolling(max_surge=1, max_unavailable=0)
    stormy = run(strategy, weather=Weather(crash_every=seconds(30), clears_after=seconds(300)))
    assert min(moment.available for moment in stormy.history.moments) < 4
    assert broken(stormy, "capacity-floor") is None


def test_the_floor_and_the_ceiling_are_exact() -> None:
    strategy = Rolling(max_surge=1, max_unavailable=1)
    trace = run(strategy)
    bounds = strategy.bounds(4)
    moments = trace.history.moments
    assert min(moment.available for moment in moments) == bounds.floor == 3
    assert max(moment.wanted for moment in moments) == bounds.ceiling == 5
    for invariant in ("capacity-floor", "surge-ceiling"):
        assert broken(trace, invariant) is None
    tight = attrs.evolve(trace, strategy=Rolling(max_surge=1, max_unavailable=0))
    assert broken(tight, "capacity-floor") is not None
    small = attrs.evolve(trace, strategy=Rolling(max_surge=0, max_unavailable=1))
    assert broken(small, "surge-ceiling") is not None


def test_scaling_excuses_its_own_step_and_no_other() -> None:
    trace = attrs.evolve(
        run(Rolling(max_surge=1, max_unavailable=1)), strategy=Rolling(max_surge=1, max_unavailable=0)
    )
    violation = broken(trace, "capacity-floor")
    assert violation is not None
    steps = [
        each.time for each in trace.history.moments if trace.taken_away.get(each.time) and each.available < 4
    ]
    for times, excused in ((steps, True), (steps[1:], False), ([violation.time + 1], False)):
        deeds = tuple(Deed(time=time, verb="scale", answer="scaled") for time in times)
        scaled = attrs.evolve(trace, history=attrs.evolve(trace.history, deeds=deeds))
        assert (broken(scaled, "capacity-floor") is None) == excused


def test_too_many_from_the_start_is_no_step_above_the_ceiling() -> None:
    trace = run(Rolling(max_surge=1, max_unavailable=0))
    many = tuple(
        attrs.evolve(moment, numbers={**moment.numbers, "third": Numbers(9, 9, 9, 9, 0)})
        for moment in trace.history.moments
    )
    assert (
        broken(attrs.evolve(trace, history=attrs.evolve(trace.history, moments=many)), "surge-ceiling")
        is not None
    )
    still = tuple(attrs.evolve(many[0], time=moment.time) for moment in many)
    assert (
        broken(attrs.evolve(trace, history=attrs.evolve(trace.history, moments=still)), "surge-ceiling")
        is None
    )


def test_what_runs_on_beside_the_target_is_no_end() -> None:
    trace = run(Rolling())
    last = trace.history.moments[-1]
    assert broken(trace, "converges") is None
    old = attrs.evolve(last.numbers["old"], wanted=1)
    beside = forged(trace, -1, attrs.evolve(last, numbers={**last.numbers, "old": old}))
    assert broken(beside, "converges") is not None
    assert broken(run(Recreate(), weather=Weather(never_ready=True)), "converges") is not None


def test_a_revision_that_was_never_created_is_not_restored() -> None:
    trace = run(Rolling(), "abort at 12s")
    last = trace.history.moments[-1]
    unknown = attrs.evolve(last, rollout=attrs.evolve(last.rollout, target="elsewhere"))
    assert broken(trace, "undo-restores") is None
    assert broken(forged(trace, -1, unknown), "undo-restores") is not None
    assert broken(run(Rolling()), "undo-restores") is None, "nobody went back"


def test_requests_that_find_nobody_at_all_are_not_misrouted() -> None:
    trace = run(Recreate())
    assert any(answer.cause is Cause.NO_ENDPOINT for answer in trace.answers)
    assert broken(trace, "no-request-to-the-unready") is None


def test_spread_over_two_revisions_is_not_one_active_revision() -> None:
    trace = run(Rolling())
    assert trace.history.moments[0].routing == Spread()
    violation = broken(trace, "one-active-revision")
    assert violation is not None
    assert violation.time == min(slot.listed for slot in trace.history.timeline.slots if slot.revision == 1)


@pytest.mark.parametrize("name", sorted(ALL))
def test_an_invariant_is_stated_as_a_sentence(name: str) -> None:
    invariant = ALL[name]
    assert invariant.name == name
    assert invariant.statement[0].isupper()
    assert invariant.statement.endswith(".")
    assert invariant.kind == ("liveness" if name in ("converges", "undo-restores") else "safety")


@pytest.mark.parametrize("strategy", [Rolling(), Rolling(pause_after=2), BlueGreen(auto_promotion=False)])
def test_what_an_operator_has_paused_is_held_and_what_a_strategy_has_is_not(strategy: Strategy) -> None:
    paused = run(strategy, "pause at 1s")
    assert paused.held
    assert paused.history.completed is None
    assert broken(paused, "converges") is None
    resumed = run(strategy, "pause at 1s", "resume 10m later")
    assert not resumed.held
    assert resumed.history.completed is not None
    undone = run(strategy, "undo at 1s", "pause at 2s")
    assert undone.held
    assert broken(undone, "undo-restores") is None
    history = attrs.evolve(paused.history, deeds=())
    assert broken(attrs.evolve(paused, history=history), "converges") is not None

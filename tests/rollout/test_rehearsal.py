"""A rehearsal is the controller on a simulated fleet: nothing is lost or added between two commands."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rollout.terminal import KIADA, manifest
from turnout import Environment, Host, InputError, Strategy, TurnoutError, Workload, load_manifest
from turnout import controller as verbs
from turnout.controller import Refused, State, settle, wake_at
from turnout.environment import Weather
from turnout.rehearsal import Record, Rehearsal, StateFile, commands
from turnout.routing.timeline import FOREVER
from turnout.selection import choose_strategies
from turnout.simulator.fleet import SimulatedFleet
from turnout.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Callable

HOST = Host()
AGAIN = (
    "error: failed to create patch for kiada: if restart has already been triggered within the past second, "
    "please wait before attempting to trigger another"
)
DEED = st.one_of(
    st.tuples(st.just("set-image"), st.sampled_from(["0.5", "0.6", "0.7", "0.8"])),
    st.tuples(st.sampled_from(["pause", "resume", "restart", "promote", "abort"]), st.none()),
    st.tuples(st.just("undo"), st.integers(0, 4)),
    st.tuples(st.just("scale"), st.integers(0, 9)),
    st.tuples(st.just("wait"), st.sampled_from([1, 2_000_000, 7_500_000, 15_000_000, 400_000_000])),
)
STRATEGIES = st.sampled_from(
    ["rolling", "recreate", "rolling:pause_after=1", "blue-green:auto_promotion=false", "session-affinity"]
)


@attrs.define
class Direct:
    """One fleet for all revisions, one state, the controller's own verbs: no files, no replay."""

    workload: Workload
    strategy: Strategy
    state: State
    fleet: SimulatedFleet
    now: int = 0
    restarted: int | None = None

    @classmethod
    def of(cls, workload: Workload, strategy: Strategy, seed: int) -> Direct:
        fleet = SimulatedFleet(
            lifecycle=workload.lifecycle,
            environment=Environment(),
            weather=Weather(),
            target="",
            min_ready_seconds=workload.rollout.min_ready_seconds,
            seed=seed,
        )
        fleet.live_sessions = {}
        state = verbs.create(workload.rollout, name=workload.name).state
        return cls(workload, strategy, settle(state, fleet, strategy, 0).state, fleet)

    def wait(self, until: int) -> None:
        while True:
            woken = wake_at(self.state, self.now)
            due = min(self.fleet.next_event, FOREVER if woken is None else woken)
            if due > until:
                break
            self.now = max(self.now, due)
            self.fleet.advance(self.now)
            self.state = settle(self.state, self.fleet, self.strategy, self.now).state
        self.now = until

    def do(self, verb: str, argument: Any) -> str:
        if verb == "wait":
            self.wait(self.now + argument)
            return ""
        calls: dict[str, Callable[[], verbs.Answer]] = {
            "set-image": lambda: verbs.set_target(self.state, argument),
            "undo": lambda: verbs.undo(self.state, argument),
            "scale": lambda: verbs.scale(self.state, argument),
        }
        call = calls.get(verb) or (lambda: getattr(verbs, verb)(self.state))
        try:
            answer = call()
        except Refused as refusal:
            return str(refusal)
        if verb == "restart" and self.restarted == self.now // SECOND:
            return AGAIN
        if verb in ("restart", "undo", "abort") and answer.state is not self.state:
            self.restarted = self.now // SECOND if verb == "restart" else None
        if answer.state is not self.state:
            self.state = settle(answer.state, self.fleet, self.strategy, self.now).state
        return answer.text


def by_file(file: StateFile, verb: str, argument: Any) -> str:
    if verb == "wait":
        end: list[int] = []

        def until(rehearsal: Rehearsal) -> int:
            end.append(rehearsal.now + argument)
            return end[0]

        commands.wait(file, HOST, until, lambda _: None)
        return ""
    name = {"set-image": "tag", "undo": "to_revision", "scale": "replicas"}.get(verb)
    given = {} if name is None else {name: argument}
    try:
        return commands.carry_out(file, HOST, verb, **given).text  # type: ignore[arg-type]  # it is a verb
    except Refused as refusal:
        return str(refusal)


@given(STRATEGIES, st.integers(0, 3), st.lists(DEED, max_size=8))
def test_any_sequence_of_commands_is_what_the_controller_does(
    spec: str, seed: int, deeds: list[tuple[str, Any]]
) -> None:
    workload = load_manifest(KIADA)
    (strategy,) = choose_strategies(HOST, workload, [spec])
    with TemporaryDirectory() as directory:
        file = StateFile(Path(directory) / "state.json")
        commands.apply(file, HOST, workload, strategy=spec, seed=seed, clock="stopped")
        direct = Direct.of(workload, strategy, seed)
        for verb, argument in deeds:
            assert by_file(file, verb, argument) == direct.do(verb, argument)
            rehearsal = commands.look(file, HOST)
            assert rehearsal.now == direct.now
            assert rehearsal.state == direct.state
            known = rehearsal.statuses
            assert known == {
                name: each for name, each in direct.fleet.statuses(direct.now).items() if name in known
            }


@given(STRATEGIES, STRATEGIES, st.lists(DEED, max_size=6), st.lists(DEED, max_size=4))
def test_the_strategy_may_be_changed_at_any_moment(
    first: str, second: str, before: list[tuple[str, Any]], after: list[tuple[str, Any]]
) -> None:
    """The one that takes over begins from what it finds, ends the rollout, and the file leads there again."""
    workload = load_manifest(KIADA)
    with TemporaryDirectory() as directory:
        file = StateFile(Path(directory) / "state.json")
        commands.apply(file, HOST, workload, strategy=first, clock="stopped")
        for verb, argument in before:
            by_file(file, verb, argument)
        commands.apply(file, HOST, workload, strategy=second)
        taken_over = commands.look(file, HOST)
        assert taken_over.strategy == choose_strategies(HOST, workload, [second])[0]
        for verb, argument in after:
            by_file(file, verb, argument)
        for verb, argument in (("resume", None), ("scale", 6), ("set-image", "0.9"), ("wait", 60 * SECOND)):
            by_file(file, verb, argument)
        for _ in range(3):
            by_file(file, "promote", None)
            by_file(file, "wait", 24 * 3600 * SECOND)
            sets, replicas = (state := commands.look(file, HOST).state).sets, state.rollout.replicas
            stale = [each for each in sets if each.wanted and each.desired_replicas not in (None, replicas)]
            if stale:
                # A Deployment that has been scaled may stand still for ever; the size before gets it going.
                by_file(file, "scale", stale[0].desired_replicas)
        state = commands.look(file, HOST).state
        assert {name: size for name, size in state.wanted.items() if size} == {"0.9": state.rollout.replicas}
        assert state.stable == "0.9"


@given(st.lists(st.one_of(DEED, st.tuples(st.just("min-ready"), st.sampled_from([0, 3, 20]))), max_size=10))
def test_the_cluster_waits_as_long_as_each_replica_set_says(deeds: list[tuple[str, Any]]) -> None:
    workload = load_manifest(KIADA)
    with TemporaryDirectory() as directory:
        file = StateFile(Path(directory) / "state.json")
        commands.apply(file, HOST, workload, clock="stopped")
        for verb, argument in deeds:
            if verb == "min-ready":
                wish = attrs.evolve(
                    workload.rollout,
                    min_ready_seconds=argument,
                    target=commands.look(file, HOST).state.rollout.target.partition("@")[0],
                )
                commands.apply(file, HOST, attrs.evolve(workload, rollout=wish, given=()))
            else:
                by_file(file, verb, argument)
            end = commands.look(file, HOST)
            for each in end.state.sets:
                fleet = end._cluster.fleets[each.name]
                assert end._cluster.min_ready[each.name] == each.min_ready_seconds
                replicas = [one for group in fleet._ranked for one in group.active]
                waited = each.min_ready_seconds * SECOND
                assert [one.available for one in replicas] == [
                    one.ready and one.ready_since + waited <= end.now for one in replicas
                ]


@pytest.fixture
def file(tmp_path: Path) -> StateFile:
    return StateFile(tmp_path / "state.json")


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A clock on the wall that a test can turn."""
    shown = [1_000 * SECOND]
    monkeypatch.setattr(commands, "wall_clock", lambda: shown[0])
    return shown


def begin(file: StateFile, **given: Any) -> None:
    path = manifest(file.path.with_name("web.yaml"))
    commands.apply(file, HOST, load_manifest(path), **given)


def test_time_goes_on_between_commands_as_on_the_wall(file: StateFile, wall: list[int]) -> None:
    begin(file)
    wall[0] += 60 * SECOND
    assert commands.look(file, HOST).now == 60 * SECOND
    commands.carry_out(file, HOST, "set-image", tag="v2")
    wall[0] += 3 * SECOND
    commands.carry_out(file, HOST, "pause")
    wall[0] += 3600 * SECOND
    seen = commands.look(file, HOST)
    assert seen.now == 3663 * SECOND
    assert seen.state.wanted == {"v1": 4, "v2": 1}
    assert seen.statuses["v2"].available == 1
    assert [deed.at for deed in seen.deeds] == [0, 60 * SECOND, 63 * SECOND]


def test_a_clock_that_is_put_back_stops_time(file: StateFile, wall: list[int]) -> None:
    begin(file)
    wall[0] += 10 * SECOND
    commands.carry_out(file, HOST, "scale", replicas=2)
    wall[0] -= 500 * SECOND
    assert commands.look(file, HOST).now == 10 * SECOND
    commands.carry_out(file, HOST, "scale", replicas=3)
    wall[0] += 5 * SECOND
    assert commands.look(file, HOST).now == 15 * SECOND


def test_a_stopped_clock_moves_only_when_it_is_told_to(file: StateFile, wall: list[int]) -> None:
    begin(file, clock="stopped")
    wall[0] += 60 * SECOND
    assert commands.look(file, HOST).now == 0
    by_file(file, "wait", 5 * SECOND)
    assert commands.look(file, HOST).now == 5 * SECOND


def test_following_shows_each_change_whoever_makes_it(
    file: StateFile, wall: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def sleep(length: float) -> None:
        wall[0] += round(length * SECOND)

    monkeypatch.setattr(commands, "sleep", sleep)
    begin(file)
    changes = commands.follow(file, HOST)
    assert next(changes).statuses["v1"].ready == 0
    ready = next(each for each in changes if each.statuses["v1"].ready == 4)
    assert SECOND < ready.now <= wall[0] - 1_000 * SECOND
    commands.carry_out(file, HOST, "pause")
    paused = next(each for each in changes if each.state.rollout.paused)
    assert paused.deeds[-1].verb == "pause"
    file.path.unlink()
    with pytest.raises(InputError, match="there is no rollout"):
        list(islice(changes, 10))


def test_looking_writes_nothing(file: StateFile) -> None:
    begin(file)
    before = file.path.read_bytes(), file.stamp
    commands.look(file, HOST)
    assert (file.path.read_bytes(), file.stamp) == before


def read(file: StateFile) -> Record:
    record = file.read()
    assert record is not None
    return record


def test_a_record_that_leads_elsewhere_is_refused_and_left_alone(file: StateFile) -> None:
    begin(file)
    file.write(attrs.evolve(read(file), outcome="0" * 16))
    before = file.path.read_bytes()
    with pytest.raises(InputError, match=r"does not lead again to where it led; it is from another version"):
        commands.carry_out(file, HOST, "pause")
    assert file.path.read_bytes() == before


def test_a_deed_that_is_refused_now_is_one_that_leads_elsewhere(file: StateFile) -> None:
    begin(file)
    commands.carry_out(file, HOST, "pause")
    record = read(file)
    file.write(attrs.evolve(record, deeds=(*record.deeds, record.deeds[-1])))
    with pytest.raises(InputError, match="does not lead again"):
        commands.look(file, HOST)


def test_a_strategy_that_is_switched_off_is_named(file: StateFile) -> None:
    begin(file, strategy="recreate")
    with pytest.raises(InputError, match="recreate"):
        commands.look(file, Host(disabled={"recreate"}))


def test_a_strategy_that_never_rests_is_given_up(file: StateFile, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(file, clock="stopped")
    monkeypatch.setattr("turnout.rehearsal.rehearsal._MOST_CHANGES", 3)
    with pytest.raises(TurnoutError, match="'rolling' does not come to rest"):
        by_file(file, "wait", 3600 * SECOND)

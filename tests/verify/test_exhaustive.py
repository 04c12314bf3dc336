"""Exhaustion closes the space of small rollouts, finds what is broken and nothing else, and agrees with brute force."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import attrs
import pytest

from tests.bad_strategies import (
    BAD,
    Bad,
    NeverFinishes,
    OffByOneFloor,
    OffByOneSurge,
    SkipsTheBridge,
    SpreadsWhileRolling,
    SwitchesTooEarly,
)
from tests.verify.brute import broken_by_brute_force
from turnout import Host, InputError, Invariant, Observation, Plan, Promise, Proviso, Violation, seconds
from turnout.verify.choices import quick
from turnout.verify.exhaustive import Small, exhaust

if TYPE_CHECKING:
    from turnout import Strategy, Trace

HOST = Host()
INVARIANTS = HOST.invariants
CANARY = Path(__file__).parents[2] / "docs" / "examples" / "turnout-canary" / "turnout_canary.py"
TINY = Small(replicas=1, sessions=1, faults=1, verbs=1)
CALM = Small(replicas=2, sessions=1, faults=0, verbs=0)

AFFORDABLE = {
    "rolling": Small(),
    "recreate": Small(),
    "blue-green": Small(),
    "two-step": Small(verbs=0),
    "session-affinity": Small(faults=0),
}
"""The default bounds; smaller ones for the slowest, which `turnout verify --exhaustive --all` walks whole."""


def test_every_bundled_strategy_is_walked() -> None:
    assert AFFORDABLE.keys() == HOST.strategies.keys()


@pytest.mark.parametrize("name", AFFORDABLE)
def test_every_promise_holds_in_every_state(name: str) -> None:
    found = exhaust(quick(HOST.strategies[name], {}), INVARIANTS.values(), AFFORDABLE[name])
    assert found.closed
    assert found.broken == {}
    assert found.kept
    assert found.skipped == {}
    assert set(found.held) == set(found.judged)


@pytest.mark.parametrize(
    ("name", "small"),
    [
        ("session-affinity", Small(verbs=0)),
        ("two-step", Small(faults=0)),
        ("session-affinity", Small(sessions=2, verbs=0, faults=0)),
    ],
    ids=str,
)
def test_the_slowest_are_walked_in_parts(name: str, small: Small) -> None:
    assert exhaust(quick(HOST.strategies[name], {}), INVARIANTS.values(), small).kept


@pytest.mark.parametrize(
    "bad",
    [OffByOneFloor, OffByOneSurge, SwitchesTooEarly, NeverFinishes, SkipsTheBridge, SpreadsWhileRolling],
    ids=lambda bad: bad.name,
)
def test_what_is_broken_is_found(bad: type[Bad]) -> None:
    found = exhaust(bad(), INVARIANTS.values(), CALM)
    assert not found.kept
    assert bad.breaks in found.broken
    story = found.broken[bad.breaks]
    assert story[0].startswith("the rollout begins")
    assert story[-1].startswith(f"{bad.breaks} is broken: ")


def test_a_bound_that_is_reached_is_said() -> None:
    found = exhaust(HOST.strategies["rolling"](), INVARIANTS.values(), Small(states=50))
    assert not found.closed
    assert not found.kept
    assert found.held == ()


def _first_breaches(strategy: Strategy, small: Small, steps: int) -> dict[str, int]:
    """Which promises of safety break within that many steps, by the merged walk."""
    found = exhaust(strategy, INVARIANTS.values(), small)
    taken = {
        name: len(story) - 2 for name, story in found.broken.items()
    }  # the beginning, and what is broken
    safety = {name for name, each in INVARIANTS.items() if each.kind == "safety"}
    return {name: each for name, each in taken.items() if each <= steps and name in safety}


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
def test_brute_force_finds_the_same_of_bad_strategies(bad: type[Bad]) -> None:
    strategy = bad()
    found = broken_by_brute_force(strategy, INVARIANTS, CALM, 6)
    assert _first_breaches(strategy, CALM, 6) == found


@pytest.mark.parametrize("name", HOST.strategies)
def test_brute_force_finds_nothing_either(name: str) -> None:
    """One step after the other, each taken by itself, with a fault and a verb."""
    strategy = quick(HOST.strategies[name], {})
    assert broken_by_brute_force(strategy, INVARIANTS, TINY, 4) == {}


@attrs.frozen(kw_only=True)
class WarmSpare(Bad):
    """Takes the old revision away, and starts it again as a spare as soon as it is gone."""

    name: ClassVar[str] = "warm-spare"
    breaks: ClassVar[str] = "one-version-per-session"
    promises: ClassVar[tuple[Promise, ...]] = (Promise("one-version-per-session"),)

    def decide(self, seen: Observation) -> Plan:
        """Take everything away as soon as the new revision serves; then start one of the old again."""
        plan = super().decide(seen)
        old = next((each for each in seen.others if each.name == "old"), None)
        if old is None or not seen.target.in_service:
            return plan
        spare = 0 if old.available or old.terminating else 1
        return attrs.evolve(plan, wanted={**plan.wanted, old.name: spare})


def test_what_a_strategy_takes_away_itself_is_no_fault() -> None:
    found = exhaust(WarmSpare(), INVARIANTS.values(), Small(replicas=1, faults=0, verbs=0))
    assert "one-version-per-session" in found.broken


def test_the_example_of_a_plugin_holds_also_after_an_abort() -> None:
    """Once it is sent back, a session may see new, old, new and old again; and no step shows what weights do."""
    spec = importlib.util.spec_from_file_location("turnout_canary", CANARY)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = exhaust(quick(module.Canary, {}), [*INVARIANTS.values(), module.WEIGHT_HOLDS], Small(faults=0))
    assert found.kept
    assert found.skipped == {"weight-holds": "it has to look at a whole rollout"}


def _over_a_history(trace: Trace) -> Violation | None:
    moments = len(trace.history.moments)
    return Violation(time=0, text="it is short") if moments < 5 else None


HISTORY = Invariant(name="looks-at-it-all", statement="A rollout has five moments.", check=_over_a_history)


@attrs.frozen(kw_only=True)
class Promises(Bad):
    """Promises what no single step can show, and waives what it breaks."""

    name: ClassVar[str] = "promises"
    promises: ClassVar[tuple[Promise, ...]] = (Promise("looks-at-it-all"), Promise("never-backwards"))
    waivers: ClassVar[dict[str, str]] = {"never-backwards": "it spreads"}


def test_what_is_waived_or_takes_a_whole_history_is_not_walked() -> None:
    found = exhaust(Promises(), [*INVARIANTS.values(), HISTORY], CALM)
    assert found.kept
    assert found.judged == ("well-behaved",)
    assert found.skipped == {
        "looks-at-it-all": "it has to look at a whole rollout",
        "never-backwards": "waived: it spreads",
    }


@attrs.frozen(kw_only=True)
class Ages(Bad):
    """Takes the wrong step once the old replica set is thirty seconds older than the new one."""

    name: ClassVar[str] = "ages"
    breaks: ClassVar[str] = "capacity-floor"
    promises: ClassVar[tuple[Promise, ...]] = (Promise("capacity-floor"),)

    def decide(self, seen: Observation) -> Plan:
        """Wait ten seconds at a time, and look at the age of the target."""
        plan = super().decide(seen)
        age = seen.time - seen.target.created
        if age < seconds(30):
            return attrs.evolve(plan, ask_again=seconds(10))
        return attrs.evolve(plan, wanted={**plan.wanted, **{each.name: 0 for each in seen.replica_sets}})


def test_the_age_of_a_replica_set_counts_for_who_uses_it() -> None:
    found = exhaust(Ages(), INVARIANTS.values(), Small(replicas=1, faults=0, verbs=0))
    assert [line for line in found.broken["capacity-floor"] if line.startswith("time passes")]


def test_only_what_is_asked_for_is_judged() -> None:
    found = exhaust(NeverFinishes(), INVARIANTS.values(), CALM, only=["surge-ceiling"])
    assert "converges" not in found.broken


def test_what_is_asked_for_and_not_promised_is_said() -> None:
    found = exhaust(HOST.strategy("rolling"), INVARIANTS.values(), CALM, only=["one-active-revision"])
    assert found.skipped == {"one-active-revision": "it is not promised"}
    assert found.judged == ("well-behaved",)


def _failing(_: Trace) -> Violation | None:
    raise RuntimeError("no")


def test_an_invariant_that_fails_is_told_in_a_line() -> None:
    failing = Invariant(name="never-backwards", statement="It fails.", check=_failing, stepwise=True)
    rules = {**INVARIANTS, failing.name: failing}.values()
    with pytest.raises(
        InputError, match=r"^invariant never-backwards: it cannot be checked: its check raises"
    ):
        exhaust(HOST.strategy("blue-green"), rules, CALM, only=["never-backwards"])


@attrs.frozen(kw_only=True)
class Unsure(Bad):
    """Promises something on a condition that fails."""

    name: ClassVar[str] = "unsure"
    promises: ClassVar[tuple[Promise, ...]] = (
        Promise("surge-ceiling", Proviso("it fails", lambda _: bool(1 // 0))),
    )


def test_a_proviso_that_fails_is_the_strategys_fault() -> None:
    found = exhaust(Unsure(), INVARIANTS.values(), CALM)
    assert found.broken.keys() == {"well-behaved"}
    assert (
        "the promise of surge-ceiling cannot be looked at: a proviso raises ZeroDivisionError"
        in (found.broken["well-behaved"][-1])
    )


@attrs.frozen(kw_only=True)
class RaisesFor(Bad):
    """Raises as soon as a certain revision is the target."""

    name: ClassVar[str] = "raises-for"
    target: str

    def decide(self, seen: Observation) -> Plan:
        """Look who it is for."""
        if seen.rollout.target == self.target:
            raise RuntimeError("not for me")
        return super().decide(seen)


@pytest.mark.parametrize("target", ["old", "new"])
def test_a_strategy_that_cannot_begin_is_not_said_to_hold_anything(target: str) -> None:
    found = exhaust(RaisesFor(target=target), INVARIANTS.values(), CALM)
    assert found.broken["well-behaved"][-1] == "well-behaved is broken: it raises RuntimeError: not for me"
    assert (found.closed, found.held, found.kept) == (False, (), False)


def test_a_strategy_that_misbehaves_later_is_found_by_the_way_there() -> None:
    found = exhaust(RaisesFor(target="newer"), INVARIANTS.values(), Small(faults=0))
    assert found.broken["well-behaved"][-2].startswith("the operator: set-target newer")
    assert not found.kept

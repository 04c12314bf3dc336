"""Whatever somebody else's code does ends in a finding: of the strategy, or of the invariant that cannot be checked."""

from __future__ import annotations

import signal
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from tests.bad_strategies import Bad, SpreadsWhileRolling
from tests.ill_behaved import (
    DecidesLater,
    ForgetsToReturn,
    KeepsItInItsModule,
    LearnsFromTheLast,
    TidiesUp,
)
from turnout import InputError, Invariant, Promise, Proviso
from turnout.invariants import INVARIANTS
from turnout.parameters import to_dict
from turnout.verify import Search, judge, verify
from turnout.verify.afresh import afresh
from turnout.verify.guard import MisbehaviourError, guarded
from turnout_strategies.rolling import Rolling
from turnout_strategies.session_affinity import SessionAffinity

if TYPE_CHECKING:
    from turnout import Trace
    from turnout.verify import Verdict

FEW = Search(examples=3, weathers=("clear", "restart"))


def failing(trace: Trace) -> Any:
    raise SystemExit(f"nothing of {trace.strategy.name}")


def odd(invariant: Any) -> Invariant:
    return Invariant(name="odd", statement="Something odd.", check=invariant)


def only(verdicts: tuple[Verdict, ...], name: str) -> Verdict:
    (found,) = (each for each in verdicts if each.invariant == name)
    return found


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (failing, "it cannot be checked: its check raises SystemExit: nothing of rolling"),
        (lambda _: False, "it cannot be checked: its check answers False, which is no violation, nor None"),
        (
            lambda _: object(),
            "it cannot be checked: its check answers <object object>, which is no violation",
        ),
    ],
)
def test_an_invariant_that_fails_is_no_fault_of_the_strategy_and_no_success(check: Any, text: str) -> None:
    report = verify(Rolling, [*INVARIANTS.values(), odd(check)], FEW)
    verdict = only(report.verdicts, "odd")
    assert verdict.status == "cannot be checked"
    assert verdict.story is not None
    assert verdict.story.violation.text.startswith(text)
    assert not report.kept
    assert only(report.verdicts, "well-behaved").status == "holds"


def test_a_proviso_that_fails_is_a_fault_of_the_strategy() -> None:
    class Conditional(Bad):
        name = "conditional"
        promises = (Promise("surge-ceiling", Proviso("if it can be said", failing)),)

    verdict = only(verify(attrs.frozen(Conditional), INVARIANTS.values(), FEW).verdicts, "well-behaved")
    assert verdict.status == "broken"
    assert verdict.story is not None
    text = "the promise of surge-ceiling cannot be looked at: a proviso of its promises raises SystemExit"
    assert verdict.story.violation.text.startswith(text)


def test_nothing_excuses_a_strategy_from_being_well_behaved() -> None:
    class Excused(ForgetsToReturn):
        waivers = {"well-behaved": "it is in a hurry"}  # noqa: RUF012

    with pytest.raises(InputError, match="it waives 'well-behaved', which every strategy has to be"):
        verify(Excused, INVARIANTS.values(), FEW)


def test_a_promise_that_was_never_put_to_the_test_is_not_kept() -> None:
    class Careful(Bad):
        name = "careful"
        promises = (Promise("surge-ceiling", Proviso("never", lambda _: False)),)

    report = verify(attrs.frozen(Careful), INVARIANTS.values(), attrs.evolve(FEW, only={"surge-ceiling"}))
    assert [each.status for each in report.verdicts] == ["untried"]
    assert not report.kept


def test_what_is_promised_for_other_parameters_is_not_promised() -> None:
    class Choosy(Bad):
        name = "choosy"
        promises = (Promise("surge-ceiling", only_if={"extra": (0,)}),)
        extra: int = 0

    search = attrs.evolve(FEW, only={"surge-ceiling"})
    cls = attrs.frozen(kw_only=True)(Choosy)
    for given, promised in (({}, True), ({"extra": "0"}, True), ({"extra": "1"}, False)):
        (verdict,) = verify(cls, INVARIANTS.values(), search, fixed=given).verdicts
        assert verdict.promised is promised


def test_what_was_caught_and_ignored_is_interrupted_all_the_same() -> None:
    before, traced = signal.getsignal(signal.SIGALRM), sys.gettrace()

    def wait() -> None:
        while True:
            with suppress(BaseException):
                signal.sigtimedwait([], 0.001)

    with pytest.raises(MisbehaviourError, match=r"it has not answered after 0\.1 s"):
        guarded("it", wait, 0.1)
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert sys.gettrace() is traced


def test_what_catches_all_that_comes_in_a_loop_within_a_loop_is_interrupted_too() -> None:
    traced = sys.gettrace()

    def wait() -> None:
        while True:
            try:
                while True:
                    time.sleep(0.001)
            except BaseException:  # noqa: BLE001, S110
                pass

    with pytest.raises(MisbehaviourError, match=r"it has not answered after 0\.1 s"):
        guarded("it", wait, 0.1)
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert sys.gettrace() is traced


def test_an_interrupt_by_the_user_is_none_of_the_strategy() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        guarded("it", interrupted)


def test_a_story_of_misbehaviour_reads_the_same_in_every_run() -> None:
    class Curious(Bad):
        name = "curious"

        def decide(self, seen: Any) -> Any:
            raise ValueError(object(), seen.time)

    cls = attrs.frozen(Curious)
    report = verify(cls, INVARIANTS.values(), attrs.evolve(FEW, only={"well-behaved"}))
    story = report.verdicts[0].story
    assert story is not None
    assert "<object object>" in story.violation.text
    assert judge(story.world, story.strategy, []).broken["well-behaved"] == story.violation


@pytest.mark.parametrize(
    ("bad", "kind", "found"),
    [
        (LearnsFromTheLast, "slow-start", True),
        (KeepsItInItsModule, "restart", True),
        (TidiesUp, "clear", False),
        (TidiesUp, "restart", True),
    ],
)
def test_what_is_kept_outside_of_memory_is_found(bad: type[Bad], kind: str, *, found: bool) -> None:
    search = Search(examples=10, weathers=(kind,), only={"well-behaved"})
    fresh = type(afresh(bad()))  # other tests have asked this one, and it does not forget
    (verdict,) = verify(fresh, INVARIANTS.values(), search).verdicts
    assert (verdict.status == "broken") is found


def test_a_strategy_afresh_is_the_same_and_shares_nothing() -> None:
    bad = TidiesUp()
    fresh = afresh(bad)
    assert type(fresh) is not TidiesUp
    assert to_dict(fresh) == to_dict(bad)
    assert getattr(fresh, "notes") is not TidiesUp.notes  # noqa: B009  # nobody knows its class
    assert afresh(SessionAffinity(to="replica")).to == "replica"  # type: ignore[attr-defined]  # nor this one's


def test_a_strategy_that_is_never_content_is_not_tried_for_long() -> None:
    class Counts(Bad):
        """Counts how often it has been asked, so that there is always something to write down."""

        name = "counts"

        def decide(self, seen: Any) -> Any:
            return attrs.evolve(super().decide(seen), memory={"asked": seen.memory.get("asked", 0) + 1})

    search = Search(examples=500, weathers=("clear",), stories=False)
    report = verify(attrs.frozen(Counts), INVARIANTS.values(), search)
    assert only(report.verdicts, "well-behaved").status == "broken"
    assert report.runs < 20


def test_of_a_strategy_that_misbehaves_only_what_it_promises_is_told() -> None:
    class Hesitates(SpreadsWhileRolling):
        name = "hesitates"
        promises = ()

        def decide(self, seen: Any) -> Any:
            return super().decide(seen) if seen.rollout.replicas > 1 else None

    search = Search(examples=10, weathers=("clear",))
    report = verify(attrs.frozen(Hesitates), INVARIANTS.values(), search)
    assert {each.invariant for each in report.verdicts if each.story is not None} == {"well-behaved"}
    assert any(each.broken_in and not each.promised for each in report.verdicts)


def test_a_coroutine_is_a_finding_and_nothing_is_warned_of(recwarn: pytest.WarningsRecorder) -> None:
    verdict = only(verify(DecidesLater, INVARIANTS.values(), FEW).verdicts, "well-behaved")
    assert verdict.status == "broken"
    assert verdict.story is not None
    assert "coroutine" in verdict.story.violation.text
    assert not recwarn.list

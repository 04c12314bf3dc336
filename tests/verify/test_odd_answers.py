"""Whatever a strategy or an invariant answers, a hunt and a walk end in a finding that can be told, saved and read."""

from __future__ import annotations

import time
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar

import attrs
import pytest

from tests.bad_strategies import Bad
from turnout import (
    Duration,
    InputError,
    Invariant,
    Plan,
    Promise,
    Proviso,
    Split,
    Spread,
    Sticky,
    Violation,
    seconds,
)
from turnout.invariants import INVARIANTS
from turnout.testing.generators import strategies
from turnout.verify import Search, judge, read_story, tell, verify, write_story
from turnout.verify.choices import quick
from turnout.verify.exhaustive import Small, exhaust

if TYPE_CHECKING:
    from pathlib import Path

    from turnout import Observation, Trace

FEW = Search(examples=2, weathers=("clear", "crash"), only={"well-behaved"})
CALM = Small(replicas=1, sessions=0, faults=0, verbs=0)


class Vain:
    """Fails whatever is done with it."""

    def __repr__(self) -> str:
        raise RuntimeError("hands off")

    def __bool__(self) -> bool:
        raise RuntimeError("hands off")

    __str__ = __format__ = __repr__  # type: ignore[assignment]


def planned(size: Any = 1, **changes: Any) -> Any:
    return lambda seen: Plan(**{"wanted": {seen.rollout.target: size}, "routing": Spread(), **changes})


def raises(error: BaseException) -> Any:
    def decide(_: Observation) -> Plan:
        raise error

    return decide


ANSWERS: dict[str, tuple[Any, str]] = {
    "a number for sizes": (planned(wanted=5), "it wants 5, which maps no names to numbers"),
    "no sizes": (planned(wanted=None), "it wants None, which maps no names"),
    "a size in words": (planned("two"), "it wants 'two' replicas of"),
    "a size that fails": (planned(Vain()), "it wants a Vain replicas of"),
    "a name that fails": (planned(wanted={Vain(): 1}), "it wants replicas of a Vain"),
    "a thousand": (planned(1000), "it wants 1000 replicas of"),
    "a routing in words": (planned(routing="everywhere"), "its routing is 'everywhere', which is none"),
    "no routing": (planned(routing=None), "its routing is None, which is none"),
    "a sticky routing to nowhere": (
        lambda _: Sticky(new="junk"),  # type: ignore[arg-type]  # on purpose
        "it raises InputError: Sticky.new: it cannot be 'junk'; it takes a Spread or a Split",
    ),
    "half a character": (planned(because="\udcff"), "its because is '\\udcff', which is no text"),
    "half a character to remember": (planned(memory={"a": "\udc80"}), "its memory holds 'a': '\\udc80'"),
    "a reason that fails": (planned(because=Vain()), "its because is a Vain, which is no text"),
    "a pause that fails": (planned(pause=Vain()), "its pause is a Vain, which is no reason in words"),
    "an eternity": (planned(ask_again=10**40), "it wants to be asked again after 1000000"),
    "half a character in an error": (
        raises(ValueError("bad \udc80 text")),
        "it raises ValueError: bad \\udc80",
    ),
    "an error that writes to the terminal": (
        raises(ValueError("\x1b[31mred\nsecond line\x00")),
        "it raises ValueError: \\x1b[31mred second line\\x00",
    ),
    "an error of a megabyte": (raises(ValueError("x" * 1_000_000)), "it raises ValueError: xxx"),
    "a group of errors": (
        raises(ExceptionGroup("g", [ValueError("a")])),
        "it raises ExceptionGroup: g (1 sub",
    ),
    "shares of what is not there": (
        planned(routing=Split({"nope": 1}), wanted={}),
        "it routes to 'nope', which has no replica set",
    ),
}


def odd(answer: Any, **more: Any) -> type[Bad]:
    class Odd(Bad):
        name: ClassVar[str] = "odd"
        promises: ClassVar[tuple[Promise, ...]] = more.get("promises", ())

        def decide(self, seen: Observation) -> Plan:
            plan: Plan = answer(seen)
            return plan

    return attrs.frozen(Odd)


@pytest.mark.parametrize(("answer", "fault"), ANSWERS.values(), ids=ANSWERS)
def test_an_odd_answer_is_found_told_saved_and_walked(answer: Any, fault: str, tmp_path: Path) -> None:
    cls = odd(answer)
    (verdict,) = verify(cls, INVARIANTS.values(), FEW).verdicts
    story = verdict.story
    assert verdict.status == "broken"
    assert story is not None
    assert story.violation.text.startswith(fault)
    judged = judge(story.world, story.strategy, [])
    lines = tell(story.world, story.strategy, judged, "well-behaved", story.violation)
    assert all(line.isprintable() and len(line) < 600 for line in lines)
    read = read_story(write_story(story, tmp_path), {"odd": cls})
    assert read == story
    walked = exhaust(cls(), INVARIANTS.values(), CALM)
    assert walked.broken["well-behaved"][-1].startswith(f"well-behaved is broken: {fault}"[:60])


def rule(check: Any, **more: Any) -> Invariant:
    return Invariant(**{"name": "own", "statement": "It is so.", "check": check, "stepwise": True, **more})


def at(when: Any, text: Any = "oh") -> Any:
    return lambda _: Violation(time=when, text=text)


def changes_the_trace(trace: Trace) -> None:
    object.__setattr__(trace, "history", None)


RULES: dict[str, tuple[Invariant, str]] = {
    "soon": (rule(at("soon")), "its check finds a violation at 'soon', which is no time in microseconds"),
    "never": (rule(at(None)), "its check finds a violation at None"),
    "in between": (rule(at(1.5)), "its check finds a violation at 1.5"),
    "not a number": (rule(at(float("nan"))), "its check finds a violation at nan"),
    "after the end of time": (rule(at(10**40)), "its check finds a violation at 1000"),
    "without words": (rule(at(5, None)), "its check says of a violation None, which is no sentence"),
    "changing": (rule(changes_the_trace), "its check changes the trace"),
    "exercised by what fails": (
        rule(lambda _: None, exercised=lambda _: Vain()),
        "what it is exercised by raises",
    ),
    "checked by nothing": (rule(None), "its check raises TypeError"),
}


@pytest.mark.parametrize(("invariant", "fault"), RULES.values(), ids=RULES)
def test_an_odd_invariant_cannot_be_checked_and_takes_nothing_with_it(
    invariant: Invariant, fault: str
) -> None:
    class Careful(Bad):
        name: ClassVar[str] = "careful"
        promises: ClassVar[tuple[Promise, ...]] = (Promise("own"), Promise("surge-ceiling"))

    cls, rules = attrs.frozen(Careful), [*INVARIANTS.values(), invariant, INVARIANTS["surge-ceiling"]]
    search = attrs.evolve(FEW, only={"own", "surge-ceiling"}, stories=False)
    verdicts = {each.invariant: each for each in verify(cls, rules, search).verdicts}
    assert verdicts["own"].status == "cannot be checked"
    assert verdicts["surge-ceiling"].status == "holds"
    if not fault.startswith("what it is exercised by"):  # a walk has no use for that
        with pytest.raises(InputError, match=r"^invariant own: it cannot be checked: its check"):
            exhaust(cls(), rules, CALM)


def test_words_of_an_invariant_are_written_so_that_they_can_be_shown() -> None:
    class Loud(Bad):
        name: ClassVar[str] = "loud"
        promises: ClassVar[tuple[Promise, ...]] = (Promise("own"),)

    invariant = rule(at(5, "a\nb\x1b[31m\udc80" + "x" * 1000))
    search = attrs.evolve(FEW, only={"own"})
    (verdict,) = verify(attrs.frozen(Loud), [*INVARIANTS.values(), invariant], search).verdicts
    assert verdict.story is not None
    assert verdict.story.violation.text.startswith("a\\nb\\x1b[31m\\udc80xxx")
    assert len(verdict.story.violation.text) == 200


def test_a_proviso_that_cannot_be_asked_is_a_finding_of_a_walk_too() -> None:
    class Unsure(Bad):
        name: ClassVar[str] = "unsure"
        promises: ClassVar[tuple[Promise, ...]] = (
            Promise("surge-ceiling", Proviso("who knows", lambda _: Vain())),  # type: ignore[arg-type,return-value]
        )

    found = exhaust(attrs.frozen(Unsure)(), INVARIANTS.values(), CALM)
    assert "RuntimeError: hands off" in found.broken["well-behaved"][-1]


def test_what_does_not_answer_in_time_is_tried_once_and_not_shrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("turnout.verify.guard.guarded.__defaults__", (0.2,))
    asked = []

    def waits(_: Observation) -> Plan:
        asked.append(1)
        return [each for each in count() if each < 0]  # type: ignore[return-value]

    search = Search(examples=20, only={"well-behaved"})
    report = verify(odd(waits), INVARIANTS.values(), search)
    assert report.verdicts[0].status == "broken"
    assert report.verdicts[0].story is not None
    assert report.verdicts[0].story.violation.text == "it has not answered after 0.2 s"
    assert len(asked) == report.runs == 1
    asked.clear()
    walked = exhaust(odd(waits)(), INVARIANTS.values(), CALM)
    assert not walked.closed
    assert "well-behaved" in walked.broken
    assert len(asked) == 1


def test_what_takes_its_time_with_every_answer_is_late_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("turnout.verify.judging._PATIENCE", 0.3)

    class Slow(Bad):
        name: ClassVar[str] = "slow"

        def decide(self, seen: Observation) -> Plan:
            time.sleep(0.1)
            return super().decide(seen)

    report = verify(attrs.frozen(Slow), INVARIANTS.values(), attrs.evolve(FEW, examples=20))
    assert report.verdicts[0].story is not None
    assert report.verdicts[0].story.violation.text == "its answers in one rollout take more than 0.3 s"
    assert report.runs == 1


def test_promises_and_waivers_of_what_there_is_not_are_refused_by_a_walk() -> None:
    with pytest.raises(
        InputError, match=r"it promises 'convergez', which is no invariant; did you mean 'converges'\?"
    ):
        exhaust(odd(planned(), promises=(Promise("convergez"),))(), INVARIANTS.values(), CALM)


@attrs.frozen(kw_only=True)
class Patient(Bad):
    name: ClassVar[str] = "patient"
    rest: Duration = attrs.field(default=seconds(3600), validator=attrs.validators.ge(seconds(60)))


def _thousands(_: object, __: object, value: int) -> None:
    if value % 1000 or not value:
        raise ValueError("must be a multiple of 1000")


@attrs.frozen(kw_only=True)
class Demanding(Bad):
    name: ClassVar[str] = "demanding"
    number: int = attrs.field(validator=_thousands)


@attrs.frozen(kw_only=True)
class Asking(Bad):
    name: ClassVar[str] = "asking"
    number: int = attrs.field(validator=attrs.validators.ge(3))


def test_a_walk_has_short_durations_where_they_may_be_short_and_values_where_there_are_no_defaults() -> None:
    assert quick(Patient, {}) == Patient()
    assert quick(Asking, {}) == Asking(number=4)
    assert quick(Asking, {"number": "7"}) == Asking(number=7)


def test_what_nobody_can_make_up_is_asked_for_by_name() -> None:
    words = r"demanding: .*number=1 was tried: .*; fix it: NAME:number=…, or list values in the metadata of its field"
    for made in (lambda: quick(Demanding, {}), lambda: strategies(Demanding)):
        with pytest.raises(InputError, match=words):
            made()
    assert quick(Demanding, {"number": "2000"}) == Demanding(number=2000)

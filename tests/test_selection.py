"""Which strategies a comparison is between: those asked for, set as the manifest says; or all, and its own."""

from __future__ import annotations

from typing import ClassVar, Literal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.report.samples import host, strategy, traffic, workload
from turnout import (
    Duration,
    Host,
    InputError,
    IntOrPercent,
    Strategy,
    compare,
    hookimpl,
    seconds,
    simulate,
)
from turnout.parameters import to_spec
from turnout.selection import (
    as_strategies,
    asked_by_manifest,
    check_strategies,
    choose_strategies,
    parameters_from,
)
from turnout_strategies.blue_green import BlueGreen
from turnout_strategies.rolling import Rolling
from turnout_strategies.session_affinity import SessionAffinity
from turnout_strategies.two_step import TwoStep

WORKLOAD = attrs.evolve(
    workload(), parameters={"max_surge": 1, "max_unavailable": 0, "scale_down_delay_seconds": 7}
)
PINNED = attrs.evolve(WORKLOAD, affinity_timeout_seconds=90)


def test_what_the_manifest_sets_counts_for_every_strategy_with_such_a_parameter() -> None:
    surge = {"max_surge": 1, "max_unavailable": 0}
    for name, found in {
        "rolling": surge,
        "session-affinity": surge,
        "two-step": surge,
        "blue-green": {"scale_down_delay_seconds": 7},
        "recreate": {},
    }.items():
        assert parameters_from(WORKLOAD, host().strategy_class(name)) == found


@given(st.lists(st.sampled_from(["rolling", "blue-green", "two-step"]), min_size=1, unique=True))
def test_strategies_come_in_the_order_asked(names: list[str]) -> None:
    assert [each.name for each in choose_strategies(host(), WORKLOAD, names)] == names


def test_what_is_asked_for_goes_before_the_manifest() -> None:
    (found,) = choose_strategies(host(), WORKLOAD, ["rolling:max_surge=2"])
    assert to_spec(found) == "rolling:max_surge=2,max_unavailable=0"


def test_everything_is_all_strategies_of_the_host() -> None:
    every = [each.name for each in choose_strategies(host(), WORKLOAD)]
    assert every == sorted(host().strategies)
    less = Host(disabled={"rolling"})
    assert [each.name for each in choose_strategies(less, WORKLOAD)] == [
        name for name in every if name != "rolling"
    ]


def test_a_manifest_asks_for_the_strategy_that_carries_it_out() -> None:
    for asked, name in {
        "RollingUpdate": "rolling",
        "Recreate": "recreate",
        "blueGreen": "blue-green",
    }.items():
        assert asked_by_manifest(host(), attrs.evolve(WORKLOAD, strategy=asked)) == name  # type: ignore[arg-type]


def test_affinity_in_the_manifest_asks_for_affinity_to_a_replica() -> None:
    assert asked_by_manifest(host(), PINNED, affinity=False) == "rolling"
    assert asked_by_manifest(host(), attrs.evolve(PINNED, strategy="Recreate")) == "recreate"
    (asked,) = choose_strategies(host(), PINNED, [asked_by_manifest(host(), PINNED)])
    assert to_spec(asked) == "session-affinity:to=replica,max_surge=1,max_unavailable=0,idle_timeout=1m30s"
    assert asked in choose_strategies(host(), PINNED)
    assert len(choose_strategies(host(), PINNED)) == len(host().strategies) + 1


def test_what_the_manifest_asks_for_is_left_out_where_it_is_switched_off() -> None:
    less = Host(disabled={"session-affinity"})
    assert {each.name for each in choose_strategies(less, PINNED)} == set(less.strategies)
    with pytest.raises(InputError) as refusal:
        asked_by_manifest(less, PINNED)
    assert str(refusal.value) == (
        "web.yaml:1: no strategy in use carries out what the manifest asks for, RollingUpdate behind sessionAffinity "
        "ClientIP; name a strategy; there are blue-green, recreate, rolling, two-step; plugin 'session-affinity' is "
        "switched off"
    )


@attrs.frozen(kw_only=True)
class Mine(Rolling):
    """A rolling update of one's own."""

    name: ClassVar[str] = "mine"
    laps: int = 2


class _Plugin:
    @hookimpl
    def turnout_strategies(self) -> list[type[Strategy]]:
        return [Mine]


def test_a_third_party_carries_out_what_a_manifest_asks_for_like_anybody_else() -> None:
    both = Host()
    both.register(_Plugin(), name="mine")
    with pytest.raises(
        InputError, match="mine and rolling carry out what the manifest asks for, RollingUpdate"
    ):
        asked_by_manifest(both, WORKLOAD)
    alone = Host(disabled={"rolling"})
    alone.register(_Plugin(), name="mine")
    assert asked_by_manifest(alone, WORKLOAD) == "mine"


@pytest.mark.parametrize(
    ("spec", "line"),
    [
        ("roling", "there is no strategy 'roling'; did you mean 'rolling'?"),
        (
            "rolling:max_surge=0",
            "--strategy: rolling: max_unavailable: max_surge and max_unavailable are both",
        ),
        (
            "rolling:pause=1",
            "--strategy: rolling: there is no parameter 'pause'; did you mean 'pause_after'?",
        ),
        (
            "blue-green:switch=slow",
            "--strategy: blue-green: parameter switch cannot be 'slow'; it takes one of",
        ),
    ],
)
def test_a_wrong_spec_is_refused(spec: str, line: str) -> None:
    with pytest.raises(InputError) as refusal:
        choose_strategies(host(), WORKLOAD, [spec])
    assert str(refusal.value).startswith(line)


def test_what_the_manifest_sets_wrongly_is_blamed_on_the_manifest() -> None:
    wrong = attrs.evolve(WORKLOAD, parameters={"max_surge": "12.5%"})
    with pytest.raises(InputError) as refusal:
        choose_strategies(host(), wrong)
    assert str(refusal.value).startswith("web.yaml:1: rolling: parameter max_surge cannot be '12.5%'")


def test_nothing_or_the_same_twice_cannot_be_compared() -> None:
    with pytest.raises(InputError, match="there is no strategy to compare"):
        check_strategies([])
    with pytest.raises(InputError, match="'rolling:max_surge=1' is given twice"):
        check_strategies(
            [strategy(spec) for spec in ("rolling:max_surge=1", "rolling", "rolling:max_surge=1")]
        )
    check_strategies([strategy("rolling"), strategy("rolling:max_surge=1")])


@attrs.frozen(kw_only=True)
class Held(Mine):
    """A third party's, with a field of each kind."""

    name: ClassVar[str] = "held"
    amount: IntOrPercent | None = None
    share: float = attrs.field(default=0.5)
    grace: Duration | None = None
    way: Literal["left", "right"] | None = None


@pytest.mark.parametrize(
    ("cls", "given", "words"),
    [
        (BlueGreen, {"drain_timeout": "5m"}, "it takes a duration"),
        (BlueGreen, {"drain_timeout": -5}, "turnout.seconds(90)"),
        (BlueGreen, {"drain_timeout": 300}, "turnout.seconds(90)"),
        (BlueGreen, {"auto_promotion": "no"}, "it takes true or false"),
        (BlueGreen, {"switch": "x"}, "it takes one of instant, page, drain"),
        (SessionAffinity, {"to": "pod"}, "it takes one of revision, replica"),
        (TwoStep, {"inner": None}, "it takes one of rolling, blue-green"),
        (Held, {"laps": 1.5}, "it takes a whole number"),
        (Held, {"amount": "25%"}, "it takes a whole number or percentage"),
        (Held, {"share": float("nan")}, "it takes a number"),
        (Held, {"grace": seconds(1e12)}, "it takes a duration"),
        (Held, {"way": "up"}, "it takes one of left, right, or none"),
    ],
)
def test_what_a_strategy_made_as_a_class_holds_is_checked(
    cls: type[Strategy], given: dict[str, object], words: str
) -> None:
    for call in (
        lambda each: compare(WORKLOAD, traffic(), [each], rollouts=1),
        lambda each: simulate(WORKLOAD, each),
    ):
        with pytest.raises(InputError) as refusal:
            call(cls(**given))
        assert refusal.value.where == f"{cls.name}.{next(iter(given))}"
        assert words in str(refusal.value)


def test_a_strategy_made_as_a_class_that_is_right_is_taken() -> None:
    one = as_strategies(
        None, WORKLOAD, [Held(), BlueGreen(switch="drain", drain_timeout=seconds(300)), TwoStep()]
    )
    assert [each.name for each in one] == ["held", "blue-green", "two-step"]


def test_no_session_is_over_at_once() -> None:
    """Nought would be read as left out."""
    line = "parameter idle_timeout cannot be '0s'; it takes a duration, more than 0s, or none"
    with pytest.raises(InputError, match=line):
        host().strategy("session-affinity:idle_timeout=0s")
    with pytest.raises(ValueError, match="'idle_timeout' must be > 0: 0"):
        SessionAffinity(idle_timeout=seconds(0))

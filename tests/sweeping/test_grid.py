"""What a grid stands for: lists, ranges and products, and the one line for what it cannot be."""

from __future__ import annotations

from itertools import pairwise, product
from typing import ClassVar, Literal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.report.samples import host, workload
from turnout import Duration, InputError, IntOrPercent, Observation, Plan, Strategy, int_or_percent, seconds
from turnout.parameters import describe, to_spec
from turnout.sweeping.grid import MOST_POINTS, as_grid
from turnout.sweeping.ranges import range_values


@attrs.frozen(kw_only=True)
class Many(Strategy):
    """A parameter of every kind."""

    name: ClassVar[str] = "many"
    whole: int = attrs.field(default=1, validator=attrs.validators.ge(0))
    share: float = attrs.field(default=0.5, validator=[attrs.validators.ge(0), attrs.validators.le(1)])
    length: Duration = attrs.field(default=seconds(60))
    amount: IntOrPercent = attrs.field(default=IntOrPercent(1), converter=int_or_percent)
    flag: bool = False
    word: str = ""
    choice: Literal["a", "b"] = "a"

    def decide(self, seen: Observation) -> Plan:
        raise NotImplementedError


PARAMETERS = {each.name: each for each in describe(Many)}


def values(name: str, text: str) -> tuple[object, ...]:
    return range_values(PARAMETERS[name], text, "here")


def specs(*texts: str) -> list[str]:
    return [to_spec(each) for each in as_grid(host(), workload(), texts).points]


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(2, 50))
def test_a_range_of_whole_numbers_has_both_ends_rises_and_is_even(one: int, other: int, count: int) -> None:
    low, high = sorted((one, other))
    found = values("whole", f"{low}..{high}/{count}")
    assert found[0] == low
    assert found[-1] == high
    assert len(found) == min(count, high - low + 1)
    steps = [b - a for a, b in pairwise(found)]  # type: ignore[operator]  # numbers
    assert all(step > 0 for step in steps)
    assert not steps or max(steps) - min(steps) <= 1


LENGTHS = st.just(0) | st.integers(1_000, 10**12)  # what a parameter takes


@given(LENGTHS, LENGTHS, st.integers(2, 50))
def test_a_range_of_durations_has_both_ends_and_grows_by_an_even_factor(
    one: int, other: int, count: int
) -> None:
    low, high = sorted((one, other))
    found = values("length", f"{low / 1e6:.6f}..{high / 1e6:.6f}/{count}")
    assert found[0] == low
    assert found[-1] == high
    assert len(found) <= max(count, 1)
    assert list(found) == sorted(set(found))  # type: ignore[type-var]  # numbers
    if low:
        even = [low * (high / low) ** (each / (count - 1)) for each in range(count)]
        for each in found:
            assert isinstance(each, int)
            assert min(abs(each - one) for one in even) <= each / 20 + 1


@given(st.integers(1_000, 10**15), st.integers(0, 50), st.integers(2, 1000))
def test_a_short_range_of_long_durations_has_both_ends_too(low: int, span: int, count: int) -> None:
    found = values("length", f"{low / 1e6:.6f}..{(low + span) / 1e6:.6f}/{count}")
    assert list(found) == sorted(set(found))  # type: ignore[type-var]  # numbers
    assert (found[0], found[-1]) == (low, low + span)


def test_ranges_of_the_kinds_that_people_write() -> None:
    minutes = [seconds(60 * each) for each in (5, 11, 24, 54, 120)]
    assert list(values("length", "5m..2h")) == minutes
    assert list(values("length", "0s..10m/3")) == [0, seconds(300), seconds(600)]
    assert list(values("whole", "1..3")) == [1, 2, 3]
    assert list(values("share", "0..1")) == [0, 0.25, 0.5, 0.75, 1]
    assert list(map(str, values("amount", "10%..50%/3"))) == ["10%", "30%", "50%"]
    assert list(map(str, values("amount", "1..4"))) == ["1", "2", "3", "4"]
    assert values("whole", "4..4") == (4,)


def test_a_range_from_zero_has_no_point_that_a_parameter_would_not_take() -> None:
    """Of fifty points up to 10ms, those below a millisecond: nobody has written them."""
    found = values("length", "0s..10ms/50")
    assert found[:2] == (0, 1020)
    assert len(found) == 46
    assert len(as_grid(host(), workload(), ["session-affinity:drain_timeout=0s..10ms/50"]).points) == 46


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("flag", "false..true", "is no number"),
        ("word", "a..b", "is no number"),
        ("choice", "a..b", "is no number"),
        ("whole", "3..1", "runs backwards"),
        ("length", "2h..5m", "runs backwards"),
        ("share", "0.5..0.1", "runs backwards"),
        ("amount", "50%..10%", "runs backwards"),
        ("amount", "1..50%", "from a number to a percentage"),
        ("length", "500us..5m", "has the end '500us'"),
        ("whole", "..3", "has the end ''"),
        ("whole", "1..", "has the end ''"),
        ("whole", "1..x", "has the end 'x'"),
        ("whole", "-1..3", "has the end '-1'"),
        ("share", "0..2", "has the end '2'"),
        ("share", "nan..1", "has the end 'nan'"),
        ("whole", "1..2..3", "has the end '2..3'"),
        ("whole", "1..3/1", "asks for '1' points"),
        ("whole", "1..3/", "asks for '' points"),
        ("whole", "1..3/1e3", "asks for '1e3' points"),
        ("whole", "1..3/99999999999999999999", "points"),
    ],
)
def test_what_is_no_range(name: str, text: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        values(name, text)
    assert says in caught.value.what
    assert "\n" not in str(caught.value)
    assert caught.value.where == f"here: parameter {name}"


@given(st.text(max_size=30))
def test_any_text_is_a_grid_or_one_line(text: str) -> None:
    for given_text in (text, f"rolling:max_surge={text}", f"session-affinity:drain_timeout={text}"):
        try:
            count = len(as_grid(host(), workload(), given_text).points)
        except InputError as error:
            said = str(error)
        else:
            said = ""
        assert "\n" not in said
        assert said or 1 <= count <= MOST_POINTS


@given(
    st.lists(st.sampled_from(("1", "2", "3", "50%")), min_size=1, max_size=4),
    st.lists(st.sampled_from(("1", "2", "30%")), min_size=1, max_size=3),
)
def test_a_grid_is_the_product_of_its_lists_each_point_once(surge: list[str], unavailable: list[str]) -> None:
    text = f"rolling:max_surge={'|'.join(surge)},max_unavailable={' | '.join(unavailable)}"
    found = as_grid(host(), workload(), [text, text])
    pairs = dict.fromkeys(product(surge, unavailable))
    assert [to_spec(each) for each in found.points] == [
        to_spec(host().strategy(f"rolling:max_surge={a},max_unavailable={b}")) for a, b in pairs
    ]
    assert list(found.labels) == [f"rolling:max_surge={a},max_unavailable={b}" for a, b in pairs]


def test_labels_have_what_varies_though_it_be_the_default() -> None:
    found = as_grid(host(), workload(), ["rolling:max_surge=25%|50%", "recreate"])
    assert found.labels == ("rolling:max_surge=25%", "rolling:max_surge=50%", "recreate")
    assert to_spec(found.points[0]) == "rolling"


def test_combinations_that_a_strategy_refuses_are_left_out_and_told() -> None:
    found = as_grid(host(), workload(), "rolling:max_surge=0|1,max_unavailable=0|1")
    assert len(found.points) == 3
    ((point, why),) = found.left_out
    assert point == "rolling:max_surge=0,max_unavailable=0"
    assert "both 0" in why
    with pytest.raises(InputError, match="both 0"):
        as_grid(host(), workload(), "rolling:max_surge=0,max_unavailable=0")


def test_strategies_are_points_and_texts_take_the_manifest_as_default() -> None:
    own = Many(whole=3)
    of_manifest = attrs.evolve(workload(), parameters={"max_surge": 3})
    found = as_grid(None, of_manifest, [own, "rolling:max_unavailable=1"])
    assert found.points[0] is own
    assert to_spec(found.points[1]) == "rolling:max_surge=3,max_unavailable=1"


@pytest.mark.parametrize(
    ("grid", "says"),
    [
        ([], "no strategy to vary"),
        ("", "the name is missing"),
        ("roling", "did you mean 'rolling'?"),
        ("rolling:max_surg=1|2", "did you mean 'max_surge'?"),
        ("recreate:fast=1|2", "it takes none"),
        ("rolling:max_surge=1||2", "parameter max_surge cannot be ''"),
        ("rolling:max_surge=1|many", "parameter max_surge cannot be 'many'"),
        ("blue-green:switch=page|drian", "one of instant, page, drain"),
        ("rolling:max_surge=0..999/1000,max_unavailable=1..2", "it has 2,000 points"),
        (
            "session-affinity:" + ",".join(f"{p}=1..999999/1000" for p in ("drain_timeout", "idle_timeout")),
            "points",
        ),
        ("rolling:max_surge=" + "|".join(map(str, range(MOST_POINTS + 1))), "1,001 points"),
        (7, "it cannot be 7"),
        ([7], "it cannot be 7"),
        ([Many], "make one of it"),
    ],
)
def test_what_is_no_grid(grid: object, says: str) -> None:
    with pytest.raises(InputError) as caught:
        as_grid(host(), workload(), grid)  # type: ignore[arg-type]  # what a program hands in
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("range_", ["1s..9d", "5m..2h", "1ms..1s"])
@pytest.mark.parametrize("count", [2, 5, 9, 100, MOST_POINTS])
def test_as_many_points_as_are_asked_for(range_: str, count: int) -> None:
    assert len(specs(f"session-affinity:drain_timeout={range_}/{count}")) == count

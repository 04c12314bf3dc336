"""Requirements: read as written, kept exactly where arithmetic says so, contradictions found exactly."""

from __future__ import annotations

from fractions import Fraction
from math import inf, nan
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnout.errors import InputError
from turnout.metrics import METRICS
from turnout.requirements import Operator, Requirement, check_consistent

OPERATORS = st.sampled_from(get_args(Operator))
SHARES = sorted(name for name, metric in METRICS.items() if metric.share_of)
COMPARE = {
    "<=": lambda number, value: number <= value,
    ">=": lambda number, value: number >= value,
    "<": lambda number, value: number < value,
    ">": lambda number, value: number > value,
    "==": lambda number, value: number == value,
}


@st.composite
def requirements(
    draw: st.DrawFn, names: st.SearchStrategy[str], values: st.SearchStrategy[float]
) -> Requirement:
    metric, value = draw(names), draw(values)
    percent = METRICS[metric].share_of is not None and value <= 100 and draw(st.booleans())
    return Requirement(metric=metric, operator=draw(OPERATORS), value=value, percent=percent)


ANY = requirements(
    st.sampled_from(sorted(METRICS)),
    st.integers(0, 100).map(float)
    | st.integers(0, 10**12).map(float)
    | st.decimals(0, 10**6, places=3).map(float),
)
SMALL = st.integers(0, 6).map(float)


@given(ANY, st.sampled_from(["", " ", "  "]))
def test_a_requirement_is_read_as_it_was_written(written: Requirement, space: str) -> None:
    assert Requirement.parse(str(written)) == written
    assert str(Requirement.parse(str(written))) == str(written)
    spaced = str(written).replace(written.operator, space + written.operator + space)
    assert Requirement.parse(space + spaced + space) == written


@given(ANY, ANY)
def test_two_requirements_are_written_differently(one: Requirement, other: Requirement) -> None:
    assert (str(one) == str(other)) == (one == other)


def test_large_limits_are_written_in_full() -> None:
    assert str(Requirement.parse("requests<=1234567")) == "requests<=1234567"
    assert str(Requirement.parse("mixed_sessions < 0.50 %")) == "mixed_sessions<0.5%"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "not METRIC<=VALUE"),
        ("mixed_sessions", "not METRIC<=VALUE"),
        ("mixed_sessions=0", "not METRIC<=VALUE"),
        ("mixed_sessions<=", "not METRIC<=VALUE"),
        ("mixed_sessions<=-1", "not METRIC<=VALUE"),
        ("mixed_sessions<=1e3", "not METRIC<=VALUE"),
        ("mixed_sessions<=.5", "not METRIC<=VALUE"),
        ("mixed_sessions<=٣", "not METRIC<=VALUE"),
        ("mixed_sessions<=nan", "not METRIC<=VALUE"),
        ("mixed_sessions<=" + "9" * 400, "not METRIC<=VALUE"),
        ("mixed_sessions=<0", "not METRIC<=VALUE"),
        ("mixed_sessions<=1%%", "not METRIC<=VALUE"),
        ("0<=mixed_sessions", "not METRIC<=VALUE"),
        ("mixed_session<=0", "did you mean 'mixed_sessions'"),
        ("Mixed_Sessions<=0", "is no metric"),
        ("duration_seconds<=5%", "not a share of anything"),
        ("mixed_sessions<=200%", "no share is above 100%"),
        ("mixed_sessions>100.001%", "no share is above 100%"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, part: str) -> None:
    with pytest.raises(InputError) as caught:
        Requirement.parse(text)
    assert part in str(caught.value)
    assert caught.value.where == f"requirement {text!r}"
    assert caught.value.hint


@given(st.text(max_size=20) | st.tuples(st.sampled_from(sorted(METRICS)), st.text("<>=0123.% ")).map("".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = Requirement.parse(text)
    except InputError:
        return
    assert Requirement.parse(str(found)) == found


@given(
    requirements(st.sampled_from(SHARES), SMALL),
    st.lists(
        st.tuples(
            st.integers(0, 6) | st.sampled_from([inf, nan]),
            st.integers(0, 200),
            st.sampled_from([5.0, 0.0, inf]),
        ),
        min_size=1,
    ),
)
def test_it_is_met_by_the_share_of_rollouts_that_keep_it(
    asked: Requirement, rollouts: list[tuple[float, int, float]]
) -> None:
    kept = 0
    for number, total, duration in rollouts:
        if duration == inf:
            continue  # what never ends keeps nothing
        if number != number:  # noqa: PLR0124  # not a number: there was nothing to measure
            kept += 1
        elif not asked.percent or number == inf:
            # Infinity is no share of anything; it is not counted in percent anywhere.
            kept += COMPARE[asked.operator](number if total or not asked.percent else 0, asked.value)
        else:
            kept += COMPARE[asked.operator](Fraction(100 * int(number), total) if total else 0, asked.value)
    numbers, totals, durations = zip(*rollouts, strict=True)
    assert asked.met_by(numbers, totals, durations) == kept / len(rollouts)


@pytest.mark.parametrize("metric", SHARES[:2])
def test_no_metric_is_below_zero(metric: str) -> None:
    with pytest.raises(InputError, match="nothing can keep"):
        check_consistent([Requirement(metric=metric, operator="<", value=0)])
    check_consistent([Requirement(metric=metric, operator="<=", value=0)])


def possible(asked: list[Requirement]) -> bool:
    """Whether some number keeps them all, by trying every whole number and every number in between."""
    tried = [half / 2 for half in range(16)]
    return any(all(COMPARE[each.operator](number, each.value) for each in asked) for number in tried)


@given(st.lists(requirements(st.sampled_from(SHARES[:2]), SMALL), max_size=5))
def test_contradictions_are_found_exactly_where_no_number_keeps_all(asked: list[Requirement]) -> None:
    groups: dict[tuple[str, bool], list[Requirement]] = {}
    for each in asked:
        groups.setdefault((each.metric, each.percent), []).append(each)
    if all(possible(group) for group in groups.values()):
        check_consistent(asked)
    else:
        with pytest.raises(InputError) as caught:
            check_consistent(asked)
        assert caught.value.hint


@pytest.mark.parametrize("operator", get_args(Operator))
@pytest.mark.parametrize("other", get_args(Operator))
def test_every_pair_of_operators_around_one_value(operator: Operator, other: Operator) -> None:
    for value in (0.0, 2.0):
        for beside in (-1, 0, 1):
            pair = [
                Requirement(metric="sessions", operator=operator, value=value),
                Requirement(metric="sessions", operator=other, value=max(0.0, value + beside)),
            ]
            if possible(pair):
                check_consistent(pair)
            else:
                with pytest.raises(InputError, match=r"contradict|nothing can keep"):
                    check_consistent(pair)

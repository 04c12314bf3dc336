"""Numbers and percentages of replicas, against a plain restatement of the API server's rules."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.manifest.samples import DEPLOYMENT, swap, to_yaml
from turnout.errors import InputError
from turnout.manifest import parse_manifest

INT32 = 2**31 - 1
ABSENT = object()


def percent(value: Any) -> int | None:
    """The percentage that a text of digits and a percent sign stands for."""
    return int(value[:-1]) if isinstance(value, str) and re.fullmatch("[0-9]+%", value) else None


def is_amount(value: Any) -> bool:
    """Whether the API server takes a value as a number or percentage of replicas at all."""
    if isinstance(value, bool):
        return False
    if isinstance(value, str):
        return percent(value) is not None
    return bool(value == int(value) and 0 <= value <= INT32)


def amount(value: Any) -> int:
    """The number that the API server compares with 0 and 100."""
    share = percent(value)
    return int(value) if share is None else share


def takes(surge: Any, unavailable: Any) -> bool:
    """Whether the API server takes both together, once it has filled in the defaults."""
    surge = "25%" if surge in (ABSENT, None) else surge
    unavailable = "25%" if unavailable in (ABSENT, None) else unavailable
    if not (is_amount(surge) and is_amount(unavailable)):
        return False
    if amount(surge) == 0 and amount(unavailable) == 0:
        return False
    return percent(unavailable) is None or amount(unavailable) <= 100


digits = st.from_regex(r"0{0,2}[0-9]{1,3}", fullmatch=True)
small = st.sampled_from([0, 1, "0%", "100%", "101%", "25%", "00%"])
amounts = st.one_of(
    st.just(ABSENT),
    st.none(),
    small,
    st.integers(-3, 12),
    st.integers(-(2**40), 2**40),
    st.floats(-2, 4).map(lambda number: round(number, 1)),
    st.booleans(),
    digits,
    digits.map(lambda text: f"{text}%"),
    st.from_regex(r"[-+ ]?[0-9]{0,2}[.,]?[0-9]{0,2} ?%?%?", fullmatch=True),
    st.text(alphabet="0123456789%٣ .-e_x", max_size=4),
)


@given(amounts, amounts)
@example(0, 0)
@example("0%", 0)
@example("12.5%", 1)
@example("10", 1)
@example(ABSENT, "100%")
@example("1000%", "101%")
def test_surge_and_unavailable_are_taken_and_refused_as_the_api_server_does(
    surge: Any, unavailable: Any
) -> None:
    given_fields = {"maxSurge": surge, "maxUnavailable": unavailable}
    written = to_yaml(
        {name: value for name, value in given_fields.items() if value is not ABSENT} or {}, "      "
    )
    text = swap(DEPLOYMENT, "      maxSurge: 25%\n      maxUnavailable: 1\n", written)
    if not takes(surge, unavailable):
        with pytest.raises(InputError, match=r"maxSurge|maxUnavailable"):
            parse_manifest(text)
        return
    parameters = parse_manifest(text).parameters
    for name, value in (("max_surge", surge), ("max_unavailable", unavailable)):
        wanted = "25%" if value in (ABSENT, None) else value
        assert parameters[name] == (amount(wanted) if percent(wanted) is None else f"{amount(wanted)}%")


whole_fields = st.sampled_from(["replicas", "minReadySeconds", "revisionHistoryLimit"])


@given(whole_fields, st.integers(-(2**33), 2**33) | st.integers(-5, 50) | st.sampled_from([INT32, INT32 + 1]))
def test_whole_numbers_are_of_31_bits(field: str, number: int) -> None:
    text = re.sub(
        rf"  {field}: .*", f"  {field}: {number}", swap(DEPLOYMENT, "Seconds: 60", f"Seconds: {INT32}")
    )
    # The deadline is as late as it can be, and must still be later than minReadySeconds.
    if not 0 <= number <= INT32 or (field == "minReadySeconds" and number == INT32):
        with pytest.raises(InputError, match=r"out of range|too short"):
            parse_manifest(text)
        return
    rollout = parse_manifest(text).rollout
    read = {
        "replicas": rollout.replicas,
        "minReadySeconds": rollout.min_ready_seconds,
        "revisionHistoryLimit": rollout.revision_history_limit,
    }
    assert read[field] == number


@given(st.integers(-2, 700), st.integers(-2, 700) | st.just(INT32) | st.none())
def test_the_deadline_is_later_than_min_ready_seconds(min_ready: int, deadline: int | None) -> None:
    text = swap(DEPLOYMENT, "minReadySeconds: 5", f"minReadySeconds: {min_ready}")
    text = swap(
        text,
        "progressDeadlineSeconds: 60",
        f"progressDeadlineSeconds: {'' if deadline is None else deadline}",
    )
    counted = 600 if deadline is None else deadline
    if min_ready < 0 or counted <= min_ready:
        with pytest.raises(InputError, match=r"minReadySeconds|progressDeadlineSeconds"):
            parse_manifest(text)
    else:
        read = parse_manifest(text).rollout.progress_deadline_seconds
        assert read == (None if counted == INT32 else counted)


@pytest.mark.parametrize("written", ["3", "3.0", "0x3", "0b11", "03", "+3", "3e0", "30e-1"])
def test_a_whole_number_may_be_written_in_many_ways(written: str) -> None:
    assert parse_manifest(swap(DEPLOYMENT, "replicas: 3", f"replicas: {written}")).rollout.replicas == 3


def test_defaults_are_the_api_servers() -> None:
    start, end = DEPLOYMENT.index("  replicas"), DEPLOYMENT.index("  selector")
    for text in (
        DEPLOYMENT[:start] + DEPLOYMENT[end:],
        DEPLOYMENT[:start] + "  strategy: {}\n" + DEPLOYMENT[end:],
        DEPLOYMENT[:start] + "  strategy: {type: RollingUpdate, rollingUpdate: {}}\n" + DEPLOYMENT[end:],
        DEPLOYMENT[:start] + "  replicas:\n  strategy: {type: '', rollingUpdate: null}\n" + DEPLOYMENT[end:],
    ):
        read = parse_manifest(text)
        assert (read.rollout.replicas, read.rollout.min_ready_seconds) == (1, 0)
        assert (read.rollout.progress_deadline_seconds, read.rollout.revision_history_limit) == (600, 10)
        assert read.strategy == "RollingUpdate"
        assert read.parameters == {"max_surge": "25%", "max_unavailable": "25%"}
        assert read.lifecycle.grace_seconds == 30

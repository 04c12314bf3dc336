"""Runbooks are read as they are written, and what cannot be read is refused with the line in it."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnout.errors import InputError
from turnout.model import MOST_REPLICAS
from turnout.runbook import Entry, Happening, Runbook, Verb, When
from turnout.units import Duration, IntOrPercent, seconds

DELAYS = st.integers(0, 10**12).map(Duration)
AMOUNTS = st.builds(IntOrPercent, st.integers(1, MOST_REPLICAS)) | st.builds(
    IntOrPercent, st.integers(1, 100), percent=st.just(value=True)
)
NAMES = st.from_regex(r"[a-z0-9][a-z0-9._/:-]{0,20}", fullmatch=True) | st.text(
    st.characters(categories=["L", "N", "P", "S"], include_characters=" "), min_size=1, max_size=8
).filter(lambda name: name.strip() != "" and name.isprintable())


@st.composite
def moments(draw: st.DrawFn) -> When:
    happening = draw(st.sampled_from(get_args(Happening)))
    available = draw(AMOUNTS) if happening == "available" else None
    return When(happening=happening, delay=draw(DELAYS), available=available)


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    verb = draw(st.sampled_from(get_args(Verb)))
    argument = None
    if verb == "scale":
        argument = str(draw(st.integers(0, MOST_REPLICAS)))
    if verb == "set-target":
        argument = draw(NAMES)
    return Entry(verb=verb, argument=argument, when=draw(moments()))


@given(st.lists(entries(), max_size=5))
def test_a_runbook_is_read_as_it_was_written(written: list[Entry]) -> None:
    runbook = Runbook(written)
    assert Runbook.parse(str(entry) for entry in written) == runbook
    assert Runbook.parse(each for each in str(runbook).split("; ") if each) == runbook
    assert Runbook.parse(f"  {entry} ".replace(" ", "  ") for entry in written) == runbook


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("at 5m", When(happening="start", delay=seconds(300))),
        ("10m later", When(happening="previous", delay=seconds(600))),
        ("when 1 available", When(happening="available", available=IntOrPercent(1))),
        (
            "2m after 50% available",
            When(happening="available", delay=seconds(120), available=IntOrPercent.parse("50%")),
        ),
        ("when held", When(happening="held")),
        ("2m after serving", When(happening="serving", delay=seconds(120))),
        ("0s after stuck", When(happening="stuck")),
        ("when complete", When(happening="complete")),
    ],
)
def test_moments_in_words(text: str, when: When) -> None:
    assert Runbook.parse([f"pause {text}"]).entries == (Entry(verb="pause", when=when),)


def test_one_replica_is_meant_where_no_number_is_given() -> None:
    assert str(When(happening="available")) == "when 1 available"


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("stop at 5m", "no verb"),
        ("Pause at 5m", "did you mean 'pause'"),
        ("pause", "no moment"),
        ("pause now", "no moment"),
        ("pause at", "no moment"),
        ("pause at noon", "not a duration"),
        ("pause at 5m later", "no moment"),
        ("pause soon later", "not a duration"),
        ("pause when available", "no moment"),
        ("pause when 1 held", "no moment"),
        ("pause when 1 start", "no moment"),
        ("pause when previous", "no moment"),
        ("pause when x available", "neither a whole number"),
        ("pause when -1 available", "neither a whole number"),
        ("pause when 0 available", "0 available is nothing to wait for"),
        ("pause when 0% available", "0% available is nothing to wait for"),
        ("pause when 101% available", "wait for 1 to 10000 replicas, or for 1% to 100%"),
        ("pause 5m after 10001 available", "10001 available is nothing to wait for"),
        ("pause x after held", "not a duration"),
        ("pause 3 at 5m", "no moment"),
        ("scale", "needs a value"),
        ("scale at 5m", "no number of replicas"),
        ("scale -1 at 5m", "no number of replicas"),
        ("scale 1.5 at 5m", "no number of replicas"),
        ("scale ٣ at 5m", "no number of replicas"),
        ("scale 10001 at 5m", "turnout takes up to 10000"),
        ("scale 1000000000 at 5m", "turnout takes up to 10000"),
        (f"scale {'9' * 5000} at 5m", "turnout takes up to 10000"),
        ("set-target", "needs a value"),
        ("set-target v3", "no moment"),
        ('set-target "" at 1s', "it cannot be ''"),
        ("set-target '' at 1s", "it cannot be ''"),
        ("set-target ' ' at 1s", "it cannot be ' '"),
        ("set-target 'v3 at 1s", "a quotation mark is left open"),
    ],
)
def test_what_cannot_be_read_is_refused(line: str, part: str) -> None:
    with pytest.raises(InputError) as caught:
        Runbook.parse(["pause at 5m", line])
    assert part in str(caught.value)
    assert caught.value.where == f"runbook entry {line!r}"
    assert caught.value.hint


WORDS = [
    "pause",
    "scale",
    "set-target",
    "at",
    "when",
    "after",
    "later",
    "available",
    "held",
    "5m",
    "3",
    "50%",
    "x",
]


@given(st.text(max_size=30) | st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join))
def test_any_line_is_read_or_refused(line: str) -> None:
    try:
        runbook = Runbook.parse([line])
    except InputError as error:
        assert "\n" not in str(error)  # noqa: PT017  # most lines are refused, some are read
    else:
        assert Runbook.parse([str(runbook)]) == runbook

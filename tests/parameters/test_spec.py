"""Parameters as one line of text: taken apart exactly or refused, and written so that they read back."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.parameters.samples import Every, Limited, everything, refusal
from turnout.errors import InputError
from turnout.parameters import build, parse_spec, to_dict, to_spec
from turnout.units import Duration


@given(everything)
def test_spec_reads_back(instance: Every) -> None:
    spec = to_spec(instance)
    name, given_parameters = parse_spec(spec)
    assert name == "every"
    again = build(Every, given_parameters)
    assert again == instance
    assert [type(value) for value in attrs.astuple(again)] == [
        type(value) for value in attrs.astuple(instance)
    ]
    # The shortest: what is not there is the default, and what is there is not.
    defaults = Every()
    differing = {
        field.name
        for field in attrs.fields(Every)
        if getattr(instance, field.name) != getattr(defaults, field.name)
    }
    assert set(given_parameters) == differing


@given(st.text() | st.text(alphabet='ab=,:" ', max_size=12))
def test_any_spec_is_taken_apart_or_refused(text: str) -> None:
    line = refusal(lambda: parse_spec(text))
    if line is not None:
        assert len(line.splitlines()) == 1
        return
    name, parameters = parse_spec(text)
    assert name
    assert name == name.strip()
    assert all(parameters)
    assert ":" in text or not parameters


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "'': the name is missing"),
        (":a=1", "the name is missing"),
        ("rolling:", "a parameter is missing"),
        ("rolling:a=1,", "a parameter is missing"),
        ("rolling:,a=1", "a parameter is missing"),
        ("rolling:a", "parameter 'a' has no value"),
        ("rolling:a,b=1", "parameter 'a' has no value"),
        ("rolling:=1", "the name of a parameter is missing"),
        ("rolling:a=1,a=2", "parameter a is given twice"),
        ('rolling:a="1', "the quotes around the value of a are not closed"),
        ('rolling:a="1"2', "the quotes around the value of a are not closed"),
    ],
)
def test_refused_specs(text: str, complaint: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_spec(text)
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("rolling", {}),
        (" rolling : a = 1 , b = x y ", {"a": "1", "b": "x y"}),
        ("rolling:a=b=c", {"a": "b=c"}),
        ("rolling:a=", {"a": ""}),
        ('rolling:a="x, ""y"" ",b=:', {"a": 'x, "y" ', "b": ":"}),
        ('rolling:a=x"y', {"a": 'x"y'}),
    ],
)
def test_specs(text: str, parameters: dict[str, str]) -> None:
    assert parse_spec(text) == ("rolling", parameters)


@pytest.mark.parametrize(
    ("instance", "field"),
    [
        (Every(maybe_label="none"), "maybe_label"),
        (Every(wait=Duration(-1)), "wait"),
        (Every(share=float("nan")), "share"),
    ],
)
def test_what_cannot_be_written_is_refused(instance: Every, field: str) -> None:
    with pytest.raises(InputError, match=f"every: parameter {field} is .* cannot be written as text"):
        to_spec(instance)


def test_private_fields_go_by_their_alias() -> None:
    made = build(Limited, {"needed": "1", "hidden": "4"})
    assert made._hidden == 4
    assert to_spec(made) == "limited:needed=1,hidden=4"
    assert to_dict(made)["hidden"] == 4

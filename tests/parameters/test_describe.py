"""What is read off a class: types, defaults, limits, docs; and which classes are refused."""

from __future__ import annotations

import json
from typing import Any, Literal, NewType

import attrs
import pytest
from attrs import validators
from hypothesis import given
from hypothesis import strategies as st

from tests.parameters.samples import Every, Limited
from turnout.errors import InputError
from turnout.parameters import Limits, ValueType, build, describe
from turnout.units import Duration, IntOrPercent

Seconds = NewType("Seconds", int)


def test_limits_are_data() -> None:
    limits = {each.name: each.limits for each in describe(Limited)}
    assert limits["low"] == Limits(least=1)
    assert limits["open_low"] == Limits(above=0)
    assert limits["both"] == Limits(least=2, most=10)
    assert limits["nested"] == Limits(least=0, below=1)
    assert limits["wait"] == Limits(most=60_000_000)
    assert limits["size"] == Limits(one_of=(2, 4, 8))
    assert limits["needed"] == limits["hidden"] == Limits()


@given(st.integers(-20, 20))
def test_limits_agree_with_the_class(value: int) -> None:
    for parameter in describe(Limited):
        if parameter.type.kind not in ("int", "float"):
            continue
        values: dict[str, Any] = {"needed": 1, parameter.name: value}
        try:
            Limited(**values)
            accepted = True
        except ValueError:
            accepted = False
        assert parameter.limits.allow(value) == accepted


def test_description() -> None:
    found = {each.name: each for each in describe(Every)}
    assert list(found) == [field.name for field in attrs.fields(Every)]
    assert found["count"].doc == "How many."
    assert [each.type.words() for each in found.values()] == [
        "whole number",
        "number",
        "true or false",
        "text",
        "fast | slow | 7 | true",
        "duration",
        "number or percentage",
        "whole number or none",
        "number or none",
        "true or false or none",
        "text or none",
        "a | b or none",
        "duration or none",
        "number or percentage or none",
    ]
    assert [each.default_text for each in found.values()] == [
        *("3", "0.5", "false", "x", "fast", "1m30s", "25%"),
        *("none", "none", "true", "none", "none", "1s", "none"),
    ]
    assert found["amount"].default == IntOrPercent(25, percent=True)
    needed = describe(Limited)[0]
    assert needed.required
    assert needed.default_text == ""
    assert [each.name for each in describe(Limited)][-1] == "hidden"


def test_description_as_json() -> None:
    assert json.loads(json.dumps([each.to_dict() for each in describe(Limited)]))[:2] == [
        {
            "name": "needed",
            "type": "whole number",
            "required": True,
            "default": None,
            "limits": "",
            "doc": "",
        },
        {
            "name": "low",
            "type": "whole number",
            "required": False,
            "default": 1,
            "limits": "at least 1",
            "doc": "",
        },
    ]


def _made(annotation: object, default: object = attrs.NOTHING, **options: Any) -> type:
    field: Any = attrs.field(**{"default": default, "type": annotation, **options})
    return attrs.make_class("Odd", {"x": field}, frozen=True, class_body={"name": "odd"})


@pytest.mark.parametrize(
    ("cls", "complaint"),
    [
        (type("Bare", (), {"name": "bare"}), "bare: it is not an attrs class; put @attrs.frozen above it"),
        (type("Child", (Every,), {}), "it is not an attrs class"),
        (attrs.make_class("Soft", {}, class_body={"name": "soft"}), "soft: it is not frozen"),
        (_made(list[int]), "odd: parameter x: the type list[int] is not supported; a parameter is an int"),
        (_made(int | str), "the type int | str is not supported"),
        (_made([]), "odd: parameter x: "),
        (_made(None), "it has no type; annotate the field"),
        (_made(complex), "the type complex is not supported"),
        (_made(Literal["1", 1]), "is not supported"),
        (_made(Literal["none", "a"] | None), "'none' could be either"),
        (_made("Nowhere"), "its type 'Nowhere' cannot be resolved: name 'Nowhere' is not defined; import"),
        (_made("1 +"), "cannot be resolved"),
        (_made(int, "x"), "its default 'x' is not a whole number"),
        (_made(int, True), "its default True is not a whole number"),  # noqa: FBT003
        (_made(float, float("nan")), "its default nan is not a number"),
        (_made(Duration, -1), "its default -1 is not a duration"),
        (
            _made(str, attrs.Factory(lambda self: self.y, takes_self=True)),
            "its default depends on other parameters",
        ),
        (_made(int, 1, validator=validators.in_(["a"])), "its validator allows"),
        (_made(str, "a", validator=validators.in_("abc")), "its validator allows 'abc'"),
        (_made(int, 1, validator=validators.ge("a")), "its validator compares with 'a'; use a number"),
        (_made(int, 1, metadata={"doc": 3}), "its doc is 3"),
    ],
)
def test_classes_that_cannot_be_described(cls: type, complaint: str) -> None:
    with pytest.raises(InputError) as caught:
        describe(cls)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


def test_types_behind_names_and_factories() -> None:
    (parameter,) = describe(_made(Seconds, attrs.Factory(lambda: 4)))
    assert parameter.type == ValueType(kind="int")
    assert parameter.default == 4


def test_inherited_fields_are_resolved_where_they_were_written() -> None:
    child = attrs.make_class(
        "Child", {"more": attrs.field(type=int, default=1)}, bases=(Every,), frozen=True, kw_only=True
    )
    found = {each.name: each.type for each in describe(child)}
    assert found["wait"] == ValueType(kind="duration")
    assert found["more"] == ValueType(kind="int")


def test_validators_that_are_no_data_still_run() -> None:
    cls = _made(str, "abc", validator=validators.matches_re("[a-c]+"))
    assert describe(cls)[0].limits == Limits()
    with pytest.raises(InputError, match="odd: 'x' must match regex"):
        build(cls, {"x": "xyz"})

"""Errors that users see are one line, with what, where and a hint."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnout.errors import InputError, TurnoutError, nearest


@given(st.text(min_size=1), st.none() | st.text(), st.none() | st.text())
def test_an_input_error_is_one_line(what: str, where: str | None, hint: str | None) -> None:
    text = str(InputError(what, where=where, hint=hint))
    assert len(text.splitlines()) <= 1
    for part in (what, where or "", hint or ""):
        assert " ".join(part.split()) in text


@pytest.mark.parametrize(
    ("where", "hint", "text"),
    [
        (None, None, "it is odd"),
        ("web.yaml:7", None, "web.yaml:7: it is odd"),
        (None, "make it even", "it is odd; make it even"),
        ("web.yaml:7", "make\nit even", "web.yaml:7: it is odd; make it even"),
    ],
)
def test_what_where_and_hint(where: str | None, hint: str | None, text: str) -> None:
    error = InputError("it is odd", where=where, hint=hint)
    assert str(error) == text
    assert (error.what, error.where, error.hint) == ("it is odd", where, hint)
    assert isinstance(error, TurnoutError)


@given(st.lists(st.text("abcdef", min_size=4, max_size=8), min_size=1, unique=True), st.data())
def test_the_nearest_word_is_suggested(known: list[str], data: st.DataObject) -> None:
    word = data.draw(st.sampled_from(known))
    assert nearest(word, known) == f"did you mean {word!r}?"
    assert nearest("Z" * 20, known) == "known are: " + ", ".join(sorted(known))


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("nope", "known are: core, two-step"),  # half of its letters are in 'core', and it is not meant
        ("cor", "did you mean 'core'?"),
        ("step", "did you mean 'two-step'?"),
        ("o", "known are: core, two-step"),
    ],
)
def test_only_what_is_near_is_suggested(word: str, hint: str) -> None:
    assert nearest(word, ["two-step", "core"]) == hint


def test_nothing_is_known_of_nothing() -> None:
    assert nearest("x", []) == "known are: none"

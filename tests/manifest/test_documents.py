"""YAML and JSON as kubectl reads them, and the refusal of what is neither."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.manifest.samples import DEPLOYMENT, swap, to_yaml
from turnout.errors import InputError
from turnout.manifest import parse_manifest
from turnout.manifest.documents import Node, parse_documents
from turnout.manifest.scalars import plain_value


def plain(node: Node) -> Any:
    """Return what a node holds as JSON would have it."""
    if isinstance(node.value, Mapping):
        return {key: plain(each) for key, each in node.value.items()}
    if isinstance(node.value, tuple):
        return [plain(each) for each in node.value]
    return node.value


def read(text: str) -> Any:
    (document,) = parse_documents(text, "x")
    return plain(document)


def lines(node: Node) -> Any:
    """Return the line of every value, in the shape of the node."""
    if isinstance(node.value, Mapping):
        return {key: (each.line, lines(each)) for key, each in node.value.items()}
    if isinstance(node.value, tuple):
        return [(each.line, lines(each)) for each in node.value]
    return None


printables = st.text(st.characters(exclude_categories=("Cs", "Cc", "Co", "Cn", "Zl", "Zp")), max_size=8)
scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**64) | printables
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(printables, inner, max_size=4),
    max_leaves=20,
).filter(lambda value: value is not None)


@given(documents)
def test_yaml_round_trips(value: Any) -> None:
    assert read(to_yaml(value)) == value


@given(documents, st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_json_round_trips(value: Any, ascii_only: bool, indent: int | str | None) -> None:  # noqa: FBT001
    assert read(json.dumps(value, ensure_ascii=ascii_only, indent=indent)) == value


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        *[(word, True) for word in ("true", "True", "TRUE", "yes", "on", "y", "Y", "ON")],
        *[(word, False) for word in ("false", "no", "off", "n", "Off")],
        *[(word, None) for word in ("", "~", "null", "Null", "NULL")],
        *[
            (word, word)
            for word in (
                "tRUE",
                "nULL",
                "22:30",
                "2024-01-02",
                "1.2.3",
                "08x",
                "0x",
                "-",
                ".",
                "+",
                "1e",
                "--1",
            )
        ],
        ("0644", 0o644),
        ("0o17", 0o17),
        ("0b101", 5),
        ("-0x1F", -31),
        ("1_000", 1000),
        ("+7", 7),
        ("-0", 0),
        ("08", 8.0),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e999", "1e999"),
        (".inf", float("inf")),
        ("-.INF", float("-inf")),
        ("9" * 400, "9" * 400),
    ],
)
def test_words_mean_what_they_mean_to_kubectl(word: str, meaning: object) -> None:
    got = plain_value(word)
    assert got == meaning
    assert type(got) is type(meaning)


@given(st.integers(-(10**40), 10**40))
def test_whole_numbers_are_read_exactly(number: int) -> None:
    for written in (str(number), hex(number), f"{number:_}"):
        assert plain_value(written) == number


def test_quotes_and_tags_decide_before_looks_do() -> None:
    assert read('{a: "3", b: \'yes\', c: !!str 3, d: !!int "3", e: !custom 3, f: ! 3}') == {
        "a": "3",
        "b": "yes",
        "c": "3",
        "d": 3,
        "e": "3",
        "f": "3",
    }


def test_keys_are_texts_as_in_json() -> None:
    assert read("{1: a, yes: b, ~: c, 1.5: d, 0x10: e}") == {
        "1": "a",
        "true": "b",
        "null": "c",
        "1.5": "d",
        "16": "e",
    }


def test_aliases_and_merges_are_written_out() -> None:
    text = "a: &a {s: 1, t: 2}\nb: {<<: *a, t: 3}\nc: {<<: [{s: 9}, *a]}\nd: *a\ne: &k k\nf: {*k : 1}\n"
    assert read(text) == {
        "a": {"s": 1, "t": 2},
        "b": {"s": 1, "t": 3},
        "c": {"s": 9, "t": 2},
        "d": {"s": 1, "t": 2},
        "e": "k",
        "f": {"k": 1},
    }


def test_every_value_knows_its_line() -> None:
    text = "# first\na:\n  b: 1\n  c:\n  - x\n  -\n    d: 2\ne: &e\n  f: 3\ng: *e\n"
    (document,) = parse_documents(text, "x")
    assert document.line == 2
    assert lines(document) == {
        "a": (2, {"b": (3, None), "c": (4, [(5, None), (7, {"d": (7, None)})])}),
        "e": (8, {"f": (9, None)}),
        "g": (10, {"f": (9, None)}),
    }


def test_empty_documents_are_left_out() -> None:
    assert [plain(each) for each in parse_documents("---\n---\n# nothing\n---\na: 1\n---\n...\n", "x")] == [
        {"a": 1}
    ]


def test_json_pairs_of_escapes_make_one_character() -> None:
    assert read('{"a": "\\ud83d\\ude00"}') == {"a": "\N{GRINNING FACE}"}
    assert read('{"a": "\\ud83d!"}') == {"a": "\N{REPLACEMENT CHARACTER}!"}


def bomb(levels: int) -> str:
    """A document that doubles at every level."""
    return "l0: &l0 [x, x]\n" + "".join(
        f"l{level}: &l{level} [*l{level - 1}, *l{level - 1}]\n" for level in range(1, levels)
    )


@attrs.frozen
class Case:
    """A text, where it is refused, and words that the message must have."""

    text: str
    at: str
    words: tuple[str, ...]


CASES = {
    "a tab": Case("a:\n\tb: 1\n", ":2:1", ("not YAML", "a tab", "spaces")),
    "bad indentation": Case("a: 1\n b: 2\n", ":2:3", ("not YAML",)),
    "a quote left open": Case('a: "b\nc: d\n', ":3:1", ("not YAML", "from line 1")),
    "a control character": Case("a: 1\nb: \x07\n", ":2", ("not YAML", "'\\x07'")),
    "an impossible escape": Case('a: "\\UFFFFFFFF"\n', ":1", ("not YAML",)),
    "an unknown version": Case("%YAML 7.0\n---\na: 1\n", ":1:1", ("not YAML",)),
    "a version that is none": Case("%YAML 1.99\n---\na: 1\n", ":1", ("not YAML",)),
    "a key twice": Case("a: 1\nb:\n  c: 1\n  c: 2\n", ":4", ("'c'", "twice", "line 3")),
    "a key twice, spelt otherwise": Case("yes: 1\n'true': 2\n", ":2", ("'true'", "twice")),
    "a key twice in JSON": Case('{"a": 1,\n "a": 2}', ":2", ("'a'", "twice", "line 1")),
    "a key twice in another document": Case("a: 1\n---\nb: 1\nb: 1\n", ":4", ("'b'", "twice")),
    "a merge twice": Case("a: &a {s: 1}\nb:\n  <<: *a\n  <<: *a\n", ":4", ("'<<'", "twice", "line 3")),
    "a mapping as a key": Case("{[a]: 1}", ":1", ("where a key should",)),
    "an unknown alias": Case("a: *b\n", ":1", ("*b", "no anchor")),
    "an alias of another document": Case("a: &a 1\n---\nb: *a\n", ":3", ("*a", "no anchor")),
    "an alias within itself": Case("a: &a\n  b: [*a]\n", ":2", ("*a", "within")),
    "a merge of a text": Case("a:\n  <<: b\n", ":2", ("merged",)),
    "too deep": Case("- " * 300, ":1", ("200 levels",)),
    "a bomb": Case(bomb(40), ":19", ("1,000,000", "aliases")),
    "Helm, a value": Case(
        swap(DEPLOYMENT, "replicas: 3", "replicas: {{ .Values.n }}"), ":7", ("helm template",)
    ),
    "Helm, a line": Case(
        "{{- if .Values.web }}\n" + DEPLOYMENT, ":1", ("where a key should", "helm template")
    ),
    "Helm, below": Case(
        swap(DEPLOYMENT, "        tier: front\n", '        {{- include "labels" . | nindent 8 }}\n'),
        ":24:5",
        ("not YAML", "line 23", "helm template"),
    ),
    "Jinja": Case("{% if web %}\n" + DEPLOYMENT, ":1:2", ("not YAML", "line 1", "template")),
    "two in one line": Case('{"a": 1}{"b": 2}', ":1:9", ("not YAML",)),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_not_yaml_is_refused_where_it_is(name: str) -> None:
    case = CASES[name]
    with pytest.raises(InputError) as caught:
        parse_documents(case.text, "x")
    message = str(caught.value)
    assert caught.value.where == f"x{case.at}"
    assert [word for word in case.words if word not in message] == []
    assert len(message.splitlines()) == 1
    assert message.isprintable()


def test_markup_in_a_text_is_no_template() -> None:
    config = "---\napiVersion: v1\nkind: ConfigMap\ndata:\n  a: |\n    {{ range . }}\n  b: '{{ . }}'\n"
    assert parse_manifest(DEPLOYMENT + config).name == "web"


def test_the_true_trouble_is_told_below_markup_in_a_text() -> None:
    with pytest.raises(InputError, match="'a' is given twice"):
        parse_documents("data: |\n  {{ range . }}\na: 1\na: 2\n", "x")
    with pytest.raises(InputError, match="mapping values are not allowed"):
        parse_documents("data: |\n  {{ range . }}\na: 1\n b: 2\n", "x")


def test_markup_further_down_is_not_blamed() -> None:
    with pytest.raises(InputError) as caught:
        parse_documents("a: 1\n b: 2\nc: {{ x }}\n", "x")
    assert caught.value.hint is None


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "---\n---\n", "null\n", "~"])
def test_nothing_in_it_is_said(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_manifest(text, where="x")
    assert str(caught.value) == "x: holds nothing; give a manifest with a Deployment"


@pytest.mark.parametrize("text", ["just words", "3", "[]", "- a\n- b\n", "true", '["{{ x }}"]'])
def test_a_value_that_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"x:1: .* is not a Kubernetes object; .*kind"):
        parse_manifest(text, where="x")

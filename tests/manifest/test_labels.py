"""Label selectors, against a plain restatement of what Kubernetes says of each operator."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.manifest.samples import to_yaml
from turnout.manifest.documents import parse_documents
from turnout.manifest.field import Field
from turnout.manifest.labels import read_selector

keys = st.sampled_from(["app", "tier", "track"])
values = st.sampled_from(["a", "b", ""])
labels = st.dictionaries(keys, values)
expressions = st.fixed_dictionaries(
    {"key": keys, "operator": st.sampled_from(["In", "NotIn"]), "values": st.lists(values, min_size=1)}
) | st.fixed_dictionaries({"key": keys, "operator": st.sampled_from(["Exists", "DoesNotExist"])})


def holds(expression: dict[str, Any], of: dict[str, str]) -> bool:
    key, present = expression["key"], expression["key"] in of
    return {
        "In": present and of.get(key) in expression.get("values", ()),
        "NotIn": not present or of.get(key) not in expression.get("values", ()),
        "Exists": present,
        "DoesNotExist": not present,
    }[expression["operator"]]


@given(labels, st.lists(expressions, max_size=3), labels)
def test_every_label_and_every_expression_must_hold(
    match: dict[str, str], given_expressions: list[dict[str, Any]], of: dict[str, str]
) -> None:
    written = {"matchLabels": match, "matchExpressions": given_expressions}
    (document,) = parse_documents(to_yaml(written), "x")
    wanted = match.items() <= of.items() and all(holds(each, of) for each in given_expressions)
    assert read_selector(Field(document, "", "x")).selects(of) == wanted

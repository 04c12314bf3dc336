"""Label selectors: what they select, and how they are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from turnout.manifest.field import Field

__all__ = ["Requirement", "Selector", "read_selector"]


@attrs.frozen
class Requirement:
    """What a selector asks of one label.

    Attributes:
        key: The label.
        operator: Kubernetes' word.
        values: The values, for ``In`` and ``NotIn``.
    """

    key: str
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    values: frozenset[str] = frozenset()

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether labels meet it; as in Kubernetes, ``NotIn`` holds where there is no such label."""
        match self.operator:
            case "In":
                return labels.get(self.key) in self.values
            case "NotIn":
                return labels.get(self.key) not in self.values
            case "Exists":
                return self.key in labels
            case "DoesNotExist":
                return self.key not in labels


@attrs.frozen
class Selector:
    """Requirements, all of which must hold."""

    requirements: tuple[Requirement, ...]

    def selects(self, labels: Mapping[str, str]) -> bool:
        """Whether labels meet every requirement; an empty selector selects all."""
        return all(each.holds(labels) for each in self.requirements)


def read_selector(field: Field) -> Selector:
    """Read ``matchLabels`` and ``matchExpressions``.

    Raises:
        InputError: If an operator is unknown, or has values where it takes none, or none where it takes some.
    """
    labels = field.get("matchLabels")
    found = [] if labels is None else [_equal(key, value) for key, value in labels.texts().items()]
    expressions = field.get("matchExpressions")
    found += [] if expressions is None else [_expression(each) for each in expressions.elements()]
    return Selector(tuple(found))


def _equal(key: str, value: str) -> Requirement:
    return Requirement(key, "In", frozenset({value}))


def _expression(field: Field) -> Requirement:
    key = field.need("key", "name the label").text()
    operator = field.need("operator", "write In, NotIn, Exists or DoesNotExist")
    word = operator.one_of("In", "NotIn", "Exists", "DoesNotExist")
    given = field.get("values")
    values = frozenset() if given is None else frozenset(_value(each) for each in given.elements())
    match word:
        case "In" | "NotIn":
            if not values:
                raise field.refuse_below("values", "is missing", f"{word} takes at least one value")
            return Requirement(key, "In" if word == "In" else "NotIn", values)
        case _:
            if values:
                raise field.refuse_below("values", "is not empty", f"{word} takes no values")
            return Requirement(key, "Exists" if word == "Exists" else "DoesNotExist")


def _value(field: Field) -> str:
    if not isinstance(field.value, str):
        raise field.refuse(f"{field.shown} is not a text", "put it in quotes")
    return field.value

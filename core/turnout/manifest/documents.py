"""YAML and JSON text as documents whose every value knows its line, with Kubernetes' refusals of bad YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import attrs
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from turnout.errors import InputError
from turnout.manifest.scalars import Scalar, plain_value

__all__ = ["Node", "Value", "parse_documents", "printable"]

Value: TypeAlias = "Scalar | tuple[Node, ...] | Mapping[str, Node]"
"""What a node holds: a scalar, a list or a mapping."""


@attrs.frozen
class Node:
    """A value and where it stands.

    Attributes:
        value: The value.
        line: The line that it begins in, from 1; in a mapping, the line of its key.
        size: How many values it holds, itself included and aliases written out.
    """

    value: Value
    line: int
    size: int = 1


_READER_ERRORS = (
    YAMLError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)
"""What the YAML reader raises on bad input: its own errors, and others that it lets out."""

_DEEPEST = 200
_LARGEST = 1_000_000
_RENDER = "if it is a template, render it first, as with helm template"
_TEMPLATE = re.compile(r"^[^'\"#\n]*\{[{%]", re.MULTILINE)
_RESOLVED = tuple(f"tag:yaml.org,2002:{kind}" for kind in ("bool", "int", "float", "null"))


def parse_documents(text: str, where: str) -> list[Node]:
    """Read every document of a YAML or JSON text, leaving out the empty ones.

    Args:
        text: The text.
        where: What to call it in messages.

    Raises:
        InputError: If it is not YAML, is a template, has a key twice in one mapping, refers to itself, is nested deeper
            than 200 levels or holds more than a million values once its aliases are written out.
    """
    composer = _Composer(_events(text, where))
    try:
        return [node for node in composer.documents() if node.value is not None]
    except _UnreadableError as error:
        raise InputError(str(error), where=f"{where}:{error.line}", hint=error.hint) from None


def printable(text: str) -> str:
    """Return a text as a message can show it: as it is, or in quotes with its unprintable characters escaped."""
    return text if text.isprintable() else repr(text)


def _events(text: str, where: str) -> Iterator[Any]:
    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except _READER_ERRORS as error:
        raise _not_yaml(error, text, where) from None


class _UnreadableError(Exception):
    """Something that is YAML but cannot be read as a manifest."""

    def __init__(self, what: str, line: int, hint: str | None = None) -> None:
        self.line = line
        self.hint = hint
        super().__init__(what)


@attrs.define
class _Composer:
    """Puts the events of the YAML reader together to nodes."""

    events: Iterator[Any]
    anchors: dict[str, Node | None] = attrs.field(factory=dict)

    def documents(self) -> Iterator[Node]:
        for event in self.events:
            if isinstance(event, DocumentStartEvent):
                self.anchors = {}
                yield self.node(next(self.events), 0)

    def node(self, event: Any, depth: int) -> Node:
        line = event.start_mark.line + 1
        if depth > _DEEPEST:
            raise _UnreadableError(f"is nested deeper than {_DEEPEST} levels", line)
        if isinstance(event, AliasEvent):
            return self.alias(event.anchor, line)
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        if isinstance(event, MappingStartEvent):
            node = self.mapping(line, depth)
        elif isinstance(event, SequenceStartEvent):
            node = self.sequence(line, depth)
        else:
            node = Node(_scalar(event), line)
        if node.size > _LARGEST:
            raise _UnreadableError(
                f"holds more than {_LARGEST:,} values once its aliases are written out", line
            )
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return node

    def alias(self, anchor: str, line: int) -> Node:
        if anchor not in self.anchors:
            raise _UnreadableError(f"the alias *{printable(anchor)} has no anchor before it", line)
        node = self.anchors[anchor]
        if node is None:
            raise _UnreadableError(f"the alias *{printable(anchor)} stands within its own anchor", line)
        return attrs.evolve(node, line=line)

    def sequence(self, line: int, depth: int) -> Node:
        elements = []
        while not isinstance(event := next(self.events), SequenceEndEvent):
            elements.append(self.node(event, depth + 1))
        return Node(tuple(elements), line, 1 + sum(each.size for each in elements))

    def mapping(self, line: int, depth: int) -> Node:
        entries: dict[str, Node] = {}
        merge: Node | None = None
        while not isinstance(event := next(self.events), MappingEndEvent):
            key_line = event.start_mark.line + 1
            key = self.key(event)
            value = self.node(next(self.events), depth + 1)
            before = merge if key is None else entries.get(key)
            if before is not None:
                shown = "'<<'" if key is None else repr(key)
                raise _UnreadableError(
                    f"the key {shown} is given twice, first in line {before.line}", key_line
                )
            value = attrs.evolve(value, line=key_line)
            if key is None:
                merge = value
            else:
                entries[key] = value
        if merge is not None:
            entries = {**_merged(merge), **entries}
        return Node(MappingProxyType(entries), line, 1 + sum(each.size for each in entries.values()))

    def key(self, event: Any) -> str | None:
        """Return a mapping's key as JSON would have it; None for the merge key."""
        if isinstance(event, ScalarEvent):
            if event.value == "<<" and event.implicit[0]:
                return None
            value: Value = _scalar(event)
        elif isinstance(event, AliasEvent):
            value = self.alias(event.anchor, event.start_mark.line + 1).value
        else:
            value = ()
        match value:
            case str():
                return value
            case None | bool():
                return {None: "null", True: "true", False: "false"}[value]
            case int() | float():
                return f"{value:g}" if isinstance(value, float) else f"{value}"
            case _:
                # What {{ .Values.replicas }} is to YAML.
                line = event.start_mark.line + 1
                raise _UnreadableError("a mapping or a list stands where a key should", line, _RENDER)


def _scalar(event: ScalarEvent) -> Scalar:
    text = str(event.value)
    if event.tag in _RESOLVED or (event.tag is None and event.implicit[0]):
        return plain_value(text)
    if any("\ud800" <= character <= "\udfff" for character in text):
        # JSON writes a character beyond 16 bits as two escapes; YAML's reader leaves them apart.
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _merged(node: Node) -> dict[str, Node]:
    if isinstance(node.value, Mapping):
        return dict(node.value)
    if isinstance(node.value, tuple):
        return {key: value for each in reversed(node.value) for key, value in _merged(each).items()}
    raise _UnreadableError("only a mapping, or a list of them, can be merged with <<", node.line)


def _not_yaml(error: Exception, text: str, where: str) -> InputError:
    mark = error.problem_mark or error.context_mark if isinstance(error, MarkedYAMLError) else None
    if isinstance(error, MarkedYAMLError) and mark is not None:
        line, place = mark.line + 1, f"{where}:{mark.line + 1}:{mark.column + 1}"
        reason = str(error.problem or "it cannot be read")
        if error.context and error.context_mark is not None:
            reason = f"{reason} {error.context} from line {error.context_mark.line + 1}"
    else:
        position, character = getattr(error, "position", 0), getattr(error, "character", None)
        line = text.count("\n", 0, position) + 1
        place = f"{where}:{line}"
        reason = str(error) if character is None else f"the character {chr(character)!r} may not be in it"
    hint = None
    if template := _TEMPLATE.search(text):
        # Markup further down than the trouble did not cause it; markup above may only stand in some text, so
        # the trouble is told as well.
        at = text.count("\n", 0, template.end()) + 1
        if at <= line:
            hint = f"line {at} holds template markup: {_RENDER}"
    if hint is None and "'\\t'" in reason:
        reason, hint = "a tab where only spaces may be", "indent with spaces"
    return InputError(f"is not YAML: {printable(reason)}", where=place, hint=hint)

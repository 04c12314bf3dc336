"""One field of a Kubernetes object: its value, checked for type and range, and where it stands when it is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs

from turnout.errors import InputError, nearest
from turnout.manifest.documents import printable

if TYPE_CHECKING:
    from turnout.manifest.documents import Node, Value

__all__ = ["INT32", "Field"]

INT32 = 2**31 - 1
"""The largest number that Kubernetes keeps in most of its whole-number fields."""

_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
_PERCENT = re.compile(r"[0-9]{1,10}%")
_LONGEST_SHOWN = 60


@attrs.frozen
class Field:
    """A value in an object.

    Attributes:
        node: The value and its line.
        path: Its path from the object's root, such as ``"spec.replicas"``; empty for the root.
        source: What the file is called in messages.
    """

    node: Node
    path: str
    source: str

    @property
    def value(self) -> Value:
        """The value as it stands."""
        return self.node.value

    @property
    def where(self) -> str:
        """File, line and path, for a message."""
        return f"{self.source}:{self.node.line}" + (f": {self.path}" if self.path else "")

    def refuse(self, what: str, hint: str | None = None) -> InputError:
        """Return the error that says what is wrong with this field, to be raised."""
        if isinstance(self.value, str) and "{{" in self.value:
            hint = "render the template first, as with helm template"
        return InputError(what, where=self.where, hint=hint)

    def refuse_below(self, name: str, what: str, hint: str | None = None) -> InputError:
        """Return the error for a field of this one that is not there, or stands elsewhere."""
        return InputError(what, where=f"{self.source}:{self.node.line}: {self.path_of(name)}", hint=hint)

    def path_of(self, name: str) -> str:
        """Return the path of a field below this one, whether it is there or not."""
        return f"{self.path}.{printable(name)}" if self.path else printable(name)

    def get(self, *names: str) -> Field | None:
        """Return the field that the names lead to; None if it, or one on the way, is missing or null."""
        here: Field | None = self
        for name in names:
            if here is None:
                return None
            here = _below(here, name)
        return here

    def need(self, name: str, hint: str) -> Field:
        """Return a field of this one that must be there."""
        found = self.get(name)
        if found is None:
            raise self.refuse_below(name, "is missing", hint)
        return found

    def entries(self) -> Mapping[str, Node]:
        """Return this mapping's entries."""
        if isinstance(self.value, Mapping):
            return self.value
        raise self.refuse(f"{self.shown} is not a mapping", "write its fields below it, each as name: value")

    def elements(self) -> tuple[Field, ...]:
        """Return this list's elements."""
        if isinstance(self.value, tuple):
            return tuple(
                Field(node, f"{self.path}[{index}]", self.source) for index, node in enumerate(self.value)
            )
        raise self.refuse(f"{self.shown} is not a list", "write its elements below it, each after a dash")

    def text(self, hint: str = "put it in quotes") -> str:
        """Return this text, which is not empty and no template."""
        if not isinstance(self.value, str):
            raise self.refuse(f"{self.shown} is not a text", hint)
        if not self.value.strip():
            raise self.refuse("is empty", "give it a value")
        if not self.value.isprintable():
            raise self.refuse(f"{self.shown} has characters that cannot be printed")
        if "{{" in self.value:
            raise self.refuse(f"{self.shown} is a template")
        return self.value

    def name(self) -> str:
        """Return this text as the name of an object or container."""
        name = self.text()
        if len(name) > 253 or not _NAME.fullmatch(name):
            raise self.refuse(
                f"{self.shown} is not a name", "a name has lower-case letters, digits, dashes and dots only"
            )
        return name

    def one_of(self, *known: str) -> str:
        """Return this text, which is one of those."""
        if self.value not in known:
            likely = nearest(str(self.value), known)
            raise self.refuse(
                f"{self.shown} is not {' or '.join(known)}", likely if "mean" in likely else None
            )
        return str(self.value)

    def flag(self) -> bool:
        """Return this boolean."""
        if not isinstance(self.value, bool):
            raise self.refuse(f"{self.shown} is not true or false")
        return self.value

    def whole(self, low: int = 0, high: int = INT32) -> int:
        """Return this whole number; as for the API server, 3.0 is one and "3" is not."""
        number = self.value
        if isinstance(number, float) and number.is_integer():
            number = int(number)
        if isinstance(number, bool) or not isinstance(number, int):
            quoted = isinstance(number, str) and number.strip().isdecimal()
            raise self.refuse(
                f"{self.shown} is not a whole number",
                "write it without quotes" if quoted else f"it is a number from {low} to {high}",
            )
        if not low <= number <= high:
            raise self.refuse(f"{self.shown} is out of range", f"it is a number from {low} to {high}")
        return number

    def number_of_replicas(self) -> int | str:
        """Return this whole number, or whole percentage such as ``"25%"``, of replicas.

        The API server takes no fractions and no digits in quotes without a percent sign.
        """
        if not isinstance(self.value, str):
            return self.whole()
        if _PERCENT.fullmatch(self.value) and int(self.value[:-1]) <= INT32:
            return f"{int(self.value[:-1])}%"
        bare = self.value.strip()
        if bare.isdecimal():
            hint = f"write {bare} without quotes, or {bare}% for a share"
        else:
            hint = "write a whole number, or a whole percentage such as 25%"
        raise self.refuse(f"{self.shown} is neither a number nor a whole percentage", hint)

    def texts(self) -> dict[str, str]:
        """Return this mapping from texts to texts: labels or annotations."""
        found = {}
        for key in self.entries():
            each = _below(self, key)
            if each is not None and not isinstance(each.value, str):
                raise each.refuse(f"{each.shown} is not a text", "put it in quotes")
            found[key] = "" if each is None else str(each.value)
        return found

    @property
    def shown(self) -> str:
        """The value as a message shows it."""
        match self.value:
            case None:
                return "null"
            case bool():
                return str(self.value).lower()
            case str() | int() | float():
                # An int of many digits cannot be written in decimal.
                written = repr(self.value) if not isinstance(self.value, int) else _digits(self.value)
                return written if len(written) <= _LONGEST_SHOWN else f"{written[: _LONGEST_SHOWN - 1]}…"
            case tuple():
                return "a list"
            case _:
                return "a mapping"


def _below(field: Field, name: str) -> Field | None:
    node = field.entries().get(name)
    if node is None or node.value is None:
        return None
    return Field(node, field.path_of(name), field.source)


def _digits(number: int) -> str:
    return str(number) if abs(number) < 10**_LONGEST_SHOWN else hex(number)

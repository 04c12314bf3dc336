"""What parameters a strategy or traffic source has: its attrs fields, read as data."""

from __future__ import annotations

import sys
from functools import cache
from typing import Any, get_type_hints

import attrs

from turnout.errors import InputError, shown
from turnout.parameters.kinds import Plain, ValueType
from turnout.parameters.limits import Limits
from turnout.units import MILLISECOND

__all__ = ["Parameter", "describe", "label", "type_of"]


@attrs.frozen(kw_only=True)
class Parameter:
    """One parameter of a strategy or of a traffic source.

    Attributes:
        name: What users call it: the field's name.
        type: What its values are.
        default: Its value if none is given; `attrs.NOTHING` where one must be given.
        limits: Which of those values it takes.
        doc: What it is for, from the field's metadata ``{"doc": …}``.
        examples: Values worth trying where the type does not say enough, from its metadata ``{"examples": (…)}``.
        field: The name of the attribute that holds it.
    """

    name: str
    type: ValueType
    default: object = attrs.NOTHING
    limits: Limits = attrs.field(factory=Limits)
    doc: str = ""
    examples: tuple[object, ...] = ()
    field: str = attrs.field(default=attrs.Factory(lambda self: self.name, takes_self=True), repr=False)

    @property
    def required(self) -> bool:
        """Whether a value must be given."""
        return self.default is attrs.NOTHING

    @property
    def default_text(self) -> str:
        """The default as a user would write it; empty where a value must be given."""
        return "" if self.required else self.type.write(self.default)

    @property
    def limits_text(self) -> str:
        """The limits in words; empty if there are none."""
        return self.limits.words(self.type.write)

    @property
    def sentence(self) -> str:
        """What it takes, to end a sentence with: type and limits."""
        return self.type.sentence(self.limits_text)

    def takes(self, value: object) -> bool:
        """Whether a value is one of its own, as its field would hold it."""
        return self.type.holds(value) and (value is None or self.limits.allow(value))

    def read(self, value: object) -> object:
        """Read one of its values from text, or from what JSON, YAML or a manifest has for it.

        Raises:
            InputError: If it takes no such value. A duration below a millisecond is a slip of the unit.
        """
        right = self.sentence
        try:
            read = self.type.read(value)
        except InputError:
            pass
        else:
            if self.type.kind == "duration" and isinstance(read, int) and 0 < read < MILLISECOND:
                right = self._least_duration
            elif self.takes(read):
                return read
        raise InputError(f"parameter {self.name} cannot be {shown(value)}", hint=f"it takes {right}")

    @property
    def _least_duration(self) -> str:
        if not self.limits.allow(MILLISECOND):
            return self.sentence
        least = "a duration of at least 1ms"
        words = f"0s, or {least}" if self.limits.allow(0) else least
        return f"{words}, or none" if self.type.optional else words

    def to_dict(self) -> dict[str, Plain]:
        """Return the parameter as JSON has it."""
        return {
            "name": self.name,
            "type": self.type.words(),
            "required": self.required,
            "default": None if self.required else self.type.plain(self.default),
            "limits": self.limits_text,
            "doc": self.doc,
        }


def label(cls: type) -> str:
    """What users call a strategy or traffic source: its `name`, or the class's where it has none."""
    name = getattr(cls, "name", None)
    return name if isinstance(name, str) else cls.__name__


def describe(cls: type) -> tuple[Parameter, ...]:
    """Return the parameters of a strategy or traffic source, in the order of its fields.

    Limits are read from attrs' validators ``ge``, ``gt``, ``le``, ``lt``, ``in_``, alone or inside ``and_`` and
    ``optional``. Any other validator is run when a value is given, but is no data.

    Args:
        cls: A frozen attrs class.

    Raises:
        InputError: If it is not a frozen attrs class, or a field cannot be a parameter.
    """
    return _parameters(cls)


@cache  # a class does not change, and every rollout asks
def _parameters(cls: type) -> tuple[Parameter, ...]:
    # Nor is an undecorated subclass of an attrs class one: its fields would go unseen.
    if "__attrs_attrs__" not in vars(cls):
        raise InputError("it is not an attrs class", where=label(cls), hint="put @attrs.frozen above it")
    if not _is_frozen(cls):
        raise InputError("it is not frozen", where=label(cls), hint="put @attrs.frozen above it")
    return tuple(_parameter(cls, field) for field in attrs.fields(cls) if field.init)


def _is_frozen(cls: Any) -> bool:
    """Whether instances of an attrs class refuse to be changed."""
    # A frozen class refuses before it looks at the instance, so that none has to be made.
    try:
        cls.__setattr__(object(), "turnout", None)
    except attrs.exceptions.FrozenError:
        return True
    except (AttributeError, TypeError):
        return False
    return False


def _parameter(cls: type, field: attrs.Attribute[Any]) -> Parameter:
    name = field.alias or field.name
    try:
        value_type = ValueType.of(type_of(cls, field))
        return Parameter(
            name=name,
            type=value_type,
            default=_default(field, value_type),
            limits=Limits.of(field.validator, value_type),
            doc=_doc(field),
            examples=_examples(field, value_type),
            field=field.name,
        )
    except InputError as error:
        raise InputError(error.what, where=f"{label(cls)}: parameter {name}", hint=error.hint) from error


def type_of(cls: type, field: attrs.Attribute[Any]) -> object:
    """Resolve a field's annotation, which is text in a module with ``from __future__ import annotations``.

    Raises:
        InputError: If it has none, or one that names what the module does not have.
    """
    if field.type is None:
        raise InputError("it has no type", hint="annotate the field")

    def holder() -> None: ...

    owner = next(each for each in cls.__mro__ if _defines(each, field))
    module = sys.modules.get(owner.__module__)
    holder.__annotations__ = {field.name: field.type}
    try:
        return get_type_hints(holder, vars(module) if module else {})[field.name]
    except (NameError, AttributeError, SyntaxError, TypeError) as error:
        raise InputError(
            f"its type {shown(field.type)} cannot be resolved: {error}",
            hint="import what it names for good, not only under TYPE_CHECKING",
        ) from error


def _defines(cls: type, field: attrs.Attribute[Any]) -> bool:
    own = getattr(cls, "__attrs_attrs__", ()) if "__attrs_attrs__" in vars(cls) else ()
    return any(each.name == field.name and not each.inherited for each in own)


def _doc(field: attrs.Attribute[Any]) -> str:
    doc = field.metadata.get("doc", "")
    if not isinstance(doc, str):
        raise InputError(f"its doc is {shown(doc)}", hint='write metadata={"doc": "what it is for"}')
    return " ".join(doc.split())


def _examples(field: attrs.Attribute[Any], value_type: ValueType) -> tuple[object, ...]:
    examples = field.metadata.get("examples", ())
    if not isinstance(examples, tuple):
        raise InputError(f"its examples are {shown(examples)}", hint="write a tuple of values")
    try:
        return tuple(value_type.read(each) for each in examples)
    except InputError:
        raise InputError(f"its examples are {shown(examples)}", hint=value_type.sentence()) from None


def _default(field: attrs.Attribute[Any], value_type: ValueType) -> object:
    default = _made(field.default)
    if default is attrs.NOTHING:
        return default
    try:
        if value_type.holds(default) and value_type.read(value_type.write(default)) == default:
            return default
        if field.converter is not None:  # the field's own converter reads it, too
            return value_type.read(default)
    except InputError:
        pass
    raise InputError(f"its default {shown(default)} is not {value_type.sentence()}")


def _made(default: Any) -> object:
    # mypy takes attrs.Factory for what it makes.
    if not isinstance(default, attrs.Factory):  # type: ignore[arg-type]  # a class at run time
        return default
    if default.takes_self:
        raise InputError("its default depends on other parameters", hint="give it a default of its own")
    made: object = default.factory()
    return made

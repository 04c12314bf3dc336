"""Which values of its type a parameter takes, read from attrs' validators as data."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import attrs

from turnout.errors import InputError, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from turnout.parameters.kinds import ValueType

__all__ = ["Limits"]

_End: TypeAlias = Literal["least", "above", "most", "below"]

# The classes behind attrs' public validators have no public names.
_BOUND: type = type(attrs.validators.ge(0))
_IN: type = type(attrs.validators.in_(()))
_OPTIONAL: type = type(attrs.validators.optional(attrs.validators.ge(0)))
_AND: type = type(attrs.validators.and_())

_TIGHTER: dict[str, tuple[_End, Callable[[float, float], float]]] = {
    ">=": ("least", max),
    ">": ("above", max),
    "<=": ("most", min),
    "<": ("below", min),
}
_NUMERIC = ("int", "float", "duration")


@attrs.frozen(kw_only=True)
class Limits:
    """Which values of its type a parameter takes, as data; in microseconds for a duration.

    Attributes:
        least: It is this or more.
        above: It is more than this.
        most: It is this or less.
        below: It is less than this.
        one_of: It is one of these; None for any.
    """

    least: float | None = None
    above: float | None = None
    most: float | None = None
    below: float | None = None
    one_of: tuple[object, ...] | None = None

    @classmethod
    def of(cls, validator: object, value_type: ValueType) -> Limits:
        """Read the limits that a field's validator sets.

        Args:
            validator: attrs' ``ge``, ``gt``, ``le``, ``lt`` or ``in_``, alone or inside ``and_`` and ``optional``. Any
                other is run when a value is given, but is no data.
            value_type: The type of the field.

        Raises:
            InputError: If the validator does not go with the type.
        """
        ends: dict[_End, float] = {}
        one_of: tuple[object, ...] | None = None
        for each in _flat(validator):
            if isinstance(each, _IN):
                options = _options(operator.attrgetter("options")(each), value_type)
                one_of = options if one_of is None else tuple(x for x in one_of if x in options)
            elif isinstance(each, _BOUND) and value_type.kind in _NUMERIC:
                comparison, bound = operator.attrgetter("compare_op", "bound")(each)
                if isinstance(bound, bool) or not isinstance(bound, (int, float)):
                    raise InputError(f"its validator compares with {shown(bound)}", hint="use a number")
                end, tighter = _TIGHTER[comparison]
                ends[end] = tighter(ends.get(end, bound), bound)
        if one_of is not None and set(one_of) == set(value_type.choices):
            one_of = None  # the type says so already
        return cls(**ends, one_of=one_of)

    def allow(self, value: Any) -> bool:
        """Whether a value of the parameter's type, other than None, is within the limits."""
        return (
            (self.least is None or value >= self.least)
            and (self.above is None or value > self.above)
            and (self.most is None or value <= self.most)
            and (self.below is None or value < self.below)
            and (self.one_of is None or value in self.one_of)
        )

    def words(self, write: Callable[[object], str]) -> str:
        """Say the limits in words; empty if there are none.

        Args:
            write: How to write a value of the parameter's type.
        """
        bounds = (
            ("at least", self.least),
            ("more than", self.above),
            ("at most", self.most),
            ("less than", self.below),
        )
        parts = [f"{words} {write(bound)}" for words, bound in bounds if bound is not None]
        if self.one_of is not None:
            parts.append(f"one of {', '.join(map(write, self.one_of))}")
        return ", ".join(parts)


def _options(options: Any, value_type: ValueType) -> tuple[object, ...]:
    if isinstance(options, str) or not all(value_type.holds(each) for each in options):
        raise InputError(
            f"its validator allows {shown(options)}",
            hint=f"list values that the parameter can have: {value_type.sentence()}",
        )
    return tuple(each for each in options if each is not None)  # whether None is allowed is the type's to say


def _flat(validator: object) -> Iterator[object]:
    if isinstance(validator, _AND):
        for each in operator.attrgetter("_validators")(validator):
            yield from _flat(each)
    elif isinstance(validator, _OPTIONAL):
        yield from _flat(operator.attrgetter("validator")(validator))
    elif validator is not None:
        yield validator

"""Requirements: limits that a user puts on a metric, such as ``broken_page_views<=0`` or ``mixed_sessions<=1%``."""

from __future__ import annotations

import re
from decimal import Decimal
from math import inf, isinf, isnan
from typing import TYPE_CHECKING, Literal

import attrs

from turnout.arguments import check_fields, check_instance, listed
from turnout.errors import InputError, nearest
from turnout.metrics import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Requirement", "as_requirements", "check_consistent"]

Operator = Literal["<=", ">=", "<", ">", "=="]
_OPERATORS: tuple[Operator, ...] = ("<=", ">=", "==", "<", ">")
_WHOLE = 100
_FORM = re.compile(r"\s*([A-Za-z_]+)\s*(<=|>=|==|<|>)\s*([0-9]{1,15}(?:\.[0-9]{1,15})?)\s*(%?)\s*")


@attrs.frozen(kw_only=True)
class Requirement:
    """A limit on a metric.

    Attributes:
        metric: The metric's name.
        operator: How it is compared.
        value: The limit: a number in the metric's unit, or a percentage of what the metric is a share of.
        percent: Whether `value` is a percentage.
    """

    metric: str
    operator: Operator
    value: float = attrs.field(validator=attrs.validators.ge(0))
    percent: bool = False

    def __attrs_pre_init__(self, **given: object) -> None:
        check_fields(type(self), given)

    def __attrs_post_init__(self) -> None:
        """Refuse a metric that there is not, a share of nothing, and more than the whole."""
        where = f"requirement {str(self)!r}"
        metric = METRICS.get(self.metric)
        if metric is None:
            raise InputError(f"{self.metric!r} is no metric", where=where, hint=nearest(self.metric, METRICS))
        if self.percent and metric.share_of is None:
            raise InputError(f"{metric.name} is not a share of anything", where=where, hint="leave out the %")
        if self.percent and self.value > _WHOLE:
            raise InputError(
                "no share is above 100%", where=where, hint="give at most 100%, or leave out the %"
            )

    @classmethod
    def parse(cls, text: str) -> Requirement:
        """Read a requirement such as ``"failed_requests<=0"`` or ``"mixed_sessions<1%"``.

        Raises:
            InputError: If it cannot be read, or names no metric.
        """
        check_instance(text, str, "requirement", "write it as failed_requests<=0 or mixed_sessions<=1%")
        where = f"requirement {text!r}"
        match = _FORM.fullmatch(text)
        if match is None:
            raise InputError(
                "it is not METRIC<=VALUE",
                where=where,
                hint="write it as failed_requests<=0 or mixed_sessions<=1%",
            )
        operator = next(each for each in _OPERATORS if each == match[2])
        return cls(metric=match[1], operator=operator, value=float(match[3]), percent=bool(match[4]))

    def met_by(self, numbers: Sequence[float], totals: Sequence[float], durations: Sequence[float]) -> float:
        """Return the share of rollouts, from 0 to 1, that keep the limit.

        Args:
            numbers: The metric, one number a rollout; what is not a number (there was nothing to measure) keeps it.
            totals: What the metric is a share of, one number a rollout.
            durations: How long each rollout took; what never ends (infinity) keeps no limit, as it did not roll out.
        """
        kept = sum(
            not isinf(duration) and (isnan(number) or self._keeps(number, total))
            for number, total, duration in zip(numbers, totals, durations, strict=True)
        )
        return kept / len(numbers)

    def _keeps(self, number: float, total: float) -> bool:
        if self.percent:
            number = 100 * number / total if total else 0.0
        return {
            "<=": number <= self.value,
            ">=": number >= self.value,
            "<": number < self.value,
            ">": number > self.value,
            "==": number == self.value,
        }[self.operator]

    @property
    def allowed(self) -> tuple[float, float, bool, bool]:
        """The numbers that keep it: the least, the greatest, and whether each of the two is one itself."""
        low = self.value if self.operator in (">=", ">", "==") else 0.0
        high = self.value if self.operator in ("<=", "<", "==") else inf
        return low, high, self.operator != ">", self.operator != "<"

    def __str__(self) -> str:
        value = f"{Decimal(str(self.value)).normalize():f}"
        return f"{self.metric}{self.operator}{value}{'%' if self.percent else ''}"


def as_requirements(given: Iterable[Requirement | str] | Requirement | str) -> tuple[Requirement, ...]:
    """Read limits that were given as text, and refuse those that no number can meet together.

    Args:
        given: Requirements or texts; one stands for itself.

    Raises:
        InputError: If one cannot be read or is none, or two contradict each other.
    """
    right = "it takes limits such as 'failed_requests<=0' or 'mixed_sessions<=1%'"
    found = listed(given, "require", right, single=(str, Requirement))
    for each in found:
        check_instance(each, (str, Requirement), "require", right)
    read = tuple(Requirement.parse(each) if isinstance(each, str) else each for each in found)
    check_consistent(read)
    return read


def check_consistent(requirements: Iterable[Requirement]) -> None:
    """Refuse requirements that no number can meet together.

    Raises:
        InputError: If two contradict each other.
    """
    known: list[Requirement] = []
    for new in requirements:
        for old in known:
            if (old.metric, old.percent) == (new.metric, new.percent) and not _meet(old, new):
                raise InputError(
                    f"{old} and {new} contradict each other", where="requirements", hint="drop one"
                )
        if not _meet(new, new):
            raise InputError(f"nothing can keep {new}", where="requirements", hint="no metric is below 0")
        known.append(new)


def _meet(one: Requirement, other: Requirement) -> bool:
    low = max(one.allowed[0], other.allowed[0])
    high = min(one.allowed[1], other.allowed[1])
    if low != high:
        return low < high
    return all(
        (each.allowed[0] < low or each.allowed[2]) and (each.allowed[1] > high or each.allowed[3])
        for each in (one, other)
    )

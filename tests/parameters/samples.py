"""Classes with a parameter of every type and limit, and instances of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import attrs
from attrs import validators
from hypothesis import strategies as st

from turnout.errors import InputError
from turnout.units import Duration, IntOrPercent, seconds

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Every", "Limited", "everything", "refusal", "texts"]


def _amount(text: str | int | IntOrPercent) -> IntOrPercent:
    return IntOrPercent.parse(text)


def refusal(action: Callable[[], object]) -> str | None:
    """Return the line with which bad input is refused; None if it is not."""
    try:
        action()
    except InputError as error:
        return str(error)
    return None


@attrs.frozen(kw_only=True)
class Every:
    """One parameter of each type, with a default."""

    name: ClassVar[str] = "every"

    count: int = attrs.field(default=3, metadata={"doc": "How\n  many."})
    share: float = 0.5
    on: bool = False
    label: str = "x"
    mode: Literal["fast", "slow", 7, True] = "fast"
    wait: Duration = attrs.field(default=seconds(90))
    amount: IntOrPercent = attrs.field(
        default="25%",  # type: ignore[assignment]  # plugins may well leave it to the converter
        converter=_amount,
    )
    maybe_count: int | None = None
    maybe_share: float | None = None
    maybe_on: bool | None = True
    maybe_label: str | None = None
    maybe_mode: Literal["a", "b", None] = None  # noqa: PYI061  (users write it so, too)
    maybe_wait: Duration | None = attrs.field(default=seconds(1))
    maybe_amount: IntOrPercent | None = None


@attrs.frozen(kw_only=True)
class Limited:
    """One parameter for each limit, and some that must be given."""

    name: ClassVar[str] = "limited"

    needed: int
    low: int = attrs.field(default=1, validator=validators.ge(1))
    open_low: float = attrs.field(default=1, validator=validators.gt(0))
    both: int = attrs.field(default=5, validator=[validators.ge(0), validators.le(10), validators.ge(2)])
    nested: float | None = attrs.field(
        default=None, validator=validators.optional(validators.and_(validators.ge(0), validators.lt(1)))
    )
    wait: Duration = attrs.field(default=seconds(5), validator=validators.le(seconds(60)))
    size: int = attrs.field(default=2, validator=validators.in_([2, 4, 8]))
    _hidden: int = 0
    derived: int = attrs.field(init=False, default=0)


texts = st.text(max_size=8) | st.text(alphabet=' ,="\n:none%', max_size=8)
durations = (st.just(0) | st.integers(1_000, 10**15)).map(Duration)
amounts = st.builds(IntOrPercent, st.integers(0, 10**6), percent=st.booleans())
numbers = st.floats(allow_nan=False, allow_infinity=False)
everything = st.builds(
    Every,
    count=st.integers(),
    share=numbers,
    on=st.booleans(),
    label=texts,
    mode=st.sampled_from(("fast", "slow", 7, True)),
    wait=durations,
    amount=amounts,
    maybe_count=st.none() | st.integers(),
    maybe_share=st.none() | numbers,
    maybe_on=st.none() | st.booleans(),
    maybe_label=st.none() | texts.filter(lambda text: text != "none"),
    maybe_mode=st.sampled_from(("a", "b", None)),
    maybe_wait=st.none() | durations,
    maybe_amount=st.none() | amounts,
)

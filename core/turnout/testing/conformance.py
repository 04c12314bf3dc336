"""The conformance kit: a plugin's test file says ``test_ring = conformance(Ring)``, and has a test for each promise."""

from __future__ import annotations

import os
from functools import cache
from random import randrange
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from turnout.errors import InputError
from turnout.host import Host
from turnout.verify import WEATHERS, WELL_BEHAVED, Search, judge, tell, verify
from turnout.verify.hunt import check_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from turnout.invariant import Invariant
    from turnout.strategy import Strategy
    from turnout.verify import Story, Verdict

__all__ = ["conformance"]

_FEW = 20


def conformance(
    cls: type[Strategy],
    *,
    invariants: Iterable[Invariant] = (),
    examples: int | None = None,
    seed: int | None = None,
    weathers: Iterable[str] = WEATHERS,
) -> Callable[..., None]:
    """Return a test function for pytest: one item for each invariant that a strategy promises, and ``well-behaved``.

    Parameters are generated from the class's fields, worlds in every kind of weather. What the class waives is
    reported as skipped, with its reason.

    Args:
        cls: The strategy's class.
        invariants: Invariants besides those of the installed plugins.
        examples: How many worlds of each kind of weather; if left out, as many as the Hypothesis profile says, or 20
            where none has been chosen.
        seed: Decides which worlds; if left out, always the same ones, unless ``HYPOTHESIS_PROFILE`` is
            ``turnout-search``, which goes looking for others.
        weathers: Which kinds of weather.

    Raises:
        InputError: If the strategy promises or waives an invariant that does not exist.
    """
    known = {**Host().invariants, **{each.name: each for each in invariants}}
    check_names(cls, known)
    names = dict.fromkeys((WELL_BEHAVED.name, *(promise.invariant for promise in cls.promises)))
    kinds = tuple(weathers)

    @cache
    def verdicts() -> dict[str, Verdict]:
        searching = os.environ.get("HYPOTHESIS_PROFILE") == "turnout-search"
        search = Search(
            examples=_examples() if examples is None else examples,
            seed=(randrange(2**32) if searching else 0) if seed is None else seed,  # noqa: S311  # not for secrets
            weathers=kinds,
            only=names.keys() - cls.waivers.keys(),
            first=True,
        )
        report = verify(cls, known.values(), search)
        return {each.invariant: each for each in report.verdicts}

    @pytest.mark.parametrize("invariant", list(names))
    def conforms(invariant: str) -> None:
        if invariant in cls.waivers:
            pytest.skip(f"waived: {cls.waivers[invariant]}")
        try:
            found = verdicts()
        except InputError as error:
            pytest.fail(str(error), pytrace=False)
        verdict = found[invariant]
        if verdict.story is not None:
            pytest.fail(_words(verdict.story, known), pytrace=False)
        if verdict.status == "untried":
            behaves = found[WELL_BEHAVED.name].story is None
            why = "its condition was not met" if behaves else "it is not well-behaved, see there"
            pytest.fail(f"{invariant} was never put to the test: {why}", pytrace=False)

    conforms.__doc__ = f"{cls.name} keeps what it promises."
    return conforms


def _examples() -> int:
    chosen = settings.default is not settings.get_profile("default")
    return settings().max_examples if chosen else _FEW


def _words(story: Story, known: dict[str, Any]) -> str:
    invariant = known.get(story.invariant, WELL_BEHAVED)
    judged = judge(story.world, story.strategy, [invariant])
    violation = judged.broken.get(story.invariant, story.violation)
    lines = tell(story.world, story.strategy, judged, story.invariant, violation)
    return "\n".join(lines)

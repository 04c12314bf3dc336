"""Pieces of work that are calls, each with a name: what comes of them, in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

import attrs

from turnout.jobs.processes import run_on_this_machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["side_by_side"]

Result = TypeVar("Result")


@attrs.frozen
class _Calls(Generic[Result]):
    calls: tuple[Callable[[], Result], ...]

    def run(self, number: int, /) -> tuple[int, Result]:
        return number, self.calls[number]()


def side_by_side(
    pieces: Sequence[tuple[str, Callable[[], Result]]],
    *,
    workers: int | None,
    simulations: int,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Result]:
    """Make calls, in this process or in several, and return what they answer, in their order.

    Args:
        pieces: What to call each in words, and what to call.
        workers: As `run_on_this_machine` takes them.
        simulations: How many rollouts are simulated in all.
        progress: Is told what is begun.

    Raises:
        InputError: If a call cannot leave this process; not if `workers` is None.
        TurnoutError: If a process is killed.
    """
    found: dict[int, Result] = {}

    def numbers() -> Iterator[int]:
        for number, (name, _) in enumerate(pieces):
            progress(f"{name} ({number + 1} of {len(pieces)})")
            yield number

    work = _Calls(tuple(call for _, call in pieces))
    run_on_this_machine(
        work,
        numbers(),
        lambda done: found.update([done]),
        workers=1 if len(pieces) == 1 else workers,
        simulations=simulations,
    )
    return [found[number] for number in range(len(pieces))]

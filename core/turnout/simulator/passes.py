"""Many rollouts measured in one pass over the same blocks of sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.simulator.compiled import loaded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from turnout.simulator.block import Block
    from turnout.simulator.compiled import Walk
    from turnout.simulator.meter import Exposure, Meter

__all__ = ["pass_through"]

FAST_FROM = 1 << 21
"""After so many requests of a pass, compiled code is looked for: fewer are done before it is loaded."""


def pass_through(
    blocks: Iterable[Block],
    meters: Sequence[Meter],
    exposures: Sequence[Exposure] = (),
    *,
    accelerator: Callable[[], Walk | None] = loaded,
) -> None:
    """Let every rollout meet the same sessions, each block routed through all of them before the next one is made.

    Only where a replica is overloaded the blocks are made again, twice: overload couples sessions, in that who comes
    first is served, and that is not known before all have come. With queues once is enough, and each block comes again
    as soon as it is known who is late.

    Args:
        blocks: The sessions, in the order in which they begin; can be gone through again.
        meters: One for each rollout.
        exposures: What is only to be known of further rollouts.
        accelerator: Gives the compiled walk if there is one; asked after `FAST_FROM` requests.
    """
    _keep_memory()
    behind = _Behind(blocks, [meter for meter in meters if meter.queued])
    for block in _hastened(blocks, meters, accelerator):
        for meter in meters:
            meter.add(block)
        for exposure in exposures:
            exposure.add(block)
        behind.follow()
    crowded = [meter for meter in meters if meter.overloaded()]
    behind.follow()
    for block in blocks if crowded else ():
        for meter in crowded:
            meter.rank(block)
    for meter in crowded:
        meter.ranked()
    for block in blocks if crowded else ():
        for meter in crowded:
            meter.amend(block)


@attrs.define(eq=False)
class _Behind:
    """Goes through blocks once more, behind the first time, as far as it is known who is late; not if nobody is."""

    blocks: Iterable[Block]
    meters: Sequence[Meter]
    _coming: Iterator[Block] | None = attrs.field(default=None, init=False)
    _next: Block | None = attrs.field(default=None, init=False)

    def follow(self) -> None:
        """Go on."""
        if self._coming is None:
            if not any(meter.somebody_late for meter in self.meters):
                return
            self._coming = iter(self.blocks)
            self._next = next(self._coming, None)
        while self._next is not None and all(meter.knows_late(self._next) for meter in self.meters):
            for meter in self.meters:
                meter.amend(self._next)
            self._next = next(self._coming, None)


def _hastened(
    blocks: Iterable[Block], meters: Sequence[Meter], accelerator: Callable[[], Walk | None]
) -> Iterator[Block]:
    """Pass blocks on, and have the meters use the compiled walk, if there is one, once there are enough requests."""
    requests = 0
    for block in blocks:
        if requests <= FAST_FROM < requests + len(block.time) and (walk := accelerator()) is not None:
            for meter in meters:
                meter.hasten(walk)
        requests += len(block.time)
        yield block


def _keep_memory() -> None:
    """Have arrays reuse memory: glibc's malloc gives large pieces back to the system until one of 32 MiB was freed.

    Getting them anew for each array, page by page, takes half of the time of routing.
    """
    np.empty((1 << 25) - (1 << 16), np.uint8)

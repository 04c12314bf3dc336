"""The vectorised kernel says exactly what the plain reference says, request for request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given, settings

from tests.simulator.worlds import blocks, timelines
from turnout.simulator.kernel import route, route_block_plainly
from turnout.simulator.segments import Segments

if TYPE_CHECKING:
    from turnout.routing.timeline import Timeline
    from turnout.simulator.block import Block


@settings(max_examples=4 * settings().max_examples)  # all else rests on it
@given(timelines(), blocks())
def test_kernel_equals_plain(timeline: Timeline, block: Block) -> None:
    fast = route(Segments.of(timeline), timeline, block)
    plain = route_block_plainly(timeline, block)
    for field in ("slot", "cause", "life", "orphaned"):
        assert np.array_equal(getattr(fast, field), getattr(plain, field)), field

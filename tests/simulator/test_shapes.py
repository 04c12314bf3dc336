"""The shapes and types that docstrings of the simulator state are those that the arrays have."""

from __future__ import annotations

import inspect
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import given

from tests.simulator.worlds import blocks, timelines, traffics
from turnout.simulator import lookups
from turnout.simulator.clock import Clock
from turnout.simulator.cutting import SessionIndex
from turnout.simulator.kernel import Routed, route
from turnout.simulator.measure import Gauge, compatibility
from turnout.simulator.meter import Meter
from turnout.simulator.pools import Pools, Window
from turnout.simulator.runs import Runs
from turnout.simulator.segments import Segments, SplitTable
from turnout.simulator.stays import Stays
from turnout.simulator.tables import Tables
from turnout.simulator.walk import walk
from turnout.traffic.traffic import Known

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from turnout.routing.timeline import Timeline
    from turnout.simulator.block import Block
    from turnout.traffic import Traffic

_STATED = re.compile(r"^ *([a-z_]+(?:, [a-z_]+)*): [Ss]hape \(([^)]*)\)(?:, ([a-z0-9]+))?", re.MULTILINE)
_PROPERTY = re.compile(r"()Shape \(([^)]*)\)(?:, ([a-z0-9]+))?")
_TABLES = {"RULE": lookups.RULE, "OWN": lookups.OWN, "SLOT": lookups.SLOT}


def stated(kind: Any) -> Iterator[tuple[str, str, str | None]]:
    """Of each array whose shape a docstring states: its name, its shape, and its type if that is stated."""
    for names, shape, dtype in _STATED.findall(inspect.getdoc(kind) or ""):
        for name in names.split(", "):
            yield name, shape, dtype or None
    for name, each in vars(kind).items():
        if isinstance(each, (cached_property, property)) and (found := _PROPERTY.match(each.__doc__ or "")):
            yield name, found[2], found[3]


def check(kind: Any, arrays: Mapping[str, Any], least: int, **numbers: int) -> None:
    """Check that arrays are as stated; numbers that are not given are those of the first array that has them."""
    seen = 0
    for name, shape, dtype in stated(kind):
        array = arrays[name]
        if array is None:
            continue
        dimensions = [each.strip() for each in shape.split(",") if each.strip()]
        assert array.ndim == len(dimensions), name
        for length, written in zip(array.shape, dimensions, strict=True):
            if written.isidentifier():
                numbers.setdefault(written, length)
            sum_ = re.sub(r"(\d) (\w)", r"\1 * \2", written)
            assert length == eval(sum_, {}, numbers), (kind, name, written)  # noqa: S307  (our own docstrings)
        if dtype == "unsigned":
            assert array.dtype.kind == "u", name
        elif dtype is not None:
            assert array.dtype == np.dtype(dtype), name
        seen += 1
    assert seen >= least, kind


def check_object(value: Any, least: int, **numbers: int) -> None:
    check(type(value), {name: getattr(value, name) for name, *_ in stated(type(value))}, least, **numbers)


@given(timelines(), blocks(), traffics())
def test_arrays_have_the_shapes_that_are_stated(timeline: Timeline, block: Block, traffic: Traffic) -> None:
    segments, revisions = Segments.of(timeline), len(timeline.revisions)
    of_timeline = {"G": len(segments.since), "S": len(timeline.slots), "V": revisions}
    of_timeline["routings"] = len(timeline.routings)
    gauge = Gauge.of(timeline, compatibility(timeline.revisions, ()))
    tables = Tables.of(segments, timeline, gauge, np.arange(len(timeline.slots)))
    sizes = {Segments: 15, SplitTable: 2, Pools: 4, Clock: 3, Gauge: 3, Tables: 7, Window: 1}
    window = segments.pools.window(0)
    for each in (segments, segments.split, segments.pools, segments.clock, gauge, tables, window):
        check_object(each, sizes[type(each)], **of_timeline, **_TABLES)
    for name in Stays.__annotations__:
        array = getattr(segments.slots, name)
        assert (array.shape, array.dtype) == ((len(timeline.slots),), np.int64)

    sessions = block.plain()
    requests = [each for _, own in sessions for each in own]
    of_block = {"S": len(sessions), "R": len(requests), "P": len({each.page for each in requests})}
    check_object(block, 12, **of_block)
    check_object(Runs.of(segments.clock, block), 3)
    routed = route(segments, timeline, block)
    check_object(routed, 3, **of_block)

    check_object(SessionIndex.of(traffic), 2)
    counts = {"S": traffic.sessions, "P": traffic.page_views, "R": traffic.requests}
    check_object(traffic, 6, **counts)
    check_object(Known.of(traffic), 2, **counts)
    assert isinstance(routed, Routed)


@given(timelines(), blocks())
def test_the_walk_gets_arrays_of_the_shapes_that_are_stated(timeline: Timeline, block: Block) -> None:
    seen: list[tuple[Any, ...]] = []
    meter = Meter(timeline, compatibility(timeline.revisions, ()))
    meter.hasten(lambda *arrays: seen.append(arrays))
    meter.add(block)
    [arrays] = seen
    named = dict(zip(inspect.signature(walk).parameters, arrays, strict=True))
    check(walk, named, 3, R=len(block.time), P=len(block.page_session))

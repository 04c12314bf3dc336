"""What the compiled walk looks up, in tables that are pointers to it: indices are worked out here, and lengths known.

Which column is which, `turnout.simulator.tables` says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from turnout.routing.draws import error_draw, mix32, pick, pin_draw, slot_draw
from turnout.routing.timeline import FOREVER

if TYPE_CHECKING:
    from collections.abc import MutableSequence

    Table: TypeAlias = MutableSequence[int]

__all__ = [
    "HELPERS",
    "OWN",
    "RULE",
    "SLOT",
    "chosen",
    "dies",
    "leaves",
    "revision_of",
    "segment_of",
    "several",
    "signed",
    "within",
]

RULE, OWN, SLOT = 13, 7, 6
"""How many columns the tables of segments, of segments and revisions, and of slots have."""


def several(revisions: int) -> bool:
    """Whether a set, a bit for each member, has more than one."""
    return revisions & (revisions - 1) != 0


def segment_of(numbers: Table, rules: Table, first: Table, parted: Table, time: int) -> int:
    """Find the segment in force, as `turnout.simulator.clock` does."""
    bucket = (time - numbers[4]) >> numbers[5]
    bucket = min(max(bucket, 0), numbers[6] - 1)
    segment = first[bucket]
    if parted[bucket]:
        while rules[segment * RULE + 1] <= time:
            segment += 1
    return segment


def revision_of(numbers: Table, ends: Table, ranks: Table, row: int, draw: int) -> int:
    """The revision whose stretch of a split the draw falls into; -1 for one that never had a replica."""
    width = numbers[3]
    place = row * width
    for column in range(width - 1):
        place += draw >= ends[row * width + column]
    return ranks[place]


def within(numbers: Table, owns: Table, cells: Table, segment: int, revision: int, draw: int) -> int:
    """One of a revision's slots; -1 for none."""
    if revision < 0:
        return -1
    own = (segment * numbers[2] + revision) * OWN
    count = owns[own + 1]
    if count == 0:
        return -1
    if owns[own + 6] >= 0:
        return owns[own + 6] + pick(slot_draw(draw), count)
    return signed(cells[owns[own] + pick(slot_draw(draw), count) - numbers[12]])


def chosen(
    numbers: Table,
    rules: Table,
    owns: Table,
    cells: Table,
    ends: Table,
    ranks: Table,
    segment: int,
    draw: int,
) -> int:
    """The slot that an unpinned request is sent to; -1 for none."""
    rule = segment * RULE
    if rules[rule + 4]:
        revision = revision_of(numbers, ends, ranks, rules[rule + 8], draw)
        return within(numbers, owns, cells, segment, revision, draw)
    count = rules[rule + 10]
    if count == 0:
        return -1
    if rules[rule + 12] >= 0:
        return rules[rule + 12] + pick(draw, count)
    return signed(cells[rules[rule + 9] + pick(draw, count) - numbers[12]])


def dies(numbers: Table, rules: Table, owns: Table, slots: Table, segment: int, held: int) -> int:
    """When a pin made in a segment ends for any request."""
    if not rules[segment * RULE + 3]:
        return owns[(segment * numbers[2] + held) * OWN + 2]
    slot = held * SLOT
    unlisted = slots[slot + 1]
    listed = rules[segment * RULE] < unlisted
    among = slots[slot + 3] if listed else segment
    last = min(slots[slot + 2], owns[(among * numbers[2] + slots[slot]) * OWN + 4])
    return unlisted if listed and (unlisted >= FOREVER or last < unlisted) else last


def leaves(numbers: Table, rules: Table, owns: Table, slots: Table, segment: int, held: int, end: int) -> int:
    """When a pin made in a segment ends for documents; `end`: when it ends for any request."""
    if not rules[segment * RULE + 3]:
        return owns[(segment * numbers[2] + held) * OWN + 3]
    return min(end, owns[(segment * numbers[2] + slots[held * SLOT]) * OWN + 5])


def signed(number: int) -> int:
    """A number as the compiler's signed one of 64 bits, which it does not mix with others."""
    return np.int64(number)  # type: ignore[return-value]  # as good as an int


HELPERS = (
    chosen,
    dies,
    error_draw,
    leaves,
    mix32,
    pick,
    pin_draw,
    revision_of,
    segment_of,
    several,
    signed,
    slot_draw,
    within,
)
"""What is compiled along with the walk."""

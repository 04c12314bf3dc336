"""Generated data planes and traffic for the simulator's properties: small, and rich in coincidences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np
from hypothesis import strategies as st

from turnout.routing.algebra import Choice, Routing, Split, Spread, Sticky
from turnout.routing.draws import DRAWS
from turnout.routing.timeline import FOREVER, Slot, Timeline
from turnout.simulator.block import Block
from turnout.simulator.cutting import Cut, SessionIndex
from turnout.traffic.traffic import Traffic
from turnout.units import Duration

if TYPE_CHECKING:
    from turnout.routing.plain import Request

REVISIONS = ("v1", "v2", "v3")
END = 16
times = st.integers(0, END)
CUTS = sorted({round(part * DRAWS / of) for of in (2, 3, 4, 5, 7, 8) for part in range(of)})
draws = st.integers(0, DRAWS - 1) | st.sampled_from(CUTS) | st.sampled_from(CUTS[1:]).map(lambda cut: cut - 1)


@st.composite
def choices(draw: st.DrawFn) -> Choice:
    if draw(st.booleans()):
        return Spread()
    names = draw(st.lists(st.sampled_from((*REVISIONS, "never")), min_size=1, unique=True))
    weights = draw(st.lists(st.integers(0, 3), min_size=len(names), max_size=len(names)).filter(any))
    return Split(dict(zip(names, weights, strict=True)))


@st.composite
def stickies(draw: st.DrawFn, to: str, unit: str) -> Sticky:
    return Sticky(
        to="replica" if to == "replica" else "revision",
        unit="page" if unit == "page" else "session",
        new=draw(choices()),
        idle_timeout=None if unit == "page" else draw(st.none() | st.integers(0, 6).map(Duration)),
        orphans=draw(st.sampled_from(("move", "restart"))),
        released=tuple(draw(st.lists(st.sampled_from(REVISIONS), max_size=2))),
    )


@st.composite
def successions(draw: st.DrawFn) -> tuple[tuple[int, Routing], ...]:
    """A few routings one after the other, mostly with pins of the same kind, which then outlive the change."""
    kinds = st.tuples(st.sampled_from(("revision", "replica")), st.sampled_from(("session", "page")))
    to, unit = draw(kinds)
    found: list[tuple[int, Routing]] = []
    for since in [-FOREVER, *sorted(draw(st.sets(times, max_size=4)))]:
        if draw(st.integers(0, 4)) == 0:
            to, unit = draw(kinds)
        unpinned = draw(st.integers(0, 4)) == 0
        found.append((since, draw(choices() if unpinned else stickies(to, unit))))
    return tuple(found)


@st.composite
def slots(draw: st.DrawFn) -> Slot:
    listed = draw(st.just(-FOREVER) | times)
    unlisted = draw(st.just(FOREVER) | times.map(lambda each: max(each, listed + 1)))
    return Slot(
        replica=draw(st.integers(0, 9)),
        revision=draw(st.integers(0, len(REVISIONS) - 1)),
        listed=listed,
        unlisted=unlisted,
        fallback=-FOREVER if unlisted == FOREVER else unlisted + draw(st.integers(0, 6)),
        answers=draw(st.just(-FOREVER) | times),
        dead=draw(st.just(FOREVER) | times),
    )


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    return Timeline(
        revisions=REVISIONS,
        slots=tuple(draw(st.lists(slots(), max_size=6))),
        routings=draw(successions()),
        error_share=tuple(draw(st.sampled_from((0.0, 0.0, 0.3, 1.0))) for _ in REVISIONS),
        faulty_until=draw(st.just(FOREVER) | times),
        end=draw(st.integers(1, END)),
    )


@st.composite
def blocks(draw: st.DrawFn, *, sessions: int = 3) -> Block:
    session_draw, page_session, has_document, offset, time, request_draw = [], [], [], [0], [], []
    beginnings = st.lists(st.integers(-3, END - 4), min_size=1, max_size=sessions)
    for session, beginning in enumerate(sorted(draw(beginnings))):
        session_draw.append(draw(draws))
        clock = beginning
        for _ in range(draw(st.integers(1, 4))):
            page_session.append(session)
            has_document.append(draw(st.integers(0, 4)) > 0)
            clock += draw(st.integers(0, 5))
            at = clock
            for _ in range(draw(st.integers(1, 4))):
                time.append(at)
                request_draw.append(draw(draws))
                at += draw(st.sampled_from((0, 0, 1, 2, 3, 6)))
            offset.append(len(time))
    return Block(
        session_draw=np.array(session_draw, np.uint32),
        page_session=np.array(page_session, np.int64),
        page_has_document=np.array(has_document, bool),
        request_offset=np.array(offset, np.int64),
        time=np.array(time, np.int64),
        draw=np.array(request_draw, np.uint32),
    )


def in_parts(block: Block, most: int) -> list[Block]:
    """The same sessions in smaller blocks, of so many each."""
    parts = []
    for first in range(0, len(block.session_draw), most):
        pages = np.flatnonzero((first <= block.page_session) & (block.page_session < first + most))
        _, part = block.of_pages(pages)
        draw, session = block.session_draw[first : first + most], part.page_session - first
        parts.append(attrs.evolve(part, session_draw=draw, page_session=session))
    return parts


def cut(sessions: SessionIndex, begin: int, until: int, seed: int) -> Block:
    """All sessions that a rollout meets, in one block."""
    return together(list(Cut(sessions=sessions, begin=begin, until=until, seed=seed)))


def together(parts: list[Block]) -> Block:
    """One block of the sessions of several."""
    sessions = np.cumsum([0, *(len(part.session_draw) for part in parts)])
    sizes = [part.page_size for part in parts]
    nothing = np.zeros(0, np.int64)
    return Block(
        session_draw=np.concatenate([nothing.astype(np.uint32), *(part.session_draw for part in parts)]),
        page_session=np.concatenate(
            [nothing, *(part.page_session + first for part, first in zip(parts, sessions, strict=False))]
        ),
        page_has_document=np.concatenate(
            [nothing.astype(np.bool_), *(part.page_has_document for part in parts)]
        ),
        request_offset=np.cumsum(np.concatenate([np.zeros(1, np.int64), *sizes])),
        time=np.concatenate([nothing, *(part.time for part in parts)]),
        draw=np.concatenate([nothing.astype(np.uint32), *(part.draw for part in parts)]),
    )


@st.composite
def requests(draw: st.DrawFn) -> list[Request]:
    """One session's requests, page view by page view."""
    block = draw(blocks(sessions=1))
    [(_, session)] = block.plain()
    return session


@st.composite
def traffics(draw: st.DrawFn) -> Traffic:
    """A few short sessions in a short span of time, which a rollout may outlast several times."""
    start = draw(st.integers(-3, 3))
    pages, documents, offset, time = [0], [], [0], []
    for begin in sorted(draw(st.lists(st.integers(0, 12), min_size=1, max_size=5))):
        clock = start + begin
        for _ in range(draw(st.integers(1, 3))):
            documents.append(draw(st.booleans()))
            at = clock
            for _ in range(draw(st.integers(1, 3))):
                time.append(at)
                at += draw(st.integers(0, 3))
            offset.append(len(time))
            clock += draw(st.integers(0, 5))
        pages.append(len(documents))
    return Traffic(
        page_offset=np.array(pages, np.int64),
        request_offset=np.array(offset, np.int64),
        has_document=np.array(documents, np.bool_),
        request_time=np.array(time, np.int64),
        start=start,
        end=max(time) + 1 + draw(st.integers(0, 3)),
        label="generated",
    )

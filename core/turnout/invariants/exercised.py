"""What puts an invariant to the test: a rollout in which nothing of the kind happens says nothing about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnout.routing.timeline import FOREVER

if TYPE_CHECKING:
    from turnout.trace import Trace

__all__ = [
    "grows",
    "has_two",
    "is_asked",
    "is_left_behind",
    "is_paused",
    "is_visited_again",
    "loads_pages",
    "may_end",
    "takes_away",
    "went_back",
]


def loads_pages(trace: Trace) -> bool:
    """Whether a page that was loading since the rollout began got an asset."""
    return any(
        len([each for each in page if each.served]) > 1 and max(each.time for each in page) >= 0
        for page in trace.by_page.values()
    )


def is_visited_again(trace: Trace) -> bool:
    """Whether a session was served again when a second revision could answer it."""
    first = _second_at(trace)
    return any(
        len(served := [each.time for each in answers if each.served]) > 1 and max(served) >= first
        for answers in trace.by_session.values()
    )


def is_left_behind(trace: Trace) -> bool:
    """Whether a session came again after a newer revision than the oldest had answered it."""
    for answers in trace.by_session.values():
        served = sorted((each for each in answers if each.served), key=lambda each: each.time)
        if any(each.rank > 0 and each.time < served[-1].time for each in served):
            return True
    return False


def takes_away(trace: Trace) -> bool:
    """Whether a step took away what was available, or sent requests elsewhere."""
    return any(time >= 0 for time in trace.taken_away) or any(
        before.routing != after.routing for before, after in trace.steps
    )


def grows(trace: Trace) -> bool:
    """Whether a step wanted more, or left as many as the ceiling allows."""
    return any(after.wanted > before.wanted for before, after in trace.steps) or any(
        after.wanted >= trace.strategy.bounds(after.rollout.replicas).ceiling for _, after in trace.steps
    )


def _second_at(trace: Trace) -> int:
    """When a second revision first took requests."""
    first: dict[int, int] = {}
    for slot in trace.history.timeline.slots:
        first[slot.revision] = min(max(slot.listed, slot.answers), first.get(slot.revision, FOREVER))
    return sorted(first.values())[1] if len(first) > 1 else FOREVER


def has_two(trace: Trace) -> bool:
    """Whether new requests could go to a second revision, or were to be sent there."""
    return _second_at(trace) < FOREVER or any(
        before.routing != after.routing for before, after in trace.steps
    )


def is_paused(trace: Trace) -> bool:
    """Whether time passed while the rollout was paused."""
    return any(before.rollout.paused and after.rollout.paused for before, after in trace.steps)


def is_asked(trace: Trace) -> bool:
    """Whether there was a request since the rollout began."""
    return any(each.time >= 0 for each in trace.answers)


def may_end(trace: Trace) -> bool:
    """Whether nothing held the rollout in the end."""
    return not trace.held


def went_back(trace: Trace) -> bool:
    """Whether it was sent back, and nothing held it in the end."""
    back = any(deed.verb in ("undo", "abort") and not deed.refused for deed in trace.history.deeds)
    return back and not trace.held

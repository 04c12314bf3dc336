"""Conditions on what happens to a rollout, under which the bundled strategies make their promises."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from turnout import Proviso, Trace

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "FRESH",
    "KEPT_UP",
    "NOT_STUCK",
    "SEEN_TO_FAIL",
    "STEADY",
    "TOLD_IN_TIME",
    "UNTROUBLED",
    "pages_within",
    "parameters_such_that",
    "pauses_within",
    "sessions_within",
]


_WISHES = ("abort", "undo", "rollback", "scale", "set-target")


def _steady(trace: Trace) -> bool:
    waits = any(moment.rollout.min_ready_seconds for moment in trace.history.moments)
    targets = {moment.rollout.target for moment in trace.history.moments[1:]}
    return not waits or (not _fails(trace) and len(targets) == 1)


def _fails(trace: Trace) -> bool:
    return any(each.what in ("crashed", "not ready", "killed") for each in trace.history.happenings)


def _wishes_differ(trace: Trace) -> bool:
    wishes = {(moment.rollout.target, moment.rollout.replicas) for moment in trace.history.moments[1:]}
    # Of two wishes at one moment a history keeps the second, which may be what was wished before.
    wished = [deed.time for deed in trace.history.deeds if deed.verb in _WISHES and not deed.refused]
    return len(wishes) > 1 or len(set(wished)) < len(wished)


def _not_stuck(trace: Trace) -> bool:
    scaled = {deed.time for deed in trace.history.deeds if deed.verb == "scale" and not deed.refused}
    return not any(
        [each.wanted for each in after.numbers.values() if each.wanted] == [after.rollout.replicas]
        and before.rollout.replicas != after.rollout.replicas
        for before, after in trace.steps
        if after.time in scaled
    )


def _kept_up(trace: Trace) -> bool:
    scaled = [deed.time for deed in trace.history.deeds if deed.verb == "scale" and not deed.refused]
    # Of two at one time a history keeps what came of the second.
    return len(set(scaled)) == len(scaled) and all(each.rollout.replicas for each in trace.history.moments)


STEADY = Proviso(
    "min_ready_seconds is 0, or no replica fails and the target stays the same on the way", _steady
)
"""A replica set gives up replicas by readiness, and one told to give up an unavailable one may give up another."""

NOT_STUCK = Proviso(
    "it is not scaled, on the way, to the very size of its one active replica set", _not_stuck
)
"""A Deployment writes its note of the wanted number only with a size: it then sees a scaling event for ever."""

FRESH = Proviso(
    "what the controller is told of the replicas is not stale", lambda trace: not trace.weather.stale
)
"""A Deployment does not see replicas that it has just asked for; Recreate starts its new ones beside those."""

SEEN_TO_FAIL = Proviso(
    "what the controller is told of the replicas is not stale, or no replica fails and the wish stays the same",
    lambda trace: not trace.weather.stale or not (_fails(trace) or _wishes_differ(trace)),
)
"""Nobody can keep a floor who takes a replica that has failed, or that it has itself just given up, for another one."""

KEPT_UP = Proviso("it is not scaled to 0, nor twice at one moment", _kept_up)
"""Where nothing is wanted at all, nothing is kept for anybody's session."""

TOLD_IN_TIME = Proviso(
    "what the strategy is told of live sessions is not stale", lambda trace: not trace.weather.stale
)
"""Nobody can wait for sessions of which nothing is known."""

UNTROUBLED = Proviso(
    "no replica fails, or the wish stays the same on the way",
    lambda trace: not (_fails(trace) and _wishes_differ(trace)),
)
"""What was on its way out may be all that serves once a replica fails, and sessions cannot stay there."""


def parameters_such_that(text: str, holds: Callable[[Any], bool]) -> Proviso:
    """The strategy's parameters, which a list of allowed values cannot tell, are as they have to be."""
    return Proviso(text, lambda trace: holds(trace.strategy))


def pages_within(text: str, limit: Callable[[Any], int]) -> Proviso:
    """Every page loads within a time that depends on the strategy's parameters, in microseconds."""

    def holds(trace: Trace) -> bool:
        most = limit(trace.strategy)
        return all(max(each.time for each in page) - page[0].time <= most for page in trace.by_page.values())

    return Proviso(text, holds)


def pauses_within(text: str, limit: Callable[[Any], int]) -> Proviso:
    """No session is longer without a request than a time that depends on the strategy's parameters, in microseconds."""

    def holds(trace: Trace) -> bool:
        most = limit(trace.strategy)
        times = (sorted(each.time for each in answers) for answers in trace.by_session.values())
        return all(later - earlier <= most for each in times for earlier, later in pairwise(each))

    return Proviso(text, holds)


def sessions_within(text: str, limit: Callable[[Any], int]) -> Proviso:
    """Every session is over within a time that depends on the strategy's parameters, in microseconds."""

    def holds(trace: Trace) -> bool:
        most = limit(trace.strategy)
        spans = ([each.time for each in answers] for answers in trace.by_session.values())
        return all(max(times) - min(times) < most for times in spans)

    return Proviso(text, holds)

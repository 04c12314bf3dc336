"""The invariants that come with turnout: functions from a trace to its first violation."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import attrs

from turnout.invariant import Invariant, Violation
from turnout.invariants.exercised import (
    grows,
    has_two,
    is_asked,
    is_left_behind,
    is_paused,
    is_visited_again,
    loads_pages,
    may_end,
    takes_away,
    went_back,
)
from turnout.routing.algebra import Split, Sticky
from turnout.routing.plain import Cause

if TYPE_CHECKING:
    from turnout.trace import Answer, Trace

__all__ = ["INVARIANTS"]


def _one_version_per_page(trace: Trace) -> Violation | None:
    for answers in trace.by_page.values():
        served = [answer for answer in answers if answer.served]
        for answer in served:
            same = answer.revision == served[0].revision
            if not same and not trace.parted_by_weather(served[0], answer):
                text = f"a page of {served[0].revision} got an asset of {answer.revision}"
                return Violation(time=answer.time, text=text)
    return None


def _one_version_per_session(trace: Trace) -> Violation | None:
    back = trace.went_back()
    for (session, _), answers in trace.by_session.items():
        before = None
        for answer in sorted((each for each in answers if each.served), key=lambda each: each.time):
            if before is not None and answer.revision != before.revision:
                sent_back = back is not None and back <= answer.time
                if not sent_back and not trace.parted_by_weather(before, answer):
                    text = f"session {session} saw {before.revision}, then {answer.revision}"
                    return Violation(time=answer.time, text=text)
            before = answer
    return None


def _never_backwards(trace: Trace) -> Violation | None:
    back = trace.went_back()
    for (session, _), answers in trace.by_session.items():
        newest: dict[int, Answer] = {}
        for answer in sorted((each for each in answers if each.served), key=lambda each: each.time):
            if back is not None and back <= answer.time:
                break
            # Late assets of a page that came before are no step back.
            seen = [each for page, each in newest.items() if page <= answer.page and each.time < answer.time]
            best = max(seen, key=lambda each: each.rank, default=answer)
            if answer.rank < best.rank and not trace.parted_by_weather(best, answer):
                text = f"session {session} saw {best.revision}, then {answer.revision} again"
                return Violation(time=answer.time, text=text)
            if answer.page not in newest or answer.rank > newest[answer.page].rank:
                newest[answer.page] = answer
    return None


def _capacity_floor(trace: Trace) -> Violation | None:
    scaled = Counter(each.time for each in trace.history.deeds if each.verb == "scale" and not each.refused)
    follows = trace.strategy.deployment_type is not None
    for before, after in trace.steps:
        shared_out = follows or before.rollout.paused or after.rollout.paused
        if scaled[after.time] > 1 or (scaled[after.time] and shared_out):
            continue  # the controller shares it out, whatever is available; or nobody knows what was wanted between
        floor = min(trace.strategy.bounds(each.rollout.replicas).floor for each in (before, after))
        left = trace.reachable(after)
        taken = trace.taken_away.get(after.time, {})
        if left < floor and any(name in taken for name in trace.used(before)):
            text = f"available replicas were taken away, which leaves {left}; the floor is {floor}"
            return Violation(time=after.time, text=text)
        kept = trace.reachable(attrs.evolve(after, routing=before.routing))
        if before.routing != after.routing and left < min(floor, kept):
            text = f"requests were sent away from {kept} available replicas, which leaves {left}; the floor is {floor}"
            return Violation(time=after.time, text=text)
    return None


def _surge_ceiling(trace: Trace) -> Violation | None:
    for before, after in trace.steps:
        ceiling = max(trace.strategy.bounds(each.rollout.replicas).ceiling for each in (before, after))
        if after.wanted > ceiling and after.wanted > before.wanted:
            return Violation(
                time=after.time, text=f"{after.wanted} replicas are wanted; the ceiling is {ceiling}"
            )
    return None


def _one_active_revision(trace: Trace) -> Violation | None:
    timeline = trace.history.timeline
    changes = {max(slot.listed, slot.answers) for slot in timeline.slots}
    changes |= {since for since, _ in timeline.routings}
    for time in sorted(changes):
        routing = next(each for since, each in reversed(timeline.routings) if since <= time)
        choice = routing.new if isinstance(routing, Sticky) else routing
        serving = {timeline.revisions[slot.revision] for slot in trace.listed(time)}
        chosen = set(choice.shares) if isinstance(choice, Split) else serving
        if len(chosen) > 1:
            text = f"new requests go to {' and '.join(sorted(chosen))}"
            return Violation(time=max(time, 0), text=text)
    return None


def _paused_means_still(trace: Trace) -> Violation | None:
    touched = {deed.time for deed in trace.history.deeds if not deed.refused}
    for before, after in trace.steps:
        if not (before.rollout.paused and after.rollout.paused) or after.time in touched:
            continue  # an operator may have scaled it, or have resumed it until the strategy paused again
        if before.routing != after.routing:
            return Violation(time=after.time, text="the routing changed while the rollout was paused")
        for name, numbers in after.numbers.items():
            was = before.numbers[name].wanted if name in before.numbers else 0
            if numbers.wanted > was:
                return Violation(
                    time=after.time, text=f"{name} grew from {was} to {numbers.wanted} while paused"
                )
    return None


def _no_request_to_the_unready(trace: Trace) -> Violation | None:
    for answer in sorted(trace.answers, key=lambda each: each.time):
        if answer.cause is not Cause.NO_ENDPOINT or not trace.at(answer.time).rollout.replicas:
            continue
        others = trace.listed(answer.time)
        if others and not _was_taken(trace, answer.time):
            revision = trace.history.timeline.revisions[others[0].revision]
            text = f"a request of session {answer.session} found no replica, though {revision} has one"
            return Violation(time=answer.time, text=text)
    return None


def _was_taken(trace: Trace, time: int) -> bool:
    """Whether weather took all replicas of a revision that requests were sent to."""
    routing = next(each for since, each in reversed(trace.history.timeline.routings) if since <= time)
    choice = routing.new if isinstance(routing, Sticky) else routing
    return isinstance(choice, Split) and any(trace.emptied_by_weather(name, time) for name in choice.shares)


def _converges(trace: Trace) -> Violation | None:
    history = trace.history
    last = history.moments[-1]
    running = {name: each.wanted for name, each in last.numbers.items() if each.wanted}
    if trace.held:
        return None
    target = last.rollout.target
    if history.completed is None or running.keys() - {target}:
        return Violation(time=history.end, text=f"it has not ended: {running} wanted, target {target}")
    choice = last.routing.new if isinstance(last.routing, Sticky) else last.routing
    if isinstance(choice, Split) and choice.shares.keys() != {target}:
        receivers = " and ".join(sorted(choice.shares))
        return Violation(time=history.end, text=f"{target} is there, but requests go to {receivers}")
    return None


def _undo_restores(trace: Trace) -> Violation | None:
    history = trace.history
    if not went_back(trace):
        return None
    last = history.moments[-1]
    numbers = last.numbers.get(last.rollout.target)
    available = 0 if numbers is None else numbers.available
    routed_to = {history.timeline.revisions[slot.revision] for slot in trace.listed(history.end)}
    if available != last.rollout.replicas or routed_to - {last.rollout.target}:
        text = f"{last.rollout.target} has {available} of {last.rollout.replicas} replicas after going back"
        return Violation(time=history.end, text=text)
    return None


_ALL = (
    Invariant(
        name="one-version-per-page",
        statement="A page's assets come from the revision that served its document, as long as it lives.",
        check=_one_version_per_page,
        exercised=loads_pages,
        stepwise=True,
    ),
    Invariant(
        name="one-version-per-session",
        statement="A session is served by one revision as long as that lives and the rollout is not sent back.",
        check=_one_version_per_session,
        exercised=is_visited_again,
        stepwise=True,
    ),
    Invariant(
        name="never-backwards",
        statement="No session returns to an older revision that it has left, unless the rollout is sent back.",
        check=_never_backwards,
        exercised=is_left_behind,
        stepwise=True,
    ),
    Invariant(
        name="capacity-floor",
        statement="No step leaves requests fewer available replicas than the strategy's floor, unless the "
        "controller shares out what it is scaled to.",
        check=_capacity_floor,
        exercised=takes_away,
        stepwise=True,
    ),
    Invariant(
        name="surge-ceiling",
        statement="No step asks for more replicas where there are as many as the strategy's ceiling, or beyond it.",
        check=_surge_ceiling,
        exercised=grows,
        stepwise=True,
    ),
    Invariant(
        name="one-active-revision",
        statement="At every moment, new requests go to one revision only.",
        check=_one_active_revision,
        exercised=has_two,
        stepwise=True,
    ),
    Invariant(
        name="paused-means-still",
        statement="While a rollout is paused and nobody touches it, its routing stays and no revision grows.",
        check=_paused_means_still,
        exercised=is_paused,
        stepwise=True,
    ),
    Invariant(
        name="no-request-to-the-unready",
        statement="No request is sent where no replica is ready while another revision has one, unless a fault "
        "took those it is sent to, or the rollout is scaled to 0.",
        check=_no_request_to_the_unready,
        exercised=is_asked,
        stepwise=True,
    ),
    Invariant(
        name="converges",
        statement="When the weather clears and nothing holds it, a rollout ends on exactly one revision, and requests "
        "go there.",
        kind="liveness",
        check=_converges,
        exercised=may_end,
        stepwise=True,
    ),
    Invariant(
        name="undo-restores",
        statement="After going back, if nothing holds it, the earlier revision serves alone and at full size.",
        kind="liveness",
        check=_undo_restores,
        exercised=went_back,
        stepwise=True,
    ),
)

INVARIANTS: dict[str, Invariant] = {invariant.name: invariant for invariant in _ALL}
"""The invariants that come with turnout, by name."""

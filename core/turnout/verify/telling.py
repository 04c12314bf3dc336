"""Telling a story: few lines in time order, what happened, what the strategy was shown and answered, who got what."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from math import inf
from typing import TYPE_CHECKING

import attrs

from turnout.errors import shortened, shown
from turnout.parameters import describe, to_spec
from turnout.routing.algebra import Split, Spread, Sticky
from turnout.routing.plain import Cause
from turnout.simulator.replica import LONG_AGO
from turnout.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from turnout.environment import Environment, Weather
    from turnout.invariant import Violation
    from turnout.model import Observation, Plan
    from turnout.strategy import Strategy
    from turnout.trace import Answer
    from turnout.verify.judging import Judged
    from turnout.verify.world import World

__all__ = ["in_words", "tell"]

_MOST_LINES = 40

_HAPPENINGS = {
    "available": "replica {replica} of {revision} is available",
    "answers": "replica {replica} of {revision} begins to answer",
    "listed": "replica {replica} of {revision} takes requests",
    "unlisted": "replica {replica} of {revision} takes no more requests",
    "terminating": "replica {replica} of {revision} is told to stop",
    "not ready": "replica {replica} of {revision} is not ready for a while",
    "crashed": "replica {replica} of {revision} crashes",
    "killed": "somebody deletes replica {replica} of {revision}",
}
_CAUSES = {
    Cause.SERVED: "{revision} serves it",
    Cause.NO_ENDPOINT: "nobody takes it",
    Cause.NOT_STARTED: "{revision} does not answer yet",
    Cause.TERMINATED: "{revision} has just stopped",
    Cause.BAD_REVISION: "{revision} fails it",
    Cause.RESTARTED: "it is told to start again",
}


@attrs.frozen(order=True)
class _Line:
    """A line, and its place: by time, then by how many decisions came before it, then as its kind and number say."""

    time: int
    decisions: float
    kind: int
    number: int
    text: str = attrs.field(order=False)


_HAPPENED, _DONE, _DECIDED, _ASKED = range(4)


def tell(
    world: World, strategy: Strategy, judged: Judged, invariant: str, violation: Violation | None
) -> list[str]:
    """Tell one run, up to the violation if there is one.

    What happened at one time is told in the order in which it did, causes before effects.

    Args:
        world: The world.
        strategy: The strategy.
        judged: What became of it.
        invariant: The name of the invariant that the story is about.
        violation: How it broke; None if it did not.
    """
    end = inf if violation is None else violation.time
    told = sorted([*_decided(judged), *_happened(judged, end), *_asked(judged, end)])
    texts = [f"{_clock(line.time)}  {line.text}" for line in told if line.time <= end]
    if len(texts) > _MOST_LINES:
        left_out = f"{'…':>9}  ({len(texts) - _MOST_LINES} lines)"
        texts = [*texts[: _MOST_LINES // 2], left_out, *texts[-_MOST_LINES // 2 :]]
    if violation is not None:
        texts.append(f"{_clock(violation.time)}  {invariant} is broken: {shortened(violation.text)}")
    else:
        texts.append(f"{'end':>9}  {invariant} holds")
    return [f"{to_spec(strategy)}: {in_words(world)}", *texts]


def in_words(world: World) -> str:
    """What there is to know of a world before it begins, where it is not the default."""
    scenario = world.scenario
    rollout, lifecycle = scenario.workload.rollout, scenario.workload.lifecycle
    replicas = f"{rollout.replicas} replica{'' if rollout.replicas == 1 else 's'}"
    parts = [f"{replicas} from {scenario.previous} to {scenario.target}"]
    if rollout.min_ready_seconds:
        parts.append(f"min_ready_seconds {rollout.min_ready_seconds}")
    if lifecycle.readiness or lifecycle.startup:
        parts.append("probed")
    if lifecycle.pre_stop_seconds:
        parts.append(f"preStop {lifecycle.pre_stop_seconds:g}s")
    parts += [*_differences(scenario.environment), *(_differences(scenario.weather) or ["clear weather"])]
    if scenario.runbook.entries:
        parts.append(f"an operator who does: {scenario.runbook}")
    return ", ".join(parts)


def _differences(of: Environment | Weather) -> list[str]:
    plain = type(of)()
    return [
        f"{each.name} {each.type.write(getattr(of, each.name))}"
        for each in describe(type(of))
        if getattr(of, each.name) != getattr(plain, each.name) and each.name != "startup_spread"
    ]


def _clock(time: int) -> str:
    if time <= LONG_AGO:
        return "long ago".rjust(9)
    sign = "-" if time < 0 else ""
    return f"{sign}{format_duration(round(abs(time), -5))}".rjust(9)


def _decided(judged: Judged) -> Iterator[_Line]:
    """Every decision that changes something, the first, and the last if the strategy misbehaved in it."""
    begun = False
    failing = None if judged.trace is not None else len(judged.decisions) - 1
    for place, decision in enumerate(judged.decisions):
        seen, plan = decision.seen, decision.plan
        if seen.time < 0 and place != failing:
            continue  # the rollout before
        if plan is None:
            yield _Line(seen.time, place, _DECIDED, place, f"{_shown(seen)}; it gives no answer")
            continue
        if place == failing or not begun or _changes(seen, plan):
            text = f"{_shown(seen)}; it answers: {_answered(seen, plan)}"
            yield _Line(seen.time, place, _DECIDED, place, text)
        begun = begun or seen.time >= 0


def _changes(seen: Observation, plan: Plan) -> bool:
    resized = {**seen.wanted, **plan.wanted} != seen.wanted
    return resized or plan.routing != seen.routing or plan.pause is not None


def _shown(seen: Observation) -> str:
    sets = (
        f"{each.name} {each.available} of {each.wanted}"
        + (
            ""
            if each.endpoints is None or each.endpoints == each.available
            else f" ({each.endpoints} listed)"
        )
        for each in seen.replica_sets
        if each.wanted or each.replicas or each.terminating or each.name == seen.rollout.target
    )
    told = ", ".join(sets)
    return f"it is shown {f'{told} available' if told else 'no replicas'}, to {seen.rollout.target}"


def _answered(seen: Observation, plan: Plan) -> str:
    """What a plan changes; one that cannot be carried out may hold anything."""
    wanted: object = plan.wanted
    if isinstance(wanted, Mapping):
        sizes = {**seen.wanted, **wanted}.items()
        parts = [f"{_word(name)} {_word(size)}" for name, size in sizes if size != seen.wanted.get(name)]
    else:
        parts = [f"wanted {shown(wanted)}"]
    if plan.routing != seen.routing:
        parts.append(f"requests {_routed(plan.routing)}")
    if plan.pause is not None:
        parts.append(f"pause ({_word(plan.pause)})")
    return ", ".join(parts) or "no change"


def _word(value: object) -> str:
    """A name, a number or a reason, as it is; or whatever else is in its place."""
    return shortened(str(value)) if type(value) in (str, int) else shown(value)


def _routed(routing: object) -> str:
    if isinstance(routing, Spread):
        return "to any replica"
    if isinstance(routing, Split):
        shares = (f"{_word(name)} {100 * share:.3g} %" for name, share in routing.shares.items())
        return f"split: {', '.join(shares)}"
    if not isinstance(routing, Sticky):
        return shown(routing)
    unit = "pages" if routing.unit == "page" else "sessions"
    released = f", released {', '.join(map(_word, routing.released))}" if routing.released else ""
    return f"pinned by {unit} to a {routing.to}{released}, new ones {_routed(routing.new)}"


def _happened(judged: Judged, end: float) -> Iterator[_Line]:
    # What had already happened when the n-th decision was made comes before it; what it brought about, after it.
    happened = [each.happened for each in judged.decisions]
    for number, each in enumerate(judged.happenings):
        if 0 <= each.time <= end and each.what in _HAPPENINGS:
            text = _HAPPENINGS[each.what].format(replica=each.replica, revision=each.revision)
            yield _Line(each.time, bisect_right(happened, number) - 0.5, _HAPPENED, number, text)
    done = [each.done for each in judged.decisions]
    for number, deed in enumerate(judged.deeds):
        refused = f" (refused: {deed.answer})" if deed.refused else ""
        text = f"the operator: {deed.verb}{refused}"
        yield _Line(deed.time, bisect_right(done, number) - 0.5, _DONE, number, text)


def _asked(judged: Judged, end: float) -> Iterator[_Line]:
    answers = () if judged.trace is None else judged.trace.answers
    for number, answer in enumerate(sorted(answers, key=lambda each: each.time)):
        if answer.time <= end:
            yield _Line(answer.time, inf, _ASKED, number, _request(answer))


def _request(answer: Answer) -> str:
    what = f"page {answer.page}" if answer.document else f"an asset of page {answer.page}"
    return (
        f"session {answer.session} asks for {what}: {_CAUSES[answer.cause].format(revision=answer.revision)}"
    )

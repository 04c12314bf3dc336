"""Telling a story: few lines in time order, what happened, what the strategy was shown and answered, who got what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from turnout.parameters import describe, to_spec
from turnout.routing.algebra import Split, Spread
from turnout.routing.plain import Cause
from turnout.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from turnout.environment import Environment, Weather
    from turnout.history import Happening
    from turnout.invariants import Violation
    from turnout.model import Observation, Plan
    from turnout.routing.algebra import Routing
    from turnout.strategy import Strategy
    from turnout.trace import Answer
    from turnout.verify.judging import Judged
    from turnout.verify.world import World

__all__ = ["in_words", "tell"]

_MOST_LINES = 40

_HAPPENINGS = {
    "available": "replica {replica} of {revision} is available",
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
    Cause.TERMINATED: "{revision} has just stopped",
    Cause.BAD_REVISION: "{revision} fails it",
    Cause.RESTARTED: "it is told to start again",
}


@attrs.frozen(order=True)
class _Line:
    time: int
    place: int
    text: str = attrs.field(order=False)


def tell(
    world: World, strategy: Strategy, judged: Judged, invariant: str, violation: Violation | None
) -> list[str]:
    """Tell one run, up to the violation if there is one.

    Args:
        world: The world.
        strategy: The strategy.
        judged: What became of it.
        invariant: The name of the invariant that the story is about.
        violation: How it broke; None if it did not.
    """
    lines = [*_decided(judged), *_happened(judged), *_asked(judged)]
    end = None if violation is None else violation.time
    told = sorted(line for line in lines if end is None or line.time <= end)
    texts = [f"{_clock(line.time)}  {line.text}" for line in told]
    if len(texts) > _MOST_LINES:
        left_out = f"{'…':>9}  ({len(texts) - _MOST_LINES} lines)"
        texts = [*texts[: _MOST_LINES // 2], left_out, *texts[-_MOST_LINES // 2 :]]
    if violation is not None:
        texts.append(f"{_clock(violation.time)}  {invariant} is broken: {violation.text}")
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
    sign = "-" if time < 0 else ""
    return f"{sign}{format_duration(round(abs(time), -5))}".rjust(9)


def _decided(judged: Judged) -> Iterator[_Line]:
    """Every decision that changes something, and the first."""
    begun = False
    for place, decision in enumerate(judged.decisions):
        seen, plan = decision.seen, decision.plan
        if seen.time < 0:
            continue  # the rollout before
        if plan is None:
            yield _Line(seen.time, 10_000 + place, f"{_shown(seen)}; it gives no answer")
            continue
        changed = {**seen.wanted, **plan.wanted} != seen.wanted or plan.routing != seen.routing
        if changed or plan.pause or not begun:
            yield _Line(seen.time, 10_000 + place, f"{_shown(seen)}; it answers: {_answered(seen, plan)}")
        begun = True


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
    return f"it is shown {', '.join(sets)} available, to {seen.rollout.target}"


def _answered(seen: Observation, plan: Plan) -> str:
    wanted = {
        name: size for name, size in {**seen.wanted, **plan.wanted}.items() if size != seen.wanted.get(name)
    }
    parts = [f"{name} {size}" for name, size in wanted.items()]
    if plan.routing != seen.routing:
        parts.append(f"requests {_routed(plan.routing)}")
    if plan.pause:
        parts.append(f"pause ({plan.pause})")
    return ", ".join(parts) or "no change"


def _routed(routing: Routing) -> str:
    if isinstance(routing, Spread):
        return "to any replica"
    if isinstance(routing, Split):
        shares = (f"{name} {100 * share:.3g} %" for name, share in routing.shares.items())
        return f"split: {', '.join(shares)}"
    unit = "pages" if routing.unit == "page" else "sessions"
    released = f", released {', '.join(routing.released)}" if routing.released else ""
    return f"pinned by {unit} to a {routing.to}{released}, new ones {_routed(routing.new)}"


def _happened(judged: Judged) -> Iterator[_Line]:
    if judged.trace is None:
        return
    history = judged.trace.history
    for place, each in enumerate(history.happenings):
        if each.time >= 0 and each.what in _HAPPENINGS:
            yield _Line(
                each.time,
                place if _causes(each) else 50_000 + place,
                _HAPPENINGS[each.what].format(replica=each.replica, revision=each.revision),
            )
    for place, deed in enumerate(history.deeds):
        refused = f" (refused: {deed.answer})" if deed.refused else ""
        yield _Line(deed.time, 20_000 + place, f"the operator: {deed.verb}{refused}")


def _causes(happening: Happening) -> bool:
    """Whether it comes before what is decided at that time."""
    return happening.what != "terminating"


def _asked(judged: Judged) -> Iterator[_Line]:
    if judged.trace is None:
        return
    for place, answer in enumerate(sorted(judged.trace.answers, key=lambda each: each.time)):
        yield _Line(answer.time, 90_000 + place, _request(answer))


def _request(answer: Answer) -> str:
    what = f"page {answer.page}" if answer.document else f"an asset of page {answer.page}"
    return (
        f"session {answer.session} asks for {what}: {_CAUSES[answer.cause].format(revision=answer.revision)}"
    )

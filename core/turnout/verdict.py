"""The result of a comparison in words: who meets the limits, what each costs, what it all rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnout.metrics import METRICS
from turnout.parameters import describe
from turnout.units import SECOND, format_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from turnout.environment import Environment, Weather
    from turnout.requirements import Requirement
    from turnout.results import StrategyOutcome
    from turnout.scenario import Scenario
    from turnout.traffic import Traffic
    from turnout.units import Duration

__all__ = ["assumptions", "cautions", "not_done", "verdict"]


def verdict(
    outcomes: Sequence[StrategyOutcome],
    requirements: Sequence[Requirement],
    *,
    taken: bool,
    enough: float,
    horizon: Duration,
) -> tuple[str, ...]:
    """Say which strategies meet the limits and what each costs.

    Args:
        outcomes: What each strategy did.
        requirements: The limits.
        taken: Whether the limits were taken for want of any.
        enough: The share of rollouts that must keep a limit.
        horizon: When a rollout is given up that does not end.
    """
    limits = " and ".join(str(each) for each in requirements)
    intro = f"No limit was given; taken: {limits}." if taken else f"Limits: {limits}."
    met = sorted(
        (each for each in outcomes if all(share >= enough for share in each.meets.values())), key=_cost
    )
    all_of_them = "it" if len(requirements) == 1 else "all"
    lines = [f"{intro} A strategy meets a limit if at least {enough:.0%} of its rollouts keep it."]
    if any(each.endless for each in outcomes):
        lines.append(
            f"A rollout that has not ended after {format_duration(horizon)} (--horizon) keeps no limit."
        )
    lines.extend(
        f"{each.label} meets {all_of_them}{_exceptions(each, requirements)}; it costs {_costs(each)}."
        for each in met
    )
    lines.extend(_failing(each, requirements, enough) for each in outcomes if each not in met)
    if not met:
        lines.append("No strategy meets the limits.")
    elif len(met) > 1:
        lines.append(f"Of those that meet the limits, {met[0].label} costs the fewest extra replica seconds.")
    return tuple(lines)


def _exceptions(outcome: StrategyOutcome, requirements: Sequence[Requirement]) -> str:
    """Name the limits that some rollouts do not keep, though enough do."""
    rollouts = len(outcome.rollouts["duration_seconds"])
    kept = {str(each): round(outcome.meets[str(each)] * rollouts) for each in requirements}
    broken = {limit: number for limit, number in kept.items() if number < rollouts}
    if not broken:
        return ""
    if len(requirements) == 1:
        return f" in {min(kept.values())} of its {rollouts} rollouts"
    parts = (f"{limit} in {number}" for limit, number in broken.items())
    return f" (but {' and '.join(parts)} of its {rollouts} rollouts)"


_FEW_PAGE_VIEWS = 20
_MANY_TIMES = 10


def cautions(outcomes: Sequence[StrategyOutcome], traffic: Traffic, *, longest: float) -> tuple[str, ...]:
    """Warn where the traffic is too little for the numbers to say much: it repeats, or few page views meet a rollout.

    Args:
        outcomes: What each strategy did.
        traffic: Whose sessions met it.
        longest: How long the longest rollout was watched, in seconds.
    """
    return (*_repeated(traffic, longest), *_thin(outcomes, traffic))


def _repeated(traffic: Traffic, longest: float) -> tuple[str, ...]:
    span = traffic.end - traffic.start
    times = longest * SECOND / span
    if times <= 1:
        return ()
    what = "The traffic" if traffic.epoch is None else "The log"
    often = f"{times:,.0f}" if times >= _MANY_TIMES else f"{times:.3g}"
    return (
        f"{what} covers {_time(span / SECOND)}; rollouts met it up to {often} times over, which shows nothing new.",
    )


def _thin(outcomes: Sequence[StrategyOutcome], traffic: Traffic) -> tuple[str, ...]:
    """Warn where rollouts meet so few page views that keeping a limit says little; say how much more would do."""
    apart = traffic.page_views / max(1, traffic.scale)
    if apart < _FEW_PAGE_VIEWS:
        own = f"{apart:.0f} page view{'' if round(apart) == 1 else 's'}"
        why = f"without its repetitions it is {own}, so that meeting a limit says little; take more of it"
        return (f"The traffic is thin: {why}.",)
    views = {each.label: each.own_page_views.median or 0 for each in outcomes}
    thin = [each for each in outcomes if views[each.label] < _FEW_PAGE_VIEWS]
    if not thin:
        return ()
    factor = max(2, round(5 * _FEW_PAGE_VIEWS / max(1, min(views.values()))))
    lengths = sorted(each.own_seconds.median or 0 for each in thin)
    ends = dict.fromkeys(_time(each) for each in (lengths[0], lengths[-1]))
    who = (
        f"in their own {'–'.join(ends)}, half of the rollouts of {', '.join(each.label for each in thin)} meet fewer "
        f"than {_FEW_PAGE_VIEWS} page views"
    )
    now = "" if traffic.scale == 1 else f", {factor} times what it is now,"
    remedy = f"--scale-traffic {factor * traffic.scale:.12g}{now} repeats sessions until they do"
    return (f"The traffic is thin: {who}, so that meeting a limit says little about them; {remedy}.",)


def not_done(outcomes: Sequence[StrategyOutcome], rollouts: int) -> tuple[str, ...]:
    """Say which entries of the runbook did not come to be done, a sentence each.

    Args:
        outcomes: What each strategy did.
        rollouts: How often.
    """
    lines = []
    for entry in dict.fromkeys(entry for each in outcomes for entry in each.not_done):
        often = [
            f"{each.label} ({each.not_done[entry]} of {rollouts})"
            for each in outcomes
            if entry in each.not_done
        ]
        lines.append(
            f"The moment for {entry!r} did not come, so that it was not done, in rollouts of {', '.join(often)}."
        )
    return tuple(lines)


def _failing(outcome: StrategyOutcome, requirements: Sequence[Requirement], enough: float) -> str:
    """Name the limit that is kept least often, or that too few rollouts end at all."""
    worst = min(requirements, key=lambda each: outcome.meets[str(each)])
    rollouts = len(outcome.rollouts[worst.metric])
    kept = round(outcome.meets[str(worst)] * rollouts)
    often = f"only in {kept}" if kept else "in none"
    keeps = f"{outcome.label} keeps {worst} {often} of its {rollouts} rollouts"
    endless = f"{outcome.endless} of its {rollouts} rollouts never end{'s' if outcome.endless == 1 else ''}"
    if outcome.endless and 1 - outcome.endless / rollouts < enough:
        return f"{keeps}: {endless}."
    return f"{keeps}: {_typical(outcome, worst)}{f'; {endless}' if outcome.endless else ''}."


def _cost(outcome: StrategyOutcome) -> tuple[float, float]:
    extra, duration = (
        outcome.outcome["extra_replica_seconds"].median,
        outcome.outcome["duration_seconds"].median,
    )
    return (float("inf") if extra is None else extra), (float("inf") if duration is None else duration)


def _costs(outcome: StrategyOutcome) -> str:
    numbers = outcome.outcome
    duration, peak, back = (
        numbers[name].median for name in ("duration_seconds", "peak_replicas", "rollback_seconds")
    )
    takes = "never ends" if duration is None else f"takes {_time(duration)}"
    returns = ""
    if numbers["rollback_seconds"].count:
        returns = f", and going back {'never ends' if back is None else f'takes {_time(back)}'}"
    extra = _number(numbers["extra_replica_seconds"].median)
    return f"{extra} extra replica seconds, {takes}, runs up to {_number(peak)} replicas{returns}"


def _typical(outcome: StrategyOutcome, limit: Requirement) -> str:
    """The metric's median, and the end of its range that breaks the limit."""
    numbers, share_of = outcome.outcome[limit.metric], METRICS[limit.metric].share_of
    parts = [f"median {_number(numbers.median)}"]
    if limit.operator not in ("<", "<="):
        parts.append(f"5th percentile {_number(numbers.low)}")
    if limit.operator not in (">", ">="):
        parts.append(f"95th percentile {_number(numbers.high)}")
    total = outcome.outcome[share_of].median if share_of else None
    if total:
        parts.append(f"of {_number(total)} {share_of}")
    rollouts = len(outcome.rollouts[limit.metric])
    if numbers.count < rollouts:
        parts.append(f"where there is one, in {numbers.count} of them")
    return ", ".join(parts)


def _time(number: float) -> str:
    return format_duration(round(number) * 1_000_000)


def _number(number: float | None) -> str:
    return "without end" if number is None else f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"


def assumptions(scenario: Scenario, traffic: Traffic, rollouts: int, *, bridged: bool) -> tuple[str, ...]:
    """Say what the numbers rest on, a sentence each, the one that most often changes the answer first.

    Args:
        scenario: What was rolled out.
        traffic: Whose sessions met it.
        rollouts: How often.
        bridged: Whether a strategy passed through the bridging revision.
    """
    environment, weather = scenario.environment, scenario.weather
    startup, patience = format_duration(environment.startup), format_duration(scenario.patience)
    detect, created = format_duration(scenario.detect), format_duration(environment.container_start)
    listed, unlisted = format_duration(environment.endpoint_delay), format_duration(environment.removal_delay)
    routed = format_duration(environment.routing_delay)
    besides = f", except assets of {_pairs(scenario)}" if scenario.serves else ""
    lines = [
        f"Pages and assets of different revisions do not work together{besides} (--serves).",
        f"A container runs {created} after its replica's creation (--container-start).",
        f"A replica answers {startup} (median) after its container's start; its probes decide (--startup).",
        f"Requests follow readiness after {listed} (--endpoint-delay), termination after {unlisted} (--removal-delay).",
        f"Every proxy follows a new routing after {routed} (--routing-delay).",
        _ending(environment.shutdown),
        f"A strategy that waits for an operator is resumed or promoted after {patience} (--patience).",
        f"A bad revision is found out {detect} after requests can first reach it (--detect), or when it is stuck.",
        "Open loop: users do not slow down, reload or leave when requests fail.",
        f"{rollouts} rollouts at times drawn evenly from the traffic, which repeats at its end.",
    ]
    if bridged:
        lines.append(
            f"The bridge ({scenario.bridge!r}) to pass through is of your making; the target keeps the old assets."
        )
    if scenario.workload.lifecycle.pre_stop_seconds is None:
        lines.append(f"The preStop hook takes {format_duration(environment.pre_stop)} (--pre-stop).")
    lines.append(_capacity(environment))
    if scenario.runbook.entries:
        lines.append(f"An operator acts: {scenario.runbook} (--do).")
    if not weather.clear:
        lines.append(_faults(weather))
    return (*lines, *traffic.notes, *scenario.workload.notes)


def _capacity(environment: Environment) -> str:
    if environment.capacity is None:
        return "Replicas have no capacity limit (--capacity), so nothing fails as overloaded."
    serves = f"A replica serves {environment.capacity:g} requests a second"
    if environment.queue_timeout is None:
        return f"{serves}; what comes beyond that fails (--capacity)."
    waits = f"a request that would wait for more than {format_duration(environment.queue_timeout)} fails"
    return f"{serves}, one after the other (--capacity); {waits} (--queue-timeout)."


def _faults(weather: Weather) -> str:
    """The weather where it differs from clear skies, as the command line takes it."""
    chosen = [(each, getattr(weather, each.field)) for each in describe(type(weather))]
    options = (
        f"--{each.name.replace('_', '-')}" + ("" if value is True else f" {each.type.write(value)}")
        for each, value in chosen
        if value != each.default
    )
    return f"Faults: {', '.join(options)}."


def _ending(shutdown: int) -> str:
    serves = f"serves on for {format_duration(shutdown)}" if shutdown else "takes no more requests at once"
    return f"On SIGTERM, after its preStop hook, a replica {serves}, and finishes what is in flight (--shutdown)."


def _pairs(scenario: Scenario) -> str:
    return ", ".join(f"{asset} with pages of {document}" for asset, document in scenario.serves)

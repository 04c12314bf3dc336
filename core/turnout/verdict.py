"""The result of a comparison in words: who meets the limits, what each costs, what it all rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnout.metrics import METRICS
from turnout.parameters import describe
from turnout.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from turnout.environment import Environment, Weather
    from turnout.requirements import Requirement
    from turnout.results import StrategyOutcome
    from turnout.scenario import Scenario
    from turnout.traffic import Traffic

__all__ = ["assumptions", "verdict"]


def verdict(
    outcomes: Sequence[StrategyOutcome],
    requirements: Sequence[Requirement],
    *,
    taken: bool,
    enough: float,
    scale: float = 1,
) -> tuple[str, ...]:
    """Say which strategies meet the limits and what each costs.

    Args:
        outcomes: What each strategy did.
        requirements: The limits.
        taken: Whether the limits were taken for want of any.
        enough: The share of rollouts that must keep a limit.
        scale: How many times what was recorded the traffic is.
    """
    limits = " and ".join(str(each) for each in requirements)
    intro = f"No limit was given; taken: {limits}." if taken else f"Limits: {limits}."
    met = sorted(
        (each for each in outcomes if all(share >= enough for share in each.meets.values())), key=_cost
    )
    all_of_them = "it" if len(requirements) == 1 else "all"
    lines = [f"{intro} A strategy meets a limit if at least {enough:.0%} of its rollouts keep it."]
    lines.extend(f"{each.label} meets {all_of_them}; it costs {_costs(each)}." for each in met)
    lines.extend(_failing(each, requirements) for each in outcomes if each not in met)
    if not met:
        lines.append("No strategy meets the limits.")
    elif len(met) > 1:
        lines.append(f"Of those that meet the limits, {met[0].label} costs the fewest extra replica seconds.")
    return (*lines, *_thin(outcomes, scale))


_FEW_PAGE_VIEWS = 20


def _thin(outcomes: Sequence[StrategyOutcome], scale: float) -> tuple[str, ...]:
    """Warn where rollouts meet so few page views that keeping a limit says little; say how much more would do."""
    views = {each.label: each.own_page_views.median or 0 for each in outcomes}
    thin = [label for label, number in views.items() if number < _FEW_PAGE_VIEWS]
    if not thin:
        return ()
    factor = max(2, round(5 * _FEW_PAGE_VIEWS / max(1, min(views.values()))))
    who = f"half of the rollouts of {', '.join(thin)} meet fewer than {_FEW_PAGE_VIEWS} page views"
    now = "" if scale == 1 else f", {factor} times what it is now,"
    remedy = f"--scale-traffic {factor * scale:.12g}{now} repeats sessions until they do"
    return (f"The traffic is thin: {who}, so that meeting a limit says little about them; {remedy}.",)


def _failing(outcome: StrategyOutcome, requirements: Sequence[Requirement]) -> str:
    """Name the limit that is kept least often."""
    worst = min(requirements, key=lambda each: outcome.meets[str(each)])
    rollouts = len(outcome.rollouts[worst.metric])
    kept = round(outcome.meets[str(worst)] * rollouts)
    often = f"only in {kept}" if kept else "in none"
    return f"{outcome.label} keeps {worst} {often} of its {rollouts} rollouts: {_typical(outcome, worst)}."


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
    return f"A replica serves {environment.capacity:g} requests a second; what comes beyond that fails (--capacity)."


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

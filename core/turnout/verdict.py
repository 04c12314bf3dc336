"""The result of a comparison in words: who meets the limits, what each costs, what it all rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnout.metrics import METRICS
from turnout.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from turnout.compare import StrategyOutcome
    from turnout.requirements import Requirement
    from turnout.scenario import Scenario
    from turnout.traffic import Traffic

__all__ = ["assumptions", "verdict"]


def verdict(
    outcomes: Sequence[StrategyOutcome], requirements: Sequence[Requirement], *, taken: bool, enough: float
) -> tuple[str, ...]:
    """Say which strategies meet the limits and what each costs.

    Args:
        outcomes: What each strategy did.
        requirements: The limits.
        taken: Whether the limits were taken for want of any.
        enough: The share of rollouts that must keep a limit.
    """
    limits = " and ".join(str(each) for each in requirements)
    intro = f"No limit was given; taken: {limits}." if taken else f"Limits: {limits}."
    lines = [f"{intro} A strategy meets a limit if at least {enough:.0%} of its rollouts keep it."]
    met = [each for each in outcomes if all(share >= enough for share in each.meets.values())]
    for each in sorted(met, key=_cost):
        lines.append(f"{each.label} meets {'it' if len(requirements) == 1 else 'all'}; it costs {_costs(each)}.")
    for each in outcomes:
        if each not in met:
            limit, share = min(each.meets.items(), key=lambda pair: pair[1])
            metric = next(str(r.metric) for r in requirements if str(r) == limit)
            lines.append(f"{each.label} keeps {limit} in {share:.0%} of its rollouts only: {_typical(each, metric)}.")
    if not met:
        lines.append("No strategy meets the limits.")
    elif len(met) > 1:
        cheapest = min(met, key=_cost)
        lines.append(f"Of those that meet the limits, {cheapest.label} costs the fewest extra replica seconds.")
    return tuple(lines)


def _cost(outcome: StrategyOutcome) -> tuple[float, float]:
    extra, duration = outcome.outcome["extra_replica_seconds"].median, outcome.outcome["duration_seconds"].median
    return (float("inf") if extra is None else extra), (float("inf") if duration is None else duration)


def _costs(outcome: StrategyOutcome) -> str:
    numbers = outcome.outcome
    duration, peak, back = (
        numbers[name].median for name in ("duration_seconds", "peak_replicas", "rollback_seconds")
    )
    takes = "never ends" if duration is None else f"takes {_time(duration)}"
    returns = "" if back is None else f", and going back takes {_time(back)}"
    return f"{_number(numbers['extra_replica_seconds'].median)} extra replica seconds, {takes}, runs up to {_number(peak)} replicas{returns}"


def _typical(outcome: StrategyOutcome, name: str) -> str:
    metric, numbers = METRICS[name], outcome.outcome[name]
    text = f"{_number(numbers.median)} {metric.name} in the median, {_number(numbers.high)} at the 95th percentile"
    if metric.share_of and outcome.outcome[metric.share_of].median:
        total = outcome.outcome[metric.share_of].median
        text += f", of {_number(total)} {metric.share_of}"
    return text


def _time(number: float) -> str:
    return format_duration(round(number) * 1_000_000)


def _number(number: float | None) -> str:
    return "without end" if number is None else f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"


def assumptions(scenario: Scenario, traffic: Traffic, rollouts: int) -> tuple[str, ...]:
    """Say what the numbers rest on, a sentence each, the one that most often changes the answer first."""
    environment, weather = scenario.environment, scenario.weather
    lines = [
        "Pages and assets of different revisions do not work together"
        + (f", except assets of {_pairs(scenario)}" if scenario.serves else "")
        + "; if yours do, broken_page_views is 0 for all (--serves).",
        f"Start-up takes {format_duration(environment.startup)} (median) until a replica answers, then its probes decide "
        "(--startup).",
        f"Requests follow readiness after {format_duration(environment.endpoint_delay)} and termination after "
        f"{format_duration(environment.removal_delay)} (--endpoint-delay, --removal-delay).",
        "A replica without a preStop hook ends at once on SIGTERM"
        if not environment.shutdown
        else f"A replica serves for {format_duration(environment.shutdown)} after SIGTERM",
        f"Two-step needs a revision {scenario.bridge!r} of your making, with the old pages and the old and new assets; "
        "the target keeps the old assets.",
        f"A rollout that waits for an operator is resumed or promoted after {format_duration(scenario.patience)} (--patience).",
        f"A bad revision is found out {format_duration(scenario.detect)} after its first request (--detect).",
        "Open loop: users do not slow down, reload or leave when requests fail.",
        f"{rollouts} rollouts at times drawn evenly from the traffic, which repeats at its end.",
    ]
    lines[3] += "; in-flight requests are finished (--shutdown)."
    if environment.capacity is None:
        lines.append("Replicas have no capacity limit (--capacity), so nothing fails as overloaded.")
    if not weather.clear:
        lines.append(f"Weather: {weather}.")
    return (*lines, *traffic.notes, *scenario.workload.notes)


def _pairs(scenario: Scenario) -> str:
    return ", ".join(f"{asset} with pages of {document}" for asset, document in scenario.serves)

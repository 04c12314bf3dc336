"""Comparisons and histories as plain dicts, ready for JSON. The form is documented, and its schema tested."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from turnout.arguments import check_instance
from turnout.history import History
from turnout.metrics import METRICS
from turnout.parameters import to_dict
from turnout.results import Comparison
from turnout.routing.algebra import Split, Spread
from turnout.units import SECOND

if TYPE_CHECKING:
    from turnout.history import Moment
    from turnout.results import StrategyOutcome
    from turnout.routing.algebra import Routing
    from turnout.scenario import Scenario
    from turnout.traffic import Traffic

__all__ = [
    "comparison_document",
    "history_document",
    "outcome_document",
    "routing_document",
    "scenario_document",
    "traffic_document",
]


def comparison_document(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as JSON has it.

    Raises:
        InputError: If it is none.
    """
    check_instance(comparison, Comparison, "comparison", "it takes what compare gives")
    return {
        "scenario": {
            **scenario_document(comparison.scenario),
            "traffic": traffic_document(comparison.traffic),
            "rollouts": comparison.count,
            "seed": comparison.seed,
            "requirements": [str(each) for each in comparison.requirements],
        },
        "strategies": [outcome_document(each) for each in comparison.strategies],
        "verdict": list(comparison.verdict),
        "assumptions": list(comparison.assumptions),
    }


def traffic_document(traffic: Traffic) -> dict[str, Any]:
    """Return what a traffic is as JSON has it."""
    return {
        "label": traffic.label,
        "sessions": traffic.sessions,
        "page_views": traffic.page_views,
        "requests": traffic.requests,
        "seconds": (traffic.end - traffic.start) / SECOND,
    }


def scenario_document(scenario: Scenario) -> dict[str, Any]:
    """Return a scenario as JSON has it."""
    workload = scenario.workload
    rollout = workload.rollout
    return {
        "workload": {
            "kind": workload.kind,
            "name": workload.name,
            "namespace": workload.namespace,
            "source": workload.source,
            "strategy": workload.strategy,
            "parameters": dict(workload.parameters),
        },
        "replicas": rollout.replicas,
        "target": rollout.target,
        "previous": scenario.previous,
        "bridge": scenario.bridge,
        "min_ready_seconds": rollout.min_ready_seconds,
        "progress_deadline_seconds": rollout.progress_deadline_seconds,
        "revision_history_limit": rollout.revision_history_limit,
        "environment": to_dict(scenario.environment),
        "weather": to_dict(scenario.weather),
        "serves": [{"asset": asset, "document": document} for asset, document in scenario.serves],
        "runbook": [str(entry) for entry in scenario.runbook.entries],
        "patience_seconds": scenario.patience / SECOND,
        "detect_seconds": scenario.detect / SECOND,
        "horizon_seconds": scenario.horizon / SECOND,
    }


def outcome_document(outcome: StrategyOutcome) -> dict[str, Any]:
    """Return what a strategy did as JSON has it: the metrics that were measured."""
    return {
        "name": outcome.name,
        "spec": outcome.spec,
        "parameters": dict(outcome.parameters),
        "outcome": {name: attrs.asdict(outcome.outcome[name]) for name in METRICS if name in outcome.outcome},
        "promises": [{"invariant": invariant, "when": when} for invariant, when in outcome.promises],
        "meets": dict(outcome.meets),
        "own_page_views": attrs.asdict(outcome.own_page_views),
        "own_seconds": attrs.asdict(outcome.own_seconds),
        "not_done": [{"entry": entry, "rollouts": count} for entry, count in outcome.not_done.items()],
    }


def routing_document(routing: Routing) -> dict[str, Any]:
    """Return a routing as JSON has it: its kind, and its fields."""
    if isinstance(routing, Spread):
        return {"kind": "spread"}
    if isinstance(routing, Split):
        return {"kind": "split", "weights": dict(routing.weights)}
    timeout = routing.idle_timeout
    return {
        "kind": "sticky",
        "to": routing.to,
        "unit": routing.unit,
        "new": routing_document(routing.new),
        "idle_timeout_seconds": None if timeout is None else timeout / SECOND,
        "orphans": routing.orphans,
        "released": list(routing.released),
    }


def history_document(history: History) -> dict[str, Any]:
    """Return one rollout as JSON has it.

    Raises:
        InputError: If it is none.
    """
    check_instance(history, History, "history", "it takes what simulate gives")
    return {
        "strategy": history.strategy,
        "target": history.target,
        "seed": history.seed,
        "completed_seconds": None if history.completed is None else history.completed / SECOND,
        "end_seconds": history.end / SECOND,
        "bounds": attrs.asdict(history.bounds),
        "moments": [_moment(each) for each in history.moments],
        "deeds": [
            {"seconds": each.time / SECOND, "verb": each.verb, "answer": each.answer, "refused": each.refused}
            for each in history.deeds
        ],
        "not_done": [str(entry) for entry in history.not_done],
        "replicas": [
            {
                "seconds": each.time / SECOND,
                "what": each.what,
                "revision": each.revision,
                "replica": each.replica,
            }
            for each in history.happenings
            if each.time >= 0
        ],
    }


def _moment(moment: Moment) -> dict[str, Any]:
    return {
        "seconds": moment.time / SECOND,
        "paused": moment.rollout.paused,
        "target": moment.rollout.target,
        "hold": moment.hold,
        "progressing": moment.progressing,
        "revisions": {name: attrs.asdict(numbers) for name, numbers in moment.numbers.items()},
        "routing": routing_document(moment.routing),
        "because": list(moment.because),
    }

"""A verification as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from turnout.verify.story import story_to_dict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from turnout.verify.result import Report, Verdict

__all__ = ["reports_document"]


def reports_document(reports: Iterable[Report]) -> dict[str, Any]:
    """Return what was found, with whole stories: each is what ``turnout verify --replay`` reads."""
    return {
        "strategies": [
            {
                "name": report.strategy.name,
                "kept": report.kept,
                "seed": report.seed,
                "rollouts": report.runs,
                "examples_per_weather": report.examples,
                "invariants": [_verdict(each) for each in report.verdicts],
            }
            for report in reports
        ]
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "name": verdict.invariant,
        "promised": verdict.promised,
        "verdict": verdict.status,
        "examples": verdict.examples,
        "survived": list(verdict.weathers),
        "broken_in": list(verdict.broken_in),
        "found_after": verdict.found_after,
        "waived": verdict.waived,
        "story": None if verdict.story is None else story_to_dict(verdict.story),
    }

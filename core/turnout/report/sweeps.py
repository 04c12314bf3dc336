"""A sweep as a plain dict, ready for JSON. The form is documented, and its schema tested."""

from __future__ import annotations

from typing import Any

from turnout.arguments import check_instance
from turnout.metrics import METRICS
from turnout.report.document import outcome_document, scenario_document, traffic_document
from turnout.sweeping import Sweep

__all__ = ["sweep_document"]


def sweep_document(sweep: Sweep) -> dict[str, Any]:
    """Return a sweep as JSON has it.

    Raises:
        InputError: If it is none.
    """
    check_instance(sweep, Sweep, "sweep", "it takes what sweep gives")
    met, front = {each.spec for each in sweep.met}, {each.spec for each in sweep.front}
    return {
        "scenario": {
            **scenario_document(sweep.scenario),
            "traffic": traffic_document(sweep.traffic),
            "rollouts": sweep.count,
            "rollouts_asked": sweep.asked,
            "seed": sweep.seed,
            "requirements": [str(each) for each in sweep.requirements],
        },
        "grid": list(sweep.grid),
        "metrics": [{"name": name, "better": METRICS[name].better} for name in sweep.metrics],
        "points": [
            {
                "label": each.label,
                **outcome_document(each),
                "meets_all": each.spec in met,
                "front": each.spec in front,
            }
            for each in sweep.points
        ],
        "left_out": [{"point": point, "reason": reason} for point, reason in sweep.left_out],
        "verdict": list(sweep.verdict),
        "assumptions": list(sweep.assumptions),
    }

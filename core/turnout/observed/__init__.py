"""Observed rollouts: what a real cluster, or a program, says of one, and what the controller does next about it."""

from turnout.observed.document import step_document
from turnout.observed.moments import parse_time
from turnout.observed.observed import Observed
from turnout.observed.reading import load_observed, parse_observed
from turnout.observed.step import Step, next_step

__all__ = ["Observed", "Step", "load_observed", "next_step", "parse_observed", "parse_time", "step_document"]

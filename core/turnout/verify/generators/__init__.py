"""Generators of worlds, strategies and observations for Hypothesis."""

from turnout.verify.generators.observations import observations
from turnout.verify.generators.parameters import strategies
from turnout.verify.generators.traffic import sessions
from turnout.verify.generators.weather import WEATHERS, runbooks, weathers
from turnout.verify.generators.worlds import environments, scenarios, workloads, worlds

__all__ = [
    "WEATHERS",
    "environments",
    "observations",
    "runbooks",
    "scenarios",
    "sessions",
    "strategies",
    "weathers",
    "workloads",
    "worlds",
]

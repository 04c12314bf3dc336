"""Generators for Hypothesis: worlds, weather, traffic, observations, and strategies with all kinds of parameters."""

from turnout.verify.generators import (
    WEATHERS,
    environments,
    observations,
    runbooks,
    scenarios,
    sessions,
    strategies,
    weathers,
    workloads,
    worlds,
)

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

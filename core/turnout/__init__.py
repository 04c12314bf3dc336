"""turnout: know what a rollout does to your users before you roll it out.

The public API. Names are imported when they are first used, so that ``import turnout`` stays light.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from turnout.comparison import compare as compare
    from turnout.controller.arithmetic import resolve_fenceposts as resolve_fenceposts
    from turnout.environment import Environment as Environment
    from turnout.environment import Weather as Weather
    from turnout.errors import InputError as InputError
    from turnout.errors import TurnoutError as TurnoutError
    from turnout.history import History as History
    from turnout.hookspecs import hookimpl as hookimpl
    from turnout.host import Host as Host
    from turnout.invariants import Invariant as Invariant
    from turnout.invariants import Violation as Violation
    from turnout.manifest import load_manifest as load_manifest
    from turnout.model import Bounds as Bounds
    from turnout.model import Memory as Memory
    from turnout.model import Observation as Observation
    from turnout.model import Plan as Plan
    from turnout.model import ReplicaSet as ReplicaSet
    from turnout.model import Revision as Revision
    from turnout.model import Rollout as Rollout
    from turnout.observed import Observed as Observed
    from turnout.observed import Step as Step
    from turnout.observed import load_observed as load_observed
    from turnout.observed import next_step as next_step
    from turnout.requirements import Requirement as Requirement
    from turnout.results import Comparison as Comparison
    from turnout.routing import Choice as Choice
    from turnout.routing import Routing as Routing
    from turnout.routing import Split as Split
    from turnout.routing import Spread as Spread
    from turnout.routing import Sticky as Sticky
    from turnout.runbook import Runbook as Runbook
    from turnout.scenario import Scenario as Scenario
    from turnout.simulator.simulate import simulate as simulate
    from turnout.strategy import ManifestStrategy as ManifestStrategy
    from turnout.strategy import Promise as Promise
    from turnout.strategy import Strategy as Strategy
    from turnout.trace import Trace as Trace
    from turnout.traffic import LoadedTraffic as LoadedTraffic
    from turnout.traffic import LogSummary as LogSummary
    from turnout.traffic import Synthetic as Synthetic
    from turnout.traffic import Traffic as Traffic
    from turnout.traffic import TrafficSource as TrafficSource
    from turnout.traffic import load_traffic as load_traffic
    from turnout.traffic import scale_traffic as scale_traffic
    from turnout.units import Duration as Duration
    from turnout.units import IntOrPercent as IntOrPercent
    from turnout.units import format_duration as format_duration
    from turnout.units import int_or_percent as int_or_percent
    from turnout.units import parse_duration as parse_duration
    from turnout.units import seconds as seconds
    from turnout.workload import Lifecycle as Lifecycle
    from turnout.workload import Probe as Probe
    from turnout.workload import Workload as Workload

_HOMES = {
    "comparison": "compare",
    "controller.arithmetic": "resolve_fenceposts",
    "environment": "Environment Weather",
    "errors": "InputError TurnoutError",
    "history": "History",
    "hookspecs": "hookimpl",
    "host": "Host",
    "invariants": "Invariant Violation",
    "manifest": "load_manifest",
    "model": "Bounds Memory Observation Plan ReplicaSet Revision Rollout",
    "observed": "Observed Step load_observed next_step",
    "requirements": "Requirement",
    "results": "Comparison",
    "routing": "Choice Routing Split Spread Sticky",
    "runbook": "Runbook",
    "scenario": "Scenario",
    "simulator.simulate": "simulate",
    "strategy": "ManifestStrategy Promise Strategy",
    "trace": "Trace",
    "traffic": "LoadedTraffic LogSummary Synthetic Traffic TrafficSource load_traffic scale_traffic",
    "units": "Duration IntOrPercent format_duration int_or_percent parse_duration seconds",
    "workload": "Lifecycle Probe Workload",
}
_HOME = {name: module for module, names in _HOMES.items() for name in names.split()}

__all__ = sorted(_HOME)  # noqa: PLE0605  # one table of names, not two


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'turnout' has no attribute {name!r}")
    value: object = getattr(import_module(f"turnout.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

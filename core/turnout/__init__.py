"""turnout: know what a rollout does to your users before you roll it out.

The public API. Names are imported when they are first used, so that ``import turnout`` stays light.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from turnout import controller as controller
    from turnout.browser import PageLoad as PageLoad
    from turnout.browser import browse as browse
    from turnout.browser import telling_moments as telling_moments
    from turnout.comparison import compare as compare
    from turnout.controller.arithmetic import min_available as min_available
    from turnout.controller.arithmetic import new_rs_new_replicas as new_rs_new_replicas
    from turnout.controller.arithmetic import resolve_fenceposts as resolve_fenceposts
    from turnout.controller.state import PlanError as PlanError
    from turnout.controller.state import Reason as Reason
    from turnout.controller.verbs import Refused as Refused
    from turnout.environment import Environment as Environment
    from turnout.environment import Weather as Weather
    from turnout.errors import InputError as InputError
    from turnout.errors import TurnoutError as TurnoutError
    from turnout.estimation import Estimate as Estimate
    from turnout.estimation import StrategyEstimate as StrategyEstimate
    from turnout.estimation import estimate as estimate
    from turnout.history import Deed as Deed
    from turnout.history import Happening as Happening
    from turnout.history import History as History
    from turnout.history import Moment as Moment
    from turnout.history import Numbers as Numbers
    from turnout.hookspecs import hookimpl as hookimpl
    from turnout.host import Host as Host
    from turnout.host import PluginReport as PluginReport
    from turnout.invariant import Invariant as Invariant
    from turnout.invariant import Violation as Violation
    from turnout.manifest import load_manifest as load_manifest
    from turnout.manifest import parse_manifest as parse_manifest
    from turnout.metrics import METRICS as METRICS
    from turnout.metrics import Metric as Metric
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
    from turnout.observed import parse_observed as parse_observed
    from turnout.observed import step_document as step_document
    from turnout.report import comparison_document as comparison_document
    from turnout.report import estimate_document as estimate_document
    from turnout.report import history_document as history_document
    from turnout.report import sweep_document as sweep_document
    from turnout.requirements import Requirement as Requirement
    from turnout.results import Comparison as Comparison
    from turnout.results import Range as Range
    from turnout.results import StrategyOutcome as StrategyOutcome
    from turnout.routing import Choice as Choice
    from turnout.routing import Routing as Routing
    from turnout.routing import Split as Split
    from turnout.routing import Spread as Spread
    from turnout.routing import Sticky as Sticky
    from turnout.routing.plain import Cause as Cause
    from turnout.routing.plain import Request as Request
    from turnout.runbook import Entry as Entry
    from turnout.runbook import Runbook as Runbook
    from turnout.runbook import When as When
    from turnout.scenario import Scenario as Scenario
    from turnout.simulation import simulate as simulate
    from turnout.strategy import ManifestStrategy as ManifestStrategy
    from turnout.strategy import Promise as Promise
    from turnout.strategy import Proviso as Proviso
    from turnout.strategy import Strategy as Strategy
    from turnout.sweeping import Sweep as Sweep
    from turnout.sweeping import SweepInterrupted as SweepInterrupted
    from turnout.sweeping import sweep as sweep
    from turnout.trace import Answer as Answer
    from turnout.trace import Trace as Trace
    from turnout.traffic import LoadedTraffic as LoadedTraffic
    from turnout.traffic import LogSummary as LogSummary
    from turnout.traffic import Synthetic as Synthetic
    from turnout.traffic import Traffic as Traffic
    from turnout.traffic import TrafficSource as TrafficSource
    from turnout.traffic import default_cache as default_cache
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
    "browser": "PageLoad browse telling_moments",
    "comparison": "compare",
    "controller.arithmetic": "min_available new_rs_new_replicas resolve_fenceposts",
    "controller.state": "PlanError Reason",
    "controller.verbs": "Refused",
    "environment": "Environment Weather",
    "estimation": "Estimate StrategyEstimate estimate",
    "errors": "InputError TurnoutError",
    "history": "Deed Happening History Moment Numbers",
    "hookspecs": "hookimpl",
    "host": "Host PluginReport",
    "invariant": "Invariant Violation",
    "manifest": "load_manifest parse_manifest",
    "metrics": "METRICS Metric",
    "model": "Bounds Memory Observation Plan ReplicaSet Revision Rollout",
    "observed": "Observed Step load_observed next_step parse_observed step_document",
    "report": "comparison_document estimate_document history_document sweep_document",
    "requirements": "Requirement",
    "results": "Comparison Range StrategyOutcome",
    "routing": "Choice Routing Split Spread Sticky",
    "routing.plain": "Cause Request",
    "runbook": "Entry Runbook When",
    "scenario": "Scenario",
    "simulation": "simulate",
    "strategy": "ManifestStrategy Promise Proviso Strategy",
    "sweeping": "Sweep SweepInterrupted sweep",
    "trace": "Answer Trace",
    "traffic": "LoadedTraffic LogSummary Synthetic Traffic TrafficSource default_cache load_traffic scale_traffic",
    "units": "Duration IntOrPercent format_duration int_or_percent parse_duration seconds",
    "workload": "Lifecycle Probe Workload",
}
_HOME = {name: module for module, names in _HOMES.items() for name in names.split()}

_MODULES = ("controller",)

__all__ = sorted([*_HOME, *_MODULES])  # noqa: PLE0605  # one table of names, not two


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return import_module(f"turnout.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'turnout' has no attribute {name!r}")
    value: object = getattr(import_module(f"turnout.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

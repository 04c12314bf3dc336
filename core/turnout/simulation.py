"""One rollout for a program to look at: what is asked for in words or as objects, checked, and simulated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnout.arguments import check_instance, check_seed, check_whole
from turnout.errors import InputError
from turnout.host import Host
from turnout.runbook import Runbook
from turnout.scenario import as_scenario
from turnout.selection import as_strategies, asked_by_manifest
from turnout.simulator.simulate import simulate as simulate_once
from turnout.traffic import Traffic
from turnout.traffic.order import check_order

if TYPE_CHECKING:
    from turnout.history import History
    from turnout.scenario import Scenario
    from turnout.strategy import Strategy
    from turnout.workload import Workload

__all__ = ["simulate"]


def simulate(
    scenario: Scenario | Workload,
    strategy: Strategy | str | None = None,
    *,
    host: Host | None = None,
    traffic: Traffic | None = None,
    begin: int | None = None,
    seed: int = 0,
    runbook: Runbook | None = None,
) -> History:
    """Roll the workload's revision out once, in virtual time.

    Args:
        scenario: What is rolled out, on what, in which weather; a workload stands for its default scenario.
        strategy: How: a strategy, or a text such as ``"rolling:max_surge=1"``, for which the manifest's parameters are
            the defaults; what the manifest asks for if left out.
        host: Where a strategy comes from that is given as a text; a new one if left out.
        traffic: The sessions that the strategy is told about; without, it is told that there are none.
        begin: When the rollout starts, on the traffic's clock in microseconds; at the traffic's start if left out.
        seed: Seeds start-up times, faults and pins. The same seed gives the same history.
        runbook: What an operator does, in place of the scenario's.

    Raises:
        InputError: If the strategy is unknown, or an argument cannot be used.
        PlanError: If the strategy fails or answers nonsense.
    """
    scenario = as_scenario(scenario)
    check_seed(seed)
    check_instance(
        runbook, (Runbook, type(None)), "runbook", "it takes a Runbook, as Runbook.parse reads one"
    )
    check_instance(
        traffic, (Traffic, type(None)), "traffic", "it takes Traffic, as in load_traffic(path).traffic"
    )
    if traffic is not None:
        check_order(traffic)
    if begin is not None:
        if traffic is None:
            what = "there is no traffic on whose clock a rollout could begin"
            raise InputError(what, where="begin", hint="give traffic, or leave begin out")
        check_whole(begin, "begin", least=traffic.start, most=traffic.end - 1)
    if strategy is None:
        host = Host() if host is None else host
        strategy = asked_by_manifest(host, scenario.workload)
    (chosen,) = as_strategies(host, scenario.workload, (strategy,))
    return simulate_once(scenario, chosen, traffic=traffic, begin=begin, seed=seed, runbook=runbook)

"""The public root as a type checker sees it: mypy checks this module with the others, and nothing runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, assert_type

import attrs

import turnout
from turnout import (
    METRICS,
    Bounds,
    Cause,
    Comparison,
    Duration,
    Entry,
    Environment,
    History,
    Host,
    IntOrPercent,
    LoadedTraffic,
    Moment,
    Observation,
    Observed,
    PageLoad,
    Plan,
    PluginReport,
    Promise,
    Range,
    ReplicaSet,
    Runbook,
    Scenario,
    Split,
    Spread,
    Step,
    Sticky,
    Strategy,
    StrategyOutcome,
    Synthetic,
    Traffic,
    When,
    Workload,
    controller,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@attrs.frozen(kw_only=True)
class Mine(Strategy):
    """A strategy of one's own is one for a type checker, too."""

    name: ClassVar[str] = "mine"
    promises: ClassVar[tuple[Promise, ...]] = (Promise("converges", only_if={"laps": (1, 2)}),)
    carries_out: ClassVar[Mapping[turnout.ManifestStrategy, Mapping[str, object]]] = {"Recreate": {}}
    deployment_type: ClassVar[Literal["RollingUpdate", "Recreate"] | None] = "Recreate"

    laps: int = 1
    wait: Duration = attrs.field(
        default=turnout.seconds(30), validator=attrs.validators.ge(turnout.seconds(0))
    )

    def decide(self, seen: Observation) -> Plan:
        """Answer with what there is."""
        assert_type(seen.target, ReplicaSet)
        assert_type(seen.of("v1"), ReplicaSet)
        assert_type(seen.wanted, dict[str, int])
        assert_type(seen.routing, Spread | Split | Sticky | None)
        return Plan(wanted=seen.wanted, routing=Split({"v1": 1, "v2": 0.5}), ask_again=self.wait)


def compared(path: Path) -> None:
    """What `compare` takes and gives."""
    workload = turnout.load_manifest(path)
    assert_type(workload, Workload)
    assert_type(workload.strategy, Literal["RollingUpdate", "Recreate", "blueGreen"])
    loaded = turnout.load_traffic(path, session_gap=turnout.seconds(1800))
    assert_type(loaded, LoadedTraffic)
    assert_type(loaded.traffic, Traffic)
    turnout.compare(workload)
    turnout.compare(workload, None, "rolling", require="failed_requests<=0")
    turnout.compare(workload, strategies=Mine(laps=2))
    strategies: list[Strategy] = [Mine()]
    turnout.compare(workload, strategies=strategies)
    found = turnout.compare(
        Scenario.of(workload),
        loaded.traffic,
        ["rolling", Mine()],
        host=Host(),
        progress=print,
    )
    assert_type(found, Comparison)
    assert_type(found.strategies, tuple[StrategyOutcome, ...])
    assert_type(found.met[0].outcome["requests"], Range)
    assert_type(found.strategies[0].outcome["requests"].median, float | None)
    assert_type(METRICS["requests"].share_of, str | None)
    assert_type(turnout.comparison_document(found), dict[str, Any])


def swept(workload: Workload, path: Path) -> None:
    """What `sweep` and `estimate` take and give."""
    turnout.sweep(workload, grid="rolling:max_surge=1|2")
    found = turnout.sweep(
        workload, None, [Mine(), "rolling"], metrics="mixed_sessions", results=path, workers=2
    )
    assert_type(found, turnout.Sweep)
    assert_type(found.front, tuple[StrategyOutcome, ...])
    assert_type(turnout.sweep_document(found), dict[str, Any])
    estimated = turnout.estimate(workload, strategies=Mine())
    assert_type(estimated, turnout.Estimate)
    assert_type(estimated.strategies[0].expected["requests"], Range)
    assert_type(turnout.estimate_document(estimated), dict[str, Any])


def simulated(workload: Workload) -> None:
    """What `simulate` takes and gives."""
    runbook = Runbook((Entry(verb="pause", when=When(happening="start", delay=turnout.seconds(5))),))
    history = turnout.simulate(workload, "rolling", traffic=Synthetic().load(1), runbook=runbook)
    turnout.simulate(Scenario(workload=workload, environment=Environment(capacity=5)), Mine(), seed=1)
    assert_type(turnout.simulate(workload), History)
    assert_type(history.moments, tuple[Moment, ...])
    assert_type(history.bounds, Bounds)
    loads = turnout.browse(history, turnout.telling_moments(history))
    assert_type(loads, tuple[PageLoad, ...])
    assert_type(loads[0].causes, tuple[Cause, ...])


def hosted() -> None:
    """What a host gives."""
    host = Host(disabled={"rolling"})
    assert_type(host.plugins, tuple[PluginReport, ...])
    assert_type(host.strategy("recreate", {"max_surge": 1}), Strategy)
    assert_type(host.strategies, "Mapping[str, type[Strategy]]")


def observed(path: Path, strategy: Strategy) -> None:
    """What a real rollout does next."""
    seen = turnout.load_observed(path)
    assert_type(seen, Observed)
    step = turnout.next_step(seen, strategy)
    assert_type(step, Step)
    assert_type(step.reasons, tuple[turnout.Reason, ...])


def operated(state: controller.State) -> None:
    """What the controller's verbs give."""
    assert_type(controller.pause(state), controller.Answer)
    assert_type(controller.pause(state).state, controller.State)


def refused(workload: Workload) -> None:
    """What a type checker refuses; mypy warns of an ignored error that is none."""
    turnout.compare(workload, rollouts="200")  # type: ignore[arg-type]
    turnout.compare("web.yaml")  # type: ignore[arg-type]
    Environment(startup=5)  # type: ignore[arg-type]
    Environment(startup="5s")  # type: ignore[arg-type]
    Sticky(to="node")  # type: ignore[arg-type]
    When(happening="later")  # type: ignore[arg-type]
    IntOrPercent.parse(2.5)  # type: ignore[arg-type]
    Mine(lap=1)  # type: ignore[call-arg]
    Mine(laps="1")  # type: ignore[arg-type]

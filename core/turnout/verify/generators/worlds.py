"""Generated worlds: small fleets, short sessions, one kind of weather or all of them."""

from __future__ import annotations

from hypothesis import strategies as st

from turnout.environment import Environment
from turnout.model import Rollout
from turnout.runbook import Runbook
from turnout.scenario import Scenario
from turnout.units import seconds
from turnout.verify.generators.traffic import sessions
from turnout.verify.generators.weather import durations, runbooks, weathers
from turnout.verify.world import World
from turnout.workload import Lifecycle, Probe, Workload

__all__ = ["environments", "scenarios", "workloads", "worlds"]

HORIZON = seconds(12 * 3600)
"""When a generated rollout is given up that has not ended."""


@st.composite
def workloads(draw: st.DrawFn, *, most: int = 6, probed: bool = False) -> Workload:
    """A Deployment of up to `most` replicas, with or without probes and a preStop hook.

    Args:
        draw: Hypothesis' own.
        most: How many replicas.
        probed: Whether there has to be a readiness probe; without one nobody notices that a replica flaps.
    """
    probe = st.builds(
        Probe,
        initial_delay_seconds=st.integers(0, 10),
        period_seconds=st.integers(1, 10),
        success_threshold=st.integers(1, 2),
        failure_threshold=st.integers(1, 3),
    )
    # Half of all start-ups are in time at least, so that a replica is ready in the end.
    startup = st.builds(Probe, period_seconds=st.integers(1, 10), failure_threshold=st.integers(30, 60))
    rollout = Rollout(
        replicas=draw(st.integers(1, most)),
        target="new",
        min_ready_seconds=draw(st.sampled_from((0, 0, 3, 30))),
        progress_deadline_seconds=draw(st.sampled_from((600, 60, None))),
        revision_history_limit=draw(st.sampled_from((10, 0, 1))),
    )
    lifecycle = Lifecycle(
        readiness=draw(probe if probed else st.none() | probe),
        startup=draw(st.none() | startup),
        pre_stop_seconds=draw(st.sampled_from((0.0, 2.0, 20.0, None))),
    )
    return Workload(name="web", rollout=rollout, lifecycle=lifecycle)


@st.composite
def environments(draw: st.DrawFn, *, late: bool = False) -> Environment:
    """A cluster; with `late`, one whose endpoints follow only minutes after."""
    longest = 120 if late else 5
    return Environment(
        startup=draw(durations(0, 30)),
        startup_spread=draw(st.sampled_from((0.0, 0.2, 1.0))),
        endpoint_delay=draw(durations(0, longest)),
        removal_delay=draw(durations(0, longest)),
        routing_delay=draw(durations(0, 5)),
        shutdown=draw(durations(0, 5)),
    )


@st.composite
def scenarios(draw: st.DrawFn, kind: str = "storm", *, back: bool = True) -> Scenario:
    """A rollout from ``old`` to ``new`` in one kind of weather; see `turnout.testing.generators.WEATHERS`."""
    late = kind == "late-endpoints" or (kind == "storm" and draw(st.integers(0, 3)) == 3)
    operated = kind == "operator" or (kind != "clear" and draw(st.booleans()))
    return Scenario(
        workload=draw(workloads(probed=kind in ("flapping", "storm"))),
        previous="old",
        bridge="bridge",
        environment=draw(environments(late=late)),
        weather=draw(weathers(kind)),
        runbook=draw(runbooks(back=back)) if operated else Runbook(),
        patience=draw(durations(1, 300)),
        horizon=HORIZON,
    )


@st.composite
def worlds(draw: st.DrawFn, kind: str = "storm", *, back: bool = True) -> World:
    """A rollout and its users.

    Args:
        draw: Hypothesis' own.
        kind: The weather.
        back: Whether an operator may send the rollout back.
    """
    return World(
        scenario=draw(scenarios(kind, back=back)),
        sessions=draw(sessions()),
        seed=draw(st.integers(0, 2**32)),
    )

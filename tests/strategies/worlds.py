"""Generated rollouts for the strategies' properties: small fleets, short sessions, all kinds of weather."""

from __future__ import annotations

import attrs
import numpy as np
from hypothesis import strategies as st

from turnout import (
    Environment,
    Lifecycle,
    Probe,
    Rollout,
    Runbook,
    Scenario,
    Strategy,
    Trace,
    Traffic,
    Weather,
    Workload,
)
from turnout.simulator.block import SessionIndex, cut
from turnout.simulator.simulate import simulate
from turnout.units import Duration, seconds

SPAN = seconds(2 * 3600)
PAGE_LOADS_WITHIN = 20


def durations(least: int, most: int) -> st.SearchStrategy[Duration]:
    return st.integers(least, most).map(seconds)


@st.composite
def weathers(draw: st.DrawFn, *, clear: bool) -> Weather:
    """Any weather that ends within twenty minutes."""
    if clear:
        return Weather()
    return Weather(
        crash_every=draw(st.none() | durations(20, 600)),
        never_ready=draw(st.booleans()),
        slow_start=draw(st.sampled_from((0.1, 1.0, 10.0))),
        flap_every=draw(st.none() | durations(20, 600)),
        flap_for=draw(durations(1, 60)),
        clears_after=draw(durations(1, 1200)),
    )


@st.composite
def workloads(draw: st.DrawFn) -> Workload:
    probe = st.builds(
        Probe,
        initial_delay_seconds=st.integers(0, 10),
        period_seconds=st.integers(1, 10),
        success_threshold=st.integers(1, 2),
        failure_threshold=st.integers(1, 3),
    )
    # Half of all start-ups are in time at least, so that a replica is ready in the end.
    startup = st.builds(Probe, period_seconds=st.integers(1, 10), failure_threshold=st.integers(30, 60))
    return Workload(
        name="web",
        rollout=Rollout(
            replicas=draw(st.integers(1, 6)),
            target="new",
            min_ready_seconds=draw(st.sampled_from((0, 0, 3, 30))),
        ),
        lifecycle=Lifecycle(
            readiness=draw(st.none() | probe),
            startup=draw(st.none() | startup),
            pre_stop_seconds=draw(st.sampled_from((0.0, 2.0, None))),
        ),
    )


VERBS = ("pause", "resume", "abort", "undo", "promote", "scale 1", "scale 3", "scale 7")


@st.composite
def runbooks(draw: st.DrawFn, *, back: bool) -> Runbook:
    """A few verbs at any time; with `back`, also such as send the rollout back."""
    verbs = [verb for verb in VERBS if back or verb not in ("abort", "undo")]
    lines = draw(st.lists(st.tuples(st.sampled_from(verbs), st.integers(0, 120)), max_size=3))
    return Runbook.parse(f"{verb} {delay}s later" for verb, delay in lines)


@st.composite
def scenarios(draw: st.DrawFn, *, clear: bool = False, back: bool = True) -> Scenario:
    environment = Environment(
        startup=draw(durations(0, 30)),
        startup_spread=draw(st.sampled_from((0.0, 0.2, 1.0))),
        endpoint_delay=draw(durations(0, 5)),
        removal_delay=draw(durations(0, 5)),
        routing_delay=draw(durations(0, 5)),
        shutdown=draw(durations(0, 5)),
    )
    return Scenario(
        workload=draw(workloads()),
        previous="old",
        bridge="bridge",
        environment=environment,
        weather=draw(weathers(clear=clear)),
        runbook=draw(runbooks(back=back)),
        patience=draw(durations(1, 300)),
        horizon=seconds(12 * 3600),
    )


@st.composite
def traffics(draw: st.DrawFn) -> Traffic:
    """A few sessions around the rollout's start, half an hour long at most; pages load within 20 seconds."""
    page_offset, request_offset, has_document, times = [0], [0], [], []
    starts = sorted(draw(st.lists(st.integers(0, 7000), min_size=1, max_size=5)))
    for start in starts:
        clock = start
        for _ in range(draw(st.integers(1, 5))):
            offsets = sorted(draw(st.lists(st.integers(0, PAGE_LOADS_WITHIN), max_size=3)))
            times.extend([clock, *(clock + offset for offset in offsets)])
            request_offset.append(len(times))
            has_document.append(True)
            clock += draw(st.integers(PAGE_LOADS_WITHIN, 300))
        page_offset.append(len(has_document))
    return Traffic(
        page_offset=np.array(page_offset, np.int64),
        request_offset=np.array(request_offset, np.int64),
        has_document=np.array(has_document, np.bool_),
        request_time=np.array(times, np.int64) * 1_000_000,
        start=0,
        end=3 * SPAN,
        label="generated",
    )


@attrs.frozen
class World:
    """One generated rollout: everything that a run depends on."""

    scenario: Scenario
    traffic: Traffic
    begin: int
    seed: int

    def run(self, strategy: Strategy) -> Trace:
        """Roll out, and route the sessions by the plain reference."""
        sessions = SessionIndex.of(self.traffic)
        history = simulate(self.scenario, strategy, traffic=sessions, begin=self.begin, seed=self.seed)
        block = cut(sessions, self.begin, self.begin + history.timeline.end, self.seed)
        return Trace.of(history, strategy, block.plain(), self.scenario.works)


@st.composite
def worlds(draw: st.DrawFn, *, clear: bool = False, back: bool = True) -> World:
    return World(
        scenario=draw(scenarios(clear=clear, back=back)),
        traffic=draw(traffics()),
        begin=draw(st.integers(0, 7000)) * 1_000_000,
        seed=draw(st.integers(0, 2**32)),
    )

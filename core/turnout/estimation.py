"""Estimate what strategies do to users by closed forms, in place of routing every request by a draw.

Where routing looks at nothing but a request's own draw, requests are independent of each other, given who takes
requests when. Let a request r be served by revision v with probability s(r, v), and fail with probability
f(r) = 1 - sum over v of s(r, v). A page view or a session is served by at most one revision if, for some v, each of its
requests is served by v or fails; all of them fail is the one case that belongs to every v. So it mixes with probability

    1 - (sum over v of product over r of (s(r, v) + f(r))) + (V - 1) * product over r of f(r).

A page view breaks with probability sum over v of s(d, v) * (1 - product over its assets r of (1 - b(r, v))), where d is
its document and b(r, v) the sum of s(r, w) over the revisions w whose assets do not work with a document of v. Expected
numbers are sums of these; with one p for all requests, they are the textbook forms 1 - p^(k+1) - (1-p)^(k+1) and
p (1 - p^k) + (1-p) (1 - (1-p)^k).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.arguments import check_seed, check_whole
from turnout.parameters import to_dict, to_spec
from turnout.results import Range
from turnout.sampling import MOST_ROLLOUTS, Sample, check_traffic
from turnout.scenario import as_scenario
from turnout.selection import as_strategies
from turnout.shares import Shares, pinned_at
from turnout.simulator.cutting import Cut
from turnout.simulator.live import LiveSessions
from turnout.simulator.measure import compatibility
from turnout.simulator.simulate import Simulation
from turnout.traffic import Synthetic
from turnout.units import SECOND, format_duration
from turnout.verdict import assumptions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from turnout.host import Host
    from turnout.routing.timeline import Timeline
    from turnout.scenario import Scenario
    from turnout.simulator.block import Block
    from turnout.strategy import Strategy
    from turnout.traffic import Traffic
    from turnout.workload import Workload

__all__ = ["ESTIMATED", "Estimate", "StrategyEstimate", "estimate", "expected"]

ESTIMATED = (
    "sessions",
    "mixed_sessions",
    "page_views",
    "mixed_page_views",
    "broken_page_views",
    "requests",
    "failed_requests",
    "failed_no_endpoint",
    "failed_not_started",
    "failed_terminated",
    "failed_bad_revision",
)
"""The metrics of a comparison that have a closed form."""


@attrs.frozen(kw_only=True)
class StrategyEstimate:
    """What one strategy is expected to do.

    Attributes:
        name: The strategy's name.
        label: What tables and sentences call it: its name or, where two have the same, its spec.
        spec: Its name and its parameters that differ from the defaults, as the command line takes them.
        parameters: All its parameters.
        expected: For each metric that has a closed form, where its expected number lay over the starts; empty if there
            is none for this strategy.
        duration_seconds: How long the one simulated rollout took; None if it never ended.
        why_not: Why there is no closed form; empty if there is one.
    """

    name: str
    label: str
    spec: str
    parameters: Mapping[str, object]
    expected: Mapping[str, Range]
    duration_seconds: float | None
    why_not: str


@attrs.frozen(kw_only=True)
class Estimate:
    """What `estimate` found.

    Attributes:
        scenario: What was rolled out.
        traffic: The traffic.
        count: At how many moments of the traffic the rollouts were laid.
        seed: Replays the estimate.
        strategies: One for each strategy, in the order given.
        assumptions: What it rests on, a sentence each.
    """

    scenario: Scenario
    traffic: Traffic
    count: int
    seed: int
    strategies: tuple[StrategyEstimate, ...]
    assumptions: tuple[str, ...]


def estimate(
    scenario: Scenario | Workload,
    traffic: Traffic | None = None,
    strategies: Iterable[Strategy | str] | Strategy | str | None = None,
    *,
    host: Host | None = None,
    rollouts: int = 200,
    seed: int = 0,
) -> Estimate:
    """Say at once what each strategy is expected to do, as far as there are closed forms.

    Each strategy's rollout is simulated once, and laid at as many moments of the traffic as `compare` would draw.
    What requests meet there is not drawn, but summed up by its probabilities. There is no closed form for a strategy
    that pins sessions or pages.

    Args:
        scenario: What is rolled out; a workload stands for its default scenario.
        traffic: Recorded or generated traffic; synthetic traffic if left out.
        strategies: As `compare` takes them.
        host: Where strategies come from that are given as texts; a new one if left out.
        rollouts: At how many moments of the traffic.
        seed: Seeds the moments, the start-up times and the faults: those of the first rollout of a comparison.

    Raises:
        InputError: If an argument cannot be used.
        PlanError: If a strategy fails or answers nonsense.
    """
    scenario = as_scenario(scenario)
    check_seed(seed)
    check_whole(rollouts, "rollouts", least=1, most=MOST_ROLLOUTS)
    chosen = as_strategies(host, scenario.workload, strategies)
    traffic = Synthetic().load(seed) if traffic is None else traffic
    check_traffic(traffic)
    sample = Sample.of(scenario, traffic, seed)
    begin, own = sample.begins(0)
    runs = []
    for strategy in chosen:
        live = LiveSessions(sample.sessions, begin, own)
        simulation = Simulation(scenario, strategy, live, own, scenario.runbook)
        runs.append((simulation, simulation.run()))
    pinned = [pinned_at(history.timeline) for _, history in runs]
    window = max(
        (history.timeline.end for _, history in runs), default=0
    )  # as for a comparison of all of them
    numbers = _expected(
        scenario,
        sample,
        rollouts,
        window,
        [
            simulation.lived_on(window)
            for (simulation, _), pin in zip(runs, pinned, strict=True)
            if pin is None
        ],
    )
    names = [strategy.name for strategy in chosen]
    return Estimate(
        scenario=scenario,
        traffic=traffic,
        count=rollouts,
        seed=seed,
        strategies=tuple(
            StrategyEstimate(
                name=strategy.name,
                label=strategy.name if names.count(strategy.name) == 1 else to_spec(strategy),
                spec=to_spec(strategy),
                parameters=to_dict(strategy),
                expected=next(numbers) if pin is None else {},
                duration_seconds=None if history.completed is None else history.completed / SECOND,
                why_not="" if pin is None else _why_not(pin),
            )
            for strategy, pin, (_, history) in zip(chosen, pinned, runs, strict=True)
        ),
        assumptions=(
            *_own_assumptions(scenario, rollouts),
            *assumptions(scenario, traffic, rollouts, bridged=any(strategy.bridges for strategy in chosen)),
        ),
    )


def _expected(
    scenario: Scenario, sample: Sample, rollouts: int, window: int, timelines: Sequence[Timeline]
) -> Iterator[dict[str, Range]]:
    """Lay each timeline at every moment; give the range of each metric that has a closed form."""
    shares = [Shares.of(each) for each in timelines]
    works = [compatibility(each.revisions, scenario.works) for each in timelines]
    numbers: list[dict[str, list[float]]] = [{name: [] for name in ESTIMATED} for _ in timelines]
    for rollout in range(rollouts if timelines else 0):
        begin, own = sample.begins(rollout)
        for found in numbers:
            for each in found.values():
                each.append(0.0)
        for block in Cut(sessions=sample.sessions, begin=begin, until=begin + window, seed=own):
            for chances, fits, found in zip(shares, works, numbers, strict=True):
                for name, number in expected(block, chances, fits, end=window).items():
                    found[name][-1] += number
        sample.sessions.traffic.release()  # the next one begins elsewhere
    for each_found in numbers:
        yield {name: Range.of(values) for name, values in each_found.items()}


def _why_not(pin: int) -> str:
    when = "from before its start" if pin < 0 else f"from {format_duration(pin)} after its start"
    return f"it pins sessions or pages {when}, so that one request depends on another: compare simulates it"


def _own_assumptions(scenario: Scenario, rollouts: int) -> tuple[str, ...]:
    lines = [
        f"Each strategy's rollout was simulated once; it stands for all, laid at {rollouts} moments of the traffic.",
        "What is estimated is what a rollout is expected to do; a single one differs by the luck of its draws.",
    ]
    if scenario.environment.capacity is not None:
        queue = "" if scenario.environment.queue_timeout is None else ", and nobody to wait in a queue"
        lines.append(
            f"No replica is taken to be overloaded, whatever its capacity{queue}: that has no closed form."
        )
    return tuple(lines)


def expected(block: Block, shares: Shares, works: NDArray[np.bool_], *, end: int) -> dict[str, float]:
    """Sum up what the sessions of a block are expected to see; the module's first lines derive it.

    Args:
        block: The sessions that a rollout meets.
        shares: With which probabilities their requests go where.
        works: Shape (V, V): whether a page works whose document is of the row's revision with an asset of the column's.
        end: The window's end, microseconds from the rollout's start.

    Returns:
        The expected number for each metric in `ESTIMATED`.
    """
    stretch = shares.at(block.time)
    counted = (block.time >= 0) & (block.time < end)
    causes = shares.failed[stretch[counted]].sum(axis=0)
    pages = block.request_offset[:-1]
    first_pages = np.nonzero(np.diff(block.page_session, prepend=-1))[0]
    viewed = (
        block.page_has_document & (block.time[pages] < end) & (block.time[block.request_offset[1:] - 1] >= 0)
    )
    served = shares.served[stretch]
    lost = np.clip(1 - served.sum(axis=1), 0, None)
    return dict(
        zip(
            ESTIMATED,
            (
                float(len(block.session_draw)),
                float(_mixing(served, lost, pages[first_pages]).sum()),
                float(viewed.sum()),
                float(_mixing(served, lost, pages)[viewed].sum()),
                float(_breaking(served, works, pages)[viewed].sum()),
                float(counted.sum()),
                float(causes.sum()),
                *map(float, causes),
            ),
            strict=True,
        )
    )


def _mixing(
    served: NDArray[np.float64], lost: NDArray[np.float64], first: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The probability that more than one revision serves a group of requests.

    Args:
        served: Shape (R, V).
        lost: Shape (R,): the probability that none does.
        first: Shape (K,): each group's first request.
    """
    together = -(served.shape[1] - 1) * np.multiply.reduceat(lost, first)
    for rank in range(served.shape[1]):
        together += np.multiply.reduceat(served[:, rank] + lost, first)
    mixing: NDArray[np.float64] = np.clip(1 - together, 0, 1)
    return mixing


def _breaking(
    served: NDArray[np.float64], works: NDArray[np.bool_], first: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The probability that an asset does not work with its document, for each page view.

    Args:
        served: Shape (R, V).
        works: Shape (V, V).
        first: Shape (P,): each page's first request, its document.
    """
    breaking = np.zeros(len(first))
    for rank in range(served.shape[1]):
        fits = 1 - served[:, ~works[rank]].sum(axis=1)
        fits[first] = 1.0
        breaking += served[first, rank] * (1 - np.multiply.reduceat(fits, first))
    return breaking

"""The plainest worlds of all, tried before anything is shrunk: one or two replicas, defaults, two requests."""

from __future__ import annotations

from functools import partial
from itertools import combinations, product
from typing import TYPE_CHECKING

import attrs

from turnout.environment import Environment, Weather
from turnout.model import Rollout
from turnout.runbook import Runbook
from turnout.units import SECOND
from turnout.workload import Lifecycle, Probe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from turnout.strategy import Strategy
    from turnout.verify.world import Session, World

__all__ = ["PLAIN_LIFECYCLES", "plainest"]

PLAIN_LIFECYCLES = (Lifecycle(), Lifecycle(readiness=Probe(period_seconds=1)))
"""Containers that are ready when they run, and such as are asked each second."""

_SIZES = (1, 2)
_SEEDS = 3
_SEEDS_OF_FEW = 8
_FEW = 12
_SECONDS = (-1, *range(1, 13), 15, 20, 30, 45, 60, 90)


def plainest(
    world: World,
    strategies: Iterator[Strategy],
    fails: Callable[[World, Strategy], bool],
    may_go_on: Callable[[], bool],
) -> tuple[World, Strategy] | None:
    """Return one of the plainest worlds that fails, if there is one.

    A crowd of sessions goes through a rollout together, each with two requests at other times, and the one that met
    what is looked for is found among them: that is much faster than a rollout for each.

    Args:
        world: Another world that fails, which says what is rolled out, and whether it takes users.
        strategies: The strategies to try, the plainest first.
        fails: Whether a world and a strategy fail alike.
        may_go_on: Whether there is time to try another.
    """
    for strategy, size, lifecycle in product(strategies, _SIZES, PLAIN_LIFECYCLES):
        bare = _bare(world, size, lifecycle)
        for sessions, seed in product(((), _crowd()), range(_SEEDS)):
            if not may_go_on() or (sessions and not world.sessions):
                break
            if not sessions and seed:
                continue
            crowded = attrs.evolve(bare, sessions=sessions, seed=seed)
            if fails(crowded, strategy):
                found = _one_of(crowded, partial(_fails_in_time, strategy, fails, may_go_on))
                if found is not None:
                    return found, strategy
    return None


def _fails_in_time(
    strategy: Strategy,
    fails: Callable[[World, Strategy], bool],
    may_go_on: Callable[[], bool],
    world: World,
) -> bool:
    return may_go_on() and fails(world, strategy)


def _bare(world: World, size: int, lifecycle: Lifecycle) -> World:
    scenario = world.scenario
    workload = scenario.workload
    rollout = Rollout(replicas=size, target=workload.rollout.target)
    return attrs.evolve(
        world,
        scenario=attrs.evolve(
            scenario,
            workload=attrs.evolve(workload, rollout=rollout, lifecycle=lifecycle),
            environment=Environment(startup_spread=0.0),
            weather=Weather(),
            runbook=Runbook(),
            patience=type(scenario)(workload=workload).patience,
        ),
    )


def _crowd() -> tuple[Session, ...]:
    """Sessions with a page and an asset of it, and with two pages, at all pairs of times."""
    pairs = [(one * SECOND, other * SECOND) for one, other in combinations(_SECONDS, 2)]
    return tuple(session for one, other in pairs for session in (((one, other),), ((one,), (other,))))


def _one_of(crowded: World, fails: Callable[[World], bool]) -> World | None:
    """A world with one of the sessions that fails as well; where a session is sent depends on who else is there."""
    while len(crowded.sessions) > _FEW:
        sessions, middle = crowded.sessions, len(crowded.sessions) // 2
        halves = (
            attrs.evolve(crowded, sessions=half, seed=seed)
            for seed in range(_SEEDS)
            for half in (sessions[:middle], sessions[middle:])
        )
        half = next((each for each in halves if fails(each)), None)
        if half is None:
            return None
        crowded = half
    if not crowded.sessions:
        return crowded
    alone = (
        attrs.evolve(crowded, sessions=(session,), seed=seed)
        for seed in range(_SEEDS_OF_FEW)
        for session in crowded.sessions
    )
    return next((each for each in alone if fails(each)), None)

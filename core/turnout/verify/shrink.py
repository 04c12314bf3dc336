"""Shrinking a story: everything that it does not need is left out, and what is left is made as plain as can be.

A story is data in words that a person knows, so it is shrunk in these words, towards defaults rather than towards small
numbers; and alike, whether Hypothesis, exhaustion or a person has found it.
"""

from __future__ import annotations

from itertools import chain, pairwise, product
from typing import TYPE_CHECKING, Any

import attrs

from turnout.environment import Environment, Weather
from turnout.errors import InputError
from turnout.parameters import build, describe, to_dict
from turnout.runbook import Runbook
from turnout.units import SECOND, Duration
from turnout.verify.plainest import PLAIN_LIFECYCLES, plainest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from turnout.strategy import Strategy
    from turnout.verify.world import Session, World

__all__ = ["shrunk"]

_SEEDS = 8
_FEW = 2
_STARTS = (-1, 1, 6, 8, 35)
_ENDS = (2, 7, 9, 20, 40, 90)


def shrunk(
    world: World,
    strategy: Strategy,
    fails: Callable[[World, Strategy], bool],
    may_go_on: Callable[[], bool],
    fixed: Collection[str] = (),
) -> tuple[World, Strategy]:
    """Return the plainest world and parameters that were found and still fail.

    Args:
        world: One in which the strategy fails.
        strategy: The strategy.
        fails: Whether another world and other parameters fail alike.
        may_go_on: Whether there is time to try another.
        fixed: The names of parameters that stay as they are.
    """
    plainer = chain(_wholly_plain(strategy, fixed), (strategy,))
    world, strategy = plainest(world, plainer, fails, may_go_on) or (world, strategy)
    while True:
        for candidate in _simpler(world, strategy, fixed):
            if not may_go_on():
                return world, strategy
            if fails(*candidate):
                world, strategy = candidate
                break
        else:
            return world, strategy


def _simpler(world: World, strategy: Strategy, fixed: Collection[str]) -> Iterator[tuple[World, Strategy]]:
    """Everything that is one step simpler, the greatest steps first."""
    for smaller in (_fewer_users, _less_weather, _fewer_deeds, _plainer_rollout, _plainer_times):
        for each in smaller(world):
            yield each, strategy
    for plainer in _plainer_parameters(strategy, fixed):
        yield world, plainer
    for seed in range(min(world.seed, 3)):
        yield attrs.evolve(world, seed=seed), strategy
    for fewer in _fewer_users(world):
        for seed in range(_SEEDS):  # where a request is sent depends on how many come before it
            yield attrs.evolve(fewer, seed=seed), strategy
    workload = world.scenario.workload
    for size in range(1, min(3, workload.rollout.replicas)):
        rollout = attrs.evolve(workload.rollout, replicas=size)
        fewer = _in_scenario(world, workload=attrs.evolve(workload, rollout=rollout))
        for seed in range(_SEEDS):
            yield attrs.evolve(fewer, seed=seed), strategy
    yield from _retold(world, strategy, fixed)


def _retold(world: World, strategy: Strategy, fixed: Collection[str]) -> Iterator[tuple[World, Strategy]]:
    """The same with default parameters and few replicas, at other times: what no single step leads to."""
    plain = next(_wholly_plain(strategy, fixed), None)
    few = world.scenario.workload.rollout.replicas <= _FEW
    if (plain is None and few) or len(world.sessions) != 1:
        return
    workload, (session,) = world.scenario.workload, world.sessions
    sizes = (workload.rollout.replicas,) if few else range(1, _FEW + 1)
    first, last = session[0][0], session[-1][-1]
    for size in sizes:
        rollout = attrs.evolve(workload.rollout, replicas=size)
        fewer = _in_scenario(world, workload=attrs.evolve(workload, rollout=rollout))
        for start, end in product(_STARTS, _ENDS):
            moved = tuple(
                tuple(_between(time, (first, last), (start * SECOND, end * SECOND)) for time in page)
                for page in session
            )
            if start < end:
                for seed in range(3):
                    yield (
                        attrs.evolve(fewer, sessions=(moved,), seed=seed),
                        strategy if plain is None else plain,
                    )


def _between(time: int, old: tuple[int, int], new: tuple[int, int]) -> int:
    """Where a time comes to lie if a stretch of time is moved and stretched, in whole seconds."""
    share = (time - old[0]) / max(1, old[1] - old[0])
    return round((new[0] + share * (new[1] - new[0])) / SECOND) * SECOND


def _in_scenario(world: World, **changes: Any) -> World:
    return attrs.evolve(world, scenario=attrs.evolve(world.scenario, **changes))


def _fewer_users(world: World) -> Iterator[World]:
    sessions = world.sessions
    if sessions:
        yield attrs.evolve(world, sessions=())
    if len(sessions) > 1:
        for each in sessions:
            yield attrs.evolve(world, sessions=(each,))
        for place in range(len(sessions)):
            yield attrs.evolve(world, sessions=sessions[:place] + sessions[place + 1 :])
    for place, session in enumerate(sessions):
        for fewer in _shorter(session):
            yield attrs.evolve(world, sessions=(*sessions[:place], fewer, *sessions[place + 1 :]))


def _shorter(session: Session) -> Iterator[Session]:
    for place in range(len(session) if len(session) > 1 else 0):
        yield session[:place] + session[place + 1 :]
    for place, page in enumerate(session):
        for request in range(1, len(page)):
            yield (*session[:place], page[:request] + page[request + 1 :], *session[place + 1 :])


def _less_weather(world: World) -> Iterator[World]:
    weather = world.scenario.weather
    yield from _defaults(world, "weather", weather, Weather())


def _fewer_deeds(world: World) -> Iterator[World]:
    entries = world.scenario.runbook.entries
    if len(entries) > 1:
        yield _in_scenario(world, runbook=Runbook())
    for place in range(len(entries)):
        yield _in_scenario(world, runbook=Runbook(entries[:place] + entries[place + 1 :]))


def _plainer_rollout(world: World) -> Iterator[World]:
    scenario = world.scenario
    workload = scenario.workload
    plain = Environment(startup_spread=0.0)
    yield from _defaults(world, "environment", scenario.environment, plain)
    if scenario.environment.startup != plain.startup:
        sooner = attrs.evolve(scenario.environment, startup=plain.startup)
        moved = _moved(world, plain.startup - scenario.environment.startup)
        yield _in_scenario(moved, environment=sooner)
    if scenario.patience != type(scenario)(workload=workload).patience:
        yield _in_scenario(world, patience=type(scenario)(workload=workload).patience)
    for lifecycle in PLAIN_LIFECYCLES:
        if workload.lifecycle == lifecycle:
            break
        yield _in_scenario(world, workload=attrs.evolve(workload, lifecycle=lifecycle))
    for size in (1, 2, 3, 4, 5):
        if size < workload.rollout.replicas:
            rollout = attrs.evolve(workload.rollout, replicas=size)
            yield _in_scenario(world, workload=attrs.evolve(workload, rollout=rollout))
    usual: dict[str, Any] = {
        "min_ready_seconds": 0,
        "progress_deadline_seconds": 600,
        "revision_history_limit": 10,
    }
    for field, value in usual.items():
        if getattr(workload.rollout, field) != value:
            rollout = attrs.evolve(workload.rollout, **{field: value})
            yield _in_scenario(world, workload=attrs.evolve(workload, rollout=rollout))


def _defaults(world: World, name: str, value: Any, plain: Any) -> Iterator[World]:
    """Everything at its default; and then each field on its own."""
    differing = [
        each.name
        for each in attrs.fields(type(value))
        if getattr(value, each.name) != getattr(plain, each.name)
    ]
    if len(differing) > 1:
        yield _in_scenario(world, **{name: plain})
    for field in differing:
        yield _in_scenario(world, **{name: attrs.evolve(value, **{field: getattr(plain, field)})})


def _moved(world: World, by: int) -> World:
    """Every request earlier or later."""
    sessions = (((time + by for time in page) for page in session) for session in world.sessions)
    return attrs.evolve(world, sessions=sessions)


def _plainer_times(world: World) -> Iterator[World]:
    """Requests closer together, and entries of the runbook sooner."""
    sessions = world.sessions
    for place, session in enumerate(sessions):
        times = sorted({time for page in session for time in page})
        for before, after in pairwise(times):
            gap = after - before
            for less in {SECOND, gap // 2 // SECOND * SECOND} - {0, gap}:
                if less < gap:
                    closer = tuple(
                        tuple(time - (gap - less) * (time >= after) for time in page) for page in session
                    )
                    yield attrs.evolve(world, sessions=(*sessions[:place], closer, *sessions[place + 1 :]))
    entries = world.scenario.runbook.entries
    for place, entry in enumerate(entries):
        for delay in sorted({0, entry.when.delay // 2 // SECOND * SECOND} - {entry.when.delay}):
            when = attrs.evolve(entry.when, delay=Duration(delay))
            sooner = (*entries[:place], attrs.evolve(entry, when=when), *entries[place + 1 :])
            yield _in_scenario(world, runbook=Runbook(sooner))


def _plainer_parameters(strategy: Strategy, fixed: Collection[str]) -> Iterator[Strategy]:
    cls, given = type(strategy), to_dict(strategy)
    for each in describe(cls):
        if each.required or each.name in fixed or getattr(strategy, each.field) == each.default:
            continue
        try:
            yield build(
                cls,
                {
                    name: value
                    for name, value in given.items()
                    if name != each.name and name in _set(strategy)
                },
            )
        except InputError:
            continue


def _wholly_plain(strategy: Strategy, fixed: Collection[str]) -> Iterator[Strategy]:
    """All parameters at their defaults, if they are not."""
    cls, given = type(strategy), to_dict(strategy)
    required = {each.name for each in describe(cls) if each.required or each.name in fixed}
    if _set(strategy) - required:
        yield build(cls, {name: value for name, value in given.items() if name in required})


def _set(strategy: Strategy) -> set[str]:
    """The names of the parameters that are not at their default."""
    return {
        each.name
        for each in describe(type(strategy))
        if each.required or getattr(strategy, each.field) != each.default
    }

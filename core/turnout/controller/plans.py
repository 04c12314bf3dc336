"""Asking a strategy, and checking what it answers before anything of it is carried out."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from turnout.controller.numbering import NOTHING, created
from turnout.controller.scaling import sized
from turnout.controller.state import PlanError, Reason
from turnout.errors import in_words, shown
from turnout.model import Bounds, Memory, Observation, Plan, ReplicaSet, Revision
from turnout.routing import Split, Spread, Sticky

if TYPE_CHECKING:
    from turnout.controller.state import SetRecord, SetStatus, State
    from turnout.model import Rollout
    from turnout.routing import Routing
    from turnout.strategy import Strategy

__all__ = ["asked", "bounds_of", "carried_out", "kept_memory", "observed", "receivers"]

_LARGEST_NUMBER = 1 << 63
_MOST_PER_REPLICA = 10
_MOST_FOR_FEW = 100
_MOST_MEMORY = 256 * 1024
"""As much as an object of Kubernetes may carry in its annotations."""


def bounds_of(strategy: Strategy, replicas: int) -> Bounds:
    """Return the strategy's bounds.

    Raises:
        PlanError: If it does not answer with two numbers that are not negative, the floor no greater than the ceiling.
    """
    try:
        bounds: object = strategy.bounds(replicas)
    except (PlanError, KeyboardInterrupt):
        raise
    except BaseException as error:  # an exit of its own would end the whole program
        raise PlanError(strategy.name, f"its bounds fail: {in_words(error)}") from error
    sizes = isinstance(bounds, Bounds) and _is_size(bounds.floor) and _is_size(bounds.ceiling)
    if not isinstance(bounds, Bounds) or not sizes or bounds.floor > bounds.ceiling:
        raise PlanError(strategy.name, f"its bounds for {replicas} replicas are {shown(bounds)}")
    return bounds


def observed(
    state: State, sets: tuple[SetRecord, ...], statuses: Mapping[str, SetStatus], now: int
) -> Observation:
    """Return what the strategy sees."""
    seen = []
    for each in sets:
        status = statuses.get(each.name, NOTHING)
        seen.append(
            ReplicaSet(
                revision=Revision(each.number, each.name),
                wanted=each.wanted,
                replicas=status.replicas,
                ready=status.ready,
                available=status.available,
                terminating=status.terminating,
                endpoints=status.endpoints,
                created=each.created,
                live_sessions=status.live_sessions,
                error_share=status.error_share,
            )
        )
    return Observation(
        rollout=state.rollout,
        replica_sets=tuple(seen),
        routing=state.routing,
        stable=state.stable,
        time=now,
        memory=state.memory,
    )


def asked(strategy: Strategy, seen: Observation) -> Plan:
    """Ask the strategy, and check its answer against what it saw.

    Raises:
        PlanError: If it fails, or answers anything but a plan that can be carried out.
    """
    try:
        plan: object = strategy.decide(seen)
        fault = _fault(plan, seen)
    except (PlanError, KeyboardInterrupt):
        raise
    except BaseException as error:  # an exit of its own would end the whole program
        raise PlanError(strategy.name, f"it fails to decide: {in_words(error)}") from error
    if not isinstance(plan, Plan) or fault is not None:
        raise PlanError(strategy.name, str(fault))
    return plan


def carried_out(
    sets: tuple[SetRecord, ...],
    plan: Plan,
    rollout: Rollout,
    ceiling: int,
    now: int,
    reasons: list[Reason],
) -> tuple[SetRecord, ...]:
    """Write a checked plan's sizes down, creating the replica sets of the bridge and the target if it names them.

    Returns:
        The replica sets; the very tuple that was handed in if nothing has changed.
    """
    wanted, replicas = plan.wanted, rollout.replicas
    written: list[SetRecord] = []
    changed = False
    for each in sets:
        size = wanted.get(each.name, each.wanted)
        if size == each.wanted:
            written.append(each)
            continue
        changed = True
        written.append(sized(each, size, replicas, ceiling))
        reasons.append(
            Reason("resize", f"{each.name}: {each.wanted} -> {size}", each.name, each.wanted, size)
        )
    # The bridge first: the target has the higher number.
    for name in (rollout.bridge, rollout.target):
        if name is None or name not in wanted or any(each.name == name for each in written):
            continue
        changed = True
        size = wanted[name]
        fresh = created(
            tuple(written),
            name,
            now,
            min_ready_seconds=rollout.min_ready_seconds,
            bridge=name != rollout.target,
        )
        fresh = sized(fresh, size, replicas, ceiling)
        written.append(fresh)
        text = f"{name} gets a replica set, revision {fresh.number}, of {size} replicas"
        reasons.append(Reason("create", text, name, None, size))
    return tuple(written) if changed else sets


def receivers(routing: Routing | None) -> frozenset[str]:
    """Return the names of the revisions that a routing sends requests to by name."""
    choice = routing.new if isinstance(routing, Sticky) else routing
    if not isinstance(choice, Split):
        return frozenset()
    return frozenset(name for name, weight in choice.weights if weight > 0)


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _fault(plan: object, seen: Observation) -> str | None:
    """Say what is wrong with a plan: whatever its annotations say, it comes from somebody else's code."""
    if inspect.iscoroutine(plan):
        plan.close()  # or Python warns that nobody has awaited it
        return "it answers a coroutine, which is no plan: decide is no async function"
    if not isinstance(plan, Plan):
        return f"it answers {shown(plan)}, which is no plan"
    return (
        _sizes_fault(plan.wanted, seen)
        or (None if _is_kept(plan.routing, seen) else _routing_fault(plan.routing, plan, seen))
        or (None if plan.memory is seen.memory else _memory_fault(plan.memory))
        or _answer_fault(plan)
    )


def _sizes_fault(wanted: object, seen: Observation) -> str | None:
    if not isinstance(wanted, Mapping):
        return f"it wants {shown(wanted)}, which maps no names to numbers"
    rollout = seen.rollout
    most = _MOST_PER_REPLICA * rollout.replicas + _MOST_FOR_FEW
    known = {each.name: each.wanted for each in seen.replica_sets}
    for name, size in wanted.items():
        if name not in known and name not in (rollout.target, rollout.bridge):
            return (
                f"it wants replicas of {shown(name)}, which is no target, no bridge, and has no replica set"
            )
        if not _is_size(size):
            return f"it wants {shown(size)} replicas of {name!r}, which is not a whole number from 0"
        if size > max(most, known.get(name, 0)):
            return f"it wants {size} replicas of {name!r} for a rollout of {rollout.replicas}"
    return None


def _is_kept(routing: object, seen: Observation) -> bool:
    return routing is seen.routing and routing is not None


def _routing_fault(routing: object, plan: Plan, seen: Observation) -> str | None:
    if not isinstance(routing, Spread | Split | Sticky):
        return f"its routing is {shown(routing)}, which is none"
    known = {each.name for each in seen.replica_sets}
    unserved = sorted(receivers(routing) - known - plan.wanted.keys())
    return f"it routes to {unserved[0]!r}, which has no replica set" if unserved else None


def _memory_fault(memory: object) -> str | None:
    if not isinstance(memory, Mapping):
        return f"its memory is {shown(memory)}, which is no mapping"
    size = 0
    for key, value in memory.items():
        if isinstance(value, int) and abs(value) >= _LARGEST_NUMBER:
            return f"its memory holds {shown(key)}: a whole number of more than 64 bits"
        finite = not isinstance(value, float) or math.isfinite(value)
        kept = _is_text(key) and (_is_text(value) or isinstance(value, int | float | None))
        if not kept or not finite:
            return f"its memory holds {shown(key)}: {shown(value)}, which JSON cannot keep"
        size += len(key) + (len(value) if isinstance(value, str) else 8)
    return (
        f"its memory holds {size:,} characters, more than {_MOST_MEMORY:,}" if size > _MOST_MEMORY else None
    )


def _answer_fault(plan: Plan) -> str | None:
    if plan.ask_again is not None and not (_is_size(plan.ask_again) and 0 < plan.ask_again < _LARGEST_NUMBER):
        return (
            f"it wants to be asked again after {shown(plan.ask_again)} microseconds, which is no time above 0"
        )
    for field in ("pause", "hold"):
        value = getattr(plan, field)
        if value is not None and not (_is_text(value) and value):
            return f"its {field} is {shown(value)}, which is no reason in words"
    return None if _is_text(plan.because) else f"its because is {shown(plan.because)}, which is no text"


def _is_text(value: object) -> bool:
    """Whether it is a text that can be written down: half a character of two cannot."""
    if not isinstance(value, str):
        return False
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def kept_memory(memory: Memory, before: Memory) -> Memory:
    """Return a memory as the state keeps it: read only, and the object that it was if it says the same."""
    return before if memory == before else MappingProxyType(dict(memory))

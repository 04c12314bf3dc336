"""Two-step: first a bridging revision whose assets serve old and new pages, then the target."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, ClassVar, Literal

import attrs

from turnout import (
    Bounds,
    Duration,
    IntOrPercent,
    Invariant,
    Observation,
    Plan,
    Promise,
    Proviso,
    Strategy,
    Trace,
    Violation,
    hookimpl,
    int_or_percent,
    seconds,
)
from turnout_strategies.blue_green import BlueGreen
from turnout_strategies.provisos import SEEN_TO_FAIL, STEADY, pages_within
from turnout_strategies.rolling import Rolling

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["TwoStep", "turnout_invariants", "turnout_strategies"]


def _bridged(trace: Trace) -> bool:
    wishes = [moment.rollout for moment in trace.history.moments]
    return all((each.target, each.bridge) in trace.works for each in wishes)


@attrs.frozen(kw_only=True)
class TwoStep(Strategy):
    """Roll out a bridging revision whose assets serve old and new pages, then the target.

    The bridge (`Rollout.bridge`) is a revision that the team builds: its pages are the old ones, its assets are the old
    and the new ones. The target still carries the old assets. So old and new pages find their assets wherever their
    requests go, as long as only two neighbours of old, bridge, target run together; this strategy sees to that.
    """

    name: ClassVar[str] = "two-step"
    bridges: ClassVar[bool] = True
    promises: ClassVar[tuple[Promise, ...]] = (
        Promise(
            "no-broken-page",
            (
                Proviso("there is a bridge, and it works with every revision on the way", _bridged),
                pages_within("a page loads within settle", lambda strategy: strategy.settle),
            ),
        ),
        Promise("capacity-floor", (STEADY, SEEN_TO_FAIL)),
        Promise("surge-ceiling"),
        Promise("paused-means-still"),
        Promise("no-request-to-the-unready"),
        Promise("converges"),
        Promise("undo-restores"),
    )

    inner: Literal["rolling", "blue-green"] = attrs.field(
        default="rolling",
        metadata={"doc": "how each of the two steps is rolled out"},
    )
    max_surge: IntOrPercent = attrs.field(
        default=IntOrPercent(25, percent=True),
        converter=int_or_percent,
        metadata={"doc": "with inner=rolling: replicas above the wanted number"},
    )
    max_unavailable: IntOrPercent = attrs.field(
        default=IntOrPercent(25, percent=True),
        converter=int_or_percent,
        metadata={"doc": "with inner=rolling: replicas that may be missing"},
    )
    settle: Duration = attrs.field(
        default=seconds(30),
        metadata={"doc": "how long to wait between the steps, so that old pages have loaded"},
    )

    def __attrs_post_init__(self) -> None:
        """Refuse what the inner strategy refuses."""
        _ = self._inner

    @property
    def _inner(self) -> Rolling | BlueGreen:
        return _inner_strategy(self.inner, self.max_surge, self.max_unavailable)

    @property
    def _settling(self) -> Duration:
        """How long only the bridge runs: never but a moment, at which a stale observation may see it there already."""
        return Duration(max(self.settle, seconds(1)))

    def bounds(self, replicas: int) -> Bounds:
        """Those of the inner strategy."""
        return self._inner.bounds(replicas)

    def decide(self, seen: Observation) -> Plan:
        """Let the inner strategy roll out the bridge while anything older runs, and the target when nothing does."""
        goal, since = self._goal(seen)
        rollout = seen.rollout if goal == seen.rollout.target else attrs.evolve(seen.rollout, target=goal)
        aimed = attrs.evolve(seen, rollout=rollout, memory=_inner_memory(seen))
        plan = self._inner.decide(aimed)
        memory = {f"inner:{key}": value for key, value in plan.memory.items()}
        wait = None
        if since is not None:
            memory["bridged"] = since
            wait = Duration(since + self._settling - seen.time)
        waits = [each for each in (plan.ask_again, wait) if each is not None and each > 0]
        return attrs.evolve(
            plan, memory=memory, ask_again=min(waits, default=None), because=f"towards {goal}: {plan.because}"
        )

    def _goal(self, seen: Observation) -> tuple[str, int | None]:
        """Which revision to roll out now, and since when only the bridge has run, while the old pages settle."""
        bridge, target = seen.rollout.bridge, seen.rollout.target
        if bridge is None or bridge == target:
            return target, None
        running = {
            each.name for each in seen.replica_sets if each.wanted or each.replicas or each.terminating
        }
        if not running - {target}:
            return target, None
        if running - {target, bridge}:
            return bridge, None
        bridged, carrying = seen.memory.get("bridged"), seen.of(bridge)
        there = min(carrying.wanted, carrying.available) >= seen.rollout.replicas
        if not (there or isinstance(bridged, int) or target in running):
            return bridge, None  # old pages do not settle on what is not there yet
        since = bridged if isinstance(bridged, int) else seen.time
        settled = target in running or seen.time >= since + self._settling
        return (target if settled else bridge), since


@cache
def _inner_strategy(
    inner: Literal["rolling", "blue-green"], max_surge: IntOrPercent, max_unavailable: IntOrPercent
) -> Rolling | BlueGreen:
    if inner == "blue-green":
        return BlueGreen()
    return Rolling(max_surge=max_surge, max_unavailable=max_unavailable)


def _no_broken_page(trace: Trace) -> Violation | None:
    for answers in trace.by_page.values():
        document = answers[0]
        for answer in answers:
            if not (document.served and answer.served) or answer.revision == document.revision:
                continue
            if (document.revision, answer.revision) not in trace.works:
                text = f"a page of {document.revision} got an asset of {answer.revision}, which does not work with it"
                return Violation(time=answer.time, text=text)
    return None


def _inner_memory(seen: Observation) -> dict[str, str | int | float | bool | None]:
    return {
        key.removeprefix("inner:"): value for key, value in seen.memory.items() if key.startswith("inner:")
    }


@hookimpl
def turnout_strategies() -> Iterable[type[Strategy]]:
    """Give the strategy to the host."""
    return [TwoStep]


@hookimpl
def turnout_invariants() -> Iterable[Invariant]:
    """Give the invariant that two steps are for."""
    return [
        Invariant(
            name="no-broken-page",
            statement="No page gets an asset of a revision that does not work with its document.",
            check=_no_broken_page,
            stepwise=True,
        )
    ]

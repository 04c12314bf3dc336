"""The scenario: everything about a rollout but the strategy and the traffic. What a comparison holds equal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from turnout.arguments import check_fields, check_instance, check_name, listed
from turnout.controller.wish import check_rollout
from turnout.environment import Environment, Weather
from turnout.errors import InputError, nearest, shown
from turnout.runbook import Runbook
from turnout.units import MILLISECOND, Duration, seconds
from turnout.workload import Workload

if TYPE_CHECKING:
    from collections.abc import Iterable

    from turnout.model import Rollout

__all__ = ["Scenario", "as_scenario"]


def _name_apart(name: str, *taken: str) -> str:
    while name in taken:
        name += "'"
    return name


def _pairs(given: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    right = "it takes pairs (an asset's revision, a document's revision), such as ('v2', 'v1')"
    pairs = listed(given, "Scenario.serves", right)
    for each in pairs:
        if not isinstance(each, tuple) or len(each) != 2 or not all(isinstance(name, str) for name in each):
            raise InputError(f"it cannot hold {shown(each)}", where="Scenario.serves", hint=right)
    return tuple(sorted(set(pairs)))


@attrs.frozen(kw_only=True)
class Scenario:
    """What is rolled out, on what, in which weather, with which operator.

    Attributes:
        workload: What the manifest says; its revision is the one to be rolled out.
        previous: The name of the revision that runs before.
        bridge: The name of the bridging revision, for strategies that pass through one.
        environment: What the cluster is like.
        weather: Which faults occur.
        serves: Pairs (an asset's revision, a document's revision): the first one's assets serve the second one's
            documents, besides its own. The bridge needs no mention: it works with both its neighbours.
        runbook: What an operator does.
        patience: How long a strategy waits for an operator, having paused its rollout or before its promotion, until
            one resumes or promotes it; counted from when the runbook has nothing to do at a known moment. What the
            runbook has paused, only the runbook resumes.
        detect: If the new revision is bad: how long after requests can first reach it that is found out; where its
            rollout gets stuck before, it is found out then.
        horizon: When to give a rollout up that does not end.
    """

    workload: Workload
    previous: str = "previous"
    bridge: str = "bridge"
    environment: Environment = attrs.field(factory=Environment)
    weather: Weather = attrs.field(factory=Weather)
    serves: tuple[tuple[str, str], ...] = attrs.field(default=(), converter=_pairs)
    runbook: Runbook = attrs.field(factory=Runbook)
    patience: Duration = seconds(600)
    detect: Duration = seconds(300)
    horizon: Duration = attrs.field(default=seconds(6 * 3600), validator=attrs.validators.ge(seconds(1)))

    def __attrs_pre_init__(self, **given: object) -> None:
        check_fields(type(self), given, shortest=MILLISECOND)

    def __attrs_post_init__(self) -> None:
        """Refuse a rollout that cannot be, a queue for nothing, and names that no revision has, or several."""
        check_rollout(self.workload.rollout)
        if self.environment.queue_timeout is not None and self.environment.capacity is None:
            what = "there is no queue without a capacity"
            hint = "give the requests a second that a replica can serve as well: capacity, or --capacity"
            raise InputError(what, where="Environment.queue_timeout", hint=hint)
        check_name(self.previous, "Scenario.previous")
        check_name(self.bridge, "Scenario.bridge")
        names = (self.previous, self.bridge, self.target)
        if len(set(names)) < len(names):
            what = f"previous, bridge and target have to differ, and are {', '.join(names)}"
            raise InputError(what, where="Scenario", hint="choose other names for previous and bridge")
        unknown = next((name for pair in self.serves for name in pair if name not in names), None)
        if unknown is not None:
            what = f"there is no revision {unknown!r}"
            raise InputError(what, where="Scenario.serves", hint=nearest(unknown, names))

    @classmethod
    def of(cls, workload: Workload) -> Scenario:
        """Return the default scenario for a workload, with names that differ from its revision's.

        Raises:
            InputError: If it is no workload.
        """
        check_instance(workload, Workload, "workload", "it takes a Workload, as load_manifest gives one")
        target = workload.rollout.target
        previous = _name_apart("previous", target)
        return cls(workload=workload, previous=previous, bridge=_name_apart("bridge", target, previous))

    @property
    def target(self) -> str:
        """The name of the revision that is rolled out."""
        return self.workload.rollout.target

    @property
    def before(self) -> Rollout:
        """The wish before the rollout: the previous revision."""
        return attrs.evolve(self.workload.rollout, target=self.previous, bridge=self.bridge, paused=False)

    @property
    def works(self) -> frozenset[tuple[str, str]]:
        """Pairs (a document's revision, an asset's revision) that work together, besides each with itself."""
        old, bridge, new = self.previous, self.bridge, self.target
        bridged = {(old, bridge), (new, bridge), (bridge, old), (bridge, new)}
        return frozenset(bridged | {(document, asset) for asset, document in self.serves})


def as_scenario(given: Scenario | Workload) -> Scenario:
    """Return a scenario as it is, and for a workload its default one.

    Raises:
        InputError: If it is neither.
    """
    right = "it takes a Scenario, or a Workload, as load_manifest gives one"
    check_instance(given, (Scenario, Workload), "scenario", right)
    return given if isinstance(given, Scenario) else Scenario.of(given)

"""What the controller knows between two syncs, as frozen data; and what a fleet reports to it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, Protocol, cast

import attrs

from turnout.errors import TurnoutError
from turnout.workload import Kind  # noqa: TC001  (the JSON is checked by the annotations)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from turnout.model import Memory, Observation, Plan, Rollout
    from turnout.routing import Routing

__all__ = [
    "Condition",
    "Counts",
    "DeploymentType",
    "Fleet",
    "PlanError",
    "Reason",
    "SetRecord",
    "SetStatus",
    "State",
    "Synced",
]

DeploymentType = Literal["RollingUpdate", "Recreate"]
"""``spec.strategy.type`` of a Deployment."""


class PlanError(TurnoutError):
    """A strategy answered with a plan that cannot be carried out.

    Args:
        strategy: The name of the strategy.
        fault: What is wrong with the plan, with the offending value.
    """

    def __init__(self, strategy: str, fault: str) -> None:
        self.strategy = strategy
        self.fault = fault
        super().__init__(strategy, fault)

    def __str__(self) -> str:
        return f"strategy {self.strategy!r}: {self.fault}"


@attrs.frozen(kw_only=True)
class Condition:
    """A condition of a Deployment's status.

    Attributes:
        status: ``"True"``, ``"False"`` or ``"Unknown"``.
        reason: Kubernetes' word for why, such as ``"NewReplicaSetAvailable"``.
        updated: ``lastUpdateTime``, in microseconds.
    """

    status: str
    reason: str
    updated: int

    def __str__(self) -> str:
        return f"{self.status}/{self.reason}"


@attrs.frozen(kw_only=True)
class Counts:
    """The numbers in a Deployment's status.

    Attributes:
        replicas: How many replicas there are, of all revisions; terminating ones are not counted.
        updated: How many of them run the target revision.
        ready: How many of them take requests.
        available: How many of them have been ready for long enough.
        unavailable: How many wanted replicas are not available.
        terminating: How many more are on their way out.
    """

    replicas: int = 0
    updated: int = 0
    ready: int = 0
    available: int = 0
    unavailable: int = 0
    terminating: int = 0


@attrs.frozen(kw_only=True)
class SetRecord:
    """One replica set, as the controller has written it down.

    Attributes:
        name: The name of its revision: what a pod template's identity is in Kubernetes.
        number: Its revision number, which grows when the set becomes the target's again.
        wanted: How many replicas it should have.
        desired_replicas: ``replicas`` of the rollout when this set was last sized; None if it never was.
        max_replicas: The strategy's ceiling for all sets when this set was last sized; None if it never was.
        created: When it was created, in microseconds.
        order: Its place in the order of creation, which breaks ties of `created`.
        past_numbers: The revision numbers that it had before, the oldest first.
        min_ready_seconds: How long its replicas must be ready to be available: the rollout's when the
            set was last the target's.
        bridge: Whether it was only ever passed through on the way to another revision: none to go back to.
    """

    name: str
    number: int
    wanted: int = 0
    desired_replicas: int | None = None
    max_replicas: int | None = None
    created: int = 0
    order: int = 0
    past_numbers: tuple[int, ...] = ()
    min_ready_seconds: int = 0
    bridge: bool = False


@attrs.frozen(kw_only=True)
class SetStatus:
    """What a fleet reports of one revision's replicas.

    Attributes:
        replicas: How many there are, terminating ones not counted.
        ready: How many of them take requests.
        available: How many of them have been ready for ``min_ready_seconds``.
        terminating: How many more have been told to stop and still exist.
        endpoints: How many of them are in the list of endpoints; None where the fleet cannot tell.
        live_sessions: Sessions that are pinned to the revision and not over; None where the routing pins nothing.
        error_share: The share of its requests that fail by its own fault, between 0 and 1.
    """

    replicas: int = 0
    ready: int = 0
    available: int = 0
    terminating: int = 0
    endpoints: int | None = None
    live_sessions: int | None = None
    error_share: float = 0.0


_GROUPS: Mapping[Kind, str] = {"Deployment": "apps", "Rollout": "argoproj.io"}
_NO_MEMORY: Memory = cast("Memory", MappingProxyType({}))


@attrs.frozen(kw_only=True)
class State:
    """Everything that the controller keeps; `turnout.controller.serialise` turns it into JSON and back.

    Attributes:
        name: What the object is called, for kubectl's words.
        kind: What kind of object it is: a Deployment, or a Rollout of Argo's.
        rollout: The wish.
        generation: Counts the changes of the wish.
        observed_generation: The generation that the counts and conditions are about.
        sets: Every replica set, in the order of creation.
        routing: The routing in force; None before the first plan.
        memory: What the strategy answered as its memory the last time.
        counts: The numbers as last written.
        available: The condition ``Available``; None before the first sync.
        progressing: The condition ``Progressing``; None without a progress deadline.
        revision: The revision number of the target's replica set; None as long as none has ever existed.
        stable: The name of the revision that was last fully rolled out; None before the first.
        ask_at: When the strategy wants to be asked again though nothing changes, in microseconds; None for never.
        hold: Why the strategy waits for an operator to promote the target; None if it does not.
        pause_reason: Why the strategy has paused the rollout; None if it is not paused, or an operator paused it.
    """

    name: str
    kind: Kind = "Deployment"
    rollout: Rollout
    generation: int = 1
    observed_generation: int = 0
    sets: tuple[SetRecord, ...] = ()
    routing: Routing | None = None
    memory: Memory = _NO_MEMORY
    counts: Counts = Counts()
    available: Condition | None = None
    progressing: Condition | None = None
    revision: int | None = None
    stable: str | None = None
    ask_at: int | None = None
    hold: str | None = None
    pause_reason: str | None = None

    @property
    def noun(self) -> str:
        """Its kind as kubectl has it in a sentence: ``deployment``."""
        return self.kind.lower()

    @property
    def resource(self) -> str:
        """What kubectl calls it when it has changed: ``deployment.apps/web``."""
        return f"{self.noun}.{_GROUPS[self.kind]}/{self.name}"

    @property
    def among_its_kind(self) -> str:
        """What kubectl calls it when it refuses something: ``deployments.apps "web"``."""
        return f'{self.noun}s.{_GROUPS[self.kind]} "{self.name}"'

    @property
    def wanted(self) -> dict[str, int]:
        """How many replicas of each revision there should be, by name: what a fleet is told."""
        return {each.name: each.wanted for each in self.sets}

    def of(self, name: str) -> SetRecord | None:
        """Return the replica set of the revision of that name; None if it has none."""
        for each in self.sets:
            if each.name == name:
                return each
        return None


@attrs.frozen
class Reason:
    """Why the controller wrote something, or why it wrote nothing.

    Attributes:
        rule: A word for the rule that applied, such as ``"scale up"``.
        text: The rule in words, with its numbers.
        revision: The name of the revision that it is about; None for the whole rollout.
        before: The number before, if the rule changes one.
        after: The number after.
    """

    rule: str
    text: str
    revision: str | None = None
    before: int | None = None
    after: int | None = None


@attrs.frozen
class Asked:
    """What a strategy was shown, and what it answered."""

    seen: Observation
    plan: Plan


@attrs.frozen
class Synced:
    """What one or several syncs came to.

    Attributes:
        state: What the controller knows now; the very object that was handed in if nothing has changed.
        reasons: One for each thing written, in order; or the one for writing nothing.
        asked: What the strategy was shown last, and what it answered; None if it was not asked.
        settled: Whether another sync at the same moment would change nothing: what has changed, if anything, is only
            the status, and when the strategy wants to be asked again.
    """

    state: State
    reasons: tuple[Reason, ...] = ()
    asked: Asked | None = None
    settled: bool = True


class Fleet(Protocol):
    """Where plans are carried out, as far as the controller is concerned."""

    def statuses(self, now: int) -> Mapping[str, SetStatus]:
        """Report every revision that has replicas; one that is left out has none."""
        ...

    def apply(self, wanted: Mapping[str, int], routing: Routing | None, now: int) -> None:
        """Bring about that many replicas of each revision, and that routing.

        Asked twice for the same, it does nothing the second time. A revision that is left out no longer has a
        replica set, and gets no replicas.
        """
        ...

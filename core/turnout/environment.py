"""What the simulated cluster is like, and the weather: faults thrown at a rollout. Assumptions, each with a name."""

from __future__ import annotations

import attrs

from turnout.arguments import check_fields
from turnout.units import MILLISECOND, Duration, seconds

__all__ = ["Environment", "Weather"]


@attrs.frozen(kw_only=True)
class Environment:
    """How replicas start and stop and how fast the network follows, where the manifest does not say.

    Attributes:
        container_start: From a replica's creation until its container runs: it is put on a node, its image is pulled.
        startup: From the start of a replica's container until its application answers: the median.
        startup_spread: How much that differs between replicas: the standard deviation of its logarithm.
        endpoint_delay: From a replica's becoming ready until it gets requests.
        removal_delay: From a replica's ceasing to be ready, or beginning to terminate, until it gets none.
        routing_delay: From a plan's asking for another routing until every proxy follows it.
        pre_stop: How long a preStop hook keeps a replica serving, where there is a hook of unknown length.
        shutdown: How long a replica goes on serving after SIGTERM.
        capacity: Requests that one replica can serve in each second, a whole number from 1; None for no limit.
        queue_timeout: How long a request waits at most for its turn at a replica that serves one at a time, each in
            1/`capacity` of a second; it fails after more. None for no queue: what comes beyond the capacity of a whole
            second fails at once.
    """

    container_start: Duration = attrs.field(
        default=seconds(2),
        metadata={"doc": "from a replica's creation until its container runs"},
    )
    startup: Duration = attrs.field(
        default=seconds(5), metadata={"doc": "from a container's start until it answers: the median"}
    )
    startup_spread: float = attrs.field(
        default=0.2,
        validator=[attrs.validators.ge(0), attrs.validators.le(3)],
        metadata={"doc": "its spread: standard deviation of the logarithm"},
    )
    endpoint_delay: Duration = attrs.field(
        default=seconds(1), metadata={"doc": "from ready until requests come"}
    )
    removal_delay: Duration = attrs.field(
        default=seconds(1), metadata={"doc": "from terminating until no requests come"}
    )
    routing_delay: Duration = attrs.field(
        default=seconds(1), metadata={"doc": "from asking for a routing until requests follow it"}
    )
    pre_stop: Duration = attrs.field(
        default=seconds(5),
        metadata={"doc": "length of a preStop hook whose length the manifest does not say"},
    )
    shutdown: Duration = attrs.field(
        default=Duration(0), metadata={"doc": "how long a replica serves on after SIGTERM"}
    )
    capacity: int | None = attrs.field(
        default=None,
        validator=attrs.validators.optional(attrs.validators.ge(1)),
        metadata={"doc": "requests a second that one replica can serve; no limit if left out"},
    )
    queue_timeout: Duration | None = attrs.field(
        default=None,
        metadata={"doc": "with a capacity: how long a request waits for its turn; no queue if left out"},
    )

    def __attrs_pre_init__(self, **given: object) -> None:
        check_fields(type(self), given, shortest=MILLISECOND)


@attrs.frozen(kw_only=True)
class Weather:
    """Faults.

    Attributes:
        crash_every: How long a replica runs on average before it crashes and is replaced; None for never.
        never_ready: Whether the containers of the target revision never run, as with an image that cannot be pulled.
        error_share: The share of requests that the target revision fails by its own fault.
        slow_start: By how much the target revision starts up more slowly.
        flap_every: How long a replica stays well on average before it fails its readiness probe; None for always.
        flap_for: For how long it fails it then. A replica is not ready after as many failures in a row as its probe's
            ``failureThreshold``; without a probe nobody notices.
        node_loss_every: How long a node lives on average before it is lost with every replica on it, of three nodes;
            None for ever.
        kill_every: How long a replica runs on average before somebody deletes it by hand; None for ever.
        restarts: Whether the controller restarts before each of its steps, with nothing left but its state as JSON.
        stale: By how much what the controller is told of the replicas lags behind.
        clears_after: When all this ends, from the rollout's start; None for never.
    """

    crash_every: Duration | None = attrs.field(
        default=None,
        validator=attrs.validators.optional(attrs.validators.ge(seconds(1))),
        metadata={"doc": "how long a replica runs on average before it crashes"},
    )
    never_ready: bool = attrs.field(default=False, metadata={"doc": "the new revision never becomes ready"})
    error_share: float = attrs.field(
        default=0.0,
        validator=[attrs.validators.ge(0), attrs.validators.le(1)],
        metadata={"doc": "share of its requests that the new revision fails"},
    )
    slow_start: float = attrs.field(
        default=1.0,
        validator=attrs.validators.gt(0),
        metadata={"doc": "factor on the new revision's start-up"},
    )
    flap_every: Duration | None = attrs.field(
        default=None,
        validator=attrs.validators.optional(attrs.validators.ge(seconds(1))),
        metadata={"doc": "how long a replica is well on average before it fails its readiness probe"},
    )
    flap_for: Duration = attrs.field(default=seconds(60), metadata={"doc": "for how long it fails it then"})
    node_loss_every: Duration | None = attrs.field(
        default=None,
        validator=attrs.validators.optional(attrs.validators.ge(seconds(1))),
        metadata={"doc": "how long each of three nodes lives on average before it is lost with its replicas"},
    )
    kill_every: Duration | None = attrs.field(
        default=None,
        validator=attrs.validators.optional(attrs.validators.ge(seconds(1))),
        metadata={"doc": "how long a replica runs on average before somebody deletes it by hand"},
    )
    restarts: bool = attrs.field(
        default=False, metadata={"doc": "the controller restarts before each of its steps"}
    )
    stale: Duration = attrs.field(
        default=Duration(0), metadata={"doc": "by how much what the controller is told lags behind"}
    )
    clears_after: Duration | None = attrs.field(
        default=None, metadata={"doc": "when all faults end, from the rollout's start"}
    )

    def __attrs_pre_init__(self, **given: object) -> None:
        check_fields(type(self), given, shortest=MILLISECOND)

    @property
    def clear(self) -> bool:
        """Whether nothing goes wrong."""
        return self == Weather(flap_for=self.flap_for, clears_after=self.clears_after)

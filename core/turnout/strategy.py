"""What a strategy is: a frozen attrs class whose fields are its parameters, with one pure method."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol, TypeAlias, runtime_checkable

import attrs

from turnout.errors import InputError, shown
from turnout.model import Bounds, Observation, Plan

if TYPE_CHECKING:
    from turnout.trace import Trace

__all__ = ["ManifestStrategy", "Promise", "Proviso", "Strategy"]


@attrs.frozen
class Proviso:
    """A condition on what happens to a rollout, under which a promise is made.

    Attributes:
        text: The condition in words, such as ``"a page loads within asset_grace"``.
        holds: Whether a rollout met it; the trace also knows the strategy and its parameters.
    """

    text: str
    holds: Callable[[Trace], bool]

    def __str__(self) -> str:
        return self.text


def _provisos(given: Proviso | Iterable[Proviso]) -> tuple[Proviso, ...]:
    try:
        found = (given,) if isinstance(given, Proviso) else tuple(given)
    except TypeError:
        found = None
    if found is None or not all(isinstance(each, Proviso) for each in found):
        raise InputError(
            f"it cannot be {shown(given)}", where="Promise.when", hint="it takes a Proviso, or several"
        )
    return found


ManifestStrategy: TypeAlias = Literal["RollingUpdate", "Recreate", "blueGreen", "ClientIP"]
"""What a manifest can ask for: the ``spec.strategy.type`` of a Deployment, the ``blueGreen`` of an Argo Rollout, or a
rolling update behind a Service with ``sessionAffinity: ClientIP``."""

_NOTHING: Mapping[ManifestStrategy, Mapping[str, object]] = MappingProxyType({})

_Conditions: TypeAlias = "tuple[tuple[str, tuple[object, ...]], ...]"


def _conditions(
    given: Mapping[str, tuple[object, ...]] | Iterable[tuple[str, tuple[object, ...]]],
) -> _Conditions:
    try:
        return tuple(given.items() if isinstance(given, Mapping) else given)
    except TypeError:
        right = "it takes a mapping of parameters to their values, such as {'switch': ('page', 'drain')}"
        raise InputError(f"it cannot be {shown(given)}", where="Promise.only_if", hint=right) from None


@attrs.frozen
class Promise:
    """An invariant that a strategy says it keeps.

    Attributes:
        invariant: The name of the invariant, such as ``"one-version-per-session"``.
        when: Under which provisos; none for always.
        only_if: For which parameter values it is promised, such as ``{"switch": ("page", "drain")}``; empty for any.
    """

    invariant: str
    when: tuple[Proviso, ...] = attrs.field(default=(), converter=_provisos)
    only_if: _Conditions = attrs.field(default=(), converter=_conditions)

    def applies(self, strategy: object) -> bool:
        """Whether the promise is made for this strategy's parameters."""
        return all(getattr(strategy, name) in values for name, values in self.only_if)

    def binds(self, trace: Trace) -> bool:
        """Whether the promise had to be kept in this rollout: made by its strategy, and every proviso met."""
        return self.applies(trace.strategy) and all(each.holds(trace) for each in self.when)

    @property
    def condition(self) -> str:
        """Its provisos in words; empty for none."""
        return ", and ".join(map(str, self.when))


@runtime_checkable
class Strategy(Protocol):
    """Decides, step by step, how a rollout goes from what is to what is wished.

    Subclass it with ``@attrs.frozen(kw_only=True)``; each field is a parameter: its type, default, validator and the
    ``"doc"`` of its metadata make the command line's ``--strategy name:field=value``, the table in the docs, the error
    messages and the Hypothesis generator. The first line of the class's docstring is its description.

    A strategy is pure: no clock, no randomness, no input or output, no state of its own. It is asked again after
    every change, may be asked twice, and must be able to start from any observation.

    Attributes:
        name: What users call it.
        promises: The invariants that it keeps.
        waivers: Invariants that it need not keep though it promises them, each with the reason; reports show them.
        deployment_type: By which ``spec.strategy.type`` of a Deployment it is scaled and paused, to the last number of
            the Deployment controller's rules. None for rules of its own: it is left alone while paused, but for its
            replicas, which are shared out in proportion if it is scaled, and sees a changed number itself otherwise.
        carries_out: What manifests ask for that it does, each with the parameters that make it do so, such as
            ``{"RollingUpdate": {}}``. For ``"ClientIP"`` it has a parameter `idle_timeout`, which gets the Service's.
        bridges: Whether it passes through the bridging revision, where there is one.
    """

    name: ClassVar[str]
    promises: ClassVar[tuple[Promise, ...]] = ()
    waivers: ClassVar[Mapping[str, str]] = MappingProxyType({})
    deployment_type: ClassVar[Literal["RollingUpdate", "Recreate"] | None] = None
    carries_out: ClassVar[Mapping[ManifestStrategy, Mapping[str, object]]] = _NOTHING
    bridges: ClassVar[bool] = False

    def decide(self, seen: Observation) -> Plan:
        """Say what should be next."""
        ...

    def bounds(self, replicas: int) -> Bounds:
        """Between how many replicas the strategy works, for a rollout of that many."""
        return Bounds(floor=0, ceiling=2 * replicas)

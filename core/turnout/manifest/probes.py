"""Probes, with the API server's defaults and refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnout.workload import Probe

if TYPE_CHECKING:
    from turnout.manifest.field import Field

__all__ = ["read_probe", "slowness"]

_HANDLERS = ("exec", "grpc", "httpGet", "tcpSocket")


def read_probe(container: Field, name: str) -> Probe | None:
    """Read ``readinessProbe`` or ``startupProbe``; a zero stands for the default, as for the API server.

    Raises:
        InputError: If the API server would refuse it.
    """
    field = container.get(name)
    if field is None:
        return None
    given = [handler for handler in _HANDLERS if field.get(handler) is not None]
    if len(given) != 1:
        known = f"{', '.join(_HANDLERS[:-1])} or {_HANDLERS[-1]}"
        raise field.refuse(f"has {len(given)} handlers", f"it takes exactly one: {known}")
    default = Probe()
    successes = _number(field, "successThreshold") or default.success_threshold
    if name != "readinessProbe" and successes != 1:
        raise field.need("successThreshold", "").refuse(f"{successes} is out of range", "it must be 1 here")
    return Probe(
        initial_delay_seconds=_number(field, "initialDelaySeconds"),
        period_seconds=_number(field, "periodSeconds") or default.period_seconds,
        success_threshold=successes,
        failure_threshold=_number(field, "failureThreshold") or default.failure_threshold,
    )


def _number(field: Field, name: str) -> int:
    found = field.get(name)
    return 0 if found is None else found.whole()


def slowness(startup: Probe | None, readiness: Probe | None) -> int:
    """Return the longest time, in seconds, that the probes of a healthy container let pass before it is ready."""
    return sum(
        probe.initial_delay_seconds + probe.success_threshold * probe.period_seconds
        for probe in (startup, readiness)
        if probe is not None
    )

"""What a kubelet makes of a container's probes: when it has started, is ready, is not ready any more, is given up.

Source: ``pkg/kubelet/prober`` (``worker.go``, ``prober_manager.go``) of Kubernetes 1.36, and its documentation of
probes and restarts. Times are in microseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnout.units import SECOND

if TYPE_CHECKING:
    from turnout.workload import Lifecycle, Probe

__all__ = ["given_up_after", "noticed_at", "ready_after", "ready_again", "restart_delay"]

_RUNS_WELL = 600 * SECOND
_BACK_OFF, _LONGEST_BACK_OFF = 10 * SECOND, 300 * SECOND


def given_up_after(lifecycle: Lifecycle, answers: int) -> int | None:
    """How long after its start a container is given up, if its startup probe does not succeed in time.

    By Kubernetes' documentation it has ``failureThreshold`` times ``periodSeconds``, after its initial delay.

    Args:
        lifecycle: The probes.
        answers: When the application begins to answer, after the container's start.

    Returns:
        None if the probe succeeds by then, or there is none.
    """
    probe = lifecycle.startup
    if probe is None:
        return None
    patience = probe.initial_delay_seconds * SECOND + probe.failure_threshold * _period(probe)
    return patience if _started_after(lifecycle, answers) > patience else None


def ready_after(lifecycle: Lifecycle, answers: int) -> int:
    """How long after its start a container is ready, given when it begins to answer.

    Each probe asks first after its initial delay and then every period; the readiness probe also as soon as the
    startup probe has succeeded, and then every period from there. What has no probe is taken to have succeeded: a
    container without any is ready at once, whether or not it answers yet.

    Args:
        lifecycle: The probes.
        answers: When the application begins to answer, after the container's start.
    """
    started, probe = _started_after(lifecycle, answers), lifecycle.readiness
    if probe is None:
        return started
    delay = probe.initial_delay_seconds * SECOND
    first = started if lifecycle.startup is not None else delay
    return _succeeds(probe, first, max(answers, delay))


def restart_delay(restarts: int, ran: int) -> int:
    """How long the kubelet waits before it starts a container again.

    Not at all at first, then ten seconds, twice as long each time up to five minutes, and anew after ten good minutes.

    Args:
        restarts: How often it has been started again already.
        ran: How long it ran.
    """
    if not restarts or ran > _RUNS_WELL:
        return 0
    return min(_LONGEST_BACK_OFF, _BACK_OFF << min(restarts - 1, 5))


def noticed_at(lifecycle: Lifecycle, ready_since: int, fails: int, recovers: int) -> int | None:
    """When a ready replica ceases to be ready: at its ``failureThreshold``-th failure in a row.

    Args:
        lifecycle: The probes; the readiness probe has asked every period since the replica was ready.
        ready_since: Since when it is ready.
        fails: From when on its application fails the probe.
        recovers: Until when.

    Returns:
        None if it recovers before that, or nobody asks.
    """
    probe = lifecycle.readiness
    if probe is None:
        return None
    last = _asked(probe, ready_since, fails) + (probe.failure_threshold - 1) * _period(probe)
    return last if last < recovers else None


def ready_again(lifecycle: Lifecycle, asked: int, recovers: int) -> int:
    """When a replica is ready again: at its ``successThreshold``-th success in a row.

    Args:
        lifecycle: The probes.
        asked: Any time at which its readiness probe asked.
        recovers: From when on its application passes it.
    """
    probe = lifecycle.readiness
    return recovers if probe is None else _succeeds(probe, asked, recovers)


def _started_after(lifecycle: Lifecycle, answers: int) -> int:
    """How long after its start a container's startup probe succeeds; at once without one."""
    probe = lifecycle.startup
    return 0 if probe is None else _asked(probe, probe.initial_delay_seconds * SECOND, answers)


def _succeeds(probe: Probe, first: int, since: int) -> int:
    """When a probe that asks at `first` and every period has succeeded often enough, if it succeeds from `since` on."""
    return _asked(probe, first, since) + (probe.success_threshold - 1) * _period(probe)


def _asked(probe: Probe, first: int, since: int) -> int:
    """When a probe that asks at `first` and every period asks for the first time from `since` on."""
    return first + max(0, -(-(since - first) // _period(probe))) * _period(probe)


def _period(probe: Probe) -> int:
    return probe.period_seconds * SECOND

"""Generated observations: any that a controller could show, also such as the strategy did not bring about."""

from __future__ import annotations

from hypothesis import strategies as st

from turnout.model import Observation, ReplicaSet, Revision, Rollout
from turnout.routing import Split, Spread, Sticky
from turnout.units import SECOND

__all__ = ["observations"]

_NAMES = ("v1", "v2", "v3")


@st.composite
def _replica_sets(draw: st.DrawFn, number: int, most: int) -> ReplicaSet:
    replicas = draw(st.integers(0, most))
    ready = draw(st.integers(0, replicas))
    return ReplicaSet(
        revision=Revision(number, _NAMES[number - 1]),
        wanted=draw(st.integers(0, most)),
        replicas=replicas,
        ready=ready,
        available=draw(st.integers(0, ready)),
        terminating=draw(st.integers(0, 2)),
        endpoints=draw(st.none() | st.integers(0, ready)),
        created=draw(st.integers(0, 600)) * SECOND,
        live_sessions=draw(st.none() | st.integers(0, 20)),
        error_share=draw(st.sampled_from((0.0, 0.5, 1.0))),
    )


@st.composite
def observations(draw: st.DrawFn, *, most: int = 6) -> Observation:
    """What a strategy may be shown at its first decision, or after a restart that lost its memory.

    Args:
        draw: Hypothesis' own.
        most: The greatest number of replicas.
    """
    count = draw(st.integers(0, len(_NAMES)))
    names = _NAMES[:count]
    routing: Spread | Split | Sticky | None = None
    if count:
        one = Split({draw(st.sampled_from(names)): 1})
        routing = draw(st.sampled_from((None, Spread(), one, Sticky(), Sticky(new=one))))
    return Observation(
        rollout=Rollout(
            replicas=draw(st.integers(0, most)),
            target=draw(st.sampled_from(_NAMES)),
            bridge=draw(st.none() | st.just("bridge")),
            promoted=draw(st.booleans()),
        ),
        replica_sets=tuple(draw(_replica_sets(number, most)) for number in range(1, count + 1)),
        routing=routing,
        stable=draw(st.none() | st.sampled_from(names)) if count else None,
        time=draw(st.integers(600, 7200)) * SECOND,
    )

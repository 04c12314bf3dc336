"""Generated weather: faults by name, and an operator who does anything at any time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from turnout.environment import Weather
from turnout.runbook import Runbook
from turnout.units import Duration, seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["WEATHERS", "durations", "runbooks", "weathers"]


def durations(least: int, most: int) -> st.SearchStrategy[Duration]:
    """Whole seconds."""
    return st.integers(least, most).map(seconds)


_SOON = durations(2, 60)
_EVERY = _SOON | durations(20, 600)
_STRIKING = ("crash", "flapping", "killed", "node-loss")

_FAULTS: Mapping[str, Mapping[str, st.SearchStrategy[object]]] = {
    "crash": {"crash_every": _EVERY},
    "slow-start": {"slow_start": st.sampled_from((0.1, 3.0, 10.0))},
    "never-ready": {"never_ready": st.just(value=True)},
    "flapping": {"flap_every": _EVERY, "flap_for": durations(5, 60)},
    "node-loss": {"node_loss_every": _EVERY},
    "killed": {"kill_every": _EVERY},
    "restart": {"restarts": st.just(value=True)},
    "stale": {"stale": durations(1, 20)},
}

WEATHERS: tuple[str, ...] = ("clear", "operator", *_FAULTS, "late-endpoints", "storm")
"""Every kind of weather by name: an operator's verbs, one fault each, slow networks; a storm is all of it together.

In all of them but clear weather there may be an operator at work.
"""


@st.composite
def weathers(draw: st.DrawFn, kind: str = "storm") -> Weather:
    """Weather of one kind, which lasts for a minute at least, and ends within twenty."""
    chosen = [kind] if kind in _FAULTS else []
    first = None
    if kind == "storm":  # its first fault strikes before the rollout is over
        first = draw(st.sampled_from(_STRIKING))
        others = st.sampled_from(sorted(_FAULTS.keys() - {first}))
        chosen = [first, *draw(st.lists(others, min_size=1, max_size=3, unique=True))]
    faults = {
        field: draw(_SOON if name == first and values is _EVERY else values)
        for name in chosen
        for field, values in _FAULTS[name].items()
    }
    if not faults:
        return Weather()
    return Weather(**faults, clears_after=draw(durations(60, 1200)))  # type: ignore[arg-type]  # by name


_VERBS = (
    "pause",
    "resume",
    "promote",
    "abort",
    "undo",
    "scale 0",
    "scale 1",
    "scale 2",
    "scale 5",
    "set-target newer",
    "set-target new",
    "set-target old",
)
_MOMENTS = ("when 1 available", "when serving", "when complete", "when held", "when 50% available")
_BACK = ("abort", "undo", "set-target old")


@st.composite
def runbooks(draw: st.DrawFn, *, most: int = 4, back: bool = True) -> Runbook:
    """A few verbs at any time.

    Args:
        draw: Hypothesis' own.
        most: How many, at most, besides one that sends the rollout back; one at least.
        back: Whether there may be some that send the rollout back.
    """
    verbs = [verb for verb in _VERBS if back or verb not in _BACK]
    moments = st.integers(0, 60).map("{}s later".format) | st.sampled_from(_MOMENTS)
    lines = draw(st.lists(st.tuples(st.sampled_from(verbs), moments), min_size=1, max_size=most))
    if back and draw(st.booleans()):  # early: later on, most are refused
        lines.insert(0, (draw(st.sampled_from(("abort", "undo"))), draw(moments)))
    return Runbook.parse(f"{verb} {moment}" for verb, moment in lines)

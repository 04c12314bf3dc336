"""Generated stories of one Deployment: parameters, then actions in the form of the recordings."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

__all__ = ["actions", "parameters", "stories"]

Json = dict[str, Any]
IMAGES = st.sampled_from(["v1", "v2", "v3", "v4"])
COUNTS = st.one_of(st.just("all"), st.integers(1, 4))
AMOUNTS = st.one_of(
    st.integers(0, 5), st.sampled_from(["0%", "1%", "10%", "25%", "50%", "100%"]), st.just("30%")
)


def _movable(amounts: tuple[int | str, int | str]) -> bool:
    return any(str(amount).rstrip("%") != "0" for amount in amounts)


PAIRS = st.tuples(AMOUNTS, AMOUNTS).filter(_movable)


@st.composite
def parameters(draw: st.DrawFn, *, kinds: tuple[str, ...] = ("RollingUpdate", "Recreate")) -> Json:
    strategy = draw(st.sampled_from(kinds))
    surge, unavailable = draw(PAIRS) if strategy == "RollingUpdate" else (None, None)
    return {
        "replicas": draw(st.integers(0, 8)),
        "max_surge": surge,
        "max_unavailable": unavailable,
        "strategy": strategy,
        "min_ready_seconds": draw(st.sampled_from([0, 4])),
        "progress_deadline_seconds": draw(st.sampled_from([5, 600, None])),
        "revision_history_limit": draw(st.sampled_from([0, 1, 2, 10])),
    }


def actions(strategy: str) -> st.SearchStrategy[Json]:
    """Return one action after the creation."""
    simple = [
        st.fixed_dictionaries({"do": st.just(do)})
        for do in ("pause", "resume", "undo", "hold_terminations", "release_terminations")
    ]
    surges = st.fixed_dictionaries({"do": st.just("set"), "revision_history_limit": st.integers(0, 3)})
    if strategy == "RollingUpdate":
        surges |= PAIRS.map(lambda pair: {"do": "set", "max_surge": pair[0], "max_unavailable": pair[1]})
    return st.one_of(
        st.fixed_dictionaries({"do": st.just("ready"), "image": IMAGES, "count": COUNTS}),
        st.fixed_dictionaries({"do": st.just("set_image"), "image": IMAGES}),
        st.fixed_dictionaries({"do": st.just("unready"), "image": IMAGES, "count": COUNTS}),
        st.fixed_dictionaries(
            {
                "do": st.just("delete_pod"),
                "image": IMAGES,
                "count": COUNTS,
                "which": st.sampled_from(["ready", "not_ready"]),
            }
        ),
        st.fixed_dictionaries({"do": st.just("scale"), "replicas": st.integers(0, 8)}),
        st.fixed_dictionaries(
            {"do": st.just("scale_and_set_image"), "replicas": st.integers(0, 8), "image": IMAGES}
        ),
        st.fixed_dictionaries({"do": st.just("undo"), "to_revision": st.integers(1, 5)}),
        st.fixed_dictionaries({"do": st.just("wait"), "seconds": st.sampled_from([1, 5, 700])}),
        surges,
        *simple,
    )


@st.composite
def stories(
    draw: st.DrawFn, *, kinds: tuple[str, ...] = ("RollingUpdate", "Recreate")
) -> tuple[Json, list[Json]]:
    """Return parameters, and actions that begin with the creation."""
    chosen = draw(parameters(kinds=kinds))
    create = {"do": "create", "image": "v1", "paused": draw(st.sampled_from([False, False, True]))}
    return chosen, [create, *draw(st.lists(actions(chosen["strategy"]), max_size=12))]

"""The scale path of the Deployment controller, and what pausing leaves alone."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnout import Rollout
from turnout.controller import Condition, SetRecord, SetStatus, State, create, reconcile, resume
from turnout.controller.arithmetic import deployment_progressing, replica_set_fraction, replica_set_proportion
from turnout_strategies.recreate import Recreate
from turnout_strategies.rolling import Rolling

SIZES = st.integers(0, 200)


@given(SIZES, SIZES, SIZES, SIZES, st.none() | SIZES)
def test_a_share_is_rounded_half_away_from_zero(
    replicas: int, status: int, surge: int, size: int, annotation: int | None
) -> None:
    base = annotation or status
    exact = Fraction(size * (replicas + surge), base) if base else Fraction(size)
    expected = floor(exact + Fraction(1, 2)) - size if replicas else -size
    assert replica_set_fraction(replicas, status, surge, size, annotation) == expected


def test_half_a_replica_is_one() -> None:
    assert replica_set_fraction(3, 0, 0, 1, 2) == 1


@given(st.integers(-50, 50), st.integers(-50, 50), st.integers(-50, 50))
def test_shares_never_pass_what_is_to_be_added(fraction: int, to_add: int, added: int) -> None:
    if abs(added) > abs(to_add) or added * to_add < 0:
        return
    total = added + replica_set_proportion(fraction, to_add, added)
    assert total <= to_add if to_add > 0 else total >= to_add


@pytest.mark.parametrize(
    ("after", "progress"),
    [
        ((5, 2, 3, 3), False),
        ((6, 3, 3, 3), True),
        ((4, 2, 3, 3), True),
        ((5, 2, 4, 3), True),
        ((5, 2, 3, 4), True),
        ((6, 2, 2, 2), False),
    ],
)
def test_progress_is_more_new_or_fewer_old_or_more_ready_or_available(
    after: tuple[int, int, int, int], progress: object
) -> None:
    assert deployment_progressing((5, 2, 3, 3), after) is progress


def two_sets(replicas: int, *, desired: int, paused: bool = True) -> State:
    sets = (
        SetRecord(name="v1", number=1, wanted=2, desired_replicas=desired, max_replicas=desired + 1),
        SetRecord(name="v2", number=2, wanted=4, desired_replicas=desired, max_replicas=desired + 1, order=1),
    )
    state = create(Rollout(replicas=replicas, target="v2", paused=paused)).state
    return attrs.evolve(state, sets=sets)


STATUSES = {
    "v1": SetStatus(replicas=2, ready=2, available=2),
    "v2": SetStatus(replicas=4, ready=4, available=4),
}


def test_a_complete_new_set_ends_the_old_ones_even_while_paused() -> None:
    synced = reconcile(two_sets(4, desired=4), STATUSES, Rolling(), 0)
    assert synced.state.wanted == {"v1": 0, "v2": 4}
    assert "all 4 replicas of v2 are available: the others go" in [each.text for each in synced.reasons]


def test_a_new_set_that_was_sized_for_another_number_is_not_complete() -> None:
    wanted = reconcile(two_sets(4, desired=5), STATUSES, Rolling(), 0).state.wanted
    assert wanted["v1"] > 0


def test_recreate_is_not_scaled_in_proportion() -> None:
    state = two_sets(8, desired=4)
    assert reconcile(state, STATUSES, Recreate(), 0).state.wanted == {"v1": 2, "v2": 4}


def test_recreate_is_available_with_all_its_replicas_only() -> None:
    state = two_sets(7, desired=7)
    assert (
        str(reconcile(state, STATUSES, Recreate(), 0).state.available) == "False/MinimumReplicasUnavailable"
    )
    state = two_sets(6, desired=6)
    assert str(reconcile(state, STATUSES, Recreate(), 0).state.available) == "True/MinimumReplicasAvailable"


def test_a_timeout_outlives_pausing_and_resuming() -> None:
    late = Condition(status="False", reason="ProgressDeadlineExceeded", updated=0)
    state = attrs.evolve(two_sets(8, desired=8), progressing=late)
    paused = reconcile(state, STATUSES, Rolling(), 5).state
    assert paused.progressing is late
    settled = attrs.evolve(paused, counts=reconcile(paused, STATUSES, Rolling(), 5).state.counts)
    resumed = reconcile(resume(settled).state, STATUSES, Rolling(), 9).state
    assert resumed.progressing is late


def test_a_new_deadline_finds_the_replica_set() -> None:
    state = two_sets(6, desired=6, paused=False)
    counts = reconcile(state, STATUSES, Rolling(), 0).state.counts
    synced = reconcile(attrs.evolve(state, counts=counts), STATUSES, Rolling(), 3)
    assert synced.state.progressing == Condition(status="True", reason="FoundNewReplicaSet", updated=3)

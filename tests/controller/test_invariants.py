"""What holds in every state that the controller can be in, whatever has happened before."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeVar

import attrs
from hypothesis import event, given, note
from hypothesis import strategies as st

from tests.controller.stories import Json, stories
from tests.replay import Cluster
from turnout.controller import Reason, Refused, State, reconcile, settle, undo
from turnout.controller.arithmetic import min_available, resolve_fenceposts
from turnout.controller.serialise import state_from_dict, state_to_dict
from turnout_strategies.recreate import Recreate
from turnout_strategies.rolling import Rolling

if TYPE_CHECKING:
    from turnout.controller.state import Asked

ROLLING = ("RollingUpdate",)
RECREATE = ("Recreate",)
Lived = TypeVar("Lived", bound=Cluster)


@attrs.define
class Watched(Cluster):
    """A cluster in which every single sync is looked at."""

    syncs: int = 0
    asked: Asked | None = None

    def settle(self) -> None:
        for _ in range(500):
            before, statuses = self.known, self.fleet.statuses(self.now)
            synced = reconcile(before, statuses, self.strategy, self.now)
            self.state = synced.state
            self.fleet.apply(self.state.wanted, self.state.routing, self.now)
            self.syncs += 1
            assert synced.reasons
            assert synced == reconcile(before, statuses, self.strategy, self.now), (
                "same observation, same plan"
            )
            again = reconcile(reread(before), statuses, self.strategy, self.now)
            assert synced == again, "a restart in between changes nothing"
            told = reconcile(before, statuses, self.strategy, self.now, self.asked)
            assert synced == told, "to what it has been shown before, it answers as it did"
            self.asked = synced.asked
            if synced.settled:
                once_more = reconcile(self.known, statuses, self.strategy, self.now).state
                assert attrs.evolve(once_more, ask_at=self.known.ask_at) == self.known
            self.look_at_record(before)
            self.look_at_reasons(before, synced.reasons)
            if not before.rollout.paused and not self.scaled(before):
                self.look_at_step(before, sum(each.available for each in statuses.values()))
            elif before.rollout.paused:
                assert {each.name for each in self.state.sets} <= {each.name for each in before.sets}
            if self.state is before:
                assert statuses == self.fleet.statuses(self.now) or synced.state.counts == before.counts
                return
        raise AssertionError("it never settles")

    @staticmethod
    def scaled(state: State) -> bool:
        replicas = state.rollout.replicas
        return any(each.wanted and each.desired_replicas != replicas for each in state.sets)

    def look_at_record(self, before: State) -> None:
        state = self.known
        assert state.observed_generation == before.generation
        numbers = [each.number for each in state.sets]
        assert len(set(numbers)) == len(numbers)
        assert [each.order for each in state.sets] == sorted({each.order for each in state.sets})
        target = state.of(state.rollout.target)
        if target is not None:
            assert target.number == max(numbers) == state.revision
        for each in state.sets:
            assert each.wanted >= 0
            assert each.number not in each.past_numbers

    def look_at_reasons(self, before: State, reasons: tuple[Reason, ...]) -> None:
        for each in self.known.sets:
            earlier = before.of(each.name)
            size = None if earlier is None else earlier.wanted
            if size != each.wanted:
                told = [(reason.before, reason.after) for reason in reasons if reason.revision == each.name]
                assert (size, each.wanted) in told

    def look_at_step(self, before: State, available: int) -> None:
        """Look at what one step has done when it was carried out."""
        replicas = before.rollout.replicas
        total = sum(before.wanted.values())
        statuses = self.fleet.statuses(self.now)
        if isinstance(self.strategy, Rolling):
            fences = self.strategy.max_surge, self.strategy.max_unavailable
            surge, _ = resolve_fenceposts(*fences, replicas)
            assert sum(self.known.wanted.values()) <= max(total, replicas + surge)
            floor = min_available("RollingUpdate", replicas, *fences)
            assert sum(each.available for each in statuses.values()) >= min(available, floor)
        if isinstance(self.strategy, Recreate):
            grown = [name for name, size in self.known.wanted.items() if size > before.wanted.get(name, 0)]
            for name, status in statuses.items():
                if grown and name != before.rollout.target and before.of(name):
                    assert status.replicas == status.terminating == 0


def reread(state: State) -> State:
    return state_from_dict(json.loads(json.dumps(state_to_dict(state))))


def lived(story: tuple[Json, list[Json]], kind: type[Lived]) -> Lived:
    parameters, actions = story
    cluster = kind.of(parameters)
    for action in actions:
        cluster.act(action)
        note(f"{action} -> {cluster.known.wanted}")
    return cluster


def finish(cluster: Cluster) -> None:
    """Let the weather clear: nothing is paused or held, and every pod becomes ready."""
    if cluster.known.rollout.paused:
        cluster.act({"do": "resume"})
    cluster.act({"do": "release_terminations"})
    for _ in range(200):
        for image in list(cluster.known.wanted):
            cluster.act({"do": "ready", "image": image, "count": "all"})
        cluster.act({"do": "wait", "seconds": 5})
        counts, replicas = cluster.known.counts, cluster.known.rollout.replicas
        if counts.replicas == counts.updated == counts.available == replicas and counts.terminating == 0:
            return
    raise AssertionError(f"it never converges: {cluster.known}")


@given(stories())
def test_every_sync_keeps_the_invariants(story: tuple[Json, list[Json]]) -> None:
    cluster = lived(story, Watched)
    event(f"{min(cluster.syncs // 10, 9) * 10}+ syncs")


@given(stories())
def test_a_settled_state_is_stable(story: tuple[Json, list[Json]]) -> None:
    parameters, actions = story
    cluster = Cluster.of(parameters)
    for action in actions:
        cluster.act(action)
        state = cluster.known
        assert settle(state, cluster.fleet, cluster.strategy, cluster.now).state is state
        assert settle(reread(state), cluster.fleet, cluster.strategy, cluster.now).state == state


@given(stories())
def test_a_rollout_converges_when_nothing_holds_it(story: tuple[Json, list[Json]]) -> None:
    cluster = lived(story, Cluster)
    finish(cluster)
    state = cluster.known
    replicas, target = state.rollout.replicas, state.rollout.target
    assert {name: size for name, size in state.wanted.items() if size} == (
        {target: replicas} if replicas else {}
    )
    assert state.stable == target
    old = [each for each in state.sets if each.name != target]
    assert len(old) <= state.rollout.revision_history_limit
    if state.progressing is not None:
        assert str(state.progressing) == "True/NewReplicaSetAvailable"


@given(stories())
def test_undone_twice_is_as_before(story: tuple[Json, list[Json]]) -> None:
    cluster = lived(story, Cluster)
    finish(cluster)
    cluster.act({"do": "set", "revision_history_limit": 10})
    cluster.act({"do": "set_image", "image": "v9"})
    finish(cluster)
    before = cluster.known
    for times in range(2):
        assert cluster.act({"do": "undo"}) == {"exit": 0, "text": "deployment.apps/d rolled back"}
        assert (cluster.known.rollout.target == before.rollout.target) == (times == 1)
        finish(cluster)
    after = cluster.known
    assert after.rollout == before.rollout
    assert after.wanted == before.wanted
    assert {each.name for each in after.sets} == {each.name for each in before.sets}


@given(stories(kinds=ROLLING), st.integers(0, 9))
def test_a_refusal_changes_nothing(story: tuple[Json, list[Json]], revision: int) -> None:
    cluster = lived(story, Cluster)
    before = cluster.known
    try:
        undo(before, revision)
    except Refused:
        cluster.act({"do": "undo", "to_revision": revision})
        assert cluster.known is before


@given(stories(), stories(kinds=RECREATE))
def test_verbs_may_come_between_two_syncs(
    story: tuple[Json, list[Json]], other: tuple[Json, list[Json]]
) -> None:
    """No verb waits for the controller: several in one go leave a state that settles and converges."""
    cluster = Watched.of(story[0])
    cluster.act(story[1][0])
    for action in [*story[1][1:], *other[1][1:]]:
        try:
            answered = cluster.verb(action)
        except Refused:
            continue
        if answered is not None:
            cluster.state = answered.state
            cluster.state = reconcile(
                cluster.state, cluster.fleet.statuses(0), cluster.strategy, cluster.now
            ).state
    cluster.fleet.apply(cluster.known.wanted, None, cluster.now)
    cluster.settle()
    finish(cluster)
    assert cluster.known.stable == cluster.known.rollout.target

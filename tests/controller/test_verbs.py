"""The verbs: what they write, what they say, what they refuse."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from tests.controller.pods import Pods
from turnout import InputError, Rollout, Strategy
from turnout.controller import (
    Answer,
    Refused,
    State,
    abort,
    apply,
    create,
    history,
    history_words,
    pause,
    promote,
    restart,
    resume,
    scale,
    set_target,
    settle,
    status,
    undo,
)
from turnout_strategies.rolling import Rolling
from turnout_strategies.two_step import TwoStep

if TYPE_CHECKING:
    from collections.abc import Callable


ONE_BY_ONE = Rolling(max_surge=1, max_unavailable=0)


@attrs.define
class Terminal:
    """A rollout that one can talk to."""

    state: State
    fleet: Pods = attrs.field(factory=Pods)
    strategy: Strategy = ONE_BY_ONE
    now: int = 0

    def say(self, verb: Callable[..., Answer], *arguments: Any) -> str:
        answer = verb(self.state, *arguments)
        self.state = settle(answer.state, self.fleet, self.strategy, self.now).state
        return answer.text

    def ready(self, image: str, count: int = 100) -> None:
        self.fleet.ready(image, count, self.now)
        self.state = settle(self.state, self.fleet, self.strategy, self.now).state

    def finish(self) -> None:
        for _ in range(20):
            self.ready(self.state.rollout.target)


def started(*targets: str, replicas: int = 3, **wish: Any) -> Terminal:
    """Return a terminal in which those revisions have been rolled out one after the other."""
    terminal = Terminal(create(Rollout(replicas=replicas, target=targets[0], **wish), name="d").state)
    terminal.state = settle(terminal.state, terminal.fleet, terminal.strategy, 0).state
    terminal.finish()
    for target in targets[1:]:
        terminal.say(set_target, target)
        terminal.finish()
    return terminal


def numbers(state: State) -> dict[str, int]:
    return {each.name: each.number for each in history(state)}


def test_create_speaks_as_kubectl() -> None:
    assert create(Rollout(target="v1"), name="d").text == "deployment.apps/d created"


def test_undo_twice_toggles_and_renumbers() -> None:
    terminal = started("v1", "v2", "v3")
    assert terminal.say(undo) == "deployment.apps/d rolled back"
    terminal.finish()
    assert numbers(terminal.state) == {"v1": 1, "v3": 3, "v2": 4}
    assert terminal.state.of("v2").past_numbers == (2,)  # type: ignore[union-attr]  # it is there
    terminal.say(undo)
    terminal.finish()
    assert numbers(terminal.state) == {"v1": 1, "v2": 4, "v3": 5}
    assert terminal.state.wanted == {"v1": 0, "v2": 0, "v3": 3}


def test_undo_to_a_revision() -> None:
    terminal = started("v1", "v2", "v3")
    skipped = "deployment.apps/d skipped rollback (current template already matches revision 3)"
    before = terminal.state
    assert terminal.say(undo, 3) == skipped
    assert terminal.state is before
    assert terminal.say(undo, 1) == "deployment.apps/d rolled back"
    assert terminal.state.rollout.target == "v1"


@pytest.mark.parametrize("revision", [-1, 9])
def test_undo_to_a_revision_that_is_not_there(revision: int) -> None:
    with pytest.raises(Refused, match=f"^error: unable to find specified revision {revision} in history$"):
        undo(started("v1", "v2").state, revision)


def test_undo_without_history_says_so_even_while_paused() -> None:
    terminal = started("v1")
    terminal.say(pause)
    with pytest.raises(Refused, match=r'^error: no rollout history found for deployment "d"$'):
        undo(terminal.state)


def test_a_target_that_is_only_noted_is_no_history() -> None:
    """Kubectl looks at ReplicaSets alone, before it looks whether the rollout is paused."""
    terminal = started("v1")
    terminal.say(pause)
    terminal.say(set_target, "v2")
    with pytest.raises(Refused, match=r'^error: no rollout history found for deployment "d"$'):
        undo(terminal.state)


def test_undo_is_refused_while_paused() -> None:
    terminal = started("v1", "v2")
    terminal.say(pause)
    with pytest.raises(
        Refused, match=r"^error: you cannot rollback a paused deployment; resume it first with"
    ):
        undo(terminal.state)


def bridging() -> Terminal:
    """A terminal in which v2 is on its way, and its bridge has just begun to run."""
    terminal = started("v1", "v0", "v1")
    terminal.strategy = TwoStep()
    terminal.state = set_target(terminal.state, "v2", bridge="bridge").state
    terminal.ready("v1")
    assert terminal.state.of("bridge") is not None
    assert terminal.state.of("v2") is None
    return terminal


def test_undo_before_the_target_runs_goes_back_to_where_it_came_from() -> None:
    assert undo(bridging().state).state.rollout.target == "v1"


def test_undo_does_not_go_back_to_a_bridge_now_or_later() -> None:
    terminal = bridging()
    for _ in range(20):
        terminal.now += 60_000_000
        terminal.ready("bridge")
        terminal.ready("v2")
    assert terminal.state.stable == "v2"
    back = undo(terminal.state).state
    assert (back.rollout.target, back.rollout.bridge) == ("v1", "bridge")
    terminal.say(set_target, "v3")
    assert terminal.state.rollout.bridge is None
    assert undo(terminal.state).state.rollout.target == "v2"


def test_a_bridge_that_was_wished_for_is_a_revision_like_any_other() -> None:
    terminal = bridging()
    terminal.strategy = ONE_BY_ONE
    terminal.say(set_target, "bridge")
    terminal.finish()
    terminal.say(set_target, "v3")
    terminal.finish()
    assert undo(terminal.state).state.rollout.target == "bridge"


def test_a_bridge_serves_the_way_that_it_was_built_for() -> None:
    terminal = bridging()
    number = next(each.number for each in terminal.state.sets if each.name == "v0")
    assert undo(terminal.state, number).state.rollout.bridge is None
    assert restart(terminal.state).state.rollout.bridge is None
    assert set_target(terminal.state, "v2").state is terminal.state


def test_pause_and_resume_are_refused_twice() -> None:
    terminal = started("v1")
    with pytest.raises(Refused, match=r'^error: deployments.apps "d" is not paused$'):
        resume(terminal.state)
    assert terminal.say(pause) == "deployment.apps/d paused"
    with pytest.raises(Refused, match=r'^error: deployments.apps "d" is already paused$'):
        pause(terminal.state)
    assert terminal.say(resume) == "deployment.apps/d resumed"


def test_targets_batch_while_paused() -> None:
    terminal = started("v1")
    terminal.say(pause)
    for target in ("v2", "v3", "v4"):
        assert terminal.say(set_target, target) == "deployment.apps/d image updated"
    assert numbers(terminal.state) == {"v1": 1}
    terminal.say(resume)
    assert numbers(terminal.state) == {"v1": 1, "v4": 2}


def test_the_same_target_again_says_and_does_nothing() -> None:
    state = started("v1").state
    assert set_target(state, "v1") == Answer(state, "")


def test_a_new_target_has_to_be_promoted_anew() -> None:
    state = promote(set_target(started("v1").state, "v2").state).state
    assert state.rollout.promoted
    assert not set_target(state, "v3").state.rollout.promoted
    assert set_target(state, "v3", bridge="b").state.rollout.bridge == "b"


def test_restart_names_a_revision_of_its_own() -> None:
    terminal = started("v1", "v2")
    assert terminal.say(restart) == "deployment.apps/d restarted"
    assert terminal.state.rollout.target == "v2@restart-1"
    terminal.say(restart)
    assert terminal.state.rollout.target == "v2@restart-2"
    terminal.say(undo, 2)
    terminal.say(restart)
    assert terminal.state.rollout.target == "v2@restart-3"
    terminal.say(pause)
    refusal = 'error: deployments.apps "d" can\'t restart paused deployment (run rollout resume first)'
    with pytest.raises(Refused) as caught:
        restart(terminal.state)
    assert str(caught.value) == refusal


def test_promote_lets_go_on_what_the_strategy_has_paused() -> None:
    terminal = started("v1", replicas=4)
    terminal.strategy = Rolling(max_surge=1, max_unavailable=0, pause_after=1)
    terminal.say(set_target, "v2")
    terminal.ready("v2")
    assert terminal.state.rollout.paused
    assert f"{terminal.state.pause_reason}" == "1 replicas of v2 are available, as pause_after asks"
    assert terminal.say(promote) == "rollout 'd' promoted"
    assert not terminal.state.pause_reason
    assert terminal.state.wanted["v2"] > 1, "it goes on"


def test_promote_lets_go_on_what_an_operator_has_paused_as_argo_s_does() -> None:
    """Of a rollout that is paused and waits for nothing, it writes ``spec.paused`` and no more."""
    terminal = started("v1", replicas=4)
    terminal.say(set_target, "v2")
    terminal.say(pause)
    before = terminal.state.rollout
    assert terminal.say(promote) == "rollout 'd' promoted"
    assert terminal.state.rollout == attrs.evolve(before, paused=False)
    with pytest.raises(Refused, match="not paused"):
        resume(terminal.state)


def test_promote_does_both_where_a_preview_is_paused() -> None:
    state = attrs.evolve(pause(set_target(started("v1").state, "v2").state).state, hold="look at it")
    wish = promote(state).state.rollout
    assert (wish.paused, wish.promoted) == (False, True)


def test_promote_says_when_nothing_waits() -> None:
    state = started("v1").state
    assert promote(state) == Answer(state, "rollout 'd' skipped promotion (nothing waits for it)")
    aimed = set_target(state, "v2").state
    early = promote(aimed)
    assert early.text == "rollout 'd' promoted (before v2 waits for it)"
    assert early.state.rollout == attrs.evolve(aimed.rollout, promoted=True)
    assert promote(early.state).state is early.state


def test_abort_goes_back_to_the_stable_revision_even_while_paused() -> None:
    terminal = started("v1")
    terminal.say(set_target, "v2")
    terminal.ready("v2", 1)
    terminal.say(pause)
    assert terminal.say(abort) == "rollout 'd' aborted"
    wish = terminal.state.rollout
    assert (wish.target, wish.paused, wish.promoted) == ("v1", False, True)
    assert terminal.say(abort) == "rollout 'd' skipped abort (v1 is stable and the target)"


def test_abort_needs_a_stable_revision() -> None:
    state = create(Rollout(target="v1"), name="d").state
    with pytest.raises(Refused, match=r"^error: rollout 'd' has no stable revision to go back to$"):
        abort(state)


def test_apply_writes_the_whole_wish() -> None:
    terminal = started("v1")
    assert terminal.say(apply, terminal.state.rollout) == "deployment.apps/d unchanged"
    terminal.say(pause)
    wish = Rollout(replicas=5, target="v2", revision_history_limit=3)
    assert terminal.say(apply, wish) == "deployment.apps/d configured"
    assert terminal.state.rollout == wish


def test_a_restart_is_not_undone_by_wishing_the_same_again() -> None:
    terminal = started("v1")
    wish = terminal.state.rollout
    terminal.say(restart)
    before = terminal.state
    assert terminal.say(apply, wish) == "deployment.apps/d unchanged"
    assert terminal.say(set_target, "v1") == ""
    assert terminal.state is before
    terminal.say(set_target, "v2")
    terminal.say(set_target, "v1")
    assert terminal.state.rollout.target == "v1"


def test_scale() -> None:
    terminal = started("v1")
    assert terminal.say(scale, 5) == "deployment.apps/d scaled"
    assert terminal.state.wanted == {"v1": 5}
    before = terminal.state
    assert terminal.say(scale, 5) == "deployment.apps/d scaled"
    assert terminal.state is before


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"replicas": -1}, "replicas"),
        ({"min_ready_seconds": -1}, "min_ready_seconds"),
        ({"revision_history_limit": -1}, "revision_history_limit"),
        ({"progress_deadline_seconds": 0}, "progress_deadline_seconds"),
        ({"progress_deadline_seconds": 5, "min_ready_seconds": 5}, "progress_deadline_seconds"),
        ({"target": ""}, "target"),
        ({"bridge": ""}, "bridge"),
    ],
)
def test_a_wish_that_the_api_server_refuses(wish: dict[str, Any], field: str) -> None:
    rollout = attrs.evolve(Rollout(target="v1"), **wish)
    with pytest.raises(InputError) as caught:
        create(rollout)
    assert caught.value.where == field
    with pytest.raises(InputError):
        apply(create(Rollout(target="v1")).state, rollout)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("replicas", ("a", 1.5, True, None)),
        ("min_ready_seconds", (0.5, nan, None, "5")),
        ("progress_deadline_seconds", ("x", True, 1.5, nan)),
        ("revision_history_limit", (False, None)),
        ("paused", ("no", 0, None)),
        ("promoted", (3, "yes")),
        ("target", (3, None)),
        ("bridge", (3, b"v1")),
    ],
)
def test_a_wish_of_the_wrong_type_cannot_be_made(field: str, values: tuple[Any, ...]) -> None:
    for value in values:
        with pytest.raises(InputError) as caught:
            Rollout(**{"target": "v2", field: value})
        assert caught.value.where == f"Rollout.{field}"


@pytest.mark.parametrize("wish", [None, "v2", {"target": "v2"}, Rollout])
def test_what_is_no_wish_is_refused(wish: Any) -> None:
    state = create(Rollout(target="v1")).state
    for verb in (create, lambda rollout: apply(state, rollout)):
        with pytest.raises(InputError, match=r"rollout: it cannot be .*; it takes a Rollout"):
            verb(wish)


def test_a_bad_scale_or_target_is_refused() -> None:
    state = started("v1").state
    with pytest.raises(InputError, match="replicas: -1 is no number"):
        scale(state, -1)
    for replicas in (10_001, 10**9):
        with pytest.raises(InputError, match=rf"replicas: {replicas} is too many; turnout takes up to 10000"):
            scale(state, replicas)
    assert scale(state, 10_000).state.rollout.replicas == 10_000
    with pytest.raises(InputError, match="target: '' is no name"):
        set_target(state, "")


def test_status_in_kubectls_words() -> None:
    terminal = started("v1", replicas=4)
    waiting = 'Waiting for deployment "d" rollout to finish: '
    assert status(terminal.state).text == 'deployment "d" successfully rolled out'
    assert status(terminal.state).done
    unobserved = set_target(terminal.state, "v2").state
    assert status(unobserved).text == "Waiting for deployment spec update to be observed..."
    terminal.say(set_target, "v2")
    assert status(terminal.state).text == waiting + "1 out of 4 new replicas have been updated..."
    for _ in range(3):
        terminal.ready("v2")
    assert status(terminal.state).text == waiting + "1 old replicas are pending termination..."
    terminal.ready("v2")
    assert status(terminal.state).done
    terminal.fleet.unready("v2", 1)
    terminal.state = settle(terminal.state, terminal.fleet, terminal.strategy, 0).state
    assert status(terminal.state).text == waiting + "3 of 4 updated replicas are available..."


def test_status_fails_when_the_deadline_has_passed() -> None:
    terminal = started("v1", progress_deadline_seconds=10)
    terminal.say(set_target, "v2")
    terminal.now = 10_000_000
    terminal.ready("v1", 0)
    assert not status(terminal.state).done
    terminal.now += 1
    terminal.ready("v1", 0)
    answer = status(terminal.state)
    assert (answer.text, answer.done, answer.exit) == (
        'error: deployment "d" exceeded its progress deadline',
        True,
        1,
    )


def test_history_in_kubectls_words() -> None:
    state = started("v1", "v2").state
    assert history_words(state).splitlines() == [
        "deployment.apps/d ",
        "REVISION  CHANGE-CAUSE  IMAGE",
        "1         <none>        v1",
        "2         <none>        v2",
    ]
    assert history_words(state).endswith("\n"), "kubectl ends with an empty line"
    one = "deployment.apps/d with revision #2\nPod Template:\n  Image:\tv2\n"
    assert history_words(state, 2) == one
    with pytest.raises(Refused, match=r"^error: unable to find the specified revision$"):
        history_words(state, 7)
    empty = create(Rollout(target="v1", paused=True), name="d").state
    assert history_words(empty) == "deployment.apps/d \nNo rollout history found."
    assert history_words(empty, 7) == "deployment.apps/d with revision #7\nNo rollout history found."

"""The verbs on the command line: kubectl's words, its refusals and exit codes, and what becomes of the rollout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.rollout.terminal import KIADA, manifest

if TYPE_CHECKING:
    from tests.rollout.terminal import Terminal

ARGO = """\
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web}
spec:
  replicas: 2
  strategy: {blueGreen: {activeService: web}}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "web:v1"}]}
"""
RECORDINGS = Path(__file__).parents[3] / "shared" / "reference" / "recordings.json"


def rolled_out(terminal: Terminal, *tags: str, **given: Any) -> None:
    """Begin, and roll those versions out one after the other."""
    terminal.begin(**given)
    terminal("status", "--watch")
    for tag in tags:
        terminal("set-image", tag)
        terminal("status", "--watch")
    assert terminal.code == 0


# The experience.


def test_update_pause_after_the_first_replica_look_resume(terminal: Terminal) -> None:
    rolled_out(terminal)
    assert terminal("set-image", "v2") == "deployment.apps/web image updated\n"
    terminal("wait", "3s")
    assert terminal("pause") == "deployment.apps/web paused\n"
    terminal("wait", "1h")
    seen = terminal.seen()
    assert seen["paused"]
    assert seen["progressing"] == "Unknown/DeploymentPaused"
    sets = {each["name"]: (each["wanted"], each["available"]) for each in seen["replica_sets"]}
    assert sets == {"v1": (4, 4), "v2": (1, 1)}
    shown = terminal("status")
    assert 'Waiting for deployment "web" rollout to finish: 1 out of 4 new replicas' in shown
    assert "■■■■" in shown
    assert "paused" in shown
    assert terminal("resume") == "deployment.apps/web resumed\n"
    watched = terminal("status", "--watch")
    assert terminal.code == 0
    assert watched.endswith("v2 ■■■■\n")
    assert 'deployment "web" successfully rolled out\n' in watched


def test_waiting_for_replicas_that_do_not_come_ends_as_kubectl_s_does(terminal: Terminal) -> None:
    rolled_out(terminal)
    assert terminal("wait", "1h", "--available", "4").endswith("v1 ■■■■\n"), "they are there"
    assert terminal.seen()["seconds"] < 60
    terminal("set-image", "v2")
    assert terminal("wait", "1h", "--available", "1").endswith("v1 ■■■×  v2 ■□\n"), "the next step is taken"
    assert terminal.code == 0
    terminal("status", "--watch")
    before = terminal.seen()["seconds"]
    terminal("set-image", "v3", "--never-ready")
    assert terminal("wait", "1m", "--available", "1").endswith("v2 ■■■■  v3 □\n")
    assert (terminal.code, terminal.err) == (
        1,
        "error: timed out waiting for the condition on deployments/web\n",
    )
    assert terminal.seen()["seconds"] == before + 60
    terminal("pause")
    terminal("set-image", "v4")
    terminal("wait", "1m", "--available", "1")
    assert terminal.code == 1, "it is only noted"
    assert "paused; v4 is noted for later" in terminal("status")


def test_pause_make_several_changes_resume(terminal: Terminal) -> None:
    rolled_out(terminal)
    terminal("pause")
    for tag in ("v2", "v3", "v4"):
        terminal("set-image", tag)
        terminal("wait", "1m")
    assert terminal.wanted() == {"v1": 4}
    terminal("resume")
    terminal("status", "--watch")
    rows = ("REVISION  CHANGE-CAUSE  IMAGE", "1         <none>        v1", "2         <none>        v4")
    assert terminal("history") == "\n".join(["deployment.apps/web ", *rows, "", ""])


def test_a_strategy_of_ones_own_pauses_and_is_promoted(terminal: Terminal) -> None:
    terminal.begin("--strategy", "rolling:pause_after=1")
    terminal("status", "--watch")
    terminal("set-image", "v2")
    terminal("status", "--watch")
    assert terminal.code == 1
    assert terminal.err == "error: nothing will change any more without another command\n"
    assert "paused: 1 replicas of v2 are available, as pause_after asks" in terminal("status")
    assert terminal("promote") == "rollout 'web' promoted\n"
    terminal("status", "--watch")
    assert terminal.code == 0


def test_abort(terminal: Terminal) -> None:
    rolled_out(terminal)
    terminal("set-image", "v2", "--never-ready")
    terminal("wait", "5m")
    assert terminal("abort") == "rollout 'web' aborted\n"
    terminal("status", "--watch")
    assert terminal.wanted() == {"v1": 4}
    assert terminal("abort") == "rollout 'web' skipped abort (v1 is stable and the target)\n"


def test_a_blue_green_rollout_waits_for_its_promotion(terminal: Terminal) -> None:
    terminal.begin("--strategy", "blue-green:auto_promotion=false")
    terminal("status", "--watch")
    terminal("set-image", "v2")
    assert "v2 waits for its promotion" in terminal("wait", "1m")
    assert terminal.seen()["hold"] == "v2 waits for its promotion"
    terminal("promote")
    terminal("wait", "2m")
    assert terminal.wanted() == {"v2": 4}


def test_two_step_passes_through_the_bridge(terminal: Terminal) -> None:
    terminal.begin("--strategy", "two-step")
    terminal("status", "--watch")
    terminal("set-image", "v3", "--bridge", "v2")
    assert "v2 ■■■■" in terminal("wait", "1h")
    assert terminal.wanted() == {"v3": 4}
    terminal.begin(tag="v3")
    assert "v2" not in terminal("wait", "1h")
    terminal.begin(tag="v4")
    assert "v2" not in terminal("wait", "1h"), "a bridge is built for one way"
    assert terminal.wanted() == {"v4": 4}


# kubectl's words.


def test_what_the_recorded_kubectl_said(terminal: Terminal) -> None:
    """Every answer that the recordings hold of a verb is one that this command line gives, exit code and all."""
    if not RECORDINGS.exists():
        pytest.skip("there are no recordings beside the repository")
    runs = json.loads(RECORDINGS.read_text(encoding="utf-8"))
    said = {
        (step["action"]["do"], step["output"]["exit"], step["output"]["text"].replace('"d"', '"web"'))
        for run in runs
        for step in run["steps"]
        if step.get("output")
    }
    said = {(verb, code, text.replace("apps/d ", "apps/web ")) for verb, code, text in said}
    ours: set[tuple[str, int, str]] = set()

    def note(verb: str, *options: str) -> None:
        out = terminal(verb, *options)
        ours.add((verb, terminal.code, (out + terminal.err).strip()))

    terminal.begin()
    note("undo")
    note("resume")
    for number in range(2, 10):
        terminal("set-image", f"v{number}")
        note("undo", "--to-revision", str(number))
    note("undo", "--to-revision", "99")
    note("undo")
    note("pause")
    note("pause")
    note("undo")
    note("resume")
    forms = {(verb, code, _unnumbered(text)) for verb, code, text in ours}
    assert {(verb, code, _unnumbered(text)) for verb, code, text in said} <= forms


def _unnumbered(text: str) -> str:
    return " ".join("N" if word.strip(")").isdecimal() else word for word in text.split())


def test_a_rollout_of_argo_s_is_called_one(terminal: Terminal) -> None:
    path = terminal.directory / "rollout.yaml"
    path.write_text(ARGO, encoding="utf-8")
    said = {
        ("apply", str(path), "--clock", "stopped"): (0, "rollout.argoproj.io/web created"),
        ("apply", str(path)): (0, "rollout.argoproj.io/web unchanged"),
        ("scale", "3"): (0, "rollout.argoproj.io/web scaled"),
        ("undo",): (1, 'error: no rollout history found for rollout "web"'),
        ("resume",): (1, 'error: rollouts.argoproj.io "web" is not paused'),
        ("pause",): (0, "rollout.argoproj.io/web paused"),
        ("restart",): (
            1,
            'error: rollouts.argoproj.io "web" can\'t restart paused rollout (run rollout resume first)',
        ),
        ("set-image", "v2"): (0, "rollout.argoproj.io/web image updated"),
        ("wait", "1s", "--available", "3"): (1, "error: timed out waiting for the condition on rollouts/web"),
    }
    for arguments, (code, words) in said.items():
        out = terminal(*arguments)
        assert words in (out + terminal.err).splitlines()
        assert terminal.code == code
    assert terminal("history").startswith("rollout.argoproj.io/web \n")
    terminal("promote")
    assert 'rollout "web" successfully rolled out\n' in terminal("status", "--watch")
    terminal("apply", manifest(terminal.directory / "web.yaml"))
    assert terminal.code == 2
    assert "it keeps the rollout of Rollout 'web', not of Deployment 'web'" in terminal.err


def test_refusals_go_to_standard_error_end_with_1_and_change_nothing(terminal: Terminal) -> None:
    terminal.begin()
    terminal("pause")
    before = terminal.state.read_bytes()
    refusals = {
        ("pause",): 'error: deployments.apps "web" is already paused\n',
        (
            "restart",
        ): 'error: deployments.apps "web" can\'t restart paused deployment (run rollout resume first)\n',
        ("undo",): 'error: no rollout history found for deployment "web"\n',
        ("undo", "--to-revision", "7"): "error: unable to find specified revision 7 in history\n",
        ("abort",): "error: rollout 'web' has no stable revision to go back to\n",
        ("history", "--revision", "7"): "error: unable to find the specified revision\n",
    }
    for arguments, words in refusals.items():
        assert terminal(*arguments) == ""
        assert (terminal.code, terminal.err) == (1, words)
    assert terminal.state.read_bytes() == before
    terminal("resume")
    terminal("resume")
    assert (terminal.code, terminal.err) == (1, 'error: deployments.apps "web" is not paused\n')


def test_apply_scale_restart_and_history(terminal: Terminal) -> None:
    assert terminal.begin() == "deployment.apps/web created\n"
    assert terminal.begin() == "deployment.apps/web unchanged\n"
    before = terminal.state.read_bytes()
    assert terminal("set-image", "v1") == ""
    assert terminal.state.read_bytes() == before
    assert terminal("scale", "2") == "deployment.apps/web scaled\n"
    assert terminal.begin(tag="v2", replicas=2) == "deployment.apps/web configured\n"
    terminal("status", "--watch")
    assert terminal("restart") == "deployment.apps/web restarted\n"
    terminal("status", "--watch")
    assert terminal.wanted() == {"v2@restart-1": 2}
    assert terminal("undo") == "deployment.apps/web rolled back\n"
    assert terminal("history", "--revision", "1").endswith(
        "with revision #1\nPod Template:\n  Image:\tv1\n\n"
    )


def test_one_limit_for_replicas_wherever_they_come_from(terminal: Terminal) -> None:
    terminal.begin(replicas=2000)
    assert terminal("scale", "1500") == "deployment.apps/web scaled\n"
    terminal("scale", "10001")
    assert terminal.code == 2
    terminal.begin(replicas=10_001)
    assert terminal.code == 2
    assert "10000" in terminal.err
    assert terminal.seen()["replicas"] == 1500


def test_apply_leaves_alone_what_no_manifest_gives(terminal: Terminal) -> None:
    """The three-way merge of ``kubectl apply``: the manifest, the one before, and what there is."""
    terminal.begin()
    terminal("scale", "7")
    terminal("pause")
    assert terminal.begin(replicas=None) == "deployment.apps/web configured\n"
    assert terminal.seen()["replicas"] == 1, "the one before gave it: now it has its default again"
    terminal("scale", "7")
    assert terminal.begin(replicas=None) == "deployment.apps/web unchanged\n"
    assert terminal.seen()["replicas"] == 7
    assert terminal.seen()["paused"], "neither gives it: it stays paused"
    assert terminal.begin(paused="false") == "deployment.apps/web configured\n"
    assert not terminal.seen()["paused"]
    assert terminal.seen()["replicas"] == 4
    terminal.begin(paused="true")
    assert terminal.seen()["paused"]
    terminal.begin()
    assert not terminal.seen()["paused"], "what only the one before gave has its default again"


def test_apply_does_not_undo_a_restart(terminal: Terminal) -> None:
    rolled_out(terminal)
    terminal("restart")
    assert terminal.begin() == "deployment.apps/web unchanged\n"
    assert terminal("set-image", "v1") == ""
    assert terminal.seen()["target"] == "v1@restart-1"


def test_kubectl_notes_a_restart_by_the_second(terminal: Terminal) -> None:
    rolled_out(terminal)
    terminal("restart")
    before = terminal.state.read_bytes()
    assert terminal("restart") == ""
    assert (terminal.code, terminal.err) == (
        1,
        (
            "error: failed to create patch for web: if restart has already been triggered within the past second, "
            "please wait before attempting to trigger another\n"
        ),
    )
    assert terminal.state.read_bytes() == before
    terminal("wait", "1s")
    terminal("restart")
    assert terminal.code == 0
    assert terminal.seen()["target"] == "v1@restart-2"
    terminal("undo", "--to-revision", "1")
    terminal("restart")
    assert terminal.code == 0, "the template of revision 1 has no mark"


def caused(terminal: Terminal, tag: str, cause: str | None) -> None:
    """Apply a manifest with a change cause."""
    path = manifest(terminal.directory / "web.yaml", tag=tag)
    if cause is not None:
        annotated = f"{{name: web, annotations: {{kubernetes.io/change-cause: {json.dumps(cause)}}}}}"
        path.write_text(
            path.read_text(encoding="utf-8").replace("{name: web}", annotated, 1), encoding="utf-8"
        )
    terminal("apply", path)
    assert terminal.code == 0
    terminal("status", "--watch")


def causes(terminal: Terminal) -> dict[str, tuple[int, str]]:
    """The number and the cause of each revision in the history, by image."""
    title, head, *lines = terminal("history").rstrip("\n").splitlines()
    assert title == "deployment.apps/web "
    place = head.index("IMAGE")
    assert head[:22] == "REVISION  CHANGE-CAUSE"
    return {line[place:]: (int(line[:10]), line[10:place].rstrip()) for line in lines}


def test_history_has_the_change_cause_as_kubectl_has_it(terminal: Terminal) -> None:
    """The controller copies the Deployment's annotation to its new ReplicaSet; kubectl's undo brings it back."""
    rolled_out(terminal)
    assert causes(terminal) == {"v1": (1, "<none>")}
    caused(terminal, "v1", "begin")
    assert causes(terminal) == {"v1": (1, "begin")}, "no rollout is needed for that"
    caused(terminal, "v2", "a much longer cause: more room for the basket")
    terminal("set-image", "v3")
    terminal("status", "--watch")
    more = "a much longer cause: more room for the basket"
    assert causes(terminal) == {"v1": (1, "begin"), "v2": (2, more), "v3": (3, more)}, (
        "it is nobody's to clear"
    )
    terminal("undo", "--to-revision", "1")
    terminal("status", "--watch")
    terminal("set-image", "v4")
    terminal("status", "--watch")
    assert causes(terminal) == {"v2": (2, more), "v3": (3, more), "v1": (4, "begin"), "v4": (5, "begin")}
    caused(terminal, "v5", None)
    assert causes(terminal)["v5"] == (6, "<none>"), "what only the manifest before gave is taken away"
    shown = terminal("history", "--revision", "4")
    assert shown == (
        "deployment.apps/web with revision #4\nPod Template:\n  Annotations:\tkubernetes.io/change-cause: begin\n"
        "  Image:\tv1\n\n"
    )
    assert "Annotations" not in terminal("history", "--revision", "6")


def test_a_change_cause_waits_with_its_version_and_reaches_no_terminal_raw(terminal: Terminal) -> None:
    rolled_out(terminal)
    terminal("pause")
    path = manifest(terminal.directory / "web.yaml", tag="v2", paused="true")
    text = path.read_text(encoding="utf-8")
    annotated = '{name: web, annotations: {kubernetes.io/change-cause: "\\e[31mred\\nline"}}'
    path.write_text(text.replace("{name: web}", annotated, 1), encoding="utf-8")
    terminal("apply", path)
    assert causes(terminal) == {"v1": (1, "<none>")}
    terminal("resume")
    assert causes(terminal)["v2"] == (2, "\\x1b[31mred\\nline")


@pytest.mark.parametrize("cause", ["3", "[why]", "true"])
def test_a_change_cause_is_a_text(terminal: Terminal, cause: str) -> None:
    path = manifest(terminal.directory / "web.yaml")
    annotated = f"{{name: web, annotations: {{kubernetes.io/change-cause: {cause}}}}}"
    path.write_text(path.read_text(encoding="utf-8").replace("{name: web}", annotated, 1), encoding="utf-8")
    terminal("apply", path)
    assert terminal.code == 2
    assert "metadata.annotations.kubernetes.io/change-cause: " in terminal.err
    assert "is not a text; put it in quotes" in terminal.err


def test_a_manifest_that_changes_the_strategy_only(terminal: Terminal) -> None:
    rolled_out(terminal)
    assert terminal.begin(surge=4) == "deployment.apps/web configured\n"
    terminal("set-image", "v2")
    assert terminal.wanted() == {"v1": 4, "v2": 4}


def test_a_strategy_that_was_asked_for_stays(terminal: Terminal) -> None:
    terminal.begin("--strategy", "recreate")
    terminal("status", "--watch")
    terminal.begin(tag="v2")
    assert terminal.seen()["strategy"] == "recreate"
    assert terminal.wanted() == {"v2": 4}
    terminal.begin("--strategy", "rolling", tag="v2")
    assert terminal.seen()["strategy"] == "rolling"


def test_applied_paused_it_waits_for_resume(terminal: Terminal) -> None:
    terminal.begin(paused="true")
    terminal("wait", "1h")
    assert terminal.wanted() == {}
    assert terminal("history") == "deployment.apps/web \nNo rollout history found.\n"
    shown = terminal("history", "--revision", "1")
    assert (terminal.code, shown) == (0, "deployment.apps/web with revision #1\nNo rollout history found.\n")
    terminal("resume")
    assert terminal.wanted() == {"v1": 4}


def test_the_same_tag_with_other_timings_is_the_same_version_and_that_is_said(terminal: Terminal) -> None:
    terminal.begin()
    assert terminal.begin(min_ready=20) == "deployment.apps/web configured\n"
    assert terminal.err == "", "minReadySeconds is not the template's"
    path = manifest(terminal.directory / "web.yaml", min_ready=20)
    text = path.read_text(encoding="utf-8")
    assert "periodSeconds: 1" in text
    path.write_text(text.replace("periodSeconds: 1", "initialDelaySeconds: 9"), encoding="utf-8")
    assert terminal("apply", path) == "deployment.apps/web configured\n"
    assert terminal.err == (
        "turnout: v1 keeps the probes and the hooks that it came with: a new version needs a new tag\n"
    )
    terminal("set-image", "v2")
    assert terminal.err == ""


def test_min_ready_seconds_reach_the_new_replica_set_only_and_start_no_rollout(terminal: Terminal) -> None:
    def available() -> dict[str, int]:
        return {each["name"]: each["available"] for each in terminal.seen()["replica_sets"]}

    rolled_out(terminal)
    terminal("wait", "10s")
    assert terminal.begin(min_ready=30) == "deployment.apps/web configured\n"
    seen = terminal.seen()
    assert available() == {"v1": 0}, "ready, and not for long enough any more"
    assert (seen["available"], seen["progressing"]) == (
        "False/MinimumReplicasUnavailable",
        "True/NewReplicaSetAvailable",
    )
    assert "2 " not in terminal("history")
    terminal("wait", "20s")
    assert available() == {"v1": 4}
    terminal.begin(min_ready=600, deadline=1000, tag="v2")
    terminal("wait", "1m")
    assert available() == {"v1": 4, "v2": 0}, "the old one keeps what it has"
    terminal("undo")
    assert available()["v1"] == 0, "it is the new one now"
    terminal.begin(min_ready=0)
    assert available()["v1"] == 4


def test_a_version_that_never_becomes_ready(terminal: Terminal) -> None:
    rolled_out(terminal, deadline=60)
    terminal("set-image", "v2", "--never-ready")
    for options in (["--watch"], []):
        assert "v1 " in terminal("status", *options)
        assert (terminal.code, terminal.err) == (
            1,
            'error: deployment "web" exceeded its progress deadline\n',
        )
    terminal("undo")
    terminal("status", "--watch")
    assert terminal.wanted() == {"v1": 4}
    terminal("set-image", "v1", "--never-ready")
    assert (terminal.code, terminal.err) == (
        2,
        "turnout: --never-ready: v1 has come up already; give it with a new tag\n",
    )


# What cannot be used.


@pytest.mark.parametrize(
    "arguments",
    [
        ["pause"],
        ["resume"],
        ["undo"],
        ["restart"],
        ["promote"],
        ["abort"],
        ["scale", "3"],
        ["set-image", "v2"],
        ["status"],
        ["status", "--watch"],
        ["history"],
        ["wait", "1s"],
    ],
)
def test_without_a_rollout_each_verb_says_how_to_begin(terminal: Terminal, arguments: list[str]) -> None:
    assert terminal(*arguments) == ""
    assert terminal.code == 2
    hint = "there is no rollout; begin one with 'turnout rollout apply MANIFEST'"
    assert terminal.err == f"turnout: {terminal.state}: {hint}\n"
    assert not terminal.files


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["scale", "many"], "'many' is no whole number from 0 to 10000"),
        (["scale", "-1"], "the replica count must be greater than or equal to 0, and is -1"),
        (["scale", "-15"], "the replica count must be greater than or equal to 0, and is -15"),
        (["scale", "10001"], "'10001' is no whole number from 0 to 10000"),
        (["scale", "9" * 5000], "is no whole number from 0 to 10000"),
        (["scale", "1.5"], "'1.5' is no whole number from 0 to 10000"),
        (["scale", "-x", "3"], "No such option '-x'"),
        (["scale", "--replicas", "3"], "No such option '--replicas'"),
        (["scale", "3", "4"], "unexpected extra argument (4)"),
        (["set-image", "web:v2"], "'web:v2' is no image tag"),
        (["set-image", "a b"], "is no image tag"),
        (["set-image", "v2@restart-1"], "is no image tag"),
        (["wait", "soon"], "'soon' is not a duration"),
        (["undo", "--to-revision", "first"], "first"),
        (["paus"], "there is no command 'paus'; did you mean 'pause'?"),
        (["apply", "missing.yaml"], "missing.yaml"),
        (["apply", KIADA], "it keeps the rollout of Deployment 'web', not of Deployment 'kiada'"),
        (["apply", KIADA, "--strategy", "nonsense"], "nonsense"),
        (["status", "--watch", "--format", "json"], "--format"),
    ],
)
def test_bad_input_is_one_line_and_changes_nothing(
    terminal: Terminal, arguments: list[str], words: str
) -> None:
    terminal.begin()
    before = terminal.state.read_bytes()
    terminal(*arguments)
    assert terminal.code == 2
    assert words in terminal.err
    assert terminal.err.count("\n") == 1
    assert terminal.state.read_bytes() == before


@pytest.mark.parametrize("option", [["--seed", "1"], ["--startup", "1s"], ["--clock", "real"]])
def test_what_a_rollout_begins_with_it_keeps(terminal: Terminal, option: list[str]) -> None:
    terminal.begin()
    path = manifest(terminal.directory / "web.yaml", tag="v2")
    terminal("apply", path, *option)
    assert terminal.code == 2
    assert terminal.err.startswith(f"turnout: {option[0]}: the rollout has begun with another")
    assert terminal("apply", path, "--seed", "0") == "deployment.apps/web configured\n"


def test_the_group_alone_lists_its_verbs(terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    from turnout.cli import main  # noqa: PLC0415  (the terminal always names a state)

    assert main(["rollout"]) == 0
    listed = capsys.readouterr().out
    for verb in (
        "apply",
        "set-image",
        "pause",
        "resume",
        "undo",
        "restart",
        "scale",
        "status",
        "history",
        "step",
    ):
        assert f"\n  {verb} " in listed
    assert not terminal.files

"""The state file: nothing that was committed is lost, nothing that is not turnout's is written over."""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import socket
import stat
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rollout.terminal import manifest, python, started
from turnout import Host, InputError, load_manifest
from turnout.cli import main
from turnout.rehearsal import DamagedError, Record, StateFile, commands
from turnout.rehearsal.record import from_text, to_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.rollout.terminal import Terminal

HOST = Host()


def begun(directory: Path) -> StateFile:
    file = StateFile(directory / "turnout-rollout.json")
    workload = load_manifest(manifest(directory / "web.yaml"))
    commands.apply(file, HOST, workload, clock="stopped")
    return file


def read(file: StateFile) -> Record:
    record = file.read()
    assert record is not None
    return record


# Killed at any moment.


class Killed(BaseException):
    """The process is gone."""


def dying(real: Callable[..., object], at: int) -> Callable[..., object]:
    """Let a function work until a certain call, before which the process is killed."""
    calls = iter(range(10))

    def call(*arguments: object) -> object:
        if next(calls) == at:
            raise Killed
        return real(*arguments)

    return call


@given(st.sampled_from(["fsync", "replace"]), st.integers(0, 1), st.floats(0, 1))
def test_killed_while_it_is_written_the_file_has_the_old_record_or_the_new_one(
    call: str, at: int, cut: float
) -> None:
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        file = begun(Path(name))
        old = file.path.read_bytes()
        patch.setattr(os, call, dying(getattr(os, call), at))
        killed = False
        try:
            commands.carry_out(file, HOST, "scale", replicas=2)
        except Killed:
            killed = True
        patch.undo()
        renamed = call == "fsync" and at == 1
        assert killed == (call == "fsync" or at == 0)
        fresh = Path(name) / ".turnout-rollout.json.new"
        assert fresh.exists() == (killed and not renamed)
        if fresh.exists():
            # What has not been synchronised may be there in part, or not at all.
            whole = fresh.read_bytes()
            fresh.write_bytes(whole[: round(cut * len(whole))])
            assert file.path.read_bytes() == old
        assert len(read(file).deeds) == (2 if renamed or not killed else 1)
        commands.carry_out(file, HOST, "pause")
        assert read(file).deeds[-1].verb == "pause"
        assert not fresh.exists()


def test_killed_for_good_again_and_again(tmp_path: Path) -> None:
    file = begun(tmp_path)
    chance = random.Random(1)  # noqa: S311  (when to kill)
    program = """
import sys
from pathlib import Path
from turnout import Host
from turnout.rehearsal import StateFile, commands
host, file = Host(), StateFile(Path("turnout-rollout.json"))
for number in range(10_000):
    commands.carry_out(file, host, "scale", replicas=number % 7)
    print(len(file.read().deeds), flush=True)
"""
    committed = len(read(file).deeds)
    for _ in range(3):
        process = python(tmp_path, program)
        assert process.stdout is not None
        committed = int(process.stdout.readline())
        time.sleep(chance.random() / 20)
        process.send_signal(signal.SIGKILL)
        said = [int(line) for line in process.communicate()[0].split()]
        kept = len(read(file).deeds)
        assert kept in ((said or [committed])[-1], (said or [committed])[-1] + 1)
    commands.carry_out(file, HOST, "pause")
    assert read(file).deeds[-1].verb == "pause"


# Two at once.


def test_commands_at_once_take_turns(tmp_path: Path) -> None:
    file = begun(tmp_path)
    processes = [started(tmp_path, "set-image", f"v{number}") for number in range(2, 6)]
    for process in processes:
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out, err) == (0, "deployment.apps/web image updated\n", "")
    record = read(file)
    assert [deed.verb for deed in record.deeds] == ["apply", *["set-image"] * 4]
    assert {deed.tag for deed in record.deeds[1:]} == {"v2", "v3", "v4", "v5"}


def test_of_two_pauses_at_once_one_is_refused(tmp_path: Path) -> None:
    begun(tmp_path)
    processes = [started(tmp_path, "pause") for _ in range(2)]
    ends = []
    for process in processes:
        out, err = process.communicate(timeout=60)
        ends.append((process.returncode, out + err))
    assert sorted(ends) == [
        (0, "deployment.apps/web paused\n"),
        (1, 'error: deployments.apps "web" is already paused\n'),
    ]


def test_a_lock_that_is_never_given_back_ends_in_one_line(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal.begin()
    monkeypatch.setattr("turnout.rehearsal.file._PATIENCE", 0.1)
    holder = python(
        terminal.directory,
        "from pathlib import Path\nfrom turnout.rehearsal import StateFile\n"
        "import time\nwith StateFile(Path('turnout-rollout.json')).locked():\n"
        "    print('held', flush=True)\n    time.sleep(60)\n",
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        terminal("pause")
        assert terminal.code == 2
        assert terminal.err == (
            f"turnout: {terminal.state}: another command has been changing it all the time; "
            "it was waited for 0.1 s; try again\n"
        )
        terminal("status")
        assert terminal.code == 0, "to look, nobody has to wait"
    finally:
        holder.kill()
        holder.communicate()
    terminal("pause")
    assert terminal.code == 0, "a lock does not outlive whoever held it"


# Damaged and foreign files.

FOREIGN = {
    "empty": b"",
    "text": b"kind: Deployment\n",
    "another program's JSON": b'{"name": "web", "version": "1.0"}',
    "a list": b"[1, 2]",
    "nested for ever": b"[" * 100_000,
    "bytes": bytes(range(256)),
    "the same key, another mark": b'{"turnout": "story"}',
}
VERBS = (
    ["apply", "web.yaml"], ["pause"], ["scale", "2"], ["wait", "1s"], ["status"], ["status", "--watch"], ["history"],
)  # fmt: skip


@pytest.mark.parametrize("content", FOREIGN.values(), ids=FOREIGN)
def test_a_foreign_file_stays_where_it_is_and_is_never_written_over(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    """Whoever types ``--state deployment.yaml`` by mistake wants that file neither changed nor moved."""
    monkeypatch.chdir(terminal.directory)
    manifest(terminal.directory / "web.yaml")
    terminal.state.write_bytes(content)
    for verb in VERBS:
        assert terminal(*verb) == ""
        assert terminal.code == 2
        words = "is no rollout of turnout's; name another file with --state"
        assert terminal.err == f"turnout: {terminal.state}: {words}\n"
        assert terminal.state.read_bytes() == content
        assert terminal.files == {"web.yaml", "turnout-rollout.json"}, "no lock is left either"


@pytest.mark.parametrize("kind", ["device", "named pipe", "directory", "socket"])
@pytest.mark.parametrize("linked", [False, True])
def test_what_is_no_regular_file_is_neither_opened_nor_moved(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, kind: str, *, linked: bool
) -> None:
    monkeypatch.chdir(terminal.directory)
    manifest(terminal.directory / "web.yaml")
    there = terminal.directory / "there" if linked else terminal.state
    with socket.socket(socket.AF_UNIX) as listening:
        if kind == "device" and linked:
            there = Path(os.devnull)
        elif kind == "device":
            try:
                os.mknod(there, stat.S_IFCHR | 0o600, os.makedev(1, 3))
            except PermissionError:
                pytest.skip("to make a device, one has to be root; the link to one is tried as well")
        elif kind == "named pipe":
            os.mkfifo(there)
        elif kind == "directory":
            there.mkdir()
        else:
            listening.bind(there.name)
        if linked:
            terminal.state.symlink_to(there)
        before = terminal.files, there.stat().st_ino
        for verb in VERBS:
            assert terminal(*verb) == ""
            assert terminal.code == 2
            words = f"is a {kind}, not a regular file; name another file with --state"
            assert terminal.err == f"turnout: {terminal.state}: {words}\n"
            assert (terminal.files, there.stat().st_ino) == before


def test_a_refused_beginning_leaves_nothing_behind(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(terminal.directory)
    manifest(terminal.directory / "web.yaml")
    manifest(terminal.directory / "many.yaml", replicas=1_000_000)
    refused = (
        ["web.yaml", "--strategy", "nonsense"], ["web.yaml", "--strategy", "rolling:pause_after=-1"], ["many.yaml"],
        ["missing.yaml"],
    )  # fmt: skip
    for arguments in refused:
        terminal("apply", *arguments)
        assert terminal.code == 2
        assert terminal.files == {"web.yaml", "many.yaml"}


def test_each_damaged_file_is_kept_aside(terminal: Terminal) -> None:
    terminal.begin()
    whole = terminal.state.read_bytes()
    damaged = [whole[:-200], whole.replace(b"v1", b"v7"), whole[:200] + bytes([255]) + whole[201:]]
    for content in damaged:
        terminal.state.write_bytes(content)
        for verb in (["status"], ["history"], ["status", "--watch"]):
            terminal(*verb)
            assert terminal.code == 2
            assert terminal.err.count("\n") == 1
            assert terminal.state.read_bytes() == content, "a look changes nothing"
        terminal("pause")
        assert terminal.code == 2
        assert "is damaged: " in terminal.err
        assert "; it is kept as " in terminal.err
        assert terminal.err.endswith("; 'turnout rollout apply' begins anew\n")
        assert not terminal.state.exists()
    kept = [path for path in terminal.directory.iterdir() if ".damaged" in path.name]
    assert {path.read_bytes() for path in kept} == set(damaged)
    assert terminal.begin() == "deployment.apps/web created\n"


@given(st.data())
def test_whatever_is_damaged_is_noticed(data: st.DataObject) -> None:
    with TemporaryDirectory() as name:
        whole = begun(Path(name)).path.read_bytes()
    kind = data.draw(st.sampled_from(["cut", "flip", "swap"]))
    place = data.draw(st.integers(0, len(whole) - 2))
    if kind == "cut":
        damaged = whole[:place]
    elif kind == "flip":
        damaged = whole[:place] + bytes([whole[place] ^ data.draw(st.integers(1, 255))]) + whole[place + 1 :]
    else:
        other = data.draw(st.integers(0, len(whole) - 2))
        both = bytearray(whole)
        both[place], both[other] = both[other], both[place]
        damaged = bytes(both)
    try:
        record = from_text(damaged.decode())
    except (ValueError, NotImplementedError):
        return
    assert to_text(record).split() == whole.decode().split(), "only its spaces differ"


def test_a_later_version_s_file_is_left_alone(terminal: Terminal) -> None:
    terminal.begin()
    document = json.loads(terminal.state.read_text())
    terminal.state.write_text(json.dumps({**document, "format": 2, "record": {"new": "things"}}))
    before = terminal.state.read_bytes()
    terminal("pause")
    assert terminal.code == 2
    assert "was written by a later version of turnout; use that, or another file with --state" in terminal.err
    assert terminal.state.read_bytes() == before


def test_a_forged_record_is_damaged_too() -> None:
    for record in ({}, {"facts": 1}, {"facts": {}, "deeds": [], "now": 0, "wall": 0, "outcome": ""}, None):
        digested = json.dumps({"turnout": "rollout", "format": 1, "checksum": "", "record": record})
        with pytest.raises(ValueError, match="is damaged: its checksum is wrong"):
            from_text(digested)


def test_a_link_is_followed(tmp_path: Path) -> None:
    file = begun(tmp_path)
    link = StateFile(tmp_path / "link.json")
    link.path.symlink_to(file.path)
    commands.carry_out(link, HOST, "pause")
    assert link.path.is_symlink()
    assert read(file).deeds[-1].verb == "pause"


def test_where_nothing_can_be_kept_that_is_said(terminal: Terminal) -> None:
    terminal.begin()
    lost = terminal.directory / "no" / "such" / "state.json"
    within = terminal.state / "state.json"
    for path in (lost, within):
        assert main(["rollout", "apply", str(terminal.directory / "web.yaml"), "--state", str(path)]) == 2
        err = terminal.capsys.readouterr().err
        assert err.startswith(f"turnout: {path}: there is no directory ")
        assert err.count("\n") == 1
    assert not lost.parent.exists()


def test_a_lock_that_cannot_be_made(terminal: Terminal) -> None:
    terminal.begin()
    lock = terminal.directory / ".turnout-rollout.json.lock"
    lock.unlink()
    lock.mkdir()
    terminal("pause")
    assert terminal.code == 2
    assert terminal.err == (
        f"turnout: {terminal.state}: cannot be used: Is a directory; name another file with --state\n"
    )


def test_a_full_disk_leaves_the_old_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = begun(tmp_path)
    before = file.path.read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="cannot be used: No space left on device"):
        commands.carry_out(file, HOST, "pause")
    assert file.path.read_bytes() == before


def test_damage_is_an_input_error() -> None:
    assert issubclass(DamagedError, InputError)


# Following.


def test_watching_follows_other_commands_and_ends_when_done(tmp_path: Path) -> None:
    workload = load_manifest(manifest(tmp_path / "web.yaml"))
    commands.apply(StateFile(tmp_path / "turnout-rollout.json"), HOST, workload, startup=300_000)
    watcher = started(tmp_path, "status", "--watch")
    out, err = watcher.communicate(timeout=60)
    assert (watcher.returncode, err) == (0, "")
    assert 'deployment "web" successfully rolled out' in out
    assert out.endswith("v1 ■■■■\n")


def test_ctrl_c_ends_watching_quietly(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "turnout-rollout.json")
    commands.apply(file, HOST, load_manifest(manifest(tmp_path / "web.yaml")), never_ready=True)
    watcher = started(tmp_path, "status", "--watch")
    assert watcher.stdout is not None
    assert "0 of 4 updated replicas are available" in watcher.stdout.readline()
    assert "v1 □□□□" in watcher.stdout.readline()
    commands.carry_out(file, HOST, "scale", replicas=2)
    assert "0 of 2 updated replicas are available" in watcher.stdout.readline()
    watcher.send_signal(signal.SIGINT)
    out, err = watcher.communicate(timeout=60)
    assert (watcher.returncode, err) == (130, "")
    assert "v1 □□" in out or not out

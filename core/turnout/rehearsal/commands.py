"""What a command does with a state file: lock it, carry out again what it keeps, do one thing more, write it back."""

from __future__ import annotations

from time import sleep, time_ns
from typing import TYPE_CHECKING, Any

import attrs

from turnout.environment import Environment
from turnout.errors import InputError
from turnout.parameters import to_dict
from turnout.rehearsal.record import Application, Deed, Facts
from turnout.rehearsal.rehearsal import Rehearsal
from turnout.selection import asked_by_manifest, choose_strategies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from turnout.host import Host
    from turnout.rehearsal.file import StateFile
    from turnout.rehearsal.record import Clock, Record, Verb
    from turnout.workload import Workload

__all__ = ["Said", "apply", "carry_out", "follow", "look", "wait", "wall_clock"]

_POLL = 0.2
"""Seconds between two looks at a rollout that is followed."""


@attrs.frozen
class Said:
    """What a command has to say.

    Attributes:
        text: What kubectl says; empty for nothing.
        note: What kubectl does not say, and a user should know.
    """

    text: str
    note: str | None = None


def wall_clock() -> int:
    """Return the time on the wall, in microseconds since 1970."""
    return time_ns() // 1000


def apply(
    file: StateFile,
    host: Host,
    workload: Workload,
    *,
    strategy: str | None = None,
    never_ready: bool = False,
    clock: Clock | None = None,
    **facts: Any,
) -> Said:
    """Apply a manifest: it begins the rollout, or changes it.

    Args:
        file: Where the rollout is kept.
        host: Where strategies come from.
        workload: What the manifest says.
        strategy: A strategy in place of the manifest's, such as ``"rolling:pause_after=1"``; later manifests keep it.
        never_ready: Whether the manifest's revision never becomes ready.
        clock: Whether time goes on between commands; at the beginning only.
        facts: The rest of what the rollout begins with: ``seed`` and ``startup``; at the beginning only.

    Raises:
        InputError: If the file or an argument cannot be used.
    """
    given = {name: value for name, value in {**facts, "clock": clock}.items() if value is not None}

    def prepared(record: Record | None, wall: int) -> tuple[Rehearsal, Deed]:
        before = None if record is None else _replayed(file, record, host, wall)
        asked = strategy or (None if before is None else before.application.asked)
        chosen = choose_strategies(
            host, workload, [asked or asked_by_manifest(host, workload, affinity=False)]
        )[0]
        application = Application(
            rollout=workload.rollout,
            given=workload.given,
            strategy=chosen.name,
            parameters=to_dict(chosen),
            asked=asked,
            lifecycle=workload.lifecycle,
            change_cause=workload.change_cause,
        )
        if before is None:
            begun = Facts(
                name=workload.name, kind=workload.kind, **{"startup": Environment().startup, **given}
            )
            rehearsal = Rehearsal(begun, application, host, where=str(file.path))
        else:
            _check_same(file, before.facts, workload, given)
            rehearsal = before
        return rehearsal, Deed(
            at=rehearsal.now, verb="apply", application=application, never_ready=never_ready
        )

    if file.stamp is None:
        # What is refused leaves nothing behind: it is tried out before there is a lock.
        rehearsal, deed = prepared(None, wall_clock())
        rehearsal.do(deed)
    with file.locked():
        record, wall = file.read_or_set_aside(), wall_clock()
        return _done(file, *prepared(record, wall), wall)


def carry_out(file: StateFile, host: Host, verb: Verb, **arguments: Any) -> Said:
    """Carry out a verb.

    Args:
        file: Where the rollout is kept.
        host: Where strategies come from.
        verb: Which.
        arguments: Its arguments, see `Deed`.

    Raises:
        Refused: If it is refused, in kubectl's words.
        InputError: If there is no rollout, or the file or an argument cannot be used.
    """
    _check_present(file)
    with file.locked():
        record, wall = _present(file, file.read_or_set_aside()), wall_clock()
        rehearsal = _replayed(file, record, host, wall)
        return _done(file, rehearsal, Deed(at=rehearsal.now, verb=verb, **arguments), wall)


def wait(
    file: StateFile, host: Host, until: Callable[[Rehearsal], int | None], seen: Callable[[Rehearsal], None]
) -> Rehearsal:
    """Let virtual time pass at once.

    Args:
        file: Where the rollout is kept.
        host: Where strategies come from.
        until: Asked again after each change: until when to go on, in microseconds of virtual time; None for no further.
        seen: Told of the beginning, of each change, and of the end.

    Raises:
        InputError: If there is no rollout, or the file cannot be used.
    """
    _check_present(file)
    with file.locked():
        record, wall = _present(file, file.read_or_set_aside()), wall_clock()
        rehearsal = _replayed(file, record, host, wall)
        seen(rehearsal)
        while (end := until(rehearsal)) is not None:
            more = rehearsal.step(end)
            seen(rehearsal)
            if not more:
                break
        file.write(rehearsal.record(wall))
        return rehearsal


def look(file: StateFile, host: Host) -> Rehearsal:
    """Return the rollout as it is now, and change nothing.

    Raises:
        InputError: If there is none, or the file cannot be used.
    """
    return _replayed(file, _present(file, file.read()), host, wall_clock())


def follow(file: StateFile, host: Host) -> Iterator[Rehearsal]:
    """Yield the rollout as it is now, and after each change from now on, as real time goes by; it never ends.

    What other commands do to it meanwhile shows. A clock that is stopped stays so.

    Args:
        file: Where the rollout is kept.
        host: Where strategies come from.

    Raises:
        InputError: If there is no rollout any more, or the file cannot be used.
    """
    seen = file.stamp
    record = _present(file, file.read())
    rehearsal = _replayed(file, record, host, wall_clock())
    yield rehearsal
    while True:
        if file.stamp != seen:
            seen = file.stamp
            record = _present(file, file.read())
            rehearsal = _replayed(file, record, host, wall_clock())
            yield rehearsal
        while rehearsal.step(record.time_at(wall_clock())):
            yield rehearsal
        sleep(_POLL)


def _replayed(file: StateFile, record: Record, host: Host, wall: int) -> Rehearsal:
    rehearsal = Rehearsal.replayed(record, host, where=str(file.path))
    rehearsal.advance(record.time_at(wall))
    return rehearsal


def _check_present(file: StateFile) -> None:
    """Refuse to act on what is not there before a lock is put beside it."""
    if file.stamp is None:
        raise _absent(file)


def _present(file: StateFile, record: Record | None) -> Record:
    if record is None:
        raise _absent(file)
    return record


def _absent(file: StateFile) -> InputError:
    return InputError(
        "there is no rollout", where=str(file.path), hint="begin one with 'turnout rollout apply MANIFEST'"
    )


def _check_same(file: StateFile, facts: Facts, workload: Workload, given: dict[str, Any]) -> None:
    if (workload.kind, workload.name) != (facts.kind, facts.name):
        raise InputError(
            f"it keeps the rollout of {facts.kind} {facts.name!r}, not of {workload.kind} {workload.name!r}",
            where=str(file.path),
            hint="name another file with --state",
        )
    for name, value in given.items():
        if value != getattr(facts, name):
            raise InputError(
                "the rollout has begun with another", where=f"--{name}", hint="name another file with --state"
            )


def _done(file: StateFile, rehearsal: Rehearsal, deed: Deed, wall: int) -> Said:
    before = rehearsal.deeds
    text = rehearsal.do(deed)
    if rehearsal.deeds is not before:
        file.write(rehearsal.record(wall))
    return Said(text, rehearsal.note)

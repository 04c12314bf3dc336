"""Many pieces of work side by side: each in a process of its own, forked, as many at a time as there are to be."""

from __future__ import annotations

import os
import signal
from multiprocessing import connection, get_all_start_methods, get_context
from multiprocessing.reduction import ForkingPickler
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from turnout.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.connection import Connection

__all__ = ["side_by_side"]

Result = TypeVar("Result")


def _read_only(mapping: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(mapping)


def _input_error(what: str, where: str | None, hint: str | None) -> InputError:
    return InputError(what, where=where, hint=hint)


ForkingPickler.register(InputError, lambda error: (_input_error, (error.what, error.where, error.hint)))
ForkingPickler.register(MappingProxyType, lambda mapping: (_read_only, (dict(mapping),)))


def side_by_side(
    pieces: Sequence[tuple[str, Callable[[], Result]]],
    jobs: int,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Result]:
    """Do pieces of work, and return what came of each, in their order.

    A process inherits what it works on; what it returns has to be picklable. When this is interrupted, or a piece
    fails, the others are ended.

    Args:
        pieces: What to call each in words, and what to call.
        jobs: How many at a time; with one, all is done in this process.
        progress: Is told what is begun.

    Raises:
        InputError: If processes cannot be forked here, or one ended by itself.
    """
    said = (f"{name} ({number} of {len(pieces)})" for number, (name, _) in enumerate(pieces, 1))
    results: dict[int, Result] = {}
    if jobs == 1:
        for place, (_, piece) in enumerate(pieces):
            progress(next(said))
            results[place] = piece()
        return list(results.values())
    if "fork" not in get_all_start_methods():
        raise InputError("processes cannot be forked here", where="--jobs", hint="leave it out")
    running: dict[Connection, tuple[int, Any]] = {}
    waiting = iter(enumerate(pieces))
    try:
        while len(results) < len(pieces):
            for place, (_, piece) in _next(waiting, jobs - len(running)):
                progress(next(said))
                receiver, process = _started(piece)
                running[receiver] = place, process
            for each in connection.wait(list(running)):
                receiver = next(one for one in running if one is each)
                place, process = running[receiver]
                results[place] = _received(receiver, pieces[place][0])
                del running[receiver]
                process.join()
    finally:
        for _, process in running.values():
            process.terminate()
            process.join()
    return [results[place] for place in range(len(pieces))]


def _next(waiting: Iterator[Any], most: int) -> Iterator[Any]:
    return (each for _, each in zip(range(most), waiting, strict=False))


def _started(piece: Callable[[], Any]) -> tuple[Connection, Any]:
    receiver, sender = get_context("fork").Pipe(duplex=False)
    process = get_context("fork").Process(target=_done, args=(piece, sender), daemon=True)
    process.start()
    sender.close()
    return receiver, process


def _done(piece: Callable[[], Any], sender: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever has begun this ends it
    try:
        answer = ForkingPickler.dumps((True, piece()))
    except BaseException as error:  # noqa: BLE001  (it is raised by whoever has begun this)
        answer = ForkingPickler.dumps((False, error))
    sender.send_bytes(answer)
    sender.close()
    os._exit(0)  # without what others have asked to be done at the end of their process


def _received(receiver: Connection, name: str) -> Any:
    try:
        well, answer = receiver.recv()
    except EOFError:
        raise InputError(
            "the process that tried it has ended by itself", where=name, hint="try it with --jobs 1"
        ) from None
    finally:
        receiver.close()
    if not well:
        raise answer
    return answer

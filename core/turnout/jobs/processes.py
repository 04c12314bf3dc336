"""Work on one machine: in this process, or in several."""

from __future__ import annotations

import math
import multiprocessing
import os
import signal
import sys
import threading
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from turnout.arguments import check_whole
from turnout.errors import InputError, TurnoutError
from turnout.jobs.shared import Shared, shared
from turnout.jobs.work import packed, unpacked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Future

    from turnout.jobs.work import Work


__all__ = ["check_workers", "collect", "processors", "run_on_this_machine"]

Result = TypeVar("Result")

_CPU_MAX = Path("/sys/fs/cgroup/cpu.max")  # inside a container it is the container's own
_MOST_WORKERS = 1_000

_PAYS = 250
"""So many simulated rollouts take a process some seconds; it begins in half of one."""

_WHILE = 2
"""After so many seconds without a result it is time to look what is the matter."""

_own: list[Work[Any]] = []
"""What a worker process does."""


def run_on_this_machine(
    work: Work[Result],
    numbers: Iterable[int],
    take: Callable[[Result], None],
    *,
    workers: int | None = 1,
    simulations: int,
) -> None:
    """Do pieces of work, in this process or in several, which end with this one, however it ends.

    Args:
        work: The work.
        numbers: Which pieces.
        take: Is given the result of each as soon as it is done; in their order, if by this process alone.
        workers: How many processes; 1 for this one alone; None for one for each processor that pays for itself.
        simulations: How many rollouts are simulated in all: what is divided among processes.

    Raises:
        InputError: If the work cannot leave this process; not if `workers` is None, which then stands for 1.
        TurnoutError: If a process is killed.
    """
    if workers is None:
        many = max(1, min(processors(), simulations // _PAYS))
        if many > 1:
            with suppress(InputError):  # the strategies may be those of a script
                packed(work, lambda _: None)
                workers = many
    if workers is None or workers == 1:
        for number in numbers:
            take(work.run(number))
        return
    with shared(work) as given:
        _run_in_processes(given, numbers, take, workers)


def check_workers(workers: object) -> None:
    """Refuse a number of processes that is none.

    Raises:
        InputError: If it is not None, for as many as pay for themselves, and no whole number from 1.
    """
    if workers is not None:
        check_whole(workers, "workers", least=1, most=_MOST_WORKERS)


def processors() -> int:
    """How many processors this process may use: those that it may run on, no more than its container has time on."""
    many = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(many, _quota(_CPU_MAX, many)))


def _quota(path: Path, many: int) -> int:
    """On how many processors' time a container is limited, as Kubernetes does with ``limits.cpu``; `many` if it is not.

    Args:
        path: The file ``cpu.max`` of control groups, version 2: microseconds in each so many, or ``max``.
        many: How many processors there are.
    """
    try:
        quota, period = path.read_text("ascii").split()
        return math.ceil(int(quota) / int(period))
    except (OSError, ValueError, ZeroDivisionError):
        return many


def _run_in_processes(
    given: Shared, numbers: Iterable[int], take: Callable[[Any], None], workers: int
) -> None:
    others = set(multiprocessing.active_children())
    # Not forked: the parent may have threads, such as that of a progress bar.
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(given,))
    try:
        collect(
            lambda number: executor.submit(_run, number),
            numbers,
            lambda data: take(unpacked(data)),
            lambda: 2 * workers,
        )
    except BrokenProcessPool as error:
        raise TurnoutError(
            "a worker process was killed, or could not begin; was there memory for all?"
        ) from error
    except BaseException:
        for child in set(multiprocessing.active_children()) - others:
            child.terminate()
        raise
    finally:
        executor.shutdown(cancel_futures=True)


def collect(
    submit: Callable[[int], Future[Result]],
    numbers: Iterable[int],
    take: Callable[[Result], None],
    width: Callable[[], int],
    idle: Callable[[], None] = lambda: None,
) -> None:
    """Hand work out, never more than a certain number at a time, and take what comes back.

    Args:
        submit: Hands a piece out.
        numbers: Which pieces.
        take: Is given the result of each as soon as it is done.
        width: Says how many are out at a time.
        idle: Is called when nothing has come back for a while.
    """
    pending: set[Future[Result]] = set()

    def take_some() -> None:
        done, rest = wait(pending, _WHILE, FIRST_COMPLETED)
        while not done:
            idle()
            done, rest = wait(pending, _WHILE, FIRST_COMPLETED)
        pending.intersection_update(rest)
        for each in done:
            take(each.result())

    for number in numbers:
        pending.add(submit(number))
        while len(pending) >= width():
            take_some()
    while pending:
        take_some()


def _begin(given: Shared) -> None:
    sys.stdout = sys.stderr  # standard output is for results, whatever somebody else's code prints
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is for the process that this one works for
    threading.Thread(target=_end_with_parent, args=[given], daemon=True).start()
    _own.append(given.work())


def _end_with_parent(given: Shared) -> None:
    """A killed parent cannot say so; its children would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        given.forget()
        os._exit(1)


def _run(number: int) -> bytes:
    return packed(_own[0].run(number))

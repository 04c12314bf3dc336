"""A sweep on one machine: in this process, or in several."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING

from turnout.errors import TurnoutError
from turnout.sweeping.shared import Shared, shared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Future

    from turnout.sweeping.work import Job, Row

__all__ = ["collect", "run_here", "run_in_processes"]

_own: list[Job] = []
"""The one job of a worker process."""


def run_here(job: Job, rollouts: Iterable[int], take: Callable[[Row], None]) -> None:
    """Simulate rollouts one after the other.

    Args:
        job: What is simulated.
        rollouts: Which rollouts.
        take: Is given each as soon as it is done.
    """
    for rollout in rollouts:
        take(job.run(rollout))


def run_in_processes(job: Job, rollouts: Iterable[int], take: Callable[[Row], None], workers: int) -> None:
    """Simulate rollouts in processes of their own, which end with this one, however it ends.

    Args:
        job: What is simulated.
        rollouts: Which rollouts.
        take: Is given each as soon as it is done, in whatever order.
        workers: How many processes.

    Raises:
        TurnoutError: If one of them is killed.
    """
    with shared(job) as given:
        _run_in_processes(given, rollouts, take, workers)


def _run_in_processes(
    given: Shared, rollouts: Iterable[int], take: Callable[[Row], None], workers: int
) -> None:
    others = set(multiprocessing.active_children())
    # Not forked: the parent may have threads, such as that of a progress bar.
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(given,))
    try:
        collect(lambda rollout: executor.submit(_run, rollout), rollouts, take, 2 * workers)
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
    submit: Callable[[int], Future[Row]],
    rollouts: Iterable[int],
    take: Callable[[Row], None],
    width: int,
) -> None:
    """Hand rollouts out, never more than a certain number at a time, and take what comes back.

    Args:
        submit: Hands one out.
        rollouts: Which rollouts.
        take: Is given each as soon as it is done.
        width: How many are out at a time.
    """
    pending: set[Future[Row]] = set()

    def take_some() -> None:
        done, rest = wait(pending, return_when=FIRST_COMPLETED)
        pending.intersection_update(rest)
        for each in done:
            take(each.result())

    for rollout in rollouts:
        pending.add(submit(rollout))
        while len(pending) >= width:
            take_some()
    while pending:
        take_some()


def _begin(given: Shared) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is for the process that began the sweep
    threading.Thread(target=_end_with_parent, args=[given], daemon=True).start()
    _own.append(given.job())


def _end_with_parent(given: Shared) -> None:
    """A killed parent cannot say so; its children would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        given.forget()
        os._exit(1)


def _run(rollout: int) -> Row:
    return _own[0].run(rollout)

"""A sweep on a Dask cluster: the same work, handed to whatever workers a scheduler has, and again if one dies."""

from __future__ import annotations

import asyncio
import logging
import warnings
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache, partial
from importlib import import_module
from os import getpid
from socket import gethostname
from time import monotonic
from typing import TYPE_CHECKING, Any

import attrs

from turnout.errors import InputError, TurnoutError
from turnout.jobs.processes import collect
from turnout.jobs.work import packed, unpacked
from turnout.sweeping.code import code_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from turnout.jobs.job import Job, Row
    from turnout.strategy import Strategy

__all__ = ["run_on_cluster"]

_log = logging.getLogger(__name__)

_PATIENCE = 5
"""Seconds that a scheduler may take to answer."""

_WORKERS_PATIENCE = 30
"""Seconds in which a scheduler has to have a worker."""

_PER_THREAD = 4
"""So many rollouts are out for each thread of the cluster, so that none waits for the next."""

_MOMENT = 2
"""Seconds after which the scheduler is asked again who its workers are."""


def run_on_cluster(job: Job, rollouts: Iterable[int], take: Callable[[Row], None], address: str) -> None:
    """Simulate rollouts on a Dask cluster.

    The scheduler has all that is needed to hand work out again, so that workers may come, go and be killed.

    Args:
        job: What is simulated.
        rollouts: Which rollouts.
        take: Is given each as soon as it is done, in whatever order.
        address: The scheduler's, such as ``"tcp://scheduler:8786"``.

    Raises:
        InputError: If Dask is not installed, no scheduler answers, or it has no worker, or a worker has other code.
        TurnoutError: If the scheduler is lost, or every worker dies of the work.
    """
    data, digest = packed(job), code_digest(map(type, job.strategies))
    with _connected(address) as client, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sending large graph", UserWarning)
        shared = client.submit(unpacked, data, pure=False)
        executor = client.get_executor(pure=False)
        watch = _Watch(client, address)
        try:
            collect(partial(executor.submit, _run, shared, digest), rollouts, take, watch.width, watch.look)
        except TurnoutError:
            raise
        except CancelledError as error:
            raise TurnoutError(f"the scheduler at {address} was lost") from error
        except Exception as error:
            explained = _explained(error, address)
            if explained is None:
                raise
            raise explained from error


@attrs.define
class _Watch:
    """Looks after the workers, who come and go."""

    client: Any
    address: str
    threads: int = 0
    alone: bool = False
    _asked: float | None = None

    def width(self) -> int:
        """How many rollouts should be out now, with all the threads that there were a moment ago."""
        if self._asked is None or monotonic() > self._asked + _MOMENT:
            self.look()
        return max(8, _PER_THREAD * self.threads)

    def look(self) -> None:
        """Count them. Say, once, if none is left: the work waits for another one, and would do so in silence."""
        self._asked = monotonic()
        try:
            self.threads = sum(self.client.nthreads().values())
        except Exception:  # noqa: BLE001  (the scheduler is lost: the work itself will say so)
            return
        alone = not self.threads
        if alone and not self.alone:
            _log.warning(
                "turnout: scheduler %s: no worker is left; the work waits for another one", self.address
            )
        self.alone = alone


def _explained(error: Exception, address: str) -> TurnoutError | None:
    """Say what one of Dask's own errors means; None for any other."""
    if isinstance(error, ImportError) or "deserialization of the task graph" in str(error):
        right = "install the same turnout and the same plugins for the scheduler and every worker"
        return InputError("it cannot import what is to be done", where=_where(address), hint=right)
    if type(error).__name__ == "KilledWorker":
        return TurnoutError(f"every worker of {address} died of the work; is there memory for it?")
    return None


def _run(job: Job, digest: str, rollout: int) -> Row:
    """What a worker does, if it is the same that would be done here."""
    if _own_digest(frozenset(map(type, job.strategies))) != digest:
        right = "install the same turnout and the same plugins there, and start the worker anew"
        where = f"worker on {gethostname()}, process {getpid()}"
        raise InputError("it runs other code than this sweep", where=where, hint=right)
    return job.run(rollout)


@cache
def _own_digest(strategies: frozenset[type[Strategy]]) -> str:
    return code_digest(strategies)


def _where(address: str) -> str:
    return f"scheduler {address}"


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    """Connect to a scheduler that has a worker; keep Dask from saying more than what is wrong."""
    dask = _dask(address)
    with _silent("distributed", "tornado", "asyncio"):
        _check_scheduler(dask, address)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as other versions on the other side
            client = dask.Client(address, timeout=_PATIENCE, set_as_default=False)
        try:
            _check_workers(client, address)
            yield client
        finally:
            client.close(_PATIENCE)


@contextmanager
def _silent(*packages: str) -> Iterator[None]:
    """Keep packages' loggers, each of which may have a level of its own, from saying what ends in an error anyway.

    What an interrupt breaks off they would tell with a traceback each.
    """
    names = [
        name for name in (*packages, *logging.Logger.manager.loggerDict) if name.partition(".")[0] in packages
    ]
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def _dask(address: str) -> Any:
    """Import Dask, which has no types."""
    try:
        return import_module("distributed")  # an extra, and a second of import
    except ImportError as error:
        raise InputError(
            "Dask is not installed here",
            where=_where(address),
            hint="pip install 'turnout[dask]', or leave the scheduler out to use this machine alone",
        ) from error


def _check_scheduler(dask: Any, address: str) -> None:
    """Ask who answers, before a client is made: one that reaches nobody says much, and long after.

    Raises:
        InputError: If it is no scheduler.
    """

    async def ask() -> Any:
        async with dask.rpc(address, connection_args=dask.Security().get_connection_args("client")) as remote:
            return await remote.identity()

    async def ask_for_a_while() -> Any:
        return await asyncio.wait_for(ask(), _PATIENCE)

    try:
        with ThreadPoolExecutor(1) as thread:  # whose event loop is its own, wherever this is called
            found = thread.submit(lambda: asyncio.run(ask_for_a_while())).result()
    except Exception as error:  # an address of any form, and whoever may answer
        raise _nobody(address) from error
    if not isinstance(found, dict) or found.get("type") != "Scheduler":
        raise _nobody(address)


def _nobody(address: str) -> InputError:
    right = "give the address that 'dask scheduler' prints, such as tcp://127.0.0.1:8786"
    return InputError("no Dask scheduler answers there", where=_where(address), hint=right)


def _check_workers(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=_WORKERS_PATIENCE)
    except TimeoutError as error:
        what = f"it has had no worker for {_WORKERS_PATIENCE} s"
        raise InputError(what, where=_where(address), hint="start some with 'dask worker ADDRESS'") from error

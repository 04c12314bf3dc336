"""A sweep on a Dask cluster: the same work, handed to whatever workers a scheduler has, and again if one dies."""

from __future__ import annotations

import logging
import warnings
from concurrent.futures import CancelledError
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from turnout.errors import InputError, TurnoutError
from turnout.sweeping.processes import collect
from turnout.sweeping.work import packed, unpacked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from turnout.sweeping.work import Job, Row

__all__ = ["run_on_cluster"]

_PATIENCE = 5
"""Seconds that a scheduler may take to answer."""

_WORKERS_PATIENCE = 30
"""Seconds in which a scheduler has to have a worker."""

_PER_THREAD = 4
"""So many rollouts are out for each thread of the cluster, so that none waits for the next."""


def run_on_cluster(job: Job, rollouts: Iterable[int], take: Callable[[Row], None], address: str) -> None:
    """Simulate rollouts on a Dask cluster.

    The scheduler has all that is needed to hand work out again, so that workers may come, go and be killed.

    Args:
        job: What is simulated.
        rollouts: Which rollouts.
        take: Is given each as soon as it is done, in whatever order.
        address: The scheduler's, such as ``"tcp://scheduler:8786"``.

    Raises:
        InputError: If Dask is not installed, no scheduler answers, or it has no worker, or no worker has turnout.
        TurnoutError: If the scheduler is lost, or every worker dies of the work.
    """
    data = packed(job)
    with _connected(address) as client, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sending large graph", UserWarning)
        shared = client.submit(unpacked, data, pure=False)
        executor = client.get_executor(pure=False)
        width = max(8, _PER_THREAD * sum(client.nthreads().values()))
        try:
            collect(partial(executor.submit, _run, shared), rollouts, take, width)
        except TurnoutError:
            raise
        except CancelledError as error:
            raise TurnoutError(f"the scheduler at {address} was lost") from error
        except ImportError as error:
            what = f"a worker cannot do the work: {error}"
            right = "install the same turnout and the same plugins for every worker"
            raise InputError(what, where=_where(address), hint=right) from error
        except Exception as error:
            if type(error).__name__ != "KilledWorker":  # Dask's own; its class is imported nowhere but here
                raise
            raise TurnoutError(
                f"every worker of {address} died of the work; is there memory for it?"
            ) from error


def _run(job: Job, rollout: int) -> Row:
    return job.run(rollout)


def _where(address: str) -> str:
    return f"scheduler {address}"


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    """Connect to a scheduler that has a worker; keep Dask from saying more than what is wrong."""
    try:
        from distributed import Client  # noqa: PLC0415  (an extra, and a second of import)
    except ImportError as error:
        raise InputError(
            "Dask is not installed here",
            where=_where(address),
            hint="pip install 'turnout[dask]', or leave the scheduler out to use this machine alone",
        ) from error
    log = logging.getLogger("distributed")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as other versions on the other side
            client = _client(partial(Client, set_as_default=False), address)
        try:
            yield client
        finally:
            client.close(_PATIENCE)
    finally:
        log.setLevel(level)


def _client(connect: Callable[..., Any], address: str) -> Any:
    """Open a client.

    Raises:
        InputError: If nobody answers, or there is no worker.
    """
    right = "give the address that 'dask scheduler' prints, such as tcp://127.0.0.1:8786"
    try:
        client = connect(address, timeout=_PATIENCE)
    except (OSError, TimeoutError, ValueError, TypeError, RuntimeError) as error:
        raise InputError("no Dask scheduler answers there", where=_where(address), hint=right) from error
    try:
        client.wait_for_workers(1, timeout=_WORKERS_PATIENCE)
    except TimeoutError as error:
        client.close(_PATIENCE)
        what = f"it has had no worker for {_WORKERS_PATIENCE} s"
        raise InputError(what, where=_where(address), hint="start some with 'dask worker ADDRESS'") from error
    except BaseException:
        client.close(_PATIENCE)
        raise
    return client

"""Calling what somebody else has written: in time, and whatever it raises."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from turnout.controller import PlanError
from turnout.errors import in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

__all__ = ["LIMIT", "LateError", "MisbehaviourError", "Patience", "guarded", "guarding"]

LIMIT = 5.0
"""Seconds that a strategy's answer may take."""

_RING_AGAIN = 0.05

Answer = TypeVar("Answer")


class MisbehaviourError(PlanError):
    """What was called broke a rule: the fault says which.

    Args:
        fault: What is wrong, in words that are the same in every run.
    """

    def __init__(self, fault: str) -> None:
        super().__init__("", fault)

    def __str__(self) -> str:
        return self.fault


class LateError(MisbehaviourError):
    """What was called took too long."""


@attrs.define
class Patience:
    """How long answers may take altogether: what is slow each time would keep a user waiting for hours.

    Attributes:
        limit: Seconds.
        spent: Seconds that have been spent.
    """

    limit: float
    spent: float = 0.0

    def wait(self, what: str, call: Callable[[], Answer]) -> Answer:
        """Call a function of somebody else's, as `guarded` does.

        Raises:
            LateError: If it, or all that were called together, take too long.
            MisbehaviourError: If it raises anything but a `KeyboardInterrupt`.
        """
        begun = monotonic()
        answer = guarded(what, call)
        self.spent += monotonic() - begun
        if self.spent > self.limit:
            raise LateError(f"its answers in one rollout take more than {self.limit:g} s")
        return answer


class _Late(BaseException):
    """The time is over."""


def guarded(what: str, call: Callable[[], Answer], limit: float = LIMIT) -> Answer:
    """Call a function of somebody else's.

    Args:
        what: What to call it in words, such as ``"it"`` or ``"its bounds"``.
        call: The function.
        limit: Seconds that it may take.

    Raises:
        LateError: If it takes longer.
        MisbehaviourError: If it raises anything but a `KeyboardInterrupt`.
    """
    try:
        return _in_time(call, limit)
    except (MisbehaviourError, KeyboardInterrupt):
        raise
    except _Late:
        raise LateError(f"{what} has not answered after {limit:g} s") from None
    except BaseException as error:
        raise MisbehaviourError(f"{what} raises {in_words(error)}") from error


@contextmanager
def guarding() -> Iterator[None]:
    """Prepare for many calls: what has to be done for each of them otherwise is done once."""
    global _prepared  # noqa: PLW0603  # as the handlers of signals are: one for the process
    if (
        _prepared
        or not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
    ):
        yield
        return
    before, _prepared = signal.signal(signal.SIGALRM, _ring), True
    try:
        yield
    finally:
        _prepared = False
        signal.signal(signal.SIGALRM, before)


@attrs.define
class _Call:
    """A call that is under way: from which frame, how often its time has rung, and whether it is over."""

    here: FrameType | None
    traced: Any
    rung: int = 0
    over: bool = False


_prepared = False
_calls: list[_Call] = []


def _is_prepared() -> bool:
    return _prepared


def _in_time(call: Callable[[], Answer], limit: float) -> Answer:
    """Interrupt what takes longer, where the platform can: on Unix, in the main thread, between two bytecodes."""
    if not _prepared:
        with guarding():
            return _in_time(call, limit) if _is_prepared() else call()
    if threading.current_thread() is not threading.main_thread():
        return call()
    under_way = _Call(sys._getframe(), sys.gettrace())  # noqa: SLF001  # as inspect.currentframe has it
    _calls.append(under_way)
    left, interval = signal.setitimer(signal.ITIMER_REAL, limit, _RING_AGAIN)
    try:
        return call()
    finally:
        under_way.over = True  # first of all: this may be interrupted again
        signal.setitimer(signal.ITIMER_REAL, left, interval)
        _calls.pop()
        if under_way.rung > 1:
            sys.settrace(under_way.traced)


def _ring(_: int, frame: FrameType | None) -> None:
    call = _calls[-1] if _calls else None
    if call is None or call.over:
        return
    call.rung += 1
    if call.rung > 1:
        _raise_again(call, frame)
    raise _Late


def _raise_again(call: _Call, frame: FrameType | None) -> None:
    """It has been caught and ignored: raise it a few bytecodes on as well, each time some others.

    Sooner or later that is where it is dealt with, and nothing catches it.
    """
    steps = call.rung

    def trace(frame: FrameType, *_: object) -> Any:
        nonlocal steps
        steps -= 1
        if steps < 0 and not call.over:
            raise _Late
        frame.f_trace_opcodes = True
        return trace

    sys.settrace(trace)
    while frame is not None and frame is not call.here:
        frame.f_trace, frame.f_trace_opcodes, frame = trace, True, frame.f_back

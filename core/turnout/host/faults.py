"""Other people's code, and how what goes wrong in it becomes one line."""

from __future__ import annotations

import importlib
import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Fault", "blamed"]

_OURS = tuple(str(Path(file).parent) for file in (__file__, importlib.__file__, pluggy.__file__) if file)


class Fault(Exception):  # noqa: N818  (it never leaves the host: it is what a report says, not an error of turnout's)
    """Why a plugin is refused: one line for its report."""

    def __init__(self, text: str) -> None:
        super().__init__(" ".join(text.split()))


@contextmanager
def blamed(doing: str) -> Iterator[None]:
    """Run code of a plugin; whatever it raises becomes a `Fault`.

    Args:
        doing: What the plugin cannot do then, to begin the line with.
    """
    try:
        yield
    except (Fault, KeyboardInterrupt):
        raise
    except BaseException as error:  # a module that calls sys.exit() is as broken as any other
        raise Fault(f"{doing}: {_words(error)}") from error


def _words(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # noqa: BLE001  (the error is the plugin's own code, too)
        text = ""
    words = f"{type(error).__name__}: {text}" if text else type(error).__name__
    place = None if isinstance(error, SyntaxError) else _place(error)  # a syntax error says where it is
    return f"{words} ({place})" if place else words


def _place(error: BaseException) -> str | None:
    """Name the innermost file and line that is neither the import machinery's nor ours."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if not frame.filename.startswith(("<frozen", *_OURS)):
            return f"{Path(frame.filename).name}, line {frame.lineno}"
    return None

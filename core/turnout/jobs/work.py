"""Work that comes in numbered pieces, and how it is handed to another process."""

from __future__ import annotations

import io
import pickle
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from turnout.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Work", "packed", "unpacked"]

Result_co = TypeVar("Result_co", covariant=True)


class Work(Protocol[Result_co]):
    """Pieces of work, each of which depends on its number alone."""

    def run(self, number: int, /) -> Result_co:
        """Do one of them."""
        raise NotImplementedError


def packed(thing: Any, arrays: Callable[[pickle.PickleBuffer], object] | None = None) -> bytes:
    """Return work, or its result, as bytes that another process reads.

    Args:
        thing: The work, or the result.
        arrays: Is given what is large, in place of copying it into the bytes; `unpacked` has to be given the same.

    Raises:
        InputError: If it cannot leave this process.
    """
    buffer = io.BytesIO()
    try:
        _Pickler(buffer, pickle.HIGHEST_PROTOCOL, buffer_callback=arrays).dump(thing)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise InputError(
            f"the work cannot be handed to another process: {error}",
            where="workers",
            hint="define strategies and invariants at the top of a module, or use one worker and no scheduler",
        ) from error
    return buffer.getvalue()


class _Pickler(pickle.Pickler):
    """Pickles read-only mappings, too, such as a manifest's parameters."""

    def reducer_override(self, obj: object) -> Any:
        if isinstance(obj, MappingProxyType):
            return _read_only, (dict(obj),)
        return NotImplemented


def _read_only(mapping: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(mapping)


def unpacked(data: bytes, arrays: Iterable[memoryview] = ()) -> Any:
    """Read what `packed` made."""
    # It comes from the process that the work was begun in.
    return pickle.loads(data, buffers=arrays)  # noqa: S301

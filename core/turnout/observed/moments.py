"""Times as the API server writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from turnout.manifest.field import Field

__all__ = ["moment", "parse_time"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_time(text: str) -> int:
    """Read a time such as ``"2026-05-01T12:00:00Z"``: microseconds since 1970.

    Raises:
        ValueError: If it is none.
    """
    read = datetime.fromisoformat(text)
    if read.tzinfo is None:
        read = read.replace(tzinfo=UTC)
    return (read - _EPOCH) // timedelta(microseconds=1)


def moment(field: Field) -> int:
    """Read the time in a field: microseconds since 1970.

    Raises:
        InputError: If it is none.
    """
    text = field.text()
    try:
        return parse_time(text)
    except (ValueError, OverflowError):
        raise field.refuse(f"{field.shown} is not a time", "write it as 2026-05-01T12:00:00Z") from None

"""The ways in which access logs write a time."""

from __future__ import annotations

import re
from datetime import date

from turnout.units import SECOND

__all__ = ["parse_stamp"]

_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
_MONTH = {name: number for number, name in enumerate(_MONTHS, start=1)}
_CLOCK = rb"(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))? ?"
_ZONE = rb"(?:([+-])(\d\d):?(\d\d)|Z|UTC|GMT)?"
_COMMON = re.compile(rb"(\d\d?)/([A-Z][a-z][a-z])/(\d{4}):" + _CLOCK + _ZONE)
_ISO = re.compile(rb"(\d{4})[-/](\d\d)[-/](\d\d)[Tt ]" + _CLOCK + _ZONE)
_NUMBER = re.compile(rb"(\d{1,20})(?:\.(\d{1,20}))?")
_EPOCH = date(1970, 1, 1).toordinal()
# The calendar's first and last second; a zone may lead beyond.
_FIRST, _LAST = (1 - _EPOCH) * 86_400, (date.max.toordinal() + 1 - _EPOCH) * 86_400 - 1
# A number of seconds that stands for a time in this millennium has 10 or 11 digits; more digits mean smaller units.
_SMALLER = ((10**17, 1_000_000_000), (10**14, 1_000_000), (10**11, 1_000))


def parse_stamp(text: bytes) -> tuple[int, bool] | None:
    """Read a time as access logs write it.

    Understood are ``01/Aug/1995:02:00:00 -0400``; ISO 8601 and RFC 3339, also with ``/`` between the parts of the date;
    and numbers since 1970: seconds, or by their size milli-, micro- or nanoseconds. A time without a zone is
    taken as UTC.

    Args:
        text: The time as it is written, without brackets.

    Returns:
        Microseconds since 1970 (UTC), and whether the text gives whole seconds only; None for what is no time or no
        day of the calendar.
    """
    found = _COMMON.fullmatch(text)
    if found:
        day, month, year, *clock = found.groups()
        return _moment(int(year), _MONTH.get(month, 0), int(day), clock)
    found = _ISO.fullmatch(text)
    if found:
        year, month, day, *clock = found.groups()
        return _moment(int(year), int(month), int(day), clock)
    found = _NUMBER.fullmatch(text)
    return _since_epoch(int(found[1]), found[2] or b"") if found else None


def _moment(year: int, month: int, day: int, clock: list[bytes]) -> tuple[int, bool] | None:
    hour, minute, second, fraction, sign, zone_hours, zone_minutes = clock
    hours, minutes, whole = int(hour), int(minute), int(second)
    try:
        days = date(year, month, day).toordinal() - _EPOCH
    except ValueError:
        return None
    if hours > 23 or minutes > 59 or whole > 60:  # 60 is a leap second
        return None
    whole += days * 86_400 + hours * 3_600 + minutes * 60
    if sign:
        if int(zone_hours) > 23 or int(zone_minutes) > 59:
            return None
        offset = int(zone_hours) * 3_600 + int(zone_minutes) * 60
        whole += offset if sign == b"-" else -offset
    if not _FIRST <= whole <= _LAST:
        return None
    part = int(fraction[:6].ljust(6, b"0")) if fraction else 0
    return whole * SECOND + part, not fraction


def _since_epoch(whole: int, fraction: bytes) -> tuple[int, bool] | None:
    units = next((units for above, units in _SMALLER if whole >= above), 1)
    time = whole * SECOND // units
    if units == 1 and fraction:
        time += int(fraction[:6].ljust(6, b"0"))
    if time // SECOND > _LAST:
        return None
    return time, units == 1 and not fraction

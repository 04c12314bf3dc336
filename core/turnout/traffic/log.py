"""From the lines of an access log to arrays of requests, and a count of the lines that cannot be used."""

from __future__ import annotations

from array import array
from contextlib import closing
from enum import StrEnum
from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.errors import InputError, escaped
from turnout.traffic.lines import split_line
from turnout.traffic.logged import LoggedRequests
from turnout.traffic.reading import LONGEST_LINE, name_of, read_blocks
from turnout.traffic.stamps import parse_stamp
from turnout.traffic.targets import is_asset, parse_request, path_of_referer, shows_page

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["AccessLogContent", "Example", "Reason", "Unusable", "read_log"]

_EXAMPLES = 3
_SHOWN = 120
# Text has none of these; no writer of access logs leaves them unescaped.
_BINARY = bytes({*range(32), 127} - set(b"\t\n\v\f\r\x1b"))


class Reason(StrEnum):
    """Why a line cannot be used."""

    TOO_LONG = "longer than 64 KiB"
    NO_LOG_LINE = "not in a known log format"
    NO_CLIENT = "no client"
    NO_TIME = "no time that exists"
    NO_REQUEST = "no request"
    NOT_HTTP = "not an HTTP request"
    METHOD = "a method that no page view uses"


@attrs.frozen
class Example:
    """A line that cannot be used.

    Attributes:
        line: Its number, from 1.
        text: Its beginning, printable.
    """

    line: int
    text: str


@attrs.frozen
class Unusable:
    """The lines that cannot be used for one reason.

    Attributes:
        reason: The reason, in words.
        count: How many lines.
        examples: The first three of them.
    """

    reason: str
    count: int
    examples: tuple[Example, ...]


@attrs.frozen(kw_only=True, eq=False)
class AccessLogContent:
    """What a log holds.

    Attributes:
        source: What was read.
        lines: How many lines it has; blank ones are not counted.
        requests: The usable ones, a request each, in the order of the lines.
        unusable: The others, by reason, the commonest first.
        clients: How many different clients there are: addresses, with the user agent where there is one.
        hosts: How many different virtual hosts are named.
    """

    source: str
    lines: int
    requests: LoggedRequests
    unusable: tuple[Unusable, ...]
    clients: int
    hosts: int


def read_log(path: str | Path) -> AccessLogContent:
    """Read an access log: Apache's and nginx's text formats and JSON lines, also mixed; plain or gzip.

    Every request that a browser's page view may consist of is used, whatever its status: what is replayed is what users
    asked for, not what they were answered. Lines may be in any order.

    Args:
        path: The file, or ``"-"`` for standard input.

    Raises:
        InputError: If it cannot be read, is binary or empty, or has no usable line.
    """
    source = name_of(path)
    table = _Table()
    rejected = _Rejected()
    lines = number = 0
    with closing(read_blocks(path)) as blocks:
        for block in blocks:
            for raw in block:
                number += 1
                line = raw.strip(b" \t\r\v\f\0")
                if number == 1:
                    line = line.removeprefix(b"\xef\xbb\xbf")
                if line:
                    lines += 1
                    reason = Reason.TOO_LONG if len(raw) > LONGEST_LINE else table.add(line)
                    if reason:
                        rejected.add(reason, number, raw)
            if rejected.binary and not len(table):
                break
    if not len(table):
        raise rejected.nothing_usable(lines, source)
    return AccessLogContent(
        source=source,
        lines=lines,
        requests=table.requests(),
        unusable=rejected.counts(),
        clients=table.clients,
        hosts=table.hosts,
    )


@attrs.define
class _Rejected:
    """Counts of unusable lines, with the first examples of each kind."""

    binary: bool = False
    _count: dict[Reason, int] = attrs.field(factory=dict)
    _examples: dict[Reason, list[Example]] = attrs.field(factory=dict)

    def add(self, reason: Reason, number: int, line: bytes) -> None:
        self._count[reason] = self._count.get(reason, 0) + 1
        self.binary = self.binary or len(line.translate(None, _BINARY)) < len(line)
        examples = self._examples.setdefault(reason, [])
        if len(examples) < _EXAMPLES:
            examples.append(Example(number, _printable(line)))

    def counts(self) -> tuple[Unusable, ...]:
        by_count = sorted(self._count.items(), key=lambda each: (-each[1], each[0]))
        return tuple(Unusable(str(r), count, tuple(self._examples[r])) for r, count in by_count)

    def nothing_usable(self, lines: int, where: str) -> InputError:
        """Say why a log without a usable line has none."""
        if self.binary:
            return InputError(
                "this is binary, not an access log", where=where, hint="give text in UTF-8, plain or gzip"
            )
        if not lines:
            return InputError("this log is empty", where=where, hint="give a log with requests in it")
        worst = self.counts()[0]
        example = worst.examples[0]
        return InputError(
            f"none of its {lines:,} lines can be used; {worst.count:,} for this reason: {worst.reason}, "
            f"such as line {example.line}: {example.text}",
            where=where,
            hint="known are common, combined and vhost-prefixed lines, and JSON lines of nginx and Caddy",
        )


def _printable(line: bytes) -> str:
    """Shorten a line for a message."""
    text = escaped(line.removesuffix(b"\r")[: _SHOWN + 1].decode("utf-8", "backslashreplace"))
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


@attrs.define
class _Table:
    """The columns of `LoggedRequests` while they grow, and the numbers given to texts."""

    _time: array[int] = attrs.field(factory=lambda: array("q"))
    _client: array[int] = attrs.field(factory=lambda: array("q"))
    _path: array[int] = attrs.field(factory=lambda: array("q"))
    _referer: array[int] = attrs.field(factory=lambda: array("q"))
    _whole: bytearray = attrs.field(factory=bytearray)
    _asset: bytearray = attrs.field(factory=bytearray)
    _shows: bytearray = attrs.field(factory=bytearray)
    _referer_asset: bytearray = attrs.field(factory=bytearray)
    _clients: dict[tuple[bytes, bytes], int] = attrs.field(factory=dict)
    _paths: dict[bytes, int] = attrs.field(factory=dict)
    _hosts: set[bytes] = attrs.field(factory=set)
    # Neighbouring lines mostly carry the same stamp.
    _last_stamp: bytes = b""
    _last_moment: tuple[int, bool] | None = None

    def __len__(self) -> int:
        return len(self._time)

    def add(self, line: bytes) -> Reason | None:  # noqa: PLR0911  (a reason each)
        """Add what a line says, or return why it says nothing."""
        fields = split_line(line)
        if fields is None:
            return Reason.NO_LOG_LINE
        if not fields.client:
            return Reason.NO_CLIENT
        if fields.stamp != self._last_stamp:
            self._last_stamp, self._last_moment = fields.stamp, parse_stamp(fields.stamp)
        if self._last_moment is None:
            return Reason.NO_TIME
        if not fields.request:
            return Reason.NO_REQUEST
        target = parse_request(fields.request)
        if target is None:
            return Reason.NOT_HTTP
        if not target.counts:
            return Reason.METHOD
        time, whole = self._last_moment
        referer = path_of_referer(fields.referer)
        self._time.append(time)
        self._whole.append(whole)
        self._client.append(self._clients.setdefault((fields.client, fields.agent), len(self._clients)))
        self._path.append(self._paths.setdefault(target.path, len(self._paths)))
        self._asset.append(target.asset)
        self._shows.append(not target.asset and shows_page(target.method, fields.status))
        self._referer.append(self._paths.setdefault(referer, len(self._paths)) if referer else -1)
        self._referer_asset.append(is_asset(referer))
        if fields.host:
            self._hosts.add(fields.host)
        return None

    @property
    def clients(self) -> int:
        return len(self._clients)

    @property
    def hosts(self) -> int:
        return len(self._hosts)

    def requests(self) -> LoggedRequests:
        """Return the arrays."""
        return LoggedRequests(
            time=np.array(self._time, np.int64),
            whole_seconds=np.array(self._whole, bool),
            client=np.array(self._client, np.int64),
            asset=np.array(self._asset, bool),
            shows_page=np.array(self._shows, bool),
            path=np.array(self._path, np.int64),
            referer=np.array(self._referer, np.int64),
            referer_asset=np.array(self._referer_asset, bool),
        )

"""From the lines of an access log to records of requests, block by block, and a count of the lines of no use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from turnout.traffic.clean import CleanLines, Lines
from turnout.traffic.lines import split_line
from turnout.traffic.reading import LONGEST_LINE
from turnout.traffic.records import (
    ASSET,
    NO_PATH,
    REFERER_ASSET,
    SHOWS_PAGE,
    WHOLE_SECONDS,
    make_requests,
)
from turnout.traffic.rejected import Reason, Rejected
from turnout.traffic.stamps import parse_stamp
from turnout.traffic.targets import is_asset, parse_request, path_of_referer, shows_page
from turnout.traffic.words import keys_of, pair_keys

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LogReader"]

_BLANK = b" \t\r\v\f\0"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@attrs.define
class LogReader:
    """Reads an access log: Apache's and nginx's text formats and JSON lines, also mixed.

    Every request that a browser's page view may consist of is used, whatever its status: what is replayed is what users
    asked for, not what they were answered. Lines may be in any order.

    Attributes:
        lines: How many lines there were so far; blank ones are not counted.
        requests: How many of them could be used, a request each.
        rejected: The others.
    """

    lines: int = 0
    requests: int = 0
    rejected: Rejected = attrs.field(factory=Rejected)
    _read: int = 0
    _clean: CleanLines = attrs.field(factory=CleanLines)

    @property
    def hopeless(self) -> bool:
        """Whether what was read so far is binary, with no line that can be used."""
        return self.rejected.binary and not self.requests

    def read(self, block: bytes) -> tuple[NDArray[np.void], set[bytes]]:
        """Read the next lines.

        Args:
            block: Whole lines, each with its line feed.

        Returns:
            Shape (N,), of dtype `records.REQUEST`: their requests, in the order of the lines. And the virtual hosts
            that they name.
        """
        lines = Lines.of(block)
        line, requests = self._clean.find(lines)
        self.lines += len(lines.end)
        careful = _Careful()
        if len(line) < len(lines.end):
            rest = np.ones(len(lines.end), bool)
            rest[line] = False
            for each in np.flatnonzero(rest).tolist():
                self._read_carefully(careful, each, block[lines.begin[each] : lines.end[each]])
        if careful.line:
            line = np.concatenate([line, np.array(careful.line, np.int64)])
            requests = np.concatenate([requests, careful.requests()])[np.argsort(line, kind="stable")]
        requests["number"] = np.arange(self.requests, self.requests + len(requests))
        self._read += len(lines.end)
        self.requests += len(requests)
        return requests, careful.hosts

    def _read_carefully(self, careful: _Careful, place: int, raw: bytes) -> None:
        """Read one line of the block."""
        number = self._read + place + 1
        line = raw.strip(_BLANK)
        if number == 1:
            line = line.removeprefix(_BYTE_ORDER_MARK)
        if not line:
            self.lines -= 1
            return
        reason = Reason.TOO_LONG if len(raw) > LONGEST_LINE else careful.add(place, line)
        if reason:
            self.rejected.add(reason, number, raw)


@attrs.define
class _Careful:
    """Requests of lines that are read one by one, as columns while they grow."""

    line: list[int] = attrs.field(factory=list)
    hosts: set[bytes] = attrs.field(factory=set)
    _time: list[int] = attrs.field(factory=list)
    _client: list[bytes] = attrs.field(factory=list)
    _agent: list[bytes] = attrs.field(factory=list)
    _path: list[bytes] = attrs.field(factory=list)
    _referer: list[bytes] = attrs.field(factory=list)
    _flags: list[int] = attrs.field(factory=list)
    # Neighbouring lines mostly carry the same stamp.
    _last_stamp: bytes = b""
    _last_moment: tuple[int, bool] | None = None

    def add(self, place: int, line: bytes) -> Reason | None:  # noqa: PLR0911  (a reason each)
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
        shows = not target.asset and shows_page(target.method, fields.status)
        self.line.append(place)
        self._time.append(time)
        self._client.append(fields.client)
        self._agent.append(fields.agent)
        self._path.append(target.path)
        self._referer.append(referer)
        self._flags.append(
            WHOLE_SECONDS * whole
            | ASSET * target.asset
            | SHOWS_PAGE * shows
            | REFERER_ASSET * is_asset(referer)
        )
        if fields.host:
            self.hosts.add(fields.host)
        return None

    def requests(self) -> NDArray[np.void]:
        """Return the records."""
        named = np.array([bool(each) for each in self._referer], bool)
        return make_requests(
            client=pair_keys(keys_of(self._client), keys_of(self._agent)),
            time=np.array(self._time, np.int64),
            path=keys_of(self._path),
            referer=np.where(named, keys_of(self._referer), NO_PATH),
            flags=np.array(self._flags, np.uint8),
        )

"""The line formats of access logs: which piece of a line is the client, the time, the request, the referer.

Text lines are Apache's and nginx's: common, combined (its referer and user agent may be missing, more fields may
follow), and either with something before it: a virtual host, a syslog or container prefix. JSON lines are nginx's
usual fields and Caddy's. Which it is, is decided line by line, so that a mixture can be read. Bytes are never decoded
unless JSON asks for it: what is not UTF-8 stays what it is.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

__all__ = ["Fields", "split_line"]


class Fields(NamedTuple):
    """The pieces of one line that matter here; empty where the line has none.

    Attributes:
        client: The address that asked: the first of X-Forwarded-For where the line has it, or the remote address.
        stamp: The time as it is written.
        request: The request line, such as ``GET / HTTP/1.1``.
        status: The status as it is written.
        referer: The referring URL.
        agent: The user agent.
        host: The virtual host.
    """

    client: bytes
    stamp: bytes
    request: bytes
    status: bytes
    referer: bytes
    agent: bytes
    host: bytes


_QUOTED = rb'"([^"\\]*(?:\\.[^"\\]*)*)"'
_ADDRESS = rb"\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+"
# A quote inside of a request is escaped, or was not and is not followed by a status. The user agent's last quote may
# be missing: some writers cut long lines.
_REST = (
    rb' \[([^\]]{0,80})\] "([^"\\]*(?:(?:\\.|"(?! \d{3}(?:\s|$)))[^"\\]*)*)" (\d{3})(?!\S)(?: (?:\d+|-)(?!\S))?'
    rb"(?: " + _QUOTED + rb"(?: " + _QUOTED + rb'?(?: "(' + _ADDRESS + rb')[^"]*")?)?)?'
)
_PLAIN = re.compile(rb"(\S+) \S+ \S+" + _REST, re.DOTALL)
# The client is the word before " - ", wherever that is; the bounds keep hostile lines from costing quadratic time.
_PREFIXED = re.compile(rb"(?:(.{0,300}?) )??(\S{1,300}) - [^\[]{0,200}?" + _REST, re.DOTALL)
_HOST = re.compile(rb"[\w.-]+(?::\d+)?|\[[0-9A-Fa-f:.]+\](?::\d+)?")
_PORT = re.compile(r"(?:\[([^\]]+)\]|([^:]+)):\d+")
_NGINX_ESCAPE = re.compile(r"\\x([0-9A-Fa-f]{2})")

# The finer ones first.
_TIME = ("msec", "@timestamp", "timestamp", "ts", "time_iso8601", "time_local", "time")
_FORWARDED = ("http_x_forwarded_for", "x_forwarded_for")
_CLIENT = ("remote_addr", "client_ip", "remote_ip", "clientip", "client")
_METHOD = ("request_method", "method")
_TARGET = ("request_uri", "uri", "path")
_REFERER = ("http_referer", "http_referrer", "referer", "referrer")
_AGENT = ("http_user_agent", "user_agent", "agent")
_HOSTS = ("http_host", "host", "server_name", "vhost")


def split_line(line: bytes) -> Fields | None:
    """Split a line into its pieces.

    Args:
        line: One line, without white space around it.

    Returns:
        The pieces, or None if the line has none of the known formats.
    """
    if line.startswith(b"{"):
        return _split_json(line)
    found = _PLAIN.match(line)
    if found:
        client, stamp, request, status, referer, agent, forwarded = found.groups(b"")
        prefix = b""
    else:
        found = _PREFIXED.match(line)
        if not found:
            return None
        prefix, client, stamp, request, status, referer, agent, forwarded = found.groups(b"")
        if prefix.endswith(b","):  # a list of addresses, from X-Forwarded-For; the first is the browser's
            words = prefix.split()
            while len(words) > 1 and words[-2].endswith(b","):
                words.pop()
            client, prefix = words[-1], b""
    client = forwarded or client.rstrip(b",")
    return Fields(
        client=b"" if client == b"-" else client,
        stamp=stamp,
        request=b"" if request == b"-" else request,
        status=status,
        referer=b"" if referer == b"-" else referer,
        agent=b"" if agent == b"-" else agent,
        host=prefix if _HOST.fullmatch(prefix) else b"",
    )


def _split_json(line: bytes) -> Fields | None:
    record = _read_json(line.decode("utf-8", "surrogateescape"))
    if record is None:
        return None
    inner = record.get("request")
    parts = inner if isinstance(inner, dict) else record  # Caddy nests what it knows of the request
    headers = parts.get("headers")
    request = _text(record, ("request",))
    if not request:
        method, target = _text(parts, _METHOD), _text(parts, _TARGET)
        request = f"{method} {target}" if method and target else ""
    forwarded = _text(parts, _FORWARDED) or _header(headers, "x-forwarded-for")
    client = forwarded.partition(",")[0].strip() or _text(parts, ("client_ip", *_CLIENT))
    with_port = _PORT.fullmatch(client)
    if with_port:
        client = with_port[1] or with_port[2]
    pieces = (
        client,
        _text(record, _TIME),
        request,
        _text(record, ("status",)),
        _text(parts, _REFERER) or _header(headers, "referer"),
        _text(parts, _AGENT) or _header(headers, "user-agent"),
        _text(parts, _HOSTS),
    )
    return Fields(*(piece.encode("utf-8", "surrogatepass") for piece in pieces))


def _read_json(text: str) -> dict[str, Any] | None:
    """Read one JSON object, its numbers left as they are written; None if it is not one."""
    # nginx without ``escape=json`` writes \x22, which JSON does not know.
    for written in (text, _NGINX_ESCAPE.sub(r"\\u00\1", text)):
        try:
            record = json.loads(written, parse_float=str, parse_int=str, parse_constant=str)
        except (ValueError, RecursionError):
            continue
        return record if isinstance(record, dict) else None
    return None


def _text(record: dict[str, Any], names: tuple[str, ...]) -> str:
    """The first of these fields that says something, or nothing."""
    for name in names:
        value = record.get(name)
        if isinstance(value, str) and value not in ("", "-"):
            return value
    return ""


def _header(headers: Any, name: str) -> str:
    """The first value of a header in Caddy's ``{"Name": ["value", …]}``, or nothing."""
    if isinstance(headers, dict):
        for key, values in headers.items():
            if key.lower() == name and isinstance(values, list) and values and isinstance(values[0], str):
                return values[0]
    return ""

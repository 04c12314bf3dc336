"""Writers of every log format that is read, for round trips: what Apache, nginx and Caddy would write."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType
from typing import TYPE_CHECKING

import attrs
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["CARRIES", "FORMATS", "Entry", "entries", "lines", "moments", "resolution"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@attrs.frozen(kw_only=True)
class Entry:
    """One request as a server knows it."""

    client: str
    time: int  # microseconds since 1970
    zone: int = 0  # minutes east of Greenwich
    method: str = "GET"
    target: str = "/"
    status: int = 200
    referer: str = ""
    agent: str = ""
    host: str = "www.example.org"

    @property
    def local(self) -> datetime:
        return (_EPOCH + timedelta(microseconds=self.time)).astimezone(timezone(timedelta(minutes=self.zone)))

    @property
    def common_time(self) -> str:
        month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][
            self.local.month - 1
        ]
        clock = f"{self.local.hour:02}:{self.local.minute:02}:{self.local.second:02}"
        sign = "-" if self.zone < 0 else "+"
        offset = f"{sign}{abs(self.zone) // 60:02}{abs(self.zone) % 60:02}"
        return f"{self.local.day:02}/{month}/{self.local.year:04}:{clock} {offset}"

    @property
    def request(self) -> str:
        return f"{self.method} {self.target} HTTP/1.1"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _common(entry: Entry) -> str:
    request = _escaped(entry.request)
    return f'{entry.client} - - [{entry.common_time}] "{request}" {entry.status} 512'


def _with_referer(entry: Entry) -> str:
    return f'{_common(entry)} "{_escaped(entry.referer) or "-"}"'


def _combined(entry: Entry) -> str:
    return f'{_with_referer(entry)} "{_escaped(entry.agent) or "-"}"'


def _vhost(entry: Entry) -> str:
    return f"{entry.host}:443 {_combined(entry)}"


def _vhost_nginx(entry: Entry) -> str:
    return f"{entry.host} {_combined(entry)} 0.013 0.012 ."


def _forwarded(entry: Entry) -> str:
    behind = attrs.evolve(entry, client="10.1.2.3")
    return f'{_combined(behind)} "{entry.client}, 10.9.9.9"'


def _syslog(entry: Entry) -> str:
    return f"<190>Oct 11 22:14:15 web1 nginx: {_combined(entry)}"


def _kubectl(entry: Entry) -> str:
    return f"[pod/web-5d4f/nginx] {_combined(entry)}"


def _nginx_json(entry: Entry) -> str:
    return json.dumps(
        {
            "time_iso8601": entry.local.isoformat(timespec="seconds"),
            "remote_addr": entry.client,
            "request": entry.request,
            "status": str(entry.status),
            "body_bytes_sent": 512,
            "http_referer": entry.referer or "-",
            "http_user_agent": entry.agent or "-",
            "http_host": entry.host,
        }
    )


def _nginx_json_parts(entry: Entry) -> str:
    record = {
        "msec": f"{entry.time // 1_000_000}.{entry.time // 1_000 % 1_000:03}",
        "remote_addr": entry.client,
        "request_method": entry.method,
        "request_uri": entry.target,
        "status": entry.status,
        "http_referer": entry.referer,
        "http_user_agent": entry.agent,
        "host": entry.host,
    }
    return json.dumps(record, ensure_ascii=False)


def _caddy(entry: Entry) -> str:
    headers = {"Accept": ["*/*"], "User-Agent": [entry.agent], "Referer": [entry.referer]}
    address = f"[{entry.client}]" if ":" in entry.client else entry.client
    return json.dumps(
        {
            "level": "info",
            "ts": entry.time / 1e6,
            "logger": "http.log.access.log0",
            "msg": "handled request",
            "request": {
                "remote_addr": f"{address}:41342",
                "proto": "HTTP/2.0",
                "method": entry.method,
                "host": entry.host,
                "uri": entry.target,
                "headers": {name: values for name, values in headers.items() if values[0]},
            },
            "duration": 0.000929675,
            "size": 512,
            "status": entry.status,
        }
    )


def _caddy_iso(entry: Entry) -> str:
    record = json.loads(_caddy(entry))
    record["ts"] = entry.local.isoformat(timespec="milliseconds")
    record["request"]["remote_ip"] = "10.1.2.3"
    record["request"]["client_ip"] = entry.client
    return json.dumps(record)


FORMATS: Mapping[str, Callable[[Entry], str]] = MappingProxyType(
    {
        "common": _common,
        "with referer": _with_referer,
        "combined": _combined,
        "vhost_combined": _vhost,
        "nginx vhost": _vhost_nginx,
        "forwarded for": _forwarded,
        "syslog": _syslog,
        "kubectl": _kubectl,
        "nginx json": _nginx_json,
        "nginx json parts": _nginx_json_parts,
        "caddy": _caddy,
        "caddy iso": _caddy_iso,
    }
)

_TEXT = ("client", "method", "target", "status")
CARRIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "common": _TEXT,
        "with referer": (*_TEXT, "referer"),
        "combined": (*_TEXT, "referer", "agent"),
        "forwarded for": (*_TEXT, "referer", "agent"),
        "syslog": (*_TEXT, "referer", "agent"),
        "kubectl": (*_TEXT, "referer", "agent"),
    }
    | dict.fromkeys(
        ("vhost_combined", "nginx vhost", "nginx json", "nginx json parts", "caddy", "caddy iso"),
        (*_TEXT, "referer", "agent", "host"),
    )
)
"""What each format writes, besides the time."""

_RESOLUTION = {"nginx json parts": 1_000, "caddy": 1, "caddy iso": 1_000}
"""Microseconds, where it is finer than a second."""


def resolution(name: str) -> int:
    return _RESOLUTION.get(name, 1_000_000)


_CLIENTS = st.sampled_from(
    ("10.0.0.7", "203.0.113.9", "::1", "2001:db8::ff00:42:8329", "pppa006.compuserve.com")
)
# Whatever a browser may send. Quotes and backslashes are what an escape is for; controls are escaped by servers.
_VISIBLE = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_characters="\x7f"), max_size=12
)
_PHRASE = _VISIBLE.map(lambda text: text.strip("-"))
_TARGETS = st.builds("/{}".format, _VISIBLE)
moments = st.integers(10**6, 4 * 10**15)
"""Up to the year 2096, which is how numbers are told from smaller units."""


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    return Entry(
        client=draw(_CLIENTS),
        time=draw(moments),
        zone=draw(st.integers(-14 * 60, 14 * 60)),
        method=draw(st.sampled_from(("GET", "POST", "HEAD", "PUT", "OPTIONS"))),
        target=draw(_TARGETS),
        status=draw(st.integers(100, 599)),
        referer=draw(st.just("") | st.builds("https://a.example{}".format, _TARGETS)),
        agent=draw(st.just("") | st.builds("Mozilla {} end".format, _PHRASE)),
    )


def lines(records: list[Entry], name: str = "combined") -> bytes:
    """A log in one format."""
    return "".join(f"{FORMATS[name](each)}\n" for each in records).encode()

"""Lines: every format that servers write is read back, and nothing whatever makes the parser fail."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.traffic.formats import CARRIES, FORMATS, Entry, entries, resolution
from turnout.traffic.lines import Fields, split_line
from turnout.traffic.stamps import parse_stamp

_JSON = {"nginx json", "nginx json parts", "caddy", "caddy iso"}


def _written(entry: Entry, name: str) -> dict[str, bytes]:
    """What the line says, in the parser's terms: text formats keep their escapes."""

    def plain(text: str) -> bytes:
        escaped = text if name in _JSON else text.replace("\\", "\\\\").replace('"', '\\"')
        return escaped.encode()

    request = f"{entry.method} {entry.target}"
    if name in _JSON - {"nginx json"}:
        fields = {"request": plain(request)}
    else:
        fields = {"request": plain(f"{request} HTTP/1.1")}
    carried = CARRIES[name]
    named = name == "forwarded for" and entry.client.endswith(".com")  # X-Forwarded-For has addresses only
    fields["client"] = b"10.1.2.3" if named else entry.client.encode()
    fields["status"] = str(entry.status).encode()
    for field, value in (("referer", entry.referer), ("agent", entry.agent)):
        fields[field] = plain(value) if field in carried else b""
    if "host" in carried:
        fields["host"] = f"{entry.host}:443".encode() if name == "vhost_combined" else entry.host.encode()
    else:
        fields["host"] = b""
    return fields


@pytest.mark.parametrize("name", FORMATS)
@given(entry=entries())
def test_round_trip(name: str, entry: Entry) -> None:
    fields = split_line(FORMATS[name](entry).encode())
    assert fields is not None
    got = fields._asdict()
    stamp = parse_stamp(got.pop("stamp"))
    assert got == _written(entry, name)
    assert stamp is not None
    step = resolution(name)
    if name == "caddy":  # a float; the last microsecond of it is lost in writing
        assert abs(stamp[0] - entry.time) <= 1
    else:
        assert stamp[0] == entry.time // step * step
        assert stamp[1] == (step == 1_000_000)


@given(st.binary(max_size=300))
@example(b"{" + b'"a":[' * 5_000)
@example(b'{"ts": NaN, "request": {"headers": {"Referer": [1]}}}')
@example(b'{"remote_addr": "\\ud800", "request": "GET / HTTP/1.1", "status": 200}')
@example(b'{"status": ' + b"9" * 5_000 + b"}")
def test_no_bytes_make_it_fail(line: bytes) -> None:
    fields = split_line(line)
    assert fields is None or all(isinstance(each, bytes) for each in fields)


@given(st.sampled_from(sorted(FORMATS)), entries(), st.data())
def test_no_damage_makes_it_fail(name: str, entry: Entry, data: st.DataObject) -> None:
    line = FORMATS[name](entry).encode()
    begin = data.draw(st.integers(0, len(line)))
    end = data.draw(st.integers(begin, len(line)))
    split_line(line[:begin] + data.draw(st.binary(max_size=4)) + line[end:])


@pytest.mark.parametrize(
    "hostile", [b"- " * 30_000, b"a" * 60_000, b"a - [" * 10_000, b'a b c [d] "' + b'\\"' * 30_000]
)
def test_hostile_lines_are_refused(hostile: bytes) -> None:
    # A pattern that backtracks over these would take minutes.
    assert split_line(hostile) is None


_DAY = b"[01/Aug/1995:02:00:00 -0400]"


def _fields(line: bytes) -> Fields:
    fields = split_line(line)
    assert fields is not None
    return fields


@pytest.mark.parametrize(
    ("line", "client", "agent"),
    [
        (b"a - - " + _DAY + b' "GET / HTTP/1.0" 200 -', b"a", b""),
        (b"a - - " + _DAY + b' "GET / HTTP/1.0" 200', b"a", b""),
        (b"a - John Smith " + _DAY + b' "GET / HTTP/1.0" 200 1', b"a", b""),
        (b'a - "" ' + _DAY + b' "GET / HTTP/1.0" 200 1', b"a", b""),
        (b"a.b:80 ::1 - - " + _DAY + b' "GET / HTTP/1.0" 200 1', b"::1", b""),
        (b"[::1]:80 ::1 - - " + _DAY + b' "GET / HTTP/1.0" 200 1', b"::1", b""),
        (b"1.1.1.1, 2.2.2.2 - - " + _DAY + b' "GET / HTTP/1.0" 200 1', b"1.1.1.1", b""),
        (b"1.1.1.1, 2.2.2.2, 3.3.3.3 - - " + _DAY + b' "GET / HTTP/1.0" 200 1', b"1.1.1.1", b""),
        (b"x 1.1.1.1, 2.2.2.2, 3.3.3.3 - - " + _DAY + b' "GET / HTTP/1.0" 200 1', b"1.1.1.1", b""),
        (
            b"2023-10-06T00:17:09.66Z stdout F 1.1.1.1 - - " + _DAY + b' "GET / HTTP/1.0" 200 1',
            b"1.1.1.1",
            b"",
        ),
        (b"- - - " + _DAY + b' "GET / HTTP/1.0" 200 1', b"", b""),
        (
            b"a - - " + _DAY + b' "GET / HTTP/1.0" 200 1 "-" "Mozilla/4.7 [en] (X11)"',
            b"a",
            b"Mozilla/4.7 [en] (X11)",
        ),
        (b"a - - " + _DAY + b' "GET / HTTP/1.0" 200 1 "-" "Mozilla cut', b"a", b"Mozilla cut"),
        (b"a - - " + _DAY + b' "GET / HTTP/1.0" 200 1 "-" "A \\"B\\" C" "-"', b"a", b'A \\"B\\" C'),
        (b"a - - " + _DAY + b' "GET / HTTP/1.0" 200 1 "-" "A" "www.example.org"', b"a", b"A"),
        (b"a - - " + _DAY + b' "GET / HTTP/1.0" 200 1 "-" "A" "cafe.de"', b"a", b"A"),
        (b"a - - " + _DAY + b' "GET / HTTP/1.0" 200 1 "-" "A" "2001:db8::1, b"', b"2001:db8::1", b"A"),
    ],
)
def test_oddities_of_text(line: bytes, client: bytes, agent: bytes) -> None:
    fields = _fields(line)
    assert (fields.client, fields.agent) == (client, agent)
    assert fields.request == b"GET / HTTP/1.0"
    assert fields.status == b"200"


def test_quotes_in_a_request_that_nobody_escaped() -> None:
    line = b"a - - " + _DAY + b' "GET /images/"><img src="x HTTP/1.0" 404 - "-" "A"'
    assert _fields(line).request == b'GET /images/"><img src="x HTTP/1.0'


def test_bytes_that_are_no_text_stay_what_they_are() -> None:
    line = b"a - - " + _DAY + b' "GET /caf\xe9 HTTP/1.0" 200 - "-" "\xff"'
    assert _fields(line).request == b"GET /caf\xe9 HTTP/1.0"
    assert _fields(line).agent == b"\xff"


@pytest.mark.parametrize(
    "line",
    [
        b"a - - " + _DAY + b' "GET / HTTP/1.0" OK -',
        b"a - - " + _DAY + b' "GET / HTTP/1.0" 2000 -',
        b"a - - " + _DAY + b' "GET / HTTP/1.0',
        b"a - - 01/Aug/1995 GET / 200",
        b"[1, 2]",
        b'{"remote_addr": "a"',
        b"{}{}",
        b"#Fields: date time c-ip",
    ],
)
def test_what_is_no_log_line(line: bytes) -> None:
    assert split_line(line) is None


def test_json_with_nginx_own_escapes() -> None:
    line = rb'{"remote_addr":"a","request":"GET / HTTP/1.1","status":200,"http_user_agent":"A \x22B\x22 C","msec":1.5}'
    assert _fields(line).agent == b'A "B" C'


def test_json_that_is_something_else_has_no_request() -> None:
    fields = _fields(b'{"level":"info","ts":1646861401.5,"logger":"tls","msg":"certificate obtained"}')
    assert (fields.client, fields.request, fields.status) == (b"", b"", b"")


def test_json_client_is_the_first_that_was_forwarded_for() -> None:
    line = b'{"remote_addr":"10.0.0.1","http_x_forwarded_for":"203.0.113.7, 10.0.0.2","request":"GET / HTTP/1.1"}'
    assert _fields(line).client == b"203.0.113.7"

"""Targets: what a request asks for, told by method, path and status."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnout.traffic.targets import METHODS, is_asset, parse_request, path_of_referer, shows_page


@pytest.mark.parametrize(
    ("request_line", "path", "asset"),
    [
        (b"GET / HTTP/1.0", b"/", False),
        (b"GET /", b"/", False),
        (b"GET /a/b.CSS?v=1.html HTTP/2.0", b"/a/b.CSS", True),
        (b"GET /sites/all/themes/nodes.css?ls5cse HTTP/1.1", b"/sites/all/themes/nodes.css", True),
        (b"GET /index.php?file=x.js HTTP/1.1", b"/index.php", False),
        (b"GET /shop/cart;jsessionid=1 HTTP/1.1", b"/shop/cart", False),
        (b"GET /a.js;v=1 HTTP/1.1", b"/a.js", True),
        (b"GET /css HTTP/1.1", b"/css", False),
        (b"GET /v1.js/readme HTTP/1.1", b"/v1.js/readme", False),
        (b"GET /two words.html HTTP/1.0", b"/two words.html", False),
        (b"GET http://www.example.org:8080/x.png?y HTTP/1.1", b"/x.png", True),
        (b"GET http://www.example.org HTTP/1.1", b"/", False),
        (b"POST /login HTTP/1.1", b"/login", False),
        (b"HEAD /logo.gif HTTP/1.1", b"/logo.gif", True),
        (b"PUT /cart HTTP/1.1", b"/cart", True),
        (b"DELETE /cart/1 HTTP/1.1", b"/cart/1", True),
    ],
)
def test_documents_and_assets(request_line: bytes, path: bytes, asset: bool) -> None:  # noqa: FBT001  (a table)
    target = parse_request(request_line)
    assert target is not None
    assert (target.path, target.asset, target.counts) == (path, asset, True)


@pytest.mark.parametrize(
    "line", [b"OPTIONS * HTTP/1.0", b"CONNECT a:443 HTTP/1.1", b"PROPFIND / HTTP/1.1", b"XGET / HTTP/1.0"]
)
def test_methods_that_no_page_view_uses(line: bytes) -> None:
    target = parse_request(line)
    assert target is not None
    assert not target.counts


@pytest.mark.parametrize(
    "line", [b"", b"-", b"GET", b"GET ", b"get / HTTP/1.1", b"\\x80w\\x01", b"\x16\x03\x01", b" GET /"]
)
def test_what_is_no_request(line: bytes) -> None:
    assert parse_request(line) is None


@given(st.binary(max_size=60))
def test_nothing_makes_it_fail(text: bytes) -> None:
    target = parse_request(text)
    assert target is None or target.path
    path_of_referer(text)


@given(st.text("abc/.;?#", max_size=12).map(str.encode), st.text("abc./?;", max_size=8).map(str.encode))
def test_a_referer_names_the_path_that_was_requested(path: bytes, query: bytes) -> None:
    target = parse_request(b"GET http://a.b/" + path + b"?" + query + b" HTTP/1.1")
    assert target is not None
    assert path_of_referer(b"https://a.b/" + path + b"?" + query) == target.path


@pytest.mark.parametrize(
    ("referer", "path"),
    [
        (b"http://www.shop.example/?q=user", b"/"),
        (b"http://www.shop.example", b"/"),
        (b"http://www.shop.example?q", b"/"),
        (b"https://a/b/c#top", b"/b/c"),
        (b"about:blank", b""),
        (b"-", b""),
        (b"", b""),
        (b"www.example.org/a", b""),
    ],
)
def test_referers(referer: bytes, path: bytes) -> None:
    assert path_of_referer(referer) == path


def test_a_dot_file_and_a_bare_ending() -> None:
    assert is_asset(b"/.css")
    assert not is_asset(b"css")
    assert not is_asset(b"/a.")
    assert not is_asset(b"")


@pytest.mark.parametrize("method", sorted(METHODS))
@pytest.mark.parametrize(
    "status", [b"200", b"206", b"304", b"404", b"500", b"301", b"302", b"303", b"204", b"205", b""]
)
def test_which_documents_show_a_page(method: bytes, status: bytes) -> None:
    nothing = status in (b"301", b"302", b"303", b"204", b"205")
    assert shows_page(method, status) == (method in (b"GET", b"POST") and not nothing)

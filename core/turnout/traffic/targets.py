"""What a request asks for: a document or a part of a page, told by method, path and status."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

__all__ = [
    "ASSET_TYPES",
    "DOCUMENTS",
    "METHODS",
    "NAVIGATING",
    "Target",
    "is_asset",
    "parse_request",
    "path_of_referer",
    "shows_page",
]

ASSET_TYPES = frozenset(
    b"avif bmp css cur eot flac flv gif ico jpe jpeg jpg js json jxl m4a m4s m4v mjs mov mp3 mp4 mpeg mpg oga ogg "
    b"ogv opus otf png svg svgz swf tif tiff ts ttf vtt wasm wav webm webmanifest webp woff woff2 xbm".split()
)
"""Endings of paths that pages load as their parts: styles, scripts, images, fonts, sound, film, data of scripts."""

METHODS = frozenset((b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE"))
"""Methods whose requests count. The others (OPTIONS, CONNECT, TRACE, PROPFIND…) are no part of a page view."""

NAVIGATING = frozenset((b"GET", b"POST"))
"""Methods whose answers a browser shows as a page."""

DOCUMENTS = NAVIGATING | {b"HEAD"}
"""Methods that ask for documents; the others are used by scripts of a page only."""

_REMEMBERED = 8_192  # texts of a few hundred bytes, which come again and again
_REQUEST = re.compile(rb"([A-Z]{1,20}) +(\S.*?)(?: +HTTP/\d(?:\.\d)?)?", re.DOTALL)
_URL = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*([^?#]*)", re.DOTALL)
_PARAMETERS = re.compile(rb";[^/]*\Z")


class Target(NamedTuple):
    """What one request line asks for.

    Attributes:
        method: The method.
        path: The path, without query and parameters.
        asset: Whether it is a part of a page: its path ends as an asset's does, or its method is one that only
            scripts of a page use. GET, POST and HEAD of any other path ask for a document.
    """

    method: bytes
    path: bytes
    asset: bool

    @property
    def counts(self) -> bool:
        """Whether a page view can consist of such requests."""
        return self.method in METHODS


@lru_cache(maxsize=_REMEMBERED)
def parse_request(request: bytes) -> Target | None:
    """Take a request line apart.

    Args:
        request: Such as ``GET /style.css?v=3 HTTP/1.1``; the version may be missing, the target may hold spaces or be a
            full URL.

    Returns:
        What it asks for, or None if it is no HTTP request.
    """
    found = _REQUEST.fullmatch(request)
    if not found:
        return None
    method, target = found.groups()
    url = _URL.match(target)
    path = _bare(url[1] if url else target.partition(b"?")[0].partition(b"#")[0])
    return Target(method, path, method not in DOCUMENTS or is_asset(path))


@lru_cache(maxsize=_REMEMBERED)
def path_of_referer(referer: bytes) -> bytes:
    """Find the path in a referring URL, without query and parameters; empty if it is no URL."""
    url = _URL.match(referer)
    return _bare(url[1]) if url else b""


def is_asset(path: bytes) -> bool:
    """Whether a path, without its query, ends as an asset's does."""
    name = path.rpartition(b"/")[2]
    return name.rpartition(b".")[2].lower() in ASSET_TYPES and b"." in name


def shows_page(method: bytes, status: bytes) -> bool:
    """Whether a document's answer puts a page in front of a user, whose assets may follow.

    Error pages do. HEAD, redirects and empty answers do not: what follows them belongs to another document.
    Unmodified (304) pages come from the browser's cache and do.
    """
    if method not in NAVIGATING or status in (b"204", b"205"):
        return False
    return not status.startswith(b"3") or status == b"304"


def _bare(path: bytes) -> bytes:
    return _PARAMETERS.sub(b"", path) or b"/"

"""Where a manifest's text comes from: a file or standard input, as bytes that must be text."""

from __future__ import annotations

import codecs
import sys
from pathlib import Path

from turnout.errors import InputError
from turnout.manifest.documents import printable

__all__ = ["read_source"]

_LARGEST = 16 * 1024 * 1024
"""Bytes; well above any bundle of manifests, and it ends the reading of a device or a pipe without an end."""


def read_source(path: str | Path) -> tuple[str, str]:
    """Return the text of a file, or of standard input for ``"-"``, and what to call it in messages.

    Raises:
        InputError: If no file is named, there is no such file, it cannot be read, is too large, or is not text.
    """
    if not str(path).strip():
        right = "give the path of a manifest, or - for standard input"
        raise InputError(f"{str(path)!r} is no manifest", hint=right)
    where = "standard input" if str(path) == "-" else printable(str(path))
    return _decode(_read(path, where), where), where


def _read(path: str | Path, where: str) -> bytes:
    try:
        if str(path) == "-":
            stream = getattr(sys.stdin, "buffer", None)
            data = b"" if stream is None else bytes(stream.read(_LARGEST + 1))
        else:
            with Path(path).open("rb") as file:
                data = file.read(_LARGEST + 1)
    except FileNotFoundError:
        raise InputError("there is no such file", where=where) from None
    except IsADirectoryError:
        raise InputError("this is a directory", where=where, hint="name a file in it") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"cannot be read: {reason}", where=where) from None
    if len(data) > _LARGEST:
        raise InputError(
            f"is larger than {_LARGEST >> 20} MiB", where=where, hint="give a manifest, or a part of this one"
        )
    return data


def _decode(data: bytes, where: str) -> str:
    # A byte order mark is what some shells put before redirected output, in UTF-16 even.
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding, name = "utf-16", "UTF-16"
    else:
        encoding, name = "utf-8-sig", "UTF-8"
        if b"\x00" in data:
            raise InputError("is binary, not text", where=where, hint="give a manifest in YAML or JSON")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"is not {name} text: byte 0x{data[error.start]:02x} at offset {error.start}",
            where=f"{where}:{line}",
            hint="give a manifest in YAML or JSON",
        ) from None

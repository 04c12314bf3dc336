"""Any valid Deployment, written as YAML or JSON, alone or among others, becomes the workload that it describes."""

from __future__ import annotations

import codecs
import io
import json
import sys
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from tests.manifest.generators import deployments
from tests.manifest.samples import DEPLOYMENT, to_yaml
from turnout.errors import InputError
from turnout.manifest import load_manifest, parse_manifest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from turnout.workload import Workload


def by_ruamel(written: Any) -> str:
    # All in quotes or tagged: a YAML 1.2 writer leaves words such as "on" bare, which Kubernetes reads as booleans.
    writer = YAML(typ="safe", pure=True)
    writer.default_style = '"'  # type: ignore[assignment]  # it is declared as None only
    stream = io.StringIO()
    writer.dump(written, stream)
    return stream.getvalue()


WRITERS: dict[str, Callable[[Any], str]] = {
    "block YAML": to_yaml,
    "quoted YAML": by_ruamel,
    "JSON": json.dumps,
    "indented JSON": lambda written: json.dumps(written, indent="\t"),
    "a list": lambda written: json.dumps({"apiVersion": "v1", "kind": "List", "items": [written]}),
}


@given(deployments(), st.sampled_from(sorted(WRITERS)))
def test_a_deployment_becomes_what_it_describes(drawn: tuple[dict[str, Any], Workload], writer: str) -> None:
    written, wanted = drawn
    assert parse_manifest(WRITERS[writer](written), where="x") == attrs.evolve(wanted, source="x:1")


@given(deployments())
def test_null_is_as_if_left_out(drawn: tuple[dict[str, Any], Workload]) -> None:
    written, wanted = drawn
    for name in (
        "replicas",
        "minReadySeconds",
        "progressDeadlineSeconds",
        "revisionHistoryLimit",
        "paused",
        "strategy",
    ):
        written["spec"].setdefault(name, None)
    assert parse_manifest(to_yaml(written), where="x") == attrs.evolve(wanted, source="x:1")


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_file_may_have_a_byte_order_mark(tmp_path: Path, mark: bytes, encoding: str, newline: str) -> None:
    path = tmp_path / "web.yaml"
    path.write_bytes(mark + DEPLOYMENT.replace("\n", newline).encode(encoding))
    assert load_manifest(path) == parse_manifest(DEPLOYMENT, where=str(path))
    assert load_manifest(str(path), name="web").source == f"{path}:1"


def stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin(monkeypatch, DEPLOYMENT.encode())
    assert load_manifest("-") == parse_manifest(DEPLOYMENT, where="standard input")


def refusal(path: str | Path) -> str:
    with pytest.raises(InputError) as caught:
        load_manifest(path)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    return message


def test_empty_standard_input_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin(monkeypatch, b"")
    assert refusal("-") == "standard input: holds nothing; give a manifest with a Deployment"
    monkeypatch.setattr(sys, "stdin", None)
    assert refusal("-") == "standard input: holds nothing; give a manifest with a Deployment"


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.yaml") == f"{tmp_path / 'none.yaml'}: there is no such file"
    assert refusal(tmp_path) == f"{tmp_path}: this is a directory; name a file in it"
    file = tmp_path / "file"
    file.write_bytes(b"\x1f\x8b\x08\x00\x00")
    assert "is binary, not text" in refusal(file)
    assert "cannot be read" in refusal(file / "below")
    assert "cannot be read" in refusal("a\0b")
    assert refusal("a\udcff\nb.yaml").isprintable()
    right = "give the path of a manifest, or - for standard input"
    assert refusal("") == f"'' is no manifest; {right}"
    assert refusal(" ") == f"' ' is no manifest; {right}"


def test_bytes_that_are_no_text_are_refused_where_they_are(tmp_path: Path) -> None:
    file = tmp_path / "web.yaml"
    file.write_bytes(b"a: 1\nb: \xff\n")
    assert refusal(file).startswith(f"{file}:2: is not UTF-8 text: byte 0xff at offset 8")
    file.write_bytes(codecs.BOM_UTF16_LE + b"a\x00:")
    assert "is not UTF-16 text" in refusal(file)


def test_what_is_too_large_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "web.yaml"
    with file.open("wb") as stream:
        stream.truncate(16 * 1024 * 1024 + 1)
    assert "is larger than 16 MiB" in refusal(file)

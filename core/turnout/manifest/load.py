"""From a manifest to a workload: the two ways in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnout.arguments import check_path, check_text
from turnout.manifest.argo import read_rollout
from turnout.manifest.deployment import read_deployment
from turnout.manifest.documents import parse_documents
from turnout.manifest.objects import find_objects
from turnout.manifest.selection import choose
from turnout.manifest.source import read_source

if TYPE_CHECKING:
    from pathlib import Path

    from turnout.workload import Workload

__all__ = ["load_manifest", "parse_manifest"]


def load_manifest(path: str | Path, *, name: str | None = None) -> Workload:
    """Read the workload in a manifest: a Deployment or an Argo Rollout, with what lies beside it.

    Defaults and refusals are the API server's. What the manifest says and turnout leaves out is in the workload's
    notes.

    Args:
        path: A file of YAML or JSON, with one document or many; ``"-"`` for standard input.
        name: Which workload, where there are several: ``"web"``, ``"shop/web"`` (namespace) or ``"deployment/web"``.

    Raises:
        InputError: If it cannot be read or is refused: one line with the file, the line and the field.
    """
    check_path(path)
    text, where = read_source(path)
    return parse_manifest(text, where=where, name=name)


def parse_manifest(text: str, *, where: str = "manifest", name: str | None = None) -> Workload:
    """Read the workload in a manifest that is already in memory.

    Args:
        text: YAML or JSON, with one document or many.
        where: What to call the text in messages, such as a file name.
        name: Which workload, where there are several, as in `load_manifest`.

    Raises:
        InputError: If it is refused: one line with `where`, the line and the field.
    """
    check_text(text, where, name)
    objects = find_objects(parse_documents(text, where), where)
    chosen = choose(objects, where, name)
    read = read_rollout if chosen.kind == "Rollout" else read_deployment
    return read(chosen, objects)

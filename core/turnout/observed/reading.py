"""From text to what has been observed: the output of kubectl, or turnout's own plain form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnout.arguments import check_path, check_text, check_whole
from turnout.errors import InputError
from turnout.manifest.documents import parse_documents
from turnout.manifest.field import Field
from turnout.manifest.objects import find_objects
from turnout.manifest.source import read_source
from turnout.observed.cluster import read_cluster
from turnout.observed.plain import is_plain, read_plain

if TYPE_CHECKING:
    from pathlib import Path

    from turnout.observed.observed import Observed

__all__ = ["load_observed", "parse_observed"]

_LATEST = 10**18


def load_observed(path: str | Path, *, name: str | None = None, time: int | None = None) -> Observed:
    """Read what has been observed from a file.

    Args:
        path: A file, or ``"-"`` for standard input, as `parse_observed` reads it.
        name: Which Deployment, where there are several.
        time: When it was observed, in microseconds since 1970.

    Raises:
        InputError: If it cannot be used: one line with the file, the line and the field.
    """
    check_path(path)
    text, where = read_source(path)
    return parse_observed(text, where=where, name=name, time=time)


def parse_observed(
    text: str, *, where: str = "observed", name: str | None = None, time: int | None = None
) -> Observed:
    """Read what has been observed.

    Args:
        text: What ``kubectl get deploy,rs -o json`` prints, or turnout's own plain form, see the docs.
        where: What to call the text in messages.
        name: Which Deployment, where there are several.
        time: When it was observed, in microseconds since 1970; in place of the present, or of what the plain form says.
            It is not before the latest time in the text.

    Raises:
        InputError: If it cannot be used: one line with `where`, the line and the field.
    """
    check_text(text, where, name)
    if time is not None:
        check_whole(time, "time", least=0, most=_LATEST)
    documents = parse_documents(text, where)
    if not documents:
        raise InputError(
            "holds nothing", where=where, hint="give it what 'kubectl get deploy,rs -o json' prints"
        )
    first = Field(documents[0], "", where)
    if is_plain(first):
        if name is not None:
            raise InputError("it holds one rollout only", where=where, hint="leave --name out")
        return read_plain(first, time)
    objects = find_objects(documents, where)
    return read_cluster(objects, where, name, time)

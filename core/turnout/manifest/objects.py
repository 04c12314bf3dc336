"""The Kubernetes objects in a manifest, lists taken apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from turnout.errors import InputError
from turnout.manifest.field import Field

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from turnout.manifest.documents import Node

__all__ = ["KubernetesObject", "find_objects", "loose", "text_of"]


@attrs.frozen
class KubernetesObject:
    """One object of a manifest; nothing but its kind has been checked.

    Attributes:
        api_version: Such as ``"apps/v1"``; empty if it is missing.
        kind: Such as ``"Deployment"``.
        root: Its fields.
    """

    api_version: str
    kind: str
    root: Field

    @property
    def group(self) -> str:
        """The API group, such as ``"apps"``; empty for the core group."""
        group, slash, _ = self.api_version.partition("/")
        return group if slash else ""

    @property
    def name(self) -> str | None:
        """Its name, where it has one that is a text."""
        return self._of_metadata("name")

    @property
    def namespace(self) -> str | None:
        """Its namespace, where it has one that is a text."""
        return self._of_metadata("namespace")

    @property
    def source(self) -> str:
        """File and line where it begins."""
        return f"{self.root.source}:{self.root.node.line}"

    @property
    def described(self) -> str:
        """Its kind with the API version, such as ``"apps/v1 Deployment"``."""
        return f"{self.api_version} {self.kind}".strip()

    def in_namespace_of(self, other: KubernetesObject) -> bool:
        """Whether both are in one namespace; an object without one goes wherever the other does."""
        return None in {self.namespace, other.namespace} or self.namespace == other.namespace

    def refers_to(self, other: KubernetesObject, *path: str) -> bool:
        """Whether the reference at a path (``kind`` and ``name``) names the other object."""
        reference = loose(self.root, *path)
        kind, name = (text_of(reference, each) for each in ("kind", "name"))
        return (
            name is not None
            and (kind or "Deployment", name) == (other.kind, other.name)
            and self.in_namespace_of(other)
        )

    def _of_metadata(self, name: str) -> str | None:
        return text_of(loose(self.root, "metadata"), name)


def loose(field: Field | None, *names: str) -> Field | None:
    """Return a field of an object that is none of turnout's business to refuse; None if it is not as it should be."""
    try:
        return None if field is None else field.get(*names)
    except InputError:
        return None


def text_of(field: Field | None, name: str) -> str | None:
    """Return a text in such an object."""
    found = loose(field, name)
    text = found.value if found is not None else None
    return text if isinstance(text, str) and text.isprintable() else None


def find_objects(documents: Sequence[Node], where: str) -> tuple[KubernetesObject, ...]:
    """Return all objects of all documents, and all items of lists, in order.

    Raises:
        InputError: If there is nothing, or something that is not a Kubernetes object.
    """
    found = tuple(each for node in documents for each in _objects(Field(node, "", where), "", ""))
    if not documents:
        raise InputError("holds nothing", where=where, hint="give a manifest with a Deployment")
    return found


def _objects(field: Field, api_version: str, kind: str) -> Iterator[KubernetesObject]:
    """Yield an object, or the items of a list; items of a ``DeploymentList`` leave out what the list's kind says."""
    hint = "a Kubernetes object has apiVersion, kind and metadata"
    if isinstance(field.value, str | int | float | tuple):
        raise field.refuse(f"{field.shown} is not a Kubernetes object", hint)
    given_kind, given_version = field.get("kind"), field.get("apiVersion")
    if given_kind is None and not kind:
        raise field.refuse("has no kind", hint)
    kind = kind if given_kind is None else given_kind.text(hint)
    api_version = api_version if given_version is None else given_version.text(hint)
    items = field.get("items") if kind.endswith("List") else None
    if items is None and kind != "List":
        yield KubernetesObject(api_version, kind, field)
        return
    of = kind.removesuffix("List")
    for item in () if items is None else items.elements():
        yield from _objects(item, api_version if of else "", of)

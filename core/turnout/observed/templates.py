"""Pod templates: which are the same, and what their revisions are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from turnout.manifest.pods import read_template

if TYPE_CHECKING:
    from turnout.manifest.documents import Node
    from turnout.manifest.field import Field

__all__ = ["HASH_LABEL", "comparable", "revision_names"]

HASH_LABEL = "pod-template-hash"


def comparable(template: Field) -> Any:
    """Return a template in a form that is equal for two that the controller takes for the same.

    The label ``pod-template-hash`` does not count, nor do fields that are null; the API server writes everything else
    the same way in a Deployment and in its ReplicaSets.
    """
    plain = _plain(template.node)
    metadata = plain.get("metadata") if isinstance(plain, dict) else None
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    if isinstance(metadata, dict) and isinstance(labels, dict):
        labels.pop(HASH_LABEL, None)
        if not labels:
            del metadata["labels"]
    if metadata == {}:
        del plain["metadata"]
    return plain


def _plain(node: Node) -> Any:
    value = node.value
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items() if each.value is not None}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    # JSON knows no difference between 3 and 3.0; Python knows none between 1 and true.
    return ("flag", value) if isinstance(value, bool) else value


def revision_names(templates: Sequence[tuple[Field, str]]) -> list[str]:
    """Name a revision for each template: by its image tag, and by its hash, too, where several have that tag.

    Args:
        templates: Each template, and the hash or whatever else tells it from the others.

    Raises:
        InputError: If a template has no image.
    """
    tags = [read_template(template).revision for template, _ in templates]
    count = Counter(tags)
    return [
        tag if count[tag] == 1 else f"{tag}@{distinction}"
        for tag, (_, distinction) in zip(tags, templates, strict=True)
    ]

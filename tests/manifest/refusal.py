"""What a refusal's case is made of."""

from __future__ import annotations

import attrs

from tests.manifest.samples import DEPLOYMENT, swap


@attrs.frozen
class Case:
    """A manifest, the field or line it is refused for, and words that the message must have."""

    text: str
    at: str
    words: tuple[str, ...]


def swapped(old: str, new: str, at: str, *words: str, text: str = DEPLOYMENT) -> Case:
    """A sample with one stretch replaced."""
    return Case(swap(text, old, new), at, words)

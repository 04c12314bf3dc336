"""Finding plugins: the entry points of group ``turnout``, each with where it comes from."""

from __future__ import annotations

import re
from collections import defaultdict
from importlib.metadata import Distribution, EntryPoint, distributions
from typing import TYPE_CHECKING

import attrs

from turnout.host.faults import Fault, blamed
from turnout.host.plugins import origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["GROUP", "Found", "discover", "found", "without_rivals"]

GROUP = "turnout"
"""The group of entry points that plugins are found by."""

_OURS = "turnout"

_SECTION = re.compile(rf"^\s*\[\s*{GROUP}\s*\]", re.MULTILINE)


@attrs.frozen(kw_only=True)
class Found:
    """An entry point, before anything of it is imported.

    Attributes:
        name: The name of the plugin.
        distribution: The distribution that it comes from, where that is known.
        version: Its version, where that is known.
        entry_point: The entry point; None for a plugin that a program registers.
        problem: Why it cannot be used, if that shows already.
    """

    name: str
    distribution: str | None = None
    version: str | None = None
    entry_point: EntryPoint | None = None
    problem: str | None = None

    @property
    def origin(self) -> str:
        """The distribution and version that it comes from, in words."""
        return origin(self.distribution, self.version)

    @property
    def bundled(self) -> bool:
        """Whether it comes with turnout itself."""
        return self.distribution == _OURS


def discover() -> Iterator[Found]:
    """Find the entry points of all installed distributions.

    Distributions are read one by one, because one malformed ``entry_points.txt`` makes
    `importlib.metadata.entry_points` fail for all of them.
    """
    seen: set[str] = set()
    for each in distributions():
        plugins = tuple(_of(each))
        if not plugins:
            continue
        key = re.sub(r"[-_.]+", "-", plugins[0].distribution or "").lower()
        if key not in seen:  # further down the path it is shadowed, as its modules are
            seen.add(key)
            yield from plugins


def _of(distribution: Distribution) -> Iterator[Found]:
    try:
        with blamed("its entry_points.txt cannot be read"):
            yield from found(dict.fromkeys(distribution.entry_points.select(group=GROUP)))
    except Fault as fault:
        if _SECTION.search(_text(distribution)):
            name, version = _provenance(distribution)
            yield Found(name=name or "unnamed", distribution=name, version=version, problem=str(fault))


def _text(distribution: Distribution) -> str:
    try:
        return distribution.read_text("entry_points.txt") or ""
    except (OSError, ValueError):
        return ""


def found(entry_points: Iterable[EntryPoint]) -> Iterator[Found]:
    """Say of each entry point where it comes from."""
    for each in entry_points:
        name, version = _provenance(each.dist) if each.dist else (None, None)
        yield Found(
            name=each.name, distribution=name or "an unnamed distribution", version=version, entry_point=each
        )


def _provenance(distribution: Distribution) -> tuple[str | None, str | None]:
    # Metadata may be missing, and not every version of Python says so in the same way.
    try:
        metadata = distribution.metadata
        return metadata["Name"], metadata["Version"]
    except Exception:  # noqa: BLE001  (a provenance that cannot be read must not hide the plugin)
        return None, None


def without_rivals(plugins: Iterable[Found]) -> tuple[Found, ...]:
    """Sort by name, and mark those that share theirs with another: it could not be said which is meant.

    What comes with turnout keeps its name: it is only the other one that is marked.
    """
    ordered = sorted(plugins, key=lambda each: (each.name, each.distribution or ""))
    rivals: defaultdict[str, list[Found]] = defaultdict(list)
    for each in ordered:
        rivals[each.name].append(each)
    return tuple(attrs.evolve(each, problem=_rivalry(each, rivals[each.name])) for each in ordered)


def _rivalry(plugin: Found, rivals: list[Found]) -> str | None:
    """What is wrong with a plugin, if those that share its name are taken into account."""
    ours = [each.origin for each in rivals if each.bundled]
    if len(rivals) == 1 or (plugin.bundled and len(ours) == 1):
        return plugin.problem
    if ours:
        return f"{ours[0]} has an entry point of the name {plugin.name!r}; give this one another name"
    return (
        f"{' and '.join(each.origin for each in rivals)} have an entry point of the name {plugin.name!r}; "
        "none of these plugins is loaded until all but one are uninstalled"
    )

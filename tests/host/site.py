"""Distributions that exist only on ``sys.path``: they take the path that installed ones do, without being installed."""

from __future__ import annotations

import importlib
import sys
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["HEALTHY", "STRATEGY", "install", "site"]

STRATEGY = """
from __future__ import annotations
from collections.abc import Iterable
from typing import ClassVar, Literal

import attrs
import turnout
from turnout import Duration, seconds

@attrs.frozen(kw_only=True)
class Ring(turnout.Strategy):
    '''Go round in a ring.

    More than that it does not do.
    '''

    name: ClassVar[str] = "ring"
    promises: ClassVar[tuple[turnout.Promise, ...]] = (
        turnout.Promise("converges"),
        turnout.Promise("capacity-floor", turnout.Proviso("the wind blows", bool), {"way": ("left", "straight")}),
    )

    way: Literal["left", "right", "straight"] = "left"
    laps: int = attrs.field(default=2, validator=attrs.validators.ge(1), metadata={"doc": "How many laps."})
    rest: Duration | None = attrs.field(default=seconds(90), metadata={"doc": "Between laps."})

    def decide(self, seen: turnout.Observation) -> turnout.Plan:
        return turnout.Plan(wanted={}, routing=turnout.Spread())
"""
"""A module that defines a strategy, `Ring`, but no hook."""

HEALTHY = (
    STRATEGY
    + """
@turnout.hookimpl
def turnout_strategies() -> Iterable[type[turnout.Strategy]]:
    return [Ring]
"""
)
"""A plugin without fault, which provides the strategy ``ring``."""


def install(
    site: Path,
    distribution: str,
    entry_points: Mapping[str, str] | str,
    modules: Mapping[str, str],
    version: str | None = "1.2",
) -> None:
    """Write a distribution's modules and metadata into a directory on ``sys.path``.

    Args:
        site: The directory.
        distribution: The distribution's name.
        entry_points: Those of group ``turnout``; or the whole text of ``entry_points.txt``.
        modules: The text of each module, by name.
        version: The distribution's version; None for metadata without any.
    """
    directory = site / f"{distribution.replace('-', '_')}-{version or 0}.dist-info"
    directory.mkdir()
    if version is not None:
        text = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n"
        (directory / "METADATA").write_text(text, encoding="utf-8")
    if not isinstance(entry_points, str):
        lines = (f"{name} = {value}\n" for name, value in entry_points.items())
        entry_points = "[turnout]\n" + "".join(lines)
    (directory / "entry_points.txt").write_text(entry_points, encoding="utf-8")
    for name, text in modules.items():
        (site / f"{name}.py").write_text(dedent(text), encoding="utf-8")
    importlib.invalidate_caches()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return an empty directory on ``sys.path``; what is imported from it is forgotten afterwards."""
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]

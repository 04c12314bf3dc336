"""A digest of the code that numbers depend on: turnout's, and that of strategies with all that comes with them."""

from __future__ import annotations

import ast
import sys
import sysconfig
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from turnout.strategy import Strategy

__all__ = ["code_digest"]

_OWN = Path(__file__).parents[1]
_INSTALLED = frozenset(Path(sysconfig.get_path(name)).resolve() for name in ("purelib", "platlib"))
_PYTHON = frozenset(Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib"))

_seen: dict[Path, tuple[Any, bytes]] = {}
"""Of each file, by which import it was loaded, and its text's digest at that time: this process runs no newer text."""


def code_digest(strategies: Iterable[type[Strategy]]) -> str:
    """Digest the code of turnout and of strategies.

    With a strategy's module goes all of its package; what these import that lies beside it, or, where it is installed,
    what its distribution installs. What a process has loaded counts, though a file may have changed since.

    Args:
        strategies: The strategies' classes.
    """
    units = {_OWN}
    for name in {base.__module__ for each in strategies for base in each.__mro__}:
        unit = _unit_of(name)
        if unit is not None and unit not in units and unit.parent not in _PYTHON:
            units |= _with_its_own(unit)
    return _together(units)


def _together(units: Iterable[Path]) -> str:
    """Digest packages and modules by name and content: neither where they lie counts, nor in which order they come."""
    own = sorted((unit.name, _digest(unit)) for unit in units)
    return blake2b(b"".join(digest for _, digest in own), digest_size=16).hexdigest()


def _digest(unit: Path) -> bytes:
    """Digest the texts of a package or module, and what they are called."""
    found = blake2b(digest_size=16)
    for name, digest in _texts(unit):
        found.update(f"{name}\0".encode())
        found.update(digest)
    return found.digest()


def _unit_of(name: str) -> Path | None:
    """Where the outermost package of a module is, or the module itself if it is in none; None without a file."""
    parts = name.split(".")
    for depth in range(1, len(parts) + 1):
        file = getattr(sys.modules.get(".".join(parts[:depth])), "__file__", None)
        if isinstance(file, str) and file.endswith(".py") and Path(file).is_file():
            path = Path(file).resolve()
            return path.parent if path.name == "__init__.py" else path
    return None


def _with_its_own(unit: Path) -> set[Path]:
    """A package or module and all that belongs to it."""
    if unit.parent in _INSTALLED:
        return {unit, *_of_distribution(unit)}
    found, new = {unit}, [unit]
    while new:
        for name in _imported(new.pop()):
            for other in (unit.parent / name, unit.parent / f"{name}.py"):
                if other not in found and (other.is_file() or (other / "__init__.py").is_file()):
                    found.add(other)
                    new.append(other)
    return found


@cache
def _of_distribution(unit: Path) -> frozenset[Path]:
    """What lies beside an installed package or module and is of the same distribution."""
    name = unit.stem if unit.suffix == ".py" else unit.name
    tops: set[str] = set()
    for distribution in metadata.packages_distributions().get(name, ()):
        with suppress(metadata.PackageNotFoundError):
            files = metadata.files(distribution) or ()
            tops.update(file.parts[0] for file in files if file.suffix == ".py" and file.parts[0] != "..")
    beside = (unit.parent / top for top in tops)
    return frozenset(each for each in beside if each.suffix == ".py" or (each / "__init__.py").is_file())


def _imported(unit: Path) -> Iterator[str]:
    """The names of the outermost packages and modules that one imports."""
    for file in _files(unit):
        with suppress(OSError, SyntaxError, ValueError):
            for node in ast.walk(ast.parse(file.read_bytes())):
                if isinstance(node, ast.Import):
                    yield from (each.name.partition(".")[0] for each in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    yield node.module.partition(".")[0]


def _files(unit: Path) -> list[Path]:
    return [unit] if unit.suffix == ".py" else sorted(unit.rglob("*.py"))


def _texts(unit: Path) -> Iterator[tuple[str, bytes]]:
    loaded = {
        file: module.__spec__
        for module in tuple(sys.modules.values())
        if isinstance(file := getattr(module, "__file__", None), str) and getattr(module, "__spec__", None)
    }
    for file in _files(unit):
        spec = loaded.get(str(file))
        known = _seen.get(file)
        if known is None or known[0] is not spec:
            with suppress(OSError):
                known = _seen[file] = spec, blake2b(file.read_bytes(), digest_size=16).digest()
        if known is not None:
            yield file.relative_to(unit.parent).as_posix(), known[1]

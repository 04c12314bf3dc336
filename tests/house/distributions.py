"""What a wheel and an sdist of turnout must and must not carry.

``python -m tests.house.distributions DIRECTORY`` checks the two in a directory.
"""

from __future__ import annotations

import re
import sys
import tarfile
import tomllib
import zipfile
from configparser import ConfigParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["announcements", "check", "complaints_about_sdist", "complaints_about_wheel"]

_PACKAGES = ("turnout", "turnout_strategies")
_CRUMBS = re.compile(r"(^|/)(\.hypothesis|\.venv|\.git|__pycache__|_build|\.[a-z]+_cache)/|\.pyc$")
_OURS = re.compile(r"(turnout|turnout_strategies|turnout-[^/]+\.dist-info)/|_turnout_pytest\.py$")


def announcements(project: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return the entry points of a ``[project]`` table: group, name, object."""
    return {**project.get("entry-points", {}), "console_scripts": project.get("scripts", {})}


def complaints_about_wheel(
    names: Iterable[str], entry_points: str, announced: Mapping[str, Mapping[str, str]]
) -> list[str]:
    """Say what is wrong with a wheel.

    Args:
        names: The files in it.
        entry_points: The text of its ``entry_points.txt``.
        announced: The entry points that it should have: group, name, object.
    """
    files = set(names)
    wanted = [f"{package}/{name}" for package in _PACKAGES for name in ("__init__.py", "py.typed")]
    found = [f"the wheel lacks {name}" for name in wanted if name not in files]
    if not any(re.fullmatch(r"turnout-[^/]+\.dist-info/licenses/LICENSE", name) for name in files):
        found.append("the wheel lacks its licence")
    written = ConfigParser(delimiters=("=",), interpolation=None)
    written.read_string(entry_points)
    for group, members in announced.items():
        for name, target in members.items():
            if not written.has_section(group) or written[group].get(name) != target:
                found.append(f"the wheel does not announce {name} in {group}")
            home = target.partition(":")[0].replace(".", "/")
            if not files & {f"{home}.py", f"{home}/__init__.py"}:
                found.append(f"the wheel lacks {home}, which it announces")
    found += [
        f"the wheel carries {name}" for name in sorted(files) if not _OURS.match(name) or _CRUMBS.search(name)
    ]
    return found


def complaints_about_sdist(names: Iterable[str]) -> list[str]:
    """Say what is wrong with an sdist, whose files all lie below one directory."""
    files = {name.partition("/")[2] for name in names}
    wanted = (
        "pyproject.toml",
        "README.md",
        "CHANGELOG.md",
        "LICENSE",
        "conftest.py",
        "core/turnout/py.typed",
        "strategies/turnout_strategies/py.typed",
        "tests/conftest.py",
        "docs/conf.py",
    )
    found = [f"the sdist lacks {name}" for name in wanted if name not in files]
    return found + [f"the sdist carries {name}" for name in sorted(files) if _CRUMBS.search(name)]


def check(directory: Path) -> list[str]:
    """Say what is wrong with the one wheel and the one sdist in a directory; run in the repository's root."""
    wheels, sdists = sorted(directory.glob("*.whl")), sorted(directory.glob("*.tar.gz"))
    if len(wheels) != 1 or len(sdists) != 1:
        return [f"there is not one wheel and one sdist, but {len(wheels)} and {len(sdists)}"]
    with zipfile.ZipFile(wheels[0]) as wheel:
        names = wheel.namelist()
        lists = [name for name in names if name.endswith(".dist-info/entry_points.txt")]
        entry_points = wheel.read(lists[0]).decode() if lists else ""
    with tarfile.open(sdists[0]) as sdist:
        packed = [member.name for member in sdist.getmembers() if member.isfile()]
    sys.stdout.write(f"{wheels[0].name}: {len(names)} files; {sdists[0].name}: {len(packed)} files\n")
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    return complaints_about_wheel(names, entry_points, announcements(project)) + complaints_about_sdist(
        packed
    )


if __name__ == "__main__":
    complaints = check(Path(sys.argv[1]))
    sys.stdout.writelines(f"{each}\n" for each in complaints)
    sys.exit(1 if complaints else 0)

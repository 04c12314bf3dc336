"""The house rules that no linter knows."""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import attrs
import pytest

import turnout
from tests.house.commands import commands

ROOT = Path(__file__).parents[1]
MODULES = sorted([*ROOT.glob("core/**/*.py"), *ROOT.glob("strategies/**/*.py")])
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
LONGEST_MODULE = 320

_FENCE = re.compile(r"^ *```(?P<language>[^`\n]*)\n.*?^ *```$", re.MULTILINE | re.DOTALL)
_SKIP = re.compile(r"<!--+\s*skip:\s*(\w+)(.*?)--+>")
_MACHINE_PATH = re.compile(r"(?:^|[^A-Za-z0-9_.~-])/(?:work|root|tmp|home|Users)/[a-z.]")
_LINK = re.compile(r"https?://([A-Za-z0-9.-]+)")
_REGISTRY = re.compile(r"pypi\.org|pythonhosted|registry\.npmjs|deb\.debian")
_EXAMPLE_HOST = re.compile(
    r"(?:.*\.)?(?:example(?:\.com|\.org|\.net)?|test|invalid|localhost|127\.0\.0\.1)\.?|[a-z](?:\.[a-z])*"
)
_LINKED = frozenset({"json-schema.org", "keepachangelog.com", "semver.org", "www.apache.org", "www.w3.org"})


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def text_files() -> list[Path]:
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
            encoding="utf-8",
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout: which files are the repository's is unknown")
    paths = [ROOT / name for name in sorted(set(listed.split("\0"))) if name]
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()]


def project() -> dict[str, str]:
    table: dict[str, str] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_is_short_and_says_what_it_is_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= LONGEST_MODULE
    first = (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]
    assert len(first.split()) >= 3, "its first line says what the module is for"
    assert first.endswith((".", "?", "!"))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_with_public_names_lists_them(path: Path) -> None:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    defined = {
        node.name
        for node in body
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)
        and not node.name.startswith("_")
    }
    lists = any(
        isinstance(node, ast.Assign)
        and any(isinstance(to, ast.Name) and to.id == "__all__" for to in node.targets)
        for node in body
    )
    assert lists or not defined, f"no __all__, but public: {sorted(defined)}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_examples_live_where_they_are_run(path: Path) -> None:
    assert ">>> " not in path.read_text(encoding="utf-8"), "an example belongs into docs/, where it is run"


def test_the_readme_has_two_commands_that_make_their_own_environment() -> None:
    both = commands((ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(both) == 2
    for command in both:
        first, *rest = command.split(" && ")
        assert first == "python3 -m venv .venv"
        assert rest
        assert all(each.startswith(".venv/bin/") for each in rest)
    assert ".venv/bin/turnout compare " in both[0]
    assert both[1].endswith(".venv/bin/python -m pytest -n auto --dist loadfile")


def test_the_first_command_runs_on_a_file_that_is_here() -> None:
    first, _ = commands((ROOT / "README.md").read_text(encoding="utf-8"))
    manifest = first.partition(" compare ")[2].split()[0]
    assert (ROOT / manifest).is_file()


def test_ci_ends_with_the_readmes_test_command() -> None:
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert lines[-1] == 'bash -euo pipefail -c "${commands[1]}"'


def test_no_file_names_a_machines_path_a_registry_or_a_strangers_host() -> None:
    found = []
    for path in text_files():
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            strange = [
                host
                for host in _LINK.findall(line)
                if host not in _LINKED and not _EXAMPLE_HOST.fullmatch(host.lower())
            ]
            registry = _REGISTRY.search(line) and path != Path(__file__)
            if strange or registry or _MACHINE_PATH.search(line):
                found.append(f"{name_of(path)}:{number}: {line.strip()[:120]}")
    assert not found, "\n".join(found)


def test_the_version_is_the_same_everywhere() -> None:
    entries = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert entries[0] == project()["version"] == importlib.metadata.version("turnout")
    assert len(entries) == len(set(entries))


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_what_a_page_shows_is_run_or_is_no_program(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    known = {"python", "console", "yaml", "json", "toml", "text"} | (
        {"sh"} if path.name == "README.md" else set()
    )
    languages = {match["language"].strip() for match in _FENCE.finditer(text)}
    assert {each for each in languages if not each.startswith("{")} <= known


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_an_example_is_left_out_only_with_a_reason(path: Path) -> None:
    for action, reason in _SKIP.findall(path.read_text(encoding="utf-8")):
        assert action == "end" or re.search(r'"[^"]{10,}"', reason), f"skip: {action} gives no reason"


def test_every_public_name_is_in_the_reference() -> None:
    page = (ROOT / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
    assert [name for name in turnout.__all__ if not re.search(rf"\b{name}\b", page)] == []


def bundled_strategies() -> list[str]:
    ours = [each for each in turnout.Host().plugins if each.distribution == "turnout"]
    return [name for each in ours for name in each.strategies]


def texts(path: Path) -> list[str]:
    """Every text that a module's code has: no docstrings, which may give examples, and no comments."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documents = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents
    ]


@pytest.mark.parametrize("path", [path for path in MODULES if "core" in path.parts], ids=name_of)
def test_core_knows_no_strategy_by_name(path: Path) -> None:
    # A "rolling update" is Kubernetes' word for what a Deployment does, whoever carries it out.
    name = rf"(?<![\w-])({'|'.join(bundled_strategies())})(?![\w-]| update)"
    assert [text for text in texts(path) if re.search(name, text)] == []


def test_every_bundled_strategy_is_in_the_reference() -> None:
    page = (ROOT / "docs" / "reference" / "strategies.md").read_text(encoding="utf-8")
    bundled = bundled_strategies()
    assert bundled
    assert [name for name in bundled if f"```{{strategy}} {name}\n" not in page] == []


def test_the_reference_of_the_json_names_every_field_of_environment_and_weather() -> None:
    page = (ROOT / "docs" / "reference" / "json.md").read_text(encoding="utf-8")
    for name, kind in (("environment", turnout.Environment), ("weather", turnout.Weather)):
        [row] = re.findall(rf"^\| `{name}` \|(.*)\|$", page, re.MULTILINE)
        assert set(re.findall(r"`([a-z_]+)`", row)) == {field.name for field in attrs.fields(kind)}


def test_a_public_name_is_what_it_says_whatever_was_imported_before() -> None:
    # Importing a submodule sets it as an attribute of its package, and would hide a public name spelt the same.
    script = """
import importlib, importlib.util, types, turnout
for name in turnout.__all__:
    if importlib.util.find_spec(f"turnout.{name}"):
        importlib.import_module(f"turnout.{name}")
    if isinstance(getattr(turnout, name), types.ModuleType) != (name == "controller"):
        print(name)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False, encoding="utf-8")
    assert (done.stdout, done.stderr) == ("", "")


def test_the_public_names_that_tools_see_are_those_that_there_are() -> None:
    tree = ast.parse((ROOT / "core" / "turnout" / "__init__.py").read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    seen = {
        each.asname
        for node in imports
        if (node.module or "").partition(".")[0] == "turnout"
        for each in node.names
    }
    assert seen == set(turnout.__all__)


@pytest.mark.skipif(importlib.util.find_spec("turnout.cli") is None, reason="turnout.cli is not there yet")
def test_the_help_loads_nothing_heavy() -> None:
    command = [sys.executable, "-X", "importtime", str(Path(sys.executable).parent / "turnout"), "--help"]
    done = subprocess.run(command, capture_output=True, check=True, encoding="utf-8")
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert done.stdout.startswith("Usage: turnout")
    assert "turnout.cli" in loaded
    assert not loaded & {"hypothesis", "numpy", "rich", "ruamel.yaml"}

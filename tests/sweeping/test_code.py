"""The digest of code: whatever numbers may depend on changes it, and nothing else does."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

import pytest

from turnout.sweeping import code
from turnout.sweeping.code import code_digest
from turnout_strategies.rolling import Rolling

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STRATEGY = """
import attrs
from turnout_strategies.rolling import Rolling
{imports}

@attrs.frozen(kw_only=True)
class Mine(Rolling):
    name = "mine"
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory for modules, on the path and forgotten afterwards."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def digest_in_another_process(module: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """As a process has it that loads everything now."""
    for name in [each for each in sys.modules if each.partition(".")[0].startswith("acme")]:
        del sys.modules[name]
    importlib.invalidate_caches()
    monkeypatch.setattr(code, "_seen", {})
    loaded: Any = importlib.import_module(module)
    return code_digest([loaded.Mine])


def write(place: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (place / name).parent.mkdir(exist_ok=True, parents=True)
        (place / name).write_text(text, encoding="utf-8")


MODULE = {
    "acme.py": STRATEGY.format(imports="import acme_sizes"),
    "acme_sizes.py": "import acme_more",
    "acme_more.py": "",
}
PACKAGE = {
    "acme/__init__.py": "",
    "acme/strategy.py": STRATEGY.format(imports="from acme import sizes\nfrom acme_more.deep import x"),
    "acme/sizes.py": "",
    "acme_more/__init__.py": "",
    "acme_more/deep.py": "x = 1",
}


@pytest.mark.parametrize(
    ("files", "module", "changed"),
    [
        (MODULE, "acme", ["acme.py", "acme_sizes.py", "acme_more.py"]),
        (
            PACKAGE,
            "acme.strategy",
            ["acme/strategy.py", "acme/sizes.py", "acme_more/deep.py", "acme_more/__init__.py"],
        ),
    ],
)
def test_what_a_strategy_imports_counts(
    place: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], module: str, changed: list[str]
) -> None:
    write(place, {**files, "stranger.py": "", "acme_unrelated.py": ""})
    first = digest_in_another_process(module, monkeypatch)
    for name in ("stranger.py", "acme_unrelated.py"):
        write(place, {name: "# changed"})
        assert digest_in_another_process(module, monkeypatch) == first, name
    found = {first}
    for name in changed:
        write(place, {name: files[name] + "\n# changed"})
        found.add(digest_in_another_process(module, monkeypatch))
    assert len(found) == 1 + len(changed)


def test_what_a_process_has_loaded_counts_and_not_what_the_file_has_become(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(place, MODULE)
    first = digest_in_another_process("acme", monkeypatch)
    strategy = sys.modules["acme"].Mine
    write(place, {"acme_sizes.py": MODULE["acme_sizes.py"] + "\n# changed"})
    assert code_digest([strategy]) == first
    importlib.reload(sys.modules["acme_sizes"])
    assert code_digest([strategy]) != first


def test_it_is_the_same_wherever_the_code_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = set()
    for place in (tmp_path / "one", tmp_path / "other"):
        write(place, MODULE)
        with monkeypatch.context() as patched:
            patched.syspath_prepend(place)
            found.add(digest_in_another_process("acme", patched))
    assert len(found) == 1


def test_of_two_that_are_called_the_same_neither_comes_first(tmp_path: Path) -> None:
    write(tmp_path, {"one/sizes.py": "A = 1", "other/sizes.py": "A = 2"})
    units = [tmp_path / place / "sizes.py" for place in ("one", "other")]
    assert code._together(units) == code._together(units[::-1]) != code._together(units[:1])


def test_turnouts_own_code_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    first = code_digest([Rolling])
    [file] = [path for path in code._seen if path.name == "chance.py"]
    spec, _ = code._seen[file]
    monkeypatch.setitem(code._seen, file, (spec, b"another text"))
    assert code_digest([Rolling]) != first


def test_a_strategy_without_a_file_is_as_good_as_any() -> None:
    typed: dict[str, Any] = {"__name__": "typed_in"}
    exec(STRATEGY.format(imports=""), typed)  # noqa: S102
    assert code_digest([typed["Mine"]])

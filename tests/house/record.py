"""What a verification run found of every bundled strategy: a record that is committed, and knows when it is stale.

It is stale if a strategy promises something else, or if code changes that a verdict depends on: the strategy's own, or
what rolls out, generates and judges. Comments and docstrings do not count.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from turnout import Host
from turnout.parameters import to_spec
from turnout.verify import WEATHERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from turnout import Promise, Strategy
    from turnout.verify import Report, Verdict
    from turnout.verify.exhaustive import Exhaustion

__all__ = ["RECORD", "conditions", "differences", "read_record", "recorded", "write_record"]

_ROOT = Path(__file__).parents[2]
RECORD = _ROOT / "docs" / "reference" / "guarantees.json"

_JUDGES = ("turnout.verify.judging", "turnout.verify.world", "turnout.invariants", "turnout.invariant")
_GENERATORS = ("turnout.verify.generators",)
_WALKERS = ("turnout.verify.exhaustive", "turnout.verify.choices")

_NOT_REACHED = ("turnout.traffic.", "turnout.jobs.")
"""How a log is read: there are but generated sessions. And how work is handed out, which changes no result."""

_LIST = re.compile(r"\[[^\[\]{}]*\]")


def recorded(reports: Iterable[Report], walks: Iterable[Sequence[Exhaustion]]) -> dict[str, Any]:
    """Return what a run found, as JSON has it.

    Args:
        reports: Of the hunt, one for each strategy.
        walks: Of exhaustion, in the same order: of each choice of parameters on which a promise depends.
    """
    reports = list(reports)
    return {
        "examples": reports[0].examples,
        "seed": reports[0].seed,
        "weathers": list(WEATHERS),
        **_codes(),
        "strategies": {
            report.strategy.name: {
                **_declared(report.strategy),
                "rollouts": report.runs,
                "invariants": {each.invariant: _found(each) for each in report.verdicts},
                "walks": [_walked(each) for each in those],
            }
            for report, those in zip(reports, walks, strict=True)
        },
    }


def _walked(walk: Exhaustion) -> dict[str, Any]:
    return {
        "strategy": to_spec(walk.strategy),
        "bounds": str(walk.small),
        "states": walk.states,
        "steps": walk.steps,
        "closed": walk.closed,
        "holds": list(walk.held),
        "broken": list(walk.broken),
        "not_walked": dict(walk.skipped),
    }


def _found(verdict: Verdict) -> dict[str, Any]:
    return {
        "verdict": verdict.status,
        "put_to_the_test": verdict.examples,
        "weathers": list(verdict.weathers),
        "broken_in": list(verdict.broken_in),
        "story": None if verdict.story is None else verdict.story.file_name,
    }


def write_record(record: dict[str, Any]) -> None:
    """Save it, each list in a line."""
    text = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False)
    text = _LIST.sub(lambda found: " ".join(found[0].split()), text)
    RECORD.write_text(text + "\n", encoding="utf-8")


def read_record() -> dict[str, Any]:
    """Read what was saved."""
    record: dict[str, Any] = json.loads(RECORD.read_text(encoding="utf-8"))
    return record


def differences(record: dict[str, Any]) -> Iterator[str]:
    """Say why a record is stale, if it is."""
    yield from (f"{key} changed" for key, value in _codes().items() if record[key] != value)
    strategies = Host().strategies
    if list(strategies) != list(record["strategies"]):
        yield f"there are now {', '.join(strategies)}"
    for name in strategies.keys() & record["strategies"].keys():
        of = record["strategies"][name]
        for key, value in _declared(strategies[name]).items():
            if of[key] != value:
                yield f"{key} of {name} changed"


def conditions(cls: type[Strategy]) -> dict[str, list[dict[str, list[str]]]]:
    """By invariant, each promise of it: with which parameters, and if what is so."""
    found: dict[str, list[dict[str, list[str]]]] = {}
    for promise in cls.promises:
        found.setdefault(promise.invariant, []).append(_condition(promise))
    return found


def _condition(promise: Promise) -> dict[str, list[str]]:
    return {
        "with": [f"{name}={' or '.join(map(str, values))}" for name, values in promise.only_if],
        "if": [str(each) for each in promise.when],
    }


def _declared(cls: type[Strategy]) -> dict[str, Any]:
    return {
        "code": _digest(_reached((cls.__module__,))),
        "promises": conditions(cls),
        "waivers": dict(cls.waivers),
    }


def _codes() -> dict[str, str]:
    return {
        "judges": _digest(_reached(_JUDGES)),
        "generators": _digest(_reached(_GENERATORS) - _reached(_JUDGES)),
        "walkers": _digest(_reached(_WALKERS) - _reached(_JUDGES)),
    }


def _reached(names: tuple[str, ...]) -> set[Path]:
    """The files of modules, and of all that they import of their own package, but not for their types alone."""
    found, todo = set[Path](), list(names)
    package = names[0].partition(".")[0]
    while todo:
        name = todo.pop()
        path = Path(str(import_module(name).__file__))
        if path in found:
            continue
        found.add(path)
        for each in _imports(_parsed(path)):
            inner = (f"{each.module}.{alias.name}" for alias in each.names)
            todo += [name for name in (str(each.module), *inner) if _is_module(name, package)]
    return found


def _is_module(name: str, package: str) -> bool:
    return name.startswith(f"{package}.") and name in sys.modules and not name.startswith(_NOT_REACHED)


def _imports(tree: ast.AST) -> Iterator[ast.ImportFrom]:
    for each in ast.iter_child_nodes(tree):
        if isinstance(each, ast.ImportFrom):
            yield each
        elif not (isinstance(each, ast.If) and ast.unparse(each.test) == "TYPE_CHECKING"):
            yield from _imports(each)


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _digest(paths: Iterable[Path]) -> str:
    code = sha256()
    for path in sorted(paths, key=lambda each: each.relative_to(_ROOT).as_posix()):
        code.update(path.name.encode())
        code.update("\n".join(_code_lines(path)).encode())
    return code.hexdigest()[:16]


def _code_lines(path: Path) -> Iterator[str]:
    """The lines of a module that do something."""
    said: set[int] = set()
    for each in ast.walk(_parsed(path)):
        if (
            isinstance(each, ast.Expr)
            and isinstance(each.value, ast.Constant)
            and isinstance(each.value.value, str)
        ):
            said.update(range(each.lineno, (each.end_lineno or each.lineno) + 1))
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if number not in said and line.strip() and not line.lstrip().startswith("#"):
            yield line.rstrip()

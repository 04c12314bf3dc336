"""Sphinx directives for what the code defines, so that no page can say otherwise.

``{metrics}`` and ``{invariants}`` list them all; ``{strategy} NAME`` and ``{traffic} NAME`` describe what a plugin
provides, its parameters and promises; ``{environment}`` lists what is assumed of a cluster; ``{help} COMMAND`` is
what the command line says of itself.
"""

from __future__ import annotations

import os
import subprocess
import sys
from inspect import getdoc
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from sphinx.util.docutils import SphinxDirective

from turnout import Environment, Host
from turnout.metrics import METRICS
from turnout.parameters import describe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from docutils.nodes import Node
    from sphinx.application import Sphinx

    from turnout import Promise

__all__ = ["setup"]


def _table(*rows: Iterable[str]) -> str:
    """Write a Markdown table; the first row is its head."""
    head, *body = [tuple(cell.replace("|", "\\|") for cell in row) for row in rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ("---",) * len(head), *body))


def metrics() -> str:
    """Write the table of metrics."""
    rows = ((f"`{each.name}`", each.about, each.unit, each.better or "") for each in METRICS.values())
    return _table(("metric", "what it is", "unit", "better"), *rows)


def invariants() -> str:
    """Write the table of invariants."""
    return _table(
        ("invariant", "what it states", "kind"),
        *((f"`{each.name}`", each.statement, each.kind) for each in Host().invariants.values()),
    )


def _conditions(promise: Promise) -> str:
    only_if = (
        f"`{name}` is {' or '.join(f'`{value}`' for value in values)}" for name, values in promise.only_if
    )
    return "; ".join((*only_if, *filter(None, [promise.condition]))) or "always"


def _about(kind: type) -> str:
    return (getdoc(kind) or "").replace("``", "`")


def _parameters(kind: type) -> str:
    rows = (
        (f"`{each.name}`", each.sentence, f"`{each.default_text}`" if each.default_text else "", each.doc)
        for each in describe(kind)
    )
    return (
        _table(("parameter", "takes", "default", "what for"), *rows) if describe(kind) else "No parameters."
    )


def strategy(name: str) -> str:
    """Write what there is to say about a strategy."""
    kind = Host().strategies[name]
    promises = ((f"`{each.invariant}`", _conditions(each)) for each in kind.promises)
    return "\n\n".join((_about(kind), _parameters(kind), _table(("promises", "on condition"), *promises)))


def traffic(name: str) -> str:
    """Write what there is to say about a source of traffic."""
    kind = Host().traffic[name]
    return "\n\n".join((_about(kind), _parameters(kind)))


def help_text(command: str) -> str:
    """Write what a command says of itself."""
    turnout = Path(sys.executable).parent / "turnout"
    done = subprocess.run(  # noqa: S603  (our own command)
        [turnout, *command.split(), "--help"],
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return f"```text\n{done.stdout}```"


class _Metrics(SphinxDirective):
    def run(self) -> list[Node]:
        return self.parse_text_to_nodes(metrics())


class _Invariants(SphinxDirective):
    def run(self) -> list[Node]:
        return self.parse_text_to_nodes(invariants())


class _Strategy(SphinxDirective):
    required_arguments: ClassVar[int] = 1

    def run(self) -> list[Node]:
        return self.parse_text_to_nodes(strategy(self.arguments[0]))


class _Traffic(SphinxDirective):
    required_arguments: ClassVar[int] = 1

    def run(self) -> list[Node]:
        return self.parse_text_to_nodes(traffic(self.arguments[0]))


class _Environment(SphinxDirective):
    def run(self) -> list[Node]:
        return self.parse_text_to_nodes(_parameters(Environment))


class _Help(SphinxDirective):
    optional_arguments: ClassVar[int] = 1

    def run(self) -> list[Node]:
        return self.parse_text_to_nodes(help_text(" ".join(self.arguments)))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    app.add_directive("metrics", _Metrics)
    app.add_directive("invariants", _Invariants)
    app.add_directive("strategy", _Strategy)
    app.add_directive("traffic", _Traffic)
    app.add_directive("environment", _Environment)
    app.add_directive("help", _Help)
    return {"parallel_read_safe": True}

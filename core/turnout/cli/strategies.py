"""``turnout strategies``: what each does, which parameters it has, and what it promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from turnout.cli.output import format_option, print_json, print_rich, table
from turnout.cli.switches import open_host
from turnout.parameters import describe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from turnout.host import PluginReport
    from turnout.parameters import Plain
    from turnout.strategy import Promise, Strategy

__all__ = ["strategies"]


@click.command()
@click.argument("name", required=False)
@format_option
@click.pass_context
def strategies(context: click.Context, name: str | None, output: str) -> None:
    """List strategies, their parameters and promises: all of them, or the one called NAME."""
    host = open_host(context)
    chosen = tuple(host.strategies.values()) if name is None else (host.strategy_class(name),)
    reports = {each: report for report in host.plugins for each in report.strategies}
    if output == "json":
        print_json({"strategies": [_to_dict(each, reports[each.name].name) for each in chosen]})
    else:
        _print(chosen, reports)


def _summary(strategy: type[Strategy]) -> str:
    """Return the first line of its docstring."""
    lines = (strategy.__doc__ or "").strip().splitlines()
    return lines[0].strip() if lines else ""


def _to_dict(strategy: type[Strategy], plugin: str) -> dict[str, Any]:
    return {
        "name": strategy.name,
        "plugin": plugin,
        "doc": _summary(strategy),
        "parameters": [each.to_dict() for each in describe(strategy)],
        "promises": [
            {"invariant": each.invariant, "when": each.condition, "only_if": _only_if(strategy, each)}
            for each in strategy.promises
        ],
    }


def _only_if(strategy: type[Strategy], promise: Promise) -> dict[str, list[Plain]]:
    types = {each.name: each.type for each in describe(strategy)}
    return {name: [types[name].plain(each) for each in values] for name, values in promise.only_if}


def _condition(strategy: type[Strategy], promise: Promise) -> str:
    """Say in words when a promise holds."""
    types = {each.name: each.type for each in describe(strategy)}
    parts = [
        f"with {name}={' or '.join(types[name].write(each) for each in values)}"
        for name, values in promise.only_if
    ]
    if promise.when:
        parts.append(f"if {promise.condition}")
    return ", ".join(parts) or "always"


def _print(chosen: tuple[type[Strategy], ...], reports: dict[str, PluginReport]) -> None:
    from rich.text import Text  # noqa: PLC0415  (JSON does without)

    if not chosen:
        print_rich(Text("There are no strategies; see turnout plugins."))
        return
    parts: list[RenderableType] = []
    for each in chosen:
        parts += [Text(), *_parts(each, reports[each.name].origin)]
    print_rich(*parts[1:])


def _parts(strategy: type[Strategy], origin: str) -> Iterator[RenderableType]:
    from rich.padding import Padding  # noqa: PLC0415  (as above)
    from rich.text import Text  # noqa: PLC0415

    def inside(part: RenderableType) -> Padding:
        return Padding(part, (0, 0, 0, 2))

    yield Text.assemble((strategy.name, "bold"), f" ({origin})")
    if summary := _summary(strategy):
        yield inside(Text(summary))
    parameters = table("parameter", "type", "default", "what it is")
    for each in describe(strategy):
        default = "required" if each.required else each.default_text
        parameters.add_row(*map(Text, (each.name, each.type.words(each.limits_text), default, each.doc)))
    if parameters.row_count:
        yield inside(parameters)
    promises = table("promise", "when")
    for promise in strategy.promises:
        promises.add_row(Text(promise.invariant), Text(_condition(strategy, promise)))
    if promises.row_count:
        yield inside(promises)

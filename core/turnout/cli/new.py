"""``turnout new``: write a plugin distribution with one strategy, complete and passing its own test."""

from __future__ import annotations

import builtins
import keyword
import re
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from turnout.cli.switches import open_host
from turnout.cli.templates import FILES, IMPORTS
from turnout.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["new"]

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST = 50


@click.command()
@click.argument("name")
@click.option(
    "--in",
    "parent",
    metavar="DIRECTORY",
    default=".",
    show_default=True,
    help="Where to make the directory turnout-NAME.",
)
@click.pass_context
def new(context: click.Context, /, name: str, parent: str) -> None:
    """Write a plugin with a strategy called NAME: a distribution turnout-NAME of your own to change.

    NAME is in lower case, with hyphens between words.
    """
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise InputError(
            f"{name!r} is no name for a strategy", hint="write it in lower case, such as ring or two-rings"
        )
    words = {
        "name": name,
        "module": f"turnout_{name.replace('-', '_')}",
        "class": "".join(word.capitalize() for word in name.split("-")),
        "title": name.replace("-", " ").capitalize(),
        "version": version("turnout"),
    }
    _refuse_taken(name, words, open_host(context).strategies)
    directory = Path(parent) / f"turnout-{name}"
    if directory.exists():
        raise InputError("it is there already", where=str(directory), hint="choose another name or --in")
    directory.mkdir(parents=True)
    for path, text in FILES.items():
        (directory / _filled(path, words)).write_text(_filled(text, words), encoding="utf-8")
    click.echo(f"{directory} is written; its README.md says how to go on")


def _refuse_taken(name: str, words: Mapping[str, str], strategies: Collection[str]) -> None:
    """Refuse what is installed already, and what would hide something that the module needs.

    Raises:
        InputError: If the name is taken.
    """
    needed = {*re.findall(r"[A-Za-z]+", IMPORTS), *keyword.kwlist, *dir(builtins)}
    if name in strategies:
        taken = f"there is a strategy {name!r} already"
    elif find_spec(words["module"]) is not None:
        taken = f"there is a module {words['module']} already"
    elif words["class"] in needed:
        taken = f"a class {words['class']} would hide another of that name"
    else:
        return
    raise InputError(taken, where=name, hint="choose another name")


def _filled(text: str, words: dict[str, str]) -> str:
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    return text

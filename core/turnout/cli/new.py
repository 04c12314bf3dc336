"""``turnout new``: write a plugin distribution with one strategy, complete and passing its own test."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

import click

from turnout.cli.templates import FILES
from turnout.errors import InputError

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
def new(name: str, parent: str) -> None:
    """Write a plugin with a strategy called NAME: a distribution turnout-NAME of your own to change.

    NAME is in lower case, with hyphens between words.
    """
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise InputError(
            f"{name!r} is no name for a strategy", hint="write it in lower case, such as ring or two-rings"
        )
    directory = Path(parent) / f"turnout-{name}"
    if directory.exists():
        raise InputError("it is there already", where=str(directory), hint="choose another name or --in")
    words = {
        "name": name,
        "module": f"turnout_{name.replace('-', '_')}",
        "class": "".join(word.capitalize() for word in name.split("-")),
        "title": name.replace("-", " ").capitalize(),
        "version": version("turnout"),
    }
    directory.mkdir(parents=True)
    for path, text in FILES.items():
        (directory / _filled(path, words)).write_text(_filled(text, words), encoding="utf-8")
    click.echo(f"{directory} is written; its README.md says how to go on")


def _filled(text: str, words: dict[str, str]) -> str:
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    return text

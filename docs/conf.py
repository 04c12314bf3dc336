"""Sphinx: the docs as HTML, without a warning and without the network."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "turnout"
author = "The turnout authors"
copyright = author  # noqa: A001  (Sphinx' name for it)
version = release = importlib.metadata.version("turnout")

sys.path.insert(0, str(Path(__file__).parent))
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "tables"]
exclude_patterns = ["_build", "examples"]
default_role = "py:obj"

myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3

autodoc_default_options = {"members": True}
autodoc_member_order = "bysource"
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_attr_annotations = False  # the signature has the types already

nitpicky = True
nitpick_ignore_regex = [
    ("py:obj", ".*"),  # single backticks link where they can; a parameter has nothing to link to
    (
        "py:.*",
        r"(collections\.abc|hypothesis|numpy|np|pathlib|pluggy|st)\..*",
    ),  # documented elsewhere, and CI has no network
    ("py:class|py:exc", r"[A-Z]\w*|turnout\.\w+\..*"),  # in a signature: a type that is not public
]

html_theme = "furo"
html_title = f"turnout {release}"
html_copy_source = False


def _keep_first_line_whole(
    app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    """Keep napoleon from reading a variable's first line as ``type: description``: put an empty comment before it."""
    del app, name, obj, options
    if what in {"attribute", "data", "property"} and lines:
        lines[:0] = ["..", ""]


def setup(app: Sphinx) -> None:
    """Put the repair before napoleon, which listens with the default priority of 500."""
    app.connect("autodoc-process-docstring", _keep_first_line_whole, priority=400)

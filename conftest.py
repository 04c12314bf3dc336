"""Runs the examples in the README and the docs as tests: python blocks and console blocks.

An example is left out only with a reason: ``<!-- skip: next "the reason" -->`` above it.
"""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

from sybil import Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser

from tests.house.console import run_console

if TYPE_CHECKING:
    import pytest

# A third party's distribution, which is no part of ours: .ci/run builds it, installs it and runs its tests.
collect_ignore = ["docs/examples/turnout-canary"]

pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), CodeBlockParser("console", run_console), SkipParser()], pattern="*.md"
).pytest()


def pytest_configure(config: pytest.Config) -> None:
    """Give the run a cache of its own, which begins empty; the user's is none of its business."""
    directory = tempfile.TemporaryDirectory(prefix="turnout-tests-")
    config.add_cleanup(directory.cleanup)
    os.environ["XDG_CACHE_HOME"] = directory.name

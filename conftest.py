"""Runs the examples in the README and the docs as tests: python blocks and console blocks.

An example is left out only with a reason: ``<!-- skip: next "the reason" -->`` above it.
"""

from __future__ import annotations

from sybil import Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser

from tests.house.console import run_console

# A third party's distribution, which is no part of ours: .ci/run builds it, installs it and runs its tests.
collect_ignore = ["docs/examples/turnout-canary"]

pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), CodeBlockParser("console", run_console), SkipParser()], pattern="*.md"
).pytest()

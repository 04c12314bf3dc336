"""The command line: a thin shell around the library."""

from turnout.cli.root import main

__all__ = ["main"]

"""Runs the real console script in a process of its own, as a shell would."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

__all__ = ["TURNOUT", "environment", "shell"]

TURNOUT = Path(sys.executable).parent / "turnout"


def environment(**more: str) -> dict[str, str]:
    """The environment without what would colour the output."""
    plain = {name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR", "COLUMNS")}
    return {**plain, **more}


def shell(line: str, stdin: bytes = b"", **more: str) -> subprocess.CompletedProcess[bytes]:
    """Run a line of shell in which ``turnout`` is the console script under test."""
    return subprocess.run(
        ["bash", "-c", f'set -o pipefail; turnout() {{ {shlex.quote(str(TURNOUT))} "$@"; }}; {line}'],
        input=stdin,
        capture_output=True,
        env=environment(**more),
        timeout=120,
        check=False,
    )

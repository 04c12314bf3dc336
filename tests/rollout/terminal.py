"""A terminal for ``turnout rollout`` in a directory of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import attrs

from turnout.cli import main

if TYPE_CHECKING:
    import pytest

__all__ = ["KIADA", "MANIFEST", "Terminal", "manifest", "python", "started"]

KIADA = Path(__file__).parents[2] / "docs" / "examples" / "kiada" / "deployment.yaml"
MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
{more}  minReadySeconds: {min_ready}
  progressDeadlineSeconds: {deadline}
  strategy:
    type: RollingUpdate
    rollingUpdate: {{maxSurge: {surge}, maxUnavailable: {unavailable}}}
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      containers:
        - name: web
          image: "web:{tag}"
          readinessProbe: {{tcpSocket: {{port: 80}}, periodSeconds: 1}}
"""
DEFAULTS = {
    "replicas": 4,
    "paused": None,
    "min_ready": 0,
    "deadline": 600,
    "surge": 1,
    "unavailable": 0,
    "tag": "v1",
}


def manifest(path: Path, **given: Any) -> Path:
    """Write a manifest; it leaves out what is None: ``paused``, and ``replicas`` if that is asked for."""
    values = {**DEFAULTS, **given}
    more = (f"  {name}: {values[name]}\n" for name in ("replicas", "paused") if values[name] is not None)
    path.write_text(MANIFEST.format(**values, more="".join(more)), encoding="utf-8")
    return path


@attrs.define
class Terminal:
    """Runs commands in this process."""

    directory: Path
    capsys: pytest.CaptureFixture[str]
    code: int = 0
    err: str = ""

    @property
    def state(self) -> Path:
        return self.directory / "turnout-rollout.json"

    def __call__(self, *arguments: str | Path) -> str:
        """Run ``turnout rollout`` with these arguments; return what it prints."""
        self.code = main(["rollout", *map(str, arguments), "--state", str(self.state)])
        printed = self.capsys.readouterr()
        self.err = printed.err
        return printed.out

    def begin(self, *options: str, **given: Any) -> str:
        path = manifest(self.directory / "web.yaml", **given)
        return self("apply", path, "--clock", "stopped", *options)

    def seen(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self("status", "--format", "json"))
        return read

    def wanted(self) -> dict[str, int]:
        return {each["name"]: each["wanted"] for each in self.seen()["replica_sets"]}

    @property
    def files(self) -> set[str]:
        return {each.name for each in self.directory.iterdir()}


def python(directory: Path, program: str) -> subprocess.Popen[str]:
    """Start a program as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", program], cwd=directory, stdout=subprocess.PIPE, encoding="utf-8"
    )


def started(
    directory: Path, *arguments: str | Path, stdout: int | IO[str] = subprocess.PIPE
) -> subprocess.Popen[str]:
    """Start ``turnout rollout`` as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", "import sys; from turnout.cli import main; sys.exit(main())", "rollout"]
        + [str(each) for each in arguments],
        cwd=directory,
        stdout=stdout,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        # A terminal's Ctrl-C reaches even a test that was started in the background, where it is ignored at first.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )

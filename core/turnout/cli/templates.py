"""What ``turnout new`` writes: a whole distribution with one strategy, its test, and a page about it."""

from __future__ import annotations

__all__ = ["FILES", "IMPORTS"]

_PYPROJECT = """\
[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "turnout-@name@"
version = "0.1.0"
description = "A rollout strategy for turnout"
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["attrs>=25.1", "turnout>=@version@"]

[project.optional-dependencies]
test = ["pytest>=8.3"]

[project.entry-points.turnout]
@name@ = "@module@"

[tool.hatch.build.targets.wheel]
only-include = ["@module@.py"]

[tool.hatch.build.targets.sdist]
include = ["/@module@.py", "/test_@module@.py", "/README.md"]
"""

IMPORTS = """\
from collections.abc import Iterable
from typing import ClassVar

import attrs

from turnout import Bounds, Observation, Plan, Promise, Proviso, Spread, Strategy, hookimpl
"""
"""What the module of a strategy imports."""

_MODULE = '''\
"""@title@: a rollout strategy for turnout."""

@imports@
CALM = Proviso(
    "no replica fails, and what the controller is told is not stale",
    lambda trace: not trace.weather.stale
    and not any(each.what in ("crashed", "killed", "not ready") for each in trace.history.happenings),
)


@attrs.frozen(kw_only=True)
class @class@(Strategy):
    """Replace a batch of replicas at a time, and go on when it is available."""

    name: ClassVar[str] = "@name@"
    promises: ClassVar[tuple[Promise, ...]] = (
        Promise("capacity-floor", CALM),
        Promise("surge-ceiling"),
        Promise("paused-means-still"),
        Promise("no-request-to-the-unready"),
        Promise("converges"),
        Promise("undo-restores"),
    )

    batch: int = attrs.field(
        default=1,
        validator=attrs.validators.ge(1),
        metadata={"doc": "how many replicas are replaced at a time"},
    )

    def bounds(self, replicas: int) -> Bounds:
        """As many as wished at least, and a batch more at most."""
        return Bounds(floor=replicas, ceiling=replicas + self.batch)

    def decide(self, seen: Observation) -> Plan:
        """Start new replicas where there is room; else stop old ones that are not needed any more."""
        replicas, target = seen.rollout.replicas, seen.target
        wanted = {**seen.wanted, target.name: min(target.wanted, replicas)}
        room = self.bounds(replicas).ceiling - sum(wanted.values())
        more = max(0, min(room, replicas - wanted[target.name]))
        wanted[target.name] += more
        if more:
            return Plan(wanted=wanted, routing=Spread(), because=f"{more} more of {target.name}")
        spare = sum(min(each.available, each.wanted) for each in seen.replica_sets) - replicas
        for old in seen.others:
            gone = max(0, min(old.wanted, spare))
            wanted[old.name] -= gone
            spare -= gone
        return Plan(wanted=wanted, routing=Spread(), because=f"all but {replicas} available ones may go")


@hookimpl
def turnout_strategies() -> Iterable[type[Strategy]]:
    """Give the strategy to turnout."""
    return [@class@]
'''

_TEST = '''\
"""@class@ keeps what it promises."""

from turnout.testing import conformance

from @module@ import @class@

test_@module@ = conformance(@class@)
'''

_README = """\
# turnout-@name@

A rollout strategy for turnout: `@name@`.

```console
$ python -m venv .venv
$ .venv/bin/pip install -e '.[test]'
$ .venv/bin/turnout strategies @name@
$ .venv/bin/turnout verify @name@
$ .venv/bin/python -m pytest
```

The strategy is `@class@` in `@module@.py`. Its fields are its parameters, `decide` is what it does, and `promises` is
what `turnout verify` and the test hold it to.
"""

FILES = {
    "pyproject.toml": _PYPROJECT,
    "@module@.py": _MODULE.replace("@imports@", IMPORTS),
    "test_@module@.py": _TEST,
    "README.md": _README,
}
"""The files of the distribution by name; ``@name@`` and its like are filled in."""

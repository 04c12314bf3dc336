"""What the host says about each plugin: where it comes from, what it provides, and what is broken in it."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import attrs

__all__ = ["KINDS", "KindOfThing", "PluginReport", "State", "origin"]

State: TypeAlias = Literal["ok", "off", "broken"]
"""``"off"``: switched off by name. ``"broken"``: something of it is refused, and `PluginReport.problems` says what."""

KindOfThing: TypeAlias = Literal["strategies", "invariants", "traffic"]
"""What a plugin can provide; each has a hook, ``turnout_`` and this."""

KINDS: dict[KindOfThing, str] = {
    "strategies": "strategy",
    "invariants": "invariant",
    "traffic": "traffic source",
}
"""Each kind of thing, and what one of it is called."""


def origin(distribution: str | None, version: str | None) -> str:
    """Say in words which distribution something comes from."""
    if distribution is None:
        return "this program"
    return f"{distribution} {version}" if version else distribution


@attrs.frozen(kw_only=True)
class PluginReport:
    """What the host says about one plugin.

    Attributes:
        name: The name of its entry point, or the one that it was registered with: what switches it off.
        distribution: The distribution that it comes from; None for one that a program has registered.
        version: The version of that distribution, where it says one.
        entry_point: The entry point's value, such as ``"acme.rollouts"``; None for one that a program has registered.
        state: Whether it is in use.
        strategies: Names of the strategies that are in use because of it.
        invariants: Names of the invariants that are.
        traffic: Names of the traffic sources that are.
        problems: What is broken in it, a line each.
    """

    name: str
    distribution: str | None = None
    version: str | None = None
    entry_point: str | None = None
    state: State = "ok"
    strategies: tuple[str, ...] = ()
    invariants: tuple[str, ...] = ()
    traffic: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def origin(self) -> str:
        """The distribution and version that it comes from, in words."""
        return origin(self.distribution, self.version)

    @property
    def provides(self) -> dict[KindOfThing, tuple[str, ...]]:
        """The names of all that is in use because of it, by kind."""
        return {"strategies": self.strategies, "invariants": self.invariants, "traffic": self.traffic}

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON has it."""
        return {
            "name": self.name,
            "distribution": self.distribution,
            "version": self.version,
            "entry_point": self.entry_point,
            "state": self.state,
            "provides": {kind: list(names) for kind, names in self.provides.items()},
            "problems": list(self.problems),
        }

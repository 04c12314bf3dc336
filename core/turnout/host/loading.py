"""Loading one plugin: import it, register it with pluggy, ask each of its hooks, check what comes back."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Any

import attrs
import pluggy

from turnout import hookspecs
from turnout.errors import nearest, shown
from turnout.host.checks import CHECKS
from turnout.host.faults import Fault, blamed
from turnout.host.plugins import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from turnout.host.discovery import Found
    from turnout.host.plugins import KindOfThing

__all__ = ["Harvest", "harvest", "imported"]

_HOOKS: dict[str, KindOfThing] = {f"turnout_{kind}": kind for kind in KINDS}
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_MOST = 1_000


@attrs.frozen(kw_only=True)
class Harvest:
    """What a plugin provides, by kind and name."""

    strategies: Mapping[str, Any] = attrs.field(factory=dict)
    invariants: Mapping[str, Any] = attrs.field(factory=dict)
    traffic: Mapping[str, Any] = attrs.field(factory=dict)

    def of(self, kind: KindOfThing) -> Mapping[str, Any]:
        """Return all that it provides of a kind, by name."""
        things: Mapping[str, Any] = getattr(self, kind)
        return things


def imported(plugin: Found) -> object:
    """Import what an entry point names.

    Raises:
        Fault: If it cannot be used, whatever the reason.
    """
    if plugin.problem is not None or plugin.entry_point is None:
        raise Fault(plugin.problem or "it has no entry point")
    with blamed("cannot be imported"):
        return plugin.entry_point.load()


def harvest(plugin: object, name: str) -> Harvest:
    """Ask a plugin for everything it provides.

    Each plugin has a pluggy manager to itself: one that is shared compares the plugins with each other, so that a
    broken ``__eq__`` of one would take others down.

    Args:
        plugin: A module, or any object whose attributes implement hooks.
        name: Its name.

    Raises:
        Fault: If anything about it is wrong. A plugin is taken whole or not at all.
    """
    if not _NAME.fullmatch(name):
        raise Fault(f"its name {shown(name)} is not one; write it in letters, digits, -, _ and .")
    if plugin is None:
        raise Fault("it is None; give a module, or an object whose attributes implement hooks")
    manager = pluggy.PluginManager("turnout")
    manager.add_hookspecs(hookspecs)
    with blamed("cannot be registered"):
        manager.register(plugin, name)
        callers = {each.name: each for each in manager.get_hookcallers(plugin) or ()}
    _check_hooks(plugin, callers)
    return Harvest(**{kind: _things(callers[hook], kind) for hook, kind in _HOOKS.items() if hook in callers})


def _check_hooks(plugin: object, callers: Mapping[str, pluggy.HookCaller]) -> None:
    for name, caller in callers.items():
        for each in caller.get_hookimpls():
            if not caller.has_spec() and not each.optionalhook:
                raise Fault(f"there is no hook {name}; {nearest(name, _HOOKS)}")
            if each.hookwrapper or each.wrapper:
                raise Fault(
                    f"its {name} is a wrapper; each plugin is asked by itself, so there is nothing to wrap"
                )
    for name in _HOOKS:
        with blamed(f"its attribute {name} cannot be read"):
            unmarked = name not in callers and callable(getattr(plugin, name, None))
        if unmarked:
            raise Fault(f"its {name} is not marked as a hook; put @turnout.hookimpl above it")
    if not callers:
        raise Fault(f"it implements no hook; the hooks are {', '.join(_HOOKS)}")


def _things(caller: pluggy.HookCaller, kind: KindOfThing) -> dict[str, object]:
    """Call one hook of one plugin: pluggy's own call would end at the first that raises, and name nobody."""
    things: dict[str, object] = {}
    for implementation in caller.get_hookimpls():
        for thing in _listed(implementation.function, caller.name):
            with blamed(f"{caller.name} gave something that cannot be looked at"):
                name = CHECKS[kind](thing)
            if name in things:
                raise Fault(f"{caller.name} gave two things of the name {name!r}")
            things[name] = thing
    return things


def _listed(function: Callable[[], Any], hook: str) -> list[object]:
    with blamed(f"{hook} raised"):
        result = function()
    if inspect.iscoroutine(result):
        result.close()
        raise Fault(f"{hook} is async; write a plain function")
    if not isinstance(result, Iterable):
        raise Fault(f"{hook} returned {shown(result)}; it has to return a list")
    with blamed(f"{hook} raised"):  # a generator raises only now
        things = list(islice(result, _MOST + 1))
    if len(things) > _MOST:
        raise Fault(f"{hook} gave more than {_MOST} things")
    return things

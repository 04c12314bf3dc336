"""Who provides what, once all plugins are loaded: refuse what two provide under one name, and what nobody can keep."""

from __future__ import annotations

from collections import defaultdict
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import attrs

from turnout.errors import InputError, nearest, shown
from turnout.host.loading import Harvest
from turnout.host.plugins import KINDS, PluginReport, State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from turnout.host.discovery import Found
    from turnout.host.plugins import KindOfThing
    from turnout.strategy import Strategy

__all__ = ["Loaded", "Settled", "settle"]


@attrs.frozen(kw_only=True)
class Loaded:
    """A plugin as it came out of loading.

    Attributes:
        found: Where it comes from.
        harvest: What it provides.
        off: Whether it is switched off.
        problem: Why it was refused; None if it was not.
    """

    found: Found
    harvest: Harvest = attrs.field(factory=Harvest)
    off: bool = False
    problem: str | None = None

    def __str__(self) -> str:
        return f"plugin {self.found.name!r} ({self.found.origin})"


@attrs.frozen(kw_only=True)
class Settled:
    """Who provides what.

    Attributes:
        reports: A report for each plugin, in the order in which they were loaded.
        things: All that is in use, by kind and name, sorted.
        refused: Why a name that plugins provide is not in use at all, by kind and name.
    """

    reports: tuple[PluginReport, ...]
    things: Mapping[KindOfThing, Mapping[str, Any]]
    refused: Mapping[tuple[KindOfThing, str], str]

    def find(self, kind: KindOfThing, name: str, where: str | None = None) -> Any:
        """Return the thing of that kind and name.

        Raises:
            InputError: If there is none; the line says why, if it is a plugin's fault.
        """
        known = self.things[kind]
        if name in known:
            return known[name]
        if (kind, name) in self.refused:
            raise InputError(self.refused[kind, name], where=where)
        what = f"there is no {KINDS[kind]} {name!r}"
        for report in self.reports:
            if report.name == name and report.state == "broken":
                raise InputError(
                    f"{what}: the plugin of that name, from {report.origin}, is broken",
                    where=where,
                    hint=report.problems[0],
                )
            if report.name == name and report.state == "off":
                raise InputError(what, where=where, hint="the plugin of that name is switched off")
        raise InputError(what, where=where, hint=nearest(name, known))


def settle(plugins: Sequence[Loaded]) -> Settled:
    """Find out who provides what.

    Args:
        plugins: All plugins; each has its own harvest.
    """
    providers: defaultdict[tuple[KindOfThing, str], list[Loaded]] = defaultdict(list)
    for plugin in plugins:
        for kind in KINDS:
            for name in plugin.harvest.of(kind):
                providers[kind, name].append(plugin)
    ours = {
        key: next(each for each in givers if each.found.bundled)
        for key, givers in providers.items()
        if len(givers) > 1 and sum(each.found.bundled for each in givers) == 1
    }
    refused = {
        (kind, name): f"{KINDS[kind]} {name!r} is provided by {' and by '.join(map(str, givers))}; "
        "none of them is used until all but one of these plugins are switched off"
        for (kind, name), givers in providers.items()
        if len(givers) > 1 and (kind, name) not in ours
    }
    refused |= {
        ("strategies", name): fault
        for (kind, name), givers in providers.items()
        if kind == "strategies" and len(givers) == 1
        if (fault := _unkept(givers[0].harvest.strategies[name], plugins)) is not None
    }
    things: dict[KindOfThing, Mapping[str, Any]] = {
        kind: MappingProxyType(
            {
                name: ours.get((kind, name), givers[0]).harvest.of(kind)[name]
                for (of, name), givers in sorted(providers.items(), key=lambda item: item[0])
                if of == kind and (kind, name) not in refused
            }
        )
        for kind in KINDS
    }
    reports = tuple(_report(each, {**refused, **_outdone(each, ours)}) for each in plugins)
    return Settled(reports=reports, things=things, refused=refused)


def _outdone(
    plugin: Loaded, ours: Mapping[tuple[KindOfThing, str], Loaded]
) -> dict[tuple[KindOfThing, str], str]:
    """What a plugin provides under the name of something that comes with turnout: that one stays in use."""
    return {
        (kind, name): f"{KINDS[kind]} {name!r} comes with turnout, as part of {bundled}; "
        f"give this one another name, or switch that plugin off"
        for (kind, name), bundled in ours.items()
        if bundled is not plugin and name in plugin.harvest.of(kind)
    }


def _unkept(strategy: type[Strategy], plugins: Sequence[Loaded]) -> str | None:
    """Say which invariant that a strategy promises there is not.

    While a plugin is switched off or refused nobody can say what it would provide, and its absence is no fault of
    another; nor can they where there are no invariants at all.
    """
    known = {name for each in plugins for name in each.harvest.invariants}
    if not known or any(each.off or each.problem is not None for each in plugins):
        return None
    for promise in strategy.promises:
        if promise.invariant not in known:
            what = f"strategy {strategy.name} promises {shown(promise.invariant)}"
            return f"{what}, and no plugin has an invariant of that name; {nearest(str(promise.invariant), known)}"
    return None


def _report(plugin: Loaded, refused: Mapping[tuple[KindOfThing, str], str]) -> PluginReport:
    problems = [] if plugin.problem is None else [plugin.problem]
    names: dict[KindOfThing, tuple[str, ...]] = {}
    for kind in KINDS:
        given = sorted(plugin.harvest.of(kind))
        names[kind] = tuple(name for name in given if (kind, name) not in refused)
        problems += [refused[kind, name] for name in given if (kind, name) in refused]
    state: State = "off" if plugin.off else "broken" if problems else "ok"
    found = plugin.found
    return PluginReport(
        name=found.name,
        distribution=found.distribution,
        version=found.version,
        entry_point=None if found.entry_point is None else found.entry_point.value,
        state=state,
        problems=tuple(problems),
        **names,
    )

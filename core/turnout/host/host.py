"""The host: one instance holds one set of plugins. There is no global one."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING, Any

from turnout.arguments import check_instance, listed
from turnout.errors import InputError, nearest
from turnout.host.discovery import Found, discover, found, without_rivals
from turnout.host.faults import Fault
from turnout.host.loading import harvest, imported
from turnout.host.plugins import KINDS
from turnout.host.settling import Loaded, settle
from turnout.parameters import build, parse_spec

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from turnout.host.plugins import KindOfThing, PluginReport
    from turnout.invariant import Invariant
    from turnout.strategy import Strategy
    from turnout.traffic.source import TrafficSource

__all__ = ["Host"]

_ENTRY_POINTS = "it takes entry points, as importlib.metadata has them"


class Host:
    """Finds plugins, asks each for what it provides, and carries on with the rest if one is broken.

    A plugin with a mistake in it is refused whole, and its report says why. Where two plugins provide things of the
    same name, neither of the two things is used, whoever came first: which one a rollout gets must not be left to
    chance. Only what comes with turnout keeps its name, until its plugin is switched off. The rest of what those
    plugins provide is used.

    Args:
        disabled: Names of plugins to switch off; they are not even imported.
        entry_points: Where to find plugins; None for all installed distributions' entry points of group ``turnout``.

    Raises:
        InputError: If no plugin has a name that is to be switched off.
    """

    def __init__(
        self, *, disabled: Collection[str] = (), entry_points: Iterable[EntryPoint] | None = None
    ) -> None:
        off = listed(disabled, "disabled", "it takes names of plugins")
        if entry_points is not None:
            entry_points = listed(entry_points, "entry_points", _ENTRY_POINTS, single=EntryPoint)
            for each in entry_points:
                check_instance(each, EntryPoint, "entry_points", _ENTRY_POINTS)
        candidates = without_rivals(discover() if entry_points is None else found(entry_points))
        names = {each.name for each in candidates}
        for name in off:
            check_instance(name, str, "disabled", "it takes names of plugins")
            if name not in names:
                raise InputError(f"there is no plugin {name!r} to switch off", hint=nearest(name, names))
        self._settle(
            Loaded(found=each, off=True) if each.name in off else self._load(each) for each in candidates
        )

    def _load(self, candidate: Found) -> Loaded:
        try:
            plugin = imported(candidate)
            return Loaded(found=candidate, harvest=harvest(plugin, candidate.name))
        except Fault as fault:
            return Loaded(found=candidate, problem=str(fault))

    def _settle(self, plugins: Iterable[Loaded]) -> None:
        self._plugins = tuple(plugins)
        self._settled = settle(self._plugins)

    def register(self, plugin: object, *, name: str) -> PluginReport:
        """Hand in a plugin that is no entry point: a module, or an object with hooks as methods.

        Args:
            plugin: The plugin.
            name: What to call it.

        Returns:
            What it provides.

        Raises:
            InputError: If the name is taken, anything about the plugin is wrong, or it provides something under a name
                that is in use. The host is as it was before.
        """
        check_instance(name, str, "name", "it takes a name for the plugin")
        where = f"plugin {name!r}"
        for each in self._plugins:
            if each.found.name == name:
                raise InputError(
                    f"there is a {each} already", where=where, hint="register it by another name"
                )
        try:
            added = Loaded(found=Found(name=name), harvest=harvest(plugin, name))
        except Fault as fault:
            raise InputError(str(fault), where=where) from fault
        settled = settle((*self._plugins, added))
        report = settled.reports[-1]
        if report.problems:
            raise InputError(report.problems[0], where=where)
        self._settle((*self._plugins, added))
        return report

    @property
    def plugins(self) -> tuple[PluginReport, ...]:
        """What there is to say about each plugin: entry points by name, then those that were registered."""
        return self._settled.reports

    @property
    def strategies(self) -> Mapping[str, type[Strategy]]:
        """All strategies in use, by name."""
        return self._settled.things["strategies"]

    @property
    def invariants(self) -> Mapping[str, Invariant]:
        """All invariants in use, by name."""
        return self._settled.things["invariants"]

    @property
    def traffic(self) -> Mapping[str, type[TrafficSource]]:
        """All traffic sources in use, by name."""
        return self._settled.things["traffic"]

    def strategy(
        self, spec: str, parameters: Mapping[str, object] | None = None, *, where: str | None = None
    ) -> Strategy:
        """Make the strategy that a text such as ``"rolling:max_surge=1,pause_after=25%"`` asks for.

        Args:
            spec: Its name, and after a colon its parameters.
            parameters: More parameters, such as a manifest's; those in `spec` come first.
            where: Where it is asked for, for the error message.

        Raises:
            InputError: If there is no such strategy, or a parameter is unknown, missing or wrong.
        """
        strategy: Strategy = self._build("strategies", spec, parameters, where)
        return strategy

    def traffic_source(
        self, spec: str, parameters: Mapping[str, object] | None = None, *, where: str | None = None
    ) -> TrafficSource:
        """Make the traffic source that a text such as ``"synthetic:sessions_per_minute=5"`` asks for.

        Args:
            spec: Its name, and after a colon its parameters.
            parameters: More parameters; those in `spec` come first.
            where: Where it is asked for, for the error message.

        Raises:
            InputError: If there is no such source, or a parameter is unknown, missing or wrong.
        """
        source: TrafficSource = self._build("traffic", spec, parameters, where)
        return source

    def _build(
        self, kind: KindOfThing, spec: str, parameters: Mapping[str, object] | None, where: str | None
    ) -> Any:
        check_instance(spec, str, KINDS[kind], "it takes a text such as 'name:parameter=value'")
        check_instance(
            parameters, (Mapping, type(None)), "parameters", "it takes a mapping of names to values"
        )
        check_instance(where, (str, type(None)), "where", "it says where the text comes from")
        name, given = parse_spec(spec)
        return build(self._settled.find(kind, name, where), {**(parameters or {}), **given}, where=where)

    def strategy_class(self, name: str) -> type[Strategy]:
        """Return the strategy of that name.

        Raises:
            InputError: If there is none; the line says why, if it is a plugin's fault.
        """
        check_instance(name, str, "strategy", "it takes a name")
        found: type[Strategy] = self._settled.find("strategies", name)
        return found

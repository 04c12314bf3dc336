"""Plugins that a program hands in: taken whole, or refused with the host as it was."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.host.objects import Drip, Plugin
from turnout.errors import InputError
from turnout.host import Host, PluginReport


def test_registering_objects_and_modules() -> None:
    host = Host(entry_points=())
    plugin = Plugin(strategies=("b", "a"), invariants=("never",), traffic=(Drip,))
    report = host.register(plugin, name="mine")
    assert report == PluginReport(
        name="mine", strategies=("a", "b"), invariants=("never",), traffic=("drip",)
    )
    assert report.origin == "this program"
    assert host.plugins == (report,)
    assert list(host.strategies) == ["a", "b"]
    assert host.invariants["never"].statement == "Nothing is the matter."
    assert repr(host.traffic["drip"]) == repr(Drip)
    assert repr(host.traffic_source("drip:rate=5")) == "Drip(rate=5.0)"
    with pytest.raises(InputError, match="drip: parameter rate is missing; it takes a number"):
        host.traffic_source("drip")
    with pytest.raises(InputError, match=r"there is no traffic source 'drop'; did you mean 'drip'\?"):
        host.traffic_source("drop")


def test_a_registration_that_fails_leaves_the_host_as_it_was() -> None:
    host = Host(entry_points=())
    mine = Plugin(strategies=("a",))
    host.register(mine, name="mine")
    before = host.plugins
    attempts = [
        (
            Plugin(strategies=("b", "a")),
            "yours",
            "'mine' (this program) and by plugin 'yours' (this program)",
        ),
        (Plugin(strategies=("b",)), "mine", "plugin 'mine': there is a plugin 'mine' (this program) already"),
        (mine, "yours", "'mine' (this program) and by plugin 'yours' (this program)"),
        (SimpleNamespace(), "yours", "plugin 'yours': it implements no hook"),
        (None, "yours", "plugin 'yours': "),
        (Plugin(strategies=("b",)), "a b", "its name 'a b' is not one"),
        (Plugin(strategies=("A",)), "yours", "has the name 'A'"),
        (Plugin(strategies=("b", "b")), "yours", "gave two things of the name 'b'"),
    ]
    for plugin, name, complaint in attempts:
        with pytest.raises(InputError) as caught:
            host.register(plugin, name=name)
        assert complaint in str(caught.value)
        assert host.plugins == before
        assert list(host.strategies) == ["a"]
    # Nothing of the attempts is left inside either.
    assert host.register(Plugin(strategies=("b",)), name="yours").strategies == ("b",)


def test_the_same_name_for_different_kinds_is_no_conflict() -> None:
    host = Host(entry_points=())
    host.register(Plugin(strategies=("drip",), invariants=("drip",), traffic=(Drip,)), name="drip")
    assert list(host.strategies) == list(host.invariants) == list(host.traffic) == ["drip"]

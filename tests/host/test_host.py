"""The host: who provides what, who wins (nobody), and who is off."""

from __future__ import annotations

import json
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.host.objects import HandedIn, Plugin, Still
from tests.host.site import HEALTHY, install
from turnout.errors import InputError
from turnout.host import Host, PluginReport

if TYPE_CHECKING:
    from pathlib import Path


def _reports(host: Host) -> dict[str, PluginReport]:
    return {each.name: each for each in host.plugins}


def test_an_empty_host() -> None:
    host = Host(entry_points=())
    assert host.plugins == ()
    assert not host.strategies
    assert not host.invariants
    assert not host.traffic
    with pytest.raises(InputError, match="there is no strategy 'rolling'; known are: none"):
        host.strategy("rolling")


def test_the_bundled_plugins_come_by_the_same_path_as_any() -> None:
    bundled = [each for each in Host().plugins if each.distribution == "turnout"]
    assert {each.name for each in bundled} >= {
        "rolling",
        "session-affinity",
        "blue-green",
        "two-step",
        "recreate",
    }
    for report in bundled:
        assert (report.state, report.problems) == ("ok", ())
        assert any(report.provides.values()), report.name


def test_provenance(site: Path) -> None:
    install(site, "acme-rings", {"rings": "ringing"}, {"ringing": HEALTHY}, version="3.1")
    report = _reports(Host())["rings"]
    assert report == PluginReport(
        name="rings", distribution="acme-rings", version="3.1", entry_point="ringing", strategies=("ring",)
    )
    assert report.origin == "acme-rings 3.1"
    assert json.loads(json.dumps(report.to_dict())) == {
        "name": "rings",
        "distribution": "acme-rings",
        "version": "3.1",
        "entry_point": "ringing",
        "state": "ok",
        "provides": {"strategies": ["ring"], "invariants": [], "traffic": []},
        "problems": [],
    }


def test_strategies_are_built_from_text_and_from_a_manifest(site: Path) -> None:
    install(site, "acme", {"ring": "ringing"}, {"ringing": HEALTHY})
    host = Host()
    ring: Any = host.strategies["ring"]
    assert host.strategy("ring") == ring()
    assert host.strategy("ring:way=right,rest=5m") == ring(way="right", rest=300_000_000)
    assert host.strategy("ring:laps=4", {"laps": 3, "rest": None}) == ring(laps=4, rest=None)
    assert host.strategy_class("ring") is ring
    with pytest.raises(InputError, match=r"there is no strategy 'rink'; did you mean 'ring'\?"):
        host.strategy("rink")
    with pytest.raises(InputError) as caught:
        host.strategy("ring", {"lap": 3}, where="web.yaml:7")
    assert str(caught.value) == "web.yaml:7: ring: there is no parameter 'lap'; did you mean 'laps'?"


def test_two_distributions_with_one_strategy(site: Path) -> None:
    install(site, "acme-a", {"a": "ringing_a"}, {"ringing_a": HEALTHY})
    other = HEALTHY.replace("return [Ring]", "return [Ring, More]").replace(
        "@turnout.hookimpl",
        "@attrs.frozen(kw_only=True)\nclass More(Ring):\n    name: ClassVar[str] = 'more'\n@turnout.hookimpl",
    )
    install(site, "acme-b", {"b": "ringing_b"}, {"ringing_b": other}, version="2.0")
    host = Host()
    assert "ring" not in host.strategies
    assert "more" in host.strategies
    for name in ("a", "b"):
        report = _reports(host)[name]
        assert report.state == "broken"
        (problem,) = report.problems
        assert problem == (
            "strategy 'ring' is provided by plugin 'a' (acme-a 1.2) and by plugin 'b' (acme-b 2.0); "
            "none of them is used until all but one of these plugins are switched off"
        )
    assert _reports(host)["b"].strategies == ("more",)
    with pytest.raises(InputError, match=r"'a' \(acme-a 1.2\) and by plugin 'b' \(acme-b 2.0\)"):
        host.strategy("ring")
    for off, on in (("a", "b"), ("b", "a")):
        host = Host(disabled=[off])
        assert "ring" in host.strategies
        assert _reports(host)[on].state == "ok"


def test_what_comes_with_turnout_keeps_its_name(site: Path) -> None:
    mine = """
import turnout
@turnout.hookimpl
def turnout_invariants():
    never = dict(statement="Never mind.", check=lambda _: None)
    return [turnout.Invariant(name=name, **never) for name in ("converges", "mine")]
"""
    install(site, "acme", {"acme": "acme_rules"}, {"acme_rules": mine})
    host = Host()
    assert host.invariants["converges"].statement != "Never mind."
    assert _reports(host)["core"].state == "ok"
    report = _reports(host)["acme"]
    assert (report.state, report.invariants) == ("broken", ("mine",))
    (problem,) = report.problems
    assert problem.startswith("invariant 'converges' comes with turnout, as part of plugin 'core' (turnout ")
    assert problem.endswith("); give this one another name, or switch that plugin off")
    assert Host(disabled=["core"]).invariants["converges"].statement == "Never mind."


def test_an_entry_point_of_a_name_of_ours_breaks_nothing_of_ours(site: Path) -> None:
    install(site, "acme", {"core": "ringing"}, {"ringing": HEALTHY})
    host = Host()
    ours, theirs = sorted(
        (each for each in host.plugins if each.name == "core"), key=lambda each: each.state, reverse=True
    )
    assert (ours.state, theirs.state) == ("ok", "broken")
    assert theirs.distribution == "acme"
    (problem,) = theirs.problems
    assert problem.endswith("has an entry point of the name 'core'; give this one another name")
    assert host.invariants


def test_two_distributions_with_one_entry_point_name(site: Path) -> None:
    install(site, "acme-a", {"ring": "ringing_a"}, {"ringing_a": "raise AssertionError('is not imported')"})
    install(
        site, "acme-b", {"ring": "ringing_b", "well": "ringing"}, {"ringing_b": HEALTHY, "ringing": HEALTHY}
    )
    host = Host()
    rivals = [each for each in host.plugins if each.name == "ring"]
    assert [each.distribution for each in rivals] == ["acme-a", "acme-b"]
    for report in rivals:
        assert report.state == "broken"
        assert report.problems[0].startswith(
            "acme-a 1.2 and acme-b 1.2 have an entry point of the name 'ring'"
        )
    assert _reports(host)["well"].state == "ok"
    assert [each.state for each in Host(disabled={"ring"}).plugins if each.name == "ring"] == ["off", "off"]


def test_a_distribution_further_down_the_path_is_shadowed(
    site: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = tmp_path_factory.mktemp("second")
    install(site, "Acme.Rings", {"ring": "ringing"}, {"ringing": HEALTHY}, version="2")
    install(
        second, "acme_rings", {"ring": "old"}, {"old": "raise AssertionError('is not imported')"}, version="1"
    )
    monkeypatch.syspath_prepend(second)
    monkeypatch.syspath_prepend(site)
    assert [each.version for each in Host().plugins if each.name == "ring"] == ["2"]


def test_two_entry_points_for_one_module(site: Path) -> None:
    install(site, "acme", {"a": "ringing", "b": "ringing"}, {"ringing": HEALTHY})
    host = Host()
    assert [_reports(host)[name].state for name in ("a", "b")] == ["broken", "broken"]
    assert "plugin 'a' (acme 1.2) and by plugin 'b' (acme 1.2)" in _reports(host)["a"].problems[0]
    assert "ring" in Host(disabled={"a"}).strategies


def test_switched_off_plugins_are_not_imported(site: Path) -> None:
    install(site, "acme", {"ring": "sick"}, {"sick": "raise AssertionError('is not imported')"})
    host = Host(disabled={"ring"})
    assert _reports(host)["ring"] == PluginReport(
        name="ring", distribution="acme", version="1.2", entry_point="sick", state="off"
    )
    with pytest.raises(
        InputError, match="there is no strategy 'ring'; the plugin of that name is switched off"
    ):
        host.strategy("ring")


def test_unknown_names_cannot_be_switched_off() -> None:
    with pytest.raises(
        InputError, match=r"there is no plugin 'roling' to switch off; did you mean 'rolling'\?"
    ):
        Host(disabled=["roling"])


def test_entry_points_without_a_distribution() -> None:
    host = Host(entry_points=[EntryPoint("x", "turnout_strategies.rolling", "turnout")])
    assert [each.origin for each in host.plugins] == ["an unnamed distribution"]
    assert list(host.strategies) == ["rolling"]


def test_hosts_share_nothing() -> None:
    first, second = Host(entry_points=()), Host(entry_points=())
    plugin = Plugin(strategies=("still",))
    first.register(plugin, name="mine")
    assert not second.plugins
    second.register(plugin, name="theirs")
    assert [each.name for each in first.plugins] == ["mine"]
    with pytest.raises(TypeError):
        first.strategies["more"] = Still  # type: ignore[index]  # that is the point


names = st.sampled_from(["a", "b", "c", "d"])
harvests = st.lists(names, unique=True, max_size=3)


@given(st.dictionaries(st.sampled_from(["p", "q", "r", "s"]), harvests, max_size=4), st.data())
def test_a_strategy_is_in_use_exactly_if_one_plugin_that_is_on_provides_it(
    harvest: dict[str, list[str]], data: st.DataObject
) -> None:
    disabled = data.draw(st.sets(st.sampled_from(sorted(harvest)))) if harvest else set()
    entry_points = [HandedIn(name, Plugin(strategies=tuple(given))) for name, given in harvest.items()]
    host = Host(disabled=disabled, entry_points=entry_points)
    on = {name: given for name, given in harvest.items() if name not in disabled}
    providers = {each: [name for name, given in on.items() if each in given] for each in "abcd"}
    assert set(host.strategies) == {each for each, givers in providers.items() if len(givers) == 1}
    for report in host.plugins:
        contested = [each for each in on.get(report.name, ()) if len(providers[each]) > 1]
        state = "off" if report.name in disabled else "broken" if contested else "ok"
        assert report.state == state
        assert set(report.strategies) == set(on.get(report.name, ())) - set(contested)
        assert len(report.problems) == len(contested)
        for each, problem in zip(sorted(contested), report.problems, strict=True):
            assert all(f"plugin {giver!r}" in problem for giver in providers[each])

"""However a plugin is broken: its report says so, naming the distribution, and all others go on working."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.host.site import HEALTHY, STRATEGY, install
from turnout.errors import InputError
from turnout.host import Host, PluginReport

if TYPE_CHECKING:
    from pathlib import Path

_START = """
import attrs
import turnout
from typing import ClassVar
"""


def _hook(body: str, name: str = "turnout_strategies") -> str:
    return f"{STRATEGY}\n@turnout.hookimpl\ndef {name}():\n    {body}\n"


def _ring(old: str, new: str) -> str:
    assert old in HEALTHY
    return HEALTHY.replace(old, new)


def _invariant(**changes: object) -> str:
    given = {"name": "i", "statement": "It is so.", "check": "CHECK", **changes}
    words = ", ".join(f"{name}={value!r}" for name, value in given.items()).replace(
        "'CHECK'", "lambda _: None"
    )
    return (
        f"{_START}\n@turnout.hookimpl\ndef turnout_invariants():\n    return [turnout.Invariant({words})]\n"
    )


_BROKEN = {
    "missing module": (
        "import nowhere_to_be_found",
        "cannot be imported: ModuleNotFoundError: No module named 'nowhere",
    ),
    "error while importing": (
        "\n\n1 / 0",
        "cannot be imported: ZeroDivisionError: division by zero (sick.py, line 3)",
    ),
    "syntax error": ("def", "cannot be imported: SyntaxError: "),
    "exit while importing": ("import sys; sys.exit(3)", "cannot be imported: SystemExit: 3"),
    "null byte": ("\0", "cannot be imported: SyntaxError"),
    "error without words": (
        "class E(Exception):\n    def __str__(self): raise ValueError\nraise E",
        "cannot be imported: E (sick.py, line 3)",
    ),
    "error of many lines": (
        "raise ValueError('a\\nb')",
        "cannot be imported: ValueError: a b (sick.py, line 1)",
    ),
    "unknown hook": (
        _hook("return [Ring]", "turnout_strategy"),
        "there is no hook turnout_strategy; did you mean 'turnout_strategies'?",
    ),
    "one hook known, one not": (
        _hook("return []") + _hook("pass", "turnout_x").replace(STRATEGY, ""),
        "no hook turnout_x",
    ),
    "unmarked hook": (
        HEALTHY.replace("@turnout.hookimpl", ""),
        "its turnout_strategies is not marked as a hook; put @turnout.hookimpl above it",
    ),
    "no hook": (
        STRATEGY,
        "it implements no hook; the hooks are turnout_strategies, turnout_invariants, turnout_traffic",
    ),
    "wrong signature": (
        HEALTHY.replace("turnout_strategies()", "turnout_strategies(host)"),
        "cannot be registered: PluginValidationError: Plugin 'sick' for hook 'turnout_strategies'",
    ),
    "wrapper": (
        _hook("return (yield)").replace("hookimpl", "hookimpl(wrapper=True)"),
        "its turnout_strategies is a wrapper",
    ),
    "hook that raises": (
        _hook("raise KeyError('x')"),
        "turnout_strategies raised: KeyError: 'x' (sick.py, line 32)",
    ),
    "hook that exits": (_hook("raise SystemExit"), "turnout_strategies raised: SystemExit"),
    "generator that raises late": (
        _hook("yield Ring; raise OSError('gone')"),
        "turnout_strategies raised: OSError: gone",
    ),
    "endless generator": (
        _hook("yield from iter(lambda: Ring, None)"),
        "turnout_strategies gave more than 1000 things",
    ),
    "async hook": (
        HEALTHY.replace("def turnout_s", "async def turnout_s"),
        "turnout_strategies is async; write a plain function",
    ),
    "nothing returned": (_hook("pass"), "turnout_strategies returned None; it has to return a list"),
    "one class returned": (
        _hook("return Ring"),
        "turnout_strategies returned <class 'sick.Ring'>; it has to return a list",
    ),
    "an instance": (
        _hook("return [Ring()]"),
        "is not a strategy class; give the class itself, not an instance",
    ),
    "a string": (_hook("return 'Ring'"), "'R' is not a strategy class"),
    "a class of anything": (_hook("return [int]"), "the strategy class int has no name"),
    "the protocol itself": (_hook("return [turnout.Strategy]"), "the strategy class Strategy has no name"),
    "no name": (
        _ring('name: ClassVar[str] = "ring"', ""),
        "the strategy class Ring has no name; write name: ClassVar[str]",
    ),
    "name as a field": (
        _ring("name: ClassVar[str]", "name: str"),
        "the strategy class Ring has no name; write name: ClassVar[str]",
    ),
    "name not a text": (_ring('"ring"', "3"), "the strategy class Ring has no name"),
    "name in capitals": (
        _ring('"ring"', '"Ring"'),
        "has the name 'Ring'; write it in lower case, with - between words",
    ),
    "name with a colon": (_ring('"ring"', '"a:b"'), "has the name 'a:b'"),
    "empty name": (_ring('"ring"', '""'), "has the name ''"),
    "name with a newline": (_ring('"ring"', '"ring\\n"'), "has the name 'ring\\n'"),
    "not attrs": (
        _ring("@attrs.frozen(kw_only=True)", ""),
        "ring: it is not an attrs class; put @attrs.frozen above it",
    ),
    "not frozen": (
        _ring("attrs.frozen(", "attrs.define("),
        "ring: it is not frozen; put @attrs.frozen above it",
    ),
    "unsupported type": (
        _ring("laps: int", "laps: list[int]"),
        "ring: parameter laps: the type list[int] is not supported",
    ),
    "unknown type": (
        _ring("laps: int", "laps: Nowhere"),
        "ring: parameter laps: its type 'Nowhere' cannot be resolved",
    ),
    "default of the wrong type": (
        _ring("default=2", "default='2'"),
        "ring: parameter laps: its default '2' is not a whole",
    ),
    "default out of its limits": (_ring("default=2", "default=0"), "ring: 'laps' must be >= 1: 0"),
    "no decide": (_ring("def decide", "def decided"), "strategy ring has no decide of its own"),
    "decide is no method": (
        _ring("def decide", "decide = 3\n    def decided"),
        "strategy ring has no decide of its own",
    ),
    "not a subclass": (
        _ring("class Ring(turnout.Strategy)", "class Ring"),
        "strategy ring has no bounds; subclass turnout.Strategy",
    ),
    "promises of text": (
        _ring('turnout.Promise("converges")', '"converges"'),
        "strategy ring promises ('converges',",
    ),
    "promise about no parameter": (
        _ring('{"way":', '{"weigh":'),
        "strategy ring promises capacity-floor only if 'weigh', which it does not have; known are: laps, rest, way",
    ),
    "promise about a misspelt parameter": (
        _ring('{"way":', '{"wy":'),
        "strategy ring promises capacity-floor only if 'wy', which it does not have; did you mean 'way'?",
    ),
    "promise about no value": (
        _ring('("left", "straight")', '("left", "up")'),
        "only if 'way' is 'up', which it cannot be; way takes one of left, right, straight",
    ),
    "promise about the letters of a value": (
        _ring('("left", "straight")', '"left"'),
        "only if 'way' is 'l', which it cannot be",
    ),
    "promise of an unknown invariant": (
        _ring('"capacity-floor"', '"capacity-flor"'),
        "'capacity-flor', and no plugin has an invariant of that name; did you mean 'capacity-floor'?",
    ),
    "promise of nothing": (
        _ring('turnout.Promise("converges")', "turnout.Promise(['converges'])"),
        "strategy ring promises ['converges']; name the invariant",
    ),
    "carries out what nobody asks for": (
        _ring('name: ClassVar[str] = "ring"', 'name = "ring"; carries_out = {"Rolling": {}}'),
        "strategy ring carries out 'Rolling', for which no manifest asks; did you mean 'RollingUpdate'?",
    ),
    "carries something out with a parameter that it has not": (
        _ring('name: ClassVar[str] = "ring"', 'name = "ring"; carries_out = {"Recreate": {"lap": 1}}'),
        "strategy ring carries out 'Recreate': ring: there is no parameter 'lap'; did you mean 'laps'?",
    ),
    "carries affinity out without a timeout": (
        _ring('name: ClassVar[str] = "ring"', 'name = "ring"; carries_out = {"ClientIP": {}}'),
        "strategy ring carries out 'ClientIP': ring: there is no parameter 'idle_timeout'",
    ),
    "carries out a text": (
        _ring('name: ClassVar[str] = "ring"', 'name = "ring"; carries_out = "Recreate"'),
        "strategy ring carries out 'Recreate'; carries_out is a mapping",
    ),
    "twice the same": (_hook("return [Ring, Ring]"), "turnout_strategies gave two things of the name 'ring'"),
    "class that cannot be looked at": (
        _START
        + """
class Meta(type):
    @property
    def name(cls): raise RuntimeError("hands off")

@turnout.hookimpl
def turnout_strategies():
    return [Meta("M", (), {})]
""",
        "turnout_strategies gave something that cannot be looked at: RuntimeError: hands off (sick.py, line 8)",
    ),
    "invariant that is a class": (
        _hook("return [Ring]", "turnout_invariants"),
        "<class 'sick.Ring'> is not an invariant; give instances of turnout.Invariant",
    ),
    "invariant that is a number": (_hook("return [3]", "turnout_invariants"), "3 is not an invariant"),
    "invariant that has only a name": (
        _START
        + "@attrs.frozen\nclass I:\n    name: str = 'i'\n"
        + "@turnout.hookimpl\ndef turnout_invariants():\n    return [I()]",
        "I(name='i') is not an invariant; give instances of turnout.Invariant",
    ),
    "invariant with no name": (_invariant(name=3), "has no name; write name"),
    "invariant with a path for a name": (
        _invariant(name="../i"),
        "has the name '../i'; write it in lower case",
    ),
    "invariant that replaces what every strategy has to be": (
        _invariant(name="well-behaved"),
        "invariant well-behaved is what every strategy has to be; give it another name",
    ),
    "invariant that states nothing": (
        _invariant(statement=None),
        "invariant i states None; write its statement",
    ),
    "invariant without a check": (_invariant(check=None), "invariant i has no check; write a function"),
    "invariant that nothing exercises": (
        _invariant(exercised=3),
        "invariant i has no exercised; write a function",
    ),
    "invariant of no kind": (
        _invariant(kind="safty"),
        "invariant i is of kind 'safty'; did you mean 'safety'?",
    ),
    "invariant that may be stepwise": (
        _invariant(stepwise="no"),
        "invariant i has stepwise 'no'; write True or False",
    ),
    "traffic without load": (_hook("return [Ring]", "turnout_traffic"), "traffic source ring has no load"),
    "traffic that is an instance": (
        _hook("return [Ring()]", "turnout_traffic"),
        "is not a traffic source class; give the class itself, not an instance",
    ),
}


def _reports(host: Host) -> dict[str, PluginReport]:
    return {each.name: each for each in host.plugins}


@pytest.mark.parametrize(("module", "problem"), list(_BROKEN.values()), ids=list(_BROKEN))
def test_broken_plugin(site: Path, module: str, problem: str) -> None:
    bundled = set(Host().strategies)
    install(site, "acme-sick", {"sick": "sick"}, {"sick": module})
    install(site, "acme-well", {"well": "well"}, {"well": HEALTHY.replace('"ring"', '"well-ring"')})
    host = Host()
    sick = _reports(host)["sick"]
    assert (sick.state, sick.distribution, sick.version, sick.entry_point) == (
        "broken",
        "acme-sick",
        "1.2",
        "sick",
    )
    assert len(sick.problems) == 1
    assert problem in sick.problems[0]
    assert sick.problems[0].isprintable()
    assert not any(sick.provides.values())
    assert _reports(host)["well"].state == "ok"
    assert set(host.strategies) == bundled | {"well-ring"}
    assert host.strategy("well-ring:laps=3") is not None


def test_a_plugin_that_cannot_be_compared_harms_no_other(site: Path) -> None:
    sick = """
    import turnout

    class Plugin:
        def __eq__(self, other): raise OSError
        __hash__ = None
        @turnout.hookimpl
        def turnout_strategies(self): return []

    plugin = Plugin()
    """
    install(site, "acme", {"sick": "sick:plugin", "well": "well"}, {"sick": sick, "well": HEALTHY})
    host = Host()
    assert _reports(host)["sick"].problems == ("cannot be registered: OSError (sick.py, line 5)",)
    assert _reports(host)["well"].state == "ok"


def test_an_interrupt_is_no_fault(site: Path) -> None:
    install(site, "acme", {"sick": "sick"}, {"sick": "raise KeyboardInterrupt"})
    with pytest.raises(KeyboardInterrupt):
        Host()


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (
            "ringing:Missing",
            "cannot be imported: AttributeError: module 'ringing' has no attribute 'Missing'",
        ),
        ("ringing:", "cannot be imported: "),
        ("a b c", "cannot be imported: "),
        ("", "cannot be imported: "),
        ("ringing:Ring.name", "it implements no hook"),
    ],
)
def test_entry_points_that_lead_nowhere(site: Path, value: str, problem: str) -> None:
    install(site, "acme", {"sick": value, "well": "ringing"}, {"ringing": f"{HEALTHY}\nNOTHING = None"})
    host = Host()
    assert _reports(host)["sick"].state == "broken"
    assert problem in _reports(host)["sick"].problems[0]
    assert "ring" in host.strategies


def test_a_broken_plugin_is_named_when_its_strategy_is_asked_for(site: Path) -> None:
    install(site, "acme", {"ring": "sick"}, {"sick": "1 / 0"})
    with pytest.raises(InputError) as caught:
        Host().strategy("ring:laps=2")
    assert str(caught.value) == (
        "there is no strategy 'ring': the plugin of that name, from acme 1.2, is broken; "
        "cannot be imported: ZeroDivisionError: division by zero (sick.py, line 1)"
    )


@pytest.mark.parametrize("name", ["a b", "-a", "a,b", "a/b", "ä"])
def test_malformed_plugin_names(site: Path, name: str) -> None:
    install(site, "acme", {name: "ringing"}, {"ringing": HEALTHY})
    report = _reports(Host())[name]
    assert report.state == "broken"
    assert f"its name {name!r} is not one" in report.problems[0]


def test_malformed_entry_points_of_a_plugin_are_reported(site: Path) -> None:
    install(site, "acme-sick", "[turnout]\nno equals sign\n", {})
    install(site, "acme-well", {"well": "ringing"}, {"ringing": HEALTHY})
    host = Host()
    report = _reports(host)["acme-sick"]
    assert (report.state, report.distribution, report.entry_point) == ("broken", "acme-sick", None)
    assert report.problems[0].startswith("its entry_points.txt cannot be read: ")
    assert "ring" in host.strategies


def test_malformed_entry_points_of_others_are_none_of_our_business(site: Path) -> None:
    before = Host().plugins
    install(site, "acme-sick", "[console_scripts]\nno equals sign\n", {})
    assert Host().plugins == before


def test_a_distribution_without_metadata(site: Path) -> None:
    install(site, "acme", {"well": "ringing"}, {"ringing": HEALTHY}, version=None)
    report = _reports(Host())["well"]
    assert report.state == "ok"
    assert report.origin == "an unnamed distribution"


MISSPELT = HEALTHY.replace('"capacity-floor"', '"capacity-flor"')


def test_what_is_switched_off_or_broken_is_not_blamed_on_those_who_rely_on_it(site: Path) -> None:
    install(site, "acme-ring", {"ring": "ring"}, {"ring": MISSPELT})
    assert _reports(Host())["ring"].state == "broken"
    assert _reports(Host(disabled={"core"}))["rolling"].state == "ok"
    assert "ring" in Host(disabled={"core"}).strategies, "it may be an invariant of what is switched off"
    install(site, "acme-sick", {"sick": "sick"}, {"sick": "1 / 0"})
    assert _reports(Host())["ring"].state == "ok"


def test_only_the_strategy_is_refused_whose_promise_is_unknown(site: Path) -> None:
    more = (
        MISSPELT
        + """
from tests.host.objects import never
@turnout.hookimpl
def turnout_invariants():
    return [never("never")]
"""
    )
    install(site, "acme-ring", {"ring": "ring"}, {"ring": more})
    host = Host()
    report = _reports(host)["ring"]
    assert (report.state, report.strategies, report.invariants) == ("broken", (), ("never",))
    with pytest.raises(InputError, match="promises 'capacity-flor', and no plugin has"):
        host.strategy("ring")

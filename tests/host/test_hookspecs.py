"""The hooks: each is documented with an example that works, and each kind of thing has one."""

from __future__ import annotations

import inspect
import textwrap
from types import ModuleType
from typing import get_args

import pluggy
import pytest

from turnout import hookspecs
from turnout.host import Host
from turnout.host.plugins import KINDS, KindOfThing

_HOOKS = [name for name in hookspecs.__all__ if name.startswith("turnout_")]


def test_each_kind_of_thing_has_its_hook() -> None:
    assert sorted(_HOOKS) == sorted(f"turnout_{kind}" for kind in get_args(KindOfThing))
    assert list(KINDS) == list(get_args(KindOfThing))
    manager = pluggy.PluginManager("turnout")
    manager.add_hookspecs(hookspecs)
    assert sorted(vars(manager.hook)) == sorted(_HOOKS)


@pytest.mark.parametrize("name", _HOOKS)
def test_each_hook_is_documented_with_an_example_of_its_own_signature(name: str) -> None:
    hook = getattr(hookspecs, name)
    documentation = " ".join((inspect.getdoc(hook) or "").split())
    returned = inspect.signature(hook).return_annotation.removeprefix("Iterable[").removesuffix("]")
    last = returned.removeprefix("type[").removesuffix("]")
    qualified = returned.replace(last, f"turnout.{last}")
    assert f"@turnout.hookimpl def {name}() -> Iterable[{qualified}]:" in documentation
    assert "Returns:" in documentation


def test_the_example_of_a_strategy_is_a_plugin() -> None:
    documentation = inspect.getdoc(hookspecs.turnout_strategies) or ""
    example = documentation.partition("::\n")[2].partition("Returns:")[0]
    module = ModuleType("example")
    source = (
        "from __future__ import annotations\nfrom collections.abc import Iterable\nfrom typing import ClassVar\n"
        "import attrs\nimport turnout\n" + textwrap.dedent(example)
    )
    exec(compile(source, "example", "exec"), vars(module))  # noqa: S102  (our own docstring)
    host = Host(entry_points=())
    assert host.register(module, name="example").strategies == ("all-at-once",)

"""A strategy as a process has it that has just started: its module is imported anew, and remembers nothing."""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import partial
from importlib.util import module_from_spec
from typing import TYPE_CHECKING, cast

import attrs

from turnout.verify.guard import MisbehaviourError, guarded

if TYPE_CHECKING:
    from turnout.strategy import Strategy

__all__ = ["afresh"]


def afresh(strategy: Strategy) -> Strategy:
    """Return a strategy like this one, of a class that shares nothing with its own.

    It is of this very class where that cannot be had anew: one that was made within a function or at a prompt, or whose
    module fails when it is run once more. What the module has imported from other modules is shared.
    """
    cls = type(strategy)
    spec = getattr(sys.modules.get(cls.__module__), "__spec__", None)
    found: object = None
    if spec is not None and spec.loader is not None:
        module = module_from_spec(spec)
        with suppress(MisbehaviourError):
            guarded("its module", partial(spec.loader.exec_module, module))
            found = getattr(module, cls.__qualname__, None)
    if not isinstance(found, type) or not attrs.has(found):
        return attrs.evolve(strategy)  # type: ignore[misc]  # a protocol of attrs classes
    given = {
        each.alias: getattr(strategy, each.name)
        for each in attrs.fields(found)
        if each.init and each.alias is not None
    }
    return cast("Strategy", found(**given))

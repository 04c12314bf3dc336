"""A story: one run in which an invariant broke, as data that is saved, and replays whatever the generators become."""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import attrs
from cattrs import transform_error
from cattrs.preconf.json import make_converter

from turnout.environment import Environment, Weather
from turnout.errors import InputError
from turnout.invariant import Violation
from turnout.parameters import build, to_dict, to_spec
from turnout.runbook import Runbook
from turnout.scenario import Scenario
from turnout.verify.world import World
from turnout.workload import Workload

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cattrs import Converter

    from turnout.strategy import Strategy

__all__ = ["Story", "read_story", "story_from_dict", "story_to_dict", "write_story"]

_FORMAT = 1
_HINT = "give a file that turnout verify wrote"


@attrs.frozen(kw_only=True)
class Story:
    """A counterexample.

    Attributes:
        strategy: The strategy, with its parameters.
        world: Everything else that the run depends on.
        invariant: The name of the invariant that it breaks.
        violation: How.
    """

    strategy: Strategy
    world: World
    invariant: str
    violation: Violation

    @property
    def spec(self) -> str:
        """The strategy and its parameters as one line."""
        return to_spec(self.strategy)

    @property
    def file_name(self) -> str:
        """What to call the file that it is saved in: another name for other parameters."""
        name, spec = self.strategy.name, self.spec
        digest = "" if spec == name else f".{sha256(spec.encode()).hexdigest()[:8]}"
        return f"{name}.{self.invariant}{digest}.json"


def story_to_dict(story: Story) -> dict[str, Any]:
    """Return a story as JSON has it: `story_from_dict` reads it back."""
    return {
        "story": _FORMAT,
        "strategy": story.strategy.name,
        "parameters": to_dict(story.strategy),
        "invariant": story.invariant,
        "violation": {"time": story.violation.time, "text": story.violation.text},
        "world": _converter().unstructure(story.world),
    }


def story_from_dict(data: object, strategies: Mapping[str, type[Strategy]], *, where: str) -> Story:
    """Read a story that `story_to_dict` wrote.

    Args:
        data: What was read from JSON.
        strategies: The strategies that there are, by name.
        where: Where it was read from.

    Raises:
        InputError: If it is no story, or its strategy is not there or takes other parameters.
    """
    if not isinstance(data, dict) or data.get("story") != _FORMAT:
        raise InputError("it is no story", where=where, hint=_HINT)
    name, parameters = data.get("strategy"), data.get("parameters")
    if not isinstance(name, str) or name not in strategies:
        raise InputError(f"there is no strategy {name!r}", where=where, hint="install the plugin that has it")
    if not isinstance(parameters, dict):
        raise InputError("it has no parameters", where=where, hint=_HINT)
    strategy: Strategy = build(strategies[name], parameters, where=where)
    try:
        return Story(
            strategy=strategy,
            world=_converter().structure(data.get("world"), World),
            invariant=str(data["invariant"]),
            violation=_converter().structure(data.get("violation"), Violation),
        )
    except Exception as error:  # whatever a foreign file provokes
        problem = transform_error(error, path="story")[0]
        raise InputError(problem, where=where, hint=_HINT) from error


def write_story(story: Story, directory: Path) -> Path:
    """Save a story in a directory, which is made if need be, and return the file."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / story.file_name
    text = json.dumps(story_to_dict(story), indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="ascii")
    return path


def read_story(path: Path, strategies: Mapping[str, type[Strategy]]) -> Story:
    """Read a saved story.

    Raises:
        InputError: If the file cannot be read, or holds no story.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(error.strerror or str(error), where=str(path), hint=_HINT) from error
    except (ValueError, RecursionError) as error:
        raise InputError("it is not JSON", where=str(path), hint=_HINT) from error
    return story_from_dict(data, strategies, where=str(path))


@cache
def _converter() -> Converter:
    converter = make_converter(forbid_extra_keys=True, omit_if_default=True)
    converter.register_unstructure_hook(Runbook, lambda runbook: [str(each) for each in runbook.entries])
    converter.register_structure_hook(Runbook, lambda lines, _: Runbook.parse(lines))
    names = {"Environment": Environment, "Weather": Weather, "Runbook": Runbook, "Scenario": Scenario}
    for cls in (Workload, Scenario, World):
        attrs.resolve_types(cls, localns=_names(names))
    return converter


def _names(more: dict[str, Any]) -> dict[str, Any]:
    from turnout import model, workload  # noqa: PLC0415
    from turnout.verify import world  # noqa: PLC0415

    return {**vars(model), **vars(workload), **vars(world), **more}

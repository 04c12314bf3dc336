"""The options that say what is rolled out, on what and in which weather: the same for ``compare`` and ``show``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import click

from turnout.environment import Environment, Weather
from turnout.errors import InputError
from turnout.manifest import load_manifest
from turnout.parameters import build, describe
from turnout.runbook import Runbook
from turnout.scenario import Scenario
from turnout.units import Duration, parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from turnout.parameters import Parameter
    from turnout.traffic import Traffic

__all__ = ["read_scenario", "read_traffic", "scenario_options", "traffic_options"]


class DurationType(click.ParamType[Duration]):
    """A duration such as 90s or 5m."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Duration:
        """Read the text."""
        try:
            return parse_duration(value)
        except InputError as error:
            self.fail(f"{error.what}; {error.hint}", param, ctx)


def _option(parameter: Parameter) -> Callable[[Any], Any]:
    name = f"--{parameter.name.replace('_', '-')}"
    if parameter.type.words() == "true or false":
        return click.option(name, parameter.name, is_flag=True, default=None, help=_sentence(parameter.doc))
    default = f"  [default: {parameter.default_text}]" if parameter.default is not None else ""
    metavar = "DURATION" if "duration" in parameter.type.words() else "NUMBER"
    return click.option(name, parameter.name, metavar=metavar, help=_sentence(parameter.doc) + default)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def scenario_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of the scenario to a command; `read_scenario` reads them."""
    options = [
        click.argument("manifest"),
        click.option("--name", metavar="NAME", help="Which of several workloads in the manifest."),
        click.option("--replicas", type=click.IntRange(1, 1000), help="In place of the manifest's number."),
        click.option("--previous", metavar="NAME", help="What to call the revision that runs before."),
        click.option("--bridge", metavar="NAME", help="What to call the bridging revision of two-step."),
        click.option(
            "--serves",
            metavar="ASSETS=PAGES",
            multiple=True,
            help="Revision ASSETS serves pages of revision PAGES, too. May be repeated.",
        ),
        click.option(
            "--do",
            "runbook",
            metavar="ENTRY",
            multiple=True,
            help="What an operator does, such as 'pause when 1 available' or 'resume 10m later'. May be repeated.",
        ),
        click.option(
            "--patience",
            type=DurationType(),
            default="10m",
            show_default=True,
            help="How long a rollout waits for an operator.",
        ),
        click.option(
            "--detect",
            type=DurationType(),
            default="5m",
            show_default=True,
            help="How long until a bad revision is found out.",
        ),
        click.option(
            "--horizon",
            type=DurationType(),
            default="6h",
            show_default=True,
            help="When to give up a rollout that does not end.",
        ),
        *(_option(parameter) for parameter in (*describe(Environment), *describe(Weather))),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def traffic_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of the traffic to a command; `read_traffic` reads them."""
    options = [
        click.option(
            "--traffic",
            metavar="LOG",
            help="An access log, '-' for standard input, or a traffic source such as synthetic:sessions_per_minute=5.  "
            "[default: synthetic]",
        ),
        click.option(
            "--scale-traffic",
            type=float,
            default=1.0,
            show_default=True,
            help="Repeat sessions this many times at random offsets.",
        ),
        click.option("--seed", type=int, default=0, show_default=True, help="Seeds everything random."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def read_scenario(given: dict[str, Any]) -> Scenario:
    """Make the scenario that a command's options ask for.

    Raises:
        InputError: If the manifest or an option cannot be used.
    """
    workload = load_manifest(given["manifest"], name=given["name"])
    if given["replicas"] is not None:
        workload = attrs.evolve(workload, rollout=attrs.evolve(workload.rollout, replicas=given["replicas"]))
    default = Scenario.of(workload)
    scenario = attrs.evolve(
        default,
        previous=given["previous"] or default.previous,
        bridge=given["bridge"] or default.bridge,
        environment=_build(Environment, given),
        weather=_build(Weather, given),
        serves=tuple(_pair(text) for text in given["serves"]),
        runbook=Runbook.parse(given["runbook"]),
        patience=given["patience"],
        detect=given["detect"],
        horizon=given["horizon"],
    )
    names = (scenario.previous, scenario.bridge, scenario.target)
    if len(set(names)) < len(names):
        raise InputError(
            f"previous, bridge and target have to differ, and are {', '.join(names)}",
            hint="choose other names with --previous and --bridge",
        )
    for asset, document in scenario.serves:
        for name in (asset, document):
            if name not in names:
                raise InputError(
                    f"there is no revision {name!r}", where="--serves", hint=f"there are {', '.join(names)}"
                )
    return scenario


def _build(cls: type[Any], given: dict[str, Any]) -> Any:
    parameters = {each.name: given[each.name] for each in describe(cls) if given[each.name] is not None}
    return build(cls, parameters)


def _pair(text: str) -> tuple[str, str]:
    asset, equals, document = text.partition("=")
    if not (asset and equals and document):
        raise InputError(f"{text!r} is not ASSETS=PAGES", where="--serves", hint="write it as --serves v2=v1")
    return asset, document


def read_traffic(context: click.Context, given: dict[str, Any]) -> Traffic:
    """Load the traffic that a command's options ask for.

    Raises:
        InputError: If it cannot be used.
    """
    from turnout.cli.switches import open_host  # noqa: PLC0415  # numpy, only where traffic is wanted
    from turnout.traffic import load_traffic, scale_traffic  # noqa: PLC0415

    asked, seed, scale = given["traffic"], given["seed"], given["scale_traffic"]
    host = open_host(context, warn=False)
    source = (asked or "synthetic").partition(":")[0]
    if source in host.traffic:
        return scale_traffic(
            host.traffic_source(asked or "synthetic", where="--traffic").load(seed), scale, seed
        )
    loaded = load_traffic(asked, seed=seed, scale=scale)
    for line in loaded.summary.describe():
        click.echo(line, err=True)
    return loaded.traffic

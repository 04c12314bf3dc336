"""The options that say what is rolled out, on what and in which weather: the same for ``compare`` and ``show``."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import attrs
import click

from turnout.cli.options import CountType, DurationType, FactorType, parameter_option, sectioned
from turnout.environment import Environment, Weather
from turnout.errors import InputError, near
from turnout.manifest import load_manifest
from turnout.model import MOST_REPLICAS
from turnout.parameters import describe
from turnout.runbook import Runbook
from turnout.scenario import Scenario
from turnout.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from turnout.traffic import Traffic

__all__ = ["read_scenario", "read_traffic", "scenario_options", "traffic_options"]

_ROLLOUT = "The rollout, and what an operator does"
_CLUSTER = "The cluster, where the manifest does not say"
_FAULTS = "Faults thrown at the rollout"


def scenario_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of the scenario to a command that has the manifest; `read_scenario` reads them."""
    options = [
        sectioned(_ROLLOUT, "--name", metavar="NAME", help="Which of several workloads in the manifest."),
        sectioned(
            _ROLLOUT, "--replicas", type=CountType(MOST_REPLICAS), help="In place of the manifest's number."
        ),
        sectioned(_ROLLOUT, "--previous", metavar="NAME", help="What to call the revision that runs before."),
        sectioned(
            _ROLLOUT,
            "--bridge",
            metavar="NAME",
            help="What to call the revision to pass through, for a strategy that does.",
        ),
        sectioned(
            _ROLLOUT,
            "--serves",
            metavar="ASSETS=PAGES",
            multiple=True,
            help="The assets of revision ASSETS serve pages of revision PAGES, too. May be repeated.",
        ),
        sectioned(
            _ROLLOUT,
            "--do",
            "runbook",
            metavar="ENTRY",
            multiple=True,
            help="What an operator does, such as 'pause when 1 available', then 'resume 10m later'. May be repeated.",
        ),
        sectioned(
            _ROLLOUT,
            "--patience",
            type=DurationType(),
            default="10m",
            show_default=True,
            help="How long a strategy waits for an operator until one resumes or promotes its rollout.",
        ),
        sectioned(
            _ROLLOUT,
            "--detect",
            type=DurationType(),
            default="5m",
            show_default=True,
            help="If the new revision is bad: how long after requests can first reach it that is found out.",
        ),
        sectioned(
            _ROLLOUT,
            "--horizon",
            type=DurationType(least=SECOND),
            default="6h",
            show_default=True,
            help="When a rollout is given up that does not end.",
        ),
        *(parameter_option(_CLUSTER, Environment, each) for each in describe(Environment)),
        *(parameter_option(_FAULTS, Weather, each) for each in describe(Weather)),
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
            type=FactorType(),
            default="1",
            show_default=True,
            help="How often each session is there, the repetitions at random times; below 1, sessions are left out.",
        ),
        click.option(
            "--no-cache",
            is_flag=True,
            help="Parse the access log even if it was parsed before, and do not keep what comes of it.",
        ),
        click.option(
            "--seed",
            type=int,
            metavar="NUMBER",
            default=0,
            show_default=True,
            help="Decides everything random: the same seed, the same numbers.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def read_scenario(given: dict[str, Any]) -> Scenario:
    """Make the scenario that a command's options ask for.

    Raises:
        InputError: If the manifest or an option cannot be used.
    """
    if given["manifest"] == given["traffic"] == "-":
        raise InputError(
            "manifest and traffic cannot both be standard input", hint="give one of them as a file"
        )
    workload = load_manifest(given["manifest"], name=given["name"])
    replicas = workload.rollout.replicas if given["replicas"] is None else given["replicas"]
    if replicas > MOST_REPLICAS:
        raise InputError(
            f"{replicas:,} replicas are too many to simulate",
            where=workload.source,
            hint=f"give --replicas, at most {MOST_REPLICAS}",
        )
    workload = attrs.evolve(workload, rollout=attrs.evolve(workload.rollout, replicas=replicas))
    default = Scenario.of(workload)
    with _by_option():
        return attrs.evolve(
            default,
            previous=default.previous if given["previous"] is None else given["previous"],
            bridge=default.bridge if given["bridge"] is None else given["bridge"],
            environment=_build(Environment, given),
            weather=_build(Weather, given),
            serves=tuple(_pair(text) for text in given["serves"]),
            runbook=Runbook.parse(given["runbook"]),
            patience=given["patience"],
            detect=given["detect"],
            horizon=given["horizon"],
        )


@contextmanager
def _by_option() -> Iterator[None]:
    """Name the option where the library names the field that it sets."""
    try:
        yield
    except InputError as error:
        kind, dot, field = (error.where or "").partition(".")
        if kind not in {"Environment", "Scenario", "Weather"}:
            raise
        option = f"--{field.replace('_', '-')}" if dot else None
        raise InputError(error.what, where=option, hint=error.hint) from error


def _build(cls: type[Any], given: dict[str, Any]) -> Any:
    return cls(**{each.name: given[each.name] for each in describe(cls) if given[each.name] is not None})


def _pair(text: str) -> tuple[str, str]:
    asset, equals, document = text.partition("=")
    if not (asset and equals and document):
        raise InputError(f"{text!r} is not ASSETS=PAGES", where="--serves", hint="write it as --serves v2=v1")
    return asset, document


def read_traffic(context: click.Context, given: dict[str, Any]) -> tuple[Traffic, tuple[str, ...]]:
    """Load the traffic that a command's options ask for.

    Returns:
        The traffic, and what was found in the log, a line each, to be said once nothing else can be wrong.

    Raises:
        InputError: If it cannot be used.
    """
    from turnout.cli.switches import open_host  # noqa: PLC0415  # numpy, only where traffic is wanted
    from turnout.traffic import default_cache, load_traffic, scale_traffic  # noqa: PLC0415

    asked = "synthetic" if given["traffic"] is None else given["traffic"]
    if not asked.strip():
        raise InputError(
            f"{asked!r} is no traffic", where="--traffic", hint="give the path of an access log, or -"
        )
    seed, scale = given["seed"], given["scale_traffic"]
    host = open_host(context, warn=False)
    if given["traffic"] is None or asked.partition(":")[0] in host.traffic:
        return scale_traffic(host.traffic_source(asked, where="--traffic").load(seed), scale, seed), ()
    source = near(asked.partition(":")[0], host.traffic)
    if source is not None and asked != "-" and not os.path.lexists(asked):
        what = f"there is no such file as {asked!r}"
        raise InputError(what, where="--traffic", hint=f"did you mean the source {source!r}?")
    cache = None if given["no_cache"] else default_cache()
    loaded = load_traffic(asked, seed=seed, scale=scale, cache=cache)
    remarks = () if loaded.remark is None else (f"turnout: {loaded.remark}",)
    return loaded.traffic, (*loaded.summary.describe(), *remarks)

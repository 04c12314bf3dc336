"""``turnout verify``: which invariants hold, and the shortest story of each that does not."""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from turnout.cli.exhaustive import bound_options, bounds_given, walked
from turnout.cli.options import CountType, SectionedCommand, workers_option
from turnout.cli.output import format_option, print_json, print_rich, stdout_kept, table
from turnout.cli.switches import open_host
from turnout.errors import InputError, nearest, shortened
from turnout.parameters import parse_spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from turnout.invariant import Invariant
    from turnout.strategy import Strategy
    from turnout.verify import Report, Story, Verdict

__all__ = ["verify"]

_BROKEN = 1
_SAY_EVERY = 5  # seconds
_FEW_OTHERS = 3


@click.command(
    cls=SectionedCommand,
    epilog="The exit code is 0 if every promise holds, 1 if one is broken or was never put to the test, "
    "2 if an input cannot be used.",
)
@click.argument("names", metavar="[NAME[:PARAM=VALUE,…]]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Verify every strategy that there is.")
@click.option(
    "--examples",
    type=CountType(),
    default="50",
    show_default=True,
    help="How many rollouts to try in each kind of weather.",
)
@click.option(
    "--seed", type=int, metavar="NUMBER", default=0, show_default=True, help="Decides which rollouts."
)
@click.option(
    "--invariant", "invariants", metavar="NAME", multiple=True, help="Check only this one. May be repeated."
)
@click.option(
    "--weather",
    "weathers",
    metavar="KIND",
    multiple=True,
    help="Try only this kind of weather. May be repeated.",
)
@click.option(
    "--stories",
    metavar="DIRECTORY",
    default="turnout-stories",
    show_default=True,
    help="Where to save the stories of what broke.",
)
@workers_option
@click.option(
    "--exhaustive",
    is_flag=True,
    help="Walk every interleaving of a small rollout instead, with default parameters and with those on which promises "
    "depend, and durations of 10s at most.",
)
@bound_options
@click.option("--replay", metavar="FILE", help="Tell a saved story again, and try nothing else.")
@format_option
@click.pass_context
def verify(context: click.Context, /, **given: Any) -> None:
    """Say which invariants hold, in which weather, and tell how those break that do not.

    Every strategy is tried with its own parameters varied, but for those that NAME fixes.
    """
    host = open_host(context)
    if given["replay"] is not None:
        _only_alone(context)
        context.exit(_replay(host.strategies, host.invariants, Path(given["replay"]), given["output"]))
    from turnout.verify import WEATHERS, WELL_BEHAVED  # noqa: PLC0415  # hypothesis and numpy, only where needed

    known = {WELL_BEHAVED.name: WELL_BEHAVED, **host.invariants}
    given_bounds = bounds_given(context, exhaustive=given["exhaustive"])
    _check("--weather", given["weathers"], WEATHERS)
    _check("--invariant", given["invariants"], known)
    asked = _asked(host.strategies, given["names"], everything=given["everything"])
    if given["exhaustive"]:
        only = given["invariants"] or None
        context.exit(walked(asked, host.invariants, given_bounds, only, given["workers"], given["output"]))
    reports = _verified(asked, host.invariants, given)
    saved = _saved(reports, Path(given["stories"]))
    if given["output"] == "json":
        from turnout.verify.document import reports_document  # noqa: PLC0415

        print_json(reports_document(reports))
    else:
        _print(reports, known, saved, given["weathers"] or WEATHERS)
    context.exit(0 if all(each.kept for each in reports) else _BROKEN)


def _only_alone(context: click.Context) -> None:
    """Refuse what means nothing where a story is told again."""
    for each in context.command.params:
        name = str(each.name)
        if (
            name not in ("replay", "output")
            and context.get_parameter_source(name) is not ParameterSource.DEFAULT
        ):
            what = "names" if name == "names" else each.opts[0]
            raise InputError(f"--replay goes without {what}", hint="the story says all that there is to say")


def _check(option: str, names: Iterable[str], known: Iterable[str]) -> None:
    for name in names:
        if name not in known:
            raise InputError(
                f"there is no {option.removeprefix('--')} {name!r}", where=option, hint=nearest(name, known)
            )


def _asked(
    strategies: Mapping[str, type[Strategy]], names: tuple[str, ...], *, everything: bool
) -> list[tuple[type[Strategy], dict[str, str]]]:
    """Return each strategy to verify, with the parameters that are not to vary."""
    if bool(names) == everything:
        raise InputError(
            "it is not said what to verify" if not names else "--all goes without names",
            hint="give the names of strategies, or --all",
        )
    found = []
    for spec in names or strategies:
        name, fixed = parse_spec(spec)
        if name not in strategies:
            raise InputError(f"there is no strategy {name!r}", hint=nearest(name, strategies))
        found.append((strategies[name], fixed))
    return found


def _verified(
    asked: Iterable[tuple[type[Strategy], dict[str, str]]],
    invariants: Mapping[str, Invariant],
    given: dict[str, Any],
) -> list[Report]:
    from turnout.verify import WEATHERS, Search, verify_all  # noqa: PLC0415

    said = monotonic()

    def say(what: str) -> None:
        nonlocal said
        if monotonic() - said >= _SAY_EVERY:
            said = monotonic()
            click.echo(f"turnout: {what}", err=True)

    search = Search(
        examples=given["examples"],
        seed=given["seed"],
        weathers=given["weathers"] or WEATHERS,
        only=given["invariants"] or None,
    )
    with stdout_kept():
        return verify_all(asked, invariants.values(), search, workers=given["workers"], progress=say)


def _saved(reports: Iterable[Report], directory: Path) -> dict[tuple[str, str], Path]:
    """Save every story, and return the file of each by what it is about: its spec and its invariant."""
    from turnout.verify import write_story  # noqa: PLC0415

    return {
        (story.spec, story.invariant): write_story(story, directory)
        for report in reports
        for story in (verdict.story for verdict in report.verdicts)
        if story is not None
    }


def _print(
    reports: Iterable[Report],
    invariants: Mapping[str, Invariant],
    saved: Mapping[tuple[str, str], Path],
    kinds: tuple[str, ...],
) -> None:
    from rich.text import Text  # noqa: PLC0415  # JSON does without

    for report in reports:
        strategy = report.strategy.name
        rows = table("invariant", "verdict", "examples", "in which weather")
        for verdict in report.verdicts:
            cells = verdict.invariant, verdict.status, f"{verdict.examples:,}", _weather(verdict, kinds)
            rows.add_row(*map(Text, cells))
        print_rich(Text.assemble((strategy, "bold"), f": {report.runs:,} rollouts, seed {report.seed}"), rows)
        for verdict in report.verdicts:
            if verdict.story is not None:
                path = saved[verdict.story.spec, verdict.invariant]
                lines = _lines(verdict.story, invariants[verdict.invariant])
                click.echo("\n".join(["", *lines, f"   replay  turnout verify --replay {path}"]))
        click.echo()


def _weather(verdict: Verdict, tried: Sequence[str]) -> str:
    if verdict.waived is not None:
        return verdict.waived
    words = "breaks in " if verdict.broken_in else ""
    kinds = verdict.broken_in or verdict.weathers
    others = [each for each in tried if each not in kinds]
    if not others and len(tried) > 1:
        return f"{words}any"
    if kinds and len(others) <= _FEW_OTHERS and len(tried) > 2 * _FEW_OTHERS:
        return f"{words}any but {', '.join(others)}"
    return words + ", ".join(kinds)


def _lines(story: Story, invariant: Invariant) -> list[str]:
    from turnout.verify import judge, tell  # noqa: PLC0415

    with stdout_kept():
        judged = judge(story.world, story.strategy, [invariant])
    violation = judged.broken.get(story.invariant, story.violation)
    return tell(story.world, story.strategy, judged, story.invariant, violation)


def _replay(
    strategies: Mapping[str, type[Strategy]], invariants: Mapping[str, Invariant], path: Path, output: str
) -> int:
    from turnout.verify import WELL_BEHAVED, judge, judge_again, read_story, tell  # noqa: PLC0415

    story = read_story(path, strategies)
    known = {WELL_BEHAVED.name: WELL_BEHAVED, **invariants}
    if story.invariant not in known:
        raise InputError(
            f"there is no invariant {story.invariant!r}",
            where=str(path),
            hint=nearest(story.invariant, known),
        )
    with stdout_kept():
        judged = judge(story.world, story.strategy, [known[story.invariant]])
        if story.invariant == WELL_BEHAVED.name and judged.trace is not None:
            judged = judge_again(story.world, story.strategy, judged)
    violation = judged.broken.get(story.invariant)
    lines = tell(story.world, story.strategy, judged, story.invariant, violation)
    if violation is None:
        lines.append(
            f"{'':>9}  it broke when the story was saved: {shortened(story.violation.text)}; "
            "either that is mended, or something decides that a rollout does not show"
        )
    if output == "json":
        saved = {"time": story.violation.time, "text": story.violation.text}
        print_json(
            {
                "invariant": story.invariant,
                "holds": violation is None,
                "saved_violation": saved,
                "story": lines,
            }
        )
    else:
        click.echo("\n".join(lines))
    return 0 if violation is None else _BROKEN

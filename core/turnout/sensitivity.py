"""Which assumption would change the answer: a comparison's assumptions, each turned the other way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from turnout.units import Duration, format_duration, seconds

if TYPE_CHECKING:
    from turnout.scenario import Scenario

__all__ = ["Alternative", "alternatives", "changes_in_words"]


@attrs.frozen
class Alternative:
    """An assumption turned the other way.

    Attributes:
        words: What would be different, to end a sentence that begins with "if".
        option: How to ask for it on the command line.
        scenario: The scenario that it makes.
    """

    words: str
    option: str
    scenario: Scenario


def alternatives(scenario: Scenario) -> tuple[Alternative, ...]:
    """Return a scenario's assumptions turned the other way, those that most often matter."""
    environment = scenario.environment
    old, new = scenario.previous, scenario.target
    found = []
    if not {(old, new), (new, old)} <= set(scenario.serves):
        works = attrs.evolve(scenario, serves=(*scenario.serves, (old, new), (new, old)))
        options = f"--serves {new}={old} --serves {old}={new}"
        found.append(Alternative("the assets of each revision served the pages of the other", options, works))
    slower = Duration(3 * environment.startup) or seconds(10)
    found.append(
        Alternative(
            f"start-up took {format_duration(slower)}",
            f"--startup {format_duration(slower)}",
            attrs.evolve(scenario, environment=attrs.evolve(environment, startup=slower)),
        )
    )
    lag = Duration(environment.removal_delay + seconds(5))
    found.append(
        Alternative(
            f"requests followed termination only after {format_duration(lag)}",
            f"--removal-delay {format_duration(lag)}",
            attrs.evolve(scenario, environment=attrs.evolve(environment, removal_delay=lag)),
        )
    )
    longer = Duration(environment.shutdown + environment.removal_delay + seconds(5))
    found.append(
        Alternative(
            f"replicas served on for {format_duration(longer)} after SIGTERM",
            f"--shutdown {format_duration(longer)}",
            attrs.evolve(scenario, environment=attrs.evolve(environment, shutdown=longer)),
        )
    )
    return tuple(found)


def changes_in_words(
    alternative: Alternative, gained: frozenset[str], lost: frozenset[str], rollouts: int
) -> str | None:
    """Say what an alternative changes about who meets the limits; None if nothing.

    Args:
        alternative: The alternative.
        gained: Labels of the strategies that would meet the limits, and do not as things are assumed.
        lost: Labels of those that do, and would not.
        rollouts: In how many rollouts that was tried.
    """
    parts = []
    for names, words in ((gained, "would meet the limits, too"), (lost, "would not meet them any more")):
        if names:
            parts.append(f"{' and '.join(sorted(names))} {words}")
    if not parts:
        return None
    tried = f"{alternative.option}, tried in {rollouts} rollouts each"
    return f"This would change the answer: if {alternative.words}, {'; '.join(parts)} ({tried})."

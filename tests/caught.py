"""How many bad strategies verification catches with its default settings, by which invariant, after how many examples.

``python -m tests.caught`` prints it.
"""

from __future__ import annotations

import sys
from collections import Counter
from time import monotonic
from typing import TYPE_CHECKING

from tests.bad_strategies import BAD, Bad
from tests.ill_behaved import ILL_BEHAVED
from turnout import Host
from turnout.verify import Search, verify

if TYPE_CHECKING:
    from turnout.verify import Verdict

__all__ = ["ALL_BAD", "hunted"]

ALL_BAD: tuple[type[Bad], ...] = (*BAD, *ILL_BEHAVED)


def hunted(bad: type[Bad]) -> Verdict:
    """Verify what a bad strategy breaks, and stop where it is broken."""
    search = Search(only={bad.breaks}, first=True, stories=False)
    report = verify(bad, Host().invariants.values(), search)
    (verdict,) = report.verdicts
    return verdict


def main() -> int:
    """Print a line for each, and the sum."""
    by, missed = Counter[str](), 0
    seconds: dict[str, float] = {}
    for bad in ALL_BAD:
        begun = monotonic()
        verdict = hunted(bad)
        seconds[bad.name] = monotonic() - begun
        if verdict.found_after is None:
            missed += 1
            sys.stdout.write(f"{bad.name:26} escapes {bad.breaks}\n")
            continue
        by[bad.breaks] += 1
        sys.stdout.write(
            f"{bad.name:26} {bad.breaks:26} after {verdict.found_after:3}  {seconds[bad.name]:5.1f} s\n"
        )
        sys.stdout.flush()
    sums = ", ".join(f"{number} by {name}" for name, number in by.most_common())
    sys.stdout.write(f"{by.total()} of {len(ALL_BAD)} caught: {sums}\n")
    slowest = max(seconds, key=lambda name: seconds[name])
    sys.stdout.write(f"the slowest: {slowest}, {seconds[slowest]:.1f} s\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

"""The commands of the README: one line of shell in each ``sh`` block.

``python -m tests.house.commands README.md`` prints them.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

__all__ = ["commands"]

_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands(readme: str) -> tuple[str, ...]:
    """Return the text of each ``sh`` block of a README, in order.

    Raises:
        ValueError: If a block is not exactly one line.
    """
    found = tuple(block.removesuffix("\n") for block in _BLOCK.findall(readme))
    for each in found:
        if not each or "\n" in each:
            raise ValueError(f"a command of the README is one line, not {each!r}")
    return found


if __name__ == "__main__":
    sys.stdout.writelines(f"{each}\n" for each in commands(Path(sys.argv[1]).read_text(encoding="utf-8")))

"""Verification in several processes says what it says in one."""

from __future__ import annotations

from turnout import Host, Strategy
from turnout.verify import Search, verify_all


def test_the_result_is_the_same_in_any_number_of_processes() -> None:
    host = Host()
    asked: list[tuple[type[Strategy], dict[str, str]]] = [
        (host.strategies[name], {}) for name in ("rolling", "recreate")
    ]
    search = Search(examples=3, weathers=("clear", "storm"))
    one, other = (verify_all(asked, host.invariants.values(), search, workers=each) for each in (1, 2))
    assert one == other
    assert any(verdict.story is not None for report in one for verdict in report.verdicts)

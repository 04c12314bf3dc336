"""Verification in several processes says what it says in one, and ends with whatever ends one of them."""

from __future__ import annotations

import os
from functools import partial
from multiprocessing import active_children
from time import sleep

import pytest

from turnout import Host, InputError, Strategy
from turnout.verify import Search, verify_all
from turnout.verify.parallel import side_by_side


def raised(error: BaseException) -> None:
    raise error


def test_the_result_is_the_same_in_any_number_of_processes() -> None:
    host = Host()
    asked: list[tuple[type[Strategy], dict[str, str]]] = [
        (host.strategies[name], {}) for name in ("rolling", "recreate")
    ]
    search = Search(examples=3, weathers=("clear", "storm"))
    one, other = (verify_all(asked, host.invariants.values(), search, jobs=jobs) for jobs in (1, 3))
    assert one == other
    assert any(verdict.story is not None for report in one for verdict in report.verdicts)


@pytest.mark.parametrize("jobs", [1, 2, 9])
def test_results_are_in_the_order_of_the_pieces(jobs: int) -> None:
    said: list[str] = []
    pieces = [(f"piece {number}", partial(pow, number, 2)) for number in range(5)]
    assert side_by_side(pieces, jobs, said.append) == [0, 1, 4, 9, 16]
    assert said[-1] == "piece 4 (5 of 5)"


@pytest.mark.parametrize("error", [InputError("it is wrong"), KeyboardInterrupt()])
def test_what_fails_ends_the_others(error: BaseException) -> None:
    pieces = [("slow", partial(sleep, 600)), ("wrong", partial(raised, error))]
    with pytest.raises(type(error)):
        side_by_side(pieces, 2)
    assert not active_children()


def test_a_process_that_ends_by_itself_is_told_in_a_line() -> None:
    with pytest.raises(InputError, match="rolling: storm: the process that tried it has ended by itself"):
        side_by_side([("rolling: storm", partial(os._exit, 3))], 2)

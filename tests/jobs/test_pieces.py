"""Calls in several processes: their answers in order, and one that fails ends the others."""

from __future__ import annotations

import multiprocessing
import os
from functools import partial
from time import sleep
from types import MappingProxyType
from typing import Any

import pytest

from turnout import InputError, TurnoutError
from turnout.jobs.pieces import side_by_side


def raised(error: BaseException) -> None:
    raise error


def read_only() -> MappingProxyType[str, int]:
    return MappingProxyType({"a": 1})


def made(pieces: list[tuple[str, Any]], workers: int | None = 2) -> list[Any]:
    return side_by_side(pieces, workers=workers, simulations=1)


@pytest.mark.parametrize("workers", [1, 2, None])
def test_answers_are_in_the_order_of_the_pieces(workers: int | None) -> None:
    said: list[str] = []
    pieces = [(f"piece {number}", partial(pow, number, 2)) for number in range(5)]
    assert side_by_side(pieces, workers=workers, simulations=1, progress=said.append) == [0, 1, 4, 9, 16]
    assert said == [f"piece {number} ({number + 1} of 5)" for number in range(5)]


def test_nothing_to_call_answers_nothing() -> None:
    assert made([]) == []


def test_one_piece_stays_in_this_process() -> None:
    assert made([("who", os.getpid)]) == [os.getpid()]


def test_read_only_mappings_come_back() -> None:
    (found, _) = made([("mapping", read_only), ("other", partial(pow, 2, 3))])
    assert found == {"a": 1}
    assert isinstance(found, MappingProxyType)


@pytest.mark.parametrize("error", [InputError("it is wrong", where="here"), KeyboardInterrupt()])
def test_what_fails_ends_the_others(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught:
        made([("slow", partial(sleep, 600)), ("wrong", partial(raised, error))])
    assert str(caught.value) == str(error)
    assert not multiprocessing.active_children()


def test_a_process_that_ends_by_itself_is_told_in_a_line() -> None:
    with pytest.raises(TurnoutError, match="a worker process was killed"):
        # An executor may notice it only when another piece is done.
        made([("slow", partial(sleep, 2)), ("gone", partial(os._exit, 3))])
    assert not multiprocessing.active_children()

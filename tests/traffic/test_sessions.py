"""Sessions: the fast way and the plain way agree."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.traffic.reference import plain_sessions
from turnout.traffic.sessions import find_sessions
from turnout.units import Duration

_requests = st.lists(st.tuples(st.integers(0, 3), st.integers(-10, 40)), max_size=40)


@given(_requests, st.integers(0, 12))
def test_fast_equals_plain(requests: list[tuple[int, int]], gap: int) -> None:
    client = [each for each, _ in requests]
    time = [each for _, each in requests]
    fast = find_sessions(np.array(client, np.int64), np.array(time, np.int64), Duration(gap))
    plain = plain_sessions(client, time, gap)
    assert fast.order.tolist() == [index for session in plain for index in session]
    assert fast.session.tolist() == [number for number, session in enumerate(plain) for _ in session]


@given(_requests, st.integers(0, 12))
def test_gaps_and_clients(requests: list[tuple[int, int]], gap: int) -> None:
    client, time = np.array(requests, np.int64).reshape(-1, 2).T
    found = find_sessions(client, time, Duration(gap))
    client, time = client[found.order], time[found.order]
    assert sorted(found.order.tolist()) == list(range(len(requests)))
    inside = np.diff(found.session) == 0
    assert (np.diff(client)[inside] == 0).all()
    assert (np.diff(time)[inside] >= 0).all()
    assert (np.diff(time)[inside] <= gap).all()
    ends: dict[int, int] = {}
    for begin in np.flatnonzero(np.diff(found.session, prepend=-1)):
        who = int(client[begin])
        assert who not in ends or time[begin] - ends[who] > gap
        ends[who] = int(time[found.session == found.session[begin]].max())

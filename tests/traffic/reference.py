"""Sessions and page views once more, one request after the other, with nothing clever in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from turnout.traffic.logged import LoggedRequests

__all__ = ["plain_pages", "plain_sessions"]


def plain_sessions(client: Sequence[int], time: Sequence[int], gap: int) -> list[list[int]]:
    """Sessions as lists of requests, in the order of their first ones."""
    sessions: list[list[int]] = []
    latest: dict[int, list[int]] = {}
    for index in sorted(range(len(time)), key=lambda each: (time[each], each)):
        session = latest.get(client[index])
        if session is None or time[index] - time[session[-1]] > gap:
            session = latest[client[index]] = []
            sessions.append(session)
        session.append(index)
    return sessions


def plain_pages(session: Sequence[int], requests: LoggedRequests, window: int) -> tuple[list[int], list[str]]:
    """The head of each request's page view, and how it came to it."""
    time, asset, path = requests.time.tolist(), requests.asset.tolist(), requests.path.tolist()
    shows, referer = requests.shows_page.tolist(), requests.referer.tolist()
    by_asset = requests.referer_asset.tolist()
    head: list[int] = []
    way: list[str] = []
    left: dict[tuple[int, int], int] = {}  # session and referer -> the last asset that was left over
    for i in range(len(time)):
        before = [j for j in range(i) if session[j] == session[i]]
        after = [j for j in range(i + 1, len(time)) if session[j] == session[i]]
        found, how = i, ""
        if asset[i]:
            from_page = referer[i] >= 0 and not by_asset[i]
            from_asset = referer[i] >= 0 and by_asset[i]
            earlier = [j for j in before if shows[j] and path[j] == referer[i]] if from_page else []
            later = [j for j in after if shows[j] and path[j] == referer[i]] if from_page else []
            parents = [j for j in before if asset[j] and path[j] == referer[i]] if from_asset else []
            pages = [j for j in before if shows[j]] if not from_page and not parents else []
            if earlier:
                found, how = earlier[-1], "referer"
            elif later and time[later[0]] - time[i] <= window:
                found, how = later[0], "referer"
            elif parents:
                found = head[parents[-1]]
                how = "" if asset[found] else "referer"
            elif pages and time[i] - time[pages[-1]] <= window:
                found, how = pages[-1], "time"
            else:
                key = (session[i], referer[i] if from_page else -1)
                if key in left and time[i] - time[left[key]] <= window:
                    found = head[left[key]]
                left[key] = i
        head.append(found)
        way.append(how)
    return head, way

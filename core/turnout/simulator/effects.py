"""What a rollout did to users, in counts."""

from __future__ import annotations

import attrs

__all__ = ["Effects"]


@attrs.frozen(kw_only=True)
class Effects:
    """Counts over what falls into a rollout. The names are those of the comparison's metrics.

    A session or page view falls into it if it begins before the end and ends after the start; a request, if it is made
    in between. Page views without a document count for their requests and sessions only. A request that failed was
    served by no revision. Each failed request has one cause: what comes to a replica in a whole second of the rollout's
    clock after as many requests as it can serve, or would wait too long in its queue, is overloaded, whether or not the
    revision would have failed it.

    A session lies in one block of the traffic, so the counts of blocks add up.
    """

    sessions: int = 0
    mixed_sessions: int = 0
    backward_sessions: int = 0
    orphaned_sessions: int = 0
    page_views: int = 0
    mixed_page_views: int = 0
    broken_page_views: int = 0
    requests: int = 0
    no_endpoint: int = 0
    not_started: int = 0
    terminated: int = 0
    overloaded: int = 0
    bad_revision: int = 0
    restarted_requests: int = 0

    def plus(self, other: Effects, times: int = 1) -> Effects:
        """Add other counts to these, so many times."""
        return Effects(**{name: getattr(self, name) + times * getattr(other, name) for name in _NAMES})


_NAMES = tuple(each.name for each in attrs.fields(Effects))

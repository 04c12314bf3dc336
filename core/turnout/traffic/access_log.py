"""An access log as a source of traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs

from turnout.traffic.load import LONGEST, load_traffic
from turnout.traffic.pages import PAGE_WINDOW
from turnout.traffic.sessions import SESSION_GAP
from turnout.traffic.source import TrafficSource
from turnout.units import Duration

if TYPE_CHECKING:
    from turnout.traffic.traffic import Traffic

__all__ = ["AccessLog"]


@attrs.frozen(kw_only=True)
class AccessLog(TrafficSource):
    """Sessions and page views found in an access log of Apache, nginx or Caddy."""

    name: ClassVar[str] = "access-log"

    path: str = attrs.field(metadata={"doc": "The log, plain or gzip; - for standard input."})
    session_gap: Duration = attrs.field(
        default=SESSION_GAP,
        validator=[attrs.validators.gt(Duration(0)), attrs.validators.le(LONGEST)],
        metadata={"doc": "A client that was idle for longer begins a new session."},
    )
    page_window: Duration = attrs.field(
        default=PAGE_WINDOW,
        validator=[attrs.validators.gt(Duration(0)), attrs.validators.le(LONGEST)],
        metadata={"doc": "How long after its document an asset without a referer may come."},
    )

    def load(self, seed: int) -> Traffic:
        """Read the log; see `turnout.load_traffic`."""
        loaded = load_traffic(
            self.path, session_gap=self.session_gap, page_window=self.page_window, seed=seed
        )
        return loaded.traffic

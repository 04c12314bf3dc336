"""Traffic: sessions and page views, from access logs or made up."""

from turnout.traffic.access_log import AccessLog
from turnout.traffic.cache import default_cache
from turnout.traffic.load import LoadedTraffic, load_traffic
from turnout.traffic.scaling import scale_traffic
from turnout.traffic.source import TrafficSource
from turnout.traffic.summary import LogSummary
from turnout.traffic.synthetic import Synthetic
from turnout.traffic.traffic import Traffic

__all__ = [
    "AccessLog",
    "LoadedTraffic",
    "LogSummary",
    "Synthetic",
    "Traffic",
    "TrafficSource",
    "default_cache",
    "load_traffic",
    "scale_traffic",
]

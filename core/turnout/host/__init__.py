"""The host: finds plugins, asks each for what it provides, and says which are broken and why."""

from turnout.host.host import Host
from turnout.host.plugins import PluginReport, State

__all__ = ["Host", "PluginReport", "State"]

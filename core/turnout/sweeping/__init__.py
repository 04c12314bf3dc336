"""Sweeps: a grid over strategies and parameters, resumable, on one machine or a cluster."""

from turnout.sweeping.result import Sweep, SweepInterrupted
from turnout.sweeping.search import sweep

__all__ = ["Sweep", "SweepInterrupted", "sweep"]

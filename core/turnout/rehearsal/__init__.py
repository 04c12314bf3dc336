"""Rehearsals: one rollout on a simulated cluster, kept in a file from one command to the next."""

from turnout.rehearsal.file import DamagedError, StateFile
from turnout.rehearsal.record import Application, Clock, Deed, Facts, Record, Verb
from turnout.rehearsal.rehearsal import Rehearsal

__all__ = [
    "Application",
    "Clock",
    "DamagedError",
    "Deed",
    "Facts",
    "Record",
    "Rehearsal",
    "StateFile",
    "Verb",
]

"""The controller: one reconcile loop for every fleet and every strategy, and the verbs of an operator."""

from turnout.controller.loop import settle, wake_at
from turnout.controller.state import (
    Condition,
    Counts,
    Fleet,
    PlanError,
    Reason,
    SetRecord,
    SetStatus,
    State,
    Synced,
)
from turnout.controller.sync import reconcile
from turnout.controller.verbs import (
    Answer,
    Refused,
    abort,
    apply,
    create,
    pause,
    promote,
    restart,
    resume,
    scale,
    set_target,
    undo,
)
from turnout.controller.words import Status, history, history_words, status

__all__ = [
    "Answer",
    "Condition",
    "Counts",
    "Fleet",
    "PlanError",
    "Reason",
    "Refused",
    "SetRecord",
    "SetStatus",
    "State",
    "Status",
    "Synced",
    "abort",
    "apply",
    "create",
    "history",
    "history_words",
    "pause",
    "promote",
    "reconcile",
    "restart",
    "resume",
    "scale",
    "set_target",
    "settle",
    "status",
    "undo",
    "wake_at",
]

"""Why each revision was rolled out, as the annotation ``kubernetes.io/change-cause`` has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from turnout.controller import State
    from turnout.rehearsal.record import Application

__all__ = ["Causes"]


@attrs.define
class Causes:
    """The annotation of the object, and of each of its replica sets.

    The controller copies the object's annotations to its new replica set at each sync (``SetNewReplicaSetAnnotations``
    in Kubernetes' ``pkg/controller/deployment/util``). So a verb that says nothing of a cause, such as ``set image``,
    takes the last one along, and ``kubectl rollout undo`` brings the one back that the revision had.

    Attributes:
        present: The object's; None if it has none.
        of_revisions: Those of the replica sets, by the name of the revision.
    """

    present: str | None = None
    of_revisions: dict[str, str | None] = attrs.field(factory=dict)

    def applied(self, application: Application, before: Application | None) -> None:
        """Merge a manifest's in, as ``kubectl apply`` does."""
        if application.change_cause is not None or (before is not None and before.change_cause is not None):
            self.present = application.change_cause

    def gone_back(self, target: str) -> None:
        """Take over what the revision has that the rollout goes back to."""
        self.present = self.of_revisions.get(target)

    def synced(self, state: State) -> None:
        """Copy the object's to the target's replica set, if there is one."""
        if state.of(state.rollout.target) is not None:
            self.of_revisions[state.rollout.target] = self.present

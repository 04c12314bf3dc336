"""What is written down of a rehearsal: what it began with and what was done when; the rest follows from that."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal

import attrs
from cattrs.preconf.json import make_converter

from turnout.controller.serialise import state_to_dict
from turnout.model import Rollout
from turnout.units import Duration
from turnout.workload import Kind, Lifecycle

if TYPE_CHECKING:
    from cattrs import Converter

    from turnout.controller import State

__all__ = [
    "Application",
    "Clock",
    "Deed",
    "Facts",
    "ForeignError",
    "Record",
    "Verb",
    "digest",
    "from_text",
    "to_text",
]

Clock = Literal["real", "stopped"]
"""Whether time goes on between two commands as on the wall, or stands still."""

Verb = Literal[
    "apply", "set-image", "pause", "resume", "undo", "restart", "scale", "promote", "abort"
]  # fmt: skip

_MARK = "rollout"
_FORMAT = 1
_BEGINS = re.compile(rf'\s*{{\s*"turnout"\s*:\s*"{_MARK}"')


class ForeignError(ValueError):
    """A text is none that turnout wrote."""


@attrs.frozen(kw_only=True)
class Application:
    """A manifest as it was applied.

    Attributes:
        rollout: The wish.
        given: Which of ``"paused"`` and ``"replicas"`` the manifest gives.
        strategy: The name of the strategy.
        parameters: All of its parameters.
        asked: The strategy that was asked for in place of the manifest's; None if none was.
        lifecycle: How replicas of a revision start and end.
        change_cause: Its annotation ``kubernetes.io/change-cause``; None without.
    """

    rollout: Rollout
    given: tuple[str, ...] = ()
    strategy: str
    parameters: Mapping[str, Any]
    asked: str | None
    lifecycle: Lifecycle
    change_cause: str | None = None


@attrs.frozen(kw_only=True)
class Deed:
    """One verb, as it was carried out.

    Attributes:
        at: When, in microseconds of virtual time.
        verb: Which.
        application: What was applied.
        tag: Which revision to set the image to.
        bridge: Which revision to pass through on the way there.
        never_ready: Whether the replicas of the new revision never become ready.
        replicas: To how many to scale.
        to_revision: Which revision to go back to; 0 for the one before.
    """

    at: int
    verb: Verb
    application: Application | None = None
    tag: str | None = None
    bridge: str | None = None
    never_ready: bool = False
    replicas: int = 0
    to_revision: int = 0


@attrs.frozen(kw_only=True)
class Facts:
    """What a rehearsal begins with, and keeps.

    Attributes:
        name: What the object is called.
        kind: What it is: a Deployment, or a Rollout of Argo's.
        seed: Seeds the start-up times.
        startup: From a replica's creation until its application answers: the median.
        clock: Whether time goes on between commands.
    """

    name: str
    kind: Kind = "Deployment"
    seed: int = 0
    startup: Duration
    clock: Clock = "real"


@attrs.frozen(kw_only=True)
class Record:
    """All that a state file keeps.

    Attributes:
        facts: What the rehearsal began with.
        deeds: What was done, in order; the first is an ``apply``.
        now: How far it has come, in microseconds of virtual time.
        wall: What the clock on the wall showed then, in microseconds since 1970.
        outcome: The digest of the controller's state after the last deed, which a replay has to reach again.
    """

    facts: Facts
    deeds: tuple[Deed, ...]
    now: int
    wall: int
    outcome: str

    def time_at(self, wall: int) -> int:
        """Return the virtual time at a time on the wall; a clock that was put back stops it meanwhile."""
        return self.now if self.facts.clock == "stopped" else self.now + max(0, wall - self.wall)


def digest(state: State) -> str:
    """Return a digest of a controller's state."""
    return _digest(state_to_dict(state))


def to_text(record: Record) -> str:
    """Write a record, marked as one and with a checksum."""
    data = _CONVERTER.unstructure(record)
    document = {"turnout": _MARK, "format": _FORMAT, "checksum": _digest(data), "record": data}
    return json.dumps(document, indent=1) + "\n"


def from_text(text: str) -> Record:
    """Read a record.

    Raises:
        NotImplementedError: If a later version of turnout wrote it.
        ForeignError: If there is no sign that `to_text` ever wrote it: no mark of turnout's.
        ValueError: If it is not any more what `to_text` wrote.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        if _BEGINS.match(text):
            raise ValueError("is damaged: it is not JSON any more") from error
        raise ForeignError("is no rollout of turnout's") from error
    if not isinstance(document, dict) or document.get("turnout") != _MARK:
        raise ForeignError("is no rollout of turnout's")
    if isinstance(document.get("format"), int) and document["format"] > _FORMAT:
        raise NotImplementedError("was written by a later version of turnout")
    data = document.get("record")
    if document.get("checksum") != _digest(data):
        raise ValueError("is damaged: its checksum is wrong")
    try:
        record = _CONVERTER.structure(data, Record)
    except Exception as error:  # whatever a forged file provokes
        raise ValueError("is damaged: its record cannot be read") from error
    if not record.deeds or record.deeds[0].application is None:
        raise ValueError("is damaged: it does not begin with a manifest")
    return record


def _digest(data: object) -> str:
    return sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16]


def _converter() -> Converter:
    names = {
        "Lifecycle": Lifecycle,
        "Mapping": Mapping,
        "Rollout": Rollout,
        "Duration": Duration,
        "Kind": Kind,
    }
    for cls in (Application, Facts):
        attrs.resolve_types(cls, localns=names)
    return make_converter(omit_if_default=True, forbid_extra_keys=True)


_CONVERTER = _converter()

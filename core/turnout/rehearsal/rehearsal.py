"""A rehearsal: one rollout on a simulated cluster, carried out by the controller, in virtual time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from turnout import controller
from turnout.controller import Refused, settle, wake_at
from turnout.controller.plans import kept_memory
from turnout.errors import InputError, TurnoutError
from turnout.parameters import build
from turnout.rehearsal.causes import Causes
from turnout.rehearsal.cluster import Cluster, Traits
from turnout.rehearsal.record import Deed, Facts, Record, digest
from turnout.routing.timeline import FOREVER
from turnout.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Callable

    from turnout.controller import Answer
    from turnout.host import Host
    from turnout.model import Rollout
    from turnout.rehearsal.record import Application
    from turnout.strategy import Strategy

__all__ = ["Rehearsal"]

_MOST_CHANGES = 100_000
"""Between two verbs. A strategy that still asks for more is not going to stop."""


class Rehearsal:
    """One rollout while it goes on: a controller, a strategy and a cluster.

    It depends on nothing but what it began with, what was done, and when: so it is kept as a list of that, and
    carried out again by each command.

    Args:
        facts: What it begins with.
        application: The first manifest.
        host: Where strategies come from.
        where: What to call the source of the strategies in messages.
    """

    def __init__(
        self, facts: Facts, application: Application, host: Host, *, where: str | None = None
    ) -> None:
        self.facts = facts
        self.application = application
        self.now = 0
        self.deeds: tuple[Deed, ...] = ()
        self.note: str | None = None
        self.causes = Causes()
        self._host = host
        self._where = where
        self._changes = 0
        self._cluster = Cluster(facts.seed, facts.startup)
        self.strategy = self._strategy(application)
        self.state = self._created(application).state
        self._outcome = digest(self.state)

    @classmethod
    def replayed(cls, record: Record, host: Host, *, where: str | None = None) -> Rehearsal:
        """Carry out what a record says, up to the moment of its last deed.

        Args:
            record: What was written down.
            host: Where strategies come from.
            where: What to call the record in messages.

        Raises:
            InputError: If a strategy is not there any more, or does not do again what it did.
        """
        first = record.deeds[0].application
        if first is None:
            raise InputError("it does not begin with a manifest", where=where)
        rehearsal = cls(record.facts, first, host, where=where)
        try:
            for deed in record.deeds:
                rehearsal.do(deed)
            same = digest(rehearsal.state) == record.outcome
        except InputError:
            raise
        except TurnoutError:
            same = False
        if not same:
            raise InputError(
                "what was done does not lead again to where it led",
                where=where,
                hint="it is from another version of turnout or of a plugin; begin a new one with another --state",
            )
        return rehearsal

    def record(self, wall: int) -> Record:
        """Return what there is to write down, at a time on the wall in microseconds since 1970."""
        return Record(facts=self.facts, deeds=self.deeds, now=self.now, wall=wall, outcome=self._outcome)

    def step(self, until: int) -> bool:
        """Go on to the next moment at which something happens, but not beyond `until`; say whether there was one."""
        if self.next_change > until:
            self.now = max(self.now, until)
            return False
        self._changes += 1
        if self._changes > _MOST_CHANGES:
            raise TurnoutError(
                f"strategy {self.strategy.name!r} does not come to rest: "
                f"it is not followed for more than {_MOST_CHANGES} changes"
            )
        self.now = self.next_change
        self._cluster.advance(self.now)
        self.state = settle(self.state, self._cluster, self.strategy, self.now).state
        self.causes.synced(self.state)
        return True

    def advance(self, until: int) -> None:
        """Go on to a moment, in microseconds of virtual time."""
        while self.step(until):
            pass

    @property
    def next_change(self) -> int:
        """When something happens next, in microseconds of virtual time; `FOREVER` if nothing will."""
        woken = wake_at(self.state, self.now)
        return max(self.now, min(self._cluster.next_event, FOREVER if woken is None else woken))

    @property
    def statuses(self) -> dict[str, controller.SetStatus]:
        """What the cluster reports of each revision, by name."""
        return self._cluster.statuses(self.now)

    def do(self, deed: Deed) -> str:
        """Carry out a verb at its time.

        Returns:
            What kubectl says. What it does not say, and a user should know, is in `note`.

        Raises:
            Refused: If it is refused, in kubectl's words.
            InputError: If it makes no sense.
            PlanError: If the strategy fails.
        """
        self.advance(deed.at)
        self.note = None
        self._check(deed)
        application, strategy = deed.application or self.application, self.strategy
        if deed.application is None:
            answer = self._verb(deed)
        else:
            answer, strategy = self._apply(application)
        if self.deeds and answer.state is self.state:
            return answer.text
        self._learn(deed, application)
        wish = answer.state.rollout
        for name in (wish.target, wish.bridge):
            if name is not None:
                self._cluster.require_ready(name, wish.min_ready_seconds, self.now)
        if deed.application is not None:
            self.causes.applied(application, self.application if self.deeds else None)
        elif deed.verb in ("undo", "abort"):
            self.causes.gone_back(wish.target)
        self.state = settle(answer.state, self._cluster, strategy, self.now).state
        self.causes.synced(self.state)
        self.strategy, self.application = strategy, application
        self.deeds = (*self.deeds, deed)
        self._changes = 0
        self._outcome = digest(self.state)
        return answer.text

    def _verb(self, deed: Deed) -> Answer:
        state = self.state
        verbs: dict[str, Callable[[], Answer]] = {
            "set-image": lambda: controller.set_target(state, deed.tag or "", bridge=deed.bridge),
            "pause": lambda: controller.pause(state),
            "resume": lambda: controller.resume(state),
            "undo": lambda: controller.undo(state, deed.to_revision),
            "restart": lambda: controller.restart(state),
            "scale": lambda: controller.scale(state, deed.replicas),
            "promote": lambda: controller.promote(state),
            "abort": lambda: controller.abort(state),
        }
        return verbs[deed.verb]()

    def _apply(self, application: Application) -> tuple[Answer, Strategy]:
        """Write a manifest's wish; what is no part of the wish changes with it."""
        if not self.deeds:
            return self._created(application), self.strategy
        answer = controller.apply(self.state, self._merged(application))
        if answer.state is self.state and application == self.application:
            return answer, self.strategy
        state, strategy = answer.state, self._strategy(application)
        if state is self.state:
            state = attrs.evolve(state, generation=state.generation + 1)
        if strategy.name != self.strategy.name:
            # What one strategy remembers means nothing to another.
            state = attrs.evolve(state, memory=kept_memory({}, state.memory), ask_at=None, hold=None)
        return controller.Answer(state, f"{state.resource} configured"), strategy

    def _created(self, application: Application) -> Answer:
        return controller.create(application.rollout, name=self.facts.name, kind=self.facts.kind)

    def _merged(self, application: Application) -> Rollout:
        """Return the wish that a manifest comes to.

        What neither it nor the manifest before gives is left as it is; what only that one gave has its default again.
        That is the three-way merge of ``kubectl apply``. A bridge stays with the target that it leads to.
        """
        live, given = self.state.rollout, {*application.given, *self.application.given}
        kept = {name: getattr(live, name) for name in ("paused", "replicas") if name not in given}
        bridge = live.bridge if live.target == application.rollout.target else None
        return attrs.evolve(application.rollout, bridge=bridge, **kept)

    def _check(self, deed: Deed) -> None:
        """Refuse what kubectl or the facts refuse, whatever the controller would say."""
        if deed.verb == "restart" and not self.state.rollout.paused and self._just_restarted(deed.at):
            raise Refused(
                f"error: failed to create patch for {self.facts.name}: if restart has already been triggered within "
                "the past second, please wait before attempting to trigger another"
            )
        if deed.never_ready and _tag(deed) in self._cluster.traits:
            raise InputError(
                f"{_tag(deed)} has come up already", where="--never-ready", hint="give it with a new tag"
            )

    def _just_restarted(self, now: int) -> bool:
        """Whether it was restarted in this very second: kubectl notes that in the template, by the second."""
        last = next(
            (deed for deed in reversed(self.deeds) if deed.verb in ("restart", "undo", "abort")), None
        )
        return last is not None and last.verb == "restart" and last.at // SECOND == now // SECOND

    def _learn(self, deed: Deed, application: Application) -> None:
        """Note what the replicas of revisions that come up for the first time are like."""
        known = self._cluster.traits
        like = Traits(lifecycle=application.lifecycle)
        for tag, never_ready in ((_tag(deed), deed.never_ready), (deed.bridge, False)):
            if tag is not None:
                traits = known.setdefault(tag, attrs.evolve(like, never_ready=never_ready))
                if deed.application is not None and attrs.evolve(traits, never_ready=False) != like:
                    self.note = f"{tag} keeps the probes and the hooks that it came with: a new version needs a new tag"

    def _strategy(self, application: Application) -> Strategy:
        cls = self._host.strategy_class(application.strategy)
        strategy: Strategy = build(cls, application.parameters, where=self._where)
        return strategy


def _tag(deed: Deed) -> str | None:
    """Return the revision that a deed makes the target, if it names one."""
    return deed.tag if deed.application is None else deed.application.rollout.target

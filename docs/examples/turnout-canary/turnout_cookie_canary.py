"""Cookie canary: a model of the session affinity of Flagger's canaries, which does not hold its weights.

Whoever is sent to the canary gets a cookie and stays there. Whoever is sent to the primary gets none, and is drawn for
again with the next page: so the share of sessions on the canary only grows, whatever the weight says.
"""

from collections.abc import Iterable
from typing import ClassVar

import attrs
from turnout_canary import Canary

from turnout import Observation, Plan, Promise, Sticky, Strategy, hookimpl

__all__ = ["CookieCanary", "turnout_strategies"]


@attrs.frozen(kw_only=True)
class CookieCanary(Canary):
    """As canary, but only the new revision's sessions keep a cookie; the others are drawn for again and again."""

    name: ClassVar[str] = "cookie-canary"
    promises: ClassVar[tuple[Promise, ...]] = (Promise("weight-holds"), Promise("converges"))

    def decide(self, seen: Observation) -> Plan:
        """Release whoever is on another revision than the target, always."""
        plan = super().decide(seen)
        routing = plan.routing
        if not isinstance(routing, Sticky):
            return plan
        others = tuple(each.name for each in seen.others if plan.wanted.get(each.name))
        return attrs.evolve(plan, routing=attrs.evolve(routing, released=others))


@hookimpl
def turnout_strategies() -> Iterable[type[Strategy]]:
    """Give the strategy to turnout."""
    return [CookieCanary]

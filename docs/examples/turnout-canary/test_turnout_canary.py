"""The canary keeps what it promises; the cookie scheme does not hold its weights."""

from turnout_canary import WEIGHT_HOLDS, Canary
from turnout_cookie_canary import CookieCanary

from turnout import Host
from turnout.testing import conformance
from turnout.verify import Search, verify

test_canary = conformance(Canary, invariants=[WEIGHT_HOLDS])


def test_cookies_do_not_hold_the_weight() -> None:
    invariants = {**Host().invariants, WEIGHT_HOLDS.name: WEIGHT_HOLDS}
    report = verify(CookieCanary, invariants.values(), Search(only={"weight-holds"}, first=True))
    (verdict,) = report.verdicts
    assert verdict.status == "broken"
    assert "was moved from old to new while the weights stood at" in verdict.story.violation.text

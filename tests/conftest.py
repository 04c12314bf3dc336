"""How hard Hypothesis tries, by the environment variable ``HYPOTHESIS_PROFILE``; and interrupts that arrive."""

from __future__ import annotations

import os
import signal

from hypothesis import HealthCheck, settings

# A shell's job in the background ignores interrupts, and so would every process that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How fast a machine is decides nothing here: no deadline, and no complaint about slow generators.
_COMMON = settings(deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])

# A change is judged by what it changes: the same examples every time. `thorough` goes looking for new ones.
settings.register_profile("laptop", _COMMON, max_examples=50, derandomize=True)
settings.register_profile("ci", _COMMON, max_examples=100, derandomize=True)
settings.register_profile("thorough", _COMMON, max_examples=10_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "laptop"))

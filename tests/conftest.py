"""How hard Hypothesis tries: the profiles, chosen by the environment variable ``HYPOTHESIS_PROFILE``."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# How fast a machine is decides nothing here: no deadline, and no complaint about slow generators.
_COMMON = settings(deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])

# A change is judged by what it changes: the same examples every time. `thorough` goes looking for new ones.
settings.register_profile("laptop", _COMMON, max_examples=50, derandomize=True)
settings.register_profile("ci", _COMMON, max_examples=100, derandomize=True)
settings.register_profile("thorough", _COMMON, max_examples=10_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "laptop"))

"""The pytest plugin: Hypothesis profiles for conformance tests. It imports nothing of turnout's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

__all__ = ["pytest_configure"]


def pytest_configure(config: pytest.Config) -> None:
    """Load the profile that ``HYPOTHESIS_PROFILE`` names: ``turnout-laptop``, ``turnout-ci`` or ``turnout-search``.

    The first two judge: they try the same worlds every time. The third goes looking for others.
    """
    del config
    chosen = os.environ.get("HYPOTHESIS_PROFILE", "")
    if not chosen.startswith("turnout-"):
        return
    from hypothesis import HealthCheck, settings  # noqa: PLC0415  # only for those who ask

    common = settings(deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile("turnout-laptop", common, max_examples=20, derandomize=True)
    settings.register_profile("turnout-ci", common, max_examples=100, derandomize=True)
    settings.register_profile("turnout-search", common, max_examples=1000)
    settings.load_profile(chosen)
